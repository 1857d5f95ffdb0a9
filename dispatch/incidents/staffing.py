"""Who is offered an incident: who is missing, whom to look for, whom to ask, how many at once.

One run of staffing is: :func:`needs` of the case; :func:`question` for the live picture, before the
transaction; in it, with the case locked, :func:`needs` again, :func:`choose` and :func:`send`.
Between these two, incidents that wait at the same moment are brought together by ``pairing``.

RULE 1  Officers are ordered: as many are asked as are missing. Of the community so many are asked
        at once that those missing say yes with the policy's probability (``acceptance``). A
        follow-up has time: one is asked after the other.
RULE 2  One refusal is replaced by one. An offer opens a place; whoever is asked in their stead
        takes the same place, which keeps the chance of the first one asked, so that a replacement
        who is less likely to come does not call for a second one.
RULE 3  With the nearest officer farther away than ``far_officer_s``, or none, one more of the
        community is sent (地处偏远).
RULE 4  Whoever declined, was in front of the victim in vain, or is engaged, is not asked.
RULE 5  A follow-up is made by the nearest of the victim's grid; where none can, of the village,
        the station, the centre.
RULE 6  What is missing is looked for again after the policy's time. It is said once for each role
        of a visit, and again when more are missing or the policy's time to remind has passed.
RULE 7  Whoever let an offer of a visit pass may have been in a tunnel: after the policy's time they
        are asked again, behind everybody else who can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from dispatch.incidents.acceptance import Acceptance, set_back_s
from dispatch.incidents.case import Area, Assignment, Case, Key
from dispatch.incidents.needs import MOST_AT_ONCE, Need, needs
from dispatch.incidents.policy import Policy
from dispatch.incidents.shortfalls import note_shortfalls
from dispatch.incidents.wants import of_visit
from dispatch.incidents.words import AssignmentState, DeadlineKind, Purpose, Role
from dispatch.question import MOST_WANTED, Choice, Question, Recommendation, Want
from dispatch.responders import Status
from dispatch.wording import LANGUAGES, choice_in_words

SPARES = 4
"""Candidates looked for beyond those who are asked: somebody else's incident may take some."""
TAKEN_RETRY_S = 1.0
"""After which it is looked again when others took the candidates."""

Take = Callable[[Assignment], bool]
"""Writes a new assignment; false where the responder has another live one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who can be asked."""

    role: Role
    purpose: Purpose
    number: int
    choice: Choice
    chance: float
    """That they say yes."""
    rank: int
    """Their place by arrival among those who can be asked, 0 for the first there."""
    acknowledge_s: float
    again: bool = False
    """Whether they let an offer of this visit pass (RULE 7)."""

    @property
    def key(self) -> Key:
        return self.choice.jurisdiction, self.choice.responder_id


@dataclass(frozen=True, slots=True)
class Selection:
    """Who is asked for one need."""

    need: Need
    at_once: int
    """How many to ask now."""
    candidates: tuple[Candidate, ...]
    """The best first, spare ones behind."""
    given_away: tuple[Candidate, ...] = ()
    """Those whom incidents that wait at the same moment need more (``pairing``)."""


def question(
    case: Case,
    needed: tuple[Need, ...],
    policy: Policy,
    engaged: Mapping[Key, Status],
    acceptance: Acceptance,
    beside: int = 0,
) -> Question:
    """Whom to look for. ``engaged`` are those who have a live assignment in any incident.

    More are looked for than are asked: spare ones, as many as incidents that are staffed together
    with this one may ask (``beside``), and more for the case that the officer proves to be far
    away. Raises QuestionError for a case without a place or a need.
    """
    incident = case.incident
    for_now = {need.role: need for need in needed}
    if Role.ENFORCEMENT in for_now and not incident.more_community:
        far = replace(case, incident=replace(incident, more_community=1))
        for_now = {need.role: need for need in needs(far, policy)} | {
            Role.ENFORCEMENT: for_now[Role.ENFORCEMENT]
        }
    follow_up = any(need.purpose is Purpose.FOLLOW_UP for need in needed)
    without = {*incident.refused_by}
    if not follow_up:
        without |= {*incident.visited_by}
    passed = {need.role: _let_pass(case, need) for need in needed}
    without -= {key for keys in passed.values() for key in keys}
    return Question(
        places=incident.places,
        wants=tuple(
            want
            for need in for_now.values()
            for want in _wants(
                need, incident.area, policy, acceptance, len(passed.get(need.role, ())) + beside
            )
        ),
        limit_s=max((need.limit_s for need in for_now.values()), default=1.0),
        without=frozenset(without),
        engaged=engaged,
        sent=frozenset(one.key for one in case.live()),
    )


