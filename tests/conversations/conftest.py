"""A service with real stores for each conversation, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from services.events.verify import verify
from services.redis_server import EmbeddedRedis
from services.time_source import time_to_ourselves
from tests.conversations.centre import Centre
from tests.services.town import office, save_town


@pytest.fixture(scope="session")
def redis_url():
    with EmbeddedRedis() as server:
        yield server.url


@pytest.fixture(scope="session")
def map_folder(tmp_path_factory):
    return save_town(tmp_path_factory.mktemp("map") / "rivertown")


@pytest.fixture
def running(map_folder, tmp_path, redis_url, ledger_url):
    """A running service with nobody on the road. However the story goes, the record holds."""
    with (
        time_to_ourselves(),
        office(map_folder, tmp_path / "data", redis_url, database_url=ledger_url) as service,
    ):
        yield service
        assert not [flaw.sentence for flaw in verify(service.service.ledger).flaws]


@pytest.fixture
def centre(running):
    """The centre of Rivertown."""
    return Centre(running, "rivertown")
