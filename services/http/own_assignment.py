"""An assignment as whoever asks for it may see it: what all of its paths share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from dispatch.incidents.case import Assignment, Case
from dispatch.interceptions.case import Post
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.incident_answers import known_form
from services.http.openapi import parameter
from services.incidents import store
from services.incidents.desk import Seer, sees_assignment
from services.incidents.store import StoredCase
from services.incidents.unit_view import still_needed
from services.interceptions import store as interception_store
from services.interceptions.desk import seen_post
from services.interceptions.store import StoredInterception
from services.ledger.database import now_s
from services.service import Service

Unit = Annotated[Caller, Depends(needs("field", "dispatch", token=True))]
"""Whoever acts for the unit: its link, a gateway's key, or a dispatcher."""

ASSIGNMENT_ID = parameter(
    "assignment_id", "Id of the assignment.", {"type": "string", "format": "uuid"}, where="path"
)

LINK_KEPT_S = 2 * 86_400.0
"""A unit's link opens its assignment for two days: the visit, the hour for the evidence, and a
night in which the phone is off."""
PAGE_PATH = "/u/"
"""Of the field page, which reads the token after it."""


def link_of(
    service: Service, caller: Caller, assignment_id: str
) -> tuple[str, str] | tuple[None, None]:
    """The token of an assignment's unit and the path of its page, for who may hand them out: not
    for the unit itself, whose link must come to an end."""
    if caller.assignment_id is not None:
        return None, None
    token = service.field_tokens.make(assignment_id, now_s() + LINK_KEPT_S)
    return token, f"{PAGE_PATH}{token}"


async def seen(service: Service, caller: Seer, assignment_id: str) -> tuple[StoredCase, Assignment]:
    """The case of an assignment that the caller may see, and the assignment. Raises ProblemError
    ``not-found``."""
    known_form(assignment_id, "assignment")
    case = await service.bookkeeping.run(_seen, service, caller, assignment_id)
    return case, case.assignments[assignment_id]


async def seen_anywhere(
    service: Service, caller: Seer, assignment_id: str
) -> tuple[StoredCase, Assignment] | tuple[StoredInterception, Post]:
    """The same of an assignment to an incident or to a checkpoint: the case that it belongs to, and
    the assignment, or the post that it is."""
    known_form(assignment_id, "assignment")
    intercepted = await service.bookkeeping.run(_intercepted, service, caller, assignment_id)
    if intercepted is not None:
        return intercepted
    return await seen(service, caller, assignment_id)


def tells_all(caller: Caller, case: Case, assignment: Assignment) -> bool:
    """Whether a caller is told all that there is to tell of an assignment: a unit while it is on
    its way, a dispatcher of the incident always."""
    if "dispatch" in caller.scopes and caller.may_see(case.incident.area.jurisdiction):
        return True
    return still_needed(case, assignment)


def _intercepted(
    service: Service, caller: Seer, assignment_id: str
) -> tuple[StoredInterception, Post] | None:
    with service.ledger.read() as connection:
        interception_id = interception_store.interception_of(connection, assignment_id)
        if interception_id is None:
            return None
        case = interception_store.look_at(connection, interception_id)
    return seen_post(case, assignment_id, caller)


def _seen(service: Service, caller: Seer, assignment_id: str) -> StoredCase:
    with service.ledger.snapshot() as connection:
        incident_id = store.incident_of(connection, assignment_id)
        case = None if incident_id is None else store.look_at(connection, incident_id)
    assignment = None if case is None else case.assignments.get(assignment_id)
    if case is None or assignment is None or not sees_assignment(caller, case, assignment):
        raise ProblemError("not-found", "There is no such assignment.")
    return case
