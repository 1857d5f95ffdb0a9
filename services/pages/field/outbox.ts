// What the unit has done and the service has not heard yet. Each deed is sent in its order, with the
// same Idempotency-Key until it is answered, so that it has one effect however often the signal is
// lost in the middle.

import { type Api, newKey, Refusal, Unreachable } from "../foundation/api";
import type { Store } from "../foundation/store";
import type { State } from "./assignment";

export type DeedName = "accept" | "decline" | "arrive" | "report";

export interface Deed {
  name: DeedName;
  body: Record<string, unknown>;
  key: string;
  doneAtMs: number;
}

/** The state that an assignment is in once a deed has come through. */
const LEADS_TO: Record<DeedName, State> = {
  accept: "accepted",
  decline: "declined",
  arrive: "on_scene",
  report: "reported",
};

const AGAIN_AFTER_MS = 4_000;
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** The state as the unit knows it: as the service told it, and what has been done since. */
export function stateWith(state: State, waiting: readonly Deed[]): State {
  const last = waiting.at(-1);
  return last === undefined ? state : LEADS_TO[last.name];
}

export class Outbox {
  private sending = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `deeds` outlives the page. `refused` is told what the service will never take. */
  constructor(
    private readonly api: Api,
    private readonly path: string,
    readonly deeds: Store<readonly Deed[]>,
    private readonly done: () => void,
    private readonly refused: (refusal: Refusal) => void,
  ) {
    addEventListener("online", () => void this.flush());
  }

  add(name: DeedName, body: Record<string, unknown> = {}): void {
    const deed = { name, body, key: newKey(), doneAtMs: Date.now() };
    this.deeds.update((deeds) => [...deeds, deed]);
    void this.flush();
  }

  /** Sends what waits, one after the other; what finds no signal is tried again. */
  async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      for (let deed = this.deeds.get()[0]; deed !== undefined; deed = this.deeds.get()[0]) {
        try {
          await this.api.post(`${this.path}/${deed.name}`, deed.body, deed.key);
        } catch (error) {
          if (!(error instanceof Refusal)) {
            if (!(error instanceof Unreachable)) throw error;
            this.later();
            return;
          }
          if (PASSING.has(error.status) || error.problem === "request-in-flight") {
            this.later();
            return;
          }
          this.deeds.set([]); // what follows on what was refused means nothing any more
          this.refused(error);
          this.done();
          return;
        }
        this.deeds.update((deeds) => deeds.slice(1));
        this.done();
      }
    } finally {
      this.sending = false;
    }
  }

  private later(): void {
    this.timer = setTimeout(() => void this.flush(), AGAIN_AFTER_MS);
  }
}
