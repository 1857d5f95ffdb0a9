// The unit's link: its token opens one assignment, and says itself which and until when.

import { forget, keep, kept, keptNames } from "../foundation/browser_storage";

const PREFIX = "fld_";
const KEPT_AS = "forestall.field.token";
/** All that is kept on the phone for one assignment has a name that begins so. */
const KEPT_FOR = "forestall.field.of.";
/** Of what is kept for one assignment, what outlives the next one's coming. */
const DEEDS = "deeds";
const TOKEN = "token";

export interface Link {
  token: string;
  assignmentId: string;
  endsAtMs: number;
}

/** What a token says of itself; only the service can tell whether it is real. */
export function readLink(token: string): Link | null {
  const parts = token.startsWith(PREFIX) ? token.slice(PREFIX.length).split(".") : [];
  const [assignmentId, end] = parts;
  if (parts.length !== 3 || !assignmentId || !end || !/^\d+$/.test(end)) return null;
  return { token, assignmentId, endsAtMs: Number(end) * 1000 };
}

/** Name under which the phone keeps something of an assignment. */
export function keptAs(assignmentId: string, name: string): string {
  return `${KEPT_FOR}${assignmentId}.${name}`;
}

/** The link in the page's address; without one, as when the installed page is opened, the last. */
export function currentLink(): Link | null {
  const inAddress = location.pathname.replace(/^\/u\//, "");
  return readLink(inAddress || (kept(KEPT_AS) ?? ""));
}

/**
 * The service has answered for a link: from now on it is the phone's. What is kept of every other
 * assignment goes, but for what its unit has done and the service has not heard.
 */
export function adoptLink(link: Link): void {
  keep(KEPT_AS, link.token);
  keep(keptAs(link.assignmentId, TOKEN), link.token);
  const waiting = new Set(unheardLinks(link).map((one) => one.assignmentId));
  for (const { id, name } of allKept()) {
    if (id === link.assignmentId) continue;
    if (waiting.has(id) && (name === DEEDS || name === TOKEN)) continue;
    forget(keptAs(id, name));
  }
}

/** Links of other assignments of which something was done that the service has not heard yet. */
export function unheardLinks(link: Link): Link[] {
  return allKept()
    .filter(({ id, name }) => id !== link.assignmentId && name === DEEDS)
    .filter(({ id }) => (kept(keptAs(id, DEEDS)) ?? "[]") !== "[]")
    .map(({ id }) => readLink(kept(keptAs(id, TOKEN)) ?? ""))
    .filter((one) => one !== null);
}

/**
 * Forgets a link that opens nothing, and all that was kept with it; not what another link has
 * brought, for somebody may have opened the wrong one of two messages.
 */
export function forgetLink(link: Link): void {
  const ours = kept(KEPT_AS);
  const own = kept(keptAs(link.assignmentId, TOKEN));
  if (ours === link.token) forget(KEPT_AS);
  if (own !== null && own !== link.token) return;
  for (const { id, name } of allKept()) {
    if (id === link.assignmentId) forget(keptAs(id, name));
  }
}

function allKept(): { id: string; name: string }[] {
  return keptNames()
    .filter((key) => key.startsWith(KEPT_FOR))
    .map((key) => {
      const [id = "", name = ""] = key.slice(KEPT_FOR.length).split(".");
      return { id, name };
    });
}
