"""Every table of the ledger.

Times are UTC seconds since 1970. A responder, a device or a closure belongs to one jurisdiction
and is known by its id *within* it: the same id in another jurisdiction is another thing, so that
nobody can learn from an answer what exists elsewhere.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, Integer, LargeBinary, MetaData, String, Table

METADATA = MetaData()

revisions = Table(
    "revisions",
    METADATA,
    Column("subject", String(32), primary_key=True),
    Column("revision", Integer, nullable=False),
    comment="One row per subject that processes hold in memory; rises with every change to it.",
)

api_keys = Table(
    "api_keys",
    METADATA,
    Column("key_id", String(16), primary_key=True),
    Column("secret_sha256", LargeBinary(32), nullable=False),
    Column("name", String(128), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("jurisdictions", JSON, nullable=False),
    Column("created_at_s", Float, nullable=False),
    Column("expires_at_s", Float),
    Column("revoked_at_s", Float),
    comment="API keys: hashed secret, scopes, jurisdictions. The key itself is never stored.",
)

devices = Table(
    "devices",
    METADATA,
    Column("device_id", String(16), primary_key=True),
    Column("secret_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("jurisdiction", String(128), nullable=False),
    Column("responder_id", String(128), nullable=False),
    Column("crs", String(8), nullable=False),
    Column("created_at_s", Float, nullable=False),
    Column("revoked_at_s", Float),
    comment="Phones that send positions to /osmand: hashed secret and whose phone it is.",
)

responders = Table(
    "responders",
    METADATA,
    Column("jurisdiction", String(128), primary_key=True),
    Column("responder_id", String(128), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("capabilities", JSON, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, index=True),
    Column("changed_at_s", Float, nullable=False),
    comment="Registered responders: kind, mode, capabilities. Positions are never stored here.",
)

closures = Table(
    "closures",
    METADATA,
    Column("jurisdiction", String(128), primary_key=True),
    Column("closure_id", String(128), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("starts_at_s", Float),
    Column("ends_at_s", Float),
    Column("changed_at_s", Float, nullable=False),
    comment="Standing closures and speed changes, as they were put.",
)

TABLES: dict[str, Table] = dict(METADATA.tables)
