"""A question in work: where the victim may be, and who is left to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from dispatch.arrival import Arrivals, soonest
from dispatch.live_picture import LivePicture
from dispatch.question import Question, Want
from dispatch.sight import Held, Muster, Roster
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
        self.muster: Muster = picture.muster(
            held, now_s, capabilities=question.capabilities, without=question.without
        )
        """Who may still be chosen."""
        self.known: Muster = picture.muster(held, now_s, statuses=None, with_lost=True)
        """Whom the caller may see, whatever they do and however old their fix."""
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

    def soonest(self, mode: str, k: int, bits: int) -> Arrivals | None:
        """The soonest of one mode within the question's limit; None when there is nobody to look
        for, or no way in."""
        if not self._kinds_on_road[mode] & bits:
            return None
        # A search for more than there are would not end before it has seen the whole map.
        occupants = self.picture.occupants[mode]
        wanted = self.muster.eligible[: occupants.capacity] & np.uint32(bits) != 0
        there = int(np.count_nonzero(wanted & (occupants.edge >= 0)))
        if not there:
            return None
        return self._search(mode, min(k, there), self.muster.eligible, bits, self.limit_ms)

    def soonest_of(self, mode: str, slots: list[int], limit_ms: int) -> Arrivals | None:
        """These responders, who stand on roads of the mode, soonest first; None for no way in."""
        only = np.zeros_like(self.muster.eligible)
        only[slots] = 1
        return self._search(mode, len(slots), only, 1, limit_ms)

    def _search(
        self, mode: str, k: int, eligible: np.ndarray, bits: int, limit_ms: int
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
            self.muster.delay_ms,
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
