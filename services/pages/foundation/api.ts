// Asks the service's API. A caller is known by its session's cookie, or by the token it sends.

/** What the service answers where it refuses (RFC 9457). */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    /** The problem's name, such as `not-possible-now`. */
    readonly problem: string,
    detail: string,
    readonly body: unknown,
  ) {
    super(detail);
  }
}

/** Nobody answered: no signal, or the service is away. */
export class Unreachable extends Error {}

/** An answer that came after whoever asked had logged out: nobody else may see it. */
export class Abandoned extends Error {}

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** Repeated with the same key, a request has one effect. */
  idempotencyKey?: string;
  ifMatch?: string;
  signal?: AbortSignal;
}

export interface Answer<T> {
  body: T;
  status: number;
  etag: string | null;
}

export class Api {
  /** Counts up whenever all that is under way is abandoned. */
  private round = 0;

  /** `token`: the link of a field unit; without it the session's cookie tells who asks. */
  constructor(
    private readonly token: string | null = null,
    private readonly onSignedOut: () => void = () => {},
  ) {}

  headers(): Record<string, string> {
    // A page of another origin cannot set such a header: the service takes the cookie only with it.
    return this.token === null
      ? { "X-Forestall-Page": "1" }
      : { Authorization: `Bearer ${this.token}` };
  }

  /** From now on no answer to what was asked before is given out. */
  abandon(): void {
    this.round += 1;
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.ask<T>(path, signal ? { signal } : {})).body;
  }

  async post<T>(path: string, body: unknown = {}, idempotencyKey: string = newKey()): Promise<T> {
    return (await this.ask<T>(path, { method: "POST", body, idempotencyKey })).body;
  }

  async ask<T>(path: string, ask: Ask = {}): Promise<Answer<T>> {
    const headers: Record<string, string> = { ...this.headers(), Accept: "application/json" };
    if (ask.body !== undefined) headers["Content-Type"] = "application/json";
    if (ask.idempotencyKey) headers["Idempotency-Key"] = ask.idempotencyKey;
    if (ask.ifMatch) headers["If-Match"] = ask.ifMatch;
    const request: RequestInit = {
      method: ask.method ?? "GET",
      headers,
      credentials: this.token === null ? "same-origin" : "omit",
      cache: "no-store",
    };
    if (ask.body !== undefined) request.body = JSON.stringify(ask.body);
    if (ask.signal) request.signal = ask.signal;
    const { round } = this;
    let response: Response;
    try {
      response = await fetch(path, request);
    } catch (error) {
      if (round !== this.round) throw new Abandoned();
      if (ask.signal?.aborted) throw error;
      throw new Unreachable(String(error));
    }
    if (round !== this.round) throw new Abandoned();
    if (!response.ok) throw await this.refusal(response);
    const text = await response.text();
    if (round !== this.round) throw new Abandoned();
    return {
      body: (text === "" ? null : JSON.parse(text)) as T,
      status: response.status,
      etag: response.headers.get("etag"),
    };
  }

  /** The refusal that an answer tells of; also tells the page where it is signed out. */
  async refusal(response: Response): Promise<Refusal> {
    const body: unknown = await response.json().catch(() => null);
    const { type, detail } = (body ?? {}) as { type?: string; detail?: string };
    const problem = (type ?? "").replace("/problems/", "");
    if (response.status === 401) this.onSignedOut();
    return new Refusal(response.status, problem, detail ?? response.statusText, body);
  }
}

/** A name for one request that is its own. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
