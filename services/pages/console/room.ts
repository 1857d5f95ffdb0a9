// What the command room knows, and how it hears of what changes.

import { Abandoned, Api, Refusal, Unreachable } from "../foundation/api";
import { forget, keep, kept } from "../foundation/browser_storage";
import { follow, type ServerEvent } from "../foundation/event_stream";
import { language } from "../foundation/language";
import { Store } from "../foundation/store";
import { raiseAlarm, raiseOpen } from "./alarm";
import type {
  Closure,
  EventData,
  IncidentFile,
  Jurisdiction,
  Picture,
  Queue,
  Queued,
  Session,
  TimelineEntry,
  Way,
} from "./api_types";
import { nowMs, setClock } from "./clock";
import { forgetSession, SessionStore } from "./session_store";
import { say } from "./words";

export type Panel =
  | { kind: "incident"; id: string }
  | { kind: "alert" }
  | { kind: "closures" }
  | { kind: "interception"; id: string | null }
  | { kind: "layers" }
  | null;

/** What a click on the map is for, while it is for something. */
export interface Pick {
  hint: string;
  take(lon: number, lat: number): void;
}

/** Kept while somebody is logged in, so that nobody else is asked for a session they cannot have. */
const LOGGED_IN = "forestall.logged-in";
const SESSION_EVERY_MS = 60_000;
const PICTURE_EVERY_MS = 3_000;
const WAYS_EVERY_MS = 5_000;
const CLOSURES_EVERY_MS = 15_000;
/** Between two looks for jurisdictions until they are seen: they hardly change. */
const JURISDICTIONS_EVERY_MS = 15_000;
/** Shortest time between two looks at the queue, however much happens. */
const QUEUE_PAUSE_MS = 400;

export const api = new Api(null, () => leave(say("sessionEnded")));

/** undefined: not known yet; null: nobody is logged in. */
export const session = new Store<Session | null | undefined>(undefined);
export const loginNotice = new Store("");
export const live = new SessionStore(false);
/** When it was live last, in the service's ms. */
export const liveAtMs = new SessionStore(0);
export const queue = new SessionStore<Queue>({ incidents: [], more: false });
export const panel = new SessionStore<Panel>(null);
export const file = new SessionStore<IncidentFile | null>(null);
export const timeline = new SessionStore<TimelineEntry[]>([]);
export const ways = new SessionStore<Way[]>([]);
export const picture = new SessionStore<Picture | null>(null);
export const closures = new SessionStore<Closure[]>([]);
export const jurisdictions = new SessionStore<Jurisdiction[]>([]);
export const pick = new SessionStore<Pick | null>(null);
/** One sentence about what went wrong or well just now. */
export const notice = new SessionStore<{ text: string; bad: boolean } | null>(null);
/** Called for every event of the stream, by whoever shows more than incidents. */
export const listeners = new Set<(type: string, data: EventData) => void>();

let stops: (() => void)[] = [];

/** Whether the key that is logged in has a scope. */
export function may(scope: string): boolean {
  return session.get()?.scopes.includes(scope) ?? false;
}

export async function begin(): Promise<void> {
  if (kept(LOGGED_IN) === null) {
    session.set(null);
    return;
  }
  try {
    enter(await api.get<Session>("/v1/session"));
  } catch (error) {
    loginNotice.set(error instanceof Unreachable ? say("unreachable") : "");
    session.set(null);
  }
}

export async function logIn(key: string): Promise<void> {
  try {
    enter((await api.ask<Session>("/v1/session", { method: "POST", body: { key } })).body);
    loginNotice.set("");
  } catch (error) {
    const wrong = error instanceof Refusal && error.status === 401;
    loginNotice.set(wrong ? say("wrongKey") : sentenceOf(error));
  }
}

export async function logOut(): Promise<void> {
  for (const stop of stops) stop();
  stops = [];
  await api.ask("/v1/session", { method: "DELETE" }).catch(() => undefined);
  leave("");
}

function leave(sentence: string): void {
  forget(LOGGED_IN);
  for (const stop of stops) stop();
  stops = [];
  // Nothing of what was seen stays on a screen where nobody is logged in.
  api.abandon();
  forgetSession();
  if (session.get() !== undefined && session.get() !== null) loginNotice.set(sentence);
  session.set(null);
}

function enter(found: Session): void {
  keep(LOGGED_IN, "yes");
  for (const stop of stops) stop();
  stops = [];
  api.abandon();
  forgetSession();
  setClock(found.now, found.clock_speed);
  session.set(found);
  // A page that nobody looks at is still listened to: its session must not end.
  stops.push(every(SESSION_EVERY_MS, renew, { alsoHidden: true }));
  if (!may("dispatch")) return;
  stops.push(
    follow(api, "/v1/events", { onEvent, onLive, onRefused }),
    every(PICTURE_EVERY_MS, look("/v1/picture", picture)),
    every(WAYS_EVERY_MS, lookAtWays),
    every(CLOSURES_EVERY_MS, lookAtClosures),
    every(JURISDICTIONS_EVERY_MS, untilSeen(lookAtJurisdictions)),
  );
  queueSoon();
}

/** Moves the session's end on. Another tab may have logged in with another key meanwhile. */
async function renew(): Promise<void> {
  const found = await api.get<Session>("/v1/session");
  if (rightsOf(found) !== rightsOf(session.get())) enter(found);
  else setClock(found.now, found.clock_speed);
}

