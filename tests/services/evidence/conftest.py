"""A running centre with a case, for tests of what a unit sends from it."""

from __future__ import annotations

import pytest

from services.time_source import time_to_ourselves
from tests.conversations.centre import Centre
from tests.services.evidence.visit import Visit
from tests.services.town import office


@pytest.fixture
def visit(map_folder, tmp_path, redis_url, store):
    """An officer who has said yes, once on each store."""
    with (
        time_to_ourselves(),
        office(map_folder, tmp_path / "data", redis_url, database_url=store) as running,
    ):
        yield Visit(Centre(running, "rivertown"), tmp_path / "data" / "evidence")
