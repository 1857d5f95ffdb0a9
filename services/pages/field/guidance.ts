// Where on a route a position is, what comes next, and how far it still is. All of it is worked out
// on the phone, so that it goes on in a tunnel.

export type LonLat = readonly [lon: number, lat: number];

export interface Step {
  distance: number;
  duration: number;
  name: string;
  geometry: { coordinates: LonLat[] };
  maneuver: { type: string; modifier?: string; instruction?: string; location: LonLat };
}

/** OSRM's route, as the service writes it. */
export interface Route {
  distance: number;
  duration: number;
  geometry: { coordinates: LonLat[] };
  legs: { steps: Step[] }[];
}

export interface Guidance {
  /** Place of the next manoeuvre among all steps. */
  next: number;
  /** Metres along the route to it. */
  toNextM: number;
  remainingM: number;
  remainingS: number;
  /** Metres between the position and the route. */
  offM: number;
  /** Metres from the beginning of the route. */
  alongM: number;
}

const METRES_PER_DEGREE = 111_195;
/** A route may pass the same street twice: a place so far behind the last one is less likely. */
const BEHIND_M = 60;
const BEHIND_PENALTY_M = 40;
/** A manoeuvre is behind when it has been passed by so much; fixes are not more exact. */
const PASSED_M = 8;

export function stepsOf(route: Route): Step[] {
  return route.legs.flatMap((leg) => leg.steps);
}

/** What comes next for a position, which was `beforeM` along the route when it was last looked at. */
export function guide(route: Route, position: LonLat, beforeM = 0): Guidance {
  const steps = stepsOf(route);
  const starts: number[] = [];
  let lengthM = 0;
  let best = { offM: Infinity, alongM: 0, cost: Infinity };
  for (const step of steps) {
    starts.push(lengthM);
    const line = step.geometry.coordinates;
    for (let i = 1; i < line.length; i += 1) {
      const a = line[i - 1] as LonLat;
      const b = line[i] as LonLat;
      const { offM, share, pieceM } = nearestOn(a, b, position);
      const alongM = lengthM + share * pieceM;
      const cost = offM + (alongM < beforeM - BEHIND_M ? BEHIND_PENALTY_M : 0);
      if (cost < best.cost) best = { offM, alongM, cost };
      lengthM += pieceM;
    }
  }
  let next = steps.length - 1;
  for (let i = 1; i < steps.length; i += 1) {
    if ((starts[i] as number) > best.alongM + PASSED_M) {
      next = i;
      break;
    }
  }
  const here = Math.max(0, next - 1);
  const toNextM = Math.max(0, (starts[next] ?? 0) - best.alongM);
  const stepM = (starts[next] ?? lengthM) - (starts[here] ?? 0);
  const shareLeft = stepM > 0 ? Math.min(1, toNextM / stepM) : 0;
  const later = steps.slice(next).reduce((sum, step) => sum + step.duration, 0);
  return {
    next,
    toNextM,
    remainingM: Math.max(0, lengthM - best.alongM),
    remainingS: later + shareLeft * (steps[here]?.duration ?? 0),
    offM: best.offM,
    alongM: best.alongM,
  };
}

/** Whether a route leads another way than what is left of the one before. */
export function leadsElsewhere(route: Route, before: Route, toleranceM = 30): boolean {
  return route.geometry.coordinates.some((point) => guide(before, point).offM > toleranceM);
}

export function distanceM(a: LonLat, b: LonLat): number {
  const [x, y] = metresFrom(a, b);
  return Math.hypot(x, y);
}

function metresFrom(origin: LonLat, point: LonLat): [east: number, north: number] {
  const north = (point[1] - origin[1]) * METRES_PER_DEGREE;
  const perDegree = METRES_PER_DEGREE * Math.cos((origin[1] * Math.PI) / 180);
  return [(point[0] - origin[0]) * perDegree, north];
}

function nearestOn(a: LonLat, b: LonLat, position: LonLat) {
  const [bx, by] = metresFrom(a, b);
  const [px, py] = metresFrom(a, position);
  const pieceM = Math.hypot(bx, by);
  const share =
    pieceM > 0 ? Math.min(1, Math.max(0, (px * bx + py * by) / (pieceM * pieceM))) : 0;
  return { offM: Math.hypot(px - share * bx, py - share * by), share, pieceM };
}
