// Which critical alerts were acknowledged in this browser: kept over a reload, for every window.

const KEY = "forestall.acknowledged";

export class Acknowledged {
  /** Critical incidents of the last look, or acknowledged before there was one. */
  private before: Set<string>;

  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem">) {
    this.before = this.read();
  }

  has(incidentId: string): boolean {
    return this.read().has(incidentId);
  }

  add(incidentId: string): void {
    this.write(this.read().add(incidentId));
  }

  /** Forgets incidents that are not critical any more, or over, so that one that becomes critical
   * again rings again. One that was acknowledged before any look has shown it is kept. */
  keepOnly(critical: readonly string[]): void {
    const now = new Set(critical);
    const known = this.read();
    const gone = [...known].filter((id) => this.before.has(id) && !now.has(id));
    this.before = now;
    if (gone.length === 0) return;
    for (const id of gone) known.delete(id);
    this.write(known);
  }

  private read(): Set<string> {
    try {
      const found: unknown = JSON.parse(this.storage.getItem(KEY) ?? "[]");
      return new Set(Array.isArray(found) ? found.filter((id) => typeof id === "string") : []);
    } catch {
      return new Set(); // somebody else's words: everything rings again
    }
  }

  private write(ids: Set<string>): void {
    this.storage.setItem(KEY, JSON.stringify([...ids]));
  }
}
