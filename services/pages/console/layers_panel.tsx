// Which layers are shown, and what their signs mean.

import { useLanguage } from "../foundation/language";
import { useStore } from "../foundation/store";
import { theme } from "../foundation/theme";
import { CELL_MINUTES, cellColours } from "./cell_scale";
import { type LayerChoice, layerChoice } from "./layer_choice";
import { KindSign } from "./kind_sign";
import { picture } from "./room";
import { named, say, wordsOf } from "./words";

type Switch = Exclude<keyof LayerChoice, "responseKind">;
const SWITCHES: Switch[] = ["responders", "ways", "closures", "jurisdictions", "responseTimes"];

export function LayersPanel() {
  useLanguage();
  const chosen = useStore(layerChoice);
  const shownTheme = useStore(theme);
  const set = (change: Partial<LayerChoice>) => layerChoice.set({ ...chosen, ...change });
  return (
    <>
      <h2>{say("layers")}</h2>
      {SWITCHES.map((name) => (
        <label key={name} class="switch">
          <input
            type="checkbox"
            checked={chosen[name]}
            onChange={(event) => set({ [name]: event.currentTarget.checked })}
          />
          {say(name)}
        </label>
      ))}
      {chosen.responseTimes && (
        <>
          <label class="switch">
            {say("responseOf")}{" "}
            <select
              value={chosen.responseKind}
              onChange={(event) => set({ responseKind: event.currentTarget.value })}
            >
              <option value="">{say("everybody")}</option>
              {wordsOf("kind").map((kind) => (
                <option key={kind} value={kind}>
                  {named("kind", kind)}
                </option>
              ))}
            </select>
          </label>
          <ul class="scale">
            {cellColours(shownTheme).map((colour, i) => (
              <li key={colour}>
                <svg viewBox="0 0 20 12" width="20" height="12" aria-hidden="true">
                  <rect width="20" height="12" fill={colour} />
                </svg>
                {i < CELL_MINUTES.length
                  ? say("upTo", { count: CELL_MINUTES[i] as number })
                  : say("above", { count: CELL_MINUTES.at(-1) as number })}
              </li>
            ))}
          </ul>
        </>
      )}
      <Legend />
    </>
  );
}

function Legend() {
  const seen = useStore(picture);
  const counts = (kind: string): [number, number] => {
    let all = 0;
    let free = 0;
    const code = seen?.kinds.indexOf(kind) ?? -1;
    const available = seen?.statuses.indexOf("available") ?? -1;
    for (let i = 0; seen !== null && i < seen.kind.length; i += 1) {
      if (seen.kind[i] !== code) continue;
      all += 1;
      if (seen.status[i] === available) free += 1;
    }
    return [all, free];
  };
  return (
    <table class="legend">
      <caption>{say("responders")}</caption>
      <thead>
        <tr>
          <th scope="col">{say("kind")}</th>
          <th scope="col">{say("count")}</th>
          <th scope="col">{say("free")}</th>
        </tr>
      </thead>
      <tbody>
        {wordsOf("kind").map((kind) => {
          const [all, free] = counts(kind);
          return (
            <tr key={kind}>
              <th scope="row">
                <KindSign kind={kind} /> {named("kind", kind)}
              </th>
              <td>{all}</td>
              <td>{free}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
