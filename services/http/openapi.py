"""The description of the API (OpenAPI 3.1): schemas from the types that are really read and
written, examples, problems and the ways to authenticate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from services.jurisdictions import JURISDICTION_LIMIT_CHARACTERS
from services.keys import ID_LIMIT_CHARACTERS
from services.problems import PROBLEM_MEDIA_TYPE, PROBLEMS

TITLE = "Forestall"
API_VERSION = "1.0"
DESCRIPTION = """\
Who can be with a fraud victim first, by road, and the way there.

Coordinates are `lon`, `lat` in degrees. Every body that carries coordinates may say
`crs: wgs84 | gcj02 | bd09`; answers are WGS-84. Times are UTC. Every failure is an
`application/problem+json` document whose `type` is `/problems/<name>`; only the three routing
paths answer failures as OSRM does.

Send the API key as `Authorization: Bearer <key>` or `X-API-Key: <key>`.
"""

Versioned = Literal["read", "optional", "required"]

_NO_WORD = re.compile(r"\W+")
_types: dict[str, type] = {}


def operation(
    *,
    scopes: Sequence[str] = (),
    token: bool = False,
    idempotent: bool = False,
    versioned: Versioned | None = None,
    open_to_anybody: bool = False,
    parameters: Sequence[dict[str, Any]] = (),
    body: type | None = None,
    body_example: Any = None,
    body_media_types: Sequence[str] = ("application/json",),
    answer: type | tuple[type, ...] | None = None,
    answer_schema: dict[str, Any] | None = None,
    example: Any = None,
    status: int = 200,
    media_type: str = "application/json",
    meaning: str = "Done",
    problems: Sequence[str] = (),
) -> dict[str, Any]:
    """What FastAPI cannot see of an endpoint that reads its request itself.

    Parameters
    ----------
    scopes : of which the caller needs one.
    token : the link of the assignment's unit opens it too.
    idempotent : it takes an ``Idempotency-Key``.
    versioned : ``read``: it answers an ``ETag``; ``optional`` or ``required``: and may, or must,
        be told the expected one with ``If-Match``.
    answer, answer_schema : the type of the answer, or several of which it is one; or its schema,
        where no type of ours has it.
    problems : names of those that the other parameters do not imply.
    """
    described: dict[str, Any] = {}
    names = list(problems)
    success: dict[str, Any] = {"description": meaning}
    parameters = list(parameters)
    if idempotent:
        parameters.append(_IDEMPOTENCY_KEY)
        names += ["request-in-flight", "idempotency-key-reused", "invalid-value"]
        success.setdefault("headers", {})["Idempotency-Replayed"] = _REPLAYED
    if versioned is not None:
        success.setdefault("headers", {})["ETag"] = _ETAG
        if versioned != "read":
            parameters.append(_IF_MATCH | {"required": versioned == "required"})
            names += ["version-changed", "invalid-value"]
        if versioned == "required":
            names.append("version-required")
    if any(one["in"] == "path" for one in parameters):
        names.append("not-found")  # also where no path is like this, with a line break for one
    if parameters:
        described["parameters"] = parameters
    if body is not None:
        content = {
            kind: {"schema": _reference(body), "example": body_example} for kind in body_media_types
        }
        described["requestBody"] = {"required": True, "content": content}
    if answer is not None:
        success["content"] = {media_type: {"schema": _one_of(answer), "example": example}}
    elif status != 204:
        success["content"] = {media_type: {"schema": answer_schema or {"type": "string"}}}
    if scopes:
        wanted = " or ".join(f"`{scope}`" for scope in scopes)
        link = ", or the link of the assignment's unit" if token else ""
        described["description"] = f"Needs a key with the scope {wanted}{link}."
        names += ["key-required", "missing-scope", "too-many-requests", "overloaded", "not-ready"]
        names.append("invalid-value")  # a parameter that there is not
    if body is not None:
        names += [
            "malformed-request",
            "invalid-value",
            "body-too-large",
            "body-too-slow",
            "unsupported-media-type",
        ]
    described["responses"] = {str(status): success, **_problem_answers(names)}
    if open_to_anybody:
        described["security"] = []
    return described


def parameter(
    name: str,
    meaning: str,
    schema: dict[str, Any],
    *,
    where: str = "query",
    required: bool = False,
    example: Any = None,
) -> dict[str, Any]:
    """One parameter; a schema of an array is a list between commas."""
    described = {
        "name": name,
        "in": where,
        "required": required or where == "path",
        "description": meaning,
        "schema": schema,
    }
    if schema.get("type") == "array":
        described |= {"style": "form", "explode": False}
    if example is not None:
        described["example"] = example
    return described


JURISDICTION_SCHEMA = {
    "type": "string",
    "minLength": 1,
    "maxLength": JURISDICTION_LIMIT_CHARACTERS,
}
"""Of a jurisdiction; ``services.jurisdictions.is_jurisdiction`` looks closer."""
ID_SCHEMA = {"type": "string", "minLength": 1, "maxLength": ID_LIMIT_CHARACTERS}
"""Of an id that a caller chooses; ``services.keys.is_responder_id`` looks closer."""
POINT_SCHEMA = {"type": "string", "pattern": r"^[-+]?[0-9]+(\.[0-9]*)?,[-+]?[0-9]+(\.[0-9]*)?$"}
"""Of ``longitude,latitude``."""


def listed(words: Iterable[str]) -> dict[str, Any]:
    """Schema of one or several words between commas, each of these."""
    return {"type": "array", "items": {"type": "string", "enum": list(words)}, "minItems": 1}


def counted(default: int, least: int, most: int) -> dict[str, Any]:
    """Schema of a whole number."""
    return {"type": "integer", "default": default, "minimum": least, "maximum": most}


_IDEMPOTENCY_KEY = parameter(
    "Idempotency-Key",
    "Your own name for this request. Repeated with the same key it has one effect and the same "
    "answer, for two days at least.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    where="header",
)
_IF_MATCH = parameter(
    "If-Match",
    "The `ETag` of what was read: nothing is done where it has changed since. `*`: any version.",
    {"type": "string"},
    where="header",
    example='"3"',
)
_ETAG = {"description": "The version, for `If-Match`.", "schema": {"type": "string"}}
_REPLAYED = {
    "description": "`true`: the answer was given before, to a request with the same key.",
    "schema": {"type": "string", "enum": ["true"]},
}


def install_openapi(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Make ``/openapi.json`` tell all of it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, routers)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    """Written out of what the endpoints say of themselves. FastAPI's own description guesses
    parameters and answers from the handlers' arguments and leaves out every null."""
    _, schemas = msgspec.json.schema_components(
        list(_types.values()), ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                path = route.path.replace(":path}", "}")
                for method in sorted(route.methods):
                    paths.setdefault(path, {})[method.lower()] = {
                        "tags": list(route.tags),
                        "summary": route.summary,
                        "operationId": _NO_WORD.sub("_", f"{method.lower()}{path}").strip("_"),
                        **(route.openapi_extra or {}),
                    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": app.title,
            "description": app.description,
            "version": app.version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM_SCHEMA, "OsrmProblem": _OSRM_SCHEMA},
            "examples": {
                name: {"value": problem.document("One sentence about this case.")}
                for name, problem in PROBLEMS.items()
            },
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, or the token in the link of a field unit.",
                },
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "security": [{"bearer": []}, {"header": []}],
    }


