"""What a mode makes of what stands at a node: a barrier, a toll booth, a signal."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.modes.mode import Mode
from geodata.modes.permission import is_traffic_ban, permission
from geodata.network import NodeFlag
from geodata.tags.access import Access, Tags
from geodata.tags.barriers import barrier_kind, is_locked
from geodata.tags.conditional import conditional_warnings
from geodata.tags.measures import parse_metres

_BESIDE_THE_ROAD = ("crossing", "entrance", "amenity", "shop", "public_transport", "door")
"""Keys of nodes whose access tags speak of the door or the crossing, not of the road."""

_GAPS = frozenset(
    {"bollard", "block", "jersey_barrier", "planter", "height_restrictor", "width_restrictor"}
)
"""Barriers that a vehicle passes when it fits through the gap that the map gives."""

_NO_REAL_SIGNALS = frozenset({"no", "blinker", "blink_mode", "ramp_meter", "emergency", "disused"})


NODE_FIXED_KEYS = frozenset(
    {
        *("barrier", "bollard", "kerb", "sensory", "locked", "highway", "railway", "direction"),
        *("traffic_signals", "traffic_signals:direction", "stop:direction", "give_way:direction"),
        *("maxheight", "maxheight:physical", "maxwidth", "maxwidth:physical"),
        *_BESIDE_THE_ROAD,
    }
)
"""Keys that judge_node and describe_node look at whatever the mode's table says."""


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """What one mode makes of one node."""

    blocked: bool = False
    """May not pass; turning back before it stays possible."""
    delay_s: float = 0.0
    """Seconds that passing takes. Signals, stop and give-way signs are turn costs instead."""
    warnings: tuple[str, ...] = ()


def judge_node(tags: Tags, mode: Mode) -> NodeVerdict:
    """What the mode makes of a node with these tags."""
    kind = barrier_kind(tags)
    warnings: list[str] = []
    blocked, delay_s = False, _standing_delay_s(tags, mode)
    if kind:
        blocked, barrier_s = _judge_barrier(tags, mode, kind, warnings)
        delay_s += barrier_s
    elif not _beside_the_road(tags):
        said = permission(tags, mode, "", warnings)
        if said is not None and said.access is Access.NO:
            blocked = not is_traffic_ban(tags, mode, said)
    if blocked:
        delay_s = 0.0
    warnings += conditional_warnings(tags, ("access", *mode.access_keys))
    return NodeVerdict(blocked, delay_s, tuple(dict.fromkeys(warnings)))


def _judge_barrier(tags: Tags, mode: Mode, kind: str, warnings: list[str]) -> tuple[bool, float]:
    """(blocked, seconds) at a barrier.

    RULE 1  a gap that is given in metres lets through what fits.
    RULE 2  the barrier's own access tags decide; a ban there is a wall, not a sign. What is open
            only on business stays shut where there is nobody to open it.
    RULE 3  a locked barrier stops all whom no tag names.
    RULE 4  else the mode's table decides.
    """
    table = mode.barriers
    blocks = kind in table.blocks or (kind not in table.delay_s and table.otherwise_blocks)
    # RULE 1
    gap = _fits_the_gap(tags, mode, kind)
    if gap is False:
        return True, 0.0
    if gap:
        blocks = False
    # RULE 2
    said = permission(tags, mode, "", warnings)
    if said is not None:
        if said.access is Access.NO:
            return True, 0.0
        if said.access is Access.YES and said.named:
            return False, max(table.delay_s.get(kind, 0.0), table.opened_s if blocks else 0.0)
    # RULE 3
    if is_locked(tags):
        return True, 0.0
    if said is not None and said.access is Access.YES:
        return False, table.delay_s.get(kind, table.opened_s)
    # RULE 4
    if blocks:
        return True, 0.0
    delay_s = table.delay_s.get(kind, 0.0)
    if said is not None:
        delay_s = max(delay_s, table.business_s)
    return False, delay_s


def _fits_the_gap(tags: Tags, mode: Mode, kind: str) -> bool | None:
    """Whether the vehicle fits under and between, None where the map gives no measure."""
    if mode.size is None:
        return None
    fits = None
    for keys, need_m in (
        (("maxheight:physical", "maxheight"), mode.size.height_m),
        (("maxwidth:physical", "maxwidth"), mode.size.width_m),
    ):
        for key in keys:
            most_m = parse_metres(tags.get(key, "")) if key in tags else None
            if most_m is None:
                continue
            if most_m < need_m:
                return False
            if kind in _GAPS:
                fits = True
    return fits


def _standing_delay_s(tags: Tags, mode: Mode) -> float:
    """Seconds at things that are no barrier."""
    return sum(mode.node_delay_s.get(tags.get(key, ""), 0.0) for key in ("highway", "railway"))


def _beside_the_road(tags: Tags) -> bool:
    return tags.get("highway") in ("crossing", "bus_stop", "platform", "elevator") or any(
        key in tags for key in _BESIDE_THE_ROAD
    )


def describe_node(tags: Tags) -> NodeFlag:
    """What stands at the node, whatever the mode."""
    flags = NodeFlag(0)
    highway = tags.get("highway", "")
    match highway:
        case "traffic_signals":
            if tags.get("traffic_signals") not in _NO_REAL_SIGNALS:
                flags |= NodeFlag.SIGNALS
        case "crossing":
            flags |= NodeFlag.CROSSING
        case "stop":
            flags |= NodeFlag.STOP
        case "give_way":
            flags |= NodeFlag.GIVE_WAY
        case "motorway_junction":
            flags |= NodeFlag.MOTORWAY_JUNCTION
        case "mini_roundabout":
            flags |= NodeFlag.MINI_ROUNDABOUT
    kind = barrier_kind(tags)
    if kind == "toll_booth" or highway == "toll_booth":
        flags |= NodeFlag.TOLL_BOOTH
    elif kind:
        flags |= NodeFlag.BARRIER
    if flags & (NodeFlag.SIGNALS | NodeFlag.STOP | NodeFlag.GIVE_WAY):
        match tags.get(f"{highway}:direction") or tags.get("direction"):
            case "forward":
                flags |= NodeFlag.FORWARD_ONLY
            case "backward":
                flags |= NodeFlag.BACKWARD_ONLY
    return flags
