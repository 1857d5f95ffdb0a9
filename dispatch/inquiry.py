"""A question in work: where the victim may be, and who is left to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import numpy as np

from dispatch.arrival import Arrivals, soonest
from dispatch.live_picture import LivePicture
from dispatch.picture_view import LONGEST_DELAY_MS
from dispatch.question import Question, Want
from dispatch.responders import Status
from dispatch.sight import Held, Muster, Roster, kind_bits
from dispatch.spots import Spots, find_spots
from geodata.changes import RoadChanges
from geodata.coordinates import distance_m
from geodata.errors import NoRouteError
from geodata.metric import Metric
from geodata.positions import RoadPositions
from geodata.search import shortest_path
from geodata.snapping import Snapper


class Roads(Protocol):
    """The roads as they are now."""

    snapper: Snapper
    metrics: dict[str, Metric]

    def closed_edges(self, mode: str, changes: RoadChanges | None) -> np.ndarray | None:
        """bool[edge]: closed in both directions; None where nothing is."""


@dataclass(frozen=True, slots=True)
class _Within:
    """Of what a caller holds, some jurisdictions and all below them."""

    held: Held
    names: tuple[str, ...]

    def hold(self, jurisdiction: str) -> bool:
        return self.held.hold(jurisdiction) and any(
            jurisdiction == name or jurisdiction.startswith(f"{name}/") for name in self.names
        )


class Inquiry:
    """One question of one caller at one moment. Lives inside `LivePicture.reading`."""

    def __init__(
        self,
        picture: LivePicture,
        roads: Roads,
        question: Question,
        held: Held,
        now_s: float,
    ) -> None:
        self.picture = picture
        self.roads = roads
        self.question = question
        self.held = held
        self.now_s = now_s
        self.limit_ms = int(question.limit_s * 1000)
        self.likeliest = max(question.places, key=lambda place: place.weight)
        self._unavailable = [
            key for key, status in question.engaged.items() if status is not Status.AVAILABLE
        ]
        """Keys of those whom the question knows to be doing something."""
        self.muster: Muster = picture.muster(
            held,
            now_s,
            capabilities=question.capabilities,
            without=chain(question.without, question.sent, self._unavailable),
            only=question.only,
        )
        """Who may still be chosen."""
        self.known: Muster = self._all_of(held)
        """Whom the caller may see and the question is about, whatever they do and however old
        their fix."""
        self.spots: dict[str, Spots | None] = {}
        self._kinds_on_road = {
            mode: np.bitwise_or.reduce(self.muster.eligible[: o.capacity][o.edge >= 0], initial=0)
            for mode, o in picture.occupants.items()
        }
        """Bits of the kinds that somebody of this mode is of."""

    def modes(self, want: Want) -> Iterator[str]:
        """Modes that the wanted may travel by on this map."""
        return (mode for mode in self.picture.occupants if not want.modes or mode in want.modes)

    def spots_for(self, mode: str) -> Spots | None:
        """Where the victim may be, as this mode can get there; None when it cannot get near."""
        if mode not in self.spots:
            closed = self.roads.closed_edges(mode, self.question.changes)
            self.spots[mode] = find_spots(self.roads.snapper, self.question.places, mode, closed)
        return self.spots[mode]

    def soonest(self, mode: str, want: Want) -> Arrivals | None:
        """The first of one mode within the question's limit, by the time that they are ranked by:
        their arrival, and what their kind is set back by. None when there is nobody to look for,
        or no way in."""
        bits = kind_bits(want.kinds)
        if not self._kinds_on_road[mode] & bits:
            return None
        # A search for more than there are would not end before it has seen the whole map.
        occupants = self.picture.occupants[mode]
        eligible = self._eligible(want)
        wanted = eligible[: occupants.capacity] & np.uint32(bits) != 0
        there = int(np.count_nonzero(wanted & (occupants.edge >= 0)))
        if not there:
            return None
        k = min(want.count, there)
        set_back_ms = self._set_back_ms(want)
        if set_back_ms is None:
            return self._search(mode, k, eligible, bits, self.limit_ms)
        delay_ms = np.minimum(self.muster.delay_ms + set_back_ms, LONGEST_DELAY_MS)
        limit_ms = self.limit_ms + int(set_back_ms.max(initial=0))
        while True:
            found = self._search(mode, k, eligible, bits, limit_ms, delay_ms)
            if found is None:
                return None
            in_time = np.flatnonzero(found.last_ms - set_back_ms[found.slot] <= self.limit_ms)
            if len(in_time) >= min(want.count, there) or len(found.slot) < k or k == there:
                return found.take(in_time[: want.count])
            k = min(2 * k, there)  # some are there too late, and others may lie behind them

    def held_for(self, want: Want) -> Held:
        """The jurisdictions that the wanted may be of."""
        return _Within(self.held, want.within) if want.within else self.held

    def known_for(self, want: Want) -> Muster:
        """All whom a want is about, whatever they do."""
        return self._all_of(self.held_for(want)) if want.within else self.known

    def _all_of(self, held: Held) -> Muster:
        return self.picture.muster(
            held, self.now_s, statuses=None, only=self.question.only, with_lost=True
        )

    def engaged_of(self, want: Want) -> int:
        """How many of the wanted kinds the picture shows as available who are not."""
        held, bits = self.held_for(want), np.uint32(kind_bits(want.kinds))
        taken = chain(self.question.sent, self._unavailable)
        shown = self.picture.muster(held, self.now_s).eligible & bits
        free = self.picture.muster(held, self.now_s, without=taken).eligible & bits
        return int(np.count_nonzero(shown) - np.count_nonzero(free))

    def _eligible(self, want: Want) -> np.ndarray:
        """uint32[slot]: as in `muster`, those of other jurisdictions than wanted left out."""
        if not want.within:
            return self.muster.eligible
        ours = self.picture.muster(self.held_for(want), self.now_s).eligible
        return np.where(ours != 0, self.muster.eligible, np.uint32(0))

    def _set_back_ms(self, want: Want) -> np.ndarray | None:
        """int32[slot]: what everybody's kind is set back by; None where no kind is."""
        if not any(want.set_back_s.values()):
            return None
        set_back_ms = np.zeros(len(self.muster.eligible), dtype=np.int32)
        for kind, seconds in want.set_back_s.items():
            set_back_ms[self.muster.eligible == kind_bits([kind])] = round(seconds * 1000)
        return set_back_ms

    def soonest_of(self, mode: str, slots: list[int], limit_ms: int) -> Arrivals | None:
        """These responders, who stand on roads of the mode, soonest first; None for no way in."""
        only = np.zeros_like(self.muster.eligible)
        only[slots] = 1
        return self._search(mode, len(slots), only, 1, limit_ms)

    def _search(
        self,
        mode: str,
        k: int,
        eligible: np.ndarray,
        bits: int,
        limit_ms: int,
        delay_ms: np.ndarray | None = None,
    ) -> Arrivals | None:
        spots = self.spots_for(mode)
        if spots is None:
            return None
        return soonest(
            self.roads.metrics[mode],
            spots,
            self.picture.occupants[mode],
            k,
            eligible,
            bits,
            self.muster.delay_ms if delay_ms is None else delay_ms,
            limit_ms,
            self.question.changes,
        )

    def line_m(self, roster: Roster) -> np.ndarray:
        """float64[row]: metres in a straight line to the likeliest place."""
        return distance_m(roster.lon, roster.lat, self.likeliest.lon, self.likeliest.lat)

    def leads_in(self, mode: str, roster: Roster, row: int) -> bool:
        """Whether any way at all leads from a responder to the likeliest place."""
        spots = self.spots_for(mode)
        if spots is None:
            return False
        stands = RoadPositions.on_edges([roster.edge[row]], [roster.fraction[row]])
        door = spots.positions.take([spots.likeliest])
        try:
            shortest_path(self.roads.metrics[mode], stands, door, changes=self.question.changes)
        except NoRouteError:
            return False
        return True
