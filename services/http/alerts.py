"""``POST /v1/alerts`` and ``POST /v1/alarms/bank``: somebody is being defrauded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection
from starlette.responses import Response

from dispatch.incidents.case import Alert, Area, Incident
from services.branches import Branch
from services.errors import ProblemError
from services.http.access import Caller, needs
from services.http.bodies import Decoder, body_format
from services.http.commands import Answer, command
from services.http.incident_answers import INCIDENT_EXAMPLE
from services.http.openapi import operation
from services.http.preconditions import etag_of
from services.ids import new_id
from services.incidents.bodies import AlertBody, BankAlarmBody, alarm_in, alert_in, area_of
from services.incidents.views import IncidentView, incident_view
from services.service import Service, service_of

router = APIRouter(tags=["alerts"])

_Sender = Annotated[Caller, Depends(needs("alerts:write"))]


Status = Literal["opened", "joined", "passed_on"]
"""It opened an incident, joined the open one about the victim, or was passed on to whoever holds
the place; of what is passed on nothing else is told."""


class AlertedIncident(msgspec.Struct, kw_only=True):
    """What a source of alerts is told of an incident: not what others have said about it."""

    id: str
    state: str
    tier: str
    answer_tier: str
    opened_at: datetime


class AlertAnswer(msgspec.Struct, kw_only=True):
    """What became of an alert, for a key that may only raise them."""

    alert_id: str
    status: Status
    incident: AlertedIncident | UnsetType = UNSET


class DispatchersAlertAnswer(msgspec.Struct, kw_only=True):
    """What became of an alert, for a key with `dispatch` as well: the whole incident."""

    alert_id: str
    status: Status
    incident: IncidentView


_alert_decoder = Decoder(AlertBody)
_alarm_decoder = Decoder(BankAlarmBody)

_ALERT = {
    "source": "city",
    "tier": "high",
    "victim_ref": "case-2026-10-0417",
    "place": {"lon": 108.391, "lat": 30.809, "accuracy_m": 30},
    "address_text": "建材市场 3 栋 12 号",
    "amount_yuan": 50000,
    "money_state": "in_account",
    "fraud_type": "冒充客服",
    "crs": "gcj02",
}
_ALARM = {"branch_id": "beibin-2", "note": "80,000 in cash, in a hurry", "amount_yuan": 80000}
_EXAMPLE = {
    "alert_id": "019a7c1e-5b0a-7c3e-9a51-0d8a4f2b6c11",
    "status": "opened",
    "incident": {name: INCIDENT_EXAMPLE[name] for name in AlertedIncident.__struct_fields__},
}


@router.post(
    "/v1/alerts",
    summary="Raise an alert",
    status_code=201,
    openapi_extra=operation(
        scopes=("alerts:write",),
        idempotent=True,
        body=AlertBody,
        body_example=_ALERT,
        answer=(AlertAnswer, DispatchersAlertAnswer),
        example=_EXAMPLE,
        status=201,
        meaning="Taken; whoever should go is offered it at once. With `dispatch` too, the whole "
        "incident is answered, with its `ETag`",
        problems=("jurisdiction-required", "wrong-jurisdiction"),
    ),
)
async def post_alert(request: Request, caller: _Sender) -> Response:
    body: AlertBody = _alert_decoder.decode(await request.body(), body_format(request))
    alert_id = new_id()

    def prepare(service: Service, now_s: float) -> tuple[Alert, Area]:
        alert = alert_in(body, alert_id, now_s)
        return alert, area_of(alert.places, body.jurisdiction, caller, service.standing.areas)

    return await _raise(request, caller, prepare)


@router.post(
    "/v1/alarms/bank",
    summary="One tap at a bank's counter",
    status_code=201,
    openapi_extra=operation(
        scopes=("alerts:write",),
        idempotent=True,
        body=BankAlarmBody,
        body_example=_ALARM,
        answer=(AlertAnswer, DispatchersAlertAnswer),
        example=_EXAMPLE,
        status=201,
        meaning="Taken; the branch's registered place is where the victim is. With `dispatch` "
        "too, the whole incident is answered, with its `ETag`",
        problems=("jurisdiction-required", "wrong-jurisdiction"),
    ),
)
async def post_bank_alarm(request: Request, caller: _Sender) -> Response:
    body: BankAlarmBody = _alarm_decoder.decode(await request.body(), body_format(request))
    alert_id = new_id()

    def prepare(service: Service, now_s: float) -> tuple[Alert, Area]:
        branch, areas = _branch(service, caller, body), service.standing.areas
        area = areas.at(branch.lon, branch.lat) or areas.named(branch.jurisdiction)
        tier = service.desk.policies.of(area.centre).bank_alarm_tier
        return alarm_in(body, branch, tier, alert_id, now_s), area

    return await _raise(request, caller, prepare)


async def _raise(
    request: Request, caller: Caller, prepare: Callable[[Service, float], tuple[Alert, Area]]
) -> Response:
    service = service_of(request)

    def work(connection: Connection, now_s: float) -> Answer:
        alert, area = prepare(service, now_s)
        raised = service.desk.raise_alert(connection, alert, area, now_s)
        incident = raised.case.incident
        if not caller.may_see(incident.area.jurisdiction):
            return Answer(AlertAnswer(alert_id=alert.alert_id, status="passed_on"), 201)
        status: Status = "joined" if raised.joined else "opened"
        if "dispatch" not in caller.scopes:
            told = AlertAnswer(alert_id=alert.alert_id, status=status, incident=_alerted(incident))
            return Answer(told, 201)
        whole = DispatchersAlertAnswer(
            alert_id=alert.alert_id, status=status, incident=incident_view(incident)
        )
        return Answer(whole, 201, {"ETag": etag_of(incident.version)})

    return await command(request, caller, work)


def _alerted(incident: Incident) -> AlertedIncident:
    view = incident_view(incident)
    return AlertedIncident(
        id=view.id,
        state=view.state,
        tier=view.tier,
        answer_tier=view.answer_tier,
        opened_at=view.opened_at,
    )


def _branch(service: Service, caller: Caller, body: BankAlarmBody) -> Branch:
    """The branch that the alarm comes from, out of those of the jurisdictions held."""
    branches = service.standing.branches
    if body.jurisdiction is not None:
        one = branches.get(caller.one_jurisdiction(body.jurisdiction), body.branch_id)
        found = [] if one is None else [one]
    else:
        found = branches.find(body.branch_id, caller.jurisdictions)
    if not found:
        raise ProblemError(
            "invalid-value",
            f"No branch {body.branch_id!r} is registered here: PUT /v1/branches tells where it is.",
        )
    if len(found) > 1:
        raise ProblemError(
            "jurisdiction-required",
            "Several of your jurisdictions have a branch with this id: say which with "
            "'jurisdiction'.",
        )
    return found[0]
