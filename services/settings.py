"""Every setting of the service.

A setting is read from the environment (``FORESTALL_`` and its name in capitals) or from a file
``.env`` in the working folder, and can be given to :class:`Settings` by name. Each is documented in
``services/reference.md``; a test holds the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.redis_keys import RedisKeys

ENVIRONMENT_PREFIX = "FORESTALL_"


class Settings(BaseSettings):
    """What an installation decides. Immutable."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_file=".env", extra="ignore", frozen=True
    )

    # what is served, and to whom
    map: Annotated[
        Path | None, Field(description="Folder of a compiled map, or an OSM file to compile.")
    ] = None
    calibration: Annotated[
        Path | None,
        Field(description="TOML file of speed and turn factors by mode, used when compiling."),
    ] = None
    policy: Annotated[
        Path | None,
        Field(
            description="Tier policy: a TOML file for all centres, or a folder with CENTRE.toml "
            "and default.toml; none: the one that 'forestall policy' prints."
        ),
    ] = None
    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0: any.")] = 8080
    public_routing: Annotated[
        bool, Field(description="Open /route, /table and /nearest to callers without a key.")
    ] = False

    # where things are kept
    data_dir: Annotated[
        Path, Field(description="Folder for the database and for maps compiled on the way.")
    ] = Path("var")
    database_url: Annotated[
        str | None,
        Field(description="SQLAlchemy URL of the ledger; none: SQLite in the data folder."),
    ] = None
    redis_url: Annotated[
        SecretStr | None,
        Field(description="URL of a Redis (6.2 or newer); none: the service starts its own."),
    ] = None
    redis_region: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_.-]{1,64}$",
            description="Word in every Redis key; services with the same word share positions.",
        ),
    ] = "main"
    evidence_url: Annotated[
        str | None,
        Field(
            description="Where evidence is stored: a folder, or a URL that fsspec knows, such as "
            "s3://bucket/folder; none: in the data folder."
        ),
    ] = None
    webhook_hosts: Annotated[
        str | None,
        Field(
            description="Hosts that webhooks and peers may lead to, separated by commas: names, "
            "*.names, networks of addresses; none: any."
        ),
    ] = None

    # limits on requests
    body_limit_bytes: Annotated[
        int, Field(ge=1024, description="Longest request body that is read.")
    ] = 4 * 1024 * 1024
    body_timeout_s: Annotated[
        float, Field(gt=0, description="Time within which a whole body must arrive.")
    ] = 20.0
    evidence_limit_bytes: Annotated[
        int, Field(ge=1024, description="Longest file of evidence that is taken.")
    ] = 512 * 1024 * 1024
    evidence_timeout_s: Annotated[
        float,
        Field(gt=0, description="Time within which a whole file of evidence must arrive."),
    ] = 3_600.0
    evidence_uploads: Annotated[
        int, Field(ge=1, description="Files of evidence that one process receives at a time.")
    ] = 32
    header_timeout_s: Annotated[
        float, Field(gt=0, description="Time within which a whole request head must arrive.")
    ] = 10.0
    idle_timeout_s: Annotated[
        float, Field(gt=0, description="Time after which a connection without a request is closed.")
    ] = 30.0
    write_timeout_s: Annotated[
        float,
        Field(gt=0, description="Time after which a connection that takes no answer is cut off."),
    ] = 30.0
    connections_per_address: Annotated[
        int,
        Field(ge=0, description="Connections at once from one address; 0: any number."),
    ] = 1_000
    requests_per_s: Annotated[
        float,
        Field(ge=0, description="Requests of one key in each process, over 10 s; 0: any number."),
    ] = 500.0
    unit_requests_per_s: Annotated[
        float, Field(ge=0, description="The same for one field unit: its link, or its phone.")
    ] = 5.0
    idempotency_kept_s: Annotated[
        float,
        Field(ge=86_400, description="Time for which an Idempotency-Key is remembered."),
    ] = 172_800.0
    positions_limit: Annotated[int, Field(ge=1, description="Most positions in one batch.")] = (
        10_000
    )
    route_coordinates_limit: Annotated[
        int, Field(ge=2, description="Most coordinates in one /route request.")
    ] = 500
    table_coordinates_limit: Annotated[
        int,
        Field(ge=2, description="A /table request may have this number squared of cells."),
    ] = 500
    table_distances_limit: Annotated[
        int,
        Field(ge=2, description="The same for a /table request that asks for distances too."),
    ] = 100
    nearest_results_limit: Annotated[
        int, Field(ge=1, description="Most roads in one /nearest answer.")
    ] = 100
    snap_limit_m: Annotated[
        float, Field(gt=0, description="Farthest road that a point of a route may be moved to.")
    ] = 2_000.0

    # positions
    positions_kept_s: Annotated[
        float, Field(gt=0, description="Age at which a position is deleted everywhere.")
    ] = 3_600.0
    stream_batches: Annotated[
        int, Field(ge=16, description="Batches that the Redis stream keeps for slow readers.")
    ] = 1_024
    redis_timeout_s: Annotated[
        float, Field(gt=0, description="Time after which a Redis that does not answer is absent.")
    ] = 1.0

    # work
    question_threads: Annotated[
        int, Field(ge=1, le=64, description="Threads that answer who is where and who should go.")
    ] = 2
    routing_threads: Annotated[
        int, Field(ge=1, le=64, description="Threads that answer /route, /table and /nearest.")
    ] = 2
    writing_threads: Annotated[
        int,
        Field(ge=1, le=64, description="Write transactions at once on PostgreSQL; on SQLite 1."),
    ] = 4
    staffing_threads: Annotated[
        int, Field(ge=1, le=64, description="Threads that choose and offer who goes.")
    ] = 1
    staffing_window_s: Annotated[
        float,
        Field(
            ge=0,
            le=5,
            description="Incidents that want somebody within so many seconds of each other are "
            "staffed together; 0: only those that wait already.",
        ),
    ] = 0.05
    planning_threads: Annotated[
        int, Field(ge=1, le=64, description="Threads that make plans of interceptions.")
    ] = 2
    event_streams_per_key: Annotated[
        int, Field(ge=1, description="Event streams that one key may have open in one process.")
    ] = 100
    waiting_limit: Annotated[
        int, Field(ge=1, description="Requests that may wait for a thread; more get 503.")
    ] = 256

    # rehearsals
    clock_speed: Annotated[
        float,
        Field(gt=0, le=3600, description="Seconds told for each second; above 1 in rehearsals."),
    ] = 1.0
    clock_origin_s: Annotated[
        float | None,
        Field(description="Time at which a rehearsal began, UTC seconds since 1970; none: start."),
    ] = None

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger."""
        return self.database_url or f"sqlite:///{self.data_dir / 'forestall.sqlite3'}"

    @property
    def evidence_place(self) -> str:
        """Folder or URL that evidence is stored in."""
        return self.evidence_url or str((self.data_dir / "evidence").absolute())

    @property
    def allowed_webhook_hosts(self) -> tuple[str, ...]:
        """Patterns of the hosts that webhooks may lead to; empty: any."""
        words = (word.strip() for word in (self.webhook_hosts or "").split(","))
        return tuple(word for word in words if word)

    @property
    def redis_keys(self) -> RedisKeys:
        return RedisKeys(self.redis_region)
