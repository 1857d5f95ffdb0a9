// An assignment as the service tells its unit of it.

import type { LonLat, Route } from "./guidance";

export type State =
  | "offered"
  | "accepted"
  | "en_route"
  | "on_scene"
  | "reported"
  | "declined"
  | "expired"
  | "released";
export type Tier = "low" | "medium" | "high" | "critical";
export type Outcome = "dissuaded" | "not_convinced" | "not_found" | "refused";

export interface Sentence {
  zh: string;
  en: string;
}

export interface Place {
  lon: number;
  lat: number;
  accuracy_m: number;
  weight: number;
}

export interface MapApps {
  amap: { android: string; ios: string };
  baidu: { android: string; ios: string };
  geo: string;
}

/** A visit to a victim, with all that there is to tell, as long as the unit is on its way. */
export interface VisitFile {
  assignment: {
    id: string;
    state: State;
    purpose: string;
    acknowledge_by: string;
    evidence_count: number;
  };
  incident: {
    answer_tier: Tier;
    places: Place[];
    address_text: string;
    amount_yuan: number | null;
    money_state: string | null;
    fraud_type: string;
  };
  findings: string[];
  route: Route | null;
  apps: MapApps | null;
}

/** A checkpoint to be held, and whom to look for there. */
export interface CheckpointFile {
  assignment: { id: string; state: State };
  checkpoint: { kind: string; name: string; lon: number; lat: number };
  subject: { description: string; earliest_at: string };
  route: Route | null;
  apps: MapApps | null;
}

/** What is left of it once the unit has nobody to go to any more. */
export interface OverFile {
  assignment: {
    id: string;
    state: State;
    evidence_due_at?: string | null;
    evidence_count?: number;
  };
  sentence: Sentence;
}

export type LiveFile = VisitFile | CheckpointFile;
export type AssignmentFile = LiveFile | OverFile;

export function isOver(file: AssignmentFile): file is OverFile {
  return "sentence" in file;
}

export function isVisit(file: AssignmentFile): file is VisitFile {
  return "incident" in file;
}

export function isCheckpoint(file: AssignmentFile): file is CheckpointFile {
  return "checkpoint" in file;
}

/** Where an assignment leads: the checkpoint, or the likeliest place; null where none is known. */
export function targetOf(file: LiveFile): { at: LonLat; accuracyM: number } | null {
  if (isCheckpoint(file)) {
    return { at: [file.checkpoint.lon, file.checkpoint.lat], accuracyM: 0 };
  }
  const best = file.incident.places.reduce<Place | null>(
    (found, one) => (found === null || one.weight > found.weight ? one : found),
    null,
  );
  return best && { at: [best.lon, best.lat], accuracyM: best.accuracy_m };
}

export const LIVE: readonly State[] = ["offered", "accepted", "en_route", "on_scene"];
export const GOING: readonly State[] = ["accepted", "en_route", "on_scene"];
