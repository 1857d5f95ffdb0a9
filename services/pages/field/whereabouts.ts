// Where the phone is: shown, and told to the centre as long as the unit is on its way.

import { type Api, Refusal } from "../foundation/api";
import { Store } from "../foundation/store";
import { distanceM, type LonLat } from "./guidance";

export type Sharing = "off" | "asking" | "on" | "denied" | "unavailable";

export interface Fix {
  at: LonLat;
  accuracyM: number;
  fixedAtMs: number;
}

/** How often the centre is told, at most and at least, while fixes come. */
const EVERY_MS = 4_000;
const MOVED_M = 30;
const STILL_EVERY_MS = 15_000;

export class Whereabouts {
  readonly fix = new Store<Fix | null>(null);
  readonly sharing = new Store<Sharing>("off");
  /** When the centre last heard of it, in ms; 0: not yet. */
  readonly sharedAtMs = new Store(0);
  private watch: number | null = null;
  private told: Fix | null = null;
  private telling = false;
  private awake: WakeLockSentinel | null = null;

  constructor(
    private readonly api: Api,
    private readonly path: string,
  ) {
    document.addEventListener("visibilitychange", () => void this.stayAwake());
  }

  /** Begins to look where the phone is; the browser asks the unit first. */
  start(): void {
    if (this.watch !== null) return;
    if (!("geolocation" in navigator)) {
      this.sharing.set("unavailable");
      return;
    }
    this.sharing.set("asking");
    this.watch = navigator.geolocation.watchPosition(
      (position) => this.take(position),
      (error) => {
        this.sharing.set(error.code === error.PERMISSION_DENIED ? "denied" : "unavailable");
        if (error.code === error.PERMISSION_DENIED) this.stop(false);
      },
      { enableHighAccuracy: true, maximumAge: 2_000, timeout: 30_000 },
    );
    void this.stayAwake();
  }

  /** Nobody is told any more, and nobody looks. */
  stop(saying = true): void {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
    if (saying) this.sharing.set("off");
    void this.awake?.release();
    this.awake = null;
  }

  private take(position: GeolocationPosition): void {
    if (this.watch === null) return;
    const { longitude, latitude, accuracy } = position.coords;
    const fix = {
      at: [longitude, latitude] as const,
      accuracyM: accuracy,
      fixedAtMs: position.timestamp,
    };
    this.sharing.set("on");
    this.fix.set(fix);
    void this.tell(fix);
  }

  private async tell(fix: Fix): Promise<void> {
    const before = this.told;
    if (this.telling) return;
    if (before !== null) {
      const passedMs = fix.fixedAtMs - before.fixedAtMs;
      const moved = distanceM(before.at, fix.at) >= MOVED_M;
      if (passedMs < (moved ? EVERY_MS : STILL_EVERY_MS)) return;
    }
    this.telling = true;
    try {
      // Without its time: it is of this moment, and the phone's clock may be wrong.
      const body = {
        lon: fix.at[0],
        lat: fix.at[1],
        accuracy_m: Math.min(fix.accuracyM, 100_000),
      };
      const answer = await this.api.ask<{ accepted: number }>(`${this.path}/position`, {
        method: "POST",
        body,
      });
      this.told = fix;
      if (answer.body.accepted > 0) this.sharedAtMs.set(Date.now());
    } catch (error) {
      // Without a signal the next fix says it anew; an old place is of no use to anybody.
      if (error instanceof Refusal && error.problem === "not-possible-now") this.stop();
    } finally {
      this.telling = false;
    }
  }

  /** A phone whose screen sleeps neither shows the way nor tells where it is. */
  private async stayAwake(): Promise<void> {
    if (this.watch === null || document.visibilityState !== "visible") return;
    try {
      this.awake = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      this.awake = null; // low battery: the phone's owner decides
    }
  }
}
