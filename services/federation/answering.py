"""What a neighbour could hold of what it is asked about: on its own map, with its own free units.

Every unit is offered for one place at most, so that any of the offers can be asked for together.
Which unit for which place is the assignment with the largest sum of what the places are worth to
the lead: a classical problem, solved exactly (``scipy.optimize.linear_sum_assignment``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from dispatch.interception.checkpoints import Checkpoints
from dispatch.interception.situation import STAFF, PlanSettings, checkpoints_of
from dispatch.interception.units import Roads, Unit, ready_times_s, staff_ready_s
from dispatch.interceptions.messages import PlaceAsked, Requested
from dispatch.interceptions.offering import Found
from dispatch.interceptions.planned import place_of
from services.federation.places import matched

MOST_GIVEN = 24
"""Offers of one answer: more than a neighbour sends to one car."""
ROUNDED_S = 10.0
"""Times are told so coarsely, and never too early: exact ones would tell where a unit is."""
HURRY_WORTH = 0.25
"""What a place is worth, compared with one that is held in time, where somebody in a hurry may be
through before."""
IN_NO_TIME_S = 600.0
"""By so much too late nobody comes in time, however slowly the subject drives."""
NOBODY = "no_free_unit"
NO_PLACE = "no_such_place"
NOT_IN_TIME = "not_in_time"


def find_offers(
    request: Requested,
    roads: Roads,
    units: Sequence[Unit],
    settings: PlanSettings,
    now_s: float,
) -> tuple[list[Found], str]:
    """What could be offered, and if that is nothing, why.

    units     those who are free and may stop vehicles.
    now_s     when they would be told, UTC seconds since 1970.
    """
    everywhere = checkpoints_of(roads.network, settings)
    index = matched(everywhere, request.places)
    known = np.flatnonzero(index >= 0)
    if not len(known):
        return [], NO_PLACE
    places = everywhere.take(index[known])
    asked = [request.places[k] for k in known.tolist()]
    times = {"told_s": now_s, "safety_s": settings.safety_s}
    ready_s = ready_times_s(units, places, roads, **times)
    staff_s = staff_ready_s(places, **times) if settings.call_staff else _nobody(places)
    # A gate's own staff can close it, and arrest nobody: where a car can be in time, it is offered.
    earliest_s = np.array([one.earliest_at_s for one in asked])
    by_car = (ready_s <= earliest_s).any(axis=0)
    gates = np.flatnonzero(np.isfinite(staff_s) & ~by_car).tolist()
    of_staff = np.full((len(gates), len(places)), np.inf)
    of_staff[range(len(gates)), gates] = staff_s[gates]
    holders = [
        *((unit.unit_id, unit.kind, unit.mode) for unit in units),
        *((STAFF + places.id[gate], "", "") for gate in gates),
    ]
    ready_s = np.ceil(np.vstack([ready_s, of_staff]) / ROUNDED_S) * ROUNDED_S
    if not np.isfinite(ready_s).any():
        return [], NOBODY
    chosen = _chosen(ready_s, _needed(places), asked)
    found = [
        Found(
            their_checkpoint_id=asked[place].checkpoint_id,
            place=replace(place_of(places, place), name=places.name[place] or asked[place].name),
            unit_id=holders[holder][0],
            unit_kind=holders[holder][1],
            unit_mode=holders[holder][2],
            ready_at_s=float(ready_s[holder, place]),
            earliest_at_s=asked[place].earliest_at_s,
            share=asked[place].share,
        )
        for holder, place in chosen
    ]
    found.sort(key=lambda one: (-one.share, one.ready_at_s))
    return found[:MOST_GIVEN], "" if found else NOT_IN_TIME


def _chosen(
    ready_s: np.ndarray, needed: np.ndarray, asked: Sequence[PlaceAsked]
) -> list[tuple[int, int]]:
    """Holder and place of the best assignment; a place that takes several has as many or none."""
    earliest_s = np.array([one.earliest_at_s for one in asked])
    share = np.array([one.share for one in asked])
    margin_s = earliest_s - ready_s
    worth = np.where(margin_s >= 0.0, share, share * HURRY_WORTH)
    # Of two that are worth the same the one that is there earlier.
    worth += 1e-6 * np.clip(margin_s / IN_NO_TIME_S, -1.0, 1.0)
    worth[~np.isfinite(ready_s) | (margin_s < -IN_NO_TIME_S) | (share <= 0.0)[None, :]] = 0.0
    open_places = np.ones(len(asked), dtype=bool)
    while True:
        column = np.repeat(np.flatnonzero(open_places), needed[open_places])
        holder, at = linear_sum_assignment(worth[:, column], maximize=True)
        place = column[at]
        kept = worth[holder, place] > 0.0
        holder, place = holder[kept], place[kept]
        count = np.bincount(place, minlength=len(asked))
        short = (count > 0) & (count < needed)
        if not short.any():
            return list(zip(holder.tolist(), place.tolist(), strict=True))
        # The least of those that have too few is given up, and its holders are free for others.
        least = np.flatnonzero(short)[np.argmin(share[short])]
        open_places[least] = False


def _needed(places: Checkpoints) -> np.ndarray:
    """int64[place]: how many it takes."""
    return np.array([places.rule(k).units_needed for k in range(len(places))], dtype=np.int64)


def _nobody(places: Checkpoints) -> np.ndarray:
    return np.full(len(places), math.inf)
