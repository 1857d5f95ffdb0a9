"""Random drives through random towns: crooked grids of streets of all kinds."""

import numpy as np

from geodata.metric import Metric
from geodata.network import TURN_FORBIDDEN, UNREACHABLE_MS, RoadNetwork
from tests.towns import Town, town

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXY"
KINDS = ("motorway", "motorway_link", "trunk", "primary", "primary_link", "residential", "service")
NAMES = ("", "", "建设路", "人民路", "一环路东段", "一环路西段", "Main Street")


def random_town(seed: int, side: int = 5) -> Town:
    """A crooked grid of ``side`` x ``side`` crossings whose streets have random tags."""
    random = np.random.default_rng(seed)
    letters = LETTERS[: side * side]
    points = {
        letter: (
            60.0 * (place % side) + random.normal(0, 14),
            60.0 * (place // side) + random.normal(0, 14),
        )
        for place, letter in enumerate(letters)
    }
    streets = []
    for place, letter in enumerate(letters):
        neighbours = []
        if place % side < side - 1:
            neighbours.append(letters[place + 1])
        if place + side < len(letters):
            neighbours.append(letters[place + side])
        for neighbour in neighbours:
            if random.random() < 0.1:
                continue
            tags = {"highway": str(random.choice(KINDS))}
            if name := str(random.choice(NAMES)):
                tags["name"] = name
            if random.random() < 0.2:
                tags["ref"] = str(random.choice(["G50", "S102;G42"]))
            if random.random() < 0.25:
                tags["oneway"] = "yes"
            if random.random() < 0.12:
                tags["junction"] = "roundabout"
            if random.random() < 0.1:
                tags["tunnel"] = "yes"
            streets.append((f"{letter}-{neighbour}", tags))
    signals = {letter: "highway=traffic_signals" for letter in letters if random.random() < 0.15}
    return town(points, streets, points=signals)


def random_arcs(network: RoadNetwork, mode: str, seed: int, longest: int = 14) -> np.ndarray | None:
    """Base arcs of a drive that the mode may make, or None where it gets nowhere."""
    random = np.random.default_rng(seed)
    metric = Metric.base(network, mode)
    usable = np.flatnonzero(metric.travel_time_ms[: 2 * network.edge_count] < UNREACHABLE_MS)
    if not len(usable):
        return None
    arcs = [int(random.choice(usable))]
    for _ in range(int(random.integers(0, longest))):
        turns = np.arange(network.first_turn[arcs[-1]], network.first_turn[arcs[-1] + 1])
        turns = turns[metric.turn_cost[turns] != TURN_FORBIDDEN]
        onto = network.arc_base[network.turn_to[turns]]
        onto = onto[metric.travel_time_ms[onto] < UNREACHABLE_MS]
        if not len(onto):
            break
        arcs.append(int(random.choice(onto)))
    return np.array(arcs, np.int32)
