"""Routing hierarchies: for every mode, which links a fast search over the whole map may use.

A customizable contraction hierarchy (Dibbelt, Strasser, Wagner, ACM JEA 21, 2016) over the arcs of
the network, so that turn rules are in it: its vertices are the arcs that the mode may use (shadow
arcs too), its links are turns and what shortens runs of turns. It is made once with the map and
knows nothing of times; :class:`~geodata.hierarchy.customised_metric.CustomisedMetric` gives the
links their weights.

All modes share one order of arcs (:mod:`geodata.hierarchy.dissection`). Each has links of its
own: a car's hierarchy need not carry the footpaths. On `heidelberg` the links for cars are a
quarter of those for all modes together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np

from geodata.errors import MapFolderError, UnknownModeError
from geodata.hierarchy.dissection import dissection_ranks
from geodata.hierarchy.weighing import LinkWeights
from geodata.kernels.hierarchy_contraction import (
    contract,
    divide_work,
    group_by,
    links_by_head,
    links_of_turns,
    lower_neighbours,
    postorder,
    tree_of,
    tree_of_links,
)
from geodata.metric import read_only
from geodata.network import (
    E7,
    NO_THROUGH_MS,
    TURN_COST_UNIT_MS,
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    UNREACHABLE_MS,
    RoadNetwork,
)

WORK_PARTS = 48
"""Into so many parts the customisation is divided, for threads to take."""

_ORDER_SHARE = 0.6
"""Share of building that is spent on the order, for the progress reports."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0..1."""


