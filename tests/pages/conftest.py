"""The real service on the sketch, and a real browser in front of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from geodata.maps.compile import compile_map
from geodata.sketch import write_sketch
from services.keys import SCOPES, make_key, revoke_key
from services.ledger.database import open_ledger
from services.page_files import BUILT
from services.settings import Settings
from tests.services.live_server import live_server

CENTRE = "wanzhou"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sketch_map(tmp_path_factory) -> Path:
    """Folder of the compiled sketch."""
    folder = tmp_path_factory.mktemp("sketch")
    write_sketch(folder / "sketch.osm.pbf")
    compile_map([folder / "sketch.osm.pbf"], folder / "map")
    return folder / "map"


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Chromium; tests are skipped where it or the built pages are missing.

    Of one module only: as long as Playwright runs, no other test can use asyncio in this thread.
    """
    browsers = pytest.importorskip("tests.pages.browsers", reason="Playwright is not installed")
    executable = browsers.find_chromium()
    if executable is None:
        pytest.skip(browsers.NOT_INSTALLED)
    if not (BUILT / "console.html").is_file():
        pytest.skip("the pages are not built (make pages)")
    with browsers.running_browser(executable) as running:
        yield running


@dataclass(frozen=True)
class Service:
    """A running service on the sketch."""

    address: str
    data_dir: Path
    map_folder: Path

    def make_key(self, scopes: tuple[str, ...], jurisdiction: str) -> str:
        ledger = open_ledger(Settings(_env_file=None, data_dir=self.data_dir).ledger_url)
        try:
            return make_key(ledger, "page", scopes, jurisdictions=(jurisdiction,)).text
        finally:
            ledger.close()

    def revoke(self, key: str) -> None:
        """As another process would."""
        ledger = open_ledger(Settings(_env_file=None, data_dir=self.data_dir).ledger_url)
        try:
            assert revoke_key(ledger, key.split("_")[1])
        finally:
            ledger.close()


@dataclass(frozen=True)
class Centre:
    """A centre on a running service, and a client that holds a key of it."""

    service: Service
    jurisdiction: str
    key: str
    client: httpx.Client

    @property
    def address(self) -> str:
        return self.service.address

    @property
    def data_dir(self) -> Path:
        return self.service.data_dir

    @property
    def map_folder(self) -> Path:
        return self.service.map_folder

    def another_key(self, *scopes: str, jurisdiction: str | None = None) -> str:
        """A key with these scopes, all without any."""
        return self.service.make_key(scopes or tuple(SCOPES), jurisdiction or self.jurisdiction)


@contextmanager
def running_centre(service: Service, jurisdiction: str) -> Iterator[Centre]:
    """A centre with nobody on the road."""
    key = service.make_key(tuple(SCOPES), jurisdiction)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=service.address, headers=headers, timeout=60.0) as client:
        yield Centre(service, jurisdiction, key, client)


@pytest.fixture(scope="module")
def shared_service(sketch_map, tmp_path_factory) -> Iterator[Service]:
    """One service for all tests of a module, each of which has a centre of its own on it."""
    data_dir = tmp_path_factory.mktemp("shared")
    with live_server(sketch_map, data_dir, redis_url=None) as address:
        yield Service(address, data_dir, sketch_map)


@pytest.fixture
def own_centre(shared_service) -> Iterator[Centre]:
    """A centre that no other test knows of."""
    with running_centre(shared_service, f"{CENTRE}-{next(_numbers)}") as centre:
        yield centre


@contextmanager
def open_centre(map_folder: Path, data_dir: Path) -> Iterator[Centre]:
    """A centre on a service of one's own; both stop when the block ends."""
    with (
        live_server(map_folder, data_dir, redis_url=None) as address,
        running_centre(Service(address, data_dir, map_folder), CENTRE) as running,
    ):
        yield running
