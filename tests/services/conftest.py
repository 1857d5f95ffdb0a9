"""One Redis and one compiled town for all tests of the service; a service of its own for each."""

from __future__ import annotations

import pytest

from services.redis_server import EmbeddedRedis
from tests.services.town import office, save_town


@pytest.fixture(scope="session")
def redis_url():
    with EmbeddedRedis() as server:
        yield server.url


@pytest.fixture(scope="session")
def map_folder(tmp_path_factory):
    return save_town(tmp_path_factory.mktemp("map") / "rivertown")


@pytest.fixture
def town_office(map_folder, tmp_path, redis_url):
    """A running service with nobody on the road."""
    with office(map_folder, tmp_path / "data", redis_url) as running:
        yield running


@pytest.fixture
def store(ledger_url):
    """Database URL for ``office(..., database_url=store)``: once on SQLite, once on PostgreSQL."""
    return ledger_url


@pytest.fixture
def store_office(map_folder, tmp_path, redis_url, store):
    """A running service with nobody on the road, once on each store."""
    with office(map_folder, tmp_path / "data", redis_url, database_url=store) as running:
        yield running
