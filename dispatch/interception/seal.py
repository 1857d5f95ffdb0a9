"""The fewest units that leave no way out, or as few ways out as can be."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dispatch.interception.escape import EscapePath, EscapeSearch
from dispatch.interception.seal_program import Posting, SealProgram, last_passings_of

Reason = Literal["nobody_in_time", "too_few_units", "time_limit"]

SEARCHES_A_ROUND = 4
"""Ways out looked for one after another, each past all that could be done about those before it:
more of them are more work for a round and fewer rounds."""

TIE_TIME = 0.5
"""Share of what is left of the time, once the seal is proven, that may go into a larger margin."""

IDLE_TIME = 0.2
"""Share of what is left of the time that may go into sending nobody for nothing at first."""

_SAME_WEIGHT = 1e-9

_CONTRADICTION = "The search for ways out found one that is held in time."


@dataclass(frozen=True, slots=True, eq=False)
class OpenExit:
    """An exit that the subject can get to past this plan."""

    exit: int
    path: EscapePath
    """The fastest way."""
    reason: Reason
    """"nobody_in_time": open even if every checkpoint were held as soon as anybody can be there;
    "too_few_units": there are not units enough, and what they can do better was chosen;
    "time_limit": perhaps it could be closed, but no such plan was found in time."""


@dataclass(frozen=True, slots=True, eq=False)
class Seal:
    """Who stands where, and which exits that leaves open."""

    sealed: bool
    """The last search found no way to any exit."""
    place_of_unit: dict[int, int]
    open_exits: tuple[OpenExit, ...]
    bound: int
    """No fewer units are enough for leaving no more open than this plan."""
    gap: int
    """Units sent beyond `bound`."""
    open_bound: float
    """Weight of the exits that every plan leaves open."""
    open_gap: float
    """Weight of the exits left open beyond `open_bound`."""
    proven: bool
    """No plan leaves less open, and none that leaves as little open sends fewer units."""
    ties_proven: bool
    """And none of those has a larger least margin."""
    margin_s: float
    """The smallest margin of the units sent; inf where none is, NaN where it was not asked for."""
    rounds: int
    paths_added: int
    """Ways out that the plan was made against."""
    seconds: float


def fewest_to_seal(
    ready_s: np.ndarray,
    units_needed: np.ndarray,
    escape: EscapeSearch,
    exits: int,
    *,
    limit_s: float = 2.0,
    exit_weight: np.ndarray | None = None,
    earliest_s: np.ndarray | None = None,
) -> Seal:
    """The plan that leaves the least weight of exits open; of those the one with the fewest units;
    of those, where `earliest_s` is given, the one whose smallest margin is largest.

    ready_s       float64[unit, place], seconds since the sighting; inf where a unit cannot be.
    units_needed  int32[place], at least 1; a place is held from the last of so many on.
    escape        finds the ways out past what is held.
    exits         their number.
    limit_s       after so long the best plan found is returned, with what was proven by then.
    exit_weight   float64[exit], above 0; 1 each where it is not given.
    earliest_s    float64[place]: the subject is there no sooner.

    Cutting planes. Every way out found is a row of an integer program: at one of its places enough
    units must be ready no later than it passes, or its exit is given up. The program is solved, its
    plan is tried by looking for ways out, those found are added, and so on. The rows are true of
    every plan, so the program's optimum is a bound; a plan past which no way leads other than to
    exits given up attains it. There are finitely many ways out, and none is found twice.
    """
    return _Sealing(ready_s, units_needed, escape, exits, limit_s, exit_weight, earliest_s).seal()


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """A plan, and the ways out past it."""

    place_of_unit: dict[int, int]
    paths: list[EscapePath]
    weight: float

    @property
    def worth(self) -> tuple[float, int]:
        """Smaller is better."""
        return round(self.weight, 9), len(self.place_of_unit)


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A way out that is open."""

    weight: float  # of its exit
    exit: int
    place: np.ndarray  # int32[], rising
    time_s: np.ndarray  # float64[], the last time at each

    def is_at(self, place: int) -> float:
        """When it passes a place for the last time; -inf where it never does."""
        at = int(np.searchsorted(self.place, place))
        there = at < len(self.place) and self.place[at] == place
        return float(self.time_s[at]) if there else -np.inf


