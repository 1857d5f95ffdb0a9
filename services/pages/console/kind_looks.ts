// Shape and colour of each kind of responder: the map and its legend draw the same. No colour is
// without a shape of its own.

export interface Look {
  /** Number of the outline in `signs`. */
  shape: number;
  /** Red, green, blue, 0 to 1; after Okabe and Ito, darkened for a light ground. */
  colour: [number, number, number];
}

const BLUE: Look["colour"] = [0.0, 0.33, 0.65];
const ORANGE: Look["colour"] = [0.76, 0.31, 0.0];
const GREEN: Look["colour"] = [0.0, 0.44, 0.33];
const PURPLE: Look["colour"] = [0.52, 0.28, 0.53];

export const KIND_LOOKS: Record<string, Look> = {
  officer: { shape: 0, colour: BLUE },
  auxiliary: { shape: 1, colour: BLUE },
  rider: { shape: 2, colour: ORANGE },
  grid_worker: { shape: 3, colour: GREEN },
  building_chief: { shape: 4, colour: GREEN },
  property_chief: { shape: 4, colour: GREEN },
  area_chief: { shape: 4, colour: GREEN },
  safety_volunteer: { shape: 3, colour: PURPLE },
  bank_guard: { shape: 5, colour: PURPLE },
};

export const OTHER_LOOK: Look = { shape: 3, colour: [0.4, 0.4, 0.4] };

/** The colour on a light or a dark ground. */
export function colourOn(dark: boolean, look: Look): number[] {
  return dark ? look.colour.map((part) => 0.42 + part * 0.58) : look.colour;
}
