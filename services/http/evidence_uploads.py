"""``/v1/assignments/{assignment_id}/uploads``: evidence in parts, over connections that break off.

The protocol is tus 1.0.0 (tus.io) with its extensions creation, expiration and termination, so that
its clients work as they are: ``POST`` announces a file, ``HEAD`` asks how much of it has come,
``PATCH`` goes on from there. Of a part that breaks off, what came is kept. The last part makes it
evidence, as if it had been sent at once: it counts as come only when the ledger has it, so that
whoever hears that all has come need not send anything again.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from email.utils import formatdate
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.errors import ProblemError
from services.evidence.half_uploads import About, Done, HalfUpload
from services.evidence.intake import Received
from services.http.access import Caller
from services.http.body_limit import allow_longer_body
from services.http.evidence import (
    check_media_type,
    check_wanted,
    digest_text,
    enter,
)
from services.http.openapi import operation, parameter
from services.http.own_assignment import ASSIGNMENT_ID, Unit, seen
from services.http.query import Query
from services.incidents.views import IncidentEvidence
from services.service import Service, service_of

router = APIRouter(tags=["evidence"])

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination"
PART_TYPE = "application/offset+octet-stream"
LENGTH_LIMIT_CHARACTERS = 18
METADATA_LIMIT_CHARACTERS = 4_096
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PATH = "/v1/assignments/{assignment_id}/uploads"


def _header(name: str, meaning: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return parameter(name, meaning, schema, where="header", **more)


_WHOLE = {"type": "integer", "minimum": 0}
_UPLOAD_ID = parameter(
    "upload_id", "Id of the upload.", {"type": "string", "format": "uuid"}, where="path"
)
_RESUMABLE = _header(
    "Tus-Resumable", f"Version of the protocol, {VERSION}.", {"type": "string"}, example=VERSION
)
_OFFSET = {"Upload-Offset": {"description": "How many bytes have come.", "schema": _WHOLE}}
_EXPIRES = {
    "Upload-Expires": {
        "description": "Until when it can be gone on with (RFC 9110 date).",
        "schema": {"type": "string"},
    }
}


def _described(meaning: str, headers: dict[str, Any], **more: Any) -> dict[str, Any]:
    described = operation(
        scopes=("field", "dispatch"),
        token=True,
        parameters=[ASSIGNMENT_ID, *more.pop("parameters", ()), _RESUMABLE],
        meaning=meaning,
        problems=(
            "not-found", "unsupported-version", "evidence-store-away", *more.pop("problems", ())
        ),
        **more,
    )  # fmt: skip
    status = next(iter(described["responses"]))
    described["responses"][status]["headers"] = headers
    described["responses"][status].pop("content", None)  # all is in the headers
    return described


@router.options(
    _PATH,
    summary="How evidence in parts is taken",
    openapi_extra=_described("The protocol's version and extensions", {}, status=204),
)
async def options_uploads(request: Request, assignment_id: str, caller: Unit) -> Response:
    service = service_of(request)
    Query(request, ())
    await seen(service, caller, assignment_id)
    return _answer(
        204,
        {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(service.settings.evidence_limit_bytes),
        },
    )


@router.post(
    _PATH,
    summary="Announce evidence that is sent in parts",
    status_code=201,
    openapi_extra=_described(
        "Nothing has come yet; `Location` is where the parts go",
        {"Location": {"description": "Path of the upload.", "schema": {"type": "string"}}}
        | _EXPIRES,
        parameters=[
            _header("Upload-Length", "Length of the whole file.", _WHOLE, required=True),
            _header(
                "Upload-Metadata",
                "`filetype`: the media type; `sha256`: of the whole file, hexadecimal, where it is "
                "known. Values in Base64, after a space; pairs between commas.",
                {"type": "string"},
                example="filetype dmlkZW8vbXA0",
            ),
        ],
        status=201,
        problems=(
            "invalid-value", "not-possible-now", "body-too-large", "unsupported-media-type"
        ),
    ),
)  # fmt: skip
async def post_upload(request: Request, assignment_id: str, caller: Unit) -> Response:
    service = service_of(request)
    Query(request, ())
    _check_version(request)
    _, assignment = await seen(service, caller, assignment_id)
    length_bytes = _whole(request, "Upload-Length")
    limit_bytes = service.settings.evidence_limit_bytes
    if length_bytes == 0:
        raise ProblemError("invalid-value", "An empty file proves nothing: send one with content.")
    if length_bytes > limit_bytes:
        raise ProblemError("body-too-large", f"A file may have {limit_bytes} bytes at most.")
    metadata = _metadata(request)
    about = About(
        length_bytes=length_bytes,
        media_type=check_media_type(metadata.get("filetype", "application/octet-stream")),
        sha256_hex=_announced(metadata),
        begun_at_s=time.time(),
    )
    check_wanted(assignment)
    upload = await service.evidence.begin_half(assignment_id, about)
    location = f"/v1/assignments/{assignment_id}/uploads/{upload.upload_id}"
    return _answer(201, {"Location": location, **_expiry(upload)})


@router.head(
    _PATH + "/{upload_id}",
    summary="How much of a file has come",
    openapi_extra=_described(
        "How much has come",
        _OFFSET | _EXPIRES,
        parameters=[_UPLOAD_ID],
    ),
)
async def head_upload(
    request: Request, assignment_id: str, upload_id: str, caller: Unit
) -> Response:
    Query(request, ())
    _check_version(request)
    upload = await _found(service_of(request), caller, assignment_id, upload_id)
    return _answer(
        200,
        {
            "Upload-Offset": str(upload.offset_bytes),
            "Upload-Length": str(upload.about.length_bytes),
            **_become(upload.done),
            **_expiry(upload),
        },
    )


def _described_part() -> dict[str, Any]:
    described = _described(
        "So much has come; after the last part it is evidence, and `Repr-Digest` has its SHA-256",
        _OFFSET | _EXPIRES,
        parameters=[
            _UPLOAD_ID,
            _header("Upload-Offset", "Where the part begins.", _WHOLE, required=True),
        ],
        status=204,
        problems=(
            "malformed-request", "invalid-value", "offset-mismatch", "digest-mismatch",
            "not-possible-now", "body-too-large", "body-too-slow", "unsupported-media-type",
        ),
    )  # fmt: skip
    described["requestBody"] = {
        "required": True,
        "description": "Bytes of the file from the offset on, as many as the connection bears.",
        "content": {PART_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
    return described


@router.patch(
    _PATH + "/{upload_id}",
    summary="Send a part of a file",
    status_code=204,
    openapi_extra=_described_part(),
)
async def patch_upload(
    request: Request, assignment_id: str, upload_id: str, caller: Unit
) -> Response:
    service = service_of(request)
    Query(request, ())
    _check_version(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PART_TYPE:
        raise ProblemError("unsupported-media-type", f"A part has 'Content-Type: {PART_TYPE}'.")
    offset_bytes = _whole(request, "Upload-Offset")
    upload = await _found(service, caller, assignment_id, upload_id)
    if offset_bytes != upload.offset_bytes:
        raise _begins_elsewhere(upload)
    if upload.done is not None:
        return _answer(204, {"Upload-Offset": str(offset_bytes), **_become(upload.done)})
    settings = service.settings
    left_bytes = upload.about.length_bytes - offset_bytes
    allow_longer_body(request, left_bytes, settings.evidence_timeout_s)
    async with service.evidence.place():
        part = await service.evidence.receive(request.stream(), settings.body_timeout_s, part=True)
        if part.size_bytes < left_bytes:
            return await _kept(service, upload, part)
        try:
            done = await _made_evidence(request, caller, upload, part)
        finally:
            await service.evidence.discard(part.evidence_id)
    length_bytes = upload.about.length_bytes
    return _answer(204, {"Upload-Offset": str(length_bytes), **_become(done), **_expiry(upload)})


@router.delete(
    _PATH + "/{upload_id}",
    summary="Take back a file that has not come wholly",
    status_code=204,
    openapi_extra=_described(
        "Gone; what is evidence already stays", {}, parameters=[_UPLOAD_ID], status=204
    ),
)
async def delete_upload(
    request: Request, assignment_id: str, upload_id: str, caller: Unit
) -> Response:
    service = service_of(request)
    Query(request, ())
    _check_version(request)
    await _found(service, caller, assignment_id, upload_id)
    await service.evidence.remove_half(assignment_id, upload_id)
    return _answer(204, {})


async def _kept(service: Service, upload: HalfUpload, part: Received) -> Response:
    """The answer to a part after which others follow."""
    if part.size_bytes:
        await service.evidence.keep_part(upload, part)
    else:
        await service.evidence.discard(part.evidence_id)
    if part.broke_off is not None:
        raise part.broke_off
    return _answer(
        204, {"Upload-Offset": str(upload.offset_bytes + part.size_bytes), **_expiry(upload)}
    )


async def _made_evidence(
    request: Request, caller: Caller, upload: HalfUpload, last: Received
) -> Done:
    """What the whole file has become."""
    service, about = service_of(request), upload.about
    whole = await service.evidence.joined(upload, last)
    if whole.size_bytes != about.length_bytes:  # a lost race has put another part below this one
        await service.evidence.discard(whole.evidence_id)
        now = await _found(service, caller, upload.assignment_id, upload.upload_id)
        raise _begins_elsewhere(now)
    if about.sha256_hex is not None and whole.sha256.hex() != about.sha256_hex:
        await service.evidence.discard(whole.evidence_id)
        await service.evidence.remove_half(upload.assignment_id, upload.upload_id)
        raise ProblemError(
            "digest-mismatch",
            f"The SHA-256 of the {whole.size_bytes} bytes that arrived is {whole.sha256.hex()}.",
        )
    response = await enter(request, caller, upload.assignment_id, whole, about.media_type)
    told = msgspec.json.decode(response.body, type=IncidentEvidence)
    done = Done(evidence_id=told.id, sha256_hex=told.sha256)
    await service.evidence.finish_half(upload, done)
    return done


async def _found(
    service: Service, caller: Caller, assignment_id: str, upload_id: str
) -> HalfUpload:
    """An upload of an assignment that the caller may see."""
    await seen(service, caller, assignment_id)
    upload = await service.evidence.find_half(assignment_id, upload_id)
    if upload is None:
        raise ProblemError("not-found", "There is no such upload, or it has expired.")
    return upload


def _begins_elsewhere(upload: HalfUpload) -> ProblemError:
    return ProblemError(
        "offset-mismatch",
        f"{upload.offset_bytes} bytes have come: go on from there.",
        offset_bytes=upload.offset_bytes,
    )


def _answer(status: int, headers: dict[str, str]) -> Response:
    return Response(
        status_code=status,
        headers={"Tus-Resumable": VERSION, "Cache-Control": "no-store", **headers},
    )


def _expiry(upload: HalfUpload) -> dict[str, str]:
    return {"Upload-Expires": formatdate(upload.about.expires_at_s, usegmt=True)}


def _become(done: Done | None) -> dict[str, str]:
    if done is None:
        return {}
    return {
        "Content-Location": f"/v1/evidence/{done.evidence_id}",
        "Repr-Digest": digest_text(bytes.fromhex(done.sha256_hex)),
    }


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable", VERSION) != VERSION:
        raise ProblemError("unsupported-version", f"Send 'Tus-Resumable: {VERSION}'.")


def _whole(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= LENGTH_LIMIT_CHARACTERS):
        raise ProblemError("invalid-value", f"'{name}' is a whole number of bytes.")
    return int(text)


def _metadata(request: Request) -> dict[str, str]:
    """The pairs of ``Upload-Metadata``; names of files and the like are not looked at."""
    text = request.headers.get("upload-metadata", "")
    found: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        name, _, value = pair.strip().partition(" ")
        try:
            if len(text) > METADATA_LIMIT_CHARACTERS:
                raise ValueError
            found[name] = base64.b64decode(value, validate=True).decode()
        except (ValueError, binascii.Error):
            raise ProblemError(
                "invalid-value",
                "'Upload-Metadata' is pairs between commas: a name, a space, a value in Base64.",
            ) from None
    return found


def _announced(metadata: dict[str, str]) -> str | None:
    sha256_hex = metadata.get("sha256")
    if sha256_hex is not None and not _SHA256.fullmatch(sha256_hex):
        raise ProblemError("invalid-value", "'sha256' has 64 hexadecimal digits in small letters.")
    return sha256_hex
