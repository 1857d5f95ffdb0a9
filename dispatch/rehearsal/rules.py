"""Rules of dispatch that are rehearsed side by side.

Each is a small class with a name, the time for which incidents wait to be staffed together, whom it
looks for, and in which order those found are asked. All else (who may go, how many, who is asked in
whose stead) is the tier policy's, the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from dispatch.incidents.pairing import Waiting, pair
from dispatch.incidents.staffing import Candidate, Selection
from dispatch.question import Question
from dispatch.rehearsal.fleet import Fleet
from dispatch.responders import Status
from dispatch.sight import EVERYTHING


@dataclass(frozen=True, slots=True)
class Moment:
    """What a rule may look at."""

    fleet: Fleet
    now_s: float


class Rule(Protocol):
    """One rule of dispatch. Immutable; the same for all days."""

    name: str
    window_s: float
    """For so long an incident waits for others to be staffed with it; 0: it does not."""

    def look(self, question: Question, moment: Moment) -> Question:
        """Whom to look for: the question of ``staffing.question``, or one that asks otherwise."""

    def arrange(self, waiting: Sequence[Waiting], moment: Moment) -> list[list[Selection]]:
        """Of each incident the selections, their candidates in the order in which to ask them."""


@dataclass(frozen=True, slots=True)
class ClosestByRoad:
    """Whoever is there first by road, one incident after the other: as the service does alone."""

    name: str = "by_road"
    window_s: float = 0.0

    def look(self, question: Question, moment: Moment) -> Question:
        return question

    def arrange(self, waiting: Sequence[Waiting], moment: Moment) -> list[list[Selection]]:
        return [list(one.selections) for one in waiting]


@dataclass(frozen=True, slots=True)
class ClosestByLine:
    """Whoever is nearest in a straight line: what is done without a road network."""

    name: str = "by_line"
    window_s: float = 0.0

    def look(self, question: Question, moment: Moment) -> Question:
        place = max(question.places, key=lambda one: one.weight)
        gone = {**question.engaged, **dict.fromkeys(question.sent | question.without, Status.BUSY)}
        nearest: set[tuple[str, str]] = set()
        for want in question.wants:
            roster = moment.fleet.picture.near(
                place.lon,
                place.lat,
                want.count,
                EVERYTHING,
                moment.now_s,
                kinds=want.kinds,
                statuses=(Status.AVAILABLE,),
                engaged=gone,
            )
            nearest |= set(zip(roster.jurisdiction, roster.responder_id, strict=True))
        return replace(question, only=frozenset(nearest))

    def arrange(self, waiting: Sequence[Waiting], moment: Moment) -> list[list[Selection]]:
        return [
            [_sorted(selection, lambda one: one.choice.line_m) for selection in one.selections]
            for one in waiting
        ]


@dataclass(frozen=True, slots=True)
class Batched:
    """Incidents wait for each other, and are staffed with the least weighted sum of arrivals."""

    window_s: float = 30.0
    name: str = "batched"

    def look(self, question: Question, moment: Moment) -> Question:
        return question

    def arrange(self, waiting: Sequence[Waiting], moment: Moment) -> list[list[Selection]]:
        return pair(waiting)


def _sorted(selection: Selection, key) -> Selection:
    """Asked in another order; whoever let an offer pass stays behind all others."""

    def order(candidate: Candidate) -> tuple:
        return candidate.again, key(candidate), candidate.choice.eta_s, candidate.key

    return replace(selection, candidates=tuple(sorted(selection.candidates, key=order)))
