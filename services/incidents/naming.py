"""A dispatcher names who goes: outside the ranking, but nobody is sent twice, and on the record."""

from __future__ import annotations

from dispatch.errors import ConflictError
from dispatch.incidents import progress, staffing, visits
from dispatch.incidents.case import Assignment, Case, Key
from dispatch.incidents.policy import Policy
from dispatch.incidents.wants import wanted
from dispatch.incidents.words import IncidentState, Purpose, Role
from dispatch.inquiry import Roads
from dispatch.live_picture import LivePicture
from dispatch.question import Choice, Question, Want
from dispatch.recommendation import recommend
from dispatch.wording import passed_over_in_words
from services.errors import ProblemError
from services.jurisdictions import Jurisdictions

LONGEST_WAY_S = 86_400.0
"""Whoever is named may be as far away as the dispatcher likes, within a day."""


def choice_of(case: Case, key: Key, picture: LivePicture, roads: Roads, now_s: float) -> Choice:
    """How the named responder gets there. Raises ProblemError where they cannot be sent.

    Only responders of the incident's centre may be named; anybody else is unknown here.
    """
    held = Jurisdictions([case.incident.centre])
    known = picture.get(*key, now_s) if held.hold(key[0]) else None
    if known is None:
        raise ProblemError("invalid-value", f"No position of a responder {key[1]!r} is known here.")
    if not case.incident.places:
        raise ProblemError(
            "not-possible-now", "Nobody can be sent before it is known where the victim is."
        )
    question = Question(
        places=case.incident.places,
        wants=(Want(frozenset({known.kind})),),
        limit_s=LONGEST_WAY_S,
        only=frozenset({key}),
    )
    (found,) = recommend(picture, roads, question, held, now_s).answers
    if found.chosen:
        return found.chosen[0]
    of_them = [one for one in found.passed_over if (one.jurisdiction, one.responder_id) == key]
    why = passed_over_in_words(of_them[0], "en") if of_them else "No way leads there."
    raise ProblemError("not-possible-now", f"The responder {key[1]!r} cannot be sent: {why}")


def offer_named(
    case: Case,
    choice: Choice,
    instead_of: str | None,
    take: staffing.Take,
    chance: float,
    policy: Policy,
    now_s: float,
) -> Assignment:
    """Offer them the incident, and take off it whom they go instead of."""
    incident = case.incident
    if incident.state not in progress.CALLING and not (
        incident.state is IncidentState.FOLLOWING_UP and incident.follow_up_due
    ):
        raise ConflictError(
            f"The incident is {incident.state.value}: order another visit, or reopen it, first."
        )
    old = None if instead_of is None else case.assignments.get(instead_of)
    if instead_of is not None and (old is None or not old.live):
        raise ConflictError("The assignment that they are to go instead of is not live any more.")
    tier = policy.of(incident.answer_tier)
    want = wanted(incident, policy)
    if want is None:
        purpose = Purpose.VISIT if incident.visit_number == 1 else Purpose.SECOND_VISIT
        number, acknowledge_s = incident.visit_number, tier.acknowledge_s
    else:
        purpose, number, acknowledge_s = want.purpose, want.number, want.acknowledge_s
    police = choice.kind in tier.enforcement_kinds and purpose is not Purpose.FOLLOW_UP
    candidate = staffing.Candidate(
        role=Role.ENFORCEMENT if police else Role.COMMUNITY,
        purpose=purpose,
        number=number,
        choice=choice,
        chance=chance,
        rank=0,
        acknowledge_s=acknowledge_s,
    )
    offered = staffing.offer(case, candidate, policy, now_s, take, instead_of)
    if offered is None:
        raise ConflictError("The responder has another assignment: nobody is sent twice.")
    offered.named = True
    if old is not None:
        visits.release(case, old, "replaced", policy, now_s)
    if purpose is not Purpose.FOLLOW_UP:
        progress.settle(case, policy, now_s)
    return offered
