"""Which roads a trip was on: small towns, and all sequences tried."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geodata.coordinates import distance_m
from geodata.errors import NoRouteError
from geodata.metric import Metric
from geodata.road_path import path_length_m
from geodata.search.paths import shortest_path
from geodata.snapping import Snapper
from geodata.trips import matching
from geodata.trips.matching import BETA_M, SIGMA_M, Matcher, Unmatched, apart
from geodata.trips.records import Trip
from tests.towns import METRES_PER_DEGREE, town


def a_trip(places, tracked=True) -> Trip:
    """Through these places, a fix every ten seconds."""
    lon, lat = np.array(places).T
    return Trip("t", "car", lon, lat, 10.0 * np.arange(len(lon)), 9, tracked)


def beside(place, north_m=0.0, east_m=0.0):
    lon, lat = place
    return (
        lon + east_m / (METRES_PER_DEGREE * np.cos(np.radians(lat))),
        lat + north_m / METRES_PER_DEGREE,
    )


@pytest.fixture(scope="module")
def twins():
    """Two long streets side by side, 40 m apart, joined at their ends."""
    return town(
        """
        A---------------------------------------------------------------C
        D---------------------------------------------------------------F
        """,
        ["A-C residential", "D-F residential", "A-D residential", "C-F residential"],
    )


def legs(drawn, matched) -> set[str]:
    return {drawn.leg(2 * edge) for edge in matched.stops.edge.tolist()}


def test_one_bad_fix_does_not_move_the_drive_to_the_next_street(twins):
    """The third fix is nearer to the other street; the whole drive knows better."""
    places = [twins.lon_lat("A-C", share) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]
    places[2] = beside(places[2], north_m=-24.0)
    snapper, metric = Snapper(twins.network), Metric.base(twins.network, "car")
    alone = snapper.snap([places[2][0]], [places[2][1]], "car")
    assert twins.leg(2 * int(alone.edge[0])) == "D-F"
    matched = Matcher(snapper, metric).match(a_trip(places))
    assert legs(twins, matched) == {"A-C"}
    assert {twins.drive(way.arcs) for way in matched.ways(metric)} == {"A-C"}


def test_the_street_that_is_driven_the_wrong_way_is_not_the_one():
    """Both streets are as near; one of them runs one way, the other way."""
    drawn = town(
        """
        A-------------------------------C
        D-------------------------------F
        """,
        ["C-A residential oneway=yes", "D-F residential", "A-D residential", "C-F residential"],
    )
    places = [beside(drawn.lon_lat("A-C", share), north_m=-18.0) for share in (0.1, 0.5, 0.9)]
    snapper, metric = Snapper(drawn.network), Metric.base(drawn.network, "car")
    matched = Matcher(snapper, metric).match(a_trip(places))
    assert legs(drawn, matched) == {"D-F"}


def test_the_likeliest_sequence_is_the_best_of_all(twins):
    """Against every sequence of candidates, with each leg searched by itself."""
    snapper, metric = Snapper(twins.network), Metric.base(twins.network, "car")
    matcher = Matcher(snapper, metric)
    rng = np.random.default_rng(3)
    for _ in range(6):
        places = [
            beside(twins.lon_lat("A-C", share), rng.normal(-20, 15), rng.normal(0, 15))
            for share in (0.1, 0.35, 0.6, 0.9)
        ]
        trip = a_trip(places)
        near = [
            snapper.snap_candidates(*place, "car", radius_m=matching.RADIUS_M, count=8)
            for place in places
        ]
        best, likeliest = -np.inf, None
        for chosen in itertools.product(*(range(len(of_one)) for of_one in near)):
            stops = [of_one.take([k]) for of_one, k in zip(near, chosen, strict=True)]
            score = sum(-0.5 * (float(stop.distance_m[0]) / SIGMA_M) ** 2 for stop in stops)
            for (one, here), (other, there) in itertools.pairwise(zip(stops, places, strict=True)):
                try:  # the one street is as fast as the other, so the fastest is the shortest
                    way = shortest_path(metric, one, other)
                except NoRouteError:
                    score = -np.inf
                    break
                line_m = float(distance_m(*here, *there))
                score -= abs(path_length_m(twins.network, way) - line_m) / BETA_M
            if score > best:
                best, likeliest = score, [int(stop.edge[0]) for stop in stops]
        assert matcher.match(trip).stops.edge.tolist() == likeliest


def test_the_ends_alone_are_joined_by_the_fastest_way(twins):
    snapper, metric = Snapper(twins.network), Metric.base(twins.network, "car")
    ends = a_trip([twins.lon_lat("A-C", 0.1), twins.lon_lat("D-F", 0.2)], tracked=False)
    (way,) = Matcher(snapper, metric).match(ends).ways(metric)
    assert twins.drive(way.arcs) == "C-A-D-F"


def test_what_is_not_on_this_map_says_so(twins):
    """Another city; a field beside it; and a ferry's worth of water between two ends."""
    snapper, metric = Snapper(twins.network), Metric.base(twins.network, "car")
    matcher = Matcher(snapper, metric)
    start = twins.lon_lat("A-C", 0.3)
    with pytest.raises(Unmatched, match="near no road"):
        matcher.match(a_trip([start, (13.4, 52.5)], tracked=False))
    with pytest.raises(Unmatched, match="near no road"):
        matcher.match(a_trip([start, (13.4, 52.5)]))
    far = [beside(start, north_m=400.0, east_m=80.0 * k) for k in range(8)]
    with pytest.raises(Unmatched, match="most of it"):
        matcher.match(a_trip([start, *far, start]))
    island = town("A----B      C----D", ["A-B residential", "C-D residential"])
    snapper, metric = Snapper(island.network), Metric.base(island.network, "car")
    over = a_trip([island.lon_lat("A-B", 0.5), island.lon_lat("C-D", 0.5)])
    with pytest.raises(Unmatched, match="no way"):
        Matcher(snapper, metric).match(over)


def test_fixes_that_say_nothing_more_are_passed_over():
    """Every ten metres along a street: one in five is kept, and the end."""
    lon = 108.38 + np.arange(24) * 10.0 / (METRES_PER_DEGREE * np.cos(np.radians(30.81)))
    kept = apart(lon, np.full(24, 30.81))
    assert kept[0] == 0
    assert kept[-1] == 23
    gaps_m = np.diff(kept) * 10.0
    assert (gaps_m >= 50.0 - 1e-6).all()
    assert (gaps_m < 120.0).all()
