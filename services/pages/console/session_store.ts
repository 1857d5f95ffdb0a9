// What belongs to whoever is logged in, and goes with them: whatever the room learns through a key
// is kept in a SessionStore, so that nothing of it can be left on the screen for the next key.

import { Store } from "../foundation/store";

const ofThisSession = new Set<{ forget(): void }>();

export class SessionStore<T> extends Store<T> {
  constructor(private readonly first: T) {
    super(first);
    ofThisSession.add(this);
  }

  /** As it was before anybody logged in. */
  forget(): void {
    this.set(this.first);
  }
}

export function forgetSession(): void {
  for (const store of ofThisSession) store.forget();
}
