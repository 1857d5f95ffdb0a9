// Where to, and how long it still takes.

import { useStore } from "../foundation/store";
import { isCheckpoint, type LiveFile, targetOf } from "./assignment";
import type { Visit } from "./visit";
import { isCheckpointKind, lengthOf, say, timeOf } from "./words";

/** A place known less well than this is said to be rough. */
const EXACT_M = 60;

interface Props {
  visit: Visit;
  file: LiveFile;
  /** Whether the unit is there, or says so. */
  there: boolean;
}

export function Destination({ visit, file, there }: Props) {
  const target = targetOf(file);
  const others = isCheckpoint(file) ? 0 : file.incident.places.length - 1;
  return (
    <section class="destination" aria-labelledby="where">
      <h2 id="where" class="quiet">
        {isCheckpoint(file) ? say("checkpoint") : say("where")}
      </h2>
      <p class="address">{nameOf(file)}</p>
      {target !== null && target.accuracyM > EXACT_M && (
        <p class="quiet">{say("place_rough", { metres: lengthOf(target.accuracyM) })}</p>
      )}
      {others > 0 && <p class="quiet">{say("several_places", { count: others })}</p>}
      {!there && <HowLong visit={visit} file={file} />}
    </section>
  );
}

function nameOf(file: LiveFile): string {
  if (isCheckpoint(file)) {
    const { kind, name } = file.checkpoint;
    return [name, isCheckpointKind(kind) ? say(kind) : ""].filter(Boolean).join(" · ");
  }
  const known = file.incident.places.length > 0;
  return file.incident.address_text || say(known ? "no_address" : "place_unknown");
}

function HowLong({ visit, file }: { visit: Visit; file: LiveFile }) {
  const guidance = useStore(visit.guidance);
  const kept = useStore(visit.kept);
  const { route } = file;
  if (route === null) return <p class="quiet">{say("no_route")}</p>;
  const leftS = guidance?.remainingS ?? route.duration;
  const leftM = guidance?.remainingM ?? route.distance;
  const fromMs = guidance === null ? (kept?.atMs ?? Date.now()) : Date.now();
  return (
    <div class="how-long">
      <p class="minutes">
        {leftS < 60
          ? say("under_a_minute")
          : say("how_long", { minutes: Math.max(1, Math.round(leftS / 60)) })}
      </p>
      <p>{say("arrival", { distance: lengthOf(leftM), time: timeOf(fromMs + leftS * 1_000) })}</p>
    </div>
  );
}
