// Closed roads: drawn on the map, listed, lifted.

import { useState } from "preact/hooks";
import { useLanguage } from "../foundation/language";
import { useStore } from "../foundation/store";
import { timeText } from "./clock";
import {
  beginDrawing,
  closeRoads,
  draft,
  endDrawing,
  liftClosure,
  undoPoint,
} from "./closure_drawing";
import { Field, JurisdictionField, Text } from "./fields";
import { attempt, closures, pick } from "./room";
import { say } from "./words";

const DURATIONS_MIN = [0, 30, 60, 120, 360, 1440];

export function ClosuresPanel() {
  useLanguage();
  const standing = useStore(closures);
  const points = useStore(draft);
  return (
    <>
      <h2>{say("closures")}</h2>
      {points === null ? (
        <button type="button" class="main" onClick={beginDrawing}>
          {say("draw")}
        </button>
      ) : (
        <Drawing count={points.length} />
      )}
      {standing.length === 0 && <p class="empty">{say("noClosures")}</p>}
      <ul class="people">
        {standing.map((one) => (
          <li key={`${one.jurisdiction}/${one.id}`} class="person">
            <div>
              <strong>{one.closure.reason || one.id}</strong>
              <p class="quiet">
                {say("roadsClosed", { count: one.edges })}
                {one.closure.ends_at &&
                  ` · ${say("untilTime", { time: timeText(one.closure.ends_at, false) })}`}
                {!one.in_force && ` · ${say("notInForce")}`} · {one.jurisdiction}
              </p>
            </div>
            <button type="button" onClick={() => void attempt(() => liftClosure(one))}>
              {say("lift")}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Drawing({ count }: { count: number }) {
  const [reason, setReason] = useState("");
  const [minutes, setMinutes] = useState(0);
  const [jurisdiction, setJurisdiction] = useState("");
  const picking = useStore(pick);
  return (
    <form
      class="drawing"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt(() => closeRoads(reason, minutes, jurisdiction));
      }}
    >
      <p role="status">
        {say("drawing")} <strong>{say("points", { count })}</strong>
      </p>
      <div class="row">
        <button type="button" onClick={undoPoint} disabled={count === 0}>
          {say("undoPoint")}
        </button>
        {picking !== null && (
          <button type="button" onClick={() => pick.set(null)} disabled={count === 0}>
            {say("done")}
          </button>
        )}
        <button type="button" onClick={endDrawing}>
          {say("cancel")}
        </button>
      </div>
      <Text label={say("reason")} required value={reason} onInput={setReason} />
      <Field label={say("until")}>
        {(id) => (
          <select
            id={id}
            value={minutes}
            onChange={(event) => setMinutes(Number(event.currentTarget.value))}
          >
            {DURATIONS_MIN.map((one) => (
              <option key={one} value={one}>
                {one === 0
                  ? say("untilLifted")
                  : one < 120
                    ? say("minutes", { count: one })
                    : say("hours", { count: one / 60 })}
              </option>
            ))}
          </select>
        )}
      </Field>
      <JurisdictionField value={jurisdiction} onChange={setJurisdiction} />
      <button type="submit" class="main" disabled={count === 0}>
        {say("closeRoads")}
      </button>
    </form>
  );
}
