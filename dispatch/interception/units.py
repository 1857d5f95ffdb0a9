"""Who may stop the subject, and when each could be ready where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np

from dispatch.interception.checkpoints import Checkpoints
from dispatch.responders import KINDS, MODE_NAMES
from dispatch.sight import Roster
from geodata.changes import RoadChanges
from geodata.metric import Metric
from geodata.network import UNREACHABLE_MS, RoadNetwork
from geodata.positions import RoadPositions
from geodata.snapping import Snapper

NODES_OF_A_PLACE = 2
"""Nodes of a place that are driven to: a plaza is one place, and its two directions may be far
apart by road."""


class Roads(Protocol):
    """The roads as they are now."""

    snapper: Snapper
    network: RoadNetwork

    def metric(self, mode: str) -> Metric:
        """What a mode costs."""

    def table(
        self,
        mode: str,
        sources: RoadPositions,
        targets: RoadPositions,
        changes: RoadChanges | None = None,
    ) -> tuple[np.ndarray, object]:
        """(int32[source, target] travel times in ms, whatever else)."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that may stop vehicles."""

    unit_id: str
    kind: str
    mode: str
    lon: float
    lat: float
    edge: int
    """Where it stands on its mode's roads; -1 out of network."""
    fraction: float
    turn_out_s: float
    free_s: float = 0.0
    """It starts so many seconds after it is told, at the earliest."""


def units_of(
    roster: Roster, identify=lambda jurisdiction, responder_id: responder_id
) -> list[Unit]:
    """The units among these responders; `identify` makes an id of a jurisdiction and an id."""
    found = []
    for responder in roster:
        found.append(
            Unit(
                identify(responder.jurisdiction, responder.responder_id),
                responder.kind,
                responder.mode,
                responder.lon,
                responder.lat,
                responder.edge,
                responder.fraction,
                KINDS[responder.kind].turn_out_s,
            )
        )
    return found


def ready_times_s(
    units: Sequence[Unit],
    checkpoints: Checkpoints,
    roads: Roads,
    *,
    told_s: float,
    safety_s: float,
    changes: RoadChanges | None = None,
) -> np.ndarray:
    """float64[unit, place]: when each unit, told at ``told_s``, would be ready at each place.

    Turn-out, the drive, setting up and ``safety_s`` are in it. Inf where the unit cannot get there
    or may not hold the place.
    """
    ready_s = np.full((len(units), len(checkpoints)), np.inf)
    for mode in MODE_NAMES:
        members = [k for k, unit in enumerate(units) if unit.mode == mode and unit.edge >= 0]
        if not members or not len(checkpoints) or mode not in roads.network.modes:
            continue
        sources = RoadPositions.on_edges(
            [units[k].edge for k in members], [units[k].fraction for k in members]
        )
        targets, place = _ways_in(checkpoints, roads.metric(mode))
        drive_ms, _ = roads.table(mode, sources, targets, changes)
        drive_s = np.where(drive_ms < UNREACHABLE_MS, drive_ms / 1_000.0, np.inf)
        soonest_s = np.full((len(checkpoints), len(members)), np.inf)
        np.minimum.at(soonest_s, place, drive_s.T)
        ready_s[members] = soonest_s.T
    start_s = np.array([told_s + unit.free_s + unit.turn_out_s for unit in units])
    set_up_s = np.array([checkpoints.rule(k).set_up_s for k in range(len(checkpoints))])
    ready_s += start_s[:, None] + set_up_s[None, :] + safety_s
    for kind in {unit.kind for unit in units}:
        rows = [k for k, unit in enumerate(units) if unit.kind == kind]
        barred = [k for k in range(len(checkpoints)) if kind not in checkpoints.rule(k).held_by]
        ready_s[np.ix_(rows, barred)] = np.inf
    return ready_s


def staff_ready_s(checkpoints: Checkpoints, *, told_s: float, safety_s: float) -> np.ndarray:
    """float64[place]: when each place's own staff, called at ``told_s``, has closed it; inf where
    it has none."""
    staff_s = [checkpoints.rule(k).staff_set_up_s for k in range(len(checkpoints))]
    return np.array([np.inf if s is None else told_s + s + safety_s for s in staff_s])


def _ways_in(checkpoints: Checkpoints, metric: Metric) -> tuple[RoadPositions, np.ndarray]:
    """(positions at places' nodes, int64[position] whose place it is).

    A node is the end of a two-way street where there is one, which can be reached from all sides;
    else the beginning of a one-way street; else the end of one.
    """
    from_node = _way_at_node(metric)
    arc, place = [], []
    for k in range(len(checkpoints)):
        ways = from_node[checkpoints.nodes(k)]
        ways = ways[ways >= 0]
        spread = ways if len(ways) <= NODES_OF_A_PLACE else ways[[0, -1]]
        arc += spread.tolist()
        place += [k] * len(spread)
    at = np.array(arc, dtype=np.int64)
    return RoadPositions.on_edges(at >> 1, at & 1), np.array(place, dtype=np.int64)


_ways_at_nodes: WeakKeyDictionary[RoadNetwork, dict[str, tuple[int, np.ndarray]]] = (
    WeakKeyDictionary()
)
"""By map and mode: the metric's revision, and what was found under it."""


def _way_at_node(metric: Metric) -> np.ndarray:
    """int64[node]: the base arc by which a node is reached, -1 where it cannot be; kept until the
    mode's metric changes, for it takes a look at every arc."""
    network = metric.network
    known = _ways_at_nodes.setdefault(network, {})
    revision, from_node = known.get(metric.mode, (-1, None))
    if from_node is not None and revision == metric.revision:
        return from_node
    arcs = np.arange(2 * network.edge_count)
    usable = metric.travel_time_ms[arcs] < UNREACHABLE_MS
    leaving, back = arcs[usable], usable[arcs[usable] ^ 1]
    from_node = np.full(network.node_count, -1, dtype=np.int64)
    from_node[network.arc_head[leaving]] = leaving ^ 1
    from_node[network.arc_tail[leaving]] = leaving
    from_node[network.arc_tail[leaving[back]]] = leaving[back]
    known[metric.mode] = metric.revision, from_node
    return from_node
