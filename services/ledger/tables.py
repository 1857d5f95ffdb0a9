"""Every table of the ledger.

Times are UTC seconds since 1970, amounts yuan, coordinates degrees WGS-84. A responder, a device or
a closure belongs to one jurisdiction and is known by its id *within* it: the same id in another
jurisdiction is another thing, so that nobody can learn from an answer what exists elsewhere.

A *centre* is the first word of a jurisdiction's path: whoever runs the dispatch there. A victim has
one open incident in a centre at most, and a responder one live assignment at most: both are unique
partial indexes, asserted when the ledger is opened. The second is on (jurisdiction, responder_id),
not on the centre: officer 7 of a district and officer 7 of its station are two people. Were they
one, a station could not register its own without learning whom the others have, and would see its
officer busy when another's is.

The tables are made by the steps in ``services/ledger/migrations/versions``: what changes here must
change there.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA = MetaData()

ID = String(36)
JURISDICTION = String(128)
RESPONDER_ID = String(128)

# ------------------------------------------------------------------ who may ask, and who there is

revisions = Table(
    "revisions",
    METADATA,
    Column("subject", String(32), primary_key=True),
    Column("revision", Integer, nullable=False),
    comment="One row per subject that processes hold in memory; rises with every change to it.",
)

secrets = Table(
    "secrets",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("created_at_s", Float, nullable=False),
    comment="Secrets that all processes share and that were made at the first start.",
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
    Column("jurisdiction", JURISDICTION, nullable=False),
    Column("responder_id", RESPONDER_ID, nullable=False),
    Column("crs", String(8), nullable=False),
    Column("created_at_s", Float, nullable=False),
    Column("revoked_at_s", Float),
    comment="Phones that send positions to /osmand: hashed secret and whose phone it is.",
)

responders = Table(
    "responders",
    METADATA,
    Column("jurisdiction", JURISDICTION, primary_key=True),
    Column("responder_id", RESPONDER_ID, primary_key=True),
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
    Column("jurisdiction", JURISDICTION, primary_key=True),
    Column("closure_id", String(128), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("starts_at_s", Float),
    Column("ends_at_s", Float),
    Column("changed_at_s", Float, nullable=False),
    comment="Standing closures and speed changes, as they were put.",
)

jurisdictions = Table(
    "jurisdictions",
    METADATA,
    Column("jurisdiction", JURISDICTION, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("level", String(16), nullable=False),
    Column("code", String(32)),
    Column("geometry", Text, nullable=False),
    Column("changed_at_s", Float, nullable=False),
    comment="Areas that were loaded: path, name, level, GB/T 2260 code, polygon as GeoJSON.",
)

branches = Table(
    "branches",
    METADATA,
    Column("jurisdiction", JURISDICTION, primary_key=True),
    Column("branch_id", String(128), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
    Column("changed_at_s", Float, nullable=False),
    comment="Bank branches and where they are: the place of a one-tap alarm.",
)

# ------------------------------------------------------------------------------ the incident's life

incidents = Table(
    "incidents",
    METADATA,
    Column("incident_id", ID, primary_key=True),
    Column("centre", JURISDICTION, nullable=False),
    Column("jurisdiction", JURISDICTION, nullable=False, index=True),
    Column("victim_ref", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("answer_tier", Integer, nullable=False),
    Column("opened_at_s", Float, nullable=False, index=True),
    Column("closed_at_s", Float),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("event_count", Integer, nullable=False),
    Column("head_sha256", LargeBinary(32), nullable=False),
    Index(
        "one_open_incident_per_victim",
        "centre",
        "victim_ref",
        unique=True,
        sqlite_where=text("is_open"),
        postgresql_where=text("is_open"),
    ),
    Index("open_incidents", "is_open", "opened_at_s"),
    comment="One row per incident. The columns are what is searched by; all of it is in document.",
)

alerts = Table(
    "alerts",
    METADATA,
    Column("alert_id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.incident_id"), nullable=False, index=True),
    Column("source", String(16), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("received_at_s", Float, nullable=False),
    Column("document", JSON, nullable=False),
    comment="Every alert as it came in, and the incident that it started or joined.",
)

interceptions = Table(
    "interceptions",
    METADATA,
    Column("interception_id", ID, primary_key=True),
    Column("centre", JURISDICTION, nullable=False),
    Column("jurisdiction", JURISDICTION, nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("plan_wanted", Boolean, nullable=False),
    Column("incident_id", ID, ForeignKey("incidents.incident_id"), index=True),
    Column("lead_centre", JURISDICTION),
    Column("lead_id", String(128)),
    Column("opened_at_s", Float, nullable=False),
    Column("ended_at_s", Float),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("event_count", Integer, nullable=False),
    Column("head_sha256", LargeBinary(32), nullable=False),
    Column("due_at_s", Float),
    UniqueConstraint("centre", "lead_centre", "lead_id", name="one_interception_per_request"),
    Index("open_interceptions", "is_open", "opened_at_s"),
    Index("due_interceptions", "due_at_s"),
    comment="One row per subject who is to be stopped, as one centre sees it.",
)

interception_plans = Table(
    "interception_plans",
    METADATA,
    Column("interception_id", ID, ForeignKey("interceptions.interception_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("made_at_s", Float, nullable=False),
    Column("document", JSON, nullable=False),
    comment="Every plan of an interception, as it was made: who should wait where, and why.",
)

assignments = Table(
    "assignments",
    METADATA,
    Column("assignment_id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.incident_id"), index=True),
    Column("interception_id", ID, ForeignKey("interceptions.interception_id"), index=True),
    Column("jurisdiction", JURISDICTION, nullable=False),
    Column("responder_id", RESPONDER_ID, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("offered_at_s", Float, nullable=False, index=True),
    Column("ended_at_s", Float),
    Column("document", JSON, nullable=False),
    CheckConstraint(
        "(incident_id IS NULL) <> (interception_id IS NULL)", name="assignment_is_for_one_thing"
    ),
    Index(
        "one_live_assignment_per_responder",
        "jurisdiction",
        "responder_id",
        unique=True,
        sqlite_where=text("live"),
        postgresql_where=text("live"),
    ),
    comment="One responder sent to one incident, or to a checkpoint of one interception. "
    "jurisdiction is the responder's own.",
)

decisions = Table(
    "decisions",
    METADATA,
    Column("decision_id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.incident_id"), nullable=False, index=True),
    Column("decided_at_s", Float, nullable=False, index=True),
    Column("document", JSON, nullable=False),
    comment="Who was offered, who was passed over and why, and where they were at that moment.",
)

contacts = Table(
    "contacts",
    METADATA,
    Column("contact_id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.incident_id"), nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at_s", Float, nullable=False),
    Column("document", JSON, nullable=False),
    comment="Attempts to reach the victim without going there: message, voice, call.",
)

evidence = Table(
    "evidence",
    METADATA,
    Column("evidence_id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.incident_id"), nullable=False, index=True),
    Column("assignment_id", ID, ForeignKey("assignments.assignment_id"), nullable=False),
    Column("received_at_s", Float, nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("location", Text, nullable=False),
    Column("convincing", Boolean),
    comment="Proof that a visit worked: where it is stored, its size and hash, and the judgement.",
)

deadlines = Table(
    "deadlines",
    METADATA,
    Column("deadline_id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.incident_id"), nullable=False, index=True),
    Column("assignment_id", ID),
    Column("kind", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("set_at_s", Float, nullable=False),
    Column("due_at_s", Float, nullable=False),
    Column("pending", Boolean, nullable=False),
    Column("fired_at_s", Float),
    Column("cancelled_at_s", Float),
    Index(
        "pending_deadlines",
        "due_at_s",
        sqlite_where=text("pending"),
        postgresql_where=text("pending"),
    ),
    comment="What must happen by when. A row fires once: in the transaction of its effect.",
)

# ----------------------------------------------------------------------------------- events and out

events = Table(
    "events",
    METADATA,
    Column("event_id", ID, primary_key=True),
    Column("chain_id", ID, nullable=False),
    Column("chain_number", Integer, nullable=False),
    Column("type", String(64), nullable=False),
    Column("jurisdiction", JURISDICTION, nullable=False),
    Column("at_s", Float, nullable=False),
    Column("data", Text, nullable=False),
    Column("previous_sha256", LargeBinary(32), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    UniqueConstraint("chain_id", "chain_number", name="one_event_per_place_in_chain"),
    comment="Everything that happened, append-only; one hash chain per incident.",
)

unsealed = Table(
    "unsealed",
    METADATA,
    Column("event_id", ID, ForeignKey("events.event_id"), primary_key=True),
    comment="Events with no place in the stream yet; written with the event, gone when sealed.",
)

seals = Table(
    "seals",
    METADATA,
    Column("seal_number", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed_at_s", Float, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("previous_sha256", LargeBinary(32), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    comment="The chain over batches of events: fixes the order in which readers see them.",
)

stream = Table(
    "stream",
    METADATA,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", ID, ForeignKey("events.event_id"), nullable=False, unique=True),
    Column("seal_number", BigInteger, nullable=False),
    comment="The place of every event in the stream that readers follow; no gaps, no reordering.",
)

webhooks = Table(
    "webhooks",
    METADATA,
    Column("webhook_id", ID, primary_key=True),
    Column("jurisdiction", JURISDICTION, nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("types", JSON, nullable=False),
    Column("secrets", JSON, nullable=False),
    Column("created_at_s", Float, nullable=False),
    Column("removed_at_s", Float),
    Column("disabled_at_s", Float),
    Column("disabled_because", String(200)),
    Column("event_count", Integer, nullable=False),
    Column("head_sha256", LargeBinary(32), nullable=False),
    comment="Where events are sent to, of which types, and with which secrets they are signed.",
)

deliveries = Table(
    "deliveries",
    METADATA,
    Column("webhook_id", ID, ForeignKey("webhooks.webhook_id"), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_due_at_s", Float, nullable=False),
    Column("next_at_s", Float),
    Column("last_status", Integer),
    Column("last_problem", String(200)),
    Column("delivered_at_s", Float),
    Index("due_deliveries", "webhook_id", "next_at_s"),
    Index("deliveries_by_state", "webhook_id", "state", "position"),
    comment="One event on its way to one webhook: tries so far, when the next one is due.",
)

peers = Table(
    "peers",
    METADATA,
    Column("peer_id", ID, primary_key=True),
    Column("centre", JURISDICTION, nullable=False),
    Column("peer_centre", JURISDICTION, nullable=False),
    Column("url", Text),
    Column("secrets", JSON, nullable=False),
    Column("created_at_s", Float, nullable=False),
    Column("removed_at_s", Float),
    Index(
        "one_peer_of_a_name",
        "centre",
        "peer_centre",
        unique=True,
        sqlite_where=text("removed_at_s IS NULL"),
        postgresql_where=text("removed_at_s IS NULL"),
    ),
    comment="Other centres that a centre works with: address (none: in this ledger) and secrets.",
)

peer_outbox = Table(
    "peer_outbox",
    METADATA,
    Column("message_id", ID, primary_key=True),
    Column("peer_id", ID, ForeignKey("peers.peer_id"), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_due_at_s", Float, nullable=False),
    Column("next_at_s", Float),
    Column("last_status", Integer),
    Column("last_problem", String(200)),
    Column("delivered_at_s", Float),
    Index("due_messages", "peer_id", "next_at_s"),
    Index("messages_by_age", "first_due_at_s"),
    comment="Messages on their way to other centres, written in the transaction they tell of.",
)

peer_inbox = Table(
    "peer_inbox",
    METADATA,
    Column("peer_id", ID, ForeignKey("peers.peer_id"), primary_key=True),
    Column("message_id", ID, primary_key=True),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("received_at_s", Float, nullable=False, index=True),
    comment="Messages of other centres that were taken, so that each has one effect.",
)

idempotency = Table(
    "idempotency",
    METADATA,
    Column("caller_id", String(64), primary_key=True),
    Column("idempotency_key", String(255), primary_key=True),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("holder", ID, nullable=False),
    Column("held_until_s", Float, nullable=False),
    Column("created_at_s", Float, nullable=False, index=True),
    Column("status", Integer),
    Column("headers", JSON),
    Column("body", LargeBinary),
    comment="Answers to requests that carried an Idempotency-Key; status is none while in flight.",
)

TABLES: dict[str, Table] = dict(METADATA.tables)
