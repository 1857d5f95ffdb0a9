"""A client that talks to an ASGI application in this process, its life included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal


class AsgiClient:
    """Answers as a server would give them; every call waits for its answer."""

    def __init__(self, portal: BlockingPortal, client: httpx.AsyncClient) -> None:
        self.portal = portal
        self._client = client

    def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        return self.portal.call(lambda: self._client.request(method, url, **more))

    def get(self, url: str, **more: Any) -> httpx.Response:
        return self.request("GET", url, **more)

    def post(self, url: str, **more: Any) -> httpx.Response:
        return self.request("POST", url, **more)

    def put(self, url: str, **more: Any) -> httpx.Response:
        return self.request("PUT", url, **more)

    def delete(self, url: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", url, **more)

    def options(self, url: str, **more: Any) -> httpx.Response:
        return self.request("OPTIONS", url, **more)


@contextmanager
def asgi_client(app: Any) -> Iterator[AsgiClient]:
    """Start the application, and stop it at the end."""
    with start_blocking_portal() as portal:
        life = app.router.lifespan_context(app)
        with portal.wrap_async_context_manager(life):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://office")
            yield AsgiClient(portal, client)
            portal.call(client.aclose)
