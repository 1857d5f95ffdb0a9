"""``/v1/webhooks``: where events are sent by HTTP, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from msgspec import Meta
from sqlalchemy import Connection
from starlette.responses import Response

from services.errors import ProblemError
from services.events.cloud_events import TYPE_PREFIX, TYPE_SUFFIX
from services.events.types import TYPES
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.commands import Answer, command
from services.http.incident_answers import known_form
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.sending.addresses import URL_LIMIT_CHARACTERS, checked_url
from services.sending.attempts import State
from services.sending.signing import in_use
from services.service import service_of
from services.views import moment
from services.webhooks import deliveries, registry
from services.webhooks.deliveries import NOTE
from services.webhooks.registry import Webhook

router = APIRouter(tags=["webhooks"])

TYPES_LIMIT = 100

_Admin = Annotated[Caller, Depends(needs("admin"))]
_EventType = Annotated[str, Meta(extra_json_schema={"enum": sorted(TYPES)})]


class WebhookBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new webhook."""

    url: Annotated[str, Meta(min_length=1, max_length=URL_LIMIT_CHARACTERS)]
    types: Annotated[list[_EventType], Meta(max_length=TYPES_LIMIT)] = []
    """Types of events, such as ``assignment.accepted``, with or without the ``forestall.`` and
    ``.v1`` that they are sent with; none: all."""
    jurisdiction: str | None = None
    """Whose events, with all below; not needed with a key of one jurisdiction."""


class WebhookView(msgspec.Struct, kw_only=True):
    """Where events are sent to."""

    id: str
    jurisdiction: str
    url: str
    types: list[str]
    created_at: datetime
    active: bool
    """False: nothing is sent until it is enabled."""
    disabled_at: datetime | None
    disabled_because: str | None
    old_secret_signs_until: datetime | None
    """Until when the secret before the present one signs as well."""
    pending: int
    """Events on their way."""
    gave_up: int
    """Events that were tried for three days, and are not any more."""


class NewSecretView(WebhookView, kw_only=True):
    """A webhook with its secret, which is shown this once."""

    secret: str


class WebhookList(msgspec.Struct):
    """Webhooks of the caller's jurisdictions, oldest first."""

    webhooks: list[WebhookView]


_webhook = Decoder(WebhookBody)

_BODY = {"url": "https://cad.example/forestall", "types": ["assignment.accepted"]}
_EXAMPLE = {
    "id": "019a7b2c-53f1-7cc3-9b1e-0f5a2c6d7e8f",
    "jurisdiction": "wanzhou",
    "url": "https://cad.example/forestall",
    "types": ["assignment.accepted"],
    "created_at": "2026-10-12T09:15:02Z",
    "active": True,
    "disabled_at": None,
    "disabled_because": None,
    "old_secret_signs_until": None,
    "pending": 0,
    "gave_up": 0,
}
_WITH_SECRET = {**_EXAMPLE, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw6TmvjsHDCkU="}
WEBHOOK_ID = parameter(
    "webhook_id", "Id of the webhook.", {"type": "string", "format": "uuid"}, where="path"
)


@router.post(
    "/v1/webhooks",
    summary="Have events sent to an address",
    status_code=201,
    openapi_extra=operation(
        scopes=("admin",),
        body=WebhookBody,
        body_example=_BODY,
        answer=NewSecretView,
        example=_WITH_SECRET,
        status=201,
        meaning="Every event from now on is sent there, signed with the secret (Standard Webhooks)",
        idempotent=True,
        problems=("wrong-jurisdiction", "jurisdiction-required"),
    ),
)
async def create(request: Request, caller: _Admin) -> Response:
    Query(request, ())
    body: WebhookBody = _webhook.decode(await request.body(), body_format(request))
    jurisdiction = caller.one_jurisdiction(body.jurisdiction)
    url = checked_url(body.url, service_of(request).settings.allowed_webhook_hosts)
    types = {name.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX) for name in body.types}
    if unknown := sorted(types - TYPES.keys()):
        raise ProblemError(
            "invalid-value",
            f"No such types of events: {', '.join(unknown)[:200]}. /openapi.json lists them.",
        )

    def work(connection: Connection, now_s: float) -> Answer:
        made = registry.create(connection, jurisdiction, url, types, now_s)
        return Answer(
            _with_secret(made, now_s), 201, {"Location": f"/v1/webhooks/{made.webhook_id}"}
        )

    return await command(request, caller, work)


@router.get(
    "/v1/webhooks",
    summary="Where events are sent to",
    openapi_extra=operation(
        scopes=("admin",), answer=WebhookList, example={"webhooks": [_EXAMPLE]}
    ),
)
async def list_webhooks(request: Request, caller: _Admin) -> Response:
    Query(request, ())
    service = service_of(request)

    def look() -> WebhookList:
        with service.ledger.read() as connection:
            found = registry.known(connection, caller.jurisdictions)
            counts = deliveries.counted(connection, [webhook.webhook_id for webhook in found])
            now_s = service.ledger.time_s(connection)
            return WebhookList(
                [_view(webhook, now_s, counts[webhook.webhook_id]) for webhook in found]
            )

    return json_answer(await service.bookkeeping.run(look))


