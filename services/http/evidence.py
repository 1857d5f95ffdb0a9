"""``/v1/evidence``: proof that a visit worked, sent by the unit and judged by the centre."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from msgspec import Meta
from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from dispatch.incidents import evidence
from dispatch.incidents.case import Assignment, Case, Evidence
from dispatch.incidents.policy import Policy
from services.errors import LedgerError, ProblemError
from services.evidence import records
from services.evidence.intake import Received
from services.evidence.records import EvidenceRecord
from services.http.access import Caller, needs
from services.http.bodies import Decoder, body_format
from services.http.body_limit import allow_longer_body
from services.http.byte_range import asked_stretch
from services.http.commands import Answer, command
from services.http.incident_answers import known_form
from services.http.openapi import operation, parameter
from services.http.own_assignment import ASSIGNMENT_ID, Unit, seen
from services.http.query import Query
from services.incidents.views import IncidentEvidence, evidence_view
from services.service import Service, service_of

router = APIRouter(tags=["evidence"])

MEDIA_TYPE_LIMIT_CHARACTERS = 128
FILES_LIMIT = 100
"""Most files of one assignment: a link in wrong hands fills no disk."""
DIGEST_HEADER = "Content-Digest"
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")

_Dispatcher = Annotated[Caller, Depends(needs("dispatch"))]

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_SHA256 = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):(?:;.*)?")


class JudgementBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether evidence shows that the visit worked."""

    convincing: bool
    note: Annotated[str, Meta(max_length=2_000)] = ""


_judgement = Decoder(JudgementBody)

_EXAMPLE = {
    "id": "019a7c1e-7d20-7b11-8c5e-6f708192a3b4",
    "assignment_id": "019a7c1e-5f02-7d44-8f0e-0b2f3c6f9d10",
    "visit_number": 1,
    "received_at": "2026-10-12T10:02:41Z",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size_bytes": 48213377,
    "media_type": "video/mp4",
    "convincing": None,
    "note": "",
}
_ID = parameter(
    "evidence_id", "Id of the evidence.", {"type": "string", "format": "uuid"}, where="path"
)
_FILE = {"schema": {"type": "string", "format": "binary"}}


def _uploading() -> dict[str, Any]:
    described = operation(
        scopes=("field", "dispatch"),
        token=True,
        idempotent=True,
        parameters=[
            ASSIGNMENT_ID,
            parameter(
                DIGEST_HEADER,
                "SHA-256 of the file (RFC 9530); a file that arrives otherwise is refused.",
                {"type": "string"},
                where="header",
                example="sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:",
            ),
        ],
        answer=IncidentEvidence,
        example=_EXAMPLE,
        status=201,
        meaning="Kept, and told to the centre; 200 where this file was there already",
        problems=(
            "not-found",
            "not-possible-now",
            "malformed-request",
            "invalid-value",
            "digest-mismatch",
            "body-too-large",
            "body-too-slow",
            "unsupported-media-type",
            "evidence-store-away",
        ),
    )
    described["requestBody"] = {
        "required": True,
        "description": "The file itself, as the body; its media type is the Content-Type.",
        "content": {"video/mp4": _FILE, "image/jpeg": _FILE, "application/octet-stream": _FILE},
    }
    described["responses"]["200"] = described["responses"]["201"]
    return described


@router.post(
    "/v1/assignments/{assignment_id}/evidence",
    summary="Send proof of a visit",
    status_code=201,
    openapi_extra=_uploading(),
)
async def post_evidence(request: Request, assignment_id: str, caller: Unit) -> Response:
    Query(request, ())
    service = service_of(request)
    _, assignment = await seen(service, caller, assignment_id)
    media_type, announced = _media_type(request), _announced_sha256(request)
    check_wanted(assignment)
    settings = service.settings
    allow_longer_body(request, settings.evidence_limit_bytes, settings.evidence_timeout_s)
    async with service.evidence.place():
        received = await service.evidence.receive(request.stream(), settings.body_timeout_s)
    if problem := _fault(received, announced):
        await service.evidence.discard(received.evidence_id)
        raise problem
    return await enter(request, caller, assignment_id, received, media_type)


async def enter(
    request: Request, caller: Caller, assignment_id: str, received: Received, media_type: str
) -> Response:
    """Tell the ledger of a file that was received, and keep the file if it is a new one."""
    service = service_of(request)
    kept: list[bool] = []

    def work(connection: Connection, now_s: float) -> Answer:
        found: list[Evidence] = []

        def act(case: Case, assignment: Assignment, policy: Policy, at_s: float) -> None:
            found.append(
                evidence.receive(
                    case,
                    assignment,
                    received.evidence_id,
                    received.sha256.hex(),
                    received.size_bytes,
                    media_type,
                    policy,
                    at_s,
                )
            )

        case, _ = service.desk.act_on_assignment(connection, assignment_id, caller, act, now_s)
        (one,) = found
        new = one.evidence_id == received.evidence_id
        if new:
            records.add(connection, case.incident.incident_id, one)
        kept[:] = [new]
        return Answer(evidence_view(one), 201 if new else 200)

    async def publish(_: Answer) -> None:
        if kept == [True]:
            await service.evidence.publish(received.evidence_id)

    try:
        response = await command(request, caller, work, publish, body_sha256=received.sha256)
    except LedgerError:
        raise  # it may be in the ledger nevertheless: whoever sweeps looks whether it is
    except ProblemError:
        await service.evidence.discard(received.evidence_id)
        raise
    if kept != [True]:  # the file was there already, or the answer is that of an earlier copy
        await service.evidence.discard(received.evidence_id)
    return response


