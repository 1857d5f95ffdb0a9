"""From roads as read to a road network: cut at junctions, numbered, joined by turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from geodata.assembly.edges import CutRoads, cut_ways
from geodata.assembly.parts import connected_parts
from geodata.assembly.places import find_places
from geodata.assembly.rules import resolve_restrictions
from geodata.assembly.turns import bits_of_modes, modes_of_arcs, offered_turns, turn_costs
from geodata.assembly.watching import Turns, watch_paths
from geodata.assembly.zones import enters_no_through, no_through_zones
from geodata.errors import MapFileError
from geodata.kernels.assembly import group_by_value
from geodata.modes.mode import Mode
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS, Manner, ModeLayer, RoadNetwork
from geodata.osm.raw_roads import RawRoads

__all__ = ["assemble"]

LAWFULLY_DRIVEN = (int(Manner.NORMAL), int(Manner.FERRY))
"""Manners of travel that turn restrictions speak of: not pushing, nor against a one-way street."""

MS_PER_S = 1000
MPS_PER_KPH = 1 / 3.6


def assemble(
    raw: RawRoads,
    modes: Sequence[Mode],
    progress: Callable[[str, float], None] | None = None,
) -> RoadNetwork:
    """The road network of ``raw`` for the given modes, its arrays read-only.

    What had to be left out (a restriction that fits no turn, or more than one) is counted in
    ``raw.warnings``. ``progress`` is called with what is being done and the share of it done.
    Raises :class:`MapFileError` if no mode can use any of it.
    """
    report = progress or (lambda doing, share: None)
    report("cutting ways at junctions", 0.0)
    cut = cut_ways(raw)
    mode_bits = bits_of_modes(modes)
    arc_count = 2 * len(cut.edge_way)
    travel_time_ms = {mode.name: _travel_time_ms(raw, cut, mode.name) for mode in modes}
    usable = {name: time_ms < UNREACHABLE_MS for name, time_ms in travel_time_ms.items()}
    arc_modes = modes_of_arcs(usable, mode_bits, arc_count)
    if not arc_modes.any():
        raise MapFileError("The map holds no road that any of the modes may use.")

    report("joining roads by turns", 0.3)
    lawful = {
        name: usable[name] & np.isin(_manner(raw, cut, name), LAWFULLY_DRIVEN) for name in mode_bits
    }
    rules = resolve_restrictions(raw, cut, modes_of_arcs(lawful, mode_bits, arc_count), mode_bits)
    offered = offered_turns(raw, cut, modes, arc_modes, mode_bits, rules)
    turns = watch_paths(*offered, rules)
    first_turn, _ = group_by_value(turns.turn_from, len(turns.arc_base))
    first_turn_in, turn_in = group_by_value(turns.turn_to, len(turns.arc_base))

    layers = {}
    for index, mode in enumerate(modes):
        report(f"weighing roads for {mode.name}", 0.5 + 0.5 * index / len(modes))
        layers[mode.name] = _layer(
            raw, cut, mode, mode_bits[mode.name], turns, travel_time_ms[mode.name]
        )

    places = find_places(raw, cut)
    text_first, text_utf8 = _pack_texts(raw.texts)
    edge_way = cut.edge_way
    base = turns.arc_base
    network = RoadNetwork(
        node_lon_e7=raw.node_lon_e7[cut.raw_of_node].astype(np.int32),
        node_lat_e7=raw.node_lat_e7[cut.raw_of_node].astype(np.int32),
        node_cell=cut.node_cell,
        node_osm_id=raw.node_osm_id[cut.raw_of_node].astype(np.int64),
        node_flags=raw.node_flags[cut.raw_of_node].astype(np.uint16),
        edge_way_id=raw.way_osm_id[edge_way].astype(np.int64),
        edge_class=raw.way_class[edge_way].astype(np.uint8),
        edge_flags=raw.way_flags[edge_way].astype(np.uint16),
        edge_length_m=cut.edge_length_m,
        edge_name=raw.way_name[edge_way].astype(np.int32),
        edge_ref=raw.way_ref[edge_way].astype(np.int32),
        edge_destination=raw.way_destination[edge_way].astype(np.int32),
        edge_first_point=cut.edge_first_point,
        point_lon_e7=cut.point_lon_e7,
        point_lat_e7=cut.point_lat_e7,
        point_osm_id=cut.point_osm_id,
        arc_tail=cut.arc_tail[base],
        arc_head=cut.arc_head[base],
        arc_base=base,
        arc_next_copy=_next_copies(base),
        arc_start_bearing_deg=cut.arc_start_bearing_deg[base],
        arc_end_bearing_deg=cut.arc_end_bearing_deg[base],
        first_turn=first_turn,
        turn_from=turns.turn_from,
        turn_to=turns.turn_to,
        first_turn_in=first_turn_in,
        turn_in=turn_in,
        place_kind=places.kind,
        place_lon_e7=places.lon_e7,
        place_lat_e7=places.lat_e7,
        place_name=places.name,
        place_ref=places.ref,
        place_node=places.node,
        place_osm_id=places.osm_id,
        text_first=text_first,
        text_utf8=text_utf8,
        modes=layers,
        title=raw.title,
        attribution=raw.attribution,
    )
    for array in network.array_fields().values():
        array.flags.writeable = False
    return network


def _travel_time_ms(raw: RawRoads, cut: CutRoads, mode: str) -> np.ndarray:
    """int32[arc]: milliseconds along each arc, ``UNREACHABLE_MS`` where the mode may not go."""
    kph = np.column_stack(
        (raw.way_forward_kph[mode][cut.edge_way], raw.way_backward_kph[mode][cut.edge_way])
    ).ravel()
    time_ms = np.full(len(kph), UNREACHABLE_MS, np.int32)
    usable = kph > 0
    length_m = np.repeat(cut.edge_length_m, 2)[usable].astype(np.float64)
    exact_ms = length_m / (kph[usable] * MPS_PER_KPH) * MS_PER_S
    time_ms[usable] = np.clip(np.rint(exact_ms), 1, NO_THROUGH_MS - 1).astype(np.int32)
    return time_ms


def _manner(raw: RawRoads, cut: CutRoads, mode: str) -> np.ndarray:
    """uint8[arc]: how the mode moves along each arc."""
    forward = raw.way_forward_manner[mode][cut.edge_way]
    backward = raw.way_backward_manner[mode][cut.edge_way]
    return np.column_stack((forward, backward)).ravel().astype(np.uint8)


def _layer(
    raw: RawRoads, cut: CutRoads, mode: Mode, bit: int, turns: Turns, base_time_ms: np.ndarray
) -> ModeLayer:
    base = turns.arc_base
    travel_time_ms = base_time_ms[base]
    usable = travel_time_ms < UNREACHABLE_MS
    allowed = (turns.modes & np.uint32(bit)) != 0
    turn_from, turn_to = turns.turn_from[allowed], turns.turn_to[allowed]

    part, part_length_m = connected_parts(
        usable, base, cut.edge_length_m[base >> 1].astype(np.float64), turn_from, turn_to
    )
    no_through = usable & raw.way_no_through[mode.name][cut.edge_way[base >> 1]]
    zone = no_through_zones(no_through, base, turn_from, turn_to)
    entering = enters_no_through(zone, turns.turn_from, turns.turn_to)
    layer = ModeLayer(
        travel_time_ms=travel_time_ms,
        turn_cost=turn_costs(raw, cut, mode, bit, turns, entering),
        part=part,
        part_length_m=part_length_m,
        zone=zone,
        manner=_manner(raw, cut, mode.name)[base],
    )
    for name in ModeLayer.__slots__:
        getattr(layer, name).flags.writeable = False
    return layer


def _next_copies(arc_base: np.ndarray) -> np.ndarray:
    """int32[arc]: the next arc with the same base, -1 at the end of each chain."""
    next_copy = np.full(len(arc_base), -1, np.int32)
    last: dict[int, int] = {}
    for shadow in np.flatnonzero(arc_base != np.arange(len(arc_base))).tolist():
        base = int(arc_base[shadow])
        next_copy[last.get(base, base)] = shadow
        last[base] = shadow
    return next_copy


def _pack_texts(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    encoded = [text.encode("utf-8") for text in texts] or [b""]
    first = np.concatenate(([0], np.cumsum([len(text) for text in encoded]))).astype(np.int64)
    return first, np.frombuffer(b"".join(encoded), np.uint8).copy()
