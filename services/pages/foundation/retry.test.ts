import { describe, expect, it } from "vitest";
import { persist } from "./retry";

describe("what a page cannot do without", () => {
  it("is done again until it succeeds, with longer and longer pauses", async () => {
    const pauses: number[] = [];
    let tries = 0;
    const done = await persist(
      async () => {
        tries += 1;
        if (tries < 7) throw new Error("no line");
        return "map";
      },
      () => true,
      async (ms) => void pauses.push(ms),
    );
    expect(done).toBe("map");
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it("is left when nobody wants it any more", async () => {
    let wanted = true;
    const left = await persist(
      () => Promise.reject(new Error("no line")),
      () => wanted,
      async () => {
        wanted = false;
      },
    );
    expect(left).toBeNull();
  });
});
