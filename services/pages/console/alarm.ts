// A new critical alert: heard, seen in the title, and gone only when somebody acknowledged it.

import { keep, kept } from "../foundation/browser_storage";
import { Store } from "../foundation/store";
import { Acknowledged } from "./acknowledged";
import type { Incident } from "./api_types";
import { SessionStore } from "./session_store";
import { say } from "./words";

const BEEP_EVERY_MS = 2_500;
const BLINK_EVERY_MS = 1_000;

/** Critical incidents that nobody has acknowledged, oldest first. */
export const alarms = new SessionStore<Incident[]>([]);
/** Whether the browser lets this page be heard; it wants a click first. */
export const audible = new Store(false);

/** States in which nobody has seen the victim yet: after them there is nothing to ring for. */
const RINGING = ["locating", "contacting", "responding"];

const acknowledged = new Acknowledged({ getItem: kept, setItem: keep });
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
  if (acknowledged.has(incident.id) || alarms.get().some((one) => one.id === incident.id)) return;
  alarms.update((known) => [...known, incident]);
  beep();
}

/** Raises what rang before this page was opened. `complete`: nothing open is missing. */
export function raiseOpen(incidents: readonly Incident[], complete: boolean): void {
  const critical = incidents.filter((one) => one.tier === "critical");
  if (complete) acknowledged.keepOnly(critical.map((one) => one.id));
  critical
    .filter((one) => RINGING.includes(one.state))
    .sort((a, b) => Date.parse(a.opened_at) - Date.parse(b.opened_at))
    .forEach(raiseAlarm);
}

// Acknowledged in another window of this browser.
addEventListener("storage", () => {
  alarms.update((known) => known.filter((one) => !acknowledged.has(one.id)));
});

export function acknowledge(incidentId: string): void {
  acknowledged.add(incidentId);
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
