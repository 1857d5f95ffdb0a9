"""Who may ask, who there is, and which roads are closed.

These tables were made without steps at first; where they are, they are left as they are.
"""

from alembic import op
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

METADATA = MetaData()

Table(
    "revisions",
    METADATA,
    Column("subject", String(32), primary_key=True),
    Column("revision", Integer, nullable=False),
    comment="One row per subject that processes hold in memory; rises with every change to it.",
)

Table(
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

Table(
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

Table(
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

Table(
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


def upgrade() -> None:
    METADATA.create_all(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    METADATA.drop_all(op.get_bind(), checkfirst=False)
