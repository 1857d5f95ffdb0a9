// Starting an interception, and telling of a sighting.

import { useState } from "preact/hooks";
import { newKey } from "../foundation/api";
import { useStore } from "../foundation/store";
import type { Incident } from "./api_types";
import { nowMs } from "./clock";
import { JurisdictionField, type Point, PointField, Text } from "./fields";
import { type Interception, lookAtInterception, openInterception } from "./interception_state";
import { api, attempt } from "./room";
import { SessionStore } from "./session_store";
import { say } from "./words";

interface Draft {
  incidentId: string;
  incidentRef: string;
  description: string;
  seen: Point;
  minutesAgo: string;
  heading: string;
  seenBy: string;
  goal: Point;
  goalName: string;
  horizon: string;
  jurisdiction: string;
}

const NOWHERE: Point = { lon: "", lat: "" };
const EMPTY: Draft = {
  incidentId: "",
  incidentRef: "",
  description: "",
  seen: NOWHERE,
  minutesAgo: "0",
  heading: "",
  seenBy: "",
  goal: NOWHERE,
  goalName: "",
  horizon: "90",
  jurisdiction: "",
};

const draft = new SessionStore<Draft>(EMPTY);

/** Begin with what is known of an incident: the money, or the victim, has left its place. */
export function draftInterceptionFor(incident: Incident): void {
  const [place] = incident.places;
  const seen = place ? { lon: place.lon.toFixed(6), lat: place.lat.toFixed(6) } : NOWHERE;
  draft.set({ ...EMPTY, incidentId: incident.id, incidentRef: incident.victim_ref, seen });
}

function isPoint(point: Point): boolean {
  return point.lon !== "" && point.lat !== "";
}

function sightingOf(
  at: Point,
  minutesAgo: string,
  heading: string,
  source: string,
): Record<string, unknown> {
  const body: Record<string, unknown> = {
    lon: Number(at.lon),
    lat: Number(at.lat),
    seen_at: new Date(nowMs() - Number(minutesAgo || "0") * 60_000).toISOString(),
    source,
  };
  if (heading !== "") body["heading_deg"] = Number(heading);
  return body;
}

function bodyOf(known: Draft): Record<string, unknown> {
  const body: Record<string, unknown> = {
    description: known.description,
    horizon_s: Number(known.horizon) * 60,
  };
  if (known.incidentId !== "") body["incident_id"] = known.incidentId;
  else if (known.jurisdiction !== "") body["jurisdiction"] = known.jurisdiction;
  if (isPoint(known.seen)) {
    body["sighting"] = sightingOf(known.seen, known.minutesAgo, known.heading, known.seenBy);
  }
  if (isPoint(known.goal)) {
    body["destinations"] = [
      { lon: Number(known.goal.lon), lat: Number(known.goal.lat), name: known.goalName },
    ];
  }
  return body;
}

export function InterceptionForm() {
  const known = useStore(draft);
  const [requestKey, setRequestKey] = useState(newKey);
  const set = (change: Partial<Draft>) => draft.update((was) => ({ ...was, ...change }));
  const submit = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const answer = await api.post<{ interception: Interception }>(
        "/v1/interceptions",
        bodyOf(known),
        requestKey,
      );
      setRequestKey(newKey());
      draft.set(EMPTY);
      openInterception(answer.interception.id);
    });
  };
  return (
    <form onSubmit={submit}>
      <h3>
        {known.incidentId === ""
          ? say("newInterception")
          : say("ofIncident", { ref: known.incidentRef })}
      </h3>
      <Text
        label={say("description")}
        required
        value={known.description}
        onInput={(description) => set({ description })}
      />
      <PointField label={say("seenAt")} point={known.seen} onChange={(seen) => set({ seen })} />
      <div class="pair">
        <Text
          label={say("minutesAgo")}
          type="number"
          value={known.minutesAgo}
          onInput={(minutesAgo) => set({ minutesAgo })}
        />
        <Text
          label={say("heading")}
          type="number"
          value={known.heading}
          onInput={(heading) => set({ heading })}
        />
      </div>
      <Text label={say("seenBy")} value={known.seenBy} onInput={(seenBy) => set({ seenBy })} />
      <PointField
        label={say("destination")}
        point={known.goal}
        onChange={(goal) => set({ goal })}
      />
      <div class="pair">
        <Text
          label={say("destinationName")}
          value={known.goalName}
          onInput={(goalName) => set({ goalName })}
        />
        <Text
          label={say("horizon")}
          type="number"
          required
          value={known.horizon}
          onInput={(horizon) => set({ horizon })}
        />
      </div>
      {known.incidentId === "" && (
        <JurisdictionField
          value={known.jurisdiction}
          onChange={(jurisdiction) => set({ jurisdiction })}
        />
      )}
      <button type="submit" class="main">
        {say("newInterception")}
      </button>
    </form>
  );
}

export function SightingForm({ id }: { id: string }) {
  const [at, setAt] = useState<Point>(NOWHERE);
  const [minutesAgo, setMinutesAgo] = useState("0");
  const [heading, setHeading] = useState("");
  const [source, setSource] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      const body = sightingOf(at, minutesAgo, heading, source);
      await api.post(`/v1/interceptions/${id}/sightings`, body);
      setAt(NOWHERE);
      await lookAtInterception();
    });
  };
  return (
    <details>
      <summary>{say("newSighting")}</summary>
      <form onSubmit={submit}>
        <PointField label={say("seenAt")} point={at} required onChange={setAt} />
        <div class="pair">
          <Text
            label={say("minutesAgo")}
            type="number"
            value={minutesAgo}
            onInput={setMinutesAgo}
          />
          <Text label={say("heading")} type="number" value={heading} onInput={setHeading} />
        </div>
        <Text label={say("seenBy")} value={source} onInput={setSource} />
        <button type="submit">{say("tellSighting")}</button>
      </form>
    </details>
  );
}
