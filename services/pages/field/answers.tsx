// What the unit can do now: at the bottom, where the thumb is, and large.

import { useState } from "preact/hooks";
import type { Outcome, State } from "./assignment";
import type { Visit } from "./visit";
import { say } from "./words";

const OUTCOMES: readonly Outcome[] = ["dissuaded", "not_convinced", "not_found", "refused"];
const REASONS = ["reason_busy", "reason_far", "reason_vehicle", "reason_other"] as const;
const NOTE_LIMIT = 2_000;
const REASON_LIMIT = 500;

type Sheet = "none" | "decline" | "report";

interface Props {
  visit: Visit;
  state: State;
  /** Whether it ends with a report; how a checkpoint was held the centre knows. */
  reports: boolean;
}

export function Answers({ visit, state, reports }: Props) {
  const [sheet, setSheet] = useState<Sheet>("none");
  const close = () => setSheet("none");
  const declinable = state === "offered" || state === "accepted" || state === "en_route";
  if (sheet === "decline" && declinable) return <Declining visit={visit} close={close} />;
  if (state === "on_scene" && !reports) return null;
  if (sheet === "report" && state === "on_scene") return <Reporting visit={visit} close={close} />;
  return (
    <div class="answers">
      {state === "offered" && (
        <button class="main" onClick={() => visit.act("accept")}>
          {say("accept")}
        </button>
      )}
      {(state === "accepted" || state === "en_route") && (
        <button class="main" onClick={() => visit.act("arrive")}>
          {say("arrive")}
        </button>
      )}
      {state === "on_scene" && (
        <button class="main" onClick={() => setSheet("report")}>
          {say("report")}
        </button>
      )}
      {declinable && (
        <button class="side" onClick={() => setSheet("decline")}>
          {say(state === "offered" ? "decline" : "cannot_go_on")}
        </button>
      )}
    </div>
  );
}

function Declining({ visit, close }: { visit: Visit; close: () => void }) {
  const [reason, setReason] = useState("");
  const send = (text: string) => {
    visit.act("decline", { reason: text });
    close();
  };
  return (
    <form
      class="answers sheet"
      onSubmit={(event) => {
        event.preventDefault();
        send(reason.trim());
      }}
    >
      <h2>{say("decline_reason")}</h2>
      <div class="choices">
        {REASONS.slice(0, -1).map((name) => (
          <button type="button" key={name} onClick={() => send(say(name))}>
            {say(name)}
          </button>
        ))}
      </div>
      <label>
        {say("reason_other")}
        <input
          value={reason}
          maxLength={REASON_LIMIT}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <div class="row">
        <button type="button" class="side" onClick={close}>
          {say("back")}
        </button>
        <button class="bad" disabled={reason.trim() === ""}>
          {say("send_decline")}
        </button>
      </div>
    </form>
  );
}

function Reporting({ visit, close }: { visit: Visit; close: () => void }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [note, setNote] = useState("");
  return (
    <form
      class="answers sheet"
      onSubmit={(event) => {
        event.preventDefault();
        visit.act("report", { outcome, note: note.trim() });
        close();
      }}
    >
      <h2 id="how-it-went">{say("report_question")}</h2>
      <div class="choices" role="radiogroup" aria-labelledby="how-it-went">
        {OUTCOMES.map((one) => (
          <label key={one} class={one === outcome ? "choice chosen" : "choice"}>
            <input
              type="radio"
              name="outcome"
              checked={one === outcome}
              onChange={() => setOutcome(one)}
            />
            {say(one)}
          </label>
        ))}
      </div>
      <label>
        {say("note")}
        <textarea
          value={note}
          rows={2}
          maxLength={NOTE_LIMIT}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
      </label>
      <div class="row">
        <button type="button" class="side" onClick={close}>
          {say("back")}
        </button>
        <button class="main" disabled={outcome === null}>
          {outcome === null ? say("report") : say("send_report", { outcome: say(outcome) })}
        </button>
      </div>
    </form>
  );
}
