"""What all tests share: where the real data lies."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with real maps and measurements; tests that need it are skipped without it."""
    named = os.environ.get("FORESTALL_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; name its folder in FORESTALL_DATA")
    return folder
