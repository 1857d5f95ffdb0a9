"""What responders do: accept, decline, set out, arrive, report; and what is done to them.

The steps of an assignment, from where to where:

    accept   offered                       -> accepted
    decline  offered, accepted, en_route   -> declined
    expire   offered                       -> expired
    depart   accepted                      -> en_route
    arrive   accepted, en_route            -> on_scene, and back to en_route when the victim turns
                                              out to be elsewhere (``moving``)
    report   accepted, en_route, on_scene  -> reported
    release  any live one                  -> released

A step that was taken already is taken again without effect, for phones repeat what they sent in a
tunnel; one that cannot be taken is a ConflictError. Setting out and arriving may be skipped for
the same reason: whoever reports has arrived.
"""

from __future__ import annotations

from dispatch.errors import ConflictError, IncidentError
from dispatch.incidents import follow_ups, progress, wants
from dispatch.incidents.case import Assignment, Case
from dispatch.incidents.ending import (
    becomes_one_person,
    not_asked_again,
    stand_down,
    stand_down_all,
)
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import await_evidence, call_for_staff
from dispatch.incidents.words import (
    AssignmentState,
    DeadlineKind,
    IncidentState,
    Purpose,
    Role,
    VisitOutcome,
)

OFFERED, ACCEPTED = AssignmentState.OFFERED, AssignmentState.ACCEPTED
EN_ROUTE, ON_SCENE = AssignmentState.EN_ROUTE, AssignmentState.ON_SCENE
REPORTED = AssignmentState.REPORTED
POLICE = Role.ENFORCEMENT

_MEANS = {
    AssignmentState.OFFERED: "has not been accepted yet",
    AssignmentState.DECLINED: "was declined",
    AssignmentState.EXPIRED: "was not accepted in time and has gone to others",
    AssignmentState.RELEASED: "was withdrawn",
    AssignmentState.REPORTED: "has been reported on",
    AssignmentState.ON_SCENE: "is on scene: report how the visit went",
}