def _one_of(types: type | tuple[type, ...]) -> dict[str, Any]:
    if isinstance(types, tuple):
        return {"anyOf": [_reference(one) for one in types]}
    return _reference(types)


def _reference(type_: type) -> dict[str, str]:
    known = _types.setdefault(type_.__name__, type_)
    if known is not type_:
        raise ValueError(f"two types are called {type_.__name__}")
    return {"$ref": f"#/components/schemas/{type_.__name__}"}


def _problem_answers(names: Sequence[str]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for name in dict.fromkeys(names):
        by_status.setdefault(PROBLEMS[name].status, []).append(name)
    return {
        str(status): {
            "description": "; ".join(PROBLEMS[name].title for name in same),
            **_HEADERS.get(status, {}),
            "content": {
                PROBLEM_MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {name: {"$ref": f"#/components/examples/{name}"} for name in same},
                }
            },
        }
        for status, same in by_status.items()
    }


_HEADERS: dict[int, dict[str, Any]] = {
    status: {"headers": {name: {"description": meaning, "required": True, "schema": schema}}}
    for status, name, meaning, schema in (
        (401, "WWW-Authenticate", "Which secret is wanted.", {"type": "string"}),
        (429, "Retry-After", "Seconds to wait.", {"type": "integer", "minimum": 1}),
        (503, "Retry-After", "Seconds to wait.", {"type": "integer", "minimum": 1}),
    )
}
_OSRM_SCHEMA = {
    "type": "object",
    "description": "What is wrong with a routing question, as OSRM says it.",
    "required": ["code", "message"],
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "enum": [problem.type_uri for problem in PROBLEMS.values()],
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
