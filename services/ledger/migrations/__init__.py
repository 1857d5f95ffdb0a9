"""Brings a database to the tables of this version, step by step.

A change to ``services.ledger.tables`` needs a step in ``versions``: a new file, named by the next
number. A step that was released is never edited, and carries its own copy of what it makes, so that
it does the same for ever. A test holds that all steps together make what ``tables`` describes, on
both stores.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect, text

from services.errors import LedgerError
from services.ledger.stores import PATIENCE_MS, PATIENT_LOCK_WAIT_MS, READS, without_limits

HERE = Path(__file__).parent
VERSION_TABLE = "alembic_version"

_ADVISORY_LOCK = 0x464F5245  # "FORE"
_FIRST_OF_SECOND_STEP = "incidents"


def migrate(engine: Engine) -> None:
    """Bring the database to the newest revision; does nothing where it is there already.

    Several processes may do this at once: one of them works, the others wait for it. All steps are
    one transaction. A database from before there were steps is taken over as it is. Raises
    LedgerError for one that a newer version of the program has changed.
    """
    config = _config()
    steps = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        connection.execution_options(**{READS: "latest"})
        if _said(connection) == steps.get_current_head():
            return
    with engine.connect() as connection:
        connection.execution_options(**{PATIENCE_MS: PATIENT_LOCK_WAIT_MS})
        try:
            with connection.begin(), without_limits(connection):
                if engine.dialect.name == "postgresql":
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
                if _checked(connection, steps) != steps.get_current_head():
                    config.attributes["connection"] = connection
                    command.upgrade(config, "head")
        except CommandError as error:
            raise LedgerError(str(error)) from error


def _said(connection: Connection) -> str | None:
    """The revision that the database is at; None: no step was done yet."""
    return MigrationContext.configure(connection).get_current_revision()


def _checked(connection: Connection, steps: ScriptDirectory) -> str | None:
    """The same, once nobody else can change it; raises LedgerError where no step leads on."""
    found = _said(connection)
    if found is None:
        if _FIRST_OF_SECOND_STEP in inspect(connection).get_table_names():
            raise LedgerError(
                f"it has the tables of incidents but no table {VERSION_TABLE} that says of which "
                "version. Restore a complete copy, or start with an empty database."
            )
        return None
    if found not in {step.revision for step in steps.walk_revisions()}:
        raise LedgerError(
            f"a newer version of Forestall has changed it (revision {found!r}, this version knows "
            f"{steps.get_current_head()!r}). Start that version, or restore a copy from before."
        )
    return found


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
