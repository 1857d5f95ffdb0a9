"""Points meet the road: the nearest usable position, for each mode, by the four rules."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import MapFolderError, OutOfNetworkError, RequestError, UnknownModeError
from geodata.network import (
    UNREACHABLE_MS,
    EdgeFlag,
    Manner,
    ModeLayer,
    RoadClass,
    RoadNetwork,
)
from geodata.snapping import NEAR_M, Snapper, refuse_out_of_network, small_parts

DEGREE_M = 6_371_008.8 * np.pi / 180.0
LON, LAT = 108.4, 30.8  # every town of this file is drawn in metres east and north of here


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """Degrees of a place given in metres east and north of the town's corner."""
    return LON + east_m / DEGREE_M / np.cos(np.radians(LAT)), LAT + north_m / DEGREE_M


def streets(*lines, one_way=(), modes=("car",), parts=None, part_length_m=(1000.0,), **edges):
    """A network of nothing but edges: all that snapping looks at.

    `lines` are the edges' geometries in metres; `one_way` the edges that only their forward arc
    may be used of; `parts[mode]` the part of every edge, -1 where the mode may not go.
    """
    points = [at(*point) for line in lines for point in line]
    count = len(lines)
    lon_e7, lat_e7 = (
        np.round(np.array(c) * 1e7).astype(np.int32) for c in zip(*points, strict=True)
    )
    arrays = {f.name: np.zeros(0, np.int32) for f in fields(RoadNetwork) if "modes" not in f.name}
    layers = {}
    for mode in modes:
        part = np.repeat(np.array(parts[mode] if parts else [0] * count, np.int32), 2)
        part[[2 * edge + 1 for edge in one_way]] = -1
        layers[mode] = ModeLayer(
            travel_time_ms=np.where(part >= 0, 1000, UNREACHABLE_MS).astype(np.int32),
            turn_cost=np.zeros(0, np.uint16),
            part=part,
            part_length_m=np.array(part_length_m),
            zone=np.full(2 * count, -1, np.int32),
            manner=np.zeros(2 * count, np.uint8),
        )
    arrays |= {
        "edge_class": np.full(count, RoadClass.RESIDENTIAL, np.uint8),
        "edge_flags": np.zeros(count, np.uint16),
        "edge_first_point": np.concatenate(([0], np.cumsum([len(line) for line in lines]))),
        "point_lon_e7": lon_e7,
        "point_lat_e7": lat_e7,
    }
    return RoadNetwork(**(arrays | edges), modes=layers)


# Two streets, 100 m apart; the northern one bends north at its eastern end.
#
#                      C (300, 300)
#                      |
#   A (0, 100) ------- B (300, 100)     edge 1
#
#   D (0, 0) --------- E (300, 0)       edge 0
TWO_STREETS = (((0, 0), (300, 0)), ((0, 100), (300, 100), (300, 300)))


def snap_one(network, east_m, north_m, mode="car", **how):
    positions = Snapper(network).snap(*at(east_m, north_m), mode, **how)
    assert len(positions) == 1
    return positions


@pytest.mark.parametrize(
    ("east_m", "north_m", "edge", "fraction", "away_m", "side"),
    [
        (150, 10, 0, 0.50, 10, -1),  # north of an eastbound street is its left
        (75, -20, 0, 0.25, 20, +1),
        (100, 100, 1, 0.20, 0, 0),  # on the street
        (320, 200, 1, 0.80, 20, +1),  # beyond the bend, east of a northbound street
        (290, 200, 1, 0.80, 10, -1),
        (-30, 0, 0, 0.00, 30, 0),  # straight behind the beginning
        (330, 70, 1, 0.60, 42.43, +1),  # outside the bend
    ],
)
def test_a_point_meets_the_nearest_street_at_its_share_of_the_length(
    east_m, north_m, edge, fraction, away_m, side
):
    """Edge, fraction by length over the bend, distance and side of the road."""
    found = snap_one(streets(*TWO_STREETS), east_m, north_m)
    assert found.edge[0] == edge
    assert found.fraction[0] == pytest.approx(fraction, abs=1e-3)
    assert found.distance_m[0] == pytest.approx(away_m, abs=0.05)
    assert found.side[0] == side


def test_the_position_on_the_road_is_given_in_degrees():
    """The foot of the perpendicular."""
    found = snap_one(streets(*TWO_STREETS), 150, 10)
    assert (found.lon[0], found.lat[0]) == pytest.approx(at(150, 0), abs=1e-6)


