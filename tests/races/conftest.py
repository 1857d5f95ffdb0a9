"""The small town that the services of the races serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.town import save_town


@pytest.fixture(scope="session")
def map_folder(tmp_path_factory) -> Path:
    return save_town(tmp_path_factory.mktemp("map") / "rivertown")
