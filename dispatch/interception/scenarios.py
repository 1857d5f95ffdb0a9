"""What the subject may do: sampled drives from the sighting, by a mixture of behaviours."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from dispatch.errors import InterceptionError
from dispatch.interception.behaviour import BEHAVIOURS, Behaviour, seeming_times
from dispatch.interception.columns import Passings
from dispatch.interception.exits import CLASS_WEIGHT, Exits
from dispatch.interception.reach import Reach
from dispatch.kernels import escaping
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS
from geodata.search import Field, field

SCENARIOS = 500
MOST_SCENARIOS = 20_000
DRIVES_OF_A_DRAW = 25
"""Scenarios that see the roads in the same way: one search serves all of them."""
SEARCHED_HORIZONS = 3.0
"""A way that seems so many times longer than the horizon is not considered."""
LONGEST_WAY = 20_000
"""Arcs in one drive: hundreds of kilometres of streets."""
THREADS = 2
_PICKS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Scenarios:
    """Drives that the subject may make; all equally likely unless weighted."""

    behaviours: tuple[Behaviour, ...]
    behaviour: np.ndarray
    """int8[scenario], index into behaviours."""
    exit: np.ndarray
    """int32[scenario], where it gets to; -1: nowhere within the horizon."""
    speed_factor: np.ndarray
    """float64[scenario]."""
    weight: np.ndarray
    """float64[scenario], adding up to 1."""
    first: np.ndarray
    """int64[scenario + 1] into arc."""
    arc: np.ndarray
    """int32[], base arcs in driving order. The first begins at the sighting."""
    end_s: np.ndarray
    """float64[]: when the end of each arc is reached, seconds after the sighting."""
    horizon_s: float
    """What lies beyond is not looked at."""

    def __len__(self) -> int:
        return len(self.behaviour)

    def passings(self, arc_head: np.ndarray, place_of_node: np.ndarray) -> Passings:
        """When each scenario passes which place, within the horizon.

        ``place_of_node`` is int32[node], -1 where there is no place; ``arc_head`` is the network's.
        """
        first = np.zeros(len(self) + 1, dtype=np.int64)
        drives = (self.first, self.arc, self.end_s, self.horizon_s, arc_head, place_of_node)
        nothing = np.empty(0, dtype=np.int32), np.empty(0)
        count = escaping.passings(*drives, first, *nothing)
        place, time_s = np.empty(count, dtype=np.int32), np.empty(count)
        escaping.passings(*drives, first, place, time_s)
        return Passings(first, place, time_s)

    def share_of_behaviours(self, caught: np.ndarray) -> dict[str, float]:
        """Of each behaviour's scenarios the share that is caught (bool[scenario]); those that none
        of the scenarios that are still possible has are left out."""
        return {
            behaviour.name: float(self.weight[of_it & caught].sum() / weight)
            for index, behaviour in enumerate(self.behaviours)
            if (weight := self.weight[of_it := self.behaviour == index].sum()) > 0.0
        }


def sample_scenarios(
    reach: Reach,
    exits: Exits,
    seed: int,
    *,
    count: int = SCENARIOS,
    behaviours: Sequence[Behaviour] = BEHAVIOURS,
) -> Scenarios:
    """Drives to the exits, by behaviours in their shares; the same seed gives the same ones.

    Raises InterceptionError where nobody can get anywhere.
    """
    if not 1 <= count <= MOST_SCENARIOS:
        raise InterceptionError(f"A plan takes 1 to {MOST_SCENARIOS} scenarios.")
    share = np.array([one.share for one in behaviours])
    counts = np.floor(np.cumsum(share) / share.sum() * count + 1e-9).astype(np.int64)
    draws: list[tuple[int, int]] = []
    for index, of_it in enumerate(np.diff(counts, prepend=0).tolist()):
        size = of_it if behaviours[index].random else DRIVES_OF_A_DRAW
        draws += [(index, min(size, of_it - k)) for k in range(0, of_it, max(size, 1))]
    seeds = np.random.SeedSequence(seed).spawn(len(draws))

    def drawn(draw: int) -> list[_Drive]:
        index, many = draws[draw]
        rng = np.random.default_rng(seeds[draw])
        of_draw = _wandering if behaviours[index].random else _seeking
        return of_draw(reach, exits, index, behaviours[index], many, rng)

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        drives = [drive for of_draw in pool.map(drawn, range(len(draws))) for drive in of_draw]
    if not drives:
        raise InterceptionError("The subject cannot get anywhere within the horizon.")
    length = np.array([len(drive.arc) for drive in drives], dtype=np.int64)
    return Scenarios(
        tuple(behaviours),
        np.array([drive.behaviour for drive in drives], dtype=np.int8),
        np.array([drive.exit for drive in drives], dtype=np.int32),
        np.array([drive.speed_factor for drive in drives]),
        np.full(len(drives), 1.0 / len(drives)),
        np.concatenate([[0], np.cumsum(length)]).astype(np.int64),
        np.concatenate([drive.arc for drive in drives]).astype(np.int32),
        np.concatenate([drive.end_s for drive in drives]),
        reach.subject.horizon_s,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Drive:
    behaviour: int
    exit: int
    speed_factor: float
    arc: np.ndarray
    end_s: np.ndarray


def _seeking(
    reach: Reach,
    exits: Exits,
    index: int,
    behaviour: Behaviour,
    many: int,
    rng: np.random.Generator,
) -> list[_Drive]:
    """Drives of people who see the roads alike and take what seems fastest to them."""
    metric = reach.metric
    start_arc, position = _a_start(reach, rng)
    # Beyond the horizon nobody goes, and nothing there is looked at.
    seeming_ms = seeming_times(metric, reach.arcs, behaviour, rng)
    back = _with_copies(metric, np.array([start_arc ^ 1]))
    back_ms = seeming_ms[back]
    seeming_ms[back] = UNREACHABLE_MS  # nobody turns on the spot
    seen, goals = _seen(reach, exits, seeming_ms, position)
    starts = [start_arc]
    if goals.max() < 0:  # but for who cannot go on
        seeming_ms[back] = back_ms
        seen, goals = _seen(reach, exits, seeming_ms, position)
        starts.append(start_arc ^ 1)
    chance = np.where(goals >= 0, exits.weight, 0.0)
    if not chance.any():
        return []
    fraction = float(reach.starts.positions.fraction[position])
    share = np.array([1.0 - fraction if arc & 1 else fraction for arc in starts])
    start_arcs = np.array(starts)
    roads, way = metric.roads, np.empty(LONGEST_WAY, dtype=np.int32)
    drives = []
    for goal in rng.choice(len(exits), size=many, p=chance / chance.sum()).tolist():
        length = escaping.trace_back(
            goals[goal],
            roads.first_in,
            roads.in_arc,
            roads.in_cost,
            seen.metric.travel_time_ms,
            seen.arc_label_ms,
            roads.arc_base,
            start_arcs,
            share,
            way,
        )
        if length >= 2:  # the last one is the exit: they have got there when they begin it
            drives.append(_timed(reach, index, goal, way[: length - 1].copy(), fraction, rng))
    return drives


def _seen(
    reach: Reach, exits: Exits, seeming_ms: np.ndarray, position: int
) -> tuple[Field, np.ndarray]:
    """The field of times as they seem, and int64[exit] the arc on which each exit is reached
    soonest, -1 where it is not."""
    metric, subject = reach.metric, reach.subject
    seeming = metric.with_times(seeming_ms)
    until_ms = int(subject.horizon_s * subject.fastest * SEARCHED_HORIZONS * 1_000)
    seen = field(seeming, reach.starts.positions.take([position]), limit_ms=until_ms)
    return seen, _soonest_at(metric, exits, seen.arc_label_ms)


def _wandering(
    reach: Reach,
    exits: Exits,
    index: int,
    behaviour: Behaviour,
    many: int,
    rng: np.random.Generator,
) -> list[_Drive]:
    """Drives of people who turn at random, until they are out or the horizon is reached."""
    metric, roads = reach.metric, reach.metric.roads
    liking = CLASS_WEIGHT[metric.network.edge_class].astype(np.float32)[roads.arc_base >> 1]
    leaves = np.zeros(metric.network.arc_count, dtype=np.bool_)
    leaves[_with_copies(metric, exits.arc)] = True
    exit_of_arc = dict(
        zip(
            exits.arc.tolist(),
            np.repeat(np.arange(len(exits)), np.diff(exits.first_arc)),
            strict=True,
        )
    )
    way = np.empty(LONGEST_WAY, dtype=np.int32)
    until_ms = int(reach.subject.horizon_s * reach.subject.fastest * 1_000)
    drives = []
    for _ in range(many):
        start_arc, position = _a_start(reach, rng)
        fraction = float(reach.starts.positions.fraction[position])
        left_ms = escaping.start_left_ms(start_arc, fraction, metric.travel_time_ms)
        length, left = escaping.wander(
            start_arc,
            rng.random(_PICKS),
            roads.first_out,
            roads.out_arc,
            roads.out_cost,
            metric.travel_time_ms,
            liking,
            leaves,
            left_ms,
            until_ms,
            way,
        )
        arcs = roads.arc_base[way[:length]]
        gone = int(exit_of_arc.get(int(arcs[-1]), -1)) if left else -1
        arcs = arcs[:-1] if left else arcs
        if len(arcs):
            drives.append(_timed(reach, index, gone, arcs, fraction, rng))
    return drives


def _timed(
    reach: Reach, index: int, goal: int, arcs: np.ndarray, fraction: float, rng: np.random.Generator
) -> _Drive:
    """The drive with the times that it really takes."""
    metric, subject = reach.metric, reach.subject
    roads = metric.roads
    factor = rng.uniform(subject.slowest, subject.fastest)
    end_s = np.empty(len(arcs))
    left_ms = escaping.start_left_ms(int(arcs[0]), fraction, metric.travel_time_ms)
    escaping.times_along(
        arcs,
        roads.first_out,
        roads.out_arc,
        roads.out_cost,
        roads.arc_base,
        metric.travel_time_ms,
        left_ms,
        factor,
        end_s,
    )
    error_s = subject.sighting.time_error_s
    return _Drive(index, goal, factor, arcs, end_s + rng.uniform(-error_s, error_s))


def _a_start(reach: Reach, rng: np.random.Generator) -> tuple[int, int]:
    """(arc, position) of one way of driving on from the sighting, all alike."""
    way = rng.integers(len(reach.starts.arc))
    return int(reach.starts.arc[way]), int(reach.starts.position[way])


def _soonest_at(metric: Metric, exits: Exits, label_ms: np.ndarray) -> np.ndarray:
    """int64[exit]: the arc among each exit's and their copies that is reached soonest, -1 where
    none is."""
    arc, exit_of = exits.arc, np.repeat(np.arange(len(exits)), np.diff(exits.first_arc))
    soonest = np.full(len(exits), -1, dtype=np.int64)
    soonest_ms = np.full(len(exits), UNREACHABLE_MS, dtype=np.int64)
    while len(arc):
        for at in np.flatnonzero(label_ms[arc] < soonest_ms[exit_of]).tolist():
            if label_ms[arc[at]] < soonest_ms[exit_of[at]]:
                soonest[exit_of[at]], soonest_ms[exit_of[at]] = arc[at], label_ms[arc[at]]
        arc = metric.roads.arc_next_copy[arc]
        arc, exit_of = arc[arc >= 0], exit_of[arc >= 0]
    return soonest


def _with_copies(metric: Metric, arcs: np.ndarray) -> np.ndarray:
    """The arcs and the shadow arcs that copy them."""
    found, copies = [arcs], metric.roads.arc_next_copy[arcs]
    while len(copies := copies[copies >= 0]):
        found.append(copies)
        copies = metric.roads.arc_next_copy[copies]
    return np.concatenate(found)
