// What the phone keeps of the assignment, so that it is there with no signal and after a restart.

import { keep, kept } from "../foundation/browser_storage";
import { Store } from "../foundation/store";
import { keptAs } from "./link";

/** A store whose value outlives the page. What cannot be kept is still there until it is closed. */
export class KeptStore<T> extends Store<T> {
  constructor(assignmentId: string, name: string, first: T) {
    const place = keptAs(assignmentId, name);
    super(read(place, first));
    this.follow(() => {
      keep(place, JSON.stringify(this.get()));
    });
  }
}

function read<T>(place: string, first: T): T {
  const text = kept(place);
  if (text === null) return first;
  try {
    return JSON.parse(text) as T;
  } catch {
    return first;
  }
}