def most_asked(need: Need, policy: Policy, acceptance: Acceptance) -> int:
    """How many are asked at once for a need, when all are of the kind that declines most."""
    least = min(acceptance.chance(kind) for kind in need.kinds)
    return max(need.to_ask((least,) * MOST_AT_ONCE, policy.acceptance_target), 1)


def _wants(
    need: Need, area: Area, policy: Policy, acceptance: Acceptance, more: int
) -> Iterator[Want]:
    at_most = most_asked(need, policy, acceptance)
    whole = Want(
        kinds=need.kinds,
        count=min(at_most + SPARES + more, MOST_WANTED),
        set_back_s=acceptance.set_back_s(need.kinds, need.refusal_s),
    )
    if need.purpose is not Purpose.FOLLOW_UP:
        yield whole
        return
    for jurisdiction in _nearest_first(area):  # RULE 5
        yield replace(whole, within=(jurisdiction,))


def _nearest_first(area: Area) -> list[str]:
    """The victim's grid, village, station and centre, as far as they are known."""
    levels = (area.grid, area.village, area.station, area.centre)
    return list(dict.fromkeys(level for level in levels if level is not None))


def choose(
    case: Case,
    needed: tuple[Need, ...],
    recommendation: Recommendation,
    acceptance: Acceptance,
    policy: Policy,
    now_s: float,
) -> list[Selection]:
    """Whom to ask for each need. Notes in the case that the officer is far away (RULE 3), and what
    is missing (RULE 6)."""
    if _note_far_officer(case, needed, recommendation, acceptance, policy, now_s):
        needed = needs(case, policy)
    selections = []
    for need in needed:
        candidates = _candidates(case, need, recommendation, acceptance, policy, now_s)
        chances = tuple(candidate.chance for candidate in candidates)
        at_once = need.to_ask(chances, policy.acceptance_target)
        selections.append(Selection(need, at_once, candidates))
    case.cancel_deadlines(DeadlineKind.STAFF)  # this run does what they ask for
    found = [
        (one.need, tuple(candidate.chance for candidate in one.candidates)) for one in selections
    ]
    note_shortfalls(case, found, recommendation, policy, now_s)  # RULE 6
    return selections


def _candidates(
    case: Case,
    need: Need,
    recommendation: Recommendation,
    acceptance: Acceptance,
    policy: Policy,
    now_s: float,
) -> tuple[Candidate, ...]:
    incident = case.incident
    follow_up = need.purpose is Purpose.FOLLOW_UP
    passed = _let_pass(case, need)
    again = {key for key, at_s in passed.items() if now_s >= at_s + policy.retry_s}  # RULE 7
    barred = {*incident.refused_by} - again  # RULE 4
    barred |= {one.key for one in case.live()}
    if not follow_up:
        barred |= {*incident.visited_by}
    order: list[tuple[int, float, float, str, str, Choice]] = []
    for level, answer in enumerate(recommendation.answers):
        for choice in answer.chosen:
            key = (choice.jurisdiction, choice.responder_id)
            if key in barred or choice.kind not in need.kinds or choice.eta_s > need.limit_s:
                continue
            back_s = set_back_s(acceptance.chance(choice.kind), need.refusal_s)
            turn = level if follow_up else int(key in again)
            order.append((turn, choice.eta_s + back_s, choice.eta_s, *key, choice))
    order.sort(key=lambda entry: entry[:5])
    soonest = sorted(entry[2] for entry in order)
    return tuple(
        Candidate(
            role=need.role,
            purpose=need.purpose,
            number=need.number,
            choice=choice,
            chance=acceptance.chance(choice.kind),
            rank=soonest.index(eta_s),
            acknowledge_s=need.acknowledge_s,
            again=not follow_up and bool(turn),
        )
        for turn, _, eta_s, _, _, choice in order
    )


