"""Other centres that a centre works with, and the messages from and to them."""

from alembic import op
from sqlalchemy import (
    JSON,
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
    text,
)

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

METADATA = MetaData()

ID = String(36)
JURISDICTION = String(128)

Table(
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

Table(
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

Table(
    "peer_inbox",
    METADATA,
    Column("peer_id", ID, ForeignKey("peers.peer_id"), primary_key=True),
    Column("message_id", ID, primary_key=True),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("received_at_s", Float, nullable=False, index=True),
    comment="Messages of other centres that were taken, so that each has one effect.",
)


def upgrade() -> None:
    METADATA.create_all(op.get_bind(), checkfirst=False)


def downgrade() -> None:
    METADATA.drop_all(op.get_bind(), checkfirst=False)
