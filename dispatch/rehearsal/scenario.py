"""What is rehearsed: alerts, responders and their shifts, habits, roads.

Times of a day are seconds after its midnight. Days are independent of each other: each begins with
everybody at their post, and is played until its last alert is done with. What frames do not say of
an alert or a responder is drawn by habit, for each alert once and alike for every rule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np

from dispatch.coverage.people import ids_of, modes_of
from dispatch.errors import RehearsalError
from dispatch.frames import points_of, words_of
from dispatch.incidents.policy import Policy, default_policy
from dispatch.incidents.words import TIERS, Tier
from dispatch.rehearsal.chance import Chance
from dispatch.rehearsal.frames import numbers_of
from dispatch.rehearsal.roads import RehearsalRoads
from dispatch.responders import KINDS
from geodata.changes import RoadChanges
from geodata.positions import RoadPositions

DAY_S = 86_400.0
OVERTIME_S = 6 * 3_600.0
"""A day is played for so long after its last alert."""
MOST_DAYS = 3_660
CENTRE = "rehearsal"
"""Jurisdiction of everybody in a rehearsal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How people and cases behave where frames do not say. Times are means, shares are 0 to 1."""

    answer_s: float = 12.0
    """Until an offer is answered, exponential, cut off at the time to answer."""
    silent: float = 0.5
    """Of those who do not accept, the share that says nothing: the offer expires."""
    visit_s: float = 1_200.0
    """With the victim, exponential and half of it at least: talking takes 20 minutes."""
    convinced: float = 0.9
    """Of visits, the share after which the victim is dissuaded; others want a second one."""
    reached: float = 0.6
    """Of victims, the share that answers the centre's call, within ``reached_s`` in the mean."""
    reached_s: float = 180.0
    patience_s: float = 3_600.0
    """Of a case to which nobody has come by then the centre's leader takes charge: it is lost to
    dispatch."""
    flees: float = 0.0
    """Of cases, the share in which the money sets out in a car, ``flees_s`` after the alert in the
    mean, unless somebody stands in front of the victim by then: an interception."""
    flees_s: float = 1_200.0

    def __post_init__(self) -> None:
        for known in fields(self):
            value = getattr(self, known.name)
            most = DAY_S if known.name.endswith("_s") else 1.0
            if not 0.0 <= value <= most:
                raise RehearsalError(f"The habit {known.name} is 0 to {most:g}, not {value!r}.")


@dataclass(frozen=True, slots=True)
class RoadWorks:
    """Closures and speeds that hold from one time of every day to another."""

    from_s: float
    to_s: float
    changes: RoadChanges

    def __post_init__(self) -> None:
        if not 0.0 <= self.from_s < self.to_s <= DAY_S:
            raise RehearsalError("Road works hold from 0 to 86,400 seconds, the earlier one first.")


@dataclass(frozen=True, slots=True)
class Call:
    """One alert, and what comes of it whatever anybody decides."""

    row: int
    """In the frame of alerts."""
    at_s: float
    tier: Tier
    lon: float
    lat: float
    visit_s: float
    """With the victim, until whoever went is free again."""
    free_lon: float
    free_lat: float
    """Where they are free again: NaN for where the victim is."""
    reached_after_s: float
    """When the victim answers the centre's call; inf: never."""
    flees_after_s: float
    """When the money sets out in a car; inf: never."""


@dataclass(frozen=True, slots=True)
class Shift:
    """From one time of day to another at one post; over midnight where the end is not later."""

    from_s: float
    to_s: float
    edge: int
    """The post on the responder's own roads ..."""
    fraction: float

    @property
    def post(self) -> RoadPositions:
        """... as a position."""
        return RoadPositions.on_edges([self.edge], [self.fraction])

    @property
    def holds_always(self) -> bool:
        """Whether it never ends."""
        return (self.to_s - self.from_s) % DAY_S == 0

    def holds(self, now_s: float) -> bool:
        """Whether it is on at a time, of whichever day."""
        at_s = now_s % DAY_S
        if self.from_s < self.to_s:
            return self.from_s <= at_s < self.to_s
        return at_s >= self.from_s or at_s < self.to_s