def accept(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    """They go. Offers of the same role that are not needed any more are withdrawn."""
    if assignment.state in (ACCEPTED, EN_ROUTE, ON_SCENE):
        return
    _must_be(assignment, "accepted", OFFERED)
    assignment.state = ACCEPTED
    assignment.accepted_at_s = now_s
    assignment.expected_at_s = now_s + assignment.offered_eta_s
    late_at_s = now_s + policy.follow_up_within_s
    if assignment.turned_at_s is not None:  # the offer was for another place
        late_at_s = now_s + policy.missing_after_s
    elif assignment.purpose is not Purpose.FOLLOW_UP:
        assignment.promised_at_s = assignment.expected_at_s
        late_at_s = assignment.promised_at_s + policy.late_after_s
    case.cancel_deadlines(DeadlineKind.ACKNOWLEDGE, assignment)
    case.cancel_deadlines(DeadlineKind.ARRIVE, assignment)
    case.set_deadline(DeadlineKind.ARRIVE, late_at_s, assignment)
    case.happened("assignment.accepted", now_s, assignment, promised_at_s=assignment.promised_at_s)
    _withdraw_surplus(case, assignment, policy, now_s)
    progress.watch(case, policy, now_s)


def decline(case: Case, assignment: Assignment, reason: str, policy: Policy, now_s: float) -> None:
    """They do not go, or cannot go on; somebody else is looked for."""
    if assignment.state is AssignmentState.DECLINED:
        return
    _must_be(assignment, "declined", OFFERED, ACCEPTED, EN_ROUTE)
    case.happened(
        "assignment.declined",
        now_s,
        assignment,
        reason=reason,
        after_accepting=assignment.accepted_at_s is not None,
    )
    assignment.decline_reason = reason
    _lose(case, assignment, AssignmentState.DECLINED, policy, now_s)


def expire(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    """They did not answer in time; somebody else is looked for. Nothing where they did."""
    if assignment.state is not OFFERED:
        return
    case.happened("assignment.expired", now_s, assignment)
    _lose(case, assignment, AssignmentState.EXPIRED, policy, now_s)


def release(case: Case, assignment: Assignment, reason: str, policy: Policy, now_s: float) -> None:
    """A dispatcher takes them off the incident; they are not asked again for this visit."""
    if assignment.state is AssignmentState.RELEASED:
        return
    _must_be(assignment, "released", OFFERED, ACCEPTED, EN_ROUTE, ON_SCENE)
    stand_down(case, assignment, reason or "dispatcher", now_s)
    not_asked_again(case, assignment)
    _go_on(case, assignment, policy, now_s)


def depart(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    """They have set out."""
    if assignment.state in (EN_ROUTE, ON_SCENE):
        return
    _must_be(assignment, "on its way", ACCEPTED)
    assignment.state = EN_ROUTE
    assignment.departed_at_s = now_s
    case.happened("assignment.departed", now_s, assignment)


def arrive(
    case: Case, assignment: Assignment, policy: Policy, now_s: float, by: str = "hand"
) -> None:
    """They are there, known ``by`` hand, geofence, or the report that followed.

    The proof is due from now on; once police are there, from then on. Whoever of the community is
    first holds the victim until the police who are coming are there.
    """
    if assignment.state is ON_SCENE:
        return
    _must_be(assignment, "on scene", ACCEPTED, EN_ROUTE)
    incident = case.incident
    on_scene = [entry for entry in wants.of_visit(case) if entry.state is ON_SCENE]
    assignment.state = ON_SCENE
    assignment.arrived_at_s = now_s
    assignment.expected_at_s = now_s
    followed, assignment.elsewhere = assignment.elsewhere, False
    case.cancel_deadlines(DeadlineKind.ARRIVE, assignment)
    case.set_deadline(DeadlineKind.REPORT, now_s + policy.report_within_s, assignment)
    case.happened(
        "assignment.arrived", now_s, assignment, by=by, first=incident.first_face_at_s is None
    )
    if assignment.purpose is Purpose.FOLLOW_UP:
        return
    if incident.first_face_at_s is None:
        incident.first_face_at_s = now_s
    incident.contact_asked_at_s = None
    case.cancel_deadlines(DeadlineKind.CONTACT)
    if assignment.visit_number != incident.visit_number:
        return
    first_police = assignment.role is POLICE and not any(
        entry.role is POLICE and entry.arrived_at_s is not None
        for entry in wants.of_visit(case)
        if entry is not assignment
    )
    if incident.evidence_due_at_s is None or first_police:
        await_evidence(case, now_s + policy.evidence_within_s, now_s)
    _hold_or_relieve(case, assignment, on_scene, now_s)
    if followed:
        _withdraw_surplus(case, assignment, policy, now_s)


def report(
    case: Case,
    assignment: Assignment,
    outcome: VisitOutcome,
    note: str,
    amount_kept_yuan: float | None,
    policy: Policy,
    now_s: float,
) -> None:
    """They tell how the visit went; what follows from it is in ``progress.settle``.

    Of an incident about whoever is at a branch's counter it is known from now on who that was.
    """
    if amount_kept_yuan is not None and not 0.0 <= amount_kept_yuan < float("inf"):
        raise IncidentError("The amount that the victim kept is 0 yuan or more.")
    if assignment.state is REPORTED and assignment.outcome is outcome:
        return
    _must_be(assignment, "reported", ACCEPTED, EN_ROUTE, ON_SCENE)
    if assignment.state is not ON_SCENE:
        arrive(case, assignment, policy, now_s, by="report")
    incident = case.incident
    becomes_one_person(incident)
    assignment.state = REPORTED
    assignment.outcome = outcome
    assignment.note = note
    assignment.reported_at_s = assignment.ended_at_s = now_s
    if amount_kept_yuan is not None:
        incident.amount_kept_yuan = amount_kept_yuan
    case.cancel_deadlines(assignment=assignment)
    case.happened(
        "assignment.reported",
        now_s,
        assignment,
        outcome=outcome.value,
        note=note,
        amount_kept_yuan=amount_kept_yuan,
    )
    if assignment.purpose is Purpose.FOLLOW_UP:
        follow_ups.reported(case, assignment, policy, now_s)
        return
    if outcome is VisitOutcome.NOT_FOUND:
        forget_face(case)
    done = incident.state in (IncidentState.VISITED, IncidentState.FOLLOWING_UP)
    if not done or assignment.visit_number != incident.visit_number:
        progress.settle(case, policy, now_s)
        return
    said = progress.verdict(case)
    taken_back = said is not None and said[0] is not VisitOutcome.DISSUADED
    if taken_back and case.open_elsewhere is None:
        progress.order_visit(case, outcome.value, policy, now_s)


def order(case: Case, reason: str, policy: Policy, now_s: float) -> None:
    """A dispatcher orders another visit, with others than those who were there, whatever the
    policy's limit."""
    incident = case.incident
    if not incident.is_open:
        raise ConflictError(
            f"The incident is {incident.state.value}: reopen it, and a visit is ordered with it."
        )
    if not reason.strip():
        raise IncidentError("Ordering another visit needs a reason.")
    if any(entry.live and entry.state is not ON_SCENE for entry in wants.of_visit(case)):
        raise ConflictError(
            "Somebody is asked or on the way already: wait for them, or release them first."
        )
    progress.order_visit(case, reason, policy, now_s, by_a_person=True)


def arrive_overdue(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    """They should be there and are not: late once, and missing again and again.

    A fix may have told meanwhile that they need longer; then they are late, and missing only when
    they are not there when the last fix said. Whoever has not made the follow-up that they accepted
    is freed, and somebody else is asked.
    """
    if assignment.state not in (ACCEPTED, EN_ROUTE):
        return
    if assignment.purpose is Purpose.FOLLOW_UP:
        release(case, assignment, "not_made", policy, now_s)
        return
    promised_at_s = assignment.promised_at_s
    if promised_at_s is not None and now_s >= promised_at_s + policy.late_after_s:
        mark_late(case, assignment, now_s)
    missing_at_s = assignment.expected_at_s + policy.missing_after_s
    if now_s >= missing_at_s:
        case.happened(
            "assignment.missing",
            now_s,
            assignment,
            expected_at_s=assignment.expected_at_s,
            promised_at_s=promised_at_s,
        )
        missing_at_s = now_s + policy.missing_after_s
    case.cancel_deadlines(DeadlineKind.ARRIVE, assignment)
    next_at_s = missing_at_s
    if promised_at_s is not None and not assignment.late:
        next_at_s = min(missing_at_s, promised_at_s + policy.late_after_s)
    case.set_deadline(DeadlineKind.ARRIVE, next_at_s, assignment)


def report_overdue(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    """They are there and have told nothing: asked for, as long as the incident waits for them.

    Where it does not wait for them any more, they are released, for whoever forgot to report would
    be taken for ever. Whoever follows up is released the second time, and somebody else is sent.
    """
    if assignment.state is not ON_SCENE:
        return
    assert assignment.arrived_at_s is not None
    incident = case.incident
    case.happened("assignment.report_wanted", now_s, assignment, since_s=assignment.arrived_at_s)
    if assignment.purpose is Purpose.FOLLOW_UP:
        waits = now_s - assignment.arrived_at_s < 2 * policy.report_within_s
    else:
        waits = (
            incident.state is IncidentState.RESPONDING
            and assignment.visit_number == incident.visit_number
        )
    if waits:
        case.cancel_deadlines(DeadlineKind.REPORT, assignment)
        case.set_deadline(DeadlineKind.REPORT, now_s + policy.report_within_s, assignment)
    else:
        stand_down(case, assignment, "no_report", now_s)
        _go_on(case, assignment, policy, now_s)


def mark_late(case: Case, assignment: Assignment, now_s: float) -> None:
    """Note, once, that they come later than they promised."""
    if assignment.late or assignment.promised_at_s is None:
        return
    assignment.late = True
    expected_at_s = max(now_s, assignment.expected_at_s)
    case.happened(
        "assignment.late",
        now_s,
        assignment,
        expected_at_s=assignment.expected_at_s,
        promised_at_s=assignment.promised_at_s,
        late_s=expected_at_s - assignment.promised_at_s,
    )


def _lose(
    case: Case, assignment: Assignment, state: AssignmentState, policy: Policy, now_s: float
) -> None:
    assignment.state = state
    assignment.ended_at_s = now_s
    case.cancel_deadlines(assignment=assignment)
    not_asked_again(case, assignment)
    _go_on(case, assignment, policy, now_s)


def _go_on(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    if assignment.purpose is Purpose.FOLLOW_UP:
        call_for_staff(case, policy, now_s)
    else:
        progress.settle(case, policy, now_s)


def _withdraw_surplus(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    want = wants.wanted(case.incident, policy)
    if want is None or want.number != assignment.visit_number:
        return
    there = list(wants.taking_part(case, want, assignment.role))
    if sum(map(wants.fills_place, there)) >= want.count(assignment.role):
        stand_down_all(
            case,
            [entry for entry in there if entry.state is OFFERED and not entry.named],
            "enough_accepted",
            now_s,
        )


def _hold_or_relieve(
    case: Case, assignment: Assignment, on_scene: list[Assignment], now_s: float
) -> None:
    police = [
        entry for entry in case.live(Role.ENFORCEMENT) if entry.purpose is not Purpose.FOLLOW_UP
    ]
    if assignment.role is Role.COMMUNITY:
        if police and not any(entry.state is ON_SCENE for entry in police):
            going = [entry.expected_at_s for entry in police if entry.state.going]
            case.happened(
                "assignment.holding",
                now_s,
                assignment,
                until_s=min(going, default=None),
                assignments=[entry.assignment_id for entry in police],
            )
        return
    if any(entry.role is POLICE for entry in on_scene):
        return
    for entry in on_scene:
        case.happened("assignment.relieved", now_s, entry, assignments=[assignment.assignment_id])


def forget_face(case: Case) -> None:
    """Whoever found nobody did not stand in front of the victim."""
    case.incident.first_face_at_s = min(
        (
            entry.arrived_at_s
            for entry in case.assignments.values()
            if entry.arrived_at_s is not None
            and entry.outcome is not VisitOutcome.NOT_FOUND
            and entry.purpose is not Purpose.FOLLOW_UP
        ),
        default=None,
    )


def _must_be(assignment: Assignment, wanted: str, *states: AssignmentState) -> None:
    if assignment.state not in states:
        means = _MEANS.get(assignment.state, f"is {assignment.state.value}")
        raise ConflictError(f"The assignment cannot be {wanted}: it {means}.")
