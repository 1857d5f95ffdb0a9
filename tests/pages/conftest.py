"""The real service on the sketch, and a real browser in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from geodata.maps.compile import compile_map
from geodata.sketch import write_sketch
from services.keys import SCOPES, make_key
from services.ledger.database import open_ledger
from services.page_files import BUILT
from services.settings import Settings
from tests.services.live_server import live_server

CENTRE = "wanzhou"


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
class Centre:
    """A running service, and a client that holds a key of its centre."""

    address: str
    data_dir: Path
    key: str
    client: httpx.Client

    def another_key(self, *scopes: str, jurisdiction: str = CENTRE) -> str:
        """A key with these scopes, all without any."""
        ledger = open_ledger(Settings(_env_file=None, data_dir=self.data_dir).ledger_url)
        try:
            made = make_key(ledger, "page", scopes or tuple(SCOPES), jurisdictions=(jurisdiction,))
        finally:
            ledger.close()
        return made.text


@pytest.fixture
def centre(sketch_map, tmp_path) -> Iterator[Centre]:
    """The service on the sketch, with nobody on the road."""
    with open_centre(sketch_map, tmp_path / "data") as running:
        yield running


@contextmanager
def open_centre(map_folder: Path, data_dir: Path) -> Iterator[Centre]:
    """A service of one's own; it stops when the block ends."""
    with live_server(map_folder, data_dir, redis_url=None) as address:
        ledger = open_ledger(Settings(_env_file=None, data_dir=data_dir).ledger_url)
        key = make_key(ledger, "centre", jurisdictions=(CENTRE,)).text
        ledger.close()
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=address, headers=headers, timeout=60.0) as client:
            yield Centre(address, data_dir, key, client)
