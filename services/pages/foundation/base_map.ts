// How our own roads look: the style of the vector tiles that are made when a map is compiled.

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Theme } from "./theme";

/** What the service tells of its base map, as TileJSON 3.0. */
export interface TileJson {
  name: string;
  attribution: string;
  tiles: string[];
  minzoom: number;
  maxzoom: number;
  bounds: [number, number, number, number];
}

/** The whole world, where the service has no base map. */
const NOWHERE: TileJson = {
  name: "",
  attribution: "",
  tiles: [],
  minzoom: 4,
  maxzoom: 13,
  bounds: [73, 18, 135, 54],
};

/** The service's base map; empty ground where it was compiled without one. */
export async function readBaseMap(): Promise<TileJson> {
  const response = await fetch("/v1/tiles");
  if (response.status === 404) return NOWHERE;
  if (!response.ok) throw new Error(`The base map did not come: ${response.status}`);
  return (await response.json()) as TileJson;
}

/** Name of the tiles' source in the style. */
export const BASE_SOURCE = "base";
/** The first layer of the base map's labels: what lies on the roads goes below it. */
export const FIRST_LABEL = "road-name";
/** Fonts of this machine. Without a glyph server in the style MapLibre draws texts with them. */
export const MAP_FONT = [
  "Noto Sans CJK SC",
  "Noto Sans SC",
  "PingFang SC",
  "Microsoft YaHei",
  "sans-serif",
];

interface Colours {
  ground: string;
  casing: string;
  motorway: string;
  trunk: string;
  primary: string;
  secondary: string;
  street: string;
  path: string;
  text: string;
  quiet: string;
  halo: string;
  place: string;
  placeRim: string;
}

const COLOURS: Record<Theme, Colours> = {
  light: {
    ground: "#eceff2",
    casing: "#b4bec8",
    motorway: "#f0b45c",
    trunk: "#f4cb86",
    primary: "#f8e3b3",
    secondary: "#ffffff",
    street: "#ffffff",
    path: "#b3bcc5",
    text: "#26323e",
    quiet: "#56636f",
    halo: "#f7f9fa",
    place: "#3b4a59",
    placeRim: "#ffffff",
  },
  dark: {
    ground: "#10171e",
    casing: "#0a0f14",
    motorway: "#8a6427",
    trunk: "#725932",
    primary: "#5c5038",
    secondary: "#44505c",
    street: "#303b46",
    path: "#2c3742",
    text: "#dbe4ec",
    quiet: "#9fb0bf",
    halo: "#0d141a",
    place: "#b9c8d6",
    placeRim: "#10171e",
  },
};

/** Smaller is more important; ramps belong to their road. */
const RANK: ExpressionSpecification = [
  "match",
  ["get", "class"],
  ["motorway", "motorway_link"],
  1,
  ["trunk", "trunk_link"],
  2,
  ["primary", "primary_link"],
  3,
  ["secondary", "secondary_link"],
  4,
  ["tertiary", "tertiary_link"],
  5,
  ["unclassified", "residential", "living_street", "pedestrian", "ferry"],
  6,
  7,
];
const RAMP: ExpressionSpecification = [
  "in",
  ["get", "class"],
  ["literal", ["motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"]],
];
const SMALL: ExpressionSpecification = [">=", RANK, 7];

/** Width in pixels by rank at three zooms, narrower for ramps. */
function width(extra: number): ExpressionSpecification {
  const at = (widths: number[]): ExpressionSpecification => [
    "+",
    extra,
    [
      "*",
      ["case", RAMP, 0.6, 1],
      [
        "match",
        RANK,
        1,
        widths[0] as number,
        2,
        widths[1] as number,
        3,
        widths[2] as number,
        4,
        widths[3] as number,
        5,
        widths[4] as number,
        widths[5] as number,
      ],
    ],
  ];
  return [
    "interpolate",
    ["exponential", 1.4],
    ["zoom"],
    7,
    at([1.4, 1.1, 0.8, 0.5, 0.4, 0.3]),
    12,
    at([4, 3.4, 2.8, 2, 1.4, 0.9]),
    17,
    at([18, 16, 15, 13, 11, 9]),
  ];
}

function colourOf(colours: Colours): ExpressionSpecification {
  return [
    "match",
    RANK,
    1,
    colours.motorway,
    2,
    colours.trunk,
    3,
    colours.primary,
    4,
    colours.secondary,
    colours.street,
  ];
}

