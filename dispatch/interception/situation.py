"""What a plan is made from: where the subject can be, the places, and who could be there when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import numpy as np

from dispatch.errors import InterceptionError
from dispatch.interception.behaviour import BEHAVIOURS, Behaviour
from dispatch.interception.checkpoints import (
    RULES,
    CheckpointKind,
    CheckpointRule,
    Checkpoints,
    find_checkpoints,
)
from dispatch.interception.choice import scenario_of
from dispatch.interception.columns import Passings
from dispatch.interception.exits import Exits, find_exits
from dispatch.interception.reach import Reach, find_reach
from dispatch.interception.scenarios import SCENARIOS, Scenarios, sample_scenarios
from dispatch.interception.subject import Subject
from dispatch.interception.units import Roads, Unit, ready_times_s, staff_ready_s
from geodata.network import RoadNetwork

STAFF = "staff:"
"""Begins the id of a unit that is a checkpoint's own staff; the checkpoint's id follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """How a plan is made."""

    safety_s: float = 60.0
    """A unit counts as ready only so long after it should be."""
    scenario_count: int = SCENARIOS
    seed: int = 0
    behaviours: tuple[Behaviour, ...] = BEHAVIOURS
    """How the subject is thought to choose a way, in their shares."""
    most_places: int = 400
    """Checkpoints considered, those that most drives pass first."""
    limit_s: float = 0.3
    """The choice of one layer ends by then with the best found."""
    least_gain: float = 0.01
    """Nobody is sent for less than this share of the drives, caught by nobody else."""
    call_staff: bool = True
    """Whether toll gates' own staff may be called."""
    keep_gain: float = 0.05
    """A unit that stands already moves only where that catches so much more of the drives."""
    relay: bool = True
    """Whether a second layer is planned."""
    kinds: tuple[CheckpointKind, ...] = tuple(CheckpointKind)
    rules: Mapping[CheckpointKind, CheckpointRule] = field(default_factory=lambda: RULES)

    def __post_init__(self) -> None:
        if not 0.0 <= self.safety_s <= 1_800.0:
            raise InterceptionError("The safety margin is 0 to 1,800 seconds.")
        if not 1 <= self.most_places <= 5_000:
            raise InterceptionError("A plan considers 1 to 5,000 checkpoints.")
        if not self.behaviours:
            raise InterceptionError("A plan is made for at least one behaviour of drivers.")
        if not 0.0 < self.limit_s <= 60.0:
            raise InterceptionError("A choice may take up to 60 seconds.")
        if not (0.0 <= self.keep_gain <= 1.0 and 0.0 <= self.least_gain <= 1.0):
            raise InterceptionError("The gain for which a unit moves or goes is a share, 0 to 1.")


@dataclass(frozen=True, slots=True)
class Watched:
    """A checkpoint was held for a while, and the subject did not come."""

    checkpoint_id: str
    from_s: float
    until_s: float
    """Seconds after the sighting."""


_checkpoints: WeakKeyDictionary[RoadNetwork, dict[object, Checkpoints]] = WeakKeyDictionary()


def checkpoints_of(network: RoadNetwork, settings: PlanSettings) -> Checkpoints:
    """All checkpoints of a map; kept with it."""
    known = _checkpoints.setdefault(network, {})
    if settings.kinds not in known:
        known[settings.kinds] = find_checkpoints(network, kinds=settings.kinds)
    return replace(known[settings.kinds], rules=settings.rules)


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """What a plan is made from. Immutable. Times are seconds after the sighting."""

    reach: Reach
    exits: Exits
    scenarios: Scenarios
    checkpoints: Checkpoints
    """Those considered."""
    passings: Passings
    earliest_s: np.ndarray
    """float64[place]: the subject is there no sooner."""
    needed: np.ndarray
    """int64[place]: units that it takes to hold it."""
    unit_ids: list[str]
    """The units, then places' own staff, then what other centres offer."""
    ready_s: np.ndarray
    """float64[unit, place]; inf where it cannot be."""
    standing: dict[int, int]
    """Place by unit, for those who hold one already."""
    notes: tuple[str, ...]
    """What a reader should know: a heading that no road has, drives that cannot be any more."""

    @property
    def place_share(self) -> np.ndarray:
        """float64[place]: share of the drives that pass it within the horizon."""
        passed = np.zeros((len(self.scenarios), len(self.checkpoints)), dtype=bool)
        passed[scenario_of(self.passings), self.passings.place] = True
        return self.scenarios.weight @ passed


