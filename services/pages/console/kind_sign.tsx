// A kind's sign in the legend, as the map draws it.

import { useStore } from "../foundation/store";
import { theme } from "../foundation/theme";
import { colourOn, KIND_LOOKS, OTHER_LOOK } from "./kind_looks";

/** Outlines in a square of 20, by the shape's number. */
const OUTLINES = [
  "M10 1l2.7 5.9 6.3.7-4.7 4.3 1.3 6.3L10 15l-5.6 3.2 1.3-6.3L1 7.6l6.3-.7z",
  "M3 3h14v14H3z",
  "M10 2l8.500 15H1.500z",
  "M10 2a8 8 0 1 0 .001 0z",
  "M10 1.500l7.500 4.250v8.500L10 18.500l-7.500-4.250v-8.500z",
  "M7.300 1.500h5.400v5.800h5.800v5.400h-5.800v5.800H7.300v-5.800H1.500V7.300h5.800z",
];

export function KindSign({ kind }: { kind: string }) {
  const dark = useStore(theme) === "dark";
  const look = KIND_LOOKS[kind] ?? OTHER_LOOK;
  const [red, green, blue] = colourOn(dark, look).map((part) => Math.round(part * 255));
  return (
    <svg class="kind-sign" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
      <path d={OUTLINES[look.shape]} fill={`rgb(${red} ${green} ${blue})`} />
    </svg>
  );
}
