"""The two pages that people see, and the files they are made of.

They load nothing from elsewhere, and are told so: the Content-Security-Policy lets a page fetch,
run and show only what comes from this service.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.page_files import PageFile
from services.service import service_of

router = APIRouter(include_in_schema=False)

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # MapLibre draws its controls and images from these
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "media-src 'self' blob:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
}
"""Sent with every page and every file of one."""
LASTING_S = 31_536_000
"""How long a browser keeps a file whose name changes with its content: a year."""


@router.get("/")
async def root() -> Response:
    return RedirectResponse("/console", status_code=307)


@router.get("/console")
async def console(request: Request) -> Response:
    return _answer(request, service_of(request).pages.file("console.html"))


@router.get("/u/service_worker.js")
async def service_worker(request: Request) -> Response:
    """It lies where the pages lie that it may serve without a signal."""
    return _answer(request, service_of(request).pages.file("service_worker.js"))


@router.get("/u/")
@router.get("/u/{token}")
async def field(request: Request, token: str = "") -> Response:
    """The page is the same for every token; it asks the API with the one in its address, or with
    the last one where it was installed and has none there."""
    return _answer(request, service_of(request).pages.file("field.html"))


@router.get("/pages/{name:path}")
async def page_file(request: Request, name: str) -> Response:
    return _answer(request, service_of(request).pages.file(name))


def _answer(request: Request, file: PageFile) -> Response:
    headers = {
        **SECURITY_HEADERS,
        "ETag": file.etag,
        "Cache-Control": f"public, max-age={LASTING_S}, immutable" if file.lasting else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    body = file.body
    if file.compressed is not None and _takes_gzip(request):
        body, headers["Content-Encoding"] = file.compressed, "gzip"
    return Response(body, headers=headers, media_type=file.media_type)


def _takes_gzip(request: Request) -> bool:
    offered = (word.strip() for word in request.headers.get("accept-encoding", "").split(","))
    return any(word == "gzip" or word.startswith("gzip;") for word in offered)
