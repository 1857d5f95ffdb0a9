import { describe, expect, it } from "vitest";
import type { Queued, Tier } from "./api_types";
import { byUrgency, NO_FILTER, passes, timeLeftS } from "./urgency";

const NOW = Date.parse("2026-10-12T09:15:00Z");

function queued(ref: string, dueInS: number | null, tier: Tier = "high", openedAgoS = 60): Queued {
  return {
    incident: {
      id: `id-${ref}`,
      jurisdiction: "wanzhou/gaosuntang",
      victim_ref: ref,
      state: "responding",
      tier,
      answer_tier: tier,
      source: "city",
      opened_at: new Date(NOW - openedAgoS * 1000).toISOString(),
      places: [],
      address_text: "建材市场 3 栋",
      amount_yuan: null,
      money_state: null,
      fraud_type: "冒充客服",
      visit_number: 1,
      evidence: [],
      findings: [],
      version: 1,
    },
    assignments: [],
    next_deadline:
      dueInS === null
        ? null
        : {
            kind: "arrive",
            due_at: new Date(NOW + dueInS * 1000).toISOString(),
            assignment_id: null,
          },
  };
}

describe("the queue", () => {
  it("has the least time left first, what is overdue before all, and no deadline last", () => {
    const all = [
      queued("none", null),
      queued("soon", 30),
      queued("over", -10),
      queued("later", 90),
    ];
    const order = all.sort((a, b) => byUrgency(a, b, NOW)).map((one) => one.incident.victim_ref);
    expect(order).toEqual(["over", "soon", "later", "none"]);
    expect(timeLeftS(all[0] as Queued, NOW)).toBe(-10);
  });

  it("has the higher tier first where the time is the same, then the older", () => {
    const all = [
      queued("young", 30, "high", 10),
      queued("low", 30, "low"),
      queued("old", 30, "high", 900),
      queued("critical", 30, "critical"),
    ];
    const order = all.sort((a, b) => byUrgency(a, b, NOW)).map((one) => one.incident.victim_ref);
    expect(order).toEqual(["critical", "old", "young", "low"]);
  });

  it("is filtered by tier, state and all words of the search", () => {
    const one = queued("case-7", 30, "critical");
    expect(passes(one, NO_FILTER)).toBe(true);
    expect(passes(one, { ...NO_FILTER, tiers: new Set(["low"]) })).toBe(false);
    expect(passes(one, { ...NO_FILTER, state: "visited" })).toBe(false);
    expect(passes(one, { ...NO_FILTER, text: "CASE 建材" })).toBe(true);
    expect(passes(one, { ...NO_FILTER, text: "case 码头" })).toBe(false);
  });
});
