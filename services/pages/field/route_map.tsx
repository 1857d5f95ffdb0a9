// The route on a map of our own roads. It comes after everything else, and the page does without it
// where it cannot be had.

import type { GeoJSONSource, Map as LibreMap, Marker } from "maplibre-gl";
import { useEffect, useRef, useState } from "preact/hooks";
import { FIRST_LABEL, readBaseMap } from "../foundation/base_map";
import { language } from "../foundation/language";
import { useStore } from "../foundation/store";
import { theme } from "../foundation/theme";
import { isCheckpoint, type LiveFile, targetOf } from "./assignment";
import type { LonLat, Route } from "./guidance";
import type { Visit } from "./visit";
import { say } from "./words";

const ROUTE = "route";
const CLOSE_ZOOM = 15.5;
const PADDING_PX = 40;
/** How long a map may take; without a signal parts of it may never come. */
const PATIENCE_MS = 30_000;
const LINE = { light: "#0b5cad", dark: "#6cb4ff" } as const;
const CASING = { light: "#ffffff", dark: "#08131f" } as const;

export function RouteMap({ visit, file }: { visit: Visit; file: LiveFile }) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<DrawnMap | null>(null);
  const [missing, setMissing] = useState(false);
  const shown = useStore(theme);
  const spoken = useStore(language);
  const fix = useStore(visit.whereabouts.fix);
  const live = useStore(visit.live);
  const target = targetOf(file)?.at ?? null;
  const { route } = file;

  useEffect(() => {
    if (live) setMissing(false); // with a signal it can be had
  }, [live]);

  useEffect(() => {
    if (missing) return;
    let ended = false;
    void DrawnMap.make(box.current as HTMLElement, around(file))
      .then((map) => {
        if (ended) {
          map.remove();
          return;
        }
        drawn.current = map;
        map.show(route, target, visit.whereabouts.fix.get()?.at ?? null);
      })
      .catch(() => {
        if (!ended) setMissing(true);
      });
    return () => {
      ended = true;
      drawn.current?.remove();
      drawn.current = null;
    };
  }, [shown, spoken, missing]);

  useEffect(() => {
    drawn.current?.show(route, target, fix?.at ?? null);
  }, [route, target?.[0], target?.[1], fix]);

  return (
    <section class="map" aria-label={say("map")}>
      {missing ? <p class="quiet">{say("map_missing")}</p> : <div ref={box} class="map-box" />}
    </section>
  );
}

/** West, south, east, north of all that is to be seen; null where nothing is. */
function around(file: LiveFile): [number, number, number, number] | null {
  const places = isCheckpoint(file) ? [file.checkpoint] : file.incident.places;
  const points: LonLat[] = [
    ...(file.route?.geometry.coordinates ?? []),
    ...places.map((one) => [one.lon, one.lat] as const),
  ];
  if (points.length === 0) return null;
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** The map once it is there, and what is drawn on it. */
class DrawnMap {
  private follows = true;
  private seen = false;
  private readonly marks: { place: Marker; self: Marker };

  private constructor(
    private readonly map: LibreMap,
    makeMarker: (element: HTMLElement) => Marker,
  ) {
    this.marks = {
      place: makeMarker(mark("place-mark", "M12 0a9 9 0 0 0-9 9c0 6 9 15 9 15s9-9 9-15a9 9 0 0 0-9-9z")),
      self: makeMarker(mark("self-mark", "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z")),
    };
    map.on("dragstart", () => {
      this.follows = false; // the unit looks around
    });
  }

  static async make(
    box: HTMLElement,
    bounds: [number, number, number, number] | null,
  ): Promise<DrawnMap> {
    const [{ makeMap }, { Marker }, base] = await Promise.all([
      import("../foundation/map"),
      import("maplibre-gl"),
      readBaseMap(),
    ]);
    const map = makeMap(box, base, {
      bounds: bounds ?? base.bounds,
      fitBoundsOptions: { padding: PADDING_PX, maxZoom: 16 },
      cooperativeGestures: false,
    });
    map.on("error", () => {}); // a tile is missing without a signal: the way is drawn all the same
    const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS));
    try {
      await Promise.race([map.once("load"), late]);
    } catch (error) {
      map.remove();
      throw error;
    }
    map.addSource(ROUTE, { type: "geojson", data: lineOf(null) });
    const line = { "line-cap": "round", "line-join": "round" } as const;
    const shown = theme.get();
    for (const [id, color, width] of [
      ["route-casing", CASING[shown], 11],
      ["route", LINE[shown], 7],
    ] as const) {
      const paint = { "line-color": color, "line-width": width };
      map.addLayer({ id, type: "line", source: ROUTE, layout: line, paint }, FIRST_LABEL);
    }
    return new DrawnMap(map, (element) => new Marker({ element, anchor: "center" }));
  }

  show(route: Route | null, place: LonLat | null, self: LonLat | null): void {
    const source = this.map.getSource<GeoJSONSource>(ROUTE);
    void source?.setData(lineOf(route));
    if (place !== null) this.marks.place.setLngLat([...place]).addTo(this.map);
    else this.marks.place.remove();
    if (self === null) {
      this.marks.self.remove();
      return;
    }
    this.marks.self.setLngLat([...self]).addTo(this.map);
    if (!this.follows) return;
    const zoom = this.seen ? this.map.getZoom() : CLOSE_ZOOM;
    this.seen = true;
    this.map.easeTo({ center: [...self], zoom, duration: 500 });
  }

  remove(): void {
    this.map.remove();
  }
}

function lineOf(route: Route | null) {
  return {
    type: "Feature" as const,
    properties: {},
    geometry: {
      type: "LineString" as const,
      coordinates: (route?.geometry.coordinates ?? []).map(([lon, lat]) => [lon, lat]),
    },
  };
}

function mark(name: string, path: string): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  element.append(svg);
  return element;
}
