// A closure that is being drawn, and the ones that stand.

import { newKey } from "../foundation/api";
import type { Closure } from "./api_types";
import { nowMs } from "./clock";
import { api, lookAtClosures, pick } from "./room";
import { SessionStore } from "./session_store";
import { say } from "./words";

/** Points of the line that is being drawn; null: none is. */
export const draft = new SessionStore<[number, number][] | null>(null);

export function beginDrawing(): void {
  draft.set([]);
  pick.set({
    hint: say("drawing"),
    take: (lon, lat) =>
      draft.update((points) => {
        const last = points?.at(-1);
        const same = last && Math.hypot(last[0] - lon, last[1] - lat) < 1e-6; // a double click's second
        return same ? points : [...(points ?? []), [lon, lat]];
      }),
  });
}

export function undoPoint(): void {
  draft.update((points) => points?.slice(0, -1) ?? null);
}

export function endDrawing(): void {
  draft.set(null);
  pick.set(null);
}

/** Closes every road that the drawn line meets; `forMinutes` 0: until it is lifted. */
export async function closeRoads(
  reason: string,
  forMinutes: number,
  jurisdiction: string,
): Promise<void> {
  const points = draft.get() ?? [];
  const [only] = points;
  const body: Record<string, unknown> = { reason };
  if (points.length >= 2) body["area"] = { type: "LineString", coordinates: points };
  else if (only) body["near"] = [{ lon: only[0], lat: only[1] }];
  if (forMinutes > 0) body["ends_at"] = new Date(nowMs() + forMinutes * 60_000).toISOString();
  if (jurisdiction !== "") body["jurisdiction"] = jurisdiction;
  await api.ask(`/v1/closures/page-${newKey().slice(0, 12)}`, { method: "PUT", body });
  endDrawing();
  await lookAtClosures();
}

export async function liftClosure(closure: Closure): Promise<void> {
  const whose = encodeURIComponent(closure.jurisdiction);
  const path = `/v1/closures/${encodeURIComponent(closure.id)}?jurisdiction=${whose}`;
  await api.ask(path, { method: "DELETE" });
  await lookAtClosures();
}

export function closureFeatures(closures: Closure[]): GeoJSON.Feature[] {
  return closures.flatMap(({ id, in_force, closure }) => {
    if (!in_force) return [];
    const geometries: GeoJSON.Geometry[] = closure.area ? [closure.area] : [];
    for (const { lon, lat } of closure.near ?? []) {
      geometries.push({ type: "Point", coordinates: [lon, lat] });
    }
    return geometries.map((geometry) => ({
      type: "Feature" as const,
      geometry,
      properties: { id, reason: closure.reason ?? "" },
    }));
  });
}

export function draftFeatures(): GeoJSON.Feature[] {
  const points = draft.get() ?? [];
  const features: GeoJSON.Feature[] = points.map((coordinates) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates },
    properties: {},
  }));
  if (points.length > 1) {
    features.push({
      type: "Feature",
      geometry: { type: "LineString", coordinates: points },
      properties: {},
    });
  }
  return features;
}
