"""Who goes where when several incidents wait at the same moment.

Taken one after another, the first incident gets whoever is nearest to it, and the next one may be
left with somebody far away, though the first had another who was hardly slower. Taken together they
get the assignment with the least weighted sum of arrivals: every place that is to be filled is a
row, everybody who can be asked a column, and the linear assignment problem over them is solved
exactly (Crouse, IEEE Transactions on Aerospace and Electronic Systems 52, 2016, as SciPy has it).

RULE 1  A second counts by what the tier has: the sum is of arrivals as shares of the time within
        which somebody should be there. A place that nobody fills counts as one filled a day late.
RULE 2  Whoever is set back in the ranking is set back here: what refusals of their kind cost, and,
        for somebody who let an offer of this visit pass, half a day.
RULE 3  A follow-up has time: it takes no part, and gets none of those whom a visit needs.

With ``n`` places in all, the ``n`` best candidates of each are enough to find the best of all
assignments: where a place has somebody behind its ``n`` best, one of these is free and better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from dispatch.incidents.acceptance import Acceptance
from dispatch.incidents.case import Key
from dispatch.incidents.needs import Need
from dispatch.incidents.policy import Policy
from dispatch.incidents.staffing import Selection, most_asked
from dispatch.incidents.words import Purpose

NOBODY_S = 86_400.0
"""A place left empty counts as this late: longer than any drive that a policy allows."""
AGAIN_S = 43_200.0
"""RULE 2: later than everybody who has not been asked, sooner than nobody."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One incident that waits, and whom it could ask."""

    selections: tuple[Selection, ...]
    """The best first, as ``staffing.choose`` gives them."""
    within_s: float
    """Somebody should be there by then: the tier's ``visit_within_s``."""


def asked_beside(
    needed: Sequence[tuple[Sequence[Need], Policy, Acceptance]],
) -> list[int]:
    """For each of several incidents, known by what they need, how many all the others may ask: so
    many more candidates it wants."""
    most = [
        sum(most_asked(need, policy, acceptance) for need in needs)
        for needs, policy, acceptance in needed
    ]
    return [sum(most) - own for own in most]


def pair(waiting: Sequence[Waiting]) -> list[list[Selection]]:
    """The selections of each incident: first the candidates whom the best assignment gives them,
    then those who are given to nobody. Whoever is given to others is not asked."""
    places = [
        (incident, row)
        for incident, one in enumerate(waiting)
        for row, selection in enumerate(one.selections)
        if selection.need.purpose is not Purpose.FOLLOW_UP  # RULE 3
        for _ in range(selection.at_once)
    ]
    given = _assigned(waiting, places)
    promised = {key for keys in given.values() for key in keys}
    return [
        [
            _reordered(selection, given.get((incident, row), set()), promised)
            for row, selection in enumerate(one.selections)
        ]
        for incident, one in enumerate(waiting)
    ]


def _assigned(
    waiting: Sequence[Waiting], places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], set[Key]]:
    """Who is given to which selection."""
    column: dict[Key, int] = {}
    for incident, row in places:
        for candidate in waiting[incident].selections[row].candidates:
            column.setdefault(candidate.key, len(column))
    cost = np.full((len(places), len(column) + len(places)), np.inf)
    for place, (incident, row) in enumerate(places):
        within_s = waiting[incident].within_s
        cost[place, len(column) + place] = NOBODY_S / within_s  # RULE 1
        for candidate in waiting[incident].selections[row].candidates:
            late_s = candidate.choice.eta_s + candidate.choice.set_back_s
            late_s += AGAIN_S if candidate.again else 0.0  # RULE 2
            cost[place, column[candidate.key]] = late_s / within_s
    keys = list(column)
    given: dict[tuple[int, int], set[Key]] = {}
    for place, chosen in zip(*linear_sum_assignment(cost), strict=True):
        if chosen < len(keys):
            given.setdefault(places[place], set()).add(keys[chosen])
    return given


def _reordered(selection: Selection, own: set[Key], promised: set[Key]) -> Selection:
    first = [one for one in selection.candidates if one.key in own]
    spare = [one for one in selection.candidates if one.key not in promised]
    away = [one for one in selection.candidates if one.key in promised - own]
    return replace(selection, candidates=(*first, *spare), given_away=tuple(away))