def survey(
    roads: Roads,
    subject: Subject,
    units: Sequence[Unit],
    now_s: float,
    settings: PlanSettings,
    *,
    standing: Mapping[str, str] | None = None,
    refused: Collection[tuple[str, str]] = (),
    watched: Sequence[Watched] = (),
    offered_s: Mapping[tuple[str, str], float] | None = None,
    kinds: Collection[CheckpointKind] = (),
) -> Situation:
    """What is known at ``now_s`` (UTC seconds since 1970), when everybody is told. See
    :func:`dispatch.interception.plan.make_plan`; ``kinds`` are considered wherever the subject can
    be, others where drives pass. Raises InterceptionError."""
    standing, offered_s = standing or {}, offered_s or {}
    told_s = now_s - subject.sighting.seen_at_s
    if told_s > subject.horizon_s:
        raise InterceptionError("The horizon is over: a newer sighting is needed.")
    reach = find_reach(roads.snapper, roads.metric(subject.mode), subject)
    exits = find_exits(roads.snapper, reach)
    scenarios = sample_scenarios(
        reach,
        exits,
        settings.seed,
        count=settings.scenario_count,
        behaviours=settings.behaviours,
    )
    notes = [] if reach.starts.heading_fits else ["No road near the sighting has its heading."]

    everywhere = checkpoints_of(roads.network, settings)
    named = {*standing.values(), *(checkpoint for _, checkpoint in offered_s)}
    named |= {one.checkpoint_id for one in watched}
    kept = _on_the_way(everywhere, scenarios, reach, settings.most_places, named, kinds)
    checkpoints = everywhere.take(kept)
    passings = scenarios.passings(roads.network.arc_head, checkpoints.place_of_node(roads.network))
    place_of = {name: index for index, name in enumerate(checkpoints.id)}
    scenarios, ruled_out = _conditioned(scenarios, passings, watched, place_of)
    if ruled_out:
        notes.append(ruled_out)

    unit_ids = [unit.unit_id for unit in units]
    times = {"told_s": max(told_s, 0.0), "safety_s": settings.safety_s}
    ready_s = ready_times_s(units, checkpoints, roads, changes=subject.changes, **times)
    more_ids, more_s = _from_elsewhere(checkpoints, offered_s, subject, settings, times)
    unit_ids, ready_s = unit_ids + more_ids, np.vstack([ready_s, more_s])
    unit_of = {name: index for index, name in enumerate(unit_ids)}
    for unit_id, checkpoint_id in refused:
        if unit_id in unit_of and checkpoint_id in place_of:
            ready_s[unit_of[unit_id], place_of[checkpoint_id]] = np.inf
    needed = np.array([checkpoints.rule(k).units_needed for k in range(len(checkpoints))])
    # A place's own staff closes it without anybody else. Where several units would be needed
    # instead, one of them holds nothing, and the place is left to its staff.
    alone = np.array([name.startswith(STAFF) for name in unit_ids], dtype=bool)
    staffed = np.isfinite(ready_s[alone]).any(axis=0)
    ready_s[np.ix_(~alone, staffed & (needed > 1))] = np.inf
    needed = np.where(staffed, 1, needed)
    fixed = {
        unit_of[unit]: place_of[place]
        for unit, place in standing.items()
        if unit in unit_of and place in place_of
    }
    for unit, place in fixed.items():
        ready_s[unit, place] = told_s
    earliest_s = np.minimum.reduceat(
        reach.node_earliest_s[checkpoints.node], checkpoints.first_node[:-1]
    )
    return Situation(
        reach=reach,
        exits=exits,
        scenarios=scenarios,
        checkpoints=checkpoints,
        passings=passings,
        earliest_s=earliest_s,
        needed=needed,
        unit_ids=unit_ids,
        ready_s=ready_s,
        standing=fixed,
        notes=tuple(notes),
    )


