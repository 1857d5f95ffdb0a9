"""``/docs`` and ``/problems/{name}``: the API's description as pages that load nothing else.

FastAPI's own pages fetch scripts from the internet, which police networks do not have. These are
plain HTML made from the same OpenAPI document.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from services.errors import ProblemError
from services.problems import PROBLEMS

router = APIRouter(include_in_schema=False)

_STYLE = """
body{font:16px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60rem;
margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{margin-top:2.5rem;border-top:1px solid #d0d7de;padding-top:1rem}
h2 b{display:inline-block;min-width:4.5rem;color:#0550ae}
code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#f6f8fa;padding:.8rem;overflow:auto;border-radius:6px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #d0d7de;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}
h2 b{color:#79c0ff}td,th,h2{border-color:#30363d}}
"""


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    return HTMLResponse(_page(request.app.openapi()))


@router.get("/problems/{name}")
async def problem_page(name: str) -> HTMLResponse:
    problem = PROBLEMS.get(name)
    if problem is None:
        raise ProblemError("not-found", "There is no such problem.")
    return HTMLResponse(
        _document(
            problem.title,
            f"<h1>{escape(problem.title)}</h1><p>Status {problem.status}, type "
            f"<code>{problem.type_uri}</code></p><p>{escape(problem.meaning)}</p>"
            '<p><a href="/docs">The API</a></p>',
        )
    )


def _page(api: dict[str, Any]) -> str:
    parts = [
        f"<h1>{escape(api['info']['title'])} {escape(api['info']['version'])}</h1>",
        *(f"<p>{escape(text)}</p>" for text in api["info"]["description"].split("\n\n")),
        '<p>For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p><ul>',
    ]
    endpoints = [
        (path, method, endpoint)
        for path, methods in api["paths"].items()
        for method, endpoint in methods.items()
    ]
    for path, method, endpoint in endpoints:
        parts.append(
            f'<li><a href="#{_anchor(path, method)}"><code>{method.upper()} {escape(path)}</code>'
            f"</a> {escape(endpoint.get('summary', ''))}</li>"
        )
    parts.append("</ul>")
    parts.extend(_section(path, method, endpoint) for path, method, endpoint in endpoints)
    parts.append('<h2 id="schemas">Types</h2>')
    for name, schema in api["components"]["schemas"].items():
        parts.append(
            f'<details id="type-{escape(name)}"><summary><code>{escape(name)}</code> '
            f"{escape(schema.get('description', ''))}</summary>{_code(schema)}</details>"
        )
    return _document(api["info"]["title"], "".join(parts))


def _section(path: str, method: str, endpoint: dict[str, Any]) -> str:
    parts = [
        f'<h2 id="{_anchor(path, method)}"><b>{method.upper()}</b> '
        f"<code>{escape(path)}</code></h2><p>{escape(endpoint.get('summary', ''))}. "
        f"{escape(endpoint.get('description', ''))}</p>"
    ]
    if endpoint.get("parameters"):
        rows = "".join(
            f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}"
            f"{', required' if one.get('required') else ''}</td>"
            f"<td>{escape(one.get('description', ''))}</td></tr>"
            for one in endpoint["parameters"]
        )
        parts.append(f"<table>{rows}</table>")
    if "requestBody" in endpoint:
        content = endpoint["requestBody"]["content"]
        parts.append(f"<p>Body: {escape(', '.join(content))}</p>")
        example = next(iter(content.values())).get("example")
        if example is not None:  # a file has none
            parts.append(_code(example))
    for status, told in endpoint["responses"].items():
        parts.append(f"<p><b>{escape(status)}</b> {escape(told['description'])}</p>")
        for content in told.get("content", {}).values():
            if content.get("example") is not None:
                parts.append(_code(content["example"]))
            if names := content.get("examples"):
                links = " ".join(
                    f'<a href="/problems/{escape(name)}">{escape(name)}</a>' for name in names
                )
                parts.append(f"<p>{links}</p>")
    return "".join(parts)


def _anchor(path: str, method: str) -> str:
    return escape(f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}")


def _code(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>{body}</html>"
    )
