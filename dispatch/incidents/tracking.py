"""Those on their way: when they will be there, whether they are late, lost, there, or beaten.

Fixes come every few seconds; what is said of them is said once.

RULE 1  A single fix may lie on the other carriageway. What two in a row say counts: of the time
        last told, the one by the last fix and the one by this fix the middle one; and off the way
        or back on it is who is so by both.
RULE 2  A new expected time is told when it has moved by a minute, so that a red light is no news.
RULE 3  Off the way is told once per leaving. Back is who is within half of what counts as leaving,
        so that somebody along the border of it has left once.
RULE 4  Late is told once for an assignment.
RULE 5  Whoever was told that the victim is elsewhere promises anew: what their next fix says.
RULE 6  An officer who comes to be far away brings one more of the community (地处偏远).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from statistics import median

from dispatch.incidents import visits
from dispatch.incidents.acceptance import Acceptance
from dispatch.incidents.case import Assignment, Case, Key
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import call_for_staff
from dispatch.incidents.staffing import officer_is_at
from dispatch.incidents.wants import Wanted, taking_part, wanted
from dispatch.incidents.words import AssignmentState, DeadlineKind, Purpose, Role
from dispatch.question import Choice, Question, Recommendation, Want
from dispatch.responders import Status, kind_named
from dispatch.wording import LANGUAGES, faster_in_words

ETA_NEWS_S = 60.0
"""An expected time that moved by less is no news."""
BACK_SHARE = 0.5
"""Share of the distance that counts as off the way within which somebody is back on it."""
FRESH_FIX_S = 30.0
"""A fix older than this does not tell that somebody has arrived: cars report every 5 to 30 s."""

ON_THE_WAY = (AssignmentState.ACCEPTED, AssignmentState.EN_ROUTE)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody on their way still has to go, from their last fix."""

    remaining_s: float | None
    """Seconds of way; None where no road leads from there."""
    remaining_m: float | None
    """Metres of it."""
    line_m: float
    """Metres in a straight line to the likeliest place."""
    detour_m: float | None
    """Metres by which the way from where they were when they were sent there, over where they are,
    to the victim is longer than the fastest way without that; None where it is not known. Another
    road that is as short is no detour, and nobody's map need have drawn it."""
    fixed_at_s: float
    accuracy_m: float
    """Of the fix."""
    at: tuple[float, float] | None = None
    """Longitude and latitude of the fix."""


def follow(
    case: Case,
    assignment: Assignment,
    progress: Progress,
    policy: Policy,
    now_s: float,
    before: Progress | None = None,
) -> bool:
    """Note what a fix says of somebody on their way; whether it says anything new.

    Of whoever makes a follow-up only that they are there is news. ``before`` is what the fix before
    said; None where it is not known, then this one is believed.
    """
    if assignment.state not in ON_THE_WAY:
        return False
    known = len(case.happenings)
    if _is_there(case, progress, policy, now_s):
        visits.arrive(case, assignment, policy, now_s, by="geofence")
        return True
    if assignment.purpose is Purpose.FOLLOW_UP:  # made when it suits: no way is the wrong one
        return False
    turned_at_s = assignment.turned_at_s
    if before is None or (turned_at_s is not None and before.fixed_at_s < turned_at_s):
        before = progress
    if turned_at_s is not None and assignment.promised_at_s is None:
        _promise_anew(case, assignment, progress, policy, now_s)
        return len(case.happenings) > known
    _note_way(case, assignment, progress, before, policy, now_s)
    _note_time(case, assignment, progress, before, policy, now_s)
    return len(case.happenings) > known


def _is_there(case: Case, progress: Progress, policy: Policy, now_s: float) -> bool:
    """Whether the fix shows that they are at the door.

    Near by line and by road: somebody on the other bank is not there. Where the place itself is
    known less well than that, or one of several, only they can tell.
    """
    places = case.incident.places
    return (
        len(places) == 1
        and places[0].accuracy_m <= policy.geofence_m
        and now_s - progress.fixed_at_s <= FRESH_FIX_S
        and progress.accuracy_m <= policy.geofence_m
        and progress.line_m <= policy.geofence_m
        and progress.remaining_m is not None
        and progress.remaining_m <= policy.geofence_m
    )