@pytest.mark.parametrize(
    ("east_m", "north_m", "side"), [(120, -15, +1), (120, 15, +1), (80, 0, -1)]
)
def test_the_side_is_right_beyond_a_hairpin(east_m, north_m, side):
    """At a sharp bend one piece alone would give the wrong side.

    The street runs (0, 30) - (100, 0) - (0, -30), turning right all the way round.
    """
    hairpin = streets(((0, 30), (100, 0), (0, -30)))
    expected = {+1: -1, -1: +1}[side]  # outside a right turn is left of the road
    assert snap_one(hairpin, east_m, north_m).side[0] == expected


def test_a_point_in_the_river_is_out_of_network_and_says_how_far():
    """No edge beyond the limit, but the distance to the bank is told."""
    town = streets(*TWO_STREETS)
    found = snap_one(town, 150, -700)
    assert not found.found[0]
    assert found.edge[0] == -1
    assert np.isnan(found.lon[0])
    assert found.distance_m[0] == pytest.approx(700, abs=0.1)
    with pytest.raises(OutOfNetworkError, match=r"the point is 700 m .* car .* limit is 500 m"):
        refuse_out_of_network(found, "car", 500.0)
    assert snap_one(town, 150, -700, limit_m=701).edge[0] == 0


def test_a_point_on_another_continent_still_says_how_far():
    """The distance is that on the sphere."""
    found = Snapper(streets(*TWO_STREETS)).snap(8.69, 49.41, "car", limit_m=1000)
    assert not found.found[0]
    assert found.distance_m[0] == pytest.approx(8_300_000, rel=0.03)


def test_the_limit_includes_its_own_distance_and_can_be_none():
    """A road exactly at the limit is within it; inf is no limit."""
    assert snap_one(streets(*TWO_STREETS), 150, -50_000, limit_m=np.inf).edge[0] == 0


def test_each_mode_meets_only_what_it_may_use():
    """The footpath is nearer, but not for the car."""
    town = streets(*TWO_STREETS, modes=("car", "foot"), parts={"car": [0, -1], "foot": [0, 0]})
    assert snap_one(town, 150, 90, "car").edge[0] == 0
    assert snap_one(town, 150, 90, "foot").edge[0] == 1


def test_a_one_way_street_is_usable():
    """One direction is enough."""
    assert snap_one(streets(*TWO_STREETS, one_way=[1]), 150, 90).edge[0] == 1


def test_a_mode_without_any_road_is_told_so():
    """Nothing found, infinitely far, and a sentence of its own."""
    town = streets(*TWO_STREETS, parts={"car": [-1, -1]}, part_length_m=())
    found = snap_one(town, 150, 90)
    assert np.isinf(found.distance_m[0])
    with pytest.raises(OutOfNetworkError, match="no road at all that car may use"):
        refuse_out_of_network(found, "car", 500.0)


def test_nobody_stands_on_a_ferry_line():
    """RULE 1: a point in the river is not on the ferry."""
    town = streets(*TWO_STREETS)
    town.modes["car"].manner[2:4] = Manner.FERRY
    assert snap_one(town, 150, 90).edge[0] == 0


# A gated block (edge 1, a part of 200 m) beside the town's street (edge 0, a part of 20 km).
GATED = {"parts": {"car": [0, 1]}, "part_length_m": (20_000.0, 200.0)}


def test_a_point_in_a_gated_block_meets_the_street_outside():
    """RULE 2: a road that leads somewhere is near."""
    found = snap_one(streets(*TWO_STREETS, **GATED), 150, 90)
    assert found.edge[0] == 0
    assert found.distance_m[0] == pytest.approx(90, abs=0.05)


@pytest.mark.parametrize(("north_m", "edge"), [(NEAR_M - 1, 0), (NEAR_M + 1, 1)])
def test_an_island_far_from_anything_else_is_used(north_m, edge):
    """RULE 2: nothing else is near."""
    town = streets(((0, 0), (300, 0)), ((0, 1100), (300, 1100)), **GATED)
    assert snap_one(town, 150, north_m, limit_m=5000).edge[0] == edge


