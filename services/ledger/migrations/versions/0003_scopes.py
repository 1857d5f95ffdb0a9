"""Keys that could do everything still can: all of the former scopes become all of today's.

Other keys keep the words they were made with. Each of them opens what it opened before and nothing
more, because none of today's scopes means exactly the same.
"""

from alembic import op
from sqlalchemy import JSON, column, select, table, update

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = table("api_keys", column("key_id"), column("scopes", JSON))

BEFORE = {
    "positions:write",
    "responders:write",
    "responders:read",
    "recommendations:ask",
    "closures:write",
    "closures:read",
    "routes:read",
    "metrics:read",
}
NOW = {"positions:write", "alerts:write", "dispatch", "field", "plan", "admin"}


def upgrade() -> None:
    _replace(BEFORE, NOW)


def downgrade() -> None:
    _replace(NOW, BEFORE)


def _replace(all_of: set[str], by: set[str]) -> None:
    connection = op.get_bind()
    for key in connection.execute(select(KEYS)).all():
        if all_of <= set(key.scopes):
            connection.execute(
                update(KEYS).where(KEYS.c.key_id == key.key_id).values(scopes=sorted(by))
            )