@dataclass(frozen=True, slots=True, eq=False)
class ModeHierarchy:
    """The links of one mode. Vertices are named by rank, higher is more important; an *up link*
    leads from its lower vertex to its upper one, a *down link* from the upper to the lower. Both
    are kept with the lower vertex. All arrays are read-only, usually memory-mapped."""

    arc_of_vertex: np.ndarray  # int32[vertex]
    vertex_of_arc: np.ndarray  # int32[arc], -1 for an arc that the mode may not use
    parent: np.ndarray
    """int32[vertex]: upper ends of a vertex's links are among its ancestors; -1 for a root."""

    first_up: np.ndarray  # int32[vertex + 1] into up_head
    up_head: np.ndarray  # int32[up link], upper vertex; rising within a lower vertex
    first_down: np.ndarray  # int32[vertex + 1] into down_head
    down_head: np.ndarray  # int32[down link], upper vertex; rising within a lower vertex

    first_up_in: np.ndarray  # int32[vertex + 1] into up_in, by upper vertex
    up_in: np.ndarray  # int32[up link], links
    up_in_tail: np.ndarray  # int32[up link], their lower vertices, rising within an upper vertex
    first_down_in: np.ndarray  # int32[vertex + 1] into down_in, by upper vertex
    down_in: np.ndarray  # int32[down link]
    down_in_tail: np.ndarray  # int32[down link]

    first_up_turn: np.ndarray  # int32[vertex + 1] into up_turn_*, by lower vertex
    up_turn_link: np.ndarray  # int32[], up links that are turns
    up_turn_ms: np.ndarray
    """int32[]: what each turn costs, with the surcharge for entering no-through ground."""
    first_down_turn: np.ndarray  # int32[vertex + 1] into down_turn_*, by lower vertex
    down_turn_link: np.ndarray  # int32[], down links that are turns
    down_turn_ms: np.ndarray  # int32[]

    task_first: np.ndarray  # int32[task], vertices that are customised in one go
    task_last: np.ndarray  # int32[task]
    task_waits: np.ndarray  # int32[task], the task that must wait for this one; -1 for none

    base_vertex_ms: np.ndarray  # int32[vertex], travel time of the arc by the map's own metric
    base_up_ms: np.ndarray
    """int32[up link]: weights by the map's own metric; ``UNREACHABLE_MS`` where there is no way."""
    base_down_ms: np.ndarray
    """int32[down link]."""

    @property
    def vertex_count(self) -> int:
        return len(self.arc_of_vertex)

    @property
    def link_count(self) -> int:
        """Up and down links together."""
        return len(self.up_head) + len(self.down_head)

    def arrays(self) -> dict[str, np.ndarray]:
        """Every array by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """The routing hierarchies of a map, one for each of its modes. Immutable."""

    modes: dict[str, ModeHierarchy]

    @classmethod
    def build(
        cls, network: RoadNetwork, progress: Progress | None = None, threads: int = 2
    ) -> Hierarchy:
        """The hierarchies of all modes of a network, with the weights of the map's own metrics.

        Takes about 2 s per 100,000 junctions on two cores.
        """
        tell = progress or (lambda doing, share: None)
        doing = "ordering roads by importance"
        tell(doing, 0.0)
        usable = np.zeros(network.arc_count, dtype=bool)
        for layer in network.modes.values():
            usable |= layer.travel_time_ms < UNREACHABLE_MS
        used = np.flatnonzero(usable)
        latitude = network.node_lat_e7 / E7
        narrowing = math.cos(math.radians(float(latitude.mean()))) if len(latitude) else 1.0
        rank = np.full(network.arc_count, -1, dtype=np.int32)
        rank[used] = dissection_ranks(
            network.arc_tail[used],
            network.arc_head[used],
            network.node_lon_e7 / E7 * narrowing,
            latitude,
            lambda share: tell(doing, share),
            threads,
        )
        doing = "drawing shortcuts"
        done = 0
        modes = {}
        with ThreadPoolExecutor(threads) as pool:
            for mode, built in zip(
                network.modes,
                pool.map(lambda name: _mode_hierarchy(network, name, rank), network.modes),
                strict=True,
            ):
                modes[mode] = built
                done += 1
                tell(doing, done / len(network.modes))
        return cls(modes)

    def of(self, mode: str) -> ModeHierarchy:
        """The hierarchy of a mode. Raises UnknownModeError."""
        try:
            return self.modes[mode]
        except KeyError:
            known = ", ".join(sorted(self.modes))
            raise UnknownModeError(
                f"The map has no mode {mode!r}; its modes are: {known}."
            ) from None

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Every array by ``MODE-NAME``, to be kept with the map."""
        return {
            f"{mode}-{name}": array
            for mode, links in self.modes.items()
            for name, array in links.arrays().items()
        }

    @classmethod
    def from_arrays(cls, network: RoadNetwork, arrays: Mapping[str, np.ndarray]) -> Hierarchy:
        """What :meth:`to_arrays` gave, usually memory-mapped. Raises MapFolderError where arrays
        are missing or belong to another map."""
        modes = {}
        for mode in network.modes:
            try:
                links = ModeHierarchy(
                    **{
                        field.name: read_only(arrays[f"{mode}-{field.name}"], np.int32)
                        for field in fields(ModeHierarchy)
                    }
                )
            except KeyError as missing:
                raise MapFolderError(
                    f"The map's routing hierarchy lacks {missing}; compile the map again."
                ) from None
            if len(links.vertex_of_arc) != network.arc_count:
                raise MapFolderError(
                    "The map's routing hierarchy belongs to another map; compile the map again."
                )
            modes[mode] = links
        return cls(modes)


