// What the browser keeps between two openings of a page. Where it keeps nothing, because site data
// is blocked or there is no room, it is remembered until the page is closed.

const remembered = new Map<string, string>();

/** The browser's own; null where reading so much as its name is forbidden. */
const storage: Storage | null = (() => {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
})();

export function kept(name: string): string | null {
  return remembered.get(name) ?? storage?.getItem(name) ?? null;
}

export function keep(name: string, text: string): void {
  try {
    if (storage === null) throw new Error("nothing is kept");
    storage.setItem(name, text);
    remembered.delete(name);
  } catch {
    storage?.removeItem(name); // full: better nothing than something old
    remembered.set(name, text);
  }
}

export function forget(name: string): void {
  remembered.delete(name);
  storage?.removeItem(name);
}

export function keptNames(): string[] {
  return [...new Set([...remembered.keys(), ...Object.keys(storage ?? {})])];
}
