"""The responders of one day: where they are, whether they are free, what the picture knows.

Whoever is free stands at their post or drives to it by the fastest way, and can be sent from
wherever they are; nobody moves to where nobody sent them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.fixes import FixBatch
from dispatch.incidents.case import Key
from dispatch.intake import FixLimits
from dispatch.kernels.walking import places_on_arcs
from dispatch.live_picture import LivePicture
from dispatch.rehearsal.driving import Drive
from dispatch.rehearsal.roads import RehearsalRoads
from dispatch.rehearsal.scenario import CENTRE, Member, Shift
from dispatch.responders import Status
from geodata.positions import RoadPositions

TELL_AGAIN_S = 45.0
"""Sooner than any kind's fix begins to be doubted."""
_BELIEVE_ALL = FixLimits(believe_after=1)
"""Whoever plays knows where everybody is: a fix far from the last one is no reflection."""


class _KnownRoads:
    """Puts fixes on the roads that they were made from, as a snapper would on the nearest, which
    may be another."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, float, float], tuple[int, float]] = {}

    def snap(self, lon, lat, mode, **how) -> RoadPositions:
        where = [self.known[mode, x, y] for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
        positions = RoadPositions.on_edges([e for e, _ in where], [f for _, f in where])
        positions.lon[:], positions.lat[:] = lon, lat
        return positions


@dataclass(slots=True)
class _State:
    """One responder now."""

    edge: int
    fraction: float
    """Where they stand, or where their drive began."""
    home: Drive | None = None
    """The way to their post, while they are on it."""
    shift: Shift | None = None
    doing: Status | None = None
    """What they have been sent to do; None: they are free."""
    told: tuple[int, float] | None = None
    """Edge and fraction that the picture has heard of last ..."""
    told_at_s: float = -np.inf
    """... and when."""


class Fleet:
    """Everybody of one day of one rule. Not shared between threads."""

    def __init__(self, members: Sequence[Member], roads: RehearsalRoads) -> None:
        self._members = {(CENTRE, member.responder_id): member for member in members}
        self._roads = roads
        self._known = _KnownRoads()
        self.picture = LivePicture(roads.network, self._known, kept_s=np.inf, limits=_BELIEVE_ALL)
        """As the service's would be, with everybody's place known to the metre."""
        self._states = {key: _State(-1, 0.0) for key in self._members}

    @property
    def engaged(self) -> dict[Key, Status]:
        """What those do who have been sent somewhere."""
        return {key: state.doing for key, state in self._states.items() if state.doing is not None}

    def member(self, key: Key) -> Member:
        return self._members[key]

    def roads_are(self, roads: RehearsalRoads, now_s: float) -> None:
        """Other roads are open from now on: whoever drives to their post finds the way anew."""
        self._roads = roads
        for key, state in self._states.items():
            if state.home is not None:
                state.edge, state.fraction = state.home.place_at(now_s)
                self._go_home(key, now_s)

    def change_shifts(self, now_s: float) -> None:
        """Let those come and go whose shift begins or ends now."""
        for key, state in self._states.items():
            shift = self._members[key].shift_at(now_s)
            if shift is state.shift:
                continue
            if state.doing is not None:  # they see to it first
                continue
            self._take_shift(key, shift, now_s)

    def send(self, key: Key, doing: Status, now_s: float) -> None:
        """They have been asked, and are not free from now on; on they drive until they say yes."""
        self._states[key].doing = doing

    def halt(self, key: Key, now_s: float) -> RoadPositions:
        """They stop where they are now, to turn out from there."""
        state = self._states[key]
        if state.home is not None:
            state.edge, state.fraction = state.home.place_at(now_s)
            state.home = None
        return RoadPositions.on_edges([state.edge], [state.fraction])

    def stands_at(self, key: Key, place: RoadPositions) -> None:
        """They are somewhere now."""
        state = self._states[key]
        state.home = None
        state.edge, state.fraction = int(place.edge[0]), float(place.fraction[0])

    def free(self, key: Key, now_s: float) -> None:
        """Nothing keeps them any more: they go to their post, or off duty."""
        state = self._states[key]
        state.doing = None
        shift = self._members[key].shift_at(now_s)
        if shift is None or shift is not state.shift:
            self._take_shift(key, shift, now_s)
        elif state.home is None:
            self._go_home(key, now_s)

    def report(self, now_s: float) -> None:
        """Everybody who is free and has moved tells the picture where they are now, and so does
        whoever has said nothing for a while."""
        places = {}
        for key, place in self.free_places(now_s).items():
            state = self._states[key]
            if place[:2] != state.told or now_s >= state.told_at_s + TELL_AGAIN_S:
                state.told, state.told_at_s = place[:2], now_s
                places[key] = place
        if not places:
            return
        members = [self._members[key] for key in places]
        self._known.known = {
            (member.mode, lon, lat): (edge, fraction)
            for member, (edge, fraction, lon, lat) in zip(members, places.values(), strict=True)
        }
        batch = FixBatch.of(
            [name for _, name in places],
            [lon for _, _, lon, _ in places.values()],
            [lat for _, _, _, lat in places.values()],
            now_s,
            jurisdiction=CENTRE,
            kind=[member.kind for member in members],
            mode=[member.mode for member in members],
            status="available",
            accuracy_m=1.0,
        )
        self.picture.apply(batch, now_s)

    def free_places(self, now_s: float) -> dict[Key, tuple[int, float, float, float]]:
        """Edge, share of its length, longitude and latitude of everybody who can be sent."""
        keys = list(self.posts())
        where = [self._where(key, now_s) for key in keys]
        lon, lat = np.empty(len(keys)), np.empty(len(keys))
        network = self._roads.network
        places_on_arcs(
            np.array([2 * edge for edge, _ in where], dtype=np.int64),
            np.array([fraction for _, fraction in where], dtype=np.float64),
            network.edge_first_point,
            network.point_lon_e7,
            network.point_lat_e7,
            lon,
            lat,
        )
        return {
            key: (*place, x, y)
            for key, place, x, y in zip(keys, where, lon.tolist(), lat.tolist(), strict=True)
        }

    def posts(self) -> dict[Key, Shift]:
        """The shift, and so the post, of everybody who is free and on duty."""
        return {
            key: state.shift
            for key, state in self._states.items()
            if state.shift is not None and state.doing is None
        }

    def _where(self, key: Key, now_s: float) -> tuple[int, float]:
        state = self._states[key]
        if state.home is not None:
            if now_s >= state.home.there_at_s:
                state.edge, state.fraction = state.shift.edge, state.shift.fraction
                state.home = None
            else:
                return state.home.place_at(now_s)
        return state.edge, state.fraction

    def _take_shift(self, key: Key, shift: Shift | None, now_s: float) -> None:
        """Begin a shift at its post, change over to another post, or leave."""
        state = self._states[key]
        was, state.shift = state.shift, shift
        if shift is None:
            state.home = None
            state.edge = -1
            state.told = None
            self.picture.remove([key])
        elif was is None and state.edge < 0:
            state.edge, state.fraction = shift.edge, shift.fraction
        else:
            self._go_home(key, now_s)

    def _go_home(self, key: Key, now_s: float) -> None:
        """Set out for the post from where they are; where no way leads there they stay."""
        state = self._states[key]
        if state.home is not None:
            state.edge, state.fraction = state.home.place_at(now_s)
        metric = self._roads.metrics[self._members[key].mode]
        place = RoadPositions.on_edges([state.edge], [state.fraction])
        at_post = (state.edge, state.fraction) == (state.shift.edge, state.shift.fraction)
        state.home = None if at_post else Drive.begin(metric, place, state.shift.post, now_s)
