// One incident: what is known, who goes, who was passed over, what was tried, and what can be done.

import { numberText, useLanguage } from "../foundation/language";
import { useStore } from "../foundation/store";
import type { Assignment, Deadline, Evidence, IncidentFile, TimelineEntry } from "./api_types";
import { nowMs, spanText, tick, timeText } from "./clock";
import { IncidentActions } from "./incident_actions";
import { flyTo } from "./map_panel";
import { api, attempt, file, lookAtFile, may, told, timeline, ways } from "./room";
import { Suggestions } from "./suggestions";
import { named, say } from "./words";

const LIVE = ["offered", "accepted", "en_route", "on_scene"];

export function IncidentPanel() {
  useLanguage();
  const found = useStore(file);
  const entries = useStore(timeline);
  if (found === null) return <p class="empty">…</p>;
  const { incident } = found;
  const latest = found.decisions.at(-1);
  return (
    <>
      <header class="case-head">
        <span class="tier-sign large" data-tier={incident.tier} aria-hidden="true">
          {named("tierSign", incident.tier)}
        </span>
        <div>
          <h2>{say("caseOf", { ref: incident.victim_ref })}</h2>
          <p>
            {named("tier", incident.tier)} · {named("incidentState", incident.state)} ·{" "}
            {say("visit", { number: incident.visit_number })}
          </p>
        </div>
      </header>
      <Due deadline={found.next_deadline} />
      <Facts found={found} />
      <section>
        <h3>{say("whoGoes")}</h3>
        {found.assignments.length === 0 && <p class="empty">{say("noOne")}</p>}
        <ul class="people">
          {[...found.assignments].sort(byNearness).map((one) => (
            <Sent key={one.id} assignment={one} />
          ))}
        </ul>
        {latest?.shortfalls.map((one) => (
          <p key={one.kinds.join()} class="warning">
            {say("shortfall")}: {told(one.reason)}
          </p>
        ))}
      </section>
      <Suggestions found={found} entries={entries} />
      <section>
        <h3>{say("passedOver")}</h3>
        {(latest?.passed_over.length ?? 0) === 0 && <p class="empty">{say("nobodyPassed")}</p>}
        <ul class="reasons">
          {latest?.passed_over.map((one) => (
            <li key={one.jurisdiction + one.responder_id}>
              <strong>
                {named("kind", one.kind)} {one.responder_id}
              </strong>{" "}
              {told(one.reason)}
            </li>
          ))}
        </ul>
      </section>
      <Contacts entries={entries} />
      <section>
        <h3>{say("evidence")}</h3>
        {incident.evidence.length === 0 && <p class="empty">{say("noEvidence")}</p>}
        <ul class="reasons">
          {incident.evidence.map((one) => (
            <Proof key={one.id} evidence={one} />
          ))}
        </ul>
      </section>
      {incident.findings.length > 0 && (
        <section>
          <h3>{say("findings")}</h3>
          <ul class="reasons">
            {incident.findings.map((one, i) => (
              <li key={i}>{one}</li>
            ))}
          </ul>
        </section>
      )}
      {may("dispatch") && <IncidentActions found={found} />}
      <section>
        <h3>{say("timeline")}</h3>
        <ol class="timeline">
          {[...entries].reverse().map((entry) => (
            <li key={entry.number}>
              <time dateTime={entry.at}>{timeText(entry.at)}</time> <span>{told(entry)}</span>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

/** Who is there or on the way comes first, then who was asked, then who does not go. */
function byNearness(a: Assignment, b: Assignment): number {
  const place = (one: Assignment) => [...LIVE].reverse().indexOf(one.state);
  const [first, second] = [place(a), place(b)].map((at) => (at < 0 ? LIVE.length : at));
  return (first as number) - (second as number) || a.expected_at.localeCompare(b.expected_at);
}

function Due({ deadline }: { deadline: Deadline | null }) {
  useStore(tick);
  if (deadline === null) return <p class="due">{say("noDeadline")}</p>;
  const left = (Date.parse(deadline.due_at) - nowMs()) / 1000;
  return (
    <p class={`due${left < 0 ? " over" : ""}`}>
      <span>
        {say("nextDeadline")}: <strong>{named("deadline", deadline.kind)}</strong>
      </span>
      <strong class="due-left">{say(left < 0 ? "over" : "left", { time: spanText(left) })}</strong>
    </p>
  );
}

function Facts({ found: { incident } }: { found: IncidentFile }) {
  const [place] = incident.places;
  const facts: [string, string][] = [
    [say("address"), incident.address_text || (place ? "" : say("noPlace"))],
    [
      say("money"),
      [
        incident.amount_yuan === null
          ? ""
          : say("yuan", { sum: numberText(incident.amount_yuan) }),
        incident.money_state === null ? "" : named("moneyState", incident.money_state),
      ]
        .filter(Boolean)
        .join(" · "),
    ],
    [say("fraud"), incident.fraud_type],
    [say("source"), `${named("source", incident.source)} · ${timeText(incident.opened_at)}`],
    [say("area"), incident.jurisdiction],
  ];
  return (
    <>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== "")
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {place && (
        <button type="button" onClick={() => flyTo(place.lon, place.lat)}>
          {say("showOnMap")}
        </button>
      )}
    </>
  );
}

function Sent({ assignment }: { assignment: Assignment }) {
  useStore(tick);
  const known = useStore(ways);
  const at = nowMs();
  const way = known.find((one) => one.assignment_id === assignment.id);
  const lives = LIVE.includes(assignment.state);
  const expectedMs = way ? at + way.eta_s * 1000 : Date.parse(assignment.expected_at);
  const release = () =>
    attempt(async () => {
      const reason = say("releaseReason");
      await api.post(`/v1/assignments/${assignment.id}/release`, { reason });
      await lookAtFile();
    });
  return (
    <li class={lives ? "person" : "person ended"} data-assignment={assignment.id}>
      <div>
        <strong>
          {named("kind", assignment.kind)} {assignment.responder_id}
        </strong>{" "}
        <span class="state">{named("assignmentState", assignment.state)}</span>
        {assignment.late && <span class="flag">{say("late")}</span>}
        {assignment.off_route && <span class="flag">{say("offRoute")}</span>}
        <p class="quiet">
          {assignment.state === "offered" &&
            say("answerBy", {
              left: spanText((Date.parse(assignment.acknowledge_by) - at) / 1000),
            })}
          {(assignment.state === "accepted" || assignment.state === "en_route") &&
            say("expected", {
              time: timeText(expectedMs, false),
              left: spanText((expectedMs - at) / 1000),
            })}
          {assignment.arrived_at !== null &&
            say("arrivedAt", { time: timeText(assignment.arrived_at) })}
          {assignment.outcome !== null && ` · ${named("visitOutcome", assignment.outcome)}`}
          {assignment.decline_reason !== "" && assignment.decline_reason}
        </p>
      </div>
      {lives && may("dispatch") && (
        <button type="button" onClick={() => void release()}>
          {say("release")}
        </button>
      )}
    </li>
  );
}

function Contacts({ entries }: { entries: TimelineEntry[] }) {
  const attempts = entries.filter((entry) => entry.type === "contact.reported");
  return (
    <section>
      <h3>{say("contacts")}</h3>
      {attempts.length === 0 && <p class="empty">{say("noContacts")}</p>}
      <ul class="reasons">
        {attempts.map((entry) => (
          <li key={entry.number}>
            <time>{timeText(entry.at)}</time>{" "}
            {named("channel", String(entry.data["channel"] ?? ""))}:{" "}
            {named("contactOutcome", String(entry.data["outcome"] ?? ""))}{" "}
            {String(entry.data["note"] ?? "")}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Proof({ evidence }: { evidence: Evidence }) {
  const judge = (convincing: boolean) => () =>
    attempt(async () => {
      await api.post(`/v1/evidence/${evidence.id}/judgement`, { convincing });
      await lookAtFile();
    });
  const open = () =>
    attempt(async () => {
      const response = await fetch(`/v1/evidence/${evidence.id}`, { headers: api.headers() });
      if (!response.ok) throw await api.refusal(response);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await response.blob());
      link.download = `evidence-${evidence.id}.${evidence.media_type.split("/").at(-1)}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  const judged =
    evidence.convincing === null ? "notJudged" : evidence.convincing ? "convinces" : "notConvinces";
  return (
    <li>
      <time>{timeText(evidence.received_at)}</time> {evidence.media_type} ·{" "}
      {(evidence.size_bytes / 1e6).toFixed(1)} MB · <strong>{say(judged)}</strong>
      <div class="row">
        <button type="button" onClick={() => void open()}>
          {say("openFile")}
        </button>
        <button type="button" onClick={() => void judge(true)()}>
          {say("convinces")}
        </button>
        <button type="button" onClick={() => void judge(false)()}>
          {say("notConvinces")}
        </button>
      </div>
    </li>
  );
}