@dataclass(frozen=True, slots=True)
class Member:
    """One responder: who they are, when they are where, how likely they say yes."""

    responder_id: str
    kind: str
    mode: str
    accepts: float
    shifts: tuple[Shift, ...]

    def shift_at(self, now_s: float) -> Shift | None:
        """The shift that is on; None off duty."""
        return next((shift for shift in self.shifts if shift.holds(now_s)), None)


@dataclass(frozen=True, eq=False)
class Scenario:
    """Everything that rules are rehearsed on. Immutable."""

    roads: RehearsalRoads
    alerts: gpd.GeoDataFrame
    """As given."""
    days: dict[int, tuple[Call, ...]]
    """By day, in the order in which they come."""
    members: tuple[Member, ...]
    policy: Policy
    habits: Habits
    works: tuple[RoadWorks, ...]
    seed: int

    @classmethod
    def of(
        cls,
        roads: RehearsalRoads,
        alerts: gpd.GeoDataFrame,
        responders: gpd.GeoDataFrame,
        *,
        policy: Policy | None = None,
        habits: Habits | None = None,
        works: Sequence[RoadWorks] = (),
        seed: int = 0,
    ) -> Scenario:
        """A scenario from frames of points. Raises RehearsalError, which names row and remedy.

        alerts      ``at_s``; may say ``day`` (0, 1 ...), ``tier`` (high), ``visit_s``,
                    ``free_lon`` and ``free_lat`` (where whoever went is free again),
                    ``reached_after_s`` and ``flees_after_s`` (seconds after the alert).
        responders  ``kind`` and ``responder_id`` (or ``responder``, ``id``, ``name``); may say
                    ``mode`` (else that of the kind), ``from_s`` and ``to_s`` (the whole day) and
                    ``accepts`` (as the policy expects of the kind). Several rows of one responder
                    are several shifts, each with its post. Turn-out is that of the kind, as in the
                    service: a frame that says another is refused. Whether somebody is available
                    just now (``status``) does not matter.
        """
        policy, habits = policy or default_policy(), habits or Habits()
        if not 0 <= seed < 2**63:
            raise RehearsalError("The seed is a whole number from 0 on.")
        return cls(
            roads=roads,
            alerts=alerts,
            days=_days(alerts, habits, seed),
            members=_members(responders, roads, policy),
            policy=policy,
            habits=habits,
            works=tuple(works),
            seed=int(seed),
        )


def _days(alerts: gpd.GeoDataFrame, habits: Habits, seed: int) -> dict[int, tuple[Call, ...]]:
    what = "alerts"
    lon, lat = points_of(alerts, what)
    at_s = numbers_of(alerts, "at_s", what, 0.0, DAY_S)
    day = numbers_of(alerts, "day", what, 0, MOST_DAYS, default=0).astype(np.int64)
    tier = words_of(alerts, "tier", what, tuple(TIERS), "high")
    visit_s = numbers_of(alerts, "visit_s", what, 0.0, DAY_S, may_lack=True)
    free_lon = numbers_of(alerts, "free_lon", what, -180.0, 180.0, may_lack=True)
    free_lat = numbers_of(alerts, "free_lat", what, -90.0, 90.0, may_lack=True)
    reached_s = numbers_of(alerts, "reached_after_s", what, 0.0, DAY_S, may_lack=True)
    flees_s = numbers_of(alerts, "flees_after_s", what, 0.0, DAY_S, may_lack=True)
    half = np.isnan(free_lon) != np.isnan(free_lat)
    if half.any():
        row = alerts.index[half][0]
        raise RehearsalError(f"Row {row!r} of the alerts needs free_lon and free_lat, or neither.")
    drawn = [_drawn(Chance(seed, int(day[row])), row, habits) for row in range(len(alerts))]
    by_day: dict[int, list[Call]] = {}
    for row in np.lexsort((np.arange(len(alerts)), at_s, day)).tolist():
        said = (visit_s[row], reached_s[row], flees_s[row])
        visit, reached, flees = (
            one if math.isnan(given) else float(given)
            for given, one in zip(said, drawn[row], strict=True)
        )
        by_day.setdefault(int(day[row]), []).append(
            Call(
                row,
                float(at_s[row]),
                TIERS[tier[row]],
                float(lon[row]),
                float(lat[row]),
                visit,
                float(free_lon[row]),
                float(free_lat[row]),
                reached,
                flees,
            )
        )
    return {one: tuple(calls) for one, calls in by_day.items()}


