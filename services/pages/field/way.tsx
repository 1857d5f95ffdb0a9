// The way in words: the next manoeuvre large, and all steps.

import { useStore } from "../foundation/store";
import { type Route, type Step, stepsOf } from "./guidance";
import type { Visit } from "./visit";
import { lengthOf, say } from "./words";

/** Degrees that the arrow is turned by, for each of OSRM's direction words. */
const TURNED: Record<string, number> = {
  uturn: 180,
  "sharp right": 135,
  right: 90,
  "slight right": 45,
  straight: 0,
  "slight left": -45,
  left: -90,
  "sharp left": -135,
};

export function NextManoeuvre({ visit, route }: { visit: Visit; route: Route }) {
  const guidance = useStore(visit.guidance);
  const steps = stepsOf(route);
  const step = steps[guidance?.next ?? Math.min(1, steps.length - 1)];
  if (step === undefined) return null;
  const toNextM = guidance?.toNextM ?? steps[0]?.distance ?? 0;
  const off = guidance !== null && guidance.offM > 100;
  return (
    <section class="next" aria-labelledby="next-title">
      <h2 id="next-title" class="unseen">
        {say("next")}
      </h2>
      <Arrow step={step} />
      <div aria-live="polite">
        <p class="in-distance">{say("in_distance", { distance: lengthOf(toNextM) })}</p>
        <p class="instruction">{step.maneuver.instruction}</p>
        {off && <p class="warning">{say("off_route")}</p>}
      </div>
    </section>
  );
}

export function Steps({ visit, route }: { visit: Visit; route: Route }) {
  const guidance = useStore(visit.guidance);
  const next = guidance?.next ?? 1;
  const isPassed = (index: number) => guidance !== null && index < next;
  return (
    <details class="steps" open>
      <summary>{say("steps")}</summary>
      <ol>
        {stepsOf(route).map((step, index) => (
          <li
            key={index}
            class={isPassed(index) ? "passed" : ""}
            aria-current={index === next ? "step" : undefined}
          >
            <Arrow step={step} />
            <span>
              {isPassed(index) && <span aria-hidden="true">✓ </span>}
              {step.maneuver.instruction}
            </span>
            {step.distance > 0 && <span class="quiet length">{lengthOf(step.distance)}</span>}
          </li>
        ))}
      </ol>
    </details>
  );
}

function Arrow({ step }: { step: Step }) {
  const { type, modifier } = step.maneuver;
  const there = type === "arrive";
  return (
    <svg class="arrow" viewBox="0 0 24 24" aria-hidden="true">
      {there ? (
        <path d="M12 2a7 7 0 0 0-7 7c0 5 7 13 7 13s7-8 7-13a7 7 0 0 0-7-7zm0 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z" />
      ) : (
        <path
          d="M12 2l8 9h-5v11H9V11H4z"
          transform={`rotate(${TURNED[modifier ?? "straight"] ?? 0} 12 12)`}
        />
      )}
    </svg>
  );
}