def test_how_near_is_near_may_be_said():
    """RULE 2: a journey from the cut edge of a map wants the mainland, however far."""
    town = streets(((0, 0), (300, 0)), ((0, 1100), (300, 1100)), **GATED)
    snapper = Snapper(town)
    ends = [*zip(at(150, NEAR_M + 1), at(150, 10), strict=True)]
    assert list(snapper.snap(*ends, "car", limit_m=5000).edge) == [1, 0]
    assert list(snapper.snap(*ends, "car", limit_m=5000, near_m=5000).edge) == [0, 0]
    assert list(snapper.snap_together(*ends, "car", limit_m=5000).edge) == [1, 0]
    assert list(snapper.snap_together(*ends, "car", limit_m=5000, near_m=5000).edge) == [0, 0]
    near_the_limit = snapper.snap_together(*ends, "car", limit_m=500, near_m=5000)
    assert list(near_the_limit.edge) == [1, 0], "never beyond the limit"


def test_an_island_is_used_where_the_street_is_beyond_the_limit():
    """RULE 2: near means within the limit too."""
    assert snap_one(streets(*TWO_STREETS, **GATED), 150, 90, limit_m=80).edge[0] == 1


def test_a_journey_inside_the_block_stays_inside():
    """RULE 3: both ends on the same small island."""
    snapper = Snapper(streets(*TWO_STREETS, **GATED))
    inside, also_inside, outside = at(50, 95), at(250, 90), at(50, 10)
    assert list(snapper.snap_together(*zip(inside, also_inside, strict=True), "car").edge) == [1, 1]
    assert list(snapper.snap_together(*zip(inside, outside, strict=True), "car").edge) == [0, 0]
    assert list(snapper.snap_together(*zip(inside, strict=True), "car").edge) == [0]


def test_a_journey_between_two_blocks_goes_by_the_street():
    """RULE 3: two islands are not one."""
    town = streets(
        *TWO_STREETS,
        ((0, -100), (300, -100)),
        parts={"car": [0, 1, 2]},
        part_length_m=(20_000.0, 200.0, 200.0),
    )
    snapper = Snapper(town)
    assert list(snapper.snap_together(*zip(at(50, 95), at(50, -95), strict=True), "car").edge) == [
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("part_length_m", "small"),
    [
        ((1000.0, 60.0), [False, False]),  # a map made only of pieces: each works
        ((1000.0, 40.0), [False, True]),
        ((1e8, 60_000.0, 40_000.0), [False, False, True]),  # a province and a real island
        ((), []),
    ],
)
def test_small_is_measured_against_the_largest_part(part_length_m, small):
    """RULE 2: 5 % of the largest, but never more than 50 km."""
    layer = streets(*TWO_STREETS, part_length_m=part_length_m).modes["car"]
    assert list(small_parts(layer)) == small


def test_at_a_door_tunnels_and_motorways_are_passed_over():
    """RULE 4: the flat above the tunnel is reached by the street behind it."""
    town = streets(*TWO_STREETS, ((0, 140), (300, 140)))
    town.edge_flags[1] = EdgeFlag.TUNNEL
    town.edge_class[2] = RoadClass.MOTORWAY
    assert snap_one(town, 150, 105).edge[0] == 1
    assert snap_one(town, 150, 105, at_door=True).edge[0] == 0
    assert snap_one(town, 150, 105, at_door=True, limit_m=50).edge[0] == 1


def test_closed_edges_can_be_passed_over():
    """`without` takes edges out of this question only."""
    snapper = Snapper(streets(*TWO_STREETS))
    closed = np.array([False, True])
    hint = np.array([1], dtype=np.int32)
    assert snapper.snap(*at(150, 90), "car", without=closed, hint_edge=hint).edge[0] == 0
    assert snapper.snap(*at(150, 90), "car", without=closed).edge[0] == 0
    near = snapper.snap_candidates(*at(150, 90), "car", radius_m=200, without=closed)
    assert list(near.edge) == [0]
    assert snapper.snap(*at(150, 90), "car").edge[0] == 1


def test_candidates_are_one_position_an_edge_nearest_first():
    """The bend's edge counts once, by its nearer piece; the radius is held."""
    town = streets(*TWO_STREETS, ((0, 1000), (300, 1000)))
    found = Snapper(town).snap_candidates(*at(280, 60), "car", radius_m=200)
    assert list(found.edge) == [1, 0]
    assert list(found.distance_m) == pytest.approx([40, 60], abs=0.05)
    found = Snapper(town).snap_candidates(*at(280, 60), "car", radius_m=50)
    assert list(found.edge) == [1]
    assert len(Snapper(town).snap_candidates(*at(280, 500), "car", radius_m=50)) == 0
    assert list(Snapper(town).snap_candidates(*at(280, 60), "car", radius_m=200, count=1).edge) == [
        1
    ]


