// What lies over the base map: sources and layers, put in again whenever the style changes.

import type {
  FilterSpecification,
  GeoJSONSource,
  LayerSpecification,
  Map as LibreMap,
} from "maplibre-gl";
import { FIRST_LABEL, MAP_FONT } from "../foundation/base_map";
import type { Theme } from "../foundation/theme";
import { CELL_MINUTES, cellColours } from "./cell_scale";

export type OverlayName =
  "jurisdictions" | "cells" | "reach" | "closures" | "draft" | "ways" | "plan";

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

interface Ink {
  way: string;
  wayRim: string;
  closure: string;
  border: string;
  text: string;
  halo: string;
  reach: string;
  post: string;
  open: string;
}

const INK: Record<Theme, Ink> = {
  light: {
    way: "#0b5cad",
    wayRim: "#ffffff",
    closure: "#b3001b",
    border: "#5b4a86",
    text: "#16202b",
    halo: "#ffffff",
    reach: "#a34700",
    post: "#0b5cad",
    open: "#b3001b",
  },
  dark: {
    way: "#6cb4ff",
    wayRim: "#0d141a",
    closure: "#ff8a95",
    border: "#b7a3e8",
    text: "#eef3f8",
    halo: "#0d141a",
    reach: "#ffb066",
    post: "#6cb4ff",
    open: "#ff8a95",
  },
};

const NAMES: OverlayName[] = [
  "cells",
  "jurisdictions",
  "reach",
  "closures",
  "draft",
  "ways",
  "plan",
];

export class Overlays {
  private readonly data = new Map<OverlayName, GeoJSON.FeatureCollection>();

  constructor(private readonly map: LibreMap) {}

  /** Puts everything in; called whenever a style has come. */
  install(theme: Theme): void {
    for (const name of NAMES) {
      this.map.addSource(name, { type: "geojson", data: this.data.get(name) ?? EMPTY });
    }
    const before = this.map.getLayer(FIRST_LABEL) ? FIRST_LABEL : undefined;
    for (const layer of below(INK[theme], cellColours(theme))) this.map.addLayer(layer, before);
    for (const layer of above(INK[theme])) this.map.addLayer(layer);
  }

  show(name: OverlayName, features: GeoJSON.Feature[]): void {
    const data: GeoJSON.FeatureCollection = { type: "FeatureCollection", features };
    this.data.set(name, data);
    this.map.getSource<GeoJSONSource>(name)?.setData(data);
  }
}

const KIND = (word: string): FilterSpecification => ["==", ["get", "feature"], word];

function below(ink: Ink, colours: string[]): LayerSpecification[] {
  return [
    {
      id: "cells",
      type: "fill",
      source: "cells",
      paint: {
        "fill-color": [
          "step",
          ["/", ["get", "time_s"], 60],
          colours[0] as string,
          ...CELL_MINUTES.flatMap((minutes, i) => [minutes, colours[i + 1] as string]),
        ] as never,
        "fill-opacity": 0.45,
      },
    },
    {
      id: "reach",
      type: "fill",
      source: "reach",
      paint: { "fill-color": ink.reach, "fill-opacity": 0.32, "fill-outline-color": ink.reach },
    },
    {
      id: "jurisdictions",
      type: "line",
      source: "jurisdictions",
      filter: ["!=", ["geometry-type"], "Point"],
      paint: {
        "line-color": ink.border,
        "line-width": ["match", ["get", "level"], "district", 2.4, "station", 1.6, 1],
        "line-dasharray": [5, 2, 1, 2],
      },
    },
    {
      id: "way-rim",
      type: "line",
      source: "ways",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": ink.wayRim, "line-width": 7 },
    },
    {
      id: "way",
      type: "line",
      source: "ways",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": ink.way,
        "line-width": 4,
        "line-opacity": ["case", ["get", "offered"], 0.45, 1],
      },
    },
    {
      id: "plan-way",
      type: "line",
      source: "plan",
      filter: KIND("unit_route"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": ink.post, "line-width": 3.5, "line-dasharray": [2, 1] },
    },
  ];
}

