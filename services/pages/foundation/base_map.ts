// How our own roads look: the style of the vector tiles that are made when a map is compiled.

import type { StyleSpecification } from "maplibre-gl";
import type { BaseMap } from "./map";
import type { Theme } from "./theme";

/** Name of the tiles' source in the style. */
export const BASE_SOURCE = "base";

const GROUND: Record<Theme, string> = { light: "#eef1f4", dark: "#121a22" };

export function baseMapStyle(theme: Theme, base: BaseMap): StyleSpecification {
  return {
    version: 8,
    sources: {
      [BASE_SOURCE]: {
        type: "vector",
        tiles: [`${location.origin}/v1/tiles/{z}/{x}/{y}`],
        minzoom: 4,
        maxzoom: 14,
        bounds: base.bounds,
        attribution: base.attribution,
      },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": GROUND[theme] } },
    ],
  };
}