def _note_way(
    case: Case,
    assignment: Assignment,
    progress: Progress,
    before: Progress,
    policy: Policy,
    now_s: float,
) -> None:
    detour_m = progress.detour_m
    if detour_m is None or before.detour_m is None:
        return
    both_m = (before.detour_m, detour_m)
    if not assignment.off_route and min(both_m) > policy.off_route_m:
        assignment.off_route = True
        case.happened("assignment.off_route", now_s, assignment, detour_m=round(detour_m))
    elif assignment.off_route and max(both_m) <= BACK_SHARE * policy.off_route_m:
        assignment.off_route = False
        case.happened("assignment.back_on_route", now_s, assignment, detour_m=round(detour_m))


def _note_time(
    case: Case,
    assignment: Assignment,
    progress: Progress,
    before: Progress,
    policy: Policy,
    now_s: float,
) -> None:
    """When they will be there; whether that is late; whether it makes an officer a far one."""
    was_expected_at_s = assignment.expected_at_s
    expected_at_s = median(
        (
            was_expected_at_s,
            _expected_at_s(assignment, before, now_s),
            _expected_at_s(assignment, progress, now_s),
        )
    )
    if abs(expected_at_s - was_expected_at_s) >= ETA_NEWS_S:
        assignment.expected_at_s = expected_at_s
        case.happened(
            "assignment.eta_changed",
            now_s,
            assignment,
            was_expected_at_s=was_expected_at_s,
            expected_at_s=expected_at_s,
        )
        _look_whether_far(case, assignment, policy, now_s)
    promised_at_s = assignment.promised_at_s
    if promised_at_s is None or assignment.late:
        return
    if expected_at_s - promised_at_s > policy.late_after_s:
        assignment.expected_at_s = expected_at_s
        visits.mark_late(case, assignment, now_s)


def _promise_anew(
    case: Case, assignment: Assignment, progress: Progress, policy: Policy, now_s: float
) -> None:
    """RULE 5."""
    if progress.remaining_s is None:
        return
    was_expected_at_s = assignment.expected_at_s
    expected_at_s = _expected_at_s(assignment, progress, now_s)
    assignment.expected_at_s = assignment.promised_at_s = expected_at_s
    assignment.turned_from = progress.at
    case.cancel_deadlines(DeadlineKind.ARRIVE, assignment)
    case.set_deadline(DeadlineKind.ARRIVE, expected_at_s + policy.late_after_s, assignment)
    case.happened(
        "assignment.eta_changed",
        now_s,
        assignment,
        was_expected_at_s=was_expected_at_s,
        expected_at_s=expected_at_s,
    )
    _look_whether_far(case, assignment, policy, now_s)


def _expected_at_s(assignment: Assignment, progress: Progress, now_s: float) -> float:
    """From the fix on, or from when they have turned out; whoever is not there is there later.
    The time last told, where the fix tells of no way."""
    if progress.remaining_s is None:
        return max(now_s, assignment.expected_at_s)
    sets_out_at_s = progress.fixed_at_s
    if assignment.departed_at_s is None and assignment.accepted_at_s is not None:
        turned_out_at_s = assignment.accepted_at_s + kind_named(assignment.kind).turn_out_s
        sets_out_at_s = max(sets_out_at_s, turned_out_at_s)
    return max(now_s, sets_out_at_s + progress.remaining_s)


