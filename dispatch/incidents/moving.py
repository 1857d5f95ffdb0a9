"""Where the victim is, and what it means for those who are sent when that changes.

A new place is another one when it is farther than the geofence from all that were known. Then, in a
visit that is being made:

RULE 1  Whoever is on the way goes on to the new place. What they promised is void; their next fix
        tells when they will be there, and that is what they promise now.
RULE 2  Whoever was on scene is so no more: they go after the victim, and arrive again, by the
        geofence or by a word of theirs, for somebody may be with the victim all the same. Until
        then they fill no place of the visit, so that whoever is nearest to the new place is asked;
        nor does whoever reported from the old one.
RULE 3  Offers that nobody has answered are withdrawn and made anew, by who is near now. Those whom
        a dispatcher named keep theirs.
RULE 4  Whether the old place was the right one nobody knows: face to face is who is there now.
        Where nobody is, the victim is called, and the proof is due from the next arrival on.
"""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.errors import ConflictError
from dispatch.incidents import visits, wants
from dispatch.incidents.answer import face_to_face
from dispatch.incidents.case import Area, Assignment, Case
from dispatch.incidents.ending import becomes_one_person, not_asked_again, stand_down
from dispatch.incidents.policy import Policy
from dispatch.incidents.requests import ask_contact
from dispatch.incidents.words import AssignmentState, DeadlineKind, IncidentState, VisitOutcome
from dispatch.question import CandidatePlace
from geodata.coordinates import distance_m

OFFERED, ON_SCENE = AssignmentState.OFFERED, AssignmentState.ON_SCENE


def take_place(
    case: Case,
    places: tuple[CandidatePlace, ...],
    area: Area | None,
    policy: Policy,
    now_s: float,
    *,
    seen: bool = False,
) -> bool:
    """Note where the victim is; whether that is elsewhere than was known. ``seen``: somebody sees
    them there, so that being within the accuracy of the old place is not being with them.

    Raises ConflictError for a place in another centre while responders of this one are live.
    """
    incident = case.incident
    other_centre = area is not None and area.centre != incident.centre
    if other_centre:
        assert area is not None
        if any(True for _ in case.live()):
            raise ConflictError(
                f"The place lies in the centre {area.centre}, and responders of {incident.centre} "
                "are assigned: release them first, or raise an alert there and close this one."
            )
        case.happened(
            "incident.handed_over",
            now_s,
            jurisdiction=incident.area.jurisdiction,
            centre=area.centre,
        )
    first = incident.placed_at_s is None
    moved = bool(incident.places) and _is_elsewhere(incident.places, places, policy, seen)
    incident.places = places
    if area is not None:
        incident.area = area
    if first:
        incident.placed_at_s = now_s
    if other_centre or (moved and not seen):
        becomes_one_person(incident)  # who has left the counter
    case.happened(
        "incident.placed",
        now_s,
        first=first,
        places=places_told(places),
        assignments=[entry.assignment_id for entry in case.live()],
    )
    if moved and incident.state is IncidentState.RESPONDING:
        _send_there(case, policy, now_s)
    return moved


def places_told(places: Sequence[CandidatePlace]) -> list[dict[str, float]]:
    """Places as members of an event."""
    return [
        {
            "lon": entry.lon,
            "lat": entry.lat,
            "accuracy_m": entry.accuracy_m,
            "weight": entry.weight,
        }
        for entry in places
    ]


def _is_elsewhere(
    known: Sequence[CandidatePlace], told: Sequence[CandidatePlace], policy: Policy, seen: bool
) -> bool:
    """Whether none of the new places is one of the old ones; of several that were known, whoever is
    there may be at any."""
    for old in known:
        within_m = policy.geofence_m if seen else max(policy.geofence_m, old.accuracy_m)
        for new in told:
            if float(distance_m(old.lon, old.lat, new.lon, new.lat)) <= within_m:
                return False
    return True


def _send_there(case: Case, policy: Policy, now_s: float) -> None:
    incident = case.incident
    visit = wants.of_visit(case)
    left = [one for one in visit if one.state is ON_SCENE]
    for one in visit:
        if one.state is OFFERED and not one.named:  # RULE 3
            stand_down(case, one, "place_changed", now_s)
        elif one.live:
            _redirect(case, one, policy, now_s)
        elif one.state is AssignmentState.REPORTED:  # RULE 2
            one.elsewhere = True
            if one.outcome is not VisitOutcome.NOT_FOUND:
                not_asked_again(case, one)
    if left:  # RULE 4
        visits.forget_face(case)
        if all(one.arrived_at_s is None for one in visit):
            incident.evidence_due_at_s = None
            case.cancel_deadlines(DeadlineKind.EVIDENCE)
        if incident.contact_asked_at_s is None and not face_to_face(case):
            ask_contact(case, policy, now_s, "place_changed")


def _redirect(case: Case, assignment: Assignment, policy: Policy, now_s: float) -> None:
    was = assignment.state
    assignment.turned_at_s = now_s
    assignment.turned_from = None
    assignment.promised_at_s = None
    assignment.expected_at_s = max(now_s, assignment.expected_at_s)
    assignment.late = assignment.off_route = False
    assignment.suggested = assignment.suggested_there_at_s = None
    if was is ON_SCENE:
        assignment.state = AssignmentState.EN_ROUTE
        assignment.arrived_at_s = None
        assignment.departed_at_s = assignment.departed_at_s or now_s
        assignment.elsewhere = True
    if was is not OFFERED:
        case.cancel_deadlines(assignment=assignment)
        missing_at_s = now_s + policy.missing_after_s
        case.set_deadline(DeadlineKind.ARRIVE, missing_at_s, assignment)
    case.happened("assignment.redirected", now_s, assignment, was=was.value)
