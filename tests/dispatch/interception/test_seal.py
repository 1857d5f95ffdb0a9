"""No way out: by hand, against trying everything, and against a search that tries every second."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product

import networkx as nx
import numpy as np
import pytest

from dispatch.interception.escape import EscapePath
from dispatch.interception.seal import fewest_to_seal

INF = np.inf


@dataclass(frozen=True)
class Streets:
    """Streets between numbered corners, with whole minutes; the subject starts at corner 0.

    Corners from 0 on are places as far as there are places; the last ones are exits.
    """

    minutes: dict[tuple[int, int], int]
    places: int
    exits: tuple[int, ...]

    def __call__(self, held_from_s: np.ndarray) -> list[EscapePath]:
        """Bellman and Ford; a corner that is held when it is reached is no way on."""
        soonest = {0: (0.0, (0,))}
        changed = True
        while changed:
            changed = False
            for (tail, head), minutes in self.minutes.items():
                if tail not in soonest or self._stops(held_from_s, tail, soonest[tail][0]):
                    continue
                time_s = soonest[tail][0] + 60.0 * minutes
                if head not in soonest or time_s < soonest[head][0]:
                    soonest[head] = (time_s, (*soonest[tail][1], head))
                    changed = True
        return [
            self._path(number, soonest[corner][1])
            for number, corner in enumerate(self.exits)
            if corner in soonest and not self._stops(held_from_s, corner, soonest[corner][0])
        ]

    def _stops(self, held_from_s: np.ndarray, corner: int, time_s: float) -> bool:
        return 0 < corner < self.places and held_from_s[corner] <= time_s

    def _path(self, number: int, corners: tuple[int, ...]) -> EscapePath:
        times_s = np.cumsum([0.0, *(60.0 * self.minutes[leg] for leg in pairwise(corners))])
        corner = np.array(corners)
        passed = (corner > 0) & (corner < self.places)
        return EscapePath(
            number,
            corner[passed].astype(np.int32),
            times_s[passed],
            float(times_s[-1]),
            np.empty(0, np.int32),
        )

    def reachable_at_leisure(self, held_from_s: np.ndarray, until_minute: int = 40) -> set[int]:
        """Exits that somebody gets to who may also wait at any corner: every minute at every corner
        is a node of its own."""
        drives = nx.DiGraph()
        drives.add_node((0, 0))
        for minute in range(until_minute):
            for corner in {end for leg in self.minutes for end in leg}:
                drives.add_edge((corner, minute), (corner, minute + 1))
            for (tail, head), minutes in self.minutes.items():
                drives.add_edge((tail, minute), (head, minute + minutes))
        held = [
            (corner, minute)
            for corner, minute in drives
            if 0 < corner < self.places and held_from_s[corner] <= 60.0 * minute
        ]
        drives.remove_nodes_from(held)
        reached = {corner for corner, _ in nx.descendants(drives, (0, 0))}
        return {number for number, corner in enumerate(self.exits) if corner in reached}


def held_from_s(ready_s, units_needed, place_of_unit) -> np.ndarray:
    held = np.full(len(units_needed), INF)
    for place, needed in enumerate(units_needed):
        there = sorted(ready_s[unit, place] for unit, at in place_of_unit.items() if at == place)
        if len(there) >= needed:
            held[place] = there[needed - 1]
    return held


def two_bridges() -> Streets:
    """0 is the old town; bridges 1 and 2 lead out of it, both to gate 3, behind which is exit 4."""
    return Streets({(0, 1): 2, (0, 2): 4, (1, 3): 3, (2, 3): 3, (3, 4): 1}, 4, (4,))


def ready(*rows) -> np.ndarray:
    """Minutes at which each unit is ready at each place; None where it cannot be."""
    return np.array([[INF if m is None else 60.0 * m for m in row] for row in rows])


ONE_EACH = np.ones(4, np.int32)


def test_one_unit_at_the_gate_behind_both_bridges_is_enough():
    """It is there after 5 minutes, in the very minute in which the subject could be."""
    seal = fewest_to_seal(ready([None, 0, 0, 5], [None, 0, 0, 9]), ONE_EACH, two_bridges(), 1)
    assert seal.sealed
    assert seal.place_of_unit == {0: 3}
    assert (seal.bound, seal.gap, seal.proven) == (1, 0, True)
    assert seal.open_exits == ()


def test_where_the_gate_is_reached_too_late_both_bridges_are_held():
    """Two units, one at each; the second one has until minute 4."""
    seal = fewest_to_seal(ready([None, 1, 9, 6], [None, 9, 4, 6]), ONE_EACH, two_bridges(), 1)
    assert seal.sealed
    assert seal.place_of_unit == {0: 1, 1: 2}
    assert seal.bound == 2


def test_an_exit_that_one_unit_too_few_leaves_open_is_said_to_need_more_units():
    """One unit for two bridges."""
    seal = fewest_to_seal(ready([None, 1, 1, 6]), ONE_EACH, two_bridges(), 1)
    assert not seal.sealed
    (left,) = seal.open_exits
    assert (left.exit, left.reason) == (0, "too_few_units")
    assert seal.place_of_unit == {}, "nobody is sent for nothing"
    assert seal.proven
    assert seal.open_gap == 0.0


def test_an_exit_that_nobody_can_be_in_time_for_is_said_to_be_so():
    """Bridge 1 is passed after 2 minutes, the gate after 5."""
    seal = fewest_to_seal(ready([None, 3, 1, 6], [None, 3, 1, 6]), ONE_EACH, two_bridges(), 1)
    (left,) = seal.open_exits
    assert left.reason == "nobody_in_time"
    assert left.path.places.tolist() == [1, 3]
    assert left.path.arrival_s == 360.0
    assert seal.open_bound == 1.0
    assert seal.proven


def test_of_two_exits_and_one_unit_the_heavier_one_is_closed():
    """Both are next door; exit 1 weighs more."""
    streets = Streets({(0, 1): 5, (0, 2): 5, (1, 3): 1, (2, 4): 1}, 3, (3, 4))
    one_each = np.ones(3, np.int32)
    seal = fewest_to_seal(
        ready([None, 0, 0]), one_each, streets, 2, exit_weight=np.array([1.0, 2.5])
    )
    assert seal.place_of_unit == {0: 2}
    assert [left.exit for left in seal.open_exits] == [0]


def test_of_seals_with_as_many_units_the_one_with_the_largest_margin_is_taken():
    """Place 1 or place 2 on the same road; at place 2 the unit has four minutes to spare."""
    streets = Streets({(0, 1): 5, (1, 2): 5, (2, 3): 1}, 3, (3,))
    seal = fewest_to_seal(
        ready([None, 4, 6]),
        np.ones(3, np.int32),
        streets,
        1,
        earliest_s=np.array([0.0, 300.0, 600.0]),
    )
    assert seal.place_of_unit == {0: 2}
    assert seal.margin_s == 240.0
    assert seal.ties_proven


def test_nobody_is_sent_when_no_exit_can_be_reached():
    """A street without an end to it."""
    seal = fewest_to_seal(ready([None, 1]), np.ones(2, np.int32), Streets({(0, 1): 1}, 2, (5,)), 1)
    assert (seal.sealed, seal.place_of_unit, seal.proven, seal.rounds) == (True, {}, True, 1)


def test_without_time_there_is_a_plan_all_the_same():
    """Whatever it leaves open is left open for lack of time, as far as one can know."""
    seal = fewest_to_seal(
        ready([None, 1, 9, 6], [None, 9, 4, 6]), ONE_EACH, two_bridges(), 1, limit_s=0.0
    )
    assert not seal.proven
    assert seal.sealed == (seal.open_exits == ())
    assert {left.reason for left in seal.open_exits} <= {"time_limit"}
    assert 0 <= seal.bound <= 2


def test_a_search_that_contradicts_itself_is_found_out():
    """Rather than asked for ever: this one says that the gate is open whoever stands there."""
    streets = two_bridges()

    class Stubborn:
        def __call__(self, held):
            return streets(np.full(4, INF)) if np.isfinite(held).sum() < 3 else []

    with pytest.raises(RuntimeError, match="held in time"):
        fewest_to_seal(
            ready([None, 1, 1, 1], [None, 1, 1, 1]), ONE_EACH, Stubborn(), 1, limit_s=20.0
        )


def random_case(seed: int):
    rng = np.random.default_rng(seed)
    units, places, exits = rng.integers((1, 3, 1), (5, 6, 4))
    corners = places + exits
    minutes = {}
    for _ in range(int(rng.integers(2 * corners, 4 * corners))):
        tail, head = rng.integers(0, places), rng.integers(0, corners)
        if (tail, head < places) != (0, False) and tail != head:
            minutes[int(tail), int(head)] = int(rng.integers(1, 5)) + 2 * int(tail == 0)
    streets = Streets(minutes, int(places), tuple(range(int(places), int(corners))))
    ready_s = rng.integers(0, 8, (units, places)) * 60.0
    ready_s[rng.random(ready_s.shape) < 0.1] = INF
    needed = rng.choice([1, 1, 1, 2], places).astype(np.int32)
    weight = (None, rng.integers(1, 4, exits) * 0.5, rng.random(exits) + 0.1)[seed % 3]
    return streets, ready_s, needed, weight


def best_by_trying(streets, ready_s, needed, weight, earliest_s):
    """(weight left open, units, minus smallest margin) of the best of all plans."""
    units, places = ready_s.shape
    worth = []
    for choice in product([None, *range(1, places)], repeat=units):
        sent = {unit: at for unit, at in enumerate(choice) if at is not None}
        if any(not np.isfinite(ready_s[unit, at]) for unit, at in sent.items()):
            continue
        open_exits = {path.exit for path in streets(held_from_s(ready_s, needed, sent))}
        margin_s = min((earliest_s[at] - ready_s[u, at] for u, at in sent.items()), default=INF)
        left = round(float(weight[sorted(open_exits)].sum()), 9)
        worth.append((left, len(sent), -margin_s))
    return min(worth)


@pytest.mark.parametrize("chunk", range(6))
def test_no_plan_is_better_than_the_one_found(chunk):
    """As little open, with as few units, with as large a margin as the best of all plans; and what
    is claimed to be sealed is sealed for those who wait as well."""
    for seed in range(50 * chunk, 50 * (chunk + 1)):
        streets, ready_s, needed, given = random_case(seed)
        exits = len(streets.exits)
        weight = np.ones(exits) if given is None else given
        earliest_s = np.random.default_rng(seed).integers(0, 9, len(needed)) * 60.0
        seal = fewest_to_seal(
            ready_s, needed, streets, exits, limit_s=20.0, exit_weight=given, earliest_s=earliest_s
        )
        left, units, margin_s = best_by_trying(streets, ready_s, needed, weight, earliest_s)
        assert seal.proven, seed
        open_weight = weight[[one.exit for one in seal.open_exits]].sum()
        assert open_weight == pytest.approx(left, abs=1e-8), seed
        assert seal.open_bound == pytest.approx(left, abs=1e-8), seed
        assert len(seal.place_of_unit) == units == seal.bound, seed
        if seal.ties_proven:
            assert seal.margin_s == -margin_s, seed
        held = held_from_s(ready_s, needed, seal.place_of_unit)
        assert streets.reachable_at_leisure(held) == {one.exit for one in seal.open_exits}, seed
        soonest = [
            sorted(ready_s[:, place])[need - 1] if len(ready_s) >= need else INF
            for place, need in enumerate(needed)
        ]
        never = streets.reachable_at_leisure(np.array(soonest))
        for one in seal.open_exits:
            assert (one.reason == "nobody_in_time") == (one.exit in never), seed


def test_most_of_those_plans_are_compared_to_the_margin():
    """Else the claim about margins would be about nothing."""
    compared = 0
    for seed in range(40):
        streets, ready_s, needed, given = random_case(seed)
        earliest_s = np.full(len(needed), 300.0)
        compared += fewest_to_seal(
            ready_s,
            needed,
            streets,
            len(streets.exits),
            limit_s=20.0,
            exit_weight=given,
            earliest_s=earliest_s,
        ).ties_proven
    assert compared >= 25


def test_numbers_that_make_no_sense_are_refused():
    """With what they should be."""
    streets = two_bridges()
    with pytest.raises(ValueError, match="of 4 places"):
        fewest_to_seal(ready([1]), ONE_EACH, streets, 1)
    with pytest.raises(ValueError, match="inf, not at NaN"):
        fewest_to_seal(np.full((1, 4), np.nan), ONE_EACH, streets, 1)
    with pytest.raises(ValueError, match="at least one unit"):
        fewest_to_seal(ready([1, 1, 1, 1]), 0 * ONE_EACH, streets, 1)
    with pytest.raises(ValueError, match="a finite weight above 0"):
        fewest_to_seal(ready([1, 1, 1, 1]), ONE_EACH, streets, 1, exit_weight=np.zeros(1))
