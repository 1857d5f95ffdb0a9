"""A decision as it is kept: who was offered, who was passed over and why, and where they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dispatch.incidents.case import Assignment, Key
from dispatch.incidents.staffing import Candidate, Selection
from dispatch.passed_over import slower_because
from dispatch.question import Choice, PassedOver, PassedOverReason, Recommendation, Shortfall
from dispatch.responders import Responder
from dispatch.sight import Roster
from dispatch.wording import LANGUAGES, passed_over_in_words, shortfall_in_words
from geodata.network import RoadNetwork
from services.views import moment


class DecisionOffer(msgspec.Struct, kw_only=True):
    """Somebody who was offered, and where they were then."""

    assignment_id: str
    responder_id: str
    jurisdiction: str
    kind: str
    mode: str
    role: str
    eta_s: float
    distance_m: float
    line_m: float
    chance: float
    """That they accept in time, as estimated."""
    lon: float
    lat: float
    fix_age_s: float


class DecisionSpare(msgspec.Struct, kw_only=True):
    """Somebody who could have been offered, and was not needed."""

    responder_id: str
    jurisdiction: str
    kind: str
    mode: str
    role: str
    eta_s: float
    distance_m: float
    line_m: float
    chance: float
    lon: float
    lat: float
    fix_age_s: float


class DecisionPassedOver(msgspec.Struct, kw_only=True):
    """Somebody nearer in a straight line than somebody chosen, and why they lost."""

    responder_id: str
    jurisdiction: str
    kind: str
    line_m: float
    eta_s: float | None
    distance_m: float | None
    cause: str
    reason: dict[str, str]
    """By language."""
    lon: float | None
    lat: float | None
    fix_age_s: float | None


class DecisionShortfall(msgspec.Struct, kw_only=True):
    """How many were missing, and why."""

    kinds: list[str]
    missing: int
    cause: str
    reason: dict[str, str]
    counts: dict[str, int]


class DecisionView(msgspec.Struct, kw_only=True):
    """One run of choosing who goes."""

    decided_at: datetime
    offered: list[DecisionOffer]
    spare: list[DecisionSpare]
    passed_over: list[DecisionPassedOver]
    shortfalls: list[DecisionShortfall]


_to_view = partial(msgspec.convert, type=DecisionView)


def decision(
    selections: Sequence[Selection],
    offered: Sequence[Assignment],
    recommendation: Recommendation,
    whereabouts: Roster,
    network: RoadNetwork,
) -> dict[str, Any]:
    """The document that is kept. ``whereabouts`` are those passed over, as they were."""
    asked = {one.key: one.assignment_id for one in offered}
    offers: dict[Key, DecisionOffer] = {}
    spare: dict[Key, DecisionSpare] = {}
    lost: dict[Key, DecisionPassedOver] = {}
    for selection in selections:
        chosen = [one.choice for one in selection.candidates if one.key in asked]
        for candidate in selection.candidates:
            said = _said_of(candidate)
            if candidate.key in asked:
                offers.setdefault(
                    candidate.key, DecisionOffer(assignment_id=asked[candidate.key], **said)
                )
            elif any(candidate.choice.line_m < one.line_m for one in chosen):
                reason = _slower_or_less_likely(candidate.choice, chosen, network)
                lost.setdefault(candidate.key, _lost_spare(candidate, *reason))
            else:
                spare.setdefault(candidate.key, DecisionSpare(**said))
        for candidate in selection.given_away:
            away = _lost_spare(candidate, PassedOverReason.NEEDED_ELSEWHERE)
            lost.setdefault(candidate.key, away)
    rows = {key: row for row, key in enumerate(_keys(whereabouts))}
    for answer in recommendation.answers:
        for one in answer.passed_over:
            key = (one.jurisdiction, one.responder_id)
            where = None if key not in rows else whereabouts[rows[key]]
            lost.setdefault(key, _passed_over(one, where))
    document = {
        "offered": list(offers.values()),
        "spare": [one for key, one in spare.items() if key not in offers],
        "passed_over": [one for key, one in lost.items() if key not in offers],
        "shortfalls": [
            _shortfall(answer.want.kinds, answer.shortfall)
            for answer in recommendation.answers
            if answer.shortfall is not None
        ],
    }
    return msgspec.to_builtins(document)


def keys_passed_over(recommendation: Recommendation) -> list[Key]:
    """Everybody who was passed over, once."""
    return list(
        dict.fromkeys(
            (one.jurisdiction, one.responder_id)
            for answer in recommendation.answers
            for one in answer.passed_over
        )
    )


def decision_view(decided_at_s: float, document: dict[str, Any]) -> DecisionView:
    """A kept decision as it is shown."""
    return _to_view({"decided_at": moment(decided_at_s), **document})


def _said_of(candidate: Candidate) -> dict[str, Any]:
    choice = candidate.choice
    return {
        "responder_id": choice.responder_id,
        "jurisdiction": choice.jurisdiction,
        "kind": choice.kind,
        "mode": choice.mode,
        "role": candidate.role.value,
        "eta_s": round(choice.eta_s, 1),
        "distance_m": round(choice.distance_m, 1),
        "line_m": round(choice.line_m, 1),
        "chance": round(candidate.chance, 3),
        "lon": round(choice.lon, 6),
        "lat": round(choice.lat, 6),
        "fix_age_s": round(choice.fix_age_s, 1),
    }


def _keys(roster: Roster) -> list[Key]:
    return list(zip(roster.jurisdiction, roster.responder_id, strict=True))


def _slower_or_less_likely(
    choice: Choice, chosen: Sequence[Choice], network: RoadNetwork
) -> tuple[PassedOverReason, str]:
    """Why somebody who could have gone, and is nearer by line than somebody asked, was not."""
    if choice.eta_s < max(one.eta_s for one in chosen):
        return PassedOverReason.LESS_LIKELY, ""
    return slower_because(network, choice.path)


def _lost_spare(
    candidate: Candidate, reason: PassedOverReason, landmark: str = ""
) -> DecisionPassedOver:
    """Somebody who could have gone, and why they were not asked."""
    choice = candidate.choice
    one = PassedOver(
        responder_id=choice.responder_id,
        jurisdiction=choice.jurisdiction,
        kind=choice.kind,
        line_m=choice.line_m,
        reason=reason,
        eta_s=choice.eta_s,
        distance_m=choice.distance_m,
        landmark=landmark,
    )
    told = _passed_over(one, None)
    told.lon, told.lat = round(choice.lon, 6), round(choice.lat, 6)
    told.fix_age_s = round(choice.fix_age_s, 1)
    return told


def _passed_over(one: PassedOver, where: Responder | None) -> DecisionPassedOver:
    return DecisionPassedOver(
        responder_id=one.responder_id,
        jurisdiction=one.jurisdiction,
        kind=one.kind,
        line_m=round(one.line_m, 1),
        eta_s=None if one.eta_s is None else round(one.eta_s, 1),
        distance_m=None if one.distance_m is None else round(one.distance_m, 1),
        cause=one.reason.value,
        reason={language: passed_over_in_words(one, language) for language in LANGUAGES},
        lon=None if where is None else round(where.lon, 6),
        lat=None if where is None else round(where.lat, 6),
        fix_age_s=None if where is None else round(where.age_s, 1),
    )


def _shortfall(kinds: frozenset[str], shortfall: Shortfall) -> DecisionShortfall:
    return DecisionShortfall(
        kinds=sorted(kinds),
        missing=shortfall.missing,
        cause=shortfall.reason.value,
        reason={language: shortfall_in_words(shortfall, language) for language in LANGUAGES},
        counts=dict(shortfall.counts),
    )
