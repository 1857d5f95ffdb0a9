import { describe, expect, it } from "vitest";
import { guide, leadsElsewhere, type LonLat, type Route } from "./guidance";

// About 100 m a unit, on the equator: A (0,0) east to B (10,0), north to C (10,5).
const UNIT = 100 / 111_195;
const at = (x: number, y: number): LonLat => [x * UNIT, y * UNIT];

function route(...lines: LonLat[][]): Route {
  const steps = lines.map((coordinates, index) => ({
    distance: 0,
    duration: index === lines.length - 1 ? 0 : 60,
    name: `street ${index}`,
    geometry: { coordinates },
    maneuver: { type: "turn", location: coordinates[0] as LonLat },
  }));
  return {
    distance: 0,
    duration: 0,
    geometry: { coordinates: lines.flat() },
    legs: [{ steps }],
  };
}

const CORNER = route([at(0, 0), at(4, 0), at(10, 0)], [at(10, 0), at(10, 5)], [at(10, 5), at(10, 5)]);

describe("guidance", () => {
  it("tells the next manoeuvre and what is left from the middle of a street", () => {
    const told = guide(CORNER, at(5, 0.1));
    expect(told.next).toBe(1);
    expect(told.toNextM).toBeCloseTo(500, 0);
    expect(told.remainingM).toBeCloseTo(1000, 0);
    expect(told.remainingS).toBeCloseTo(30 + 60, 0);
    expect(told.offM).toBeCloseTo(10, 0);
  });

  it("turns to the arrival once the corner is behind", () => {
    expect(guide(CORNER, at(10, 0.5)).next).toBe(2);
    const there = guide(CORNER, at(10, 5));
    expect(there.next).toBe(2);
    expect(there.remainingM).toBeCloseTo(0, 0);
    expect(there.remainingS).toBeCloseTo(0, 0);
  });

  it("says how far somebody is off the route", () => {
    expect(guide(CORNER, at(5, 2)).offM).toBeCloseTo(200, 0);
  });

  it("does not fall back to the first of two passages through the same street", () => {
    const there = [at(0, 0), at(10, 0)];
    const back = [at(10, 0), at(0, 0)];
    const both = route(there, back, [at(0, 0), at(0, 0)]);
    expect(guide(both, at(4, 0)).alongM).toBeCloseTo(400, 0);
    expect(guide(both, at(4, 0), 1500).alongM).toBeCloseTo(1600, 0);
  });

  it("knows a way that leads elsewhere from the rest of the same one", () => {
    const rest = route([at(5, 0), at(10, 0)], [at(10, 0), at(10, 5)]);
    const other = route([at(5, 0), at(5, 5)], [at(5, 5), at(10, 5)]);
    expect(leadsElsewhere(rest, CORNER)).toBe(false);
    expect(leadsElsewhere(other, CORNER)).toBe(true);
  });
});
