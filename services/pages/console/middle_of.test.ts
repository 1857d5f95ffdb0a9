import { describe, expect, it } from "vitest";
import { middleOf } from "./middle_of";

const SQUARE = [
  [108, 30],
  [110, 30],
  [110, 32],
  [108, 32],
  [108, 30],
];

describe("the middle of an area", () => {
  it("of a square is where its diagonals cross, whichever way it is drawn", () => {
    for (const ring of [SQUARE, [...SQUARE].reverse()]) {
      const [lon, lat] = middleOf({ type: "Polygon", coordinates: [ring] }) as [number, number];
      expect(lon).toBeCloseTo(109, 9);
      expect(lat).toBeCloseTo(31, 9);
    }
  });

  it("of several parts is in the largest", () => {
    const small = SQUARE.map(([lon, lat]) => [(lon as number) / 100, (lat as number) / 100]);
    const middle = middleOf({ type: "MultiPolygon", coordinates: [[small], [SQUARE]] });
    expect(middle?.[0]).toBeCloseTo(109, 9);
  });

  it("is nowhere for a line, and in the ring for one without ground", () => {
    expect(middleOf({ type: "LineString", coordinates: SQUARE })).toBeNull();
    expect(
      middleOf({
        type: "Polygon",
        coordinates: [
          [
            [1, 2],
            [1, 2],
            [1, 2],
          ],
        ],
      }),
    ).toBeNull();
  });
});