export function baseMapStyle(theme: Theme, base: TileJson): StyleSpecification {
  const colours = COLOURS[theme];
  const style: StyleSpecification = {
    version: 8,
    sources: {},
    layers: [{ id: "ground", type: "background", paint: { "background-color": colours.ground } }],
  };
  if (base.tiles.length === 0) return style;
  style.sources[BASE_SOURCE] = {
    type: "vector",
    tiles: base.tiles.map((path) => location.origin + path),
    minzoom: base.minzoom,
    maxzoom: base.maxzoom,
    bounds: base.bounds,
    attribution: `${base.name} · ${base.attribution}`, // the sketch says that it is one
  };
  style.layers.push(...roads(colours), ...labels(colours));
  return style;
}

function roads(colours: Colours): LayerSpecification[] {
  const common = { type: "line", source: BASE_SOURCE, "source-layer": "road" } as const;
  const layout = (ends: "butt" | "round") => ({
    "line-cap": ends,
    "line-join": "round" as const,
    "line-sort-key": ["-", 10, RANK] as ExpressionSpecification,
  });
  return [
    {
      ...common,
      id: "road-small",
      minzoom: 12,
      filter: SMALL,
      paint: {
        "line-color": colours.path,
        "line-width": ["interpolate", ["linear"], ["zoom"], 12, 0.5, 17, 2.5],
        "line-dasharray": [3, 1.5],
      },
    },
    {
      ...common,
      id: "road-casing",
      filter: ["all", ["!", SMALL], ["!", ["has", "tunnel"]]],
      layout: layout("butt"),
      paint: { "line-color": colours.casing, "line-width": width(1.6) },
    },
    {
      ...common,
      id: "road-tunnel",
      filter: ["all", ["!", SMALL], ["has", "tunnel"]],
      layout: layout("butt"),
      paint: {
        "line-color": colours.casing,
        "line-width": width(0),
        "line-dasharray": [1.2, 0.8],
      },
    },
    {
      ...common,
      id: "road",
      filter: ["all", ["!", SMALL], ["!", ["has", "tunnel"]]],
      layout: layout("round"),
      paint: { "line-color": colourOf(colours), "line-width": width(0) },
    },
    {
      ...common,
      id: "road-bridge",
      minzoom: 11,
      filter: ["all", ["!", SMALL], ["has", "bridge"]],
      layout: layout("butt"),
      paint: { "line-color": colours.quiet, "line-width": 1.2, "line-gap-width": width(0) },
    },
  ];
}

function labels(colours: Colours): LayerSpecification[] {
  const halo = { "text-halo-color": colours.halo, "text-halo-width": 1.6 };
  return [
    {
      id: FIRST_LABEL,
      type: "symbol",
      source: BASE_SOURCE,
      "source-layer": "road",
      minzoom: 12,
      filter: ["has", "name"],
      layout: {
        "symbol-placement": "line",
        "symbol-sort-key": RANK,
        "text-field": ["get", "name"],
        "text-font": MAP_FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 12, 11, 17, 15],
        "text-max-angle": 40,
        "text-padding": 8,
      },
      paint: { "text-color": colours.quiet, ...halo },
    },
    {
      id: "road-ref",
      type: "symbol",
      source: BASE_SOURCE,
      "source-layer": "road",
      minzoom: 8,
      filter: ["all", ["has", "ref"], ["<=", RANK, 3], ["!", RAMP]],
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 420,
        "symbol-sort-key": RANK,
        "text-field": ["get", "ref"],
        "text-font": MAP_FONT,
        "text-size": 11,
        "text-rotation-alignment": "viewport",
        "text-padding": 12,
      },
      paint: { "text-color": colours.text, ...halo, "text-halo-width": 2.4 },
    },
    {
      id: "place",
      type: "circle",
      source: BASE_SOURCE,
      "source-layer": "place",
      minzoom: 10,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 2, 15, 4.5],
        "circle-color": colours.place,
        "circle-stroke-color": colours.placeRim,
        "circle-stroke-width": 1.2,
      },
    },
    {
      id: "place-name",
      type: "symbol",
      source: BASE_SOURCE,
      "source-layer": "place",
      minzoom: 10.5,
      filter: ["has", "name"],
      layout: {
        "text-field": ["get", "name"],
        "text-font": MAP_FONT,
        "text-size": 11.5,
        "text-anchor": "top",
        "text-offset": [0, 0.5],
        "text-max-width": 8,
        "text-optional": true,
      },
      paint: { "text-color": colours.text, ...halo },
    },
  ];
}
