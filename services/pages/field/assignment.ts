// An assignment as the service tells its unit of it.

import type { Route } from "./guidance";

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

/** All that there is to tell, as long as the unit is on its way. */
export interface WholeFile {
  assignment: {
    id: string;
    state: State;
    purpose: string;
    acknowledge_by: string;
    offered_eta_s: number;
    evidence_count: number;
  };
  incident: {
    answer_tier: Tier;
    places: Place[];
    address_text: string;
    amount_yuan: number | null;
    money_state: string | null;
    fraud_type: string;
    visit_number: number;
  };
  findings: string[];
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

export type AssignmentFile = WholeFile | OverFile;

export function isWhole(file: AssignmentFile): file is WholeFile {
  return "incident" in file;
}

/** The likeliest place; null where it is not known. */
export function likeliest(file: WholeFile): Place | null {
  return file.incident.places.reduce<Place | null>(
    (best, one) => (best === null || one.weight > best.weight ? one : best),
    null,
  );
}

export const LIVE: readonly State[] = ["offered", "accepted", "en_route", "on_scene"];
export const GOING: readonly State[] = ["accepted", "en_route", "on_scene"];
