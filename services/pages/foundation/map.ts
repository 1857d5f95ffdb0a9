// MapLibre, set up for a network without internet: its worker comes from this service, and it asks
// nobody else for anything. A page imports this file late, so that the rest is there first.

import "maplibre-gl/dist/maplibre-gl.css";
import { Map as LibreMap, type MapOptions, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { BASE_SOURCE, baseMapStyle, type TileJson } from "./base_map";
import { language } from "./language";
import { theme } from "./theme";

setWorkerUrl(workerUrl);

/** How long after a failure the tiles are asked for again, in ms. */
const TILES_AGAIN_MS = 3_000;

/** Fetches the worker's file into the browser's cache. A map whose worker did not come stays empty
 * and says nothing. */
export async function fetchWorker(): Promise<void> {
  const response = await fetch(workerUrl);
  if (!response.ok) throw new Error(`The map's worker did not come: ${response.status}`);
  await response.arrayBuffer();
}

/** A map of our own roads in an element, in the page's language and theme. */
export function makeMap(
  container: HTMLElement,
  base: TileJson,
  options: Partial<MapOptions> = {},
): LibreMap {
  const map = new LibreMap({
    container,
    style: baseMapStyle(theme.get(), base),
    bounds: base.bounds,
    attributionControl: { compact: false },
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    maxZoom: 19,
    locale: language.get() === "zh" ? CHINESE : {},
    fadeDuration: 0,
    ...options,
  });
  let again: ReturnType<typeof setTimeout> | undefined;
  map.on("error", ({ error }) => {
    if (!/fetch|AJAX/i.test(`${String(error)} ${error.message}`)) {
      console.error(error);
      return;
    }
    // A tile that could not be fetched is no news for a log. MapLibre leaves the hole; we do not.
    again ??= setTimeout(() => {
      again = undefined;
      if (map.getSource(BASE_SOURCE)) map.refreshTiles(BASE_SOURCE);
    }, TILES_AGAIN_MS);
  });
  map.once("remove", () => clearTimeout(again));
  return map;
}

const CHINESE = {
  "AttributionControl.ToggleAttribution": "显示或隐藏数据来源",
  "NavigationControl.ZoomIn": "放大",
  "NavigationControl.ZoomOut": "缩小",
  "NavigationControl.ResetBearing": "正北向上",
  "ScaleControl.Meters": "米",
  "ScaleControl.Kilometers": "公里",
  "Map.Title": "地图",
  "Marker.Title": "地图标记",
  "Popup.Close": "关闭",
  "GeolocateControl.FindMyLocation": "我的位置",
  "GeolocateControl.LocationNotAvailable": "无法定位",
};
