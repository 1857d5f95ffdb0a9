"""Fields: the time from or to one or many positions, everywhere at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np

from geodata.changes import RoadChanges
from geodata.errors import RequestError
from geodata.kernels.field import spread
from geodata.kernels.field_readings import label_nodes, label_nodes_at_anchors, label_positions
from geodata.kernels.node_field import group_by_node, spread_over_nodes
from geodata.kernels.search import anchor_turn_count
from geodata.metric import Metric, read_only
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS, RoadNetwork
from geodata.search.anchors import (
    NO_ZONES,
    Anchors,
    Positions,
    checked_positions,
    limited_ms,
    open_zones,
)

FieldDirection = Literal["from", "to"]


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Parts of arcs, as shares of them in driving direction: what an isochrone is drawn from."""

    arc: np.ndarray  # int32[stretch], base arcs
    from_share: np.ndarray  # float64[stretch], 0..1
    to_share: np.ndarray  # float64[stretch], not below from_share


@dataclass(frozen=True, eq=False)
class Field:
    """The time from the nearest of the sources to everywhere, or from everywhere to it.

    Immutable, shared by threads. Times are int32 ms, ``UNREACHABLE_MS`` beyond the limit and where
    no way leads. Winners are indices of sources, -1 where nothing is reached.
    """

    metric: Metric
    """With the changes of the request, if it had any."""
    direction: FieldDirection
    limit_ms: int
    arc_label_ms: np.ndarray
    """int32[arc]: "from": the time at the arc's start, a turn onto it included; "to": the time from
    its end on, the turn off it included. Plus ``NO_THROUGH_MS`` for every piece of ground without
    through traffic that is entered on the way."""
    arc_winner: np.ndarray
    """int32[arc]."""
    anchors: Anchors
    """The sources, checked."""

    @property
    def toward(self) -> bool:
        return self.direction == "to"

    @property
    def node_time_ms(self) -> np.ndarray:
        """int32[node]: time at which a node is reached, or that it takes from the node, without the
        cost of a turn made there."""
        return self._nodes[0]

    @property
    def node_winner(self) -> np.ndarray:
        """int32[node]."""
        return self._nodes[1]

    @cached_property
    def _nodes(self) -> tuple[np.ndarray, np.ndarray]:
        network, weight_ms = self.metric.network, self.metric.travel_time_ms
        far_node = read_only(network.arc_tail if self.toward else network.arc_head, np.int32)
        label_ms, winner = _unreached(network.node_count)
        label_nodes_at_anchors(
            self.toward,
            weight_ms,
            far_node,
            self.anchors.edge,
            self.anchors.fraction,
            self.anchors.offset_ms,
            self.limit_ms,
            label_ms,
            winner,
        )
        label_nodes(
            weight_ms,
            far_node,
            self.arc_label_ms,
            self.arc_winner,
            self.limit_ms,
            label_ms,
            winner,
        )
        return _times(label_ms), winner

    def at(self, positions: Positions) -> tuple[np.ndarray, np.ndarray]:
        """int32[position] time in ms, and int32[position] winner, of road positions."""
        edge, fraction = checked_positions(self.metric.network, positions)
        label_ms, winner = _unreached(len(edge))
        label_positions(
            self.toward,
            self.metric.travel_time_ms,
            self.metric.roads.arc_next_copy,
            self.arc_label_ms,
            self.arc_winner,
            self.anchors.edge,
            self.anchors.fraction,
            self.anchors.offset_ms,
            np.argsort(self.anchors.edge, kind="stable"),
            self.limit_ms,
            edge,
            fraction,
            label_ms,
            winner,
        )
        return _times(label_ms), winner

    def stretches(self, limit_ms: int) -> Stretches:
        """The parts of the roads that are reached (or from where it is reached) within a limit.

        A stretch of an arc may come twice, once from its end and once from a source on it.
        """
        network, weight_ms = self.metric.network, self.metric.travel_time_ms
        limit_ms = min(limited_ms(limit_ms), self.limit_ms)
        arcs = np.arange(2 * network.edge_count, dtype=np.int32)
        label_ms = self._own_label_ms()
        usable = (weight_ms[arcs] < UNREACHABLE_MS) & (label_ms <= limit_ms)
        arcs, label_ms = arcs[usable], label_ms[usable]
        share = np.minimum(1.0, (limit_ms - label_ms) / weight_ms[arcs])
        parts = (
            [(arcs, 1.0 - share, np.ones(len(arcs)))]
            if self.toward
            else [(arcs, np.zeros(len(arcs)), share)]
        )
        on_road = self.anchors.edge >= 0
        left_ms = limit_ms - self.anchors.offset_ms[on_road]
        for way in (0, 1):
            arcs = 2 * self.anchors.edge[on_road] + np.int32(way)
            at = self.anchors.fraction[on_road]
            at = 1.0 - at if way else at
            share = left_ms / weight_ms[arcs]
            ends = (
                (np.maximum(0.0, at - share), at)
                if self.toward
                else (at, np.minimum(1.0, at + share))
            )
            usable = (weight_ms[arcs] < UNREACHABLE_MS) & (left_ms >= 0)
            parts.append((arcs[usable], ends[0][usable], ends[1][usable]))
        return Stretches(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _own_label_ms(self) -> np.ndarray:
        """int64[base arc]: least label of the arc's copies, without the surcharge for the ground
        that the arc itself lies in: who goes there may enter it."""
        network = self.metric.network
        base_count = 2 * network.edge_count
        label_ms = self.arc_label_ms[:base_count].astype(np.int64)
        if not self.toward:
            np.minimum.at(label_ms, network.arc_base[base_count:], self.arc_label_ms[base_count:])
            entered = (self.metric.zone[:base_count] >= 0) & (label_ms >= NO_THROUGH_MS)
            label_ms[entered & (label_ms < UNREACHABLE_MS)] -= NO_THROUGH_MS
        return label_ms


def field(
    metric: Metric,
    sources: Positions,
    *,
    direction: FieldDirection = "from",
    limit_ms: int | None = None,
    offset_ms: np.ndarray | Sequence[int] | None = None,
    changes: RoadChanges | None = None,
    ignoring_turns: bool = False,
) -> Field:
    """The travel time in ms between the sources and everywhere.

    sources         one or many; each place gets the least time and which source it is of.
    direction       "from" the sources to everywhere, or "to" them from everywhere.
    limit_ms        nothing beyond it.
    offset_ms       int[source], at least 0: a source's head start, added to its times.
    changes         closures and speeds of this request alone.
    ignoring_turns  as if turns cost nothing and none were forbidden, and all ground were open to
                    through traffic: too optimistic, about twice as fast.

    Ground without through traffic: in a field "to" the sources theirs is open. In a field "from"
    them any such ground may be entered once to stay there, and crossed only where nothing else
    leads on.
    """
    if direction not in ("from", "to"):
        raise RequestError(f'A field runs "from" its sources or "to" them, not {direction!r}.')
    anchors = Anchors.of(metric, sources, offset_ms)
    if changes:
        metric = metric.with_changes(changes)
    run = _over_nodes if ignoring_turns else _over_arcs
    limit_ms = limited_ms(limit_ms)
    label_ms, winner = run(metric, anchors, direction == "to", limit_ms)
    return Field(metric, direction, limit_ms, label_ms, winner, anchors)


def _over_arcs(
    metric: Metric, anchors: Anchors, toward: bool, limit_ms: int
) -> tuple[np.ndarray, np.ndarray]:
    roads = metric.roads
    turns = (
        (roads.first_in, roads.in_arc, roads.in_cost)
        if toward
        else (roads.first_out, roads.out_arc, roads.out_cost)
    )
    label_ms, winner = _unreached(metric.network.arc_count)
    seeds = anchor_turn_count(turns[0], roads.arc_next_copy, anchors.edge)
    spread(
        toward,
        *turns,
        metric.travel_time_ms,
        roads.zone,
        open_zones(metric, anchors.edge) if toward else NO_ZONES,
        roads.arc_next_copy,
        anchors.edge,
        anchors.fraction,
        anchors.offset_ms,
        limit_ms,
        label_ms,
        winner,
        *_waiting_room(metric.network.turn_count + seeds),
    )
    return label_ms, winner


_arcs_at_nodes: WeakKeyDictionary[RoadNetwork, dict[bool, tuple[np.ndarray, np.ndarray]]] = (
    WeakKeyDictionary()
)


def _over_nodes(
    metric: Metric, anchors: Anchors, toward: bool, limit_ms: int
) -> tuple[np.ndarray, np.ndarray]:
    network = metric.network
    base_count = 2 * network.edge_count
    tail, head = (read_only(end, np.int32) for end in (network.arc_tail, network.arc_head))
    near_node, far_node = (head, tail) if toward else (tail, head)
    known = _arcs_at_nodes.setdefault(network, {})
    if toward not in known:
        first = np.zeros(network.node_count + 1, dtype=np.uint32)
        arcs = np.empty(base_count, dtype=np.uint32)
        group_by_node(near_node, first, arcs)
        known[toward] = (first, arcs)
    label_ms, winner = _unreached(network.node_count)
    label_nodes_at_anchors(
        toward,
        metric.travel_time_ms,
        far_node,
        anchors.edge,
        anchors.fraction,
        anchors.offset_ms,
        limit_ms,
        label_ms,
        winner,
    )
    spread_over_nodes(
        *known[toward],
        far_node.view(np.uint32),
        metric.travel_time_ms,
        limit_ms,
        label_ms,
        winner,
        *_waiting_room(base_count + network.node_count),
    )
    return label_ms[near_node], winner[near_node]


def _unreached(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and winners before anything is reached."""
    return np.full(count, UNREACHABLE_MS, dtype=np.int32), np.full(count, -1, dtype=np.int32)


def _waiting_room(count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.empty(count, dtype=np.int64), np.empty(count, dtype=np.uint32)


def _times(label_ms: np.ndarray) -> np.ndarray:
    """int32[]: labels without their surcharges."""
    return np.where(label_ms < UNREACHABLE_MS, label_ms % NO_THROUGH_MS, UNREACHABLE_MS)
