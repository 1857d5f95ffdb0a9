// The map: puts on it what the room knows, and tells the room what is clicked.

import type { Map as LibreMap, Marker, Popup } from "maplibre-gl";
import { useEffect, useRef } from "preact/hooks";
import { baseMapStyle, readBaseMap, type TileJson } from "../foundation/base_map";
import { language, useLanguage } from "../foundation/language";
import { persist } from "../foundation/retry";
import { useStore } from "../foundation/store";
import { theme } from "../foundation/theme";
import type { Queued } from "./api_types";
import { nowMs, spanText, tick } from "./clock";
import { closureFeatures, draft, draftFeatures } from "./closure_drawing";
import { planFeatures, planView, reachFeatures, shownMinute } from "./interception_state";
import { layerChoice } from "./layer_choice";
import { middleOf } from "./middle_of";
import type { Overlays } from "./overlays";
import type { RespondersLayer } from "./responders_layer";
import { cellTimes } from "./response_times";
import { closures, jurisdictions, openIncident, panel, pick, picture, queue, ways } from "./room";
import { byUrgency, timeLeftS } from "./urgency";
import { named, say } from "./words";

/** Incidents with a sign of their own on the map; a room cannot look at more at a time. */
const MOST_SIGNS = 150;

interface Parts {
  map: LibreMap;
  overlays: Overlays;
  responders: RespondersLayer;
  Marker: typeof Marker;
  Popup: typeof Popup;
}

/** The map, for panels that move it; null until it is there. */
export let theMap: LibreMap | null = null;

export function flyTo(lon: number, lat: number): void {
  theMap?.easeTo({ center: [lon, lat], zoom: Math.max(theMap.getZoom(), 14) });
}

export function MapPanel() {
  useLanguage();
  const picking = useStore(pick);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let ended = false;
    let stop: () => void = () => undefined;
    const container = place.current as HTMLDivElement;
    void persist(fetchParts, () => !ended).then((fetched) => {
      if (fetched !== null && !ended) stop = setUp(container, fetched);
    });
    return () => {
      ended = true;
      stop();
    };
  }, []);
  return (
    <section class={`map-panel${picking ? " picking" : ""}`} aria-label={say("map")}>
      <div class="map" ref={place} />
      {picking && (
        <div class="pick-hint" role="status">
          <span>{picking.hint}</span>
          <button type="button" onClick={takeCentre}>
            {say("takeCentre")}
          </button>
          <button type="button" onClick={() => pick.set(null)}>
            {say("cancel")}
          </button>
        </div>
      )}
    </section>
  );
}

function takeCentre(): void {
  const centre = theMap?.getCenter();
  if (centre) pick.get()?.take(centre.lng, centre.lat);
}

/** All that a map is made of. It fails where the line drops, and can be asked for again. */
async function fetchParts() {
  const [base, map, library, overlays, responders] = await Promise.all([
    readBaseMap(),
    import("../foundation/map"),
    import("maplibre-gl"),
    import("./overlays"),
    import("./responders_layer"),
  ]);
  await map.fetchWorker();
  return { base, library, ...map, ...overlays, ...responders };
}

function setUp(
  container: HTMLElement,
  fetched: Awaited<ReturnType<typeof fetchParts>>,
): () => void {
  const { base, makeMap, library, Overlays, RespondersLayer } = fetched;
  const map = makeMap(container, base);
  map.addControl(new library.NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new library.ScaleControl({ unit: "metric" }), "top-left");
  map.getCanvas().setAttribute("aria-label", say("map"));
  theMap = map;
  map.once("idle", () => performance.mark("map")); // all of it is drawn
  const parts: Parts = {
    map,
    overlays: new Overlays(map),
    responders: new RespondersLayer(map, theme.get() === "dark"),
    Marker: library.Marker,
    Popup: library.Popup,
  };
  // For whoever measures or tests the page: what is drawn is not in the document otherwise.
  Object.assign(container, { forestall: parts });
  const signs = new Signs(parts);
  const stops = [
    installed(parts, base),
    ...followed(parts),
    queue.follow(() => signs.draw()),
    tick.follow(() => signs.tell()),
    language.follow(() => signs.draw()),
  ];
  signs.draw();
  clicks(parts);
  return () => {
    for (const stop of stops) stop();
    theMap = null;
    parts.responders.remove();
    map.remove();
  };
}

/** Overlays come in with each style; a new theme is a new style. */
function installed(parts: Parts, base: TileJson): () => void {
  const { map, overlays, responders } = parts;
  map.on("style.load", () => overlays.install(theme.get()));
  return theme.follow(() => {
    responders.setDark(theme.get() === "dark");
    map.setStyle(baseMapStyle(theme.get(), base), { diff: false });
  });
}

/** Every store that is drawn as features, and the drawing of it. */
function followed({ map, overlays, responders }: Parts): (() => void)[] {
  const choice = () => layerChoice.get();
  const drawings: [{ follow(f: () => void): () => void }[], () => void][] = [
    [[picture, layerChoice], () => responders.show(choice().responders ? picture.get() : null)],
    [
      [ways, queue, layerChoice, language],
      () => overlays.show("ways", choice().ways ? wayFeatures() : []),
    ],
    [
      [closures, layerChoice, language],
      () => overlays.show("closures", choice().closures ? closureFeatures(closures.get()) : []),
    ],
    [[draft], () => overlays.show("draft", draftFeatures())],
    [
      [jurisdictions, layerChoice],
      () => overlays.show("jurisdictions", choice().jurisdictions ? areaFeatures() : []),
    ],
    [
      [cellTimes, layerChoice],
      () => overlays.show("cells", choice().responseTimes ? cellTimes.get() : []),
    ],
    [
      [planView, panel, shownMinute, language],
      () => {
        const shown = panel.get()?.kind === "interception";
        overlays.show("plan", shown ? planFeatures() : []);
        overlays.show("reach", shown ? reachFeatures() : []);
      },
    ],
  ];
  const stops = drawings.flatMap(([stores, drawing]) => {
    drawing();
    return stores.map((store) => store.follow(drawing));
  });
  const frame = () => cellTimes.look(map);
  map.on("moveend", frame);
  return [...stops, layerChoice.follow(frame), cellTimes.follow(() => undefined)];
}