function above(ink: Ink): LayerSpecification[] {
  const text = { "text-color": ink.text, "text-halo-color": ink.halo, "text-halo-width": 1.8 };
  const label = {
    "text-font": MAP_FONT,
    "text-size": 12,
    "text-anchor": "top" as const,
    "text-offset": [0, 0.8] as [number, number],
  };
  return [
    {
      id: "closure-area",
      type: "fill",
      source: "closures",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": ink.closure, "fill-opacity": 0.18 },
    },
    {
      id: "closure-rim",
      type: "line",
      source: "closures",
      paint: { "line-color": ink.halo, "line-width": 8 },
    },
    {
      id: "closure",
      type: "line",
      source: "closures",
      paint: { "line-color": ink.closure, "line-width": 5, "line-dasharray": [0.6, 0.6] },
    },
    {
      id: "closure-sign",
      type: "symbol",
      source: "closures",
      layout: {
        ...label,
        "text-field": ["concat", "× ", ["get", "reason"]],
        "text-anchor": "center",
        "text-offset": [0, 0],
      },
      paint: text,
    },
    {
      id: "draft",
      type: "line",
      source: "draft",
      paint: { "line-color": ink.closure, "line-width": 4, "line-dasharray": [1.5, 1] },
    },
    {
      id: "draft-point",
      type: "circle",
      source: "draft",
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": 5,
        "circle-color": ink.closure,
        "circle-stroke-width": 2,
        "circle-stroke-color": ink.halo,
      },
    },
    {
      id: "cell-time",
      type: "symbol",
      source: "cells",
      minzoom: 12.2,
      layout: {
        "text-field": ["to-string", ["ceil", ["/", ["get", "time_s"], 60]]],
        "text-font": MAP_FONT,
        "text-size": 11,
      },
      paint: text,
    },
    {
      id: "jurisdiction-name",
      type: "symbol",
      source: "jurisdictions",
      minzoom: 9,
      filter: ["==", ["geometry-type"], "Point"],
      layout: { "text-field": ["get", "name"], "text-font": MAP_FONT, "text-size": 13 },
      paint: { ...text, "text-color": ink.border },
    },
    {
      id: "way-eta",
      type: "symbol",
      source: "ways",
      minzoom: 11,
      layout: {
        "symbol-placement": "line-center",
        "text-field": ["get", "label"],
        "text-font": MAP_FONT,
        "text-size": 12.5,
        "text-rotation-alignment": "viewport",
      },
      paint: { ...text, "text-color": ink.way, "text-halo-width": 2.4 },
    },
    {
      id: "plan-candidate",
      type: "circle",
      source: "plan",
      filter: KIND("candidate"),
      paint: {
        "circle-radius": 3,
        "circle-color": ink.halo,
        "circle-stroke-color": ink.post,
        "circle-stroke-width": 1,
        "circle-opacity": 0.6,
        "circle-stroke-opacity": 0.6,
      },
    },
    {
      id: "plan-exit",
      type: "symbol",
      source: "plan",
      filter: KIND("open_exit"),
      layout: { ...label, "text-field": ["concat", "✕ ", ["get", "name"]], "text-size": 13 },
      paint: { ...text, "text-color": ink.open },
    },
    {
      id: "plan-post",
      type: "circle",
      source: "plan",
      filter: KIND("checkpoint"),
      paint: {
        "circle-radius": 9,
        "circle-color": ["case", ["==", ["get", "state"], "planned"], ink.halo, ink.post],
        "circle-stroke-color": ink.post,
        "circle-stroke-width": 3,
      },
    },
    {
      id: "plan-post-name",
      type: "symbol",
      source: "plan",
      filter: KIND("checkpoint"),
      layout: { ...label, "text-field": ["get", "label"], "text-allow-overlap": true },
      paint: text,
    },
    {
      id: "plan-seen",
      type: "symbol",
      source: "plan",
      filter: KIND("sighting"),
      layout: { ...label, "text-field": ["concat", "◎ ", ["get", "label"]], "text-size": 14 },
      paint: { ...text, "text-color": ink.reach },
    },
  ];
}
