"""Sealing small towns: what a reader can check by following the roads with a finger."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

from dispatch.interception.sealing import held_from_s, seal_off
from dispatch.interception.situation import PlanSettings
from dispatch.interception.subject import Sighting, Subject
from dispatch.interception.units import Unit
from geodata.assembly import assemble
from geodata.generated import generate_roads
from geodata.modes import MODES
from geodata.network import E7, TURN_FORBIDDEN, UNREACHABLE_MS
from geodata.snapping import Snapper
from tests.dispatch.interception.ground import SLOW, Ground, fork, ground

QUICK = PlanSettings(safety_s=0.0, scenario_count=60, call_staff=False)


@pytest.fixture(scope="module")
def forked():
    return fork()


def to_n_and_e(town) -> Subject:
    return Subject(
        sighting=town.sighting("S-J", 0.05, heading_deg=90.0),
        destinations=(
            town.destination("A-N", 0.95, name="北"),
            town.destination("J-E", 0.95, name="东"),
        ),
    )


def letters(town, plan) -> set[str]:
    """Of the places that are held."""
    places = plan.situation.checkpoints
    return {town.town.letter(int(n)) for post in plan.posts for n in places.nodes(post.place)}


def test_one_unit_at_the_fork_seals_both_ways(forked):
    """All ways lead over J and U is beside it: one unit is enough, though two are there."""
    units = [forked.unit("near", "U-J", 0.1), forked.unit("next", "U-J", 0.2)]
    plan = seal_off(forked, to_n_and_e(forked), units, 0.0, QUICK)
    assert plan.seal.sealed
    assert plan.seal.proven
    assert len(plan.posts) == 1
    assert letters(forked, plan) == {"J"}
    assert not plan.seal.open_exits


def test_nobody_in_time_is_said_with_the_way_out(forked):
    """Told when the subject has passed J: both exits stay open, because nobody can be in time."""
    units = [forked.unit("near", "U-J", 0.1)]
    plan = seal_off(forked, to_n_and_e(forked), units, 900.0, QUICK)
    assert not plan.seal.sealed
    assert plan.posts == []
    assert len(plan.seal.open_exits) == 2
    assert {one.reason for one in plan.seal.open_exits} == {"nobody_in_time"}
    for one in plan.seal.open_exits:
        assert forked.town.drive(one.path.arcs).startswith("S-J")


def test_two_roads_and_one_unit():
    """Behind the fork each way has a junction of its own, and one unit cannot be at both: the exit
    that matters less stays open."""
    town = ground(
        """
                                  V
                                  |
                        A---------K---------N
                        |
        S---------------J---------L---------E
                                  |
                                  W
        """,
        [
            f"S-J primary {SLOW}",
            f"J-A-K-N primary {SLOW}",
            f"J-L-E primary {SLOW}",
            f"V-K tertiary {SLOW}",
            f"W-L tertiary {SLOW}",
        ],
    )
    subject = Subject(
        sighting=town.sighting("S-J", 0.9, heading_deg=90.0),
        destinations=(
            town.destination("K-N", 0.95, weight=3.0, name="北"),
            town.destination("L-E", 0.95, weight=1.0, name="东"),
        ),
    )
    at_k, at_l = town.unit("k", "V-K", 0.9), town.unit("l", "W-L", 0.9)
    quick = PlanSettings(safety_s=0.0, scenario_count=60, call_staff=False)
    plan = seal_off(town, subject, [at_k, at_l], 0.0, quick)
    assert plan.seal.sealed
    assert letters(town, plan) == {"K", "L"}
    plan = seal_off(town, subject, [at_k], 0.0, quick)
    assert letters(town, plan) == {"K"}
    assert [plan.situation.exits.name[one.exit] for one in plan.seal.open_exits] == ["东"]


def test_past_a_claimed_seal_a_plain_search_finds_nothing():
    """In a small generated country, for subjects anywhere: the exits that plain Dijkstra reaches
    past the held places are those that the plan says are open, and no others."""
    modes = tuple(MODES.values())
    network = assemble(generate_roads(1_500, modes), modes)
    country = Ground(None, network, Snapper(network))
    rng = np.random.default_rng(7)
    sealed = 0
    for _ in range(5):
        node = int(rng.integers(network.node_count))
        seen = Sighting(float(network.node_lon_e7[node]) / E7, network.node_lat_e7[node] / E7, 0.0)
        subject = Subject(sighting=seen, horizon_s=900.0, fastest=1.0)
        plan = seal_off(country, subject, patrols(country, rng, 40), 0.0, QUICK)
        sealed += plan.seal.sealed
        open_exits = {one.exit for one in plan.seal.open_exits}
        assert reached_plainly(plan) == open_exits
    assert sealed > 0, "nothing was sealed: the patrols are too few to show anything"


def patrols(country: Ground, rng: np.random.Generator, count: int) -> list[Unit]:
    network = country.network
    node = rng.integers(network.node_count, size=count)
    at = country.snapper.snap(
        network.node_lon_e7[node] / E7, network.node_lat_e7[node] / E7, "police"
    )
    return [
        Unit(f"patrol {k}", "officer", "police", 0.0, 0.0, int(edge), float(fraction), 0.0)
        for k, (edge, fraction) in enumerate(zip(at.edge, at.fraction, strict=True))
    ]


def reached_plainly(plan) -> set[int]:
    """Exits reached past the held places, by Dijkstra's algorithm over arcs in plain Python."""
    known, held_s = plan.situation, held_from_s(plan)
    metric, starts = known.reach.metric, known.reach.starts.positions
    network, time_ms = metric.network, metric.travel_time_ms
    place_of_node = known.checkpoints.place_of_node(network)
    exit_of_arc = {int(arc): k for k in range(len(known.exits)) for arc in known.exits.arcs(k)}
    horizon_ms = known.reach.subject.horizon_s * 1_000
    queue, done, reached = [], set(), set()
    for edge, fraction in zip(starts.edge.tolist(), starts.fraction.tolist(), strict=True):
        for arc, share in ((2 * edge, fraction), (2 * edge + 1, 1.0 - fraction)):
            if time_ms[arc] < UNREACHABLE_MS:
                left_ms = int(time_ms[arc]) - int(time_ms[arc] * share + 0.5)
                heapq.heappush(queue, (left_ms, arc))
    while queue:
        end_ms, arc = heapq.heappop(queue)
        if arc in done or end_ms > horizon_ms:
            continue
        done.add(arc)
        place = place_of_node[network.arc_head[arc]]
        if place >= 0 and end_ms / 1_000 >= held_s[place]:
            continue
        for turn in range(network.first_turn[arc], network.first_turn[arc + 1]):
            cost, following = int(metric.turn_cost[turn]), int(network.turn_to[turn])
            if cost == TURN_FORBIDDEN or time_ms[following] >= UNREACHABLE_MS:
                continue
            begin_ms = end_ms + (cost & 0x7FFF) * 10
            gone = exit_of_arc.get(int(network.arc_base[following]))
            if gone is not None and begin_ms <= horizon_ms:
                reached.add(gone)
            heapq.heappush(queue, (begin_ms + int(time_ms[following]), following))
    return reached