def test_candidates_on_an_island_are_left_out_beside_others():
    """RULE 2 among candidates."""
    snapper = Snapper(streets(*TWO_STREETS, **GATED))
    assert list(snapper.snap_candidates(*at(150, 90), "car", radius_m=200).edge) == [0]
    assert list(snapper.snap_candidates(*at(150, 90), "car", radius_m=50).edge) == [1]


def test_the_index_can_be_kept_and_opened_again():
    """Arrays out, arrays in, same answers; arrays of another map are refused."""
    town = streets(*TWO_STREETS)
    kept = Snapper(town).arrays()
    again = Snapper.from_arrays(town, kept)
    assert again.snap(*at(150, 90), "car").edge[0] == 1
    with pytest.raises(MapFolderError, match="not that of this map"):
        Snapper.from_arrays(streets(((0, 0), (300, 0))), kept)
    del kept["snap_box"]
    with pytest.raises(MapFolderError, match="lacks snap_box"):
        Snapper.from_arrays(town, kept)


def test_a_map_without_usable_edges_can_still_be_asked():
    """An index over nothing finds nothing."""
    town = streets(*TWO_STREETS, parts={"car": [-1, -1]}, part_length_m=())
    snapper = Snapper.from_arrays(town, Snapper(town).arrays())
    assert not snapper.snap([LON, LON], [LAT, LAT], "car").found.any()
    assert len(snapper.snap_candidates(LON, LAT, "car", radius_m=1e6)) == 0
    assert len(snapper.snap([], [], "car")) == 0


def test_what_cannot_be_asked_is_refused_in_one_sentence():
    """Mode, coordinates, limit, hints."""
    snapper = Snapper(streets(*TWO_STREETS))
    with pytest.raises(UnknownModeError, match="no mode 'horse' on this map; it has car"):
        snapper.snap(LON, LAT, "horse")
    with pytest.raises(RequestError, match="latitude is not between"):
        snapper.snap(LON, 91.0, "car")
    with pytest.raises(RequestError, match="above 0"):
        snapper.snap(LON, LAT, "car", limit_m=0.0)
    with pytest.raises(RequestError, match="above 0"):
        snapper.snap(LON, LAT, "car", limit_m=float("nan"))
    with pytest.raises(ValueError, match="hint_edge"):
        snapper.snap(LON, LAT, "car", hint_edge=np.array([2], np.int32))


# ---------------------------------------------------------------------------------- the slow twin


def slow_snap(network, mode, lon, lat, limit_m, at_door):
    """Edge and distance by looking at every piece of every edge, with the rules word for word."""
    layer = network.modes[mode]
    small = small_parts(layer)
    east_m, north_m = DEGREE_M * 1e-7 * np.cos(np.radians(lat)), DEGREE_M * 1e-7
    nearest = {True: (np.inf, -1), False: (np.inf, -1)}  # by whether the edge is good
    for edge in range(network.edge_count):
        usable = [
            arc
            for arc in (2 * edge, 2 * edge + 1)
            if layer.travel_time_ms[arc] < UNREACHABLE_MS and layer.manner[arc] != Manner.FERRY
        ]
        if not usable:
            continue
        good = not all(small[layer.part[arc]] for arc in usable)
        if at_door and (
            network.edge_flags[edge] & EdgeFlag.TUNNEL
            or network.edge_class[edge] in (RoadClass.MOTORWAY, RoadClass.MOTORWAY_LINK)
        ):
            good = False
        first, last = network.edge_first_point[edge], network.edge_first_point[edge + 1]
        x = (network.point_lon_e7[first:last] - lon * 1e7) * east_m
        y = (network.point_lat_e7[first:last] - lat * 1e7) * north_m
        for a in range(last - first - 1):
            dx, dy = x[a + 1] - x[a], y[a + 1] - y[a]
            square = dx * dx + dy * dy
            t = np.clip(-(x[a] * dx + y[a] * dy) / square, 0, 1) if square else 0.0
            away_m = np.hypot(x[a] + t * dx, y[a] + t * dy)
            if away_m < nearest[good][0] - 1e-9:
                nearest[good] = (away_m, edge)
    away_m, edge = nearest[True]
    if away_m > min(limit_m, NEAR_M):
        away_m, edge = min(nearest.values())
    return (edge, away_m) if away_m <= limit_m else (-1, away_m)


