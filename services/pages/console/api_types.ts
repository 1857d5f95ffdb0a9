// What the service answers, as far as this page reads it. `/docs` has all of it.

export type Tier = "critical" | "high" | "medium" | "low";

export interface Session {
  name: string;
  scopes: string[];
  jurisdictions: string[];
  ends_at: string | null;
  now: string;
  clock_speed: number;
}

export interface Place {
  lon: number;
  lat: number;
  accuracy_m: number;
  weight: number;
}

export interface Evidence {
  id: string;
  assignment_id: string;
  received_at: string;
  size_bytes: number;
  media_type: string;
  convincing: boolean | null;
}

export interface Incident {
  id: string;
  jurisdiction: string;
  victim_ref: string;
  state: string;
  tier: Tier;
  answer_tier: Tier;
  source: string;
  opened_at: string;
  places: Place[];
  address_text: string;
  amount_yuan: number | null;
  money_state: string | null;
  fraud_type: string;
  visit_number: number;
  evidence: Evidence[];
  findings: string[];
  version: number;
}

export interface Assignment {
  id: string;
  incident_id: string;
  responder_id: string;
  jurisdiction: string;
  kind: string;
  mode: string;
  state: string;
  acknowledge_by: string;
  expected_at: string;
  arrived_at: string | null;
  outcome: string | null;
  decline_reason: string;
  late: boolean;
  off_route: boolean;
}

export interface Deadline {
  kind: string;
  due_at: string;
  assignment_id: string | null;
}

export interface Queued {
  incident: Incident;
  assignments: Assignment[];
  next_deadline: Deadline | null;
}

export interface Queue {
  incidents: Queued[];
  more: boolean;
}

export interface Bilingual {
  zh: string;
  en: string;
}

export interface Decision {
  decided_at: string;
  passed_over: {
    responder_id: string;
    jurisdiction: string;
    kind: string;
    line_m: number;
    eta_s: number | null;
    reason: Bilingual;
  }[];
  shortfalls: { kinds: string[]; missing: number; reason: Bilingual }[];
}

export interface IncidentFile extends Queued {
  decisions: Decision[];
}

export interface TimelineEntry {
  number: number;
  at: string;
  type: string;
  zh: string;
  en: string;
  assignment_id: string | null;
  data: Record<string, unknown>;
}

export interface Way {
  assignment_id: string;
  eta_s: number;
  distance_m: number;
  coordinates: [number, number][];
}

export interface Picture {
  kinds: string[];
  statuses: string[];
  id: string[];
  jurisdiction: string[];
  lon: number[];
  lat: number[];
  kind: number[];
  status: number[];
  age_s: number[];
  stale: boolean[];
}

export interface Suggestion {
  id: string;
  jurisdiction: string;
  kind: string;
  eta_s: number;
  distance_m: number;
  reason: string;
}

export interface Recommendation {
  wants: { kinds: string[]; chosen: Suggestion[]; shortfall: { reason: string } | null }[];
}

export interface Closure {
  id: string;
  jurisdiction: string;
  in_force: boolean;
  edges: number;
  closure: {
    reason?: string;
    ends_at?: string;
    area?: GeoJSON.Geometry;
    near?: { lon: number; lat: number }[];
  };
}

export interface Jurisdiction {
  jurisdiction: string;
  name: string;
  level: string;
  geometry: GeoJSON.Geometry | null;
}

export interface EventData {
  incident?: Incident;
  assignment?: Assignment;
  [member: string]: unknown;
}
