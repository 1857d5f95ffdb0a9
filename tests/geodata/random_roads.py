"""Small random networks for the search, and the slow, obvious twin that it must equal.

The networks are drawn from arrays, not from a map, so that they can be nastier than any map: loops,
parallel edges, arcs closed in one direction, forbidden turns, shadow arcs anywhere, no-through
ground in patches, many equal times.
"""

from __future__ import annotations

import heapq
from types import SimpleNamespace

import numpy as np

from geodata.network import (
    NO_THROUGH_MS,
    TURN_COST_UNIT_MS,
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
    ModeLayer,
    RoadNetwork,
)

MODE = "car"


def network_from_arrays(
    arc_tail, arc_head, arc_base, turns, travel_time_ms, zone, *, node_count, **given
) -> RoadNetwork:
    """A network of bare arcs and turns [(from, to, cost)], with straight edges between nodes.

    `given` replaces any other array of the network by name, or `mode_names`.
    """
    arc_count, edge_count = len(arc_tail), int(np.max(arc_base)) // 2 + 1
    arc_next_copy = np.full(arc_count, -1)
    for copy in range(2 * edge_count, arc_count):
        arc_next_copy[copy] = arc_next_copy[arc_base[copy]]
        arc_next_copy[arc_base[copy]] = copy
    turns = np.array(sorted(turns), dtype=np.int64).reshape(-1, 3)
    by_entered = np.argsort(turns[:, 1], kind="stable")
    side = np.ceil(np.sqrt(node_count)).astype(int)
    lon_e7 = given.pop("node_lon_e7", 1_000_000_000 + np.arange(node_count) % side * 10_000)
    lat_e7 = given.pop("node_lat_e7", 300_000_000 + np.arange(node_count) // side * 10_000)
    tails, heads = (
        np.asarray(arc_tail)[: 2 * edge_count : 2],
        np.asarray(arc_head)[: 2 * edge_count : 2],
    )
    ends = np.column_stack([tails, heads]).ravel()
    layer = ModeLayer(
        travel_time_ms=np.asarray(travel_time_ms, dtype=np.int32),
        turn_cost=turns[:, 2].astype(np.uint16),
        part=np.zeros(arc_count, dtype=np.int32),
        part_length_m=np.ones(1),
        zone=np.asarray(zone, dtype=np.int32),
        manner=np.zeros(arc_count, dtype=np.uint8),
    )
    arrays = {
        "node_lon_e7": np.asarray(lon_e7, dtype=np.int32),
        "node_lat_e7": np.asarray(lat_e7, dtype=np.int32),
        "node_cell": np.arange(node_count, dtype=np.uint64),
        "node_osm_id": np.arange(node_count, dtype=np.int64),
        "node_flags": np.zeros(node_count, dtype=np.uint16),
        "edge_way_id": np.arange(edge_count, dtype=np.int64),
        "edge_class": np.full(edge_count, 11, dtype=np.uint8),
        "edge_flags": np.zeros(edge_count, dtype=np.uint16),
        "edge_length_m": np.full(edge_count, 100.0, dtype=np.float32),
        "edge_name": np.zeros(edge_count, dtype=np.int32),
        "edge_ref": np.zeros(edge_count, dtype=np.int32),
        "edge_destination": np.zeros(edge_count, dtype=np.int32),
        "edge_first_point": 2 * np.arange(edge_count + 1, dtype=np.int64),
        "point_lon_e7": np.asarray(lon_e7, dtype=np.int32)[ends],
        "point_lat_e7": np.asarray(lat_e7, dtype=np.int32)[ends],
        "arc_tail": np.asarray(arc_tail, dtype=np.int32),
        "arc_head": np.asarray(arc_head, dtype=np.int32),
        "arc_base": np.asarray(arc_base, dtype=np.int32),
        "arc_next_copy": arc_next_copy.astype(np.int32),
        "arc_start_bearing_deg": np.zeros(arc_count, dtype=np.int16),
        "arc_end_bearing_deg": np.zeros(arc_count, dtype=np.int16),
        "first_turn": np.searchsorted(turns[:, 0], np.arange(arc_count + 1)).astype(np.int32),
        "turn_from": turns[:, 0].astype(np.int32),
        "turn_to": turns[:, 1].astype(np.int32),
        "first_turn_in": np.searchsorted(turns[by_entered, 1], np.arange(arc_count + 1)).astype(
            np.int32
        ),
        "turn_in": by_entered.astype(np.int32),
        "place_kind": np.zeros(0, dtype=np.uint8),
        "place_lon_e7": np.zeros(0, dtype=np.int32),
        "place_lat_e7": np.zeros(0, dtype=np.int32),
        "place_name": np.zeros(0, dtype=np.int32),
        "place_ref": np.zeros(0, dtype=np.int32),
        "place_node": np.zeros(0, dtype=np.int32),
        "place_osm_id": np.zeros(0, dtype=np.int64),
        "text_first": np.zeros(2, dtype=np.int64),
        "text_utf8": np.zeros(0, dtype=np.uint8),
    }
    arrays.update(given)
    return RoadNetwork(**arrays, modes={MODE: layer}, title="random", attribution="nobody")


def random_network(seed: int, *, nodes: int = 7, edges: int = 11) -> RoadNetwork:
    """A nasty little network. Times are few and small, so that many journeys tie."""
    random = np.random.default_rng(seed)
    tails, heads = random.integers(0, nodes, edges), random.integers(0, nodes, edges)
    tail = np.column_stack([tails, heads]).ravel()
    head = np.column_stack([heads, tails]).ravel()
    base = np.arange(2 * edges)
    time_ms = random.choice([1, 500, 1000, 1000, 2000, 7001], 2 * edges)
    time_ms[random.random(2 * edges) < 0.15] = UNREACHABLE_MS
    edge_zone = np.where(random.random(edges) < 0.3, random.integers(0, 3, edges), -1)
    zone = np.repeat(edge_zone, 2)

    def cost_of(a: int, b: int) -> int:
        if random.random() < 0.15:
            return int(TURN_FORBIDDEN)
        cost = int(random.choice([0, 0, 50, 100, 333]))
        if zone[b] >= 0 and zone[a] != zone[b]:
            cost |= int(TURN_ENTERS_NO_THROUGH)
        return cost

    turns = {
        (a, b): cost_of(a, b)
        for a in range(2 * edges)
        for b in range(2 * edges)
        if head[a] == tail[b] and (a ^ 1 != b or random.random() < 0.3)
    }
    for _ in range(int(random.integers(0, 4))):
        # A shadow arc: some turns onto an arc lead onto its copy, which lacks some turns.
        original = int(random.integers(0, 2 * edges))
        shadow = len(tail)
        tail, head = np.append(tail, tail[original]), np.append(head, head[original])
        base, zone = np.append(base, original), np.append(zone, zone[original])
        time_ms = np.append(time_ms, time_ms[original])
        for (a, b), cost in list(turns.items()):
            if b == original and random.random() < 0.5:
                del turns[a, b]
                turns[a, shadow] = cost
        for (a, b), cost in list(turns.items()):
            if a == original and random.random() < 0.6:
                turns[shadow, b] = cost
    return network_from_arrays(
        tail,
        head,
        base,
        [(a, b, c) for (a, b), c in turns.items()],
        time_ms,
        zone,
        node_count=nodes,
    )


def grid_network(side: int, *, seed: int = 1) -> RoadNetwork:
    """A perturbed grid of streets both ways; turning back only where a street ends."""
    random = np.random.default_rng(seed)
    node = np.arange(side * side).reshape(side, side)
    tails = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    heads = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    order = np.lexsort([heads, tails])
    tails, heads = tails[order], heads[order]
    tail, head = np.column_stack([tails, heads]).ravel(), np.column_stack([heads, tails]).ravel()
    time_ms = random.integers(2000, 30_000, len(tails)).repeat(2)
    turns = [
        (a, b, int(random.choice([0, 0, 200, 500])))
        for at in range(side * side)
        for a in np.flatnonzero(head == at)
        for b in np.flatnonzero(tail == at)
        if a ^ 1 != b
    ]
    return network_from_arrays(
        tail,
        head,
        np.arange(len(tail)),
        turns,
        time_ms,
        np.full(len(tail), -1),
        node_count=side * side,
    )


def spots(*positions: tuple[int, float]) -> SimpleNamespace:
    """Road positions (edge, fraction)."""
    return SimpleNamespace(
        edge=np.array([edge for edge, _ in positions], dtype=np.int32),
        fraction=np.array([fraction for _, fraction in positions], dtype=np.float64),
    )


class SlowTwin:
    """Dijkstra with a heap of tuples on dictionaries, straight from the definitions."""

    def __init__(self, network: RoadNetwork, time_ms: np.ndarray | None = None) -> None:
        layer = network.modes[MODE]
        self.network = network
        self.time_ms = [int(t) for t in (layer.travel_time_ms if time_ms is None else time_ms)]
        self.zone = [int(z) for z in layer.zone]
        self.base = [int(b) for b in network.arc_base]
        self.turns: dict[int, list[tuple[int, int]]] = {}
        for a, b, cost in zip(network.turn_from, network.turn_to, layer.turn_cost, strict=True):
            if cost != TURN_FORBIDDEN:
                self.turns.setdefault(int(a), []).append((int(b), int(cost)))

    def turn_ms(self, cost: int, entered: int, open_zones: set[int]) -> int:
        time_ms = (cost & 0x7FFF) * TURN_COST_UNIT_MS
        if cost & int(TURN_ENTERS_NO_THROUGH) and self.zone[entered] not in open_zones:
            time_ms += int(NO_THROUGH_MS)
        return time_ms

    def spent_ms(self, arc: int, fraction: float) -> int:
        share = fraction if self.base[arc] % 2 == 0 else 1.0 - fraction
        return int(self.time_ms[arc] * share + 0.5)

    def zones_at(self, *edges: int) -> set[int]:
        return {self.zone[2 * e + way] for e in edges for way in (0, 1)} - {-1}

    def at_starts(self, origin: tuple[int, float], open_zones: set[int]) -> dict[int, int]:
        """Arc -> label at its start, having left the origin by at least one turn."""
        edge, fraction = origin
        best: dict[int, int] = {}
        queue: list[tuple[int, int]] = []

        def leave(arc: int, at_end_ms: int) -> None:
            for b, cost in self.turns.get(arc, []):
                heapq.heappush(queue, (at_end_ms + self.turn_ms(cost, b, open_zones), b))

        for arc in (2 * edge, 2 * edge + 1):
            if self.time_ms[arc] < UNREACHABLE_MS:
                leave(arc, self.time_ms[arc] - self.spent_ms(arc, fraction))
        while queue:
            label, arc = heapq.heappop(queue)
            if arc in best:
                continue
            best[arc] = label
            if self.time_ms[arc] < UNREACHABLE_MS:
                leave(arc, label + self.time_ms[arc])
        return best

    def label_ms(self, origin, goal, open_zones: set[int] | None = None) -> int | None:
        """Least label from a position to another, no-through surcharges included; or None."""
        if open_zones is None:
            open_zones = self.zones_at(goal[0])
        labels = self.at_starts(origin, open_zones)
        ways = [
            label + self.spent_ms(arc, goal[1])
            for arc, label in labels.items()
            if self.base[arc] // 2 == goal[0] and self.time_ms[arc] < UNREACHABLE_MS
        ]
        if origin[0] == goal[0]:
            for arc in (2 * goal[0], 2 * goal[0] + 1):
                along = self.spent_ms(arc, goal[1]) - self.spent_ms(arc, origin[1])
                ahead = goal[1] >= origin[1] if arc % 2 == 0 else goal[1] <= origin[1]
                if self.time_ms[arc] < UNREACHABLE_MS and ahead:
                    ways.append(along)
        return min(ways, default=None)

    def label_of_drive_ms(self, path, open_zones: set[int]) -> int | None:
        """Least label of driving exactly these base arcs, or None where that is not possible."""
        arcs = [int(a) for a in path.arcs]
        if any(self.time_ms[arc] >= UNREACHABLE_MS for arc in arcs):
            return None
        share_ms = [
            int(self.time_ms[a] * s + 0.5)
            for a, s in ((arcs[0], path.start_fraction), (arcs[-1], path.end_fraction))
        ]
        if len(arcs) == 1:
            return share_ms[1] - share_ms[0] if path.end_fraction >= path.start_fraction else None
        labels = {arcs[0]: self.time_ms[arcs[0]] - share_ms[0]}  # at the end of each copy
        for i, arc in enumerate(arcs[1:], 1):
            onward: dict[int, int] = {}
            for a, label in labels.items():
                for b, cost in self.turns.get(a, []):
                    if self.base[b] == arc:
                        time_ms = share_ms[1] if i == len(arcs) - 1 else self.time_ms[b]
                        total = label + self.turn_ms(cost, b, open_zones) + time_ms
                        onward[b] = min(total, onward.get(b, total))
            labels = onward
        return min(labels.values(), default=None)
