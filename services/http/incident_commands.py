"""Commands on incidents: what a dispatcher does about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from msgspec import UNSET
from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.incidents import alerts, amending, closing, contacts, intelligence, visits
from dispatch.incidents.case import Case, Key
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import TIERS, Channel, ClosingReason, ContactOutcome, MoneyState
from dispatch.question import Choice
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.bodies import Decoder, body_format
from services.http.commands import Answer, command
from services.http.incident_answers import (
    ANSWER_EXAMPLE,
    ASSIGNMENT_EXAMPLE,
    INCIDENT_ID,
    IncidentAnswer,
    incident_answer,
    known_form,
)
from services.http.openapi import operation
from services.http.preconditions import expected_version
from services.incidents import records, store
from services.incidents.bodies import (
    AmendmentBody,
    ClosingBody,
    ContactBody,
    FindingBody,
    NamedResponderBody,
    PlacesBody,
    ReasonBody,
    TierBody,
    places_in,
)
from services.incidents.desk import Command, Seer
from services.incidents.naming import choice_of, offer_named
from services.ledger.database import now_s
from services.service import Service, service_of

router = APIRouter(tags=["incidents"])

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]


def _commanding(summary: str, body: type, example: Any, **more: Any) -> dict[str, Any]:
    """The common description of a command on an incident."""
    return {
        "summary": summary,
        "openapi_extra": operation(
            scopes=("dispatch",),
            idempotent=True,
            versioned=more.pop("versioned", "optional"),
            parameters=[INCIDENT_ID],
            body=body,
            body_example=example,
            answer=IncidentAnswer,
            example=ANSWER_EXAMPLE,
            problems=("not-found", "not-possible-now", *more.pop("problems", ())),
            **more,
        ),
    }


async def _act(
    request: Request,
    caller: Caller,
    incident_id: str,
    act: Command,
    expected: int | None,
    beside: Callable[[Connection, float], None] | None = None,
) -> Response:
    """Run a command on an incident; ``beside`` writes what else belongs to it."""
    service = service_of(request)
    known_form(incident_id, "incident")

    def work(connection: Connection, now_s: float) -> Answer:
        case = service.desk.act(connection, incident_id, caller, act, now_s, expected)
        if beside is not None:
            beside(connection, now_s)
        return incident_answer(case)

    return await command(request, caller, work)


_amendment = Decoder(AmendmentBody)


@router.patch(
    "/v1/incidents/{incident_id}",
    **_commanding(
        "Correct what is known",
        AmendmentBody,
        {"amount_yuan": 80000, "money_state": "transferring"},
        versioned="required",
    ),
)
async def patch_incident(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    body: AmendmentBody = _amendment.decode(await request.body(), body_format(request))
    expected = expected_version(request, required=True)
    changes = {
        name: value for name in amending.AMENDABLE if (value := getattr(body, name)) is not UNSET
    }
    if changes.get("money_state") is not None:
        changes["money_state"] = MoneyState(changes["money_state"])

    def act(case: Case, policy: Policy, now_s: float) -> None:
        amending.amend(case, changes, policy, now_s)

    return await _act(request, caller, incident_id, act, expected)


_places = Decoder(PlacesBody)


@router.post(
    "/v1/incidents/{incident_id}/place",
    **_commanding(
        "Tell where the victim is",
        PlacesBody,
        {"place": {"lon": 108.391, "lat": 30.809, "accuracy_m": 30}, "crs": "gcj02"},
    ),
)
async def post_place(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    service = service_of(request)
    known_form(incident_id, "incident")
    body: PlacesBody = _places.decode(await request.body(), body_format(request))
    expected = expected_version(request)
    places = places_in(body)
    if not places:
        raise ProblemError("invalid-value", "Give 'place' or 'places'.")
    area = service.standing.areas.of(places)

    def work(connection: Connection, now_s: float) -> Answer:
        case = service.desk.place(connection, incident_id, caller, places, area, now_s, expected)
        return incident_answer(case)

    return await command(request, caller, work)


_tier = Decoder(TierBody)


@router.post(
    "/v1/incidents/{incident_id}/tier",
    **_commanding(
        "Raise the tier, or lower it with a reason",
        TierBody,
        {"tier": "critical", "reason": "the courier is at the door"},
    ),
)
async def post_tier(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    body: TierBody = _tier.decode(await request.body(), body_format(request))

    def act(case: Case, policy: Policy, now_s: float) -> None:
        alerts.set_tier(case, TIERS[body.tier], body.reason, policy, now_s)

    return await _act(request, caller, incident_id, act, expected_version(request))


_contact = Decoder(ContactBody)


@router.post(
    "/v1/incidents/{incident_id}/contacts",
    **_commanding(
        "Report an attempt to reach the victim",
        ContactBody,
        {"channel": "call", "outcome": "unreachable", "note": "engaged"},
    ),
)
async def post_contact(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    body: ContactBody = _contact.decode(await request.body(), body_format(request))

    def at_s(now_s: float) -> float:
        return now_s if body.at is None else min(body.at.timestamp(), now_s)

    def act(case: Case, policy: Policy, now_s: float) -> None:
        channel, outcome = Channel(body.channel), ContactOutcome(body.outcome)
        contacts.report(case, channel, outcome, body.note, at_s(now_s), policy, now_s)

    def beside(connection: Connection, now_s: float) -> None:
        records.add_contact(
            connection, incident_id, body.channel, body.outcome, at_s(now_s), body.note
        )

    return await _act(request, caller, incident_id, act, expected_version(request), beside)


_finding = Decoder(FindingBody)


@router.post(
    "/v1/incidents/{incident_id}/findings",
    **_commanding(
        "Tell what the second line found",
        FindingBody,
        {"text": "The caller's number asked three others for a code today."},
    ),
)
async def post_finding(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    body: FindingBody = _finding.decode(await request.body(), body_format(request))

    def act(case: Case, policy: Policy, now_s: float) -> None:
        intelligence.add_finding(case, body.text, body.source, policy, now_s)

    return await _act(request, caller, incident_id, act, expected_version(request))


_reason = Decoder(ReasonBody)


@router.post(
    "/v1/incidents/{incident_id}/visits",
    **_commanding(
        "Order another visit, by others",
        ReasonBody,
        {"reason": "her daughter says she is packing"},
    ),
)
async def post_visit(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    body: ReasonBody = _reason.decode(await request.body(), body_format(request))

    def act(case: Case, policy: Policy, now_s: float) -> None:
        visits.order(case, body.reason, policy, now_s)

    return await _act(request, caller, incident_id, act, expected_version(request))


_named = Decoder(NamedResponderBody)


@router.post(
    "/v1/incidents/{incident_id}/staff",
    **_commanding(
        "Offer it to a responder by name, also in somebody's stead",
        NamedResponderBody,
        {"responder_id": "officer-9", "instead_of": ASSIGNMENT_EXAMPLE["id"]},
        problems=("jurisdiction-required", "wrong-jurisdiction"),
    ),
)
async def post_staff(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    service = service_of(request)
    known_form(incident_id, "incident")
    body: NamedResponderBody = _named.decode(await request.body(), body_format(request))
    expected = expected_version(request)
    key = (caller.one_jurisdiction(body.jurisdiction), body.responder_id)

    # What stands in the way is said in the transaction: a repeated request is answered as before.
    ready = await service.questions.run(_prepare, service, caller, incident_id, key)

    def work(connection: Connection, now_s: float) -> Answer:
        case = service.desk.load(connection, incident_id, caller, expected)
        if isinstance(ready, ProblemError):
            raise ready

        def act(case: Case, policy: Policy, at_s: float) -> None:
            take = partial(store.claim, connection, case)
            chance = service.staffer.acceptance(case).chance(ready.kind)
            offer_named(case, ready, body.instead_of, take, chance, policy, at_s)

        return incident_answer(service.desk.run(connection, case, act, now_s))

    return await command(request, caller, work)


_closing = Decoder(ClosingBody)


@router.post(
    "/v1/incidents/{incident_id}/close",
    **_commanding(
        "Close the case",
        ClosingBody,
        {"reason": "false_alarm", "note": "it was her son who called"},
    ),
)
async def post_close(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    body: ClosingBody = _closing.decode(await request.body(), body_format(request))

    def act(case: Case, policy: Policy, now_s: float) -> None:
        reason = ClosingReason(body.reason)
        closing.close(case, reason, body.note, body.amount_kept_yuan, policy, now_s)

    return await _act(request, caller, incident_id, act, expected_version(request))


@router.post(
    "/v1/incidents/{incident_id}/reopen",
    **_commanding(
        "Take a closed case up again",
        ReasonBody,
        {"reason": "the false shop owner called again"},
    ),
)
async def post_reopen(request: Request, incident_id: str, caller: _Dispatcher) -> Response:
    body: ReasonBody = _reason.decode(await request.body(), body_format(request))

    def act(case: Case, policy: Policy, now_s: float) -> None:
        closing.reopen(case, body.reason, policy, now_s)

    return await _act(request, caller, incident_id, act, expected_version(request))


def _prepare(service: Service, caller: Seer, incident_id: str, key: Key) -> Choice | ProblemError:
    """How the named responder gets there, or why they cannot be sent."""
    with service.ledger.snapshot() as connection:
        case = store.look_at(connection, incident_id)
    if case is None or not caller.may_see(case.incident.area.jurisdiction):
        return ProblemError("not-found", "There is no such incident.")
    try:
        return choice_of(case, key, service.picture, service.engine.now, now_s())
    except ProblemError as problem:
        return problem
