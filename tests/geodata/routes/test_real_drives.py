"""Drives over the core of a real city: what holds on every one of them."""

import itertools
import json

import numpy as np
import pytest

from geodata.assembly import assemble
from geodata.errors import RequestError
from geodata.metric import Metric
from geodata.modes import MODES
from geodata.osm.reader import read_roads
from geodata.routes import build_route
from geodata.routes.gpx import route_gpx
from geodata.routes.instructions import instructions
from geodata.routes.osrm_json import route_json
from geodata.search import shortest_path
from geodata.snapping import Snapper

DRIVES = 40


@pytest.fixture(scope="module")
def city(data_dir):
    """The network of the core of Chengdu, 2018, and its snapper."""
    path = data_dir / "maps" / "chengdu_core.osm.gz"
    if not path.is_file():
        pytest.skip(f"no map at {path}")
    modes = list(MODES.values())
    network = assemble(read_roads([path], modes), modes)
    return network, Snapper(network)


@pytest.mark.parametrize("mode", list(MODES))
def test_every_drive_adds_up_and_can_be_said(city, mode):
    """Sums, ends, exits, sentences; and nobody is talked to death: on the whole there are fewer
    than five steps a kilometre."""
    network, snapper = city
    metric = Metric.base(network, mode)
    random = np.random.default_rng(20181012)
    at = random.integers(0, network.node_count, 2 * DRIVES)
    lon = network.node_lon_e7[at] / 1e7 + random.normal(0, 3e-4, 2 * DRIVES)
    lat = network.node_lat_e7[at] / 1e7 + random.normal(0, 3e-4, 2 * DRIVES)
    driven_m, told = 0.0, 0
    for drive in range(DRIVES):
        ends = slice(2 * drive, 2 * drive + 2)
        positions = snapper.snap(lon[ends], lat[ends], mode, limit_m=1000)
        try:
            path = shortest_path(metric, positions.take([0]), positions.take([1]))
        except RequestError:
            continue
        route = build_route(network, metric, [path], positions)
        steps = route.steps
        assert (steps[0].type, steps[-1].type) == ("depart", "arrive")
        assert sum(step.duration_ms for step in steps) == path.duration_ms
        line_lon, line_lat = route.points()
        for place, end in ((0, 0), (-1, 1)):
            assert line_lon[place] == pytest.approx(positions.lon[end], abs=3e-6)
            assert line_lat[place] == pytest.approx(positions.lat[end], abs=3e-6)
        for step, following in itertools.pairwise(steps):
            if step.type in ("roundabout", "rotary") and following.type != "arrive":
                assert step.exit is not None
        for language in ("zh", "en"):
            assert all(instructions(route, language))
        assert json.loads(route_json(route))["legs"][0]["steps"]
        assert route_gpx(route).startswith("<?xml")
        driven_m += route.distance_m
        told += len(steps) - 2
    assert driven_m > 50_000
    assert told / (driven_m / 1000) < 5
