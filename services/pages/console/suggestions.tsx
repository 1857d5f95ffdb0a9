// Who else could go: the service's own suggestion of somebody faster, and a recommendation on demand.

import { useEffect, useState } from "preact/hooks";
import { language } from "../foundation/language";
import type { IncidentFile, Recommendation, Suggestion, TimelineEntry } from "./api_types";
import { distanceText, spanText } from "./clock";
import { api, attempt, lookAtFile, may } from "./room";
import { named, say } from "./words";

const WANTS = [
  { kinds: ["officer", "auxiliary"], count: 3 },
  {
    kinds: [
      "grid_worker",
      "building_chief",
      "property_chief",
      "area_chief",
      "rider",
      "safety_volunteer",
      "bank_guard",
    ],
    count: 3,
  },
];

interface Swap {
  responder_id: string;
  jurisdiction: string;
  kind: string;
  insteadOf: string;
  words: string;
}

export function Suggestions({ found, entries }: { found: IncidentFile; entries: TimelineEntry[] }) {
  const [answer, setAnswer] = useState<Recommendation | null>(null);
  const [busy, setBusy] = useState(false);
  const { id, places } = found.incident;
  useEffect(() => setAnswer(null), [id]);
  if (!may("dispatch")) return null;
  const ask = async () => {
    setBusy(true);
    await attempt(async () => {
      const body = {
        places: places.map(({ lon, lat, accuracy_m, weight }) => ({
          lon,
          lat,
          accuracy_m,
          weight,
        })),
        wants: WANTS,
        language: language.get(),
      };
      const path = "/v1/recommendations";
      setAnswer((await api.ask<Recommendation>(path, { method: "POST", body })).body);
    });
    setBusy(false);
  };
  const offer = (responderId: string, jurisdiction: string, insteadOf?: string) =>
    attempt(async () => {
      const body: Record<string, string> = { responder_id: responderId, jurisdiction };
      if (insteadOf) body["instead_of"] = insteadOf;
      await api.post(`/v1/incidents/${id}/staff`, body);
      setAnswer(null);
      await lookAtFile();
    });
  const chosen = answer?.wants.flatMap((want) => want.chosen) ?? [];
  return (
    <section>
      {swaps(found, entries).map((swap) => (
        <p key={swap.responder_id} class="warning">
          {swap.words}{" "}
          <button
            type="button"
            onClick={() => void offer(swap.responder_id, swap.jurisdiction, swap.insteadOf)}
          >
            {say("offerTo", { name: `${named("kind", swap.kind)} ${swap.responder_id}` })}
          </button>
        </p>
      ))}
      {places.length > 0 && (
        <button type="button" disabled={busy} onClick={() => void ask()}>
          {say(busy ? "suggesting" : answer === null ? "suggest" : "suggestAgain")}
        </button>
      )}
      {answer !== null && chosen.length === 0 && <p class="empty">{say("noSuggestion")}</p>}
      <ul class="people">
        {chosen.map((one) => (
          <Suggested
            key={one.jurisdiction + one.id}
            one={one}
            onOffer={() => void offer(one.id, one.jurisdiction)}
          />
        ))}
      </ul>
    </section>
  );
}

function Suggested({ one, onOffer }: { one: Suggestion; onOffer(): void }) {
  const name = `${named("kind", one.kind)} ${one.id}`;
  return (
    <li class="person">
      <div>
        <strong>{name}</strong>{" "}
        <span class="state">
          {spanText(one.eta_s)} · {distanceText(one.distance_m)}
        </span>
        <p class="quiet">{one.reason}</p>
      </div>
      <button type="button" class="main" aria-label={say("offerTo", { name })} onClick={onOffer}>
        {say("offer")}
      </button>
    </li>
  );
}

/** What the service suggested by itself, as long as the one to be replaced is on the way. */
function swaps(found: IncidentFile, entries: TimelineEntry[]): Swap[] {
  const going = new Set(
    found.assignments
      .filter((one) => ["offered", "accepted", "en_route"].includes(one.state))
      .map((one) => one.id),
  );
  const latest = new Map<string, Swap>();
  for (const { type, data, assignment_id: insteadOf, ...words } of entries) {
    if (type !== "suggestion.made" || insteadOf === null || !going.has(insteadOf)) continue;
    latest.set(insteadOf, {
      responder_id: String(data["responder_id"]),
      jurisdiction: String(data["jurisdiction"]),
      kind: String(data["kind"]),
      insteadOf,
      words: words[language.get()],
    });
  }
  return [...latest.values()];
}
