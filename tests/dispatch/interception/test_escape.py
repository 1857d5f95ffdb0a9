"""Ways out over roads: a town on paper, and sweeping over all roads until nothing changes."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.interception.escape import RoadEscape
from dispatch.interception.seal import fewest_to_seal
from geodata.changes import Closure, RoadChanges
from geodata.metric import Metric
from geodata.network import TURN_FORBIDDEN, UNREACHABLE_MS, RoadNetwork
from tests.geodata.random_roads import MODE, random_network, spots
from tests.towns import town

INF = np.inf

BRIDGES = town(
    """
          F     G
          |     |
    S-----A-----B
    |           |
    |           |
    C-----D-----E-----X
          |
          H
    """,
    [
        "S-A-B secondary",
        "S-C-D-E tertiary",
        "B-E secondary",
        "E-X primary",
        "F-A residential",
        "G-B residential",
        "D-H residential",
    ],
)
"""From S to X over A and B, or over C and D; both ways meet in E. The other streets end."""


def escape_of(letters: str, exits: str = "E-X", **options) -> RoadEscape:
    """From the middle of S-A; each letter is a place."""
    metric = Metric.base(BRIDGES.network, "car")
    return RoadEscape(
        metric,
        spots((BRIDGES.edge("S-A"), 0.5)),
        place_first=np.arange(len(letters) + 1),
        place_node=np.array([BRIDGES.node(letter) for letter in letters], np.int32),
        exit_first=np.array([0, 1]),
        exit_arc=np.array([BRIDGES.arc(exits)], np.int32),
        **{"horizon_s": 3_600.0} | options,
    )


def drives(escape: RoadEscape, *held_from_s: float) -> list[str]:
    return [BRIDGES.drive(path.arcs) for path in escape(np.array(held_from_s))]


def test_the_fastest_way_out_is_told_with_the_places_on_it_and_when():
    """Over A and B; the exit is reached when its road is."""
    escape = escape_of("ABE")
    (path,) = escape(np.full(3, INF))
    assert BRIDGES.drive(path.arcs) == "S-A-B-E-X"
    assert path.places.tolist() == [0, 1, 2]
    assert (np.diff(path.time_s) > 0).all()
    assert path.arrival_s >= path.time_s[-1]


def test_a_place_that_is_held_in_time_is_driven_round():
    """B is held from before the subject is there: over C and D instead."""
    escape = escape_of("B")
    (path,) = escape(np.full(1, INF))
    at_b_s = float(path.time_s[0])
    assert drives(escape, at_b_s + 0.001) == ["S-A-B-E-X"], "a millisecond too late"
    assert drives(escape, at_b_s) == ["A-S-D-E-X"], "just in time"
    assert drives(escape, -INF) == ["A-S-D-E-X"]


def test_a_hold_begins_at_the_very_time_that_a_way_tells_whatever_the_rounding():
    """At that floating-point number it stops them, at the next one it does not."""
    for factor, offset_s in zip(np.linspace(0.7, 2.0, 300), -np.linspace(0, 9, 300), strict=True):
        escape = escape_of("B", fastest_factor=float(factor), offsets_s=float(offset_s))
        (path,) = escape(np.full(1, INF))
        at_b_s = float(path.time_s[0])
        assert drives(escape, at_b_s) == ["A-S-D-E-X"]
        assert drives(escape, np.nextafter(at_b_s, INF)) == ["S-A-B-E-X"]


def test_where_every_way_is_held_there_is_none():
    """B and D; or E alone, where the ways meet."""
    assert drives(escape_of("BD"), 0.0, 0.0) == []
    assert drives(escape_of("E"), 0.0) == []


def test_who_stands_behind_the_exit_stops_nobody():
    """X is reached only after the exit."""
    assert drives(escape_of("X"), 0.0) == ["S-A-B-E-X"]


def test_a_faster_subject_is_everywhere_sooner_by_that_factor():
    """Twice as fast, turns included."""
    slow, fast = (escape_of("ABE", fastest_factor=f)(np.full(3, INF))[0] for f in (1.0, 2.0))
    np.testing.assert_allclose(fast.time_s, slow.time_s / 2)
    assert fast.arrival_s == pytest.approx(slow.arrival_s / 2)


def test_a_time_that_is_not_known_well_counts_from_its_beginning():
    """Seen up to a minute before."""
    known, vague = (escape_of("ABE", offsets_s=o)(np.full(3, INF))[0] for o in (0.0, -60.0))
    np.testing.assert_allclose(vague.time_s, known.time_s - 60.0)


def test_beyond_the_horizon_and_past_a_closed_road_there_is_no_way():
    """Every exit is reached in time or it does not matter."""
    (path,) = escape_of("A")(np.full(1, INF))
    assert drives(escape_of("A", horizon_s=path.arrival_s), INF) == ["S-A-B-E-X"]
    assert drives(escape_of("A", horizon_s=path.arrival_s - 0.01), INF) == []
    closed = RoadChanges(Closure(edges=[BRIDGES.edge("B-E")]))
    assert drives(escape_of("A", changes=closed), INF) == ["A-S-D-E-X"]


def test_an_exit_on_the_road_where_they_were_seen_is_reached_at_once():
    """Nobody can stand in between."""
    (path,) = escape_of("A", exits="S-A")(np.zeros(1))
    assert (path.arrival_s, path.places.tolist()) == (0.0, [])
    assert path.arcs.tolist() == [BRIDGES.arc("S-A")]


def test_a_node_is_no_two_checkpoints():
    """Which of the two would hold it?"""
    with pytest.raises(ValueError, match="one checkpoint only"):
        escape_of("AA")
    with pytest.raises(ValueError, match="There are 1 places"):
        escape_of("A")(np.zeros(2))


def test_the_town_is_sealed_where_its_ways_meet_or_on_both_of_them():
    """One unit at E if it is there in time, else one at B and one at D, else not at all."""
    escape = escape_of("BDE")
    paths = escape(np.array([INF, INF, INF]))
    at_e_s = float(paths[0].time_s[-1])
    one_each = np.ones(3, np.int32)
    in_time = np.array([[0.0, 0.0, at_e_s], [0.0, 0.0, INF]])
    assert fewest_to_seal(in_time, one_each, escape, 1, limit_s=20).place_of_unit == {0: 2}
    late = np.array([[0.0, 0.0, at_e_s + 1], [0.0, 0.0, INF]])
    seal = fewest_to_seal(late, one_each, escape, 1, limit_s=20)
    assert seal.sealed
    assert sorted(seal.place_of_unit.values()) == [0, 1]
    (left,) = fewest_to_seal(late[:1], one_each, escape, 1, limit_s=20).open_exits
    assert left.reason == "too_few_units"


# --------------------------------------------------------------------- against sweeping


def arrivals_by_sweeping(
    network: RoadNetwork, starts, exit_arcs, place_of, held_from_s, factor, limit_s
) -> dict[int, float]:
    """exit -> s: all turns again and again, until nothing gets sooner. Milliseconds as in the map,
    holds compared in seconds."""
    layer = network.modes[MODE]

    def stopped(arc: int, at_ms: int) -> bool:
        place = place_of.get(int(network.arc_head[arc]))
        return place is not None and held_from_s[place] <= at_ms / (1_000 * factor)

    end_ms = {}
    for edge, fraction in starts:
        for arc in (2 * edge, 2 * edge + 1):
            weight = int(layer.travel_time_ms[arc])
            share = fraction if arc % 2 == 0 else 1 - fraction
            if weight < UNREACHABLE_MS:
                at_ms = weight - int(weight * share + 0.5)
                end_ms[arc] = min(at_ms, end_ms.get(arc, at_ms))
    entered: dict[int, int] = {}
    changed = True
    while changed:
        changed = False
        for a, b, cost in zip(
            network.turn_from.tolist(),
            network.turn_to.tolist(),
            layer.turn_cost.tolist(),
            strict=True,
        ):
            ends = [end_ms[a]] if a in end_ms and not stopped(a, end_ms[a]) else []
            weight = int(layer.travel_time_ms[a])
            if a in entered and weight < UNREACHABLE_MS and not stopped(a, entered[a] + weight):
                ends.append(entered[a] + weight)
            if cost == TURN_FORBIDDEN or not ends:
                continue
            at_ms = min(ends) + (cost & 0x7FFF) * 10
            if at_ms <= limit_s * 1_000 * factor and at_ms < entered.get(b, UNREACHABLE_MS):
                entered[b] = at_ms
                changed = True
    found = {}
    for number, arcs in enumerate(exit_arcs):
        ways = [
            at_ms
            for arc, at_ms in entered.items()
            if network.arc_base[arc] in arcs and layer.travel_time_ms[arc] < UNREACHABLE_MS
        ]
        ways += [
            0
            for edge, _ in starts
            for arc in arcs
            if arc // 2 == edge and layer.travel_time_ms[arc] < UNREACHABLE_MS
        ]
        if ways:
            found[number] = min(ways) / (1_000 * factor)
    return found


@pytest.mark.parametrize("seed", range(200))
def test_arrivals_are_those_of_sweeping_over_all_roads(seed):
    """On nasty little networks, with holds that begin just when somebody passes; and every way told
    can be driven, and arrives when it says."""
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    factor = float(rng.choice([1.0, 1.25, 1.1]))
    starts = [(int(rng.integers(network.edge_count)), float(rng.random())) for _ in range(2)]
    nodes = rng.permutation(network.node_count)[: rng.integers(1, 5)]
    place_of = {int(node): i % 3 for i, node in enumerate(nodes)}
    by_place = [[node for node, place in place_of.items() if place == p] for p in range(3)]
    exit_arcs = [rng.integers(0, 2 * network.edge_count, 2).tolist() for _ in range(3)]
    escape = RoadEscape(
        Metric.base(network, MODE),
        spots(*starts),
        place_first=np.cumsum([0, *map(len, by_place)]),
        place_node=np.array([node for nodes in by_place for node in nodes], np.int32),
        exit_first=np.array([0, 2, 4, 6]),
        exit_arc=np.array(exit_arcs, np.int32).ravel(),
        fastest_factor=factor,
        horizon_s=10.0,
    )
    held_from_s = np.full(3, INF)
    for _ in range(5):
        paths = escape(held_from_s)
        expected = arrivals_by_sweeping(
            network, starts, exit_arcs, place_of, held_from_s, factor, 10.0
        )
        assert {path.exit: path.arrival_s for path in paths} == pytest.approx(expected)
        for path in paths:
            assert path.arcs[-1] in exit_arcs[path.exit]
            assert (held_from_s[path.places] > path.time_s).all()
            passed = [
                place_of[int(node)]
                for node in network.arc_head[path.arcs[:-1]]
                if int(node) in place_of
            ]
            assert path.places.tolist() == passed
            assert (np.diff(path.time_s) >= 0).all()
            assert (path.time_s <= path.arrival_s).all()
        passed = [(p, t) for path in paths for p, t in zip(path.places, path.time_s, strict=True)]
        if not passed:
            break
        place, time_s = passed[int(rng.integers(len(passed)))]
        held_from_s[place] = time_s


@pytest.mark.parametrize("seed", range(60))
def test_after_a_claimed_seal_sweeping_finds_no_way_out(seed):
    """And finds one for every exit that is said to be open."""
    network = random_network(seed, nodes=9, edges=14)
    rng = np.random.default_rng(seed)
    starts = [(int(rng.integers(network.edge_count)), float(rng.random()))]
    nodes = rng.permutation(network.node_count)[:5]
    place_of = {int(node): place for place, node in enumerate(nodes)}
    exit_arcs = [[int(arc)] for arc in rng.permutation(2 * network.edge_count)[:3]]
    escape = RoadEscape(
        Metric.base(network, MODE),
        spots(*starts),
        place_first=np.arange(6),
        place_node=nodes.astype(np.int32),
        exit_first=np.arange(4),
        exit_arc=np.array(exit_arcs, np.int32).ravel(),
        horizon_s=100.0,
    )
    ready_s = rng.choice([0.0, 0.5, 1.0, 1.5, 3.0], (3, 5))
    seal = fewest_to_seal(ready_s, np.ones(5, np.int32), escape, 3, limit_s=20.0)
    held_from_s = np.full(5, INF)
    for unit, place in seal.place_of_unit.items():
        held_from_s[place] = min(held_from_s[place], ready_s[unit, place])
    open_exits = arrivals_by_sweeping(
        network, starts, exit_arcs, place_of, held_from_s, 1.0, 100.0
    ).keys()
    assert seal.proven
    assert open_exits == {one.exit for one in seal.open_exits}
    assert seal.sealed == (not open_exits)
