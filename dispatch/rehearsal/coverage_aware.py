"""Sending whoever is missed least: the closest is not always the best for those who call next.

The rule of Jagtenberg, Bhulai and van der Mei (Dynamic ambulance dispatching: is the closest-idle
policy always optimal?, Health Care Management Science 20, 2017, section 4), with the measure of
their redeployment rule DMEXCLP (An efficient heuristic for real-time ambulance redeployment,
Operations Research for Health Care 4, 2015), which is Daskin's expected coverage (Transportation
Science 17, 1983): where k free responders can reach a cell in time, and each is busy with
probability q, one of them is there with 1 - q^k, and the last of the k adds (1 - q) q^(k - 1).

Of those who can be there in time goes the one whose leaving takes least from that sum over all
cells, weighted by where alerts come from. Departure: where nobody can be there in time, the soonest
goes; the paper takes least coverage there too, which makes victims wait who are late already. A
free responder counts at their post, as in both papers, also while they drive to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np

from dispatch.errors import RehearsalError
from dispatch.frames import numbers_of, points_of
from dispatch.incidents.case import Key
from dispatch.incidents.pairing import Waiting
from dispatch.incidents.staffing import Candidate, Selection
from dispatch.question import MOST_WANTED, Question
from dispatch.rehearsal.rules import Moment
from dispatch.rehearsal.scenario import Member, Scenario
from dispatch.responders import KINDS
from geodata.positions import RoadPositions
from geodata.search import many_to_many

CONSIDERED = 24
"""Candidates looked at beyond those who are asked: they are the soonest there are."""

Post = tuple[str, int, float]
"""Mode, edge and share of its length."""


@dataclass(frozen=True, eq=False)
class CoverageAware:
    """The rule for one scenario; made by :meth:`of`."""

    within_s: float
    busy: float
    drive_s: dict[Post, np.ndarray] = field(repr=False)
    """By post, float64[cell]: seconds of the drive there."""
    weight: np.ndarray = field(repr=False)
    """float64[cell]: where alerts come from."""
    name: str = "coverage_aware"
    window_s: float = 0.0

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        demand: gpd.GeoDataFrame,
        *,
        within_s: float,
        busy: float,
        weight: str | None = None,
        name: str = "coverage_aware",
    ) -> CoverageAware:
        """The rule for a scenario, with ``demand`` as points, such as the middles of cells.
        ``weight`` is a column of it; None: ``weight`` if there is one, else each weighs 1.
        ``within_s`` is the time in which somebody should be there, ``busy`` the share of time that
        a responder is busy. Raises PlanningError."""
        if not 0.0 < within_s <= 86_400.0:
            raise RehearsalError("The time within which somebody should come is above 0 s.")
        if not 0.0 <= busy < 1.0:
            raise RehearsalError(
                f"The share of time that a responder is busy is 0 to 1, not {busy}."
            )
        lon, lat = points_of(demand, "demand")
        if weight is None and "weight" in demand.columns:
            weight = "weight"
        weighs = np.ones(len(lon)) if weight is None else numbers_of(demand, weight, "demand")
        drive_s: dict[Post, np.ndarray] = {}
        for member in scenario.members:
            for shift in member.shifts:
                drive_s.setdefault((member.mode, shift.edge, shift.fraction), np.empty(0))
        for mode in {mode for mode, _, _ in drive_s}:
            posts = [post for post in drive_s if post[0] == mode]
            places = scenario.roads.snapper.snap(lon, lat, mode, at_door=True)
            found_ms = many_to_many(
                scenario.roads.metrics[mode],
                RoadPositions.on_edges([edge for _, edge, _ in posts], [at for *_, at in posts]),
                places,
                limit_ms=round(within_s * 1000),
            )
            for post, row in zip(posts, found_ms, strict=True):
                drive_s[post] = row / 1000.0
        return cls(within_s, busy, drive_s, weighs, name)

    def look(self, question: Question, moment: Moment) -> Question:
        wants = tuple(
            replace(want, count=min(want.count + CONSIDERED, MOST_WANTED))
            for want in question.wants
        )
        return replace(question, wants=wants)

    def arrange(self, waiting: Sequence[Waiting], moment: Moment) -> list[list[Selection]]:
        return [
            [self._least_missed_first(selection, moment) for selection in one.selections]
            for one in waiting
        ]

    def _least_missed_first(self, selection: Selection, moment: Moment) -> Selection:
        """Those in time by what they take from coverage, then the others by arrival."""
        missed = self.missed(selection, moment)

        def order(candidate: Candidate) -> tuple:
            eta_s = candidate.choice.eta_s
            in_time = eta_s <= self.within_s
            return candidate.again, not in_time, missed[candidate.key] if in_time else 0.0, eta_s

        return replace(selection, candidates=tuple(sorted(selection.candidates, key=order)))

    def missed(self, selection: Selection, moment: Moment) -> dict[Key, float]:
        """What coverage loses with each candidate of a selection, weighted share of alerts."""
        covers = {
            key: self.covers(moment.fleet.member(key), shift.edge, shift.fraction)
            for key, shift in moment.fleet.posts().items()
            if moment.fleet.member(key).kind in selection.need.kinds
        }
        free = np.sum(list(covers.values()), axis=0)
        total = self.weight.sum() or 1.0
        last_adds = (1.0 - self.busy) * self.busy ** np.maximum(free - 1, 0) * self.weight / total
        return {one.key: float(last_adds[covers[one.key]].sum()) for one in selection.candidates}

    def covers(self, member: Member, edge: int, fraction: float) -> np.ndarray:
        """bool[cell]: where a member can be in time from a post, turn-out included."""
        drive_s = self.drive_s[member.mode, edge, fraction]
        return drive_s + KINDS[member.kind].turn_out_s <= self.within_s