function rightsOf(one: Session | null | undefined): string {
  return JSON.stringify([one?.name, one?.scopes, one?.jurisdictions]);
}

function onRefused(): void {
  live.set(false);
  renew().catch(() => undefined); // which tells whether the session, or a scope of it, has ended
}

function look<T>(path: string, store: Store<T | null>): () => Promise<void> {
  return async () => store.set(await api.get<T>(path));
}

async function lookAtWays(): Promise<void> {
  ways.set((await api.get<{ ways: Way[] }>("/v1/ways")).ways);
}

export async function lookAtClosures(): Promise<void> {
  closures.set((await api.get<{ closures: Closure[] }>("/v1/closures")).closures);
}

async function lookAtJurisdictions(): Promise<void> {
  const found: Jurisdiction[] = [];
  let after = "";
  do {
    const path = `/v1/jurisdictions?geometry=true${after && `&after=${encodeURIComponent(after)}`}`;
    const page = await api.get<{ jurisdictions: Jurisdiction[]; next: string | null }>(path);
    found.push(...page.jurisdictions);
    after = page.next ?? "";
  } while (after !== "");
  jurisdictions.set(found);
}

export async function lookAtQueue(): Promise<void> {
  const found = await api.get<Queue>("/v1/queue");
  queue.set(found);
  raiseOpen(
    found.incidents.map((one) => one.incident),
    !found.more,
  );
}

/** Looks again soon, and once however often it is called meanwhile. */
export function soon(looking: () => Promise<void>, pauseMs: number): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (stops.length === 0) return; // logged out meanwhile
      looking().catch(() => undefined); // the page says by itself that it is not live
    }, pauseMs);
  };
}

const queueSoon = soon(lookAtQueue, QUEUE_PAUSE_MS);
const waysSoon = soon(lookAtWays, QUEUE_PAUSE_MS);
const fileSoon = soon(lookAtFile, QUEUE_PAUSE_MS / 2);

function onEvent(event: ServerEvent): void {
  const type = event.type.replace(/^forestall\./, "").replace(/\.v1$/, "");
  const { data } = JSON.parse(event.data) as { data: EventData };
  if (data.incident) {
    queueSoon();
    const shown = panel.get();
    if (shown?.kind === "incident" && shown.id === data.incident.id) fileSoon();
    const critical = data.incident.tier === "critical";
    if (critical && (type === "incident.opened" || type === "incident.tier_raised")) {
      raiseAlarm(data.incident);
    }
  }
  if (data.assignment) waysSoon();
  for (const listener of listeners) listener(type, data);
}

function onLive(now: boolean): void {
  if (now) liveAtMs.set(nowMs());
  if (now && !live.get()) {
    queueSoon(); // what changed while nobody listened
    waysSoon();
    fileSoon();
  }
  live.set(now);
}

/** Opens an incident beside the map. */
export function openIncident(id: string): void {
  if (file.get()?.incident.id !== id) {
    file.set(null);
    timeline.set([]);
  }
  panel.set({ kind: "incident", id });
  void lookAtFile().catch(tellError);
}

export async function lookAtFile(): Promise<void> {
  const shown = panel.get();
  if (shown?.kind !== "incident") return;
  const [found, told] = await Promise.all([
    api.get<IncidentFile>(`/v1/incidents/${shown.id}`),
    api.get<{ entries: TimelineEntry[] }>(`/v1/incidents/${shown.id}/timeline`),
  ]);
  const still = panel.get();
  if (still?.kind !== "incident" || still.id !== shown.id) return;
  file.set(found);
  timeline.set(told.entries);
}

/** The incident of the queue with this id. */
export function queuedOf(id: string): Queued | undefined {
  return queue.get().incidents.find((one) => one.incident.id === id);
}

/** Does something that may be refused, and says why it was. Whether it was done. */
export async function attempt(doing: () => Promise<unknown>, done = ""): Promise<boolean> {
  try {
    await doing();
    notice.set(done === "" ? null : { text: done, bad: false });
    return true;
  } catch (error) {
    tellError(error);
    return false;
  }
}

export function tellError(error: unknown): void {
  if (error instanceof Abandoned) return; // whoever asked has gone
  notice.set({ text: sentenceOf(error), bad: true });
}

export function sentenceOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof Unreachable) return say("unreachable");
  return error instanceof Error ? error.message : String(error);
}

/** Looks until it has once been seen. */
function untilSeen(looking: () => Promise<void>): () => Promise<void> {
  let seen = false;
  return async () => {
    if (seen) return;
    await looking();
    seen = true;
  };
}

/** Does something now and then every so often, unless nobody looks at the page. */
function every(
  periodMs: number,
  doing: () => Promise<void>,
  { alsoHidden = false } = {},
): () => void {
  let busy = false;
  const once = () => {
    if (busy) return;
    busy = true;
    doing()
      .catch(() => undefined) // the event stream says whether the page is live
      .finally(() => {
        busy = false;
      });
  };
  once();
  const timer = setInterval(() => {
    if (alsoHidden || !document.hidden) once();
  }, periodMs);
  return () => clearInterval(timer);
}

/** The text of this page's language. */
export function told(text: { zh: string; en: string }): string {
  return text[language.get()];
}