def _drawn(chance: Chance, row: int, habits: Habits) -> tuple[float, float, float]:
    """How long a visit takes, when the victim answers, when the money sets out."""
    visit_s = habits.visit_s / 2 + chance.exponential(habits.visit_s / 2, "visit", row)
    reached_s = flees_s = math.inf
    if chance.happens(habits.reached, "reached", row):
        reached_s = chance.exponential(habits.reached_s, "reached after", row)
    if chance.happens(habits.flees, "flees", row):
        flees_s = chance.exponential(habits.flees_s, "flees after", row)
    return visit_s, reached_s, flees_s


def _members(
    responders: gpd.GeoDataFrame, roads: RehearsalRoads, policy: Policy
) -> tuple[Member, ...]:
    what = "responders"
    lon, lat = points_of(responders, what)
    kind = words_of(responders, "kind", what, tuple(KINDS))
    mode = modes_of(responders, kind, what)
    name = ids_of(responders)
    if name is None:
        raise RehearsalError("The responders have no column 'responder_id'; add one of names.")
    turn_out_s = numbers_of(responders, "turn_out_s", what, 0.0, DAY_S, may_lack=True)
    usual_s = np.array([KINDS[one].turn_out_s for one in kind])
    own = np.flatnonzero(~np.isnan(turn_out_s) & (turn_out_s != usual_s))
    if len(own):
        raise RehearsalError(
            f"Row {responders.index[own[0]]!r} of the responders turns out in "
            f"{turn_out_s[own[0]]:g} s, and a rehearsal in the {usual_s[own[0]]:g} s of the kind, "
            "as the service does; drop the column turn_out_s."
        )
    from_s = numbers_of(responders, "from_s", what, 0.0, DAY_S, default=0.0)
    to_s = numbers_of(responders, "to_s", what, 0.0, DAY_S, default=DAY_S)
    accepts = numbers_of(responders, "accepts", what, 0.0, 1.0, may_lack=True)
    posts = RoadPositions.empty(len(responders))
    for travels in set(mode):
        if travels not in roads.metrics:
            raise RehearsalError(
                f"The map has no roads for {travels}; compile it with that mode, or leave those "
                "responders out who travel so."
            )
        rows = np.array([row for row, one in enumerate(mode) if one == travels])
        posts.put(rows, roads.snapper.snap(lon[rows], lat[rows], travels))
    lost = np.flatnonzero(posts.edge < 0)
    if len(lost):
        raise RehearsalError(
            f"Row {responders.index[lost[0]]!r} of the responders stands at no road that they can "
            "use; move the post to within 500 m of one."
        )
    rows_of: dict[str, list[int]] = {}
    for row, one in enumerate(name):
        rows_of.setdefault(one, []).append(row)
    members = []
    for one, rows in rows_of.items():
        if len({(kind[row], mode[row]) for row in rows}) > 1:
            raise RehearsalError(
                f"Responder {one!r} has several kinds or modes; give each an id of its own."
            )
        shifts = tuple(
            Shift(
                float(from_s[row]),
                float(to_s[row]),
                int(posts.edge[row]),
                float(posts.fraction[row]),
            )
            for row in rows
        )
        _check_no_overlap(one, shifts)
        said = accepts[rows[0]]
        chance = policy.accept_of_ten[kind[rows[0]]] / 10 if math.isnan(said) else float(said)
        members.append(Member(one, kind[rows[0]], mode[rows[0]], chance, shifts))
    return tuple(members)


def _check_no_overlap(name: str, shifts: Sequence[Shift]) -> None:
    for one in shifts:
        for other in shifts:
            if one is not other and other.holds(one.from_s):
                raise RehearsalError(
                    f"Responder {name!r} is on two shifts at {one.from_s:g} s; let one end before "
                    "the next begins."
                )