def _let_pass(case: Case, need: Need) -> dict[Key, float]:
    """Whose last offer of this visit was of this role and was not answered, and since when."""
    if need.purpose is Purpose.FOLLOW_UP:
        return {}
    latest = {one.key: one for one in of_visit(case, need.number)}
    return {
        key: one.ended_at_s or 0.0
        for key, one in latest.items()
        if one.state is AssignmentState.EXPIRED
        and one.role is need.role
        and key in case.incident.refused_by
        and key not in case.incident.visited_by
    }


def _note_far_officer(
    case: Case,
    needed: tuple[Need, ...],
    recommendation: Recommendation,
    acceptance: Acceptance,
    policy: Policy,
    now_s: float,
) -> bool:
    """RULE 3; whether somebody more is wanted from now on."""
    ordered = [need for need in needed if need.role is Role.ENFORCEMENT]
    if not ordered or case.incident.more_community:
        return False
    etas_s = [one.expected_at_s - now_s for one in case.live(Role.ENFORCEMENT)]
    etas_s += [
        candidate.choice.eta_s
        for need in ordered
        for candidate in _candidates(case, need, recommendation, acceptance, policy, now_s)
    ]
    nearest_s = min(etas_s, default=None)
    return officer_is_at(case, nearest_s, policy, now_s)


def officer_is_at(case: Case, nearest_s: float | None, policy: Policy, now_s: float) -> bool:
    """Note how many seconds the nearest officer is away, None for no officer; whether one more of
    the community is wanted for it, who was not before."""
    if case.incident.more_community:
        return False
    if nearest_s is not None and nearest_s <= policy.far_officer_s:
        return False
    case.incident.more_community = 1
    case.happened(
        "incident.officer_far",
        now_s,
        nearest_s=None if nearest_s is None else round(nearest_s, 1),
        far_officer_s=policy.far_officer_s,
    )
    return True


def send(
    case: Case, selections: list[Selection], take: Take, policy: Policy, now_s: float
) -> list[Assignment]:
    """Ask those selected, spare ones in the place of those whom ``take`` does not get."""
    offered: list[Assignment] = []
    used: set[Key] = set()
    for selection in selections:
        left, taken = selection.at_once, False
        vacant = list(selection.need.vacant)
        for candidate in selection.candidates:
            if left == 0:
                break
            if candidate.key in used:
                continue
            used.add(candidate.key)
            replaces = vacant[0] if vacant else None
            assignment = offer(case, candidate, policy, now_s, take, replaces)
            if assignment is None:
                taken = True
                continue
            offered.append(assignment)
            left -= 1
            del vacant[:1]
        if left and taken:
            case.set_deadline(DeadlineKind.STAFF, now_s + TAKEN_RETRY_S)
    return offered


def offer(
    case: Case,
    candidate: Candidate,
    policy: Policy,
    now_s: float,
    take: Take = lambda assignment: True,
    replaces: str | None = None,
) -> Assignment | None:
    """Ask one; None where ``take`` says that they have another live assignment."""
    choice = candidate.choice
    assignment = Assignment(
        assignment_id=case.new_id(),
        jurisdiction=choice.jurisdiction,
        responder_id=choice.responder_id,
        kind=choice.kind,
        mode=choice.mode,
        role=candidate.role,
        purpose=candidate.purpose,
        visit_number=candidate.number,
        state=AssignmentState.OFFERED,
        offered_at_s=now_s,
        acknowledge_by_s=now_s + candidate.acknowledge_s,
        offered_eta_s=choice.eta_s,
        distance_m=choice.distance_m,
        lon=choice.lon,
        lat=choice.lat,
        fix_age_s=choice.fix_age_s,
        expected_at_s=now_s + choice.eta_s,
        chance=candidate.chance,
        replaces=replaces,
    )
    if not take(assignment):
        return None
    case.assignments[assignment.assignment_id] = assignment
    case.happened(
        "assignment.offered",
        now_s,
        assignment,
        eta_s=round(choice.eta_s, 1),
        turn_out_s=round(choice.turn_out_s, 1),
        drive_s=round(choice.drive_s, 1),
        distance_m=round(choice.distance_m, 1),
        line_m=round(choice.line_m, 1),
        chance=round(candidate.chance, 3),
        replaces=replaces,
        in_words={word: choice_in_words(choice, candidate.rank, word) for word in LANGUAGES},
    )
    case.set_deadline(DeadlineKind.ACKNOWLEDGE, assignment.acknowledge_by_s, assignment)
    return assignment
