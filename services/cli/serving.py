"""``forestall serve``: the HTTP service on one map."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from services.app import create_app
from services.cli.maps import OneWayTrunk, import_options
from services.cli.screen import err, progress_bar
from services.errors import SettingsError
from services.http.connections import allow_many_connections
from services.http.server import Server
from services.map_folder import compiled
from services.settings import Settings


def serve(
    map: Annotated[
        Path | None, typer.Option("--map", help="Folder of a compiled map, or an OSM file.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")
    ] = None,
    public_routing: Annotated[
        bool, typer.Option("--public-routing", help="Open the routing endpoints to everybody.")
    ] = False,
    one_way_trunk: OneWayTrunk = False,
) -> None:
    """Serve a map over HTTP. What is not said here comes from FORESTALL_ settings."""
    said = {"map": map, "host": host, "port": port, "public_routing": public_routing or None}
    settings = Settings(**{name: value for name, value in said.items() if value is not None})
    if settings.map is None:
        raise SettingsError("Say which map to serve: forestall serve --map FOLDER_OR_FILE")
    with progress_bar() as progress:
        folder = compiled(
            settings.map,
            settings.data_dir,
            import_options(one_way_trunk),
            progress,
            settings.calibration,
        )
    settings = settings.model_copy(update={"map": folder})
    allow_many_connections()

    def announce(address: str) -> None:
        told = f"Serving {folder} at {address}; the API is described at {address}/docs"
        err.print(told, markup=False, soft_wrap=True)

    server = Server(create_app(settings), settings, announce, log_level="info")
    with suppress(KeyboardInterrupt):  # Ctrl-C is how it is stopped; by now it has
        server.run()
