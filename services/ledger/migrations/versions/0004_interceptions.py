"""Interceptions and their plans; an assignment is for an incident or for an interception.

SQLite cannot make a column nullable: the table is made anew. Evidence refers to it meanwhile, so
that what refers to what is looked at when the transaction ends.
"""

from alembic import op
from sqlalchemy import (
    JSON,
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
    UniqueConstraint,
    text,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = String(36)
JURISDICTION = String(128)
RESPONDER_ID = String(128)
FOR_ONE_THING = "(incident_id IS NULL) <> (interception_id IS NULL)"

METADATA = MetaData()

Table("incidents", METADATA, Column("incident_id", ID, primary_key=True))

INTERCEPTIONS = Table(
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
    UniqueConstraint("centre", "lead_centre", "lead_id", name="one_interception_per_request"),
    Index("open_interceptions", "is_open", "opened_at_s"),
    comment="One row per subject who is to be stopped, as one centre sees it.",
)

PLANS = Table(
    "interception_plans",
    METADATA,
    Column("interception_id", ID, ForeignKey("interceptions.interception_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("made_at_s", Float, nullable=False),
    Column("document", JSON, nullable=False),
    comment="Every plan of an interception, as it was made: who should wait where, and why.",
)

COLUMNS = (
    "assignment_id, incident_id, jurisdiction, responder_id, kind, purpose, state, live, "
    "offered_at_s, ended_at_s, document"
)


def upgrade() -> None:
    connection = op.get_bind()
    METADATA.create_all(connection, [INTERCEPTIONS, PLANS], checkfirst=False)
    if connection.dialect.name == "sqlite":
        _make_anew(_assignments(with_interceptions=True))
        return
    op.alter_column("assignments", "incident_id", nullable=True)
    op.add_column("assignments", Column("interception_id", ID))
    op.create_foreign_key(
        "assignments_interception_id_fkey",
        "assignments",
        "interceptions",
        ["interception_id"],
        ["interception_id"],
    )
    op.create_index("ix_assignments_interception_id", "assignments", ["interception_id"])
    op.create_check_constraint("assignment_is_for_one_thing", "assignments", FOR_ONE_THING)
    op.create_table_comment(
        "assignments",
        "One responder sent to one incident, or to a checkpoint of one interception. "
        "jurisdiction is the responder's own.",
    )


def downgrade() -> None:
    connection = op.get_bind()
    connection.execute(text("DELETE FROM assignments WHERE incident_id IS NULL"))
    if connection.dialect.name == "sqlite":
        _make_anew(_assignments(with_interceptions=False))
    else:
        op.drop_constraint("assignment_is_for_one_thing", "assignments")
        op.drop_column("assignments", "interception_id")
        op.alter_column("assignments", "incident_id", nullable=False)
        op.create_table_comment(
            "assignments",
            "One responder sent to one incident. jurisdiction is the responder's own.",
        )
    METADATA.drop_all(connection, [PLANS, INTERCEPTIONS], checkfirst=False)


def _assignments(*, with_interceptions: bool) -> Table:
    """The table as it is to be."""
    extra: list[Column | CheckConstraint] = []
    if with_interceptions:
        extra = [
            Column("interception_id", ID, ForeignKey("interceptions.interception_id"), index=True),
            CheckConstraint(FOR_ONE_THING, name="assignment_is_for_one_thing"),
        ]
    metadata = MetaData()
    for name, key in (("incidents", "incident_id"), ("interceptions", "interception_id")):
        Table(name, metadata, Column(key, ID, primary_key=True))
    return Table(
        "assignments",
        metadata,
        Column("assignment_id", ID, primary_key=True),
        Column(
            "incident_id",
            ID,
            ForeignKey("incidents.incident_id"),
            nullable=with_interceptions,
            index=True,
        ),
        *extra,
        Column("jurisdiction", JURISDICTION, nullable=False),
        Column("responder_id", RESPONDER_ID, nullable=False),
        Column("kind", String(32), nullable=False),
        Column("purpose", String(16), nullable=False),
        Column("state", String(16), nullable=False),
        Column("live", Boolean, nullable=False),
        Column("offered_at_s", Float, nullable=False, index=True),
        Column("ended_at_s", Float),
        Column("document", JSON, nullable=False),
        Index(
            "one_live_assignment_per_responder",
            "jurisdiction",
            "responder_id",
            unique=True,
            sqlite_where=text("live"),
        ),
    )


def _make_anew(table: Table) -> None:
    """On SQLite: the same rows in a table of another form, under the same name."""
    connection = op.get_bind()
    connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    connection.execute(
        text(f"CREATE TEMPORARY TABLE kept_assignments AS SELECT {COLUMNS} FROM assignments")
    )
    connection.execute(text("DROP TABLE assignments"))
    table.create(connection)
    connection.execute(
        text(f"INSERT INTO assignments ({COLUMNS}) SELECT {COLUMNS} FROM kept_assignments")
    )
    connection.execute(text("DROP TABLE kept_assignments"))
