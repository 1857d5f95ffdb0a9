import { describe, expect, it } from "vitest";
import {
  answerOf,
  canHandOver,
  handOverPhrase,
  isAskedToLead,
  offersOf,
  type WithNeighbours,
} from "./neighbours";

const CASE: WithNeighbours = {
  state: "open",
  role: "lead",
  centres: [],
  offers: [
    { id: "o-1", centre: "kaizhou", checkpoint_id: "bridge", ready_at: "2026-10-12T09:52:00Z" },
    { id: "o-2", centre: "kaizhou", checkpoint_id: "toll", ready_at: "2026-10-12T09:45:00Z" },
    { id: "o-3", centre: "yunyang", checkpoint_id: "toll", ready_at: "2026-10-12T09:44:00Z" },
    { id: "o-4", centre: "kaizhou", checkpoint_id: "ramp", ready_at: "2026-10-12T09:59:00Z" },
  ],
  elsewhere: [],
  hand_over: null,
  checkpoints: [
    {
      id: "bridge",
      kind: "bridge",
      name: "大桥",
      lon: 108.4,
      lat: 31.1,
      posts: [
        {
          id: "p-1",
          holder: "neighbour",
          jurisdiction: "kaizhou",
          offer_id: "o-1",
          state: "asked",
          ready_at: "2026-10-12T09:52:00Z",
          margin_s: 390,
          reason: "",
        },
        {
          id: "p-2",
          holder: "unit",
          jurisdiction: "wanzhou",
          offer_id: null,
          state: "ordered",
          ready_at: "2026-10-12T09:50:00Z",
          margin_s: 500,
          reason: "",
        },
      ],
    },
  ],
};

const TOLL: GeoJSON.Feature = {
  type: "Feature",
  geometry: { type: "Point", coordinates: [108.42, 31.13] },
  properties: { id: "toll", kind: "toll_gate", name: "开州", earliest_at: "2026-10-12T09:51:30Z" },
};

describe("what a neighbour can hold", () => {
  const rows = offersOf(CASE, "kaizhou", [TOLL]);

  it("comes by when it is ready, and is the one centre's alone", () => {
    expect(rows.map((row) => row.id)).toEqual(["o-2", "p-1", "o-4"]);
  });

  it("has the place and the margin of the plan", () => {
    expect(rows[0]).toMatchObject({
      name: "开州",
      place: [108.42, 31.13],
      marginS: 390,
      standing: "offered",
    });
  });

  it("is told once when it was asked for", () => {
    expect(rows[1]).toMatchObject({ name: "大桥", standing: "asked", marginS: 390 });
  });

  it("has no place where the plan that named it is gone", () => {
    expect(rows[2]).toMatchObject({ place: null, marginS: null });
  });
});

describe("a neighbour's answer", () => {
  const partner = { centre: "kaizhou", awaited_until: null, silent: false, units: 2, reason: "" };

  it("is awaited, late, empty or given", () => {
    const until = "2026-10-12T09:41:00Z";
    expect(answerOf({ ...partner, silent: true, awaited_until: until })).toBe("awaited");
    expect(answerOf({ ...partner, silent: true })).toBe("silent");
    expect(answerOf({ ...partner, units: 0, reason: "no_free_unit" })).toBe("nothing");
    expect(answerOf(partner)).toBe("answered");
  });
});

describe("who leads", () => {
  const passing = (role: string, state: string, ended = "open"): WithNeighbours => ({
    ...CASE,
    role,
    state: ended,
    hand_over: { centre: "kaizhou", state, answer_by: "2026-10-12T09:45:00Z", reason: "" },
  });

  it("is asked of one centre at a time, and only by the lead of an open case", () => {
    expect(canHandOver(CASE)).toBe(true);
    expect(canHandOver(passing("lead", "offered"))).toBe(false);
    expect(canHandOver(passing("lead", "refused"))).toBe(true);
    expect(canHandOver({ ...CASE, role: "neighbour" })).toBe(false);
    expect(canHandOver({ ...CASE, state: "caught" })).toBe(false);
  });

  it("is decided by the neighbour that was asked, once", () => {
    expect(isAskedToLead(passing("neighbour", "offered"))).toBe(true);
    expect(isAskedToLead(passing("neighbour", "accepted"))).toBe(false);
    expect(isAskedToLead(passing("lead", "offered"))).toBe(false);
    expect(isAskedToLead(passing("neighbour", "offered", "stood_down"))).toBe(false);
  });

  it("is told from this centre's side", () => {
    expect(handOverPhrase(CASE)).toBeNull();
    expect(handOverPhrase(passing("lead", "offered"))).toBe("handOverAsked");
    expect(handOverPhrase(passing("neighbour", "offered"))).toBe("leadOffered");
    expect(handOverPhrase(passing("lead", "done", "handed_over"))).toBe("handOverDone");
    expect(handOverPhrase(passing("lead", "done"))).toBe("takenOver");
    expect(handOverPhrase(passing("lead", "cancelled"))).toBe("handOverUnanswered");
  });
});