class _Sealing:
    """One seal in the making."""

    def __init__(
        self, ready_s, units_needed, escape, exits, limit_s, exit_weight, earliest_s
    ) -> None:
        self._started_s = time.perf_counter()
        self._until_s = self._started_s + limit_s
        self._ready_s = np.ascontiguousarray(ready_s, dtype=np.float64)
        self._needed = np.asarray(units_needed, dtype=np.int64)
        self._escape = escape
        weight = np.ones(exits) if exit_weight is None else np.asarray(exit_weight, dtype=float)
        if self._ready_s.ndim != 2 or self._ready_s.shape[1] != len(self._needed):
            raise ValueError(f"ready_s has a row for each unit, of {len(self._needed)} places.")
        if np.isnan(self._ready_s).any():
            raise ValueError("A unit that cannot be at a place is ready at inf, not at NaN.")
        if self._needed.min(initial=1) < 1:
            raise ValueError("A place needs at least one unit.")
        if len(weight) != exits or not (np.isfinite(weight) & (weight > 0)).all():
            raise ValueError(f"There are {exits} exits, each with a finite weight above 0.")
        self._weight = weight
        self._earliest_s = None if earliest_s is None else np.asarray(earliest_s, dtype=float)
        self._program = SealProgram(self._ready_s, self._needed, weight)
        self._soonest_s = self._program.soonest_s()
        self._rounds = 0
        self._hopeless: frozenset[int] = frozenset()

    def seal(self) -> Seal:
        nobody = np.full(len(self._needed), np.inf)
        self._hopeless = frozenset(path.exit for path in self._escape(self._soonest_s))
        self._collect(nobody, self._escape(nobody), searches=None)
        best = self._at_once(near_exits=False)
        if {path.exit for path in best.paths} > self._hopeless:
            best = min(best, self._at_once(near_exits=True), key=lambda one: one.worth)
        best, bound, proven = self._fewest(best)
        ties_proven = proven and self._earliest_s is None
        if proven and self._earliest_s is not None:
            best, ties_proven = self._largest_margin(best)
        return self._answer(best, bound, proven, ties_proven)

    # ------------------------------------------------------------------ the fewest

    def _fewest(self, best: _Tried) -> tuple[_Tried, Posting | None, bool]:
        """(best plan, the last proven bound, whether the plan attains it)."""
        bound = None
        while self._left_s() > 0.0:
            posting = self._program.solve(self._left_s(), given_up=self._hopeless)
            if posting is None:
                break
            self._rounds += 1
            if posting.proven:
                bound = posting
            tried = self._try(posting.place_of_unit)
            best = min(best, tried, key=lambda one: one.worth)
            if posting.proven and not self._leaks(tried, posting):
                return tried, posting, True
            if not posting.proven:
                bound = bound or posting
                break
            # Another plan that was tried before may be as good as the bound.
            if best.worth == (round(self._hopeless_weight + posting.weight, 9), posting.bound):
                return best, posting, True
            self._collect(
                self._program.held_from_s(tried.place_of_unit), tried.paths, SEARCHES_A_ROUND
            )
        return best, bound, False

    def _leaks(self, tried: _Tried, posting: Posting) -> bool:
        """Whether a way out is left other than those given up; such ways are added."""
        allowed = self._hopeless | posting.given_up
        leaks = [path for path in tried.paths if path.exit not in allowed]
        if leaks and not sum(self._program.add(path) for path in leaks):
            raise RuntimeError(_CONTRADICTION)
        return bool(leaks)

    def _try(self, place_of_unit: dict[int, int]) -> _Tried:
        paths = list(self._escape(self._program.held_from_s(place_of_unit)))
        weight = float(self._weight[sorted({path.exit for path in paths})].sum())
        return _Tried(place_of_unit, paths, weight)

    def _collect(
        self, held_from_s: np.ndarray, paths: list[EscapePath], searches: int | None
    ) -> None:
        """Adds these ways out, and others that pass none of their places in time: each of those
        needs another unit. Until there are none, or for so many searches."""
        before_s = held_from_s
        while paths := [path for path in paths if path.exit not in self._hopeless]:
            held_from_s = before_s.copy()
            for path in paths:
                self._program.add(path)
                place, time_s = last_passings_of(path)
                could = place[self._soonest_s[place] <= time_s]
                held_from_s[could] = self._soonest_s[could]
            if searches is not None:
                searches -= 1
            if searches == 0 or self._left_s() <= 0.0:
                break
            if (held_from_s == before_s).all():
                raise RuntimeError(_CONTRADICTION)
            before_s = held_from_s
            paths = list(self._escape(held_from_s))

    # ------------------------------------------------------------------ a first plan

    def _at_once(self, near_exits: bool) -> _Tried:
        """A plan without an integer program: at each place that stops the most ways out now open,
        the soonest units that are free; until nothing more can be closed, or time is up.

        Where units are many, the places that most ways share are good. Where they are too few, ways
        go round those, and each way's last place is better.
        """
        place_of_unit: dict[int, int] = {}
        beyond = set(self._hopeless)
        while True:
            tried = self._try(place_of_unit)
            ways = [
                _Way(float(self._weight[path.exit]), path.exit, *last_passings_of(path))
                for path in tried.paths
                if path.exit not in beyond
            ]
            if not ways or self._left_s() <= 0.0:
                return self._without_idle(tried)
            while ways:
                place = self._send_to_most(ways, place_of_unit, near_exits)
                if place is None:
                    break
                held_s = self._program.held_from_s(place_of_unit)[place]
                ways = [way for way in ways if not way.is_at(place) >= held_s]
            beyond |= {way.exit for way in ways}

    def _send_to_most(
        self, ways: list[_Way], place_of_unit: dict[int, int], near_exits: bool
    ) -> int | None:
        """Sends the soonest free units to the place that then stops the most ways for each of them;
        None where no units can stop any."""
        stops_s: dict[int, float] = {}
        sent_to: dict[int, list[int]] = {}
        free = np.ones(len(self._ready_s), dtype=bool)
        free[list(place_of_unit)] = False
        for place in np.unique(np.concatenate([way.place for way in ways])).tolist():
            needed = int(self._needed[place])
            ready_s = np.where(free, self._ready_s[:, place], np.inf)
            there = [unit for unit, at in place_of_unit.items() if at == place]
            ready_s[there] = self._ready_s[there, place]
            soonest = np.argsort(ready_s, kind="stable")[:needed]
            if len(soonest) < needed or not np.isfinite(ready_s[soonest[-1]]):
                continue
            if sent := [unit for unit in soonest.tolist() if free[unit]]:
                stops_s[place], sent_to[place] = float(ready_s[soonest[-1]]), sent
        worth = dict.fromkeys(stops_s, 0.0)
        for way in ways:
            stopped_at = [
                (time_s, place)
                for place, time_s in zip(way.place.tolist(), way.time_s.tolist(), strict=True)
                if place in stops_s and stops_s[place] <= time_s
            ]
            if near_exits and stopped_at:
                stopped_at = [max(stopped_at)]
            for _, place in stopped_at:
                worth[place] += way.weight / len(sent_to[place])
        best = max(worth, key=lambda place: (worth[place], -stops_s[place]), default=None)
        if best is None or worth[best] == 0.0:
            return None
        place_of_unit |= dict.fromkeys(sent_to[best], best)
        return best

    def _without_idle(self, tried: _Tried) -> _Tried:
        """The plan without the places that close no exit, as far as there is time to try."""
        until_s = time.perf_counter() + IDLE_TIME * max(0.0, self._left_s())
        for place in sorted(set(tried.place_of_unit.values())):
            if time.perf_counter() > until_s:
                break
            rest = {unit: at for unit, at in tried.place_of_unit.items() if at != place}
            fewer = self._try(rest)
            if fewer.worth < tried.worth:
                tried = fewer
        return tried

    # ------------------------------------------------------------------ the largest margin

    def _largest_margin(self, best: _Tried) -> tuple[_Tried, bool]:
        """Of the plans that are as good, one whose smallest margin is largest, by halving."""
        if not best.place_of_unit:
            return best, True
        open_exits = frozenset(path.exit for path in best.paths)
        if open_exits != self._hopeless:
            # Other exits of the same weight may be left open: all such plans are not compared.
            return best, False
        until_s = time.perf_counter() + TIE_TIME * self._left_s()
        margins_s = self._earliest_s - self._ready_s
        steps_s = np.unique(margins_s[np.isfinite(margins_s)])
        low = int(np.searchsorted(steps_s, self._margin_s(best.place_of_unit)))
        high = len(steps_s) - 1
        while low < high:
            middle = (low + high + 1) // 2
            found = self._with_margin(float(steps_s[middle]), len(best.place_of_unit), until_s)
            if found is None:
                return best, False
            if found.place_of_unit:
                best = found
                low = max(middle, int(np.searchsorted(steps_s, self._margin_s(best.place_of_unit))))
            else:
                high = middle - 1
        return best, True

    def _with_margin(self, margin_s: float, units: int, until_s: float) -> _Tried | None:
        """A seal by at most so many units of at least this margin; one without units where there is
        none; None where time was too short."""
        latest_s = self._earliest_s - margin_s
        while (left_s := until_s - time.perf_counter()) > 0.0:
            posting = self._program.solve(left_s, latest_s, self._hopeless)
            if posting is None or not posting.proven:
                return None
            if posting.given_up or posting.bound > units:
                return _Tried({}, [], 0.0)
            tried = self._try(posting.place_of_unit)
            if not self._leaks(tried, posting):
                return tried
            self._rounds += 1
            self._collect(
                self._program.held_from_s(tried.place_of_unit), tried.paths, SEARCHES_A_ROUND
            )
        return None

    def _margin_s(self, place_of_unit: dict[int, int]) -> float:
        if self._earliest_s is None:
            return float("nan")
        return min(
            (
                float(self._earliest_s[place] - self._ready_s[unit, place])
                for unit, place in place_of_unit.items()
            ),
            default=float("inf"),
        )

    # ------------------------------------------------------------------ parts

    def _left_s(self) -> float:
        return self._until_s - time.perf_counter()

    @property
    def _hopeless_weight(self) -> float:
        return float(self._weight[sorted(self._hopeless)].sum())

    def _answer(self, best: _Tried, bound: Posting | None, proven: bool, ties_proven: bool) -> Seal:
        open_bound = self._hopeless_weight
        units_bound = 0
        if bound is not None and bound.proven:
            open_bound += bound.weight
        open_gap = 0.0 if proven else max(0.0, best.weight - open_bound)
        if bound is not None and open_gap <= _SAME_WEIGHT:
            units_bound = min(bound.bound, len(best.place_of_unit))
        return Seal(
            sealed=not best.paths,
            place_of_unit=dict(sorted(best.place_of_unit.items())),
            open_exits=tuple(
                OpenExit(path.exit, path, self._why(path.exit, proven)) for path in best.paths
            ),
            bound=units_bound,
            gap=len(best.place_of_unit) - units_bound,
            open_bound=open_bound,
            open_gap=open_gap,
            proven=proven,
            ties_proven=ties_proven,
            margin_s=self._margin_s(best.place_of_unit),
            rounds=self._rounds,
            paths_added=self._program.cuts,
            seconds=time.perf_counter() - self._started_s,
        )

    def _why(self, exit: int, proven: bool) -> Reason:
        if exit in self._hopeless:
            return "nobody_in_time"
        return "too_few_units" if proven else "time_limit"
