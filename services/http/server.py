"""uvicorn, told what it cannot know of this application."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

from services.http.connections import GuardedProtocol, guarded
from services.settings import Settings

GRACE_S = 5
"""Time that requests under way have to end when the server stops."""


class Server(uvicorn.Server):
    """Serves the application over HTTP. When it stops it ends the event streams first, instead of
    waiting for their readers."""

    def __init__(self, app: FastAPI, settings: Settings, **options: Any) -> None:
        """Serve where the settings say; the options are those of ``uvicorn.Config``."""
        options = {
            "host": settings.host,
            "port": settings.port,
            "http": guarded(GuardedProtocol, settings),
            "ws": "none",
            "timeout_graceful_shutdown": GRACE_S,
            "access_log": False,
            **options,
        }
        super().__init__(uvicorn.Config(app, **options))
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # whoever connects again at once comes to another process
        service = getattr(self._app.state, "service", None)
        if service is not None:
            service.flow.end()
        await super().shutdown(sockets)