def random_town(seed: int) -> RoadNetwork:
    """Up to 60 crooked edges in 2 by 2 km, some one-way, closed to a mode, ferries, islands."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    corner = rng.integers(0, 20, (count, 2)) * 100
    lines = []
    for edge in range(count):
        steps = rng.integers(-3, 4, (rng.integers(1, 6), 2)) * 50  # zero-length pieces included
        lines.append(np.vstack((corner[edge], corner[edge] + np.cumsum(steps, axis=0))))
    parts = {mode: rng.integers(-1, 4, count) for mode in ("car", "foot")}
    town = streets(
        *lines,
        one_way=np.flatnonzero(rng.random(count) < 0.3),
        modes=("car", "foot"),
        parts=parts,
        part_length_m=(9000.0, 500.0, 400.0, 100.0),
    )
    town.edge_flags[rng.random(count) < 0.2] = EdgeFlag.TUNNEL
    town.edge_class[rng.random(count) < 0.2] = RoadClass.MOTORWAY
    for layer in town.modes.values():
        layer.manner[rng.random(2 * count) < 0.1] = Manner.FERRY
    return town


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    # no whole metres: on this grid a road can lie exactly at the limit, where rounding decides
    limit_m=st.sampled_from([30.3, 200.3, 1500.3, np.inf]),
    at_door=st.booleans(),
    mode=st.sampled_from(["car", "foot"]),
)
def test_snapping_equals_looking_at_every_road(seed, limit_m, at_door, mode):
    """The tree, with and without hints, finds what a look at everything finds."""
    town = random_town(seed)
    rng = np.random.default_rng(seed + 1)
    east_m, north_m = rng.uniform(-500, 2500, (2, 12))
    east_m[:4] = np.round(east_m[:4], -2)  # points on corners, where many edges tie
    north_m[:4] = np.round(north_m[:4], -2)
    lon, lat = at(east_m, north_m)
    snapper = Snapper(town)
    found = snapper.snap(lon, lat, mode, limit_m=limit_m, at_door=at_door)
    hint = rng.integers(-1, town.edge_count, len(lon)).astype(np.int32)
    hinted = snapper.snap(lon, lat, mode, limit_m=limit_m, at_door=at_door, hint_edge=hint)
    for i in range(len(lon)):
        edge, away_m = slow_snap(town, mode, lon[i], lat[i], limit_m, at_door)
        assert found.distance_m[i] == pytest.approx(away_m, rel=1e-6, abs=1e-3)
        assert (found.edge[i] < 0) == (edge < 0)
        assert hinted.edge[i] == found.edge[i]
        assert hinted.fraction[i] == found.fraction[i]
        assert hinted.distance_m[i] == found.distance_m[i]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), radius_m=st.sampled_from([80.0, 400.0, 5000.0]))
def test_candidates_equal_snapping_to_one_edge_after_another(seed, radius_m):
    """The candidates are the nearest positions with each found edge taken out in turn."""
    town = random_town(seed)
    # with no small parts the two questions have the same rules
    for layer in town.modes.values():
        layer.part_length_m[:] = 1000.0
    snapper = Snapper(town)
    lon, lat = at(*np.random.default_rng(seed + 1).uniform(0, 2000, 2))
    found = snapper.snap_candidates(lon, lat, "foot", radius_m=radius_m, count=7)
    taken = np.zeros(town.edge_count, bool)
    expected = []
    while len(expected) < 7:
        one = snapper.snap(lon, lat, "foot", limit_m=radius_m, without=taken)
        if not one.found[0]:
            break
        expected.append((one.edge[0], one.fraction[0], one.distance_m[0]))
        taken[one.edge[0]] = True
    assert list(zip(found.edge, found.fraction, found.distance_m, strict=True)) == expected


def test_positions_can_be_picked():
    """`take` keeps all columns in step."""
    town = streets(*TWO_STREETS)
    found = Snapper(town).snap(*zip(at(10, 10), at(20, 90), at(30, -900), strict=True), "car")
    assert list(found.take(found.found).edge) == [0, 1]
    assert list(found.take([2, 0]).distance_m) == pytest.approx([900, 10], abs=0.1)
    with pytest.raises(OutOfNetworkError, match="point 3 is 900 m"):
        refuse_out_of_network(found, "car", 500.0)
    assert replace(found).edge is found.edge
