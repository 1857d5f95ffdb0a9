// The queue: what is most urgent comes first.

import { useState } from "preact/hooks";
import { numberText, useLanguage } from "../foundation/language";
import { useStore } from "../foundation/store";
import type { Assignment, Queued } from "./api_types";
import { nowMs, spanText, tick } from "./clock";
import { openIncident, panel, queue } from "./room";
import { byUrgency, NO_FILTER, passes, type QueueFilter, timeLeftS } from "./urgency";
import { named, say, wordsOf } from "./words";

const GOING = ["accepted", "en_route", "on_scene", "reported"];

export function QueuePanel() {
  useLanguage();
  useStore(tick);
  const { incidents, more } = useStore(queue);
  const [filter, setFilter] = useState<QueueFilter>(NO_FILTER);
  const at = nowMs();
  const shown = incidents.filter((one) => passes(one, filter)).sort((a, b) => byUrgency(a, b, at));
  return (
    <section class="queue" aria-label={say("queue")}>
      <h2>
        {say("queue")} <small>{say("openCount", { count: incidents.length })}</small>
      </h2>
      <Filter filter={filter} onChange={setFilter} />
      {shown.length === 0 && (
        <p class="empty">{say(incidents.length === 0 ? "noIncidents" : "nothingFound")}</p>
      )}
      <ol>
        {shown.map((one) => (
          <li key={one.incident.id}>
            <Entry queued={one} at={at} />
          </li>
        ))}
      </ol>
      {more && <p class="hint">{say("more")}</p>}
    </section>
  );
}

function Filter({ filter, onChange }: { filter: QueueFilter; onChange(f: QueueFilter): void }) {
  const flip = (tier: string) => {
    const tiers = new Set(filter.tiers);
    if (!tiers.delete(tier)) tiers.add(tier);
    onChange({ ...filter, tiers });
  };
  return (
    <div class="filter" role="search">
      <input
        type="search"
        aria-label={say("search")}
        placeholder={say("search")}
        value={filter.text}
        onInput={(event) => onChange({ ...filter, text: event.currentTarget.value })}
      />
      <div class="tiers">
        {wordsOf("tier").map((tier) => (
          <button
            key={tier}
            type="button"
            class="tier-filter"
            aria-pressed={filter.tiers.has(tier)}
            onClick={() => flip(tier)}
          >
            <span class="tier-sign" data-tier={tier} aria-hidden="true">
              {named("tierSign", tier)}
            </span>
            {named("tier", tier)}
          </button>
        ))}
      </div>
      <select
        aria-label={say("state")}
        value={filter.state}
        onChange={(event) => onChange({ ...filter, state: event.currentTarget.value })}
      >
        <option value="">{say("allStates")}</option>
        {["locating", "contacting", "responding", "visited"].map((state) => (
          <option key={state} value={state}>
            {named("incidentState", state)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Entry({ queued, at }: { queued: Queued; at: number }) {
  const { incident, assignments, next_deadline: due } = queued;
  const open = useStore(panel);
  const left = timeLeftS(queued, at);
  const opened = (at - Date.parse(incident.opened_at)) / 1000;
  return (
    <button
      type="button"
      class={`entry${left < 0 ? " over" : ""}`}
      data-tier={incident.tier}
      data-incident={incident.id}
      aria-current={open?.kind === "incident" && open.id === incident.id}
      onClick={() => openIncident(incident.id)}
    >
      <span class="entry-head">
        <span class="tier-sign" data-tier={incident.tier} aria-hidden="true">
          {named("tierSign", incident.tier)}
        </span>
        <span class="entry-ref">{incident.victim_ref}</span>
        <span class="entry-left">
          {due === null
            ? say("noDeadline")
            : say(left < 0 ? "over" : "left", { time: spanText(left) })}
        </span>
      </span>
      <span class="entry-line">
        <span>{named("tier", incident.tier)}</span>
        {due !== null && <strong>{named("deadline", due.kind)}</strong>}
        <span>{named("incidentState", incident.state)}</span>
        <span>{say("opened", { ago: spanText(opened) })}</span>
        {incident.amount_yuan !== null && (
          <span>{say("yuan", { sum: numberText(incident.amount_yuan) })}</span>
        )}
      </span>
      {incident.address_text !== "" && <span class="entry-line">{incident.address_text}</span>}
      <span class="entry-line quiet">{peopleText(assignments)}</span>
    </button>
  );
}

/** Who goes, by name, and how many have not answered yet. */
function peopleText(assignments: Assignment[]): string {
  const parts = assignments
    .filter((one) => GOING.includes(one.state))
    .map(
      (one) =>
        `${named("kind", one.kind)} ${one.responder_id} ${named("assignmentState", one.state)}`,
    );
  const asked = assignments.filter((one) => one.state === "offered").length;
  if (asked > 0) parts.push(say("askedCount", { count: asked }));
  return parts.length === 0 ? say("nobodyYet") : parts.join(" · ");
}
