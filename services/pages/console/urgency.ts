// Which incident comes first: the one with the least time left before something is due.

import type { Queued } from "./api_types";

const TIER_ORDER = ["critical", "high", "medium", "low"];

/** Seconds until the next deadline, negative when it is over; Infinity where nothing is due. */
export function timeLeftS(queued: Queued, nowMs: number): number {
  if (queued.next_deadline === null) return Infinity;
  return (Date.parse(queued.next_deadline.due_at) - nowMs) / 1000;
}

/** Most urgent first: by time left, then by tier, then the older one. */
export function byUrgency(a: Queued, b: Queued, nowMs: number): number {
  const [leftA, leftB] = [timeLeftS(a, nowMs), timeLeftS(b, nowMs)];
  if (leftA !== leftB) return leftA < leftB ? -1 : 1;
  const tiers =
    TIER_ORDER.indexOf(a.incident.answer_tier) - TIER_ORDER.indexOf(b.incident.answer_tier);
  return tiers || Date.parse(a.incident.opened_at) - Date.parse(b.incident.opened_at);
}

export interface QueueFilter {
  /** Tiers that are shown; empty: all. */
  tiers: ReadonlySet<string>;
  /** The state that is shown; empty: all. */
  state: string;
  /** Words that must all occur. */
  text: string;
}

export const NO_FILTER: QueueFilter = { tiers: new Set(), state: "", text: "" };

/** Whether an incident passes the filter. */
export function passes(queued: Queued, filter: QueueFilter): boolean {
  const { incident, assignments } = queued;
  if (filter.tiers.size > 0 && !filter.tiers.has(incident.tier)) return false;
  if (filter.state !== "" && incident.state !== filter.state) return false;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const told = [
    incident.id,
    incident.victim_ref,
    incident.address_text,
    incident.jurisdiction,
    incident.fraud_type,
    ...assignments.map((one) => one.responder_id),
  ]
    .join("\n")
    .toLowerCase();
  return words.every((word) => told.includes(word));
}
