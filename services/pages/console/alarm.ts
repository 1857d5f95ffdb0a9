// A new critical alert: heard, seen in the title, and gone only when somebody acknowledged it.

import { Store } from "../foundation/store";
import type { Incident } from "./api_types";
import { SessionStore } from "./session_store";
import { say } from "./words";

const BEEP_EVERY_MS = 2_500;
const BLINK_EVERY_MS = 1_000;

/** Critical incidents that nobody has acknowledged, oldest first. */
export const alarms = new SessionStore<Incident[]>([]);
/** Whether the browser lets this page be heard; it wants a click first. */
export const audible = new Store(false);

let audio: AudioContext | null = null;

/** Called in a click: from now on the page can be heard. */
export function allowSound(): void {
  audio ??= new AudioContext();
  audio
    .resume()
    .then(() => audible.set(audio?.state === "running"))
    .catch(() => audible.set(false));
}

export function raiseAlarm(incident: Incident): void {
  alarms.update((known) =>
    known.some((one) => one.id === incident.id) ? known : [...known, incident],
  );
  beep();
}

export function acknowledge(incidentId: string): void {
  alarms.update((known) => known.filter((one) => one.id !== incidentId));
}

/** Two rising tones: carried by any loudspeaker, unlike any other sound of an office. */
function beep(): void {
  if (audio === null || audio.state !== "running") return;
  const start = audio.currentTime;
  for (const [number, frequencyHz] of [880, 1175].entries()) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = frequencyHz;
    tone.type = "square";
    volume.gain.setValueAtTime(0.12, start + number * 0.2);
    volume.gain.setValueAtTime(0, start + number * 0.2 + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(start + number * 0.2);
    tone.stop(start + number * 0.2 + 0.18);
  }
}

setInterval(() => {
  if (alarms.get().length > 0) beep();
}, BEEP_EVERY_MS);

let bright = false;
setInterval(() => {
  const count = alarms.get().length;
  bright = count > 0 && !bright;
  document.title = bright ? `‼ (${count}) ${say("alarm")}` : say("title");
}, BLINK_EVERY_MS);
