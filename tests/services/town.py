"""A small river town for the tests of the service, and the service on it.

::

    A-----B-----C-----D-----E-----F     北滨路, north bank
    |                             |
    |                             |     F-Z: 长江二桥, the only bridge
    |                             |
    G     U-----V-----W-----X-----Y-----Z

One letter to the next is 120 m along the banks. ``A-G`` is a dead end. ``C-K`` is a one-way street
into a yard that nobody can leave again by car.
"""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from geodata.base_map.archive import write_base_map
from geodata.maps.compile import BASE_MAP_FILE, SNAPPER_GROUP
from geodata.maps.store import save_network
from geodata.snapping import Snapper
from services.app import create_app
from services.keys import SCOPES, make_key
from services.ledger.database import Ledger
from services.service import Service
from services.settings import Settings
from tests.services.asgi_client import AsgiClient, asgi_client
from tests.towns import town

TOWN = town(
    """
    A-----B-----C-----D-----E-----F
    |                             |
    |                             |
    G                             |
    U-----V-----W-----X-----Y-----Z
    """,
    [
        "A-B-C-D-E-F secondary name=北滨路",
        "F-Z secondary bridge=yes name=长江二桥",
        "U-V-W-X-Y-Z secondary name=南滨路",
        "A-G residential name=断头路",
    ],
    title="Rivertown",
)

_regions = itertools.count(1)


def save_town(folder: Path) -> Path:
    """The town as a compiled map."""
    save_network(
        TOWN.network,
        folder,
        groups={SNAPPER_GROUP: Snapper(TOWN.network).arrays()},
        files={BASE_MAP_FILE: lambda path: write_base_map(TOWN.network, path)},
    )
    return folder


def at(leg: str, share: float = 0.0) -> dict[str, float]:
    """``{"lon": ..., "lat": ...}`` of a point on a leg, or at a letter."""
    lon, lat = TOWN.lon_lat(leg, share)
    return {"lon": lon, "lat": lat}


def coordinates(*places: str | tuple[str, float]) -> str:
    """``lon,lat;lon,lat`` of letters, or of points on legs."""
    points = [TOWN.lon_lat(*((place,) if isinstance(place, str) else place)) for place in places]
    return ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in points)


def position(responder_id: str, leg: str, share: float = 0.0, **more) -> dict:
    """A position as a dispatch system sends it, fixed just now."""
    return {"id": responder_id, "fixed_at": time.time(), "kind": "rider", **at(leg, share), **more}


@dataclass
class Office:
    """A running service and the keys to it."""

    client: AsgiClient
    service: Service
    settings: Settings

    def key(self, *jurisdictions: str, scopes=tuple(SCOPES)) -> dict[str, str]:
        """Headers with a new key."""
        new = make_key(self.service.ledger, "test", scopes, jurisdictions or ("*",))
        return {"Authorization": f"Bearer {new.text}"}

    def push(self, headers: dict[str, str], *positions: dict, **more) -> dict:
        """What became of some positions."""
        answer = self.client.post(
            "/v1/positions", json={"positions": list(positions), **more}, headers=headers
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def office(map_folder: Path, data_dir: Path, redis_url: str | None, **settings):
    """The whole service on the town, with a region of its own in a shared Redis."""
    settings.setdefault("redis_region", f"test-{next(_regions)}")
    made = Settings(
        _env_file=None, map=map_folder, data_dir=data_dir, redis_url=redis_url, **settings
    )
    app = create_app(made)
    with asgi_client(app) as client:
        yield Office(client, app.state.service, made)


def another_process(data_dir: Path) -> Ledger:
    """The ledger as another process on the same machine has it open."""
    return Ledger(f"sqlite:///{data_dir / 'forestall.sqlite3'}")
