// A kind's sign in the legend, as the map draws it.

import { useStore } from "../foundation/store";
import { theme } from "../foundation/theme";
import { colourOn, KIND_LOOKS, OTHER_LOOK } from "./kind_looks";
import { css, OUTLINES } from "./signs";

export function KindSign({ kind }: { kind: string }) {
  const dark = useStore(theme) === "dark";
  const look = KIND_LOOKS[kind] ?? OTHER_LOOK;
  return (
    <svg class="kind-sign" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
      <path d={OUTLINES[look.shape]} fill={css(colourOn(dark, look))} />
    </svg>
  );
}
