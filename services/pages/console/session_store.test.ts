import { expect, it } from "vitest";
import { forgetSession, SessionStore } from "./session_store";

/** What a screen keeps whoever is logged in, and who that is. */
const OF_THE_SCREEN = ["audible", "layerChoice", "loginNotice", "session", "tick"];

it("forgets everything with the session", () => {
  const names = new SessionStore<string[]>([]);
  const open = new SessionStore<string | null>(null);
  names.set(["case-7"]);
  open.set("case-7");
  forgetSession();
  expect(names.get()).toEqual([]);
  expect(open.get()).toBeNull();
});

it("is the only place of the room for what a key has shown", () => {
  const sources = import.meta.glob<string>(["./*.ts", "./*.tsx", "!./*.test.ts"], {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const lasting = Object.values(sources)
    .flatMap((source) => source.split("\n"))
    .map((line) => /(?:const|let) (\w+)\b.*= new (?:Kept)?Store\b/.exec(line)?.[1])
    .filter((name) => name !== undefined);
  expect(lasting.sort()).toEqual(OF_THE_SCREEN);
});
