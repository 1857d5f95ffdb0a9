// What neighbours offered in an interception, what is asked of them, and how that stands.

export interface Partner {
  centre: string;
  /** While an answer is awaited: until when. */
  awaited_until: string | null;
  silent: boolean;
  units: number;
  reason: string;
}

export interface Offer {
  id: string;
  centre: string;
  checkpoint_id: string;
  ready_at: string;
}

export interface HandOver {
  centre: string;
  state: string;
  answer_by: string;
  reason: string;
}

export interface Elsewhere {
  checkpoint_id: string;
  kind: string;
  name: string;
  lon: number;
  lat: number;
  state: string;
  at: string;
}

/** What is read of a holder. */
interface TheirPost {
  id: string;
  holder: string;
  jurisdiction: string;
  offer_id: string | null;
  state: string;
  ready_at: string;
  margin_s: number;
  reason: string;
}

/** What is read of an interception. */
export interface WithNeighbours {
  state: string;
  role: string;
  centres: Partner[];
  offers: Offer[];
  elsewhere: Elsewhere[];
  hand_over: HandOver | null;
  checkpoints: {
    id: string;
    kind: string;
    name: string;
    lon: number;
    lat: number;
    posts: TheirPost[];
  }[];
}

/** One checkpoint that a neighbour could hold, or was asked to. */
export interface OfferRow {
  id: string;
  name: string;
  kind: string;
  /** Degrees WGS-84; null where the plan that named the place is gone. */
  place: [number, number] | null;
  readyAt: string;
  /** null where nobody knows yet when the subject is there. */
  marginS: number | null;
  /** `offered`, or the state of the post that it became. */
  standing: string;
  reason: string;
}

/** A neighbour's offers, those that became posts among them, by when they are ready. */
export function offersOf(
  found: WithNeighbours,
  centre: string,
  planned: readonly GeoJSON.Feature[],
): OfferRow[] {
  const held = found.checkpoints.flatMap((checkpoint) =>
    checkpoint.posts
      .filter((post) => post.holder === "neighbour" && post.jurisdiction === centre)
      .map((post) => ({ checkpoint, post })),
  );
  const taken = new Set(held.map(({ post }) => post.offer_id));
  const rows: OfferRow[] = held.map(({ checkpoint, post }) => ({
    id: post.id,
    name: checkpoint.name,
    kind: checkpoint.kind,
    place: [checkpoint.lon, checkpoint.lat],
    readyAt: post.ready_at,
    marginS: post.margin_s,
    standing: post.state,
    reason: post.reason,
  }));
  for (const offer of found.offers) {
    if (offer.centre !== centre || taken.has(offer.id)) continue;
    const feature = planned.find((one) => one.properties?.["id"] === offer.checkpoint_id);
    const told = feature?.properties ?? {};
    const earliestMs = Date.parse(String(told["earliest_at"] ?? ""));
    rows.push({
      id: offer.id,
      name: String(told["name"] ?? ""),
      kind: String(told["kind"] ?? ""),
      place:
        feature?.geometry.type === "Point"
          ? (feature.geometry.coordinates as [number, number])
          : null,
      readyAt: offer.ready_at,
      marginS: Number.isNaN(earliestMs)
        ? null
        : (earliestMs - Date.parse(offer.ready_at)) / 1000,
      standing: "offered",
      reason: "",
    });
  }
  return rows.sort((a, b) => Date.parse(a.readyAt) - Date.parse(b.readyAt));
}

/** How a neighbour stands to the last request. */
export function answerOf(partner: Partner): "awaited" | "silent" | "nothing" | "answered" {
  if (partner.awaited_until !== null) return "awaited";
  if (partner.silent) return "silent";
  return partner.units === 0 ? "nothing" : "answered";
}

/** Whether this centre can ask another one to lead now. */
export function canHandOver(found: WithNeighbours): boolean {
  return found.state === "open" && found.role === "lead" && found.hand_over?.state !== "offered";
}

/** Whether this centre is asked to lead, and has not answered. */
export function isAskedToLead(found: WithNeighbours): boolean {
  return (
    found.state === "open" && found.role === "neighbour" && found.hand_over?.state === "offered"
  );
}

/** How the last hand-over is told, by this centre's side of it. */
export function handOverPhrase(
  found: WithNeighbours,
):
  | "handOverAsked"
  | "handOverRefused"
  | "handOverUnanswered"
  | "handOverDone"
  | "takenOver"
  | "leadOffered"
  | "leadAccepted"
  | "leadRefused"
  | "leadKept"
  | null {
  const state = found.hand_over?.state;
  const leads = found.role === "lead";
  if (state === "offered") return leads ? "handOverAsked" : "leadOffered";
  if (state === "accepted") return "leadAccepted";
  if (state === "refused") return leads ? "handOverRefused" : "leadRefused";
  if (state === "cancelled") return leads ? "handOverUnanswered" : "leadKept";
  if (state === "done") return found.state === "handed_over" ? "handOverDone" : "takenOver";
  return null;
}
