"""What all tests share: where the real data lies, and the stores that a ledger can be kept in."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import NOT_INSTALLED, PostgresServer, find_programs
from tests.quick_folders import quick_parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with real maps and measurements; tests that need it are skipped without it."""
    named = os.environ.get("FORESTALL_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; name its folder in FORESTALL_DATA")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run; tests that want it are skipped where there is none."""
    programs = find_programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    with PostgresServer(programs) as server:
        yield server


@pytest.fixture
def postgres_server_alone() -> Iterator[PostgresServer]:
    """A server that this test may kill, with commits that reach the disk."""
    programs = find_programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    with PostgresServer(programs, durable=True) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """Name of a database with an empty ledger, to be copied."""
    from services.ledger.database import Ledger

    name = postgres_server.create_database()
    Ledger(postgres_server.url(name)).close()
    return name


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of this test's own, in memory where there is room."""
    parent = quick_parent()
    if parent is None:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="forestall-", dir=parent) as folder:
        yield Path(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """SQLAlchemy URL of an empty ledger of this test's own; the test runs once on each store."""
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('quick_folder') / 'ledger.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create_database(template=request.getfixturevalue("postgres_template"))
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy URL of a PostgreSQL database without any table."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """SQLAlchemy URL of a database without any table; the test runs once on each store."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('quick_folder') / 'empty.sqlite3'}"
    return request.getfixturevalue("empty_postgres_url")
