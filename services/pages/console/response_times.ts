// How soon somebody can be where, for the part of the map that is seen.

import type { Map as LibreMap } from "maplibre-gl";
import { layerChoice } from "./layer_choice";
import { api } from "./room";
import { SessionStore } from "./session_store";

const EVERY_MS = 15_000;

class CellTimes extends SessionStore<GeoJSON.Feature[]> {
  private asked = "";
  private askedAtMs = 0;

  override forget(): void {
    this.asked = ""; // no answer that is still on its way is taken
    super.forget();
  }

  /** Asks for the cells of what the map shows, if they are shown and not known yet. */
  look(map: LibreMap): void {
    const { responseTimes, responseKind } = layerChoice.get();
    if (!responseTimes) return;
    const bounds = map.getBounds();
    const zoom = map.getZoom();
    const resolution = zoom < 8.5 ? 6 : zoom < 10.5 ? 7 : zoom < 13 ? 8 : 9;
    const box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const kind = responseKind === "" ? "" : `&kind=${encodeURIComponent(responseKind)}`;
    const text = box.map((degrees) => degrees.toFixed(4)).join(",");
    const path = `/v1/response-times?resolution=${resolution}&bounds=${text}${kind}`;
    if (path === this.asked && performance.now() - this.askedAtMs < EVERY_MS) return;
    this.asked = path;
    this.askedAtMs = performance.now();
    api
      .get<GeoJSON.FeatureCollection>(path)
      .then((found) => {
        if (path === this.asked) this.set(found.features);
      })
      .catch(() => undefined); // the next look may do better; the page says when it is not live
    setTimeout(() => {
      if (path === this.asked) this.look(map);
    }, EVERY_MS + 100);
  }
}

export const cellTimes = new CellTimes([]);
