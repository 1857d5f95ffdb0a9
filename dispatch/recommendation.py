"""Who should go: the best of each wanted kind by road, and why the others should not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dispatch.inquiry import Inquiry, Roads
from dispatch.live_picture import LivePicture
from dispatch.passed_over import explain
from dispatch.question import (
    Choice,
    Question,
    Recommendation,
    Shortfall,
    ShortfallReason,
    Want,
    WantAnswer,
)
from dispatch.responders import KINDS, Freshness, Status
from dispatch.sight import Held, Roster
from geodata.road_path import RoadPath, path_length_m


def recommend(
    picture: LivePicture,
    roads: Roads,
    question: Question,
    held: Held,
    now_s: float,
    *,
    explained: bool = True,
) -> Recommendation:
    """Who should go, soonest first for each want, out of those whom the caller may see.

    ``held`` are the caller's jurisdictions, ``now_s`` is UTC seconds since 1970. Nobody is chosen
    twice: later wants choose among those whom earlier ones left. Not ``explained``, nobody is said
    to be passed over: nobody reads a rehearsal's reasons, and they take longer than the choice.
    """
    with picture.reading():
        inquiry = Inquiry(picture, roads, question, held, now_s)
        answers = tuple(_answer(inquiry, want, explained) for want in question.wants)
    doors = {
        mode: spots.positions.take([spots.likeliest])
        for mode, spots in inquiry.spots.items()
        if spots is not None
    }
    return Recommendation(question, doors, answers)


def _answer(inquiry: Inquiry, want: Want, explained: bool) -> WantAnswer:
    ranked: list[tuple[int, int, RoadPath]] = []
    for mode in inquiry.modes(want):
        found = inquiry.soonest(mode, want)
        if found is not None:
            ranked += zip(found.eta_ms.tolist(), found.slot.tolist(), found.paths, strict=True)
    ranked.sort(key=lambda entry: entry[:2])
    ranked = ranked[: want.count]
    roster = inquiry.picture.roster(
        np.array([slot for _, slot, _ in ranked], np.int64), inquiry.now_s
    )
    chosen = tuple(_choices(inquiry, want, ranked, roster))
    inquiry.muster.eligible[roster.slot] = 0  # nobody goes twice
    return WantAnswer(
        want=want,
        chosen=chosen,
        passed_over=explain(inquiry, want, chosen) if explained else (),
        shortfall=_shortfall(inquiry, want, len(chosen)),
    )


def _choices(
    inquiry: Inquiry, want: Want, ranked: list[tuple[int, int, RoadPath]], roster: Roster
) -> Iterator[Choice]:
    """Those ranked; what their kind is set back by is in the time that they are ranked by."""
    network = inquiry.picture.network
    lines_m = inquiry.line_m(roster)
    for row, (ranked_ms, slot, path) in enumerate(ranked):
        who = roster[row]
        set_back_s = want.set_back_s.get(who.kind, 0.0)
        eta_ms = ranked_ms - round(set_back_s * 1000)
        turn_out_s = KINDS[who.kind].turn_out_s
        yield Choice(
            responder_id=who.responder_id,
            jurisdiction=who.jurisdiction,
            kind=who.kind,
            mode=who.mode,
            eta_s=eta_ms / 1000,
            turn_out_s=turn_out_s,
            doubt_s=max(0.0, int(inquiry.muster.delay_ms[slot]) / 1000 - turn_out_s),
            drive_s=path.duration_ms / 1000,
            elsewhere_s=(eta_ms - int(inquiry.muster.delay_ms[slot]) - path.duration_ms) / 1000,
            distance_m=path_length_m(network, path),
            line_m=float(lines_m[row]),
            fix_age_s=who.age_s,
            lon=who.lon,
            lat=who.lat,
            path=path,
            edge=who.edge,
            fraction=who.fraction,
            set_back_s=set_back_s,
        )


def _shortfall(inquiry: Inquiry, want: Want, chosen: int) -> Shortfall | None:
    missing = want.count - chosen
    if missing <= 0:
        return None
    tally = inquiry.picture.tally(inquiry.held_for(want), inquiry.now_s)
    heard = (Freshness.FRESH, Freshness.STALE)
    engaged = inquiry.engaged_of(want)
    counts = {
        "known": tally.of(want.kinds),
        "lost": tally.of(want.kinds, freshness=(Freshness.LOST,)),
        "busy": tally.of(want.kinds, [s for s in Status if s is not Status.AVAILABLE], heard)
        + engaged,
        "available": tally.of(want.kinds, (Status.AVAILABLE,), heard) - engaged,
    }
    if all(inquiry.spots_for(mode) is None for mode in inquiry.modes(want)):
        reason = ShortfallReason.OUT_OF_NETWORK
    elif not counts["known"]:
        reason = ShortfallReason.NONE_KNOWN
    elif counts["available"] > chosen:
        reason = ShortfallReason.NONE_IN_REACH
    elif counts["busy"]:
        reason = ShortfallReason.ALL_BUSY
    elif counts["lost"]:
        reason = ShortfallReason.ALL_STALE
    else:
        reason = ShortfallReason.NO_MORE_KNOWN
    return Shortfall(missing, reason, counts)