def _described_reading() -> dict[str, Any]:
    described = operation(
        scopes=("dispatch",),
        parameters=[
            _ID,
            parameter(
                "Range",
                "One stretch of bytes, to go on reading.",
                {"type": "string"},
                where="header",
            ),
        ],
        media_type="*/*",
        meaning="The file, in its own media type; Content-Digest has its SHA-256",
        problems=("not-found", "range-outside", "evidence-store-away"),
    )
    described["responses"]["206"] = {
        **described["responses"]["200"],
        "description": "The stretch of bytes that `Range` asks for",
    }
    return described


@router.get(
    "/v1/evidence/{evidence_id}",
    summary="The file of some evidence",
    openapi_extra=_described_reading(),
)
async def get_evidence(request: Request, evidence_id: str, caller: _Dispatcher) -> Response:
    Query(request, ())
    service = service_of(request)
    record = await service.bookkeeping.run(_find, service, caller, evidence_id)
    etag = f'"{record.sha256.hex()}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Repr-Digest": digest_text(record.sha256),
        # Whoever sent the file chose its type: it must not run as a page of ours.
        "Content-Disposition": f'attachment; filename="{record.evidence_id}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    stretch = asked_stretch(request, record.size_bytes, etag)
    status, first, length = 200, 0, record.size_bytes
    if stretch is None:
        headers[DIGEST_HEADER] = headers["Repr-Digest"]
    else:
        status, first, length = 206, stretch.first_byte, stretch.length_bytes
        headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{record.size_bytes}"
    headers["Content-Length"] = str(length)
    pieces = await service.evidence.read(record, first, length)
    return StreamingResponse(pieces, status, headers, media_type=record.media_type)


@router.post(
    "/v1/evidence/{evidence_id}/judgement",
    summary="Say whether evidence shows that the visit worked",
    openapi_extra=operation(
        scopes=("dispatch",),
        idempotent=True,
        parameters=[_ID],
        body=JudgementBody,
        body_example={"convincing": False, "note": "an empty street"},
        answer=IncidentEvidence,
        example={**_EXAMPLE, "convincing": False, "note": "an empty street"},
        meaning="Noted; where no proof of the visit stands any more, somebody else is sent",
        problems=("not-found", "not-possible-now"),
    ),
)
async def post_judgement(request: Request, evidence_id: str, caller: _Dispatcher) -> Response:
    Query(request, ())
    service = service_of(request)
    body: JudgementBody = _judgement.decode(await request.body(), body_format(request))
    record = await service.bookkeeping.run(_find, service, caller, evidence_id)

    def act(case: Case, policy: Policy, at_s: float) -> None:
        evidence.judge(case, evidence_id, body.convincing, body.note, policy, at_s)

    def work(connection: Connection, now_s: float) -> Answer:
        case = service.desk.act(connection, record.incident_id, caller, act, now_s)
        records.judge(connection, evidence_id, body.convincing)
        (judged,) = (one for one in case.incident.evidence if one.evidence_id == evidence_id)
        return Answer(evidence_view(judged))

    return await command(request, caller, work)


def check_wanted(assignment: Assignment) -> None:
    """Refuse before the file is sent what would be refused afterwards."""
    if assignment.accepted_at_s is None:
        raise ProblemError(
            "not-possible-now",
            "Evidence is taken from whoever accepted the assignment; this one was not accepted.",
        )
    if assignment.evidence_count >= FILES_LIMIT:
        raise ProblemError(
            "not-possible-now", f"An assignment has {FILES_LIMIT} files of evidence at most."
        )


def _find(service: Service, caller: Caller, evidence_id: str) -> EvidenceRecord:
    """A file that the caller may see."""
    known_form(evidence_id, "evidence")
    with service.ledger.read() as connection:
        record = records.find(connection, evidence_id)
    if record is None or not any(map(caller.may_see, record.jurisdictions)):
        raise ProblemError("not-found", "There is no such evidence.")
    return record


def _media_type(request: Request) -> str:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    sent = request.headers.get("content-type", "")
    return check_media_type(sent if encoding in ("", "identity") else "")


def check_media_type(text: str) -> str:
    """The media type of a file, without parameters. Raises ProblemError where it is none."""
    media_type = text.partition(";")[0].strip().lower()
    if (
        len(media_type) > MEDIA_TYPE_LIMIT_CHARACTERS
        or _MEDIA_TYPE.fullmatch(media_type) is None
        or media_type in FORM_TYPES
    ):
        raise ProblemError(
            "unsupported-media-type",
            "Send the file itself as the body, not encoded and not in a form, with its own "
            "'Content-Type', such as video/mp4.",
        )
    return media_type


def _announced_sha256(request: Request) -> bytes | None:
    """What the caller says is the SHA-256 of the file (RFC 9530); None where it does not."""
    for text in ",".join(request.headers.getlist(DIGEST_HEADER)).split(","):
        if text.strip().startswith("sha-256="):
            found = _SHA256.fullmatch(text.strip())
            try:
                return base64.b64decode(found[1], validate=True) if found else b""
            except binascii.Error:
                return b""
    return None


def _fault(received: Received, announced: bytes | None) -> ProblemError | None:
    """Why a file is not kept; None: it is."""
    if not received.size_bytes:
        return ProblemError("invalid-value", "The body is empty: send the file as the body.")
    if announced is not None and not hmac.compare_digest(received.sha256, announced):
        return ProblemError(
            "digest-mismatch",
            f"The SHA-256 of the {received.size_bytes} bytes that arrived is "
            f"{digest_text(received.sha256)}.",
        )
    return None


def digest_text(sha256: bytes) -> str:
    """As digest fields spell it (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(sha256).decode('ascii')}:"
