"""Answers: JSON, problems, and how every exception becomes one."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from geodata.errors import GeodataError, NoRouteError, OutOfNetworkError, UnknownModeError
from services.errors import LedgerError, ProblemError
from services.problems import PROBLEM_MEDIA_TYPE, PROBLEMS
from services.workers import RETRY_AFTER_S

log = logging.getLogger("forestall")

_encoder = msgspec.json.Encoder()

CLOSING_PROBLEMS = {"body-too-large", "body-too-slow"}
"""After these the rest of the body is still on its way, so the connection cannot be used again."""

RETRY_STATUSES = {429, 503}
RETRY_PROBLEMS = {"request-in-flight"}

_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}


UNCACHEABLE = {"Cache-Control": "no-store"}
"""A cache between us and the caller knows a key in a header, but not one behind a page's cookie:
without this it could give one caller's answer to another."""


def json_answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON, of anything that msgspec can encode. No cache keeps it unless the headers
    say otherwise."""
    return Response(
        _encoder.encode(content),
        status,
        media_type="application/json",
        headers=UNCACHEABLE | (headers or {}),
    )


def problem_answer(error: ProblemError, headers: dict[str, str] | None = None) -> Response:
    """The answer that a problem ends in."""
    problem = PROBLEMS[error.name]
    all_headers = UNCACHEABLE | (headers or {})
    if problem.status == 401:
        all_headers["WWW-Authenticate"] = 'Bearer realm="forestall"'
    if error.name in CLOSING_PROBLEMS:
        all_headers["Connection"] = "close"
    if problem.status in RETRY_STATUSES or error.name in RETRY_PROBLEMS:
        all_headers["Retry-After"] = str(error.extra.get("retry_after_s", RETRY_AFTER_S))
    return Response(
        _encoder.encode(problem.document(error.detail, **error.extra)),
        problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=all_headers,
    )


def as_problem(error: GeodataError) -> ProblemError:
    """The problem that an error of the map means to a caller."""
    if isinstance(error, OutOfNetworkError):
        return ProblemError("out-of-network", str(error))
    if isinstance(error, NoRouteError):
        return ProblemError("no-route", str(error))
    if isinstance(error, UnknownModeError):
        return ProblemError("unknown-mode", str(error))
    return ProblemError("invalid-value", str(error))


def install_problem_answers(app: FastAPI) -> None:
    """Make every exception of an endpoint end in a problem of the table."""

    async def on_problem(_: Request, error: ProblemError) -> Response:
        return problem_answer(error)

    async def on_geodata_error(_: Request, error: GeodataError) -> Response:
        return problem_answer(as_problem(error))

    async def on_ledger_error(_: Request, error: LedgerError) -> Response:
        log.error("%s", error)
        return problem_answer(ProblemError("not-ready", "The database does not answer."))

    async def on_http_exception(_: Request, error: HTTPException) -> Response:
        name = _BY_STATUS.get(error.status_code, "malformed-request")
        detail = PROBLEMS[name].title + "."
        return problem_answer(ProblemError(name, detail), headers=dict(error.headers or {}))

    async def on_anything_else(_: Request, error: Exception) -> Response:
        error_id = secrets.token_hex(6)
        # The type and the place, but not the text: it may hold what a caller sent.
        log.error("error_id=%s %s", error_id, type(error).__name__, exc_info=error)
        return problem_answer(
            ProblemError("internal-error", "The service failed.", error_id=error_id)
        )

    app.add_exception_handler(ProblemError, on_problem)  # type: ignore[arg-type]
    app.add_exception_handler(GeodataError, on_geodata_error)  # type: ignore[arg-type]
    app.add_exception_handler(LedgerError, on_ledger_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, on_http_exception)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, on_anything_else)
