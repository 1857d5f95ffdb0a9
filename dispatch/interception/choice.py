"""Which units hold which places: one layer of a plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from dispatch.interception.columns import Passings, columns_of
from dispatch.interception.coverage import Coverage, best_coverage

TIES_LIMIT_S = 0.04
"""Once the largest share is proven, so long is spent on its margin and on its units: a plan is
waited for."""


@dataclass(frozen=True, slots=True)
class Post:
    """One unit at one checkpoint. Times are seconds after the sighting."""

    unit_id: str
    place: int
    """Index into the plan's checkpoints."""
    layer: int
    """1, or 2 for whoever waits further on."""
    ready_s: float
    earliest_s: float
    """Nobody is expected there sooner."""
    share: float
    """Of all drives those that it catches, whatever others catch."""

    @property
    def margin_s(self) -> float:
        """提前量: from being ready to the subject's earliest arrival; negative where somebody in a
        hurry may be through before."""
        return self.earliest_s - self.ready_s


@dataclass(frozen=True, slots=True)
class Choice:
    """What stays the same while a plan's layers are chosen."""

    ready_s: np.ndarray
    """float64[unit, place], seconds after the sighting; inf where it cannot be."""
    earliest_s: np.ndarray
    """float64[place]."""
    needed: np.ndarray
    """int[place]: units that it takes to hold it."""
    weight: np.ndarray
    """float64[scenario], adding up to 1."""
    limit_s: float
    """One choice ends by then with the best found."""
    keep_gain: float
    """Who stands moves only where that catches so much more of the drives."""
    least_gain: float
    """Nobody is sent for less of the drives than this, caught by nobody else."""

    def of(
        self,
        passings: Passings,
        standing: Mapping[int, int],
        without: Collection[int] = (),
    ) -> Coverage:
        """The best choice; whoever stands stays unless moving gains enough."""
        ready_s = self.ready_s
        if without:
            ready_s = ready_s.copy()
            ready_s[list(without)] = np.inf
        columns = columns_of(passings, ready_s, self.earliest_s, self.needed, self.weight)
        free = best_coverage(columns, limit_s=self.limit_s, ties_limit_s=TIES_LIMIT_S)
        if not standing:
            return free
        staying = best_coverage(
            columns, standing=standing, limit_s=self.limit_s, ties_limit_s=TIES_LIMIT_S
        )
        return free if free.share > staying.share + self.keep_gain else staying

    def worth_it(
        self, chosen: Coverage, passings: Passings, standing: Mapping[int, int]
    ) -> dict[int, int]:
        """Place by unit, without the places that gain too little beside the others, the least
        first. Who stands already stays."""
        sent = dict(chosen.place_of_unit)
        staying = set(standing.values())
        while True:
            held_s = self.held_from_s(sent)
            places = np.flatnonzero(np.isfinite(held_s))
            caught = np.array([self._caught_at(p, held_s, passings) for p in places])
            if not len(places):
                return {}
            alone = caught & (caught.sum(axis=0) == 1)
            gain = alone @ self.weight
            gain[np.isin(places, list(staying))] = np.inf
            least = int(gain.argmin())
            if gain[least] >= self.least_gain:
                return {unit: place for unit, place in sent.items() if np.isfinite(held_s[place])}
            sent = {unit: place for unit, place in sent.items() if place != places[least]}

    def held_from_s(self, sent: Mapping[int, int]) -> np.ndarray:
        """float64[place]: from when each place is held by those sent there; inf where it is not."""
        held_s = np.full(self.ready_s.shape[1], np.inf)
        for place in set(sent.values()):
            there = [unit for unit, at in sent.items() if at == place]
            if len(there) >= self.needed[place]:
                held_s[place] = np.sort(self.ready_s[there, place])[self.needed[place] - 1]
        return held_s

    def posts(
        self, sent: Mapping[int, int], layer: int, unit_ids: list[str], passings: Passings
    ) -> tuple[list[Post], np.ndarray]:
        """The posts, those that catch most first, and bool[scenario]: what they catch."""
        held_s = self.held_from_s(sent)
        caught_by = {p: self._caught_at(p, held_s, passings) for p in sorted(set(sent.values()))}
        posts = [
            Post(
                unit_ids[unit],
                place,
                layer,
                float(self.ready_s[unit, place]),
                float(self.earliest_s[place]),
                float(self.weight[caught_by[place]].sum()),
            )
            for unit, place in sent.items()
        ]
        caught = np.zeros(len(self.weight), dtype=bool)
        for at_place in caught_by.values():
            caught |= at_place
        return sorted(posts, key=lambda post: (-post.share, post.unit_id)), caught

    def _caught_at(self, place: int, held_s: np.ndarray, passings: Passings) -> np.ndarray:
        """bool[scenario]."""
        there = (passings.place == place) & (passings.time_s >= held_s[place])
        caught = np.zeros(len(self.weight), dtype=bool)
        caught[scenario_of(passings)[there]] = True
        return caught


def scenario_of(passings: Passings) -> np.ndarray:
    """int64[passing]."""
    return np.repeat(np.arange(len(passings)), np.diff(passings.first))


def later_passings(passings: Passings, held_s: np.ndarray) -> Passings:
    """The passings that come after the places held from ``held_s`` have had their chance."""
    scenario = scenario_of(passings)
    caught = passings.time_s >= held_s[passings.place]
    from_s = np.full(len(passings), -np.inf)
    begin = np.flatnonzero(caught)[::-1]  # the first of each scenario is written last
    from_s[scenario[begin]] = passings.time_s[begin]
    later = passings.time_s > from_s[scenario]
    # The places of the first layer are taken.
    later &= ~np.isfinite(held_s)[passings.place]
    count = np.bincount(scenario[later], minlength=len(passings))
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Passings(first, passings.place[later], passings.time_s[later])
