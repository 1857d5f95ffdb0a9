"""Which turns a junction offers each mode, and what each turn costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geodata.assembly.edges import CutRoads
from geodata.assembly.rules import ArcRule
from geodata.assembly.watching import Turns
from geodata.errors import MapFileError
from geodata.kernels.assembly import arcs_by_node, count_turns, list_turns
from geodata.modes.mode import Mode
from geodata.modes.turns import faces_driver, may_u_turn, turn_cost_s
from geodata.network import (
    TURN_COST_UNIT_MS,
    TURN_ENTERS_NO_THROUGH,
    TURN_FORBIDDEN,
    EdgeFlag,
    NodeFlag,
)
from geodata.osm.raw_roads import RawRoads

MAX_MODES = 32
"""Modes are bits of a 32-bit word while the map is assembled."""

LONGEST_TURN_COST = 0x7FFE
"""Largest storable turn cost, in 10 ms (327.66 s); 0x7FFF with the top bit means forbidden."""


def bits_of_modes(modes: Sequence[Mode]) -> dict[str, int]:
    """A bit for each mode, by its name."""
    if len(modes) > MAX_MODES:
        raise MapFileError(f"A map holds at most {MAX_MODES} modes; {len(modes)} were asked for.")
    return {mode.name: 1 << index for index, mode in enumerate(modes)}


def modes_of_arcs(
    usable: dict[str, np.ndarray], mode_bits: dict[str, int], arc_count: int
) -> np.ndarray:
    """uint32[arc]: bits of the modes that may use each arc."""
    arc_modes = np.zeros(arc_count, np.uint32)
    for name, bit in mode_bits.items():
        arc_modes[usable[name]] |= np.uint32(bit)
    return arc_modes


def offered_turns(
    raw: RawRoads,
    cut: CutRoads,
    modes: Sequence[Mode],
    arc_modes: np.ndarray,
    mode_bits: dict[str, int],
    rules: Sequence[ArcRule],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Turns before any restriction: (first_turn int64[arc + 1], from, to, bits of the modes).

    A mode turns from an arc onto any other it may use at the same node, unless the node is blocked
    for it. Back onto the same edge it turns only where its driver could.
    """
    node_count = len(cut.raw_of_node)
    blocked_modes = np.zeros(node_count, np.uint32)
    u_turn_modes = np.zeros(len(arc_modes), np.uint32)
    for mode in modes:
        bit = np.uint32(mode_bits[mode.name])
        blocked = raw.node_blocked[mode.name][cut.raw_of_node]
        blocked_modes[blocked] |= bit
        u_turn_modes[_may_turn_back(raw, cut, mode, (arc_modes & bit) != 0, blocked)] |= bit
    for rule in rules:
        if rule.only and rule.path[-1] == rule.to ^ 1:  # a sign that sends drivers back allows it
            u_turn_modes[rule.path[-1]] |= np.uint32(rule.modes)
    first_out, arcs_out = arcs_by_node(cut.arc_tail, node_count)
    network = (cut.arc_head, first_out, arcs_out, arc_modes, blocked_modes, u_turn_modes)
    first_turn = count_turns(*network)
    if first_turn[-1] >= 2**31:
        raise MapFileError(
            f"The map has {first_turn[-1]:,} turns, more than 32-bit ids hold. "
            "Cut the extract into smaller regions."
        )
    return (first_turn, *list_turns(first_turn, *network))


def _may_turn_back(
    raw: RawRoads, cut: CutRoads, mode: Mode, usable: np.ndarray, blocked: np.ndarray
) -> np.ndarray:
    """bool[arc]: at its head the mode may turn back onto the same edge.

    A dead end is where the mode has no other way on: the end of its roads, or a barrier.
    """
    back_usable = usable.reshape(-1, 2)[:, ::-1].ravel()
    exits = np.bincount(cut.arc_tail[usable], minlength=len(blocked))
    dead_end = (exits[cut.arc_head] - back_usable <= 0) | blocked[cut.arc_head]
    edge_may = may_u_turn(
        mode,
        dead_end=dead_end,
        road_class=np.repeat(raw.way_class[cut.edge_way], 2),
        edge_flags=np.repeat(raw.way_flags[cut.edge_way], 2),
        length_m=np.repeat(cut.edge_length_m, 2),
    )
    return usable & back_usable & edge_may


def turn_costs(
    raw: RawRoads,
    cut: CutRoads,
    mode: Mode,
    bit: int,
    turns: Turns,
    enters_no_through: np.ndarray,
) -> np.ndarray:
    """Cost of each turn for the mode: uint16[turn], as :class:`geodata.network.ModeLayer` says.

    A bend costs nothing where the road has no branch or runs round a roundabout: there nobody
    decides, slows for others or crosses their way. What delays those who pass a node does not
    delay those who turn back before it.
    """
    allowed = np.flatnonzero((turns.modes & np.uint32(bit)) != 0)
    base_from = turns.arc_base[turns.turn_from[allowed]]
    base_to = turns.arc_base[turns.turn_to[allowed]]
    node = cut.arc_head[base_from]
    raw_node = cut.raw_of_node[node]
    u_turn = base_to == (base_from ^ 1)
    bend_deg = (
        cut.arc_start_bearing_deg[base_to].astype(np.int32)
        - cut.arc_end_bearing_deg[base_from]
        + 180
    ) % 360 - 180
    ring = int(EdgeFlag.ROUNDABOUT | EdgeFlag.CIRCULAR)
    on_ring = (raw.way_flags[cut.edge_way] & ring) != 0
    onto_ring = on_ring[base_to >> 1]
    bend_deg[onto_ring & on_ring[base_from >> 1] & ~u_turn] = 0
    branches = np.bincount(cut.arc_tail, minlength=len(cut.raw_of_node))
    along_way = (base_from & 1) == 0
    flags = raw.node_flags[raw_node]
    cost_s = turn_cost_s(
        mode,
        bend_deg,
        u_turn=u_turn,
        signals=faces_driver(flags, NodeFlag.SIGNALS, along_way),
        stop=faces_driver(flags, NodeFlag.STOP, along_way),
        give_way=faces_driver(flags, NodeFlag.GIVE_WAY, along_way),
        junction=branches[node] > 2,
        roundabout=onto_ring,
        delay_s=np.where(u_turn, 0, raw.node_delay_s[mode.name][raw_node]),
    )
    steps = np.rint(np.asarray(cost_s, np.float64) * (1000 / TURN_COST_UNIT_MS))
    coded = np.clip(steps, 0, LONGEST_TURN_COST).astype(np.uint16)
    coded[enters_no_through[allowed]] |= TURN_ENTERS_NO_THROUGH
    cost = np.full(len(turns.turn_to), TURN_FORBIDDEN, np.uint16)
    cost[allowed] = coded
    return cost
