"""From the coordinates of a routing request to roads that a journey can use."""

from __future__ import annotations

import pytest

from geodata.maps.compile import SNAPPER_GROUP
from geodata.maps.store import save_network
from geodata.snapping import Snapper
from tests.services.town import office
from tests.towns import town

CUT_MAP = town(
    {"A": (0.0, 0.0), "B": (9_000.0, 0.0), "I": (0.0, 1_400.0), "J": (150.0, 1_400.0)},
    ["A-B secondary name=MAINLAND", "I-J residential name=ISLAND"],
)
"""The way from I-J to the mainland lies outside the map."""


@pytest.fixture
def ask(tmp_path, redis_url):
    network = CUT_MAP.network
    folder = tmp_path / "cut"
    save_network(network, folder, groups={SNAPPER_GROUP: Snapper(network).arrays()})
    with office(folder, tmp_path / "data", redis_url, public_routing=True) as running:
        yield lambda path: running.client.get(path).json()


def places(*letters: str) -> str:
    return ";".join("{:.6f},{:.6f}".format(*CUT_MAP.lon_lat(letter)) for letter in letters)


@pytest.mark.parametrize("radiuses", ["", "?radiuses=unlimited;unlimited", "?radiuses=1500;50"])
def test_a_journey_from_an_island_sets_out_from_the_mainland(ask, radiuses):
    """However near the island is: OSRM too prefers a road that leads to the other end."""
    answer = ask(f"/route/v1/driving/{places('I', 'B')}{radiuses}")
    assert answer["code"] == "Ok"
    assert [waypoint["name"] for waypoint in answer["waypoints"]] == ["MAINLAND", "MAINLAND"]
    assert answer["waypoints"][0]["distance"] == pytest.approx(1_400, rel=0.01)


def test_a_journey_on_an_island_stays_there(ask):
    """Both ends are on it."""
    answer = ask(f"/route/v1/driving/{places('I', 'J')}")
    assert [waypoint["name"] for waypoint in answer["waypoints"]] == ["ISLAND", "ISLAND"]


def test_no_way_leads_off_an_island_where_the_radius_holds_nothing_else(ask):
    """The radius is kept, and the answer says that there is no way."""
    answer = ask(f"/route/v1/driving/{places('I', 'B')}?radiuses=100;100")
    assert answer["code"] == "NoRoute"