def _mode_hierarchy(network: RoadNetwork, mode: str, rank: np.ndarray) -> ModeHierarchy:
    """The links of a mode, from an order of all arcs that any mode may use."""
    layer = network.modes[mode]
    usable = layer.travel_time_ms < UNREACHABLE_MS
    arcs = np.flatnonzero(usable)
    count = len(arcs)
    vertex_of_arc = np.full(network.arc_count, -1, dtype=np.int32)
    vertex_of_arc[arcs[np.argsort(rank[arcs])]] = np.arange(count, dtype=np.int32)
    turns = np.flatnonzero(
        (layer.turn_cost != TURN_FORBIDDEN)
        & usable[network.turn_from]
        & usable[network.turn_to]
        & (network.turn_from != network.turn_to)
    )
    leaves, enters = vertex_of_arc[network.turn_from[turns]], vertex_of_arc[network.turn_to[turns]]
    turn_tree = tree_of(*lower_neighbours(leaves, enters, count))
    number = postorder(turn_tree)
    vertex_of_arc[arcs] = number[vertex_of_arc[arcs]]
    leaves, enters = number[leaves], number[enters]
    arc_of_vertex = np.empty(count, dtype=np.int32)
    arc_of_vertex[vertex_of_arc[arcs]] = arcs
    parent = np.full(count, -1, dtype=np.int32)
    parent[number] = np.where(turn_tree >= 0, number[turn_tree], -1)

    first_up, up_head, first_down, down_head, triangles = contract(count, leaves, enters)
    if max(len(up_head), len(down_head)) >= 2**31:
        raise OverflowError("The map is too large: a mode would have more than 2**31 shortcuts.")
    first_up, first_down = first_up.astype(np.int32), first_down.astype(np.int32)
    task_first, task_last, task_waits = divide_work(
        parent, triangles + np.diff(first_up) + np.diff(first_down), WORK_PARTS
    )
    upward = leaves < enters
    cost = layer.turn_cost[turns].astype(np.int32)
    turn_ms = (cost & (TURN_ENTERS_NO_THROUGH - 1)) * TURN_COST_UNIT_MS
    turn_ms += np.where(cost & TURN_ENTERS_NO_THROUGH, NO_THROUGH_MS, 0)
    first_up_turn, up_turn_link, up_turn_ms = _turns_by_link(
        turn_ms[upward], leaves[upward], enters[upward], first_up, up_head
    )
    first_down_turn, down_turn_link, down_turn_ms = _turns_by_link(
        turn_ms[~upward], enters[~upward], leaves[~upward], first_down, down_head
    )
    first_up_in, up_in, up_in_tail = links_by_head(first_up, up_head)
    first_down_in, down_in, down_in_tail = links_by_head(first_down, down_head)
    none = np.empty(0, dtype=np.int32)
    arrays = {
        "arc_of_vertex": arc_of_vertex,
        "vertex_of_arc": vertex_of_arc,
        "parent": tree_of_links(first_up, up_head, first_down, down_head),
        "first_up": first_up,
        "up_head": up_head,
        "first_down": first_down,
        "down_head": down_head,
        "first_up_in": first_up_in,
        "up_in": up_in,
        "up_in_tail": up_in_tail,
        "first_down_in": first_down_in,
        "down_in": down_in,
        "down_in_tail": down_in_tail,
        "first_up_turn": first_up_turn,
        "up_turn_link": up_turn_link,
        "up_turn_ms": up_turn_ms,
        "first_down_turn": first_down_turn,
        "down_turn_link": down_turn_link,
        "down_turn_ms": down_turn_ms,
        "task_first": task_first,
        "task_last": task_last,
        "task_waits": task_waits,
    }
    arrays = {name: read_only(array, np.int32) for name, array in arrays.items()}
    unweighed = ModeHierarchy(**arrays, base_vertex_ms=none, base_up_ms=none, base_down_ms=none)
    base = LinkWeights.of(unweighed, layer.travel_time_ms, threads=1)
    return ModeHierarchy(
        **arrays,
        base_vertex_ms=read_only(base.vertex_ms, np.int32),
        base_up_ms=read_only(base.up_ms, np.int32),
        base_down_ms=read_only(base.down_ms, np.int32),
    )


def _turns_by_link(
    turn_ms: np.ndarray, low: np.ndarray, high: np.ndarray, first_link: np.ndarray, head: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first, link, cost in ms) of the turns of each lower vertex."""
    first, item = group_by(low, len(first_link) - 1)
    return first, links_of_turns(low[item], high[item], first_link, head), turn_ms[item]
