// Lets the page open with no signal: keeps its shell and the pieces of map that were seen. What the
// API answers is never kept here; the page keeps the last of it itself and forgets it in time.

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}

const worker = self as unknown as Worker;
const SHELL = "forestall-field-shell";
const TILES = "forestall-field-tiles";
/** Every token's page is the same: it is kept once, under a name without a token. */
const PAGE = "/u/";
const ASSETS = "/pages/assets/";
const MAP = "/v1/tiles";
/** About a town's worth of map. */
const TILES_KEPT = 400;
/** How long a page is waited for before the kept one is shown. */
const PATIENCE_MS = 3_000;

worker.addEventListener("install", (event) => {
  event.waitUntil(renewShell().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && address.pathname.startsWith(PAGE)) {
    event.respondWith(page());
  } else if (address.pathname.startsWith("/pages/")) {
    event.respondWith(asset(request, address.pathname.startsWith(ASSETS)));
  } else if (address.pathname.startsWith(MAP)) {
    event.respondWith(tile(request, event));
  }
});

/** The page as it is now, with everything that it names; returns it. */
async function renewShell(): Promise<Response> {
  const fresh = await fetch(PAGE, { cache: "no-cache" });
  if (!fresh.ok) throw new Error(`the page was answered ${fresh.status}`);
  const shell = await caches.open(SHELL);
  const text = await fresh.clone().text();
  const named = [...text.matchAll(/(?:src|href)="(\/pages\/[^"]+)"/g)].map((found) => found[1]);
  const missing = [];
  for (const name of named) if (name && !(await shell.match(name))) missing.push(name);
  await shell.addAll(missing);
  const before = await (await shell.match(PAGE))?.text();
  await shell.put(PAGE, fresh.clone());
  if (before !== undefined && before !== text) {
    // Another version: what the one before needed and this one does not goes.
    for (const kept of await shell.keys()) {
      const { pathname } = new URL(kept.url);
      if (pathname !== PAGE && !named.includes(pathname)) await shell.delete(kept);
    }
  }
  return fresh;
}

async function page(): Promise<Response> {
  const kept = await (await caches.open(SHELL)).match(PAGE);
  const fresh = renewShell();
  if (kept === undefined) return fresh;
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS));
  return Promise.race([fresh.catch(() => kept), late]);
}

async function asset(request: Request, lasting: boolean): Promise<Response> {
  const shell = await caches.open(SHELL);
  const kept = await shell.match(request.url);
  if (kept !== undefined && lasting) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await shell.put(request.url, fresh.clone());
    return fresh;
  } catch (error) {
    if (kept !== undefined) return kept;
    throw error;
  }
}

/** What is kept at once, and renewed for the next time. */
async function tile(request: Request, event: ExtendableEvent): Promise<Response> {
  const tiles = await caches.open(TILES);
  const kept = await tiles.match(request.url);
  const renewed = fetch(request).then(async (fresh) => {
    if (fresh.ok) {
      await tiles.put(request.url, fresh.clone());
      const all = await tiles.keys();
      for (const old of all.slice(0, Math.max(0, all.length - TILES_KEPT))) await tiles.delete(old);
    }
    return fresh;
  });
  if (kept === undefined) return renewed;
  event.waitUntil(renewed.catch(() => {}));
  return kept;
}