@router.get(
    "/v1/webhooks/{webhook_id}",
    summary="One webhook",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[WEBHOOK_ID],
        answer=WebhookView,
        example=_EXAMPLE,
        problems=("not-found",),
    ),
)
async def get_webhook(request: Request, webhook_id: str, caller: _Admin) -> Response:
    known_form(webhook_id, "webhook")
    Query(request, ())
    service = service_of(request)

    def look() -> WebhookView:
        with service.ledger.read() as connection:
            webhook = registry.find(connection, webhook_id, caller.jurisdictions)
            counts = deliveries.counted(connection, [webhook_id])
            return _view(webhook, service.ledger.time_s(connection), counts[webhook_id])

    return json_answer(await service.bookkeeping.run(look))


@router.delete(
    "/v1/webhooks/{webhook_id}",
    summary="Send nothing there any more",
    status_code=204,
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[WEBHOOK_ID],
        status=204,
        meaning="Removed, with its secrets and all that was on its way",
        problems=("not-found",),
    ),
)
async def delete(request: Request, webhook_id: str, caller: _Admin) -> Response:
    known_form(webhook_id, "webhook")
    Query(request, ())

    def work(connection: Connection, now_s: float) -> Answer:
        registry.find(connection, webhook_id, caller.jurisdictions, lock=True)
        registry.remove(connection, webhook_id, now_s)
        return Answer(status=204)

    return await command(request, caller, work)


@router.post(
    "/v1/webhooks/{webhook_id}/rotate",
    summary="Give it a new secret",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[WEBHOOK_ID],
        answer=NewSecretView,
        example={**_WITH_SECRET, "old_secret_signs_until": "2026-10-13T09:15:02Z"},
        meaning="The new secret signs from now on, and for a day the old one as well",
        idempotent=True,
        problems=("not-found",),
    ),
)
async def rotate(request: Request, webhook_id: str, caller: _Admin) -> Response:
    known_form(webhook_id, "webhook")
    Query(request, ())

    def work(connection: Connection, now_s: float) -> Answer:
        webhook = registry.find(connection, webhook_id, caller.jurisdictions, lock=True)
        rotated = registry.rotate(connection, webhook, now_s)
        counts = deliveries.counted(connection, [webhook_id])
        return Answer(_with_secret(rotated, now_s, counts[webhook_id]))

    return await command(request, caller, work)


@router.post(
    "/v1/webhooks/{webhook_id}/enable",
    summary="Send there again after the receiver was gone",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[WEBHOOK_ID],
        answer=WebhookView,
        example=_EXAMPLE,
        meaning="Active, with what has waited; events of the time between can be replayed",
        idempotent=True,
        problems=("not-found",),
    ),
)
async def enable(request: Request, webhook_id: str, caller: _Admin) -> Response:
    known_form(webhook_id, "webhook")
    Query(request, ())
    service = service_of(request)

    def work(connection: Connection, now_s: float) -> Answer:
        webhook = registry.find(connection, webhook_id, caller.jurisdictions, lock=True)
        enabled = registry.enable(connection, webhook)
        service.ledger.after_commit(connection, NOTE)
        counts = deliveries.counted(connection, [webhook_id])
        return Answer(_view(enabled, now_s, counts[webhook_id]))

    return await command(request, caller, work)


def _view(webhook: Webhook, now_s: float, counts: Mapping[State, int]) -> WebhookView:
    return WebhookView(**_members(webhook, now_s, counts))


def _with_secret(
    webhook: Webhook, now_s: float, counts: Mapping[State, int] = MappingProxyType({})
) -> NewSecretView:
    return NewSecretView(secret=webhook.secrets[0].text, **_members(webhook, now_s, counts))


def _members(webhook: Webhook, now_s: float, counts: Mapping[State, int]) -> dict[str, Any]:
    ends_s = [one.signs_until_s for one in in_use(webhook.secrets, now_s) if one.signs_until_s]
    return {
        "id": webhook.webhook_id,
        "jurisdiction": webhook.jurisdiction,
        "url": webhook.url,
        "types": list(webhook.types),
        "created_at": moment(webhook.created_at_s),
        "active": webhook.active,
        "disabled_at": None if webhook.disabled_at_s is None else moment(webhook.disabled_at_s),
        "disabled_because": webhook.disabled_because,
        "old_secret_signs_until": moment(max(ends_s)) if ends_s else None,
        "pending": counts.get(State.PENDING, 0),
        "gave_up": counts.get(State.GAVE_UP, 0),
    }