def _on_the_way(
    everywhere: Checkpoints,
    scenarios: Scenarios,
    reach: Reach,
    most: int,
    named: Collection[str],
    kinds: Collection[CheckpointKind],
) -> np.ndarray:
    """int64[]: the checkpoints that most drives pass, those that are named, and those of some kinds
    that the subject can reach; rising."""
    network = reach.metric.network
    passings = scenarios.passings(network.arc_head, everywhere.place_of_node(network))
    pairs = np.unique(scenario_of(passings) * np.int64(len(everywhere)) + passings.place)
    drives = np.bincount(pairs % max(len(everywhere), 1), minlength=len(everywhere))
    best = np.argsort(-drives, kind="stable")[:most]
    kept = best[drives[best] > 0]
    wanted: list[int] = []
    if named:
        wanted += [index for index, name in enumerate(everywhere.id) if name in named]
    if kinds:
        wanted += [
            index
            for index, kind in enumerate(everywhere.kind)
            if kind in kinds and np.isfinite(reach.node_earliest_s[everywhere.nodes(index)]).any()
        ]
    kept = np.concatenate([kept, np.array(wanted, dtype=np.int64)])
    if not len(kept):
        raise InterceptionError("No drive passes any place where a car could be stopped.")
    return np.unique(kept)


def _conditioned(
    scenarios: Scenarios,
    passings: Passings,
    watched: Sequence[Watched],
    place_of: Mapping[str, int],
) -> tuple[Scenarios, str]:
    """The scenarios without those that somebody would have seen, and a note where that fails."""
    seen = np.zeros(len(scenarios), dtype=bool)
    scenario = scenario_of(passings)
    for one in watched:
        if one.checkpoint_id in place_of:
            there = passings.place == place_of[one.checkpoint_id]
            there &= (passings.time_s >= one.from_s) & (passings.time_s <= one.until_s)
            seen[scenario[there]] = True
    if not seen.any():
        return scenarios, ""
    if seen.all():
        return scenarios, "Every drive would have been seen by now: nothing is ruled out."
    weight = np.where(seen, 0.0, scenarios.weight)
    note = f"{scenarios.weight[seen].sum():.0%} of the drives are ruled out by places held in vain."
    return replace(scenarios, weight=weight / weight.sum()), note


def _from_elsewhere(
    checkpoints: Checkpoints,
    offered_s: Mapping[tuple[str, str], float],
    subject: Subject,
    settings: PlanSettings,
    times: Mapping[str, float],
) -> tuple[list[str], np.ndarray]:
    """Places' own staff and other centres' offers as units that can hold few places."""
    ids: list[str] = []
    rows: list[np.ndarray] = []
    if settings.call_staff:
        staff_s = staff_ready_s(checkpoints, **times)
        for place in np.flatnonzero(np.isfinite(staff_s)).tolist():
            ids.append(STAFF + checkpoints.id[place])
            row = np.full(len(checkpoints), np.inf)
            row[place] = staff_s[place]
            rows.append(row)
    place_of = {name: index for index, name in enumerate(checkpoints.id)}
    by_unit: dict[str, np.ndarray] = {}
    for (unit_id, checkpoint_id), at_s in offered_s.items():
        if checkpoint_id in place_of:
            row = by_unit.setdefault(unit_id, np.full(len(checkpoints), np.inf))
            row[place_of[checkpoint_id]] = at_s - subject.sighting.seen_at_s
    ids += list(by_unit)
    rows += list(by_unit.values())
    return ids, np.array(rows).reshape(len(rows), len(checkpoints))
