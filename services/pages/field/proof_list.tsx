// Photos and videos of the visit, and how far each has come.

import { useStore } from "../foundation/store";
import { type Proof } from "./proof";
import type { Visit } from "./visit";
import { say, timeOf } from "./words";

interface Props {
  visit: Visit;
  dueAt: string | null;
  count: number;
}

export function ProofList({ visit, dueAt, count }: Props) {
  const proofs = useStore(visit.proofs.all);
  return (
    <section class="proof" aria-labelledby="proof-title">
      <h2 id="proof-title">{say("proof")}</h2>
      {dueAt !== null && <p class="due">{say("proof_due", { time: timeOf(Date.parse(dueAt)) })}</p>}
      {count > 0 && <p class="quiet">{say("proof_count", { count })}</p>}
      <label class="file-button">
        {say("add_proof")}
        <input
          type="file"
          accept="image/*,video/*"
          multiple
          onChange={(event) => {
            for (const file of event.currentTarget.files ?? []) void visit.proofs.add(file);
            event.currentTarget.value = "";
          }}
        />
      </label>
      <ul aria-live="polite">
        {proofs.map((one) => (
          <li key={one.id}>
            <span class="file-name">{one.name}</span>
            <progress max={Math.max(1, one.sizeBytes)} value={one.sentBytes} aria-label={one.name} />
            <span class={one.state === "refused" ? "bad-text" : "quiet"}>{stateOf(one)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function stateOf(one: Proof): string {
  const percent = Math.floor((100 * one.sentBytes) / Math.max(1, one.sizeBytes));
  switch (one.state) {
    case "sending":
      return say("proof_sending", { percent });
    case "waiting":
      return say("proof_waiting", { percent });
    case "done":
      return say("proof_done");
    case "refused":
      return say("proof_refused", { detail: one.detail });
  }
}
