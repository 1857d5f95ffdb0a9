"""What the centre is told when nobody is good enough, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatch.incidents.case import Case, ToldShort
from dispatch.incidents.needs import Need
from dispatch.incidents.policy import Policy
from dispatch.incidents.wants import of_visit
from dispatch.incidents.words import DeadlineKind, Purpose
from dispatch.question import Recommendation, Shortfall, ShortfallReason
from dispatch.wording import LANGUAGES, shortfall_in_words


def note_shortfalls(
    case: Case,
    found: Sequence[tuple[Need, tuple[float, ...]]],
    recommendation: Recommendation,
    policy: Policy,
    now_s: float,
) -> None:
    """Tell of each need, found so many for as there are chances, whether people are missing, and
    have it looked again.

    It is told once for each role of a visit or follow-up, and again when more are missing than were
    told, or when it is time to remind; not each time that the cause is another one.
    """
    made = {(need.purpose, need.number) for need, _ in found}
    told = {
        (one.purpose, one.number, one.role): one
        for one in case.incident.told_short
        if (one.purpose, one.number) in made
    }
    again_s: list[float] = []
    for need, chances in found:
        this = (need.purpose, need.number, need.role)
        lacking = need.missing - need.following - len(need.asked) - len(chances)
        if lacking > 0 and _is_news(told.get(this), lacking, policy, now_s):
            told[this] = ToldShort(*this, lacking, now_s)
            _tell(case, need, replace(_why(case, need, recommendation), missing=lacking), now_s)
        if need.is_short(chances, policy.acceptance_target):
            follow_up = need.purpose is Purpose.FOLLOW_UP
            again_s.append(policy.follow_up_retry_s if follow_up else policy.retry_s)
    case.incident.told_short = tuple(told.values())
    if again_s:
        case.set_deadline(DeadlineKind.STAFF, now_s + min(again_s))


def _is_news(told: ToldShort | None, lacking: int, policy: Policy, now_s: float) -> bool:
    return told is None or lacking > told.missing or now_s >= told.at_s + policy.unresolved_every_s


def _tell(case: Case, need: Need, shortfall: Shortfall, now_s: float) -> None:
    role = need.role.value
    case.happened(
        "shortfall.found",
        now_s,
        role=role,
        purpose=need.purpose.value,
        number=need.number,
        missing=shortfall.missing,
        cause=shortfall.reason.value,
        counts=dict(shortfall.counts),
        in_words={word: shortfall_in_words(shortfall, word, role) for word in LANGUAGES},
    )


def _why(case: Case, need: Need, recommendation: Recommendation) -> Shortfall:
    # They were there when it was looked, and somebody took them since.
    found = Shortfall(need.missing, ShortfallReason.ALL_BUSY)
    for answer in reversed(recommendation.answers):  # of a follow-up the widest area is last
        if answer.want.kinds == need.kinds and answer.shortfall is not None:
            found = answer.shortfall
            break
    if need.purpose is Purpose.FOLLOW_UP or found.reason is ShortfallReason.OUT_OF_NETWORK:
        return found
    refused = case.incident.refused_by
    if any(one.role is need.role and one.key in refused for one in of_visit(case, need.number)):
        # Whatever keeps the others: those who could go were asked, and it is they to telephone.
        return replace(found, reason=ShortfallReason.ALL_ASKED)
    return found
