// Does again what failed, until it is done: for what a page cannot do without.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** The result, as soon as there is one; null when it is not wanted any more. */
export async function persist<T>(
  doing: () => Promise<T>,
  wanted: () => boolean,
  pause: (ms: number) => Promise<void> = untilOnline,
): Promise<T | null> {
  let pauseMs = FIRST_PAUSE_MS;
  while (wanted()) {
    try {
      return await doing();
    } catch {
      await pause(pauseMs); // the page says by itself when it is not live
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  }
  return null;
}

/** Waits so long, or until the browser says that the line is back. */
function untilOnline(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });
}
