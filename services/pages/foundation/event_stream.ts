// Server-sent events with headers of our own, which the browser's EventSource cannot send: follows
// a stream, goes on after a break where it was, and tells whether what is shown is live.

import { type Api } from "./api";

export interface ServerEvent {
  id: string;
  type: string;
  data: string;
}

/** Takes a stream's text in any pieces and gives out whole events. */
export class EventParser {
  private rest = "";
  private data: string[] = [];
  private type = "";
  /** Id of the newest event, or heartbeat, that came whole. */
  lastId = "";
  private nextId = "";

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        this.lastId = this.nextId;
        if (this.data.length > 0) {
          events.push({
            id: this.lastId,
            type: this.type || "message",
            data: this.data.join("\n"),
          });
        }
        this.data = [];
        this.type = "";
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue; // a comment: the heartbeat
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") this.data.push(value);
      else if (field === "event") this.type = value;
      else if (field === "id" && !value.includes("\0")) this.nextId = value;
    }
    return events;
  }
}

export interface Following {
  onEvent(event: ServerEvent): void;
  /** Whether the stream is live now; also called after each renewal. */
  onLive(live: boolean): void;
  /** The service refused for good: the session or the link has ended. */
  onRefused?(status: number): void;
  /** Position after which to begin; none: now. */
  after?: string;
}

/** Longest silence of a live stream, in ms: the service sends a heartbeat every 15 s. */
const SILENCE_MS = 25_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** Follows the stream at `path` until the answer is called. */
export function follow(api: Api, path: string, following: Following): () => void {
  let ended = false;
  let position = following.after ?? "";
  let pauseMs = FIRST_PAUSE_MS;
  let controller = new AbortController();
  let wake: () => void = () => {};

  async function once(): Promise<void> {
    controller = new AbortController();
    let watch = setTimeout(() => controller.abort(), SILENCE_MS);
    const heard = () => {
      clearTimeout(watch);
      watch = setTimeout(() => controller.abort(), SILENCE_MS);
    };
    try {
      const headers: Record<string, string> = { ...api.headers(), Accept: "text/event-stream" };
      if (position !== "") headers["Last-Event-ID"] = position;
      const response = await fetch(path, {
        headers,
        cache: "no-store",
        signal: controller.signal,
      });
      if (!response.ok || response.body === null) {
        const refusal = await api.refusal(response);
        if ([401, 403, 404, 410].includes(refusal.status)) {
          ended = true;
          following.onRefused?.(refusal.status);
        } else if (refusal.status === 422) {
          position = ""; // the ledger was restored from a copy: begin again
        }
        return;
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parser = new EventParser();
      parser.lastId = position;
      for (;;) {
        const { done, value } = await reader.read();
        if (done || ended) return;
        heard();
        const events = parser.push(value);
        if (parser.lastId !== "") position = parser.lastId;
        pauseMs = FIRST_PAUSE_MS;
        following.onLive(true);
        for (const event of events) following.onEvent(event);
      }
    } catch {
      // broken off, or silent for too long: the loop connects again
    } finally {
      clearTimeout(watch);
      controller.abort();
    }
  }

  async function run(): Promise<void> {
    while (!ended) {
      await once();
      if (ended) break;
      following.onLive(false);
      const waitMs = pauseMs;
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, waitMs);
      });
    }
  }

  // The browser knows at once when the network has gone or come.
  const online = () => wake();
  const offline = () => controller.abort();
  addEventListener("online", online);
  addEventListener("offline", offline);
  void run();
  return () => {
    ended = true;
    removeEventListener("online", online);
    removeEventListener("offline", offline);
    controller.abort();
    wake();
  };
}
