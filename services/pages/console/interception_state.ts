// The interception that is open beside the map: whom to stop, the plan, and what it looks like.

import { spanText, timeText } from "./clock";
import type { Elsewhere, HandOver, Offer, Partner } from "./neighbours";
import { api, listeners, live, panel, soon, tellError } from "./room";
import { SessionStore } from "./session_store";
import { say } from "./words";

export interface Sighting {
  id: string;
  lon: number;
  lat: number;
  seen_at: string;
  source: string;
}

export interface Post {
  id: string;
  holder: "unit" | "staff" | "neighbour";
  jurisdiction: string;
  responder_id: string | null;
  offer_id: string | null;
  state: string;
  ready_at: string;
  expected_at: string;
  manned_at: string | null;
  margin_s: number;
  share: number;
  late: boolean;
  reason: string;
}

export interface Checkpoint {
  id: string;
  kind: string;
  name: string;
  lon: number;
  lat: number;
  state: string;
  posts: Post[];
}

export interface InterceptionSummary {
  id: string;
  jurisdiction: string;
  role: string;
  state: string;
  incident_id: string | null;
  lead_centre: string | null;
  opened_at: string;
  description: string;
  ends_at: string;
  last_seen: Sighting | null;
  plan_number: number;
  plan_wanted: boolean;
  no_plan_because: string;
  committed_number: number | null;
  ending_note: string;
}

export interface Interception extends InterceptionSummary {
  horizon_s: number;
  sightings: Sighting[];
  centres: Partner[];
  offers: Offer[];
  elsewhere: Elsewhere[];
  hand_over: HandOver | null;
  checkpoints: Checkpoint[];
}

export interface Holder {
  holder: string;
  jurisdiction?: string;
  responder_id?: string;
}

export interface PlanView extends GeoJSON.FeatureCollection {
  number: number;
  made_at: string;
  outdated: boolean;
  committed: boolean;
  share: number;
  share_by_behaviour: Record<string, number>;
  worst_behaviour: string;
  worst_share: number;
  first: { share: number; gap: number; proven: boolean };
  notes: string[];
  seal: {
    sealed: boolean;
    units: number;
    proven: boolean;
    open_exits: { name: string; reason: string }[];
  } | null;
}

/** Reachable areas that are asked for at once: the slider moves among them without waiting. */
const AREAS = 24;
const PAUSE_MS = 400;

export const interceptions = new SessionStore<InterceptionSummary[]>([]);
export const interception = new SessionStore<Interception | null>(null);
export const planView = new SessionStore<PlanView | null>(null);
/** Why there is no plan yet. */
export const planMissing = new SessionStore("");
/** Minutes after the sighting whose reachable area is shown. */
export const shownMinute = new SessionStore(0);

/** The minutes of the areas: evenly over the horizon. */
export function areaMinutes(horizonS: number): number[] {
  return Array.from({ length: AREAS }, (_, i) => ((i + 1) * horizonS) / AREAS / 60);
}

export async function lookAtInterceptions(): Promise<void> {
  const found = await api.get<{ interceptions: InterceptionSummary[] }>(
    "/v1/interceptions?limit=50",
  );
  interceptions.set(found.interceptions);
}

export function openInterception(id: string | null): void {
  if (interception.get()?.id !== id) {
    interception.set(null);
    planView.set(null);
    planMissing.set("");
  }
  panel.set({ kind: "interception", id });
  void lookAtInterceptions().catch(tellError);
  if (id !== null) void lookAtInterception().catch(tellError);
}

export async function lookAtInterception(): Promise<void> {
  const shown = panel.get();
  if (shown?.kind !== "interception" || shown.id === null) return;
  const path = `/v1/interceptions/${shown.id}`;
  const found = (await api.get<{ interception: Interception }>(path)).interception;
  const still = panel.get();
  if (still?.kind !== "interception" || still.id !== shown.id) return;
  interception.set(found);
  if (found.role !== "lead") {
    planView.set(null); // only the lead plans
    planMissing.set("");
    return;
  }
  const minutes = areaMinutes(found.horizon_s);
  if (shownMinute.get() === 0) shownMinute.set(minutes[Math.floor(AREAS / 3)] as number);
  try {
    const asked = minutes.map((one) => one.toFixed(3)).join(",");
    planView.set(await api.get<PlanView>(`${path}/plan?minutes=${asked}`));
    planMissing.set("");
  } catch (error) {
    planView.set(null);
    planMissing.set(error instanceof Error ? error.message : String(error));
  }
}

const lookSoon = soon(async () => {
  await Promise.all([lookAtInterceptions(), lookAtInterception()]);
}, PAUSE_MS);

listeners.add((type) => {
  if (type.startsWith("interception.") || type.startsWith("checkpoint.")) lookSoon();
});
live.follow(() => {
  if (live.get() && panel.get()?.kind === "interception") lookSoon();
});

export function planFeatures(): GeoJSON.Feature[] {
  return (planView.get()?.features ?? []).flatMap((feature) => {
    const told = feature.properties ?? {};
    if (told["feature"] === "reachable_area") return [];
    let label = String(told["name"] ?? "");
    if (told["feature"] === "checkpoint") {
      label += `\n${say("marginShort", { time: spanText(Number(told["margin_s"])) })}`;
    }
    if (told["feature"] === "sighting") label = timeText(String(told["seen_at"]), false);
    return [{ ...feature, properties: { ...told, label } }];
  });
}

/** The area of the minute that the slider shows. */
export function reachFeatures(): GeoJSON.Feature[] {
  const areas = (planView.get()?.features ?? []).filter(
    (feature) => feature.properties?.["feature"] === "reachable_area",
  );
  const wantedS = shownMinute.get() * 60;
  let best: GeoJSON.Feature | null = null;
  let away = Infinity;
  for (const area of areas) {
    const off = Math.abs(Number(area.properties?.["after_s"]) - wantedS);
    if (off < away) [away, best] = [off, area];
  }
  return best === null ? [] : [best];
}
