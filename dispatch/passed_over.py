"""Why somebody who looks nearer on the map does not go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dispatch.inquiry import Inquiry
from dispatch.question import Choice, PassedOver, PassedOverReason, Want
from dispatch.responders import MODE_NAMES, Freshness, Responder, Status
from dispatch.sight import Roster
from geodata.network import EdgeFlag, RoadNetwork
from geodata.positions import NO_EDGE
from geodata.road_path import RoadPath, path_length_m

EXPLAINED = 5
"""How many are explained for each want: the nearest by line. More do not fit on a screen."""
LOOK_BEYOND = 3
"""How far beyond the last one chosen the road time of a loser is worth computing, as a multiple."""
LOOK_AT_LEAST_MS = 300_000
"""... but at least this far."""
_LOST, _AVAILABLE = int(Freshness.LOST), int(Status.AVAILABLE)
_LANDMARKS = (
    (int(EdgeFlag.BRIDGE), PassedOverReason.ACROSS_BRIDGE),
    (int(EdgeFlag.TUNNEL), PassedOverReason.THROUGH_TUNNEL),
)

LANDMARK_M = 80.0
"""A bridge or tunnel shorter than this is no reason for being late."""


def explain(inquiry: Inquiry, want: Want, chosen: tuple[Choice, ...]) -> tuple[PassedOver, ...]:
    """The nearest of the wanted kinds by line who are not chosen, and why, nearest first.

    They are nearer by line than somebody chosen; where nobody was chosen, the nearest there are.
    """
    picture, place = inquiry.picture, inquiry.likeliest
    within_m = max((choice.line_m for choice in chosen), default=np.inf)
    near = picture.near_among(
        inquiry.known_for(want),
        place.lon,
        place.lat,
        EXPLAINED + len(chosen),
        inquiry.now_s,
        kinds=want.kinds,
        within_m=within_m,
    )
    ids = {(choice.jurisdiction, choice.responder_id) for choice in chosen}
    rows = [
        row
        for row in range(len(near))
        if (near.jurisdiction[row], near.responder_id[row]) not in ids
        and near.line_m[row] < within_m
        and (not want.modes or MODE_NAMES[near.mode[row]] in want.modes)
    ][:EXPLAINED]
    reasons = {row: _plain_reason(inquiry, near, row) for row in rows}
    slower = [row for row in rows if reasons[row] is None]
    timed = _time_by_road(inquiry, near, slower, chosen)
    return tuple(
        timed[row] if row in timed else _passed_over(near, row, reasons[row]) for row in rows
    )


def _plain_reason(inquiry: Inquiry, near: Roster, row: int) -> PassedOverReason | None:
    """Why they were never in the running; None where only the road can tell."""
    key = (near.jurisdiction[row], near.responder_id[row])
    if key in inquiry.question.without:
        return PassedOverReason.EXCLUDED
    if key in inquiry.question.sent:
        return PassedOverReason.ALREADY_SENT
    if near.freshness[row] == _LOST:
        return PassedOverReason.OLD_FIX
    doing = inquiry.question.engaged.get(key, near.status[row])
    if doing != _AVAILABLE:
        return PassedOverReason.BUSY
    if near.edge[row] == NO_EDGE:
        return PassedOverReason.OUT_OF_NETWORK
    if not inquiry.question.capabilities <= near.capabilities[row]:
        return PassedOverReason.NOT_CAPABLE
    if not inquiry.muster.eligible[near.slot[row]]:
        return PassedOverReason.ENOUGH_CHOSEN
    return None


def _time_by_road(
    inquiry: Inquiry, near: Roster, rows: list[int], chosen: tuple[Choice, ...]
) -> dict[int, PassedOver]:
    """Time and way of those who lost on the road, as far as it is worth looking."""
    limit_ms = inquiry.limit_ms
    last_s = max((choice.eta_s for choice in chosen), default=0.0)
    if chosen:
        last_ms = int(last_s * 1000)
        limit_ms = min(limit_ms, max(LOOK_BEYOND * last_ms, LOOK_AT_LEAST_MS))
    timed: dict[int, PassedOver] = {}
    for mode in sorted({int(near.mode[row]) for row in rows}):
        losers = {int(near.slot[row]): row for row in rows if near.mode[row] == mode}
        found = inquiry.soonest_of(MODE_NAMES[mode], list(losers), limit_ms)
        if found is not None:
            for slot, eta_ms, path in zip(
                found.slot.tolist(), found.eta_ms.tolist(), found.paths, strict=True
            ):
                row = losers.pop(slot)
                lost = _slower(inquiry.picture.network, near, row, eta_ms / 1000, path)
                if lost.eta_s < last_s:
                    lost = replace(lost, reason=PassedOverReason.LESS_LIKELY, landmark="")
                timed[row] = lost
        for row in losers.values():
            # Where somebody goes, "more than so long" says enough; where nobody does, it matters
            # whether a way could be opened, and the long search is worth it.
            cut_off = found is None or (
                not chosen and not inquiry.leads_in(MODE_NAMES[mode], near, row)
            )
            timed[row] = _passed_over(
                near,
                row,
                PassedOverReason.NO_WAY if cut_off else PassedOverReason.BEYOND_LIMIT,
                slower_than_s=limit_ms / 1000,
            )
    return timed


def _slower(
    network: RoadNetwork, near: Roster, row: int, eta_s: float, path: RoadPath
) -> PassedOver:
    reason, landmark = slower_because(network, path)
    return _passed_over(near, row, reason, eta_s, path_length_m(network, path), landmark)


def slower_because(network: RoadNetwork, path: RoadPath) -> tuple[PassedOverReason, str]:
    """What makes a way long that looks short on the map: a bridge or a tunnel, and its name, or
    only the road."""
    edges = path.arcs >> 1
    flags = network.edge_flags[edges]
    for flag, because in _LANDMARKS:
        over = edges[flags & flag != 0]
        if network.edge_length_m[over].sum() >= LANDMARK_M:
            longest = over[network.edge_length_m[over].argmax()]
            return because, network.text(network.edge_name[longest])
    return PassedOverReason.SLOWER_BY_ROAD, ""


def _passed_over(
    near: Roster,
    row: int,
    reason: PassedOverReason,
    eta_s: float | None = None,
    distance_m: float | None = None,
    landmark: str = "",
    slower_than_s: float | None = None,
) -> PassedOver:
    who: Responder = near[row]
    return PassedOver(
        responder_id=who.responder_id,
        jurisdiction=who.jurisdiction,
        kind=who.kind,
        line_m=float(near.line_m[row]),
        reason=reason,
        eta_s=eta_s,
        distance_m=distance_m,
        landmark=landmark,
        slower_than_s=slower_than_s if reason is PassedOverReason.BEYOND_LIMIT else None,
    )
