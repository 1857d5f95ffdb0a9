// Other centres in an interception: what they can hold, what is asked of them, and who leads.

import { useState } from "preact/hooks";
import { useLanguage } from "../foundation/language";
import { useStore } from "../foundation/store";
import { spanText, timeText } from "./clock";
import { type Interception, lookAtInterception, planView } from "./interception_state";
import { flyTo } from "./map_panel";
import {
  answerOf,
  canHandOver,
  type Elsewhere,
  handOverPhrase,
  isAskedToLead,
  type OfferRow,
  offersOf,
  type Partner,
} from "./neighbours";
import { api, attempt, jurisdictions } from "./room";
import { named, say } from "./words";

const OVER = ["withdrawn", "released", "clear", "missed"];

/** A centre's name where this page knows it, else its word in the API. */
export function centreName(centre: string): string {
  return jurisdictions.get().find((one) => one.jurisdiction === centre)?.name || centre;
}

export function Neighbours({ found }: { found: Interception }) {
  useLanguage();
  const plan = useStore(planView);
  const [note, setNote] = useState("");
  const leads = found.role === "lead";
  if (found.centres.length === 0 && found.hand_over === null && leads) return null;
  const ask = (path: string, body: Record<string, string>) =>
    attempt(async () => {
      await api.post(`/v1/interceptions/${found.id}/hand-over${path}`, { ...body, reason: note });
      setNote("");
      await lookAtInterception();
    });
  const words = (
    <input
      aria-label={say("handOverNote")}
      placeholder={say("handOverNote")}
      maxLength={200}
      value={note}
      onInput={(event) => setNote(event.currentTarget.value)}
    />
  );
  return (
    <section class="neighbours">
      <h3>{say("neighbours")}</h3>
      {!leads && <p>{say("ledBy", { name: centreName(found.lead_centre ?? "") })}</p>}
      <HandOverLine found={found} />
      {isAskedToLead(found) && (
        <div class="row">
          {words}
          <button type="button" class="main" onClick={() => void ask("/accept", {})}>
            {say("takeLead")}
          </button>
          <button type="button" onClick={() => void ask("/refuse", {})}>
            {say("refuseLead")}
          </button>
        </div>
      )}
      {leads && (
        <ul class="people">
          {found.centres.map((partner) => (
            <li key={partner.centre} class="person" data-centre={partner.centre}>
              <div>
                <PartnerHead partner={partner} open={found.state === "open"} />
                {offersOf(found, partner.centre, plan?.features ?? []).map((row) => (
                  <OfferLine key={row.id} row={row} />
                ))}
              </div>
            </li>
          ))}
        </ul>
      )}
      {canHandOver(found) && found.centres.length > 0 && (
        <details>
          <summary>{say("handOver")}</summary>
          <div class="row">
            {words}
            {found.centres.map(({ centre }) => (
              <button key={centre} type="button" onClick={() => void ask("", { centre })}>
                {say("askToLead", { name: centreName(centre) })}
              </button>
            ))}
          </div>
        </details>
      )}
      {found.elsewhere.length > 0 && (
        <>
          <h4>{say("elsewhere")}</h4>
          <ul class="people">
            {found.elsewhere.map((one) => (
              <ElsewhereLine key={one.checkpoint_id} one={one} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function HandOverLine({ found }: { found: Interception }) {
  const phrase = handOverPhrase(found);
  if (phrase === null || found.hand_over === null) return null;
  const { centre, answer_by, reason } = found.hand_over;
  const waits = phrase === "leadOffered" || phrase === "handOverAsked";
  return (
    <p class={waits ? "warning" : "quiet"} role="status">
      {say(phrase, { name: centreName(centre), time: timeText(answer_by) })}
      {reason !== "" && <> {say("because", { reason: named("neighbourReason", reason) })}</>}
    </p>
  );
}

function PartnerHead({ partner, open }: { partner: Partner; open: boolean }) {
  const answer = answerOf(partner);
  const { awaited_until: until, units, reason } = partner;
  return (
    <>
      <strong>{centreName(partner.centre)}</strong>
      {(open || answer !== "awaited") && (
        <p class={answer === "silent" ? "warning" : "quiet"}>
          {answer === "awaited"
            ? say("answerAwaited", { time: timeText(until ?? "") })
            : say(
                answer === "silent"
                  ? "answerSilent"
                  : answer === "nothing"
                    ? "answerNothing"
                    : "answerUnits",
                { count: units },
              )}
          {answer === "nothing" && reason !== "" && (
            <> {say("because", { reason: named("neighbourReason", reason) })}</>
          )}
        </p>
      )}
    </>
  );
}

function OfferLine({ row }: { row: OfferRow }) {
  const { place } = row;
  const name = row.name || named("checkpointKind", row.kind || null);
  return (
    <p class={OVER.includes(row.standing) ? "offer over" : "offer"} data-offer={row.id}>
      {place === null ? (
        <span>{name}</span>
      ) : (
        <button type="button" class="plain" onClick={() => flyTo(...place)}>
          {name}
        </button>
      )}{" "}
      <span class="state">{named("offerState", row.standing)}</span>
      <span class="quiet">
        {" "}
        {say("readyAt", { time: timeText(row.readyAt, false) })}
        {row.marginS !== null && <> · {say("margin", { time: spanText(row.marginS) })}</>}
        {row.reason !== "" && <> · {named("neighbourReason", row.reason)}</>}
      </span>
    </p>
  );
}

function ElsewhereLine({ one }: { one: Elsewhere }) {
  return (
    <li class="person">
      <div>
        <button type="button" class="plain" onClick={() => flyTo(one.lon, one.lat)}>
          <strong>{one.name || named("checkpointKind", one.kind)}</strong>
        </button>{" "}
        <span class="state">{named("postState", one.state)}</span>
        <span class="quiet"> {timeText(one.at, false)}</span>
      </div>
    </li>
  );
}