def _look_whether_far(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    """RULE 6."""
    if assignment.role is Role.ENFORCEMENT and _officer_is_far(case, policy, now_s):
        call_for_staff(case, policy, now_s)


def _officer_is_far(case: Case, policy: Policy, now_s: float) -> bool:
    """Whether the officers who are coming have just become far ones."""
    want = wanted(case.incident, policy)
    if want is None or want.purpose is Purpose.FOLLOW_UP:
        return False
    police = taking_part(case, want, Role.ENFORCEMENT)  # those who are there were expected before
    nearest_s = min((one.expected_at_s - now_s for one in police), default=None)
    return officer_is_at(case, nearest_s, policy, now_s)


def suggestion_question(
    case: Case, policy: Policy, engaged: Mapping[Key, Status], acceptance: Acceptance, now_s: float
) -> Question | None:
    """Who could be there sooner than those on their way; None where nobody could be by enough."""
    want = wanted(case.incident, policy)
    on_the_way = _on_the_way(case, want)
    left_s = max(
        (one.expected_at_s - now_s for ones in on_the_way.values() for one in ones), default=0.0
    )
    limit_s = left_s - policy.suggest_faster_by_s
    if want is None or limit_s <= 0.0 or not case.incident.places:
        return None
    return Question(
        places=case.incident.places,
        wants=tuple(
            Want(
                want.kinds(role),
                len(ones),
                set_back_s=acceptance.set_back_s(want.kinds(role), want.acknowledge_s),
            )
            for role, ones in on_the_way.items()
        ),
        limit_s=min(limit_s, want.reach_s),
        without=frozenset((*case.incident.refused_by, *case.incident.visited_by)),
        engaged=engaged,
        sent=frozenset(one.key for one in case.live()),
    )


def _on_the_way(case: Case, want: Wanted | None) -> dict[Role, list[Assignment]]:
    """Those of the visit who have said yes and are not there yet, by role, the last one first."""
    if want is None or want.purpose is Purpose.FOLLOW_UP:
        return {}
    by_role: dict[Role, list[Assignment]] = {}
    for role in Role:
        ones = [one for one in taking_part(case, want, role) if one.state in ON_THE_WAY]
        if ones:
            by_role[role] = sorted(ones, key=lambda one: one.expected_at_s, reverse=True)
    return by_role


def suggest(case: Case, recommendation: Recommendation, policy: Policy, now_s: float) -> bool:
    """Note who would be there sooner by what the policy says, in the stead of the last of those
    on their way; whether anybody is suggested. Nobody is swapped.

    For one assignment somebody else is suggested only when whoever was suggested before is engaged
    by now, or beaten by as much again.
    """
    want = wanted(case.incident, policy)
    barred = {*case.incident.refused_by, *case.incident.visited_by}
    barred |= {one.key for one in case.live()}
    engaged = recommendation.question.engaged.items()
    barred |= {key for key, status in engaged if status is not Status.AVAILABLE}
    known = len(case.happenings)
    for role, ones in _on_the_way(case, want).items():
        free = sorted(
            (
                choice
                for answer in recommendation.answers
                for choice in answer.chosen
                if choice.kind in want.kinds(role) and _key(choice) not in barred
            ),
            key=_likely_after_s,
        )
        for one, choice in zip(ones, free, strict=False):
            if _suggest_for(case, one, choice, barred, policy, now_s):
                barred.add(_key(choice))
    return len(case.happenings) > known


def _suggest_for(
    case: Case,
    assignment: Assignment,
    choice: Choice,
    barred: set[Key],
    policy: Policy,
    now_s: float,
) -> bool:
    """Whether this one is suggested."""
    there_at_s = now_s + _likely_after_s(choice)
    saves_s = assignment.expected_at_s - there_at_s
    last_one, last_there_at_s = assignment.suggested, assignment.suggested_there_at_s
    if saves_s < policy.suggest_faster_by_s or _key(choice) == last_one:
        return False
    beaten_by_s = inf
    if last_there_at_s is not None and last_one not in barred:
        beaten_by_s = last_there_at_s - there_at_s
    if beaten_by_s < policy.suggest_faster_by_s:
        return False
    assignment.suggested_there_at_s = there_at_s
    assignment.suggested = _key(choice)
    case.happened(
        "suggestion.made",
        now_s,
        assignment,
        jurisdiction=choice.jurisdiction,
        responder_id=choice.responder_id,
        kind=choice.kind,
        eta_s=round(choice.eta_s, 1),
        distance_m=round(choice.distance_m, 1),
        expected_at_s=assignment.expected_at_s,
        saves_s=round(saves_s, 1),
        in_words={word: faster_in_words(choice, saves_s, word) for word in LANGUAGES},
    )
    return True


def _key(choice: Choice) -> Key:
    return choice.jurisdiction, choice.responder_id


def _likely_after_s(choice: Choice) -> float:
    """Seconds until they are there, with what waiting for their yes may cost."""
    return choice.eta_s + choice.set_back_s
