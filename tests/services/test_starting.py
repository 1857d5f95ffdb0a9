"""What keeps the service from starting is said in one sentence."""

from __future__ import annotations

import pytest

from geodata.errors import MapFolderError
from services.app import create_app
from services.errors import LedgerError, SettingsError
from services.settings import Settings
from tests.services.asgi_client import asgi_client


def start(**settings) -> None:
    with asgi_client(create_app(Settings(_env_file=None, **settings))):
        pass


def test_importing_and_creating_opens_nothing(tmp_path):
    """An application that is only described touches neither disk nor network."""
    create_app(Settings(_env_file=None, data_dir=tmp_path / "data", map=tmp_path / "nothing"))
    assert list(tmp_path.iterdir()) == []


def test_a_map_is_needed(tmp_path):
    """Without one, and with one that is none."""
    with pytest.raises(SettingsError, match="which map"):
        start(data_dir=tmp_path)
    with pytest.raises(MapFolderError):
        start(data_dir=tmp_path, map=tmp_path / "nothing")


def test_an_impossible_address_of_redis_is_a_setting_to_correct(tmp_path, map_folder):
    """Not something to try again every two seconds."""
    with pytest.raises(SettingsError, match="redis_url"):
        start(data_dir=tmp_path, map=map_folder, redis_url="localhost:6379")


def test_a_database_that_cannot_be_opened(tmp_path, map_folder, redis_url):
    """A folder where the file should be."""
    (tmp_path / "forestall.sqlite3").mkdir()
    with pytest.raises(LedgerError):
        start(data_dir=tmp_path, map=map_folder, redis_url=redis_url)


def test_nothing_is_left_running_after_a_failed_start(tmp_path, map_folder):
    """Threads and the embedded Redis of a start that failed half-way are gone."""
    import threading

    before = {thread.name for thread in threading.enumerate()}
    with pytest.raises(SettingsError):
        start(data_dir=tmp_path, map=map_folder, redis_url="nonsense")
    left = {thread.name for thread in threading.enumerate()} - before
    assert not [name for name in left if name.startswith("forestall")]