function clicks({ map, responders, Popup }: Parts): void {
  map.on("click", (event) => {
    const { lng, lat } = event.lngLat;
    const wanted = pick.get();
    if (wanted !== null) {
      wanted.take(lng, lat);
      return;
    }
    const closed = map
      .queryRenderedFeatures(event.point, { layers: ["closure-rim", "closure-area"] })
      .at(0);
    if (closed) {
      panel.set({ kind: "closures" });
      return;
    }
    const row = responders.at(event.point.x, event.point.y);
    const seen = picture.get();
    if (row < 0 || seen === null) return;
    const box = document.createElement("div");
    for (const text of [
      `${named("kind", seen.kinds[seen.kind[row] as number] ?? null)} ${seen.id[row]}`,
      `${named("status", seen.statuses[seen.status[row] as number] ?? null)} · ${seen.jurisdiction[row]}`,
      say(seen.stale[row] ? "stale" : "ageS", { age: spanText(seen.age_s[row] as number) }),
    ]) {
      const line = document.createElement("p");
      line.textContent = text; // names are anybody's words: never markup
      box.append(line);
    }
    new Popup({ closeButton: true, maxWidth: "280px" })
      .setLngLat([seen.lon[row] as number, seen.lat[row] as number])
      .setDOMContent(box)
      .addTo(map);
  });
  map.on("dblclick", (event) => {
    if (pick.get() !== null) event.preventDefault();
  });
}

function wayFeatures(): GeoJSON.Feature[] {
  const sent = new Map(
    queue.get().incidents.flatMap((one) => one.assignments.map((sent) => [sent.id, sent])),
  );
  return ways.get().map((way) => ({
    type: "Feature",
    geometry: { type: "LineString", coordinates: way.coordinates },
    properties: {
      offered: sent.get(way.assignment_id)?.state === "offered",
      label: `${sent.get(way.assignment_id)?.responder_id ?? ""} ${spanText(way.eta_s)}`,
    },
  }));
}

function areaFeatures(): GeoJSON.Feature[] {
  return jurisdictions.get().flatMap(({ geometry, name, level }) => {
    if (geometry === null) return [];
    const middle = middleOf(geometry);
    const label: GeoJSON.Geometry | null = middle && { type: "Point", coordinates: middle };
    return [geometry, label]
      .filter((shape) => shape !== null)
      .map((shape) => ({ type: "Feature", geometry: shape, properties: { name, level } }) as const);
  });
}

interface Sign {
  marker: Marker;
  button: HTMLButtonElement;
}

/** The incidents' signs: buttons on the map, so that the keyboard reaches them. */
class Signs {
  private readonly known = new Map<string, Sign>();

  constructor(private readonly parts: Parts) {}

  draw(): void {
    const at = nowMs();
    const shown = queue
      .get()
      .incidents.filter((one) => one.incident.places.length > 0)
      .sort((a, b) => byUrgency(a, b, at))
      .slice(0, MOST_SIGNS);
    const ids = new Set(shown.map((one) => one.incident.id));
    for (const [id, sign] of this.known) {
      if (!ids.has(id)) {
        sign.marker.remove();
        this.known.delete(id);
      }
    }
    for (const queued of shown) this.put(queued);
    this.tell();
  }

  /** The clocks. */
  tell(): void {
    const at = nowMs();
    for (const queued of queue.get().incidents) {
      const sign = this.known.get(queued.incident.id);
      if (sign === undefined) continue;
      const left = timeLeftS(queued, at);
      const clock = sign.button.querySelector(".sign-clock") as HTMLElement;
      clock.textContent = Number.isFinite(left) ? `${left < 0 ? "+" : ""}${spanText(left)}` : "";
      sign.button.classList.toggle("over", left < 0);
    }
  }

  private put(queued: Queued): void {
    const { incident } = queued;
    const likeliest = incident.places.reduce((a, b) => (b.weight > a.weight ? b : a));
    const sign = this.known.get(incident.id) ?? this.made(incident.id);
    sign.marker.setLngLat([likeliest.lon, likeliest.lat]).addTo(this.parts.map);
    sign.button.dataset["tier"] = incident.tier;
    const put = (part: string, text: string) => {
      (sign.button.querySelector(part) as HTMLElement).textContent = text;
    };
    put(".sign-letter", named("tierSign", incident.tier));
    const tier = named("tier", incident.tier);
    put(".unseen", `${tier} ${say("caseOf", { ref: incident.victim_ref })}`);
  }

  private made(incidentId: string): Sign {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sign";
    const letter = document.createElement("span");
    letter.className = "sign-letter";
    const clock = document.createElement("span");
    clock.className = "sign-clock";
    const words = document.createElement("span");
    words.className = "unseen";
    button.append(letter, words, clock);
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      openIncident(incidentId);
    });
    const marker = new this.parts.Marker({ element: button, anchor: "bottom" });
    const sign = { marker, button };
    this.known.set(incidentId, sign);
    return sign;
  }
}
