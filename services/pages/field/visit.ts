// One visit from the offer to the proof: what the page knows of it and what the unit does about it.

import { Api } from "../foundation/api";
import { follow, type ServerEvent } from "../foundation/event_stream";
import { language } from "../foundation/language";
import { Store } from "../foundation/store";
import { type AssignmentFile, GOING, isOver, LIVE, type Sentence, targetOf } from "./assignment";
import { distanceM, guide, type Guidance, leadsElsewhere, type Route } from "./guidance";
import { KeptStore } from "./kept";
import { adoptLink, forgetLink, type Link, unheardLinks } from "./link";
import { type Deed, type DeedName, Outbox, stateWith } from "./outbox";
import { Proofs } from "./proof";
import { Whereabouts } from "./whereabouts";

/** What the unit must confirm to have read. */
export interface Notice {
  id: string;
  sentence: Sentence;
  atMs: number;
}

export interface Failed {
  /**
   * The problem's name; `no-signal` where nobody answered, `before` where it is about something
   * that the unit has done in an earlier assignment.
   */
  problem: string;
  detail: string;
}

interface Kept {
  file: AssignmentFile;
  /** When the service told it. */
  atMs: number;
}

const NEW_ROUTE: Sentence = {
  zh: "路线已更新，请按新路线行驶。",
  en: "The route has changed: follow the new one.",
};
/** Off the route by more than this and the fix's own error, the way is asked for anew. */
const OFF_ROUTE_M = 45;
/** A place that moved by more is another place, of which the centre says so itself. */
const SAME_PLACE_M = 20;
const REROUTED_EVERY_MS = 8_000;
/** How often the way is asked for in any case: roads fill up, and speeds change. */
const RENEWED_EVERY_MS = 60_000;

export class Visit {
  readonly kept: KeptStore<Kept | null>;
  readonly notices: KeptStore<readonly Notice[]>;
  readonly deeds: KeptStore<readonly Deed[]>;
  readonly live = new Store(false);
  /** The link is wrong or has ended. */
  readonly closed = new Store(false);
  /** Why the last thing that the unit wanted was not done. */
  readonly refusal = new Store<Failed | null>(null);
  readonly guidance = new Store<Guidance | null>(null);
  readonly whereabouts: Whereabouts;
  readonly proofs: Proofs;
  private readonly api: Api;
  private readonly path: string;
  private readonly outbox: Outbox;
  private readonly position: KeptStore<string>;
  private asking = false;
  private askAgain = false;
  private askedAtMs = 0;
  private adopted = false;

  constructor(readonly link: Link) {
    const id = link.assignmentId;
    this.path = `/v1/assignments/${id}`;
    this.api = new Api(link.token, () => this.close());
    this.kept = new KeptStore<Kept | null>(id, "file", null);
    this.notices = new KeptStore<readonly Notice[]>(id, "notices", []);
    this.deeds = new KeptStore<readonly Deed[]>(id, "deeds", []);
    this.position = new KeptStore(id, "position", "");
    this.whereabouts = new Whereabouts(this.api, this.path);
    this.proofs = new Proofs(link, () => void this.refresh());
    this.outbox = new Outbox(
      this.api,
      this.path,
      this.deeds,
      () => void this.refresh(),
      ({ problem, message }) => this.refusal.set({ problem, detail: message }),
    );
  }

  start(): void {
    this.forgetInTime();
    follow(this.api, `${this.path}/events`, {
      after: this.position.get(),
      onEvent: (event) => this.hear(event),
      onLive: (live) => {
        if (live && !this.live.get()) void this.refresh();
        this.live.set(live);
      },
      onRefused: () => this.close(),
    });
    void navigator.storage?.persist?.(); // what is not sent yet must not be cleared away
    void this.refresh();
    void this.outbox.flush();
    void this.proofs.restore();
    this.whereabouts.fix.follow(() => this.moved());
    this.kept.follow(() => this.moved());
    this.deeds.follow(() => this.shareOrNot());
    language.follow(() => void this.refresh());
    setInterval(() => {
      this.forgetInTime();
      if (Date.now() > this.askedAtMs + RENEWED_EVERY_MS && this.isGoing()) void this.refresh();
    }, RENEWED_EVERY_MS / 4);
  }

  /** The unit has done something. Whoever says yes shares where they are from then on. */
  act(name: DeedName, body: Record<string, unknown> = {}): void {
    this.refusal.set(null);
    this.outbox.add(name, body);
  }

  confirm(): void {
    this.notices.set([]);
  }

