"""What Alembic runs: the steps on the connection and in the transaction that it was given."""

from alembic import context

from services.ledger.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
