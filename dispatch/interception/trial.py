"""Trying a plan on drivers whom it was not made for: what is left of it when the model is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.errors import InterceptionError
from dispatch.interception.behaviour import BEHAVIOURS, Behaviour
from dispatch.interception.choice import scenario_of
from dispatch.interception.exits import find_exits
from dispatch.interception.plan import Plan
from dispatch.interception.reach import find_reach
from dispatch.interception.scenarios import SCENARIOS, Scenarios, sample_scenarios
from dispatch.interception.sealing import SealPlan, held_from_s
from dispatch.interception.subject import Subject
from dispatch.interception.units import Roads


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Drives that met a plan."""

    scenarios: Scenarios
    place: np.ndarray
    """int32[scenario]: the plan's checkpoint that stops it, the first one that is held when it
    comes; -1: none."""
    at_s: np.ndarray
    """float64[scenario]: when, seconds after the sighting; inf where it is not stopped."""

    @property
    def caught(self) -> np.ndarray:
        """bool[scenario]."""
        return self.place >= 0

    @property
    def share(self) -> float:
        """Of the drives, those that are stopped."""
        return float(self.scenarios.weight[self.caught].sum())

    @property
    def share_by_behaviour(self) -> dict[str, float]:
        return self.scenarios.share_of_behaviours(self.caught)


def try_plan(
    roads: Roads,
    plan: Plan | SealPlan,
    subject: Subject,
    *,
    seed: int,
    count: int = SCENARIOS,
    behaviours: Sequence[Behaviour] = BEHAVIOURS,
) -> Trial:
    """What a plan does to drives that it was not made for.

    The units do what they were told, and are ready when the plan said. ``subject`` is the one of
    the plan, seen there and then; speeds, destinations and ``behaviours`` may be others. A plan
    that is tried on drives of its own seed is tried on what it was fitted to: take another one.
    Raises InterceptionError.
    """
    known = plan.situation
    if subject.sighting != known.reach.subject.sighting:
        raise InterceptionError(
            "A plan is tried on a subject that was seen where and when the plan's was: give the "
            "same sighting."
        )
    reach = find_reach(roads.snapper, roads.metric(subject.mode), subject)
    exits = find_exits(roads.snapper, reach)
    scenarios = sample_scenarios(reach, exits, seed, count=count, behaviours=behaviours)
    passings = scenarios.passings(
        roads.network.arc_head, known.checkpoints.place_of_node(roads.network)
    )
    stops = np.flatnonzero(passings.time_s >= held_from_s(plan)[passings.place])[::-1]
    scenario = scenario_of(passings)[stops]
    place = np.full(len(scenarios), -1, dtype=np.int32)
    at_s = np.full(len(scenarios), np.inf)
    place[scenario] = passings.place[stops]  # the first of each scenario is written last
    at_s[scenario] = passings.time_s[stops]
    return Trial(scenarios, place, at_s)
