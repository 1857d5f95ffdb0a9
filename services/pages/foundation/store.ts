// A value that others follow: the one way in which the pages keep what they show.

import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  private readonly followers = new Set<() => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const follower of [...this.followers]) follower();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }

  /** Calls the follower after each change; the answer ends that. */
  follow(follower: () => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }
}

/** The store's value, and a new drawing of the component whenever it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(() => store.get());
  useEffect(() => {
    const look = () => setValue(() => store.get());
    look(); // it may have changed between drawing and now
    return store.follow(look);
  }, [store]);
  return value;
}
