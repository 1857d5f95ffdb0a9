// The unit's link: its token opens one assignment, and says itself which and until when.

const PREFIX = "fld_";
const KEPT_AS = "forestall.field.token";
/** All that is kept on the phone for one assignment has a name that begins so. */
export const KEPT_FOR = "forestall.field.of.";

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

/** The link in the page's address; without one, as when the installed page is opened, the last. */
export function currentLink(): Link | null {
  const inAddress = decodeURIComponent(location.pathname.replace(/^\/u\//, ""));
  const link = readLink(inAddress || (localStorage.getItem(KEPT_AS) ?? ""));
  if (link !== null) localStorage.setItem(KEPT_AS, link.token);
  forgetOthers(link);
  return link;
}

/** Forgets what the phone keeps of every other assignment. */
function forgetOthers(link: Link | null): void {
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith(KEPT_FOR)) continue;
    if (link === null || !name.startsWith(KEPT_FOR + link.assignmentId)) {
      localStorage.removeItem(name);
    }
  }
}

/** Forgets the link and all that was kept with it: it opens nothing any more. */
export function forgetLink(): void {
  localStorage.removeItem(KEPT_AS);
  forgetOthers(null);
}
