"""uvicorn, told what it cannot know of this application."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from services.http.connections import GuardedProtocol, guarded
from services.http.listening import address_of, bound_sockets, cannot_listen
from services.settings import Settings

GRACE_S = 5
"""Time that requests under way have to end when the server stops."""


class Server(uvicorn.Server):
    """Serves the application over HTTP.

    It starts the application itself: what keeps it from starting is raised out of ``run``, as it
    is, where uvicorn would print a traceback and exit. When it stops it ends the event streams
    first, instead of waiting for their readers.
    """

    def __init__(
        self,
        app: FastAPI,
        settings: Settings,
        announce: Callable[[str], None] | None = None,
        **options: Any,
    ) -> None:
        """Serve where the settings say; the options are those of ``uvicorn.Config``.

        ``announce`` is told the address as soon as requests are answered there.
        """
        options = {
            "host": settings.host,
            "port": settings.port,
            "http": guarded(GuardedProtocol, settings),
            "ws": "none",
            "lifespan": "off",
            "timeout_graceful_shutdown": GRACE_S,
            "access_log": False,
            **options,
        }
        super().__init__(uvicorn.Config(app, **options))
        self._app = app
        self._announce = announce

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop. Raises ServiceError and GeodataError."""
        config = self.config
        if sockets is None:  # before the rest: who starts it twice need not wait for the map
            sockets = bound_sockets(config.host, config.port)
        try:
            with self.capture_signals():
                async with self._app.router.lifespan_context(self._app):
                    await self._serve(sockets)
        finally:
            for one in sockets:
                one.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        config = self.config
        try:
            await super().startup(sockets)
        except OSError as error:  # another process was faster since the sockets were bound
            raise cannot_listen(config.host, config.port, error) from None
        if self._announce is not None:
            listening = self.servers[0].sockets[0]
            self._announce(address_of(config.host, listening))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # whoever connects again at once comes to another process
        service = getattr(self._app.state, "service", None)
        if service is not None:
            service.flow.end()
        await super().shutdown(sockets)
