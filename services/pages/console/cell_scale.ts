// Colours of the response times. Cividis, which colour-blind eyes order alike: the slower a cell, the
// more it stands out from the ground.

import type { Theme } from "../foundation/theme";

/** Minutes at which the colour changes. */
export const CELL_MINUTES = [3, 5, 8, 12, 20];

const CIVIDIS = ["#fde737", "#d5bf5c", "#a39a76", "#73757b", "#3f5778", "#00224e"];

/** One colour more than there are limits, from soon to late. */
export function cellColours(theme: Theme): string[] {
  return theme === "light" ? CIVIDIS : [...CIVIDIS].reverse();
}
