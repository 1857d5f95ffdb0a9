"""``/v1/peers/messages``: what other centres tell. No key: the signature is the key."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.events.cloud_events import CLOUD_EVENT_MEDIA_TYPE
from services.http.answers import json_answer
from services.http.body_limit import allow_longer_body
from services.http.openapi import operation, parameter
from services.peers.envelope import MESSAGE_LIMIT_BYTES, Envelope
from services.peers.reception import Signed
from services.peers.registry import PATH
from services.service import service_of

router = APIRouter(tags=["peers"])

_HEADERS = {
    "webhook-id": "The message's `id`; the same in every attempt.",
    "webhook-timestamp": "When this attempt was signed, seconds since 1970.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64; several, "
    "with a space between, while a secret is replaced.",
}
_EXAMPLE = {
    "specversion": "1.0",
    "id": "019a7b2c-53f1-7cc3-9b1e-0f5a2c6d7e8f",
    "source": "/centres/kaizhou",
    "type": "forestall.interception.confirmed.v1",
    "subject": "019a7b2c-0000-7cc3-9b1e-0f5a2c6d7e8f",
    "time": "2026-10-12T09:16:00Z",
    "datacontenttype": "application/json",
    "recipient": "wanzhou",
    "number": 2,
    "data": {"offers": ["019a7b2c-1111-7cc3-9b1e-0f5a2c6d7e8f"]},
}


class TakenView(msgspec.Struct, kw_only=True):
    """A message that was taken, now or before."""

    message: str
    """Its id."""


@router.post(
    PATH,
    summary="A message of another centre",
    status_code=202,
    openapi_extra={
        **operation(
            parameters=[
                parameter(name, meaning, {"type": "string"}, where="header", required=True)
                for name, meaning in _HEADERS.items()
            ],
            body=Envelope,
            body_example=_EXAMPLE,
            body_media_types=(CLOUD_EVENT_MEDIA_TYPE,),
            answer=TakenView,
            example={"message": _EXAMPLE["id"]},
            status=202,
            meaning="Taken: its effect is in the ledger, once",
            open_to_anybody=True,
            problems=(
                "wrong-signature",
                "clock-differs",
                "not-possible-now",
                "overloaded",
                "not-ready",
            ),
        ),
        "description": "Signed as Standard Webhooks 1.0 says, with the secret of the peer.",
    },
)
async def take(request: Request) -> Response:
    service = service_of(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != CLOUD_EVENT_MEDIA_TYPE or "content-encoding" in request.headers:
        raise ProblemError(
            "unsupported-media-type", f"Send 'Content-Type: {CLOUD_EVENT_MEDIA_TYPE}', not encoded."
        )
    allow_longer_body(request, MESSAGE_LIMIT_BYTES, service.settings.body_timeout_s)
    signed = Signed(
        *(request.headers.get(name, "") for name in _HEADERS), body=await request.body()
    )
    taken = await service.writing.run(service.reception.take_signed, signed)
    return json_answer(TakenView(message=taken), status=202)
