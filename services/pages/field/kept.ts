// What the phone keeps of the assignment, so that it is there with no signal and after a restart.

import { Store } from "../foundation/store";
import { keptAs } from "./link";

/** A store whose value outlives the page. What cannot be kept is still there until it is closed. */
export class KeptStore<T> extends Store<T> {
  constructor(assignmentId: string, name: string, first: T) {
    const place = keptAs(assignmentId, name);
    super(read(place, first));
    this.follow(() => {
      try {
        localStorage.setItem(place, JSON.stringify(this.get()));
      } catch {
        localStorage.removeItem(place); // full: better nothing than something old
      }
    });
  }
}

function read<T>(place: string, first: T): T {
  const text = localStorage.getItem(place);
  if (text === null) return first;
  try {
    return JSON.parse(text) as T;
  } catch {
    return first;
  }
}
