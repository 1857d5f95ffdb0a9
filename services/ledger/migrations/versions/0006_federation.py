"""When another centre waits for an interception's next step, or we wait for it."""

from alembic import op
from sqlalchemy import Column, Float

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("interceptions", Column("due_at_s", Float))
    op.create_index("due_interceptions", "interceptions", ["due_at_s"])


def downgrade() -> None:
    op.drop_index("due_interceptions", "interceptions")
    op.drop_column("interceptions", "due_at_s")