  /** Saves what the service gives for other devices. */
  async download(what: "route.gpx" | "cot"): Promise<void> {
    const path = `${this.path}/${what}?language=${language.get()}`;
    let response: Response;
    try {
      response = await fetch(path, { headers: this.api.headers() });
    } catch {
      this.refusal.set({ problem: "no-signal", detail: "" });
      return;
    }
    if (!response.ok) {
      const { problem, message } = await this.api.refusal(response);
      this.refusal.set({ problem, detail: message });
      return;
    }
    const address = URL.createObjectURL(await response.blob());
    const anchor = document.createElement("a");
    anchor.href = address;
    anchor.download = what === "cot" ? "place.cot" : what;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  /** Asks for the assignment; once at a time, and once more if it changed meanwhile. */
  async refresh(): Promise<void> {
    if (this.asking) {
      this.askAgain = true;
      return;
    }
    this.asking = true;
    this.askedAtMs = Date.now();
    const before = this.kept.get()?.file;
    try {
      const path = `${this.path}?language=${language.get()}`;
      const file = await this.api.get<AssignmentFile>(path);
      this.adopt();
      this.kept.set({ file, atMs: Date.now() });
      if (before && this.isRerouted(before, file)) this.notify(`route.${Date.now()}`, NEW_ROUTE);
      this.shareOrNot();
    } catch {
      // no signal: what was told last stays, and says of when it is
    } finally {
      this.asking = false;
    }
    if (this.askAgain) {
      this.askAgain = false;
      await this.refresh();
    }
  }

  private route(): Route | null {
    const file = this.kept.get()?.file;
    return file && !isOver(file) ? file.route : null;
  }

  private hear(event: ServerEvent): void {
    if (event.type === "roads") {
      void this.refresh();
      return;
    }
    this.position.set(event.id);
    const { notice, at } = JSON.parse(event.data) as { notice: Sentence | null; at: string };
    if (notice !== null) this.notify(event.id, notice, Date.parse(at));
    void this.refresh();
  }

  private notify(id: string, sentence: Sentence, atMs = Date.now()): void {
    this.notices.update((all) =>
      all.some((one) => one.id === id) ? all : [...all, { id, sentence, atMs }],
    );
  }

  private moved(): void {
    const route = this.route();
    const fix = this.whereabouts.fix.get();
    if (route === null || fix === null) {
      this.guidance.set(null);
      return;
    }
    const guidance = guide(route, fix.at, this.guidance.get()?.alongM ?? 0);
    this.guidance.set(guidance);
    if (this.strayedFrom(route) && Date.now() > this.askedAtMs + REROUTED_EVERY_MS) void this.refresh();
  }

  /** Whether the way to the same place is another one now, though the unit was on the one before. */
  private isRerouted(before: AssignmentFile, now: AssignmentFile): boolean {
    if (isOver(before) || isOver(now) || before.route === null || now.route === null) return false;
    if (!GOING.includes(now.assignment.state)) return false;
    const [from, to] = [targetOf(before), targetOf(now)];
    if (from === null || to === null || distanceM(from.at, to.at) > SAME_PLACE_M) return false;
    return !this.strayedFrom(before.route) && leadsElsewhere(now.route, before.route);
  }

  /** Whether the unit itself has left a route. */
  private strayedFrom(route: Route): boolean {
    const fix = this.whereabouts.fix.get();
    return fix !== null && guide(route, fix.at).offM > OFF_ROUTE_M + fix.accuracyM;
  }

  private isGoing(): boolean {
    const file = this.kept.get()?.file;
    return file !== undefined && GOING.includes(file.assignment.state);
  }

  private shareOrNot(): void {
    const file = this.kept.get()?.file;
    if (file === undefined) return;
    const state = stateWith(file.assignment.state, this.deeds.get());
    if (GOING.includes(state)) this.whereabouts.start();
    else if (!LIVE.includes(state)) this.whereabouts.stop();
  }

  /** The service has answered for the link. */
  private adopt(): void {
    if (this.adopted) return;
    this.adopted = true;
    adoptLink(this.link);
    for (const one of unheardLinks(this.link)) sendUnheard(one, this.refusal);
  }

  /** Past the link's end nobody may read what it told, though there is no signal to be told so. */
  private forgetInTime(): void {
    if (Date.now() >= this.link.endsAtMs && !this.live.get()) this.kept.set(null);
  }

  private close(): void {
    this.whereabouts.stop();
    forgetLink(this.link);
    this.closed.set(true);
  }
}

/** Sends what was done in an assignment before this one, with its own link. */
function sendUnheard(link: Link, refusal: Store<Failed | null>): void {
  const deeds = new KeptStore<readonly Deed[]>(link.assignmentId, "deeds", []);
  const outbox = new Outbox(
    new Api(link.token),
    `/v1/assignments/${link.assignmentId}`,
    deeds,
    () => {
      if (deeds.get().length === 0) forgetLink(link);
    },
    ({ message }) => refusal.set({ problem: "before", detail: message }),
  );
  void outbox.flush();
}
