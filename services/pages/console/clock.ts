// The service's time, which every clock of the page is set by: screens on a wall go wrong.

import { language } from "../foundation/language";
import { Store } from "../foundation/store";

let offsetMs = 0;
let setAtMs = 0;
let speed = 1;

/** Set the clock by what the service has just told. */
export function setClock(now: string, clockSpeed: number): void {
  setAtMs = Date.now();
  offsetMs = Date.parse(now) - setAtMs;
  speed = clockSpeed;
}

/** The service's time in ms since 1970. */
export function nowMs(): number {
  const passedMs = Date.now() - setAtMs;
  return setAtMs + offsetMs + passedMs * speed;
}

/** Changes every second: whoever shows a clock follows it. */
export const tick = new Store(0);
setInterval(() => tick.update((count) => count + 1), 1_000);

/** "3:07", or "1:02:09" from an hour on; without a sign. */
export function spanText(seconds: number): string {
  const whole = Math.max(0, Math.round(Math.abs(seconds)));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const [minutes, rest] = parts as [number, number];
  const end = `${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${end}` : `${minutes}:${end}`;
}

/** Time of day in China, where the service's users are. */
export function timeText(moment: string | number, seconds = true): string {
  const options: Intl.DateTimeFormatOptions = {
    timeZone: "Asia/Shanghai",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  };
  if (seconds) options.second = "2-digit";
  return new Date(moment).toLocaleTimeString(language.get() === "zh" ? "zh-CN" : "en-GB", options);
}

export function distanceText(metres: number): string {
  return metres < 995 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`;
}
