"""The road network: named arrays, immutable, shared by every thread and process.

Three id spaces, never mixed:

``node``  a junction, a dead end, or a point where something stops or slows a driver (a barrier,
          a signal). Nodes are numbered in the order of their H3 cells of resolution 15, so every
          coarser cell is one contiguous slice of nodes.
``edge``  a stretch of road between two nodes, with one geometry, whatever its directions.
``arc``   one direction of travel along an edge. Arc ``2 * edge`` runs along the geometry, arc
          ``2 * edge + 1`` against it. Ids from ``2 * edge_count`` up are *shadow arcs*: copies of
          an arc that can only be entered the way a via-way turn restriction watches, and that
          lack the turns it forbids. ``arc_base`` maps every arc to the arc it copies.

A ``turn`` leads from the end of one arc onto another. Whether an arc or a turn can be used, and
what it costs, depends on the mode and lives in a :class:`ModeLayer`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum, IntFlag

import numpy as np

UNREACHABLE_MS = np.int32(2**30)
"""Travel time of an arc that may not be used, and label of what cannot be reached (12.4 days)."""

NO_THROUGH_MS = np.int32(2**27)
"""Added to a label when a route enters ground that is open only to those who have business there
(``access=destination``, ``private`` ...). It is larger than any journey (37 h), so a route crosses
such ground only where nothing else leads there; a label modulo this number is a time."""

TURN_FORBIDDEN = np.uint16(0xFFFF)
"""Turn cost of a turn that may not be made."""

TURN_ENTERS_NO_THROUGH = np.uint16(0x8000)
"""Bit of a turn cost: the turn enters no-through ground. The lower 15 bits are still the cost."""

TURN_COST_UNIT_MS = 10
"""A turn cost counts hundredths of a second."""

E7 = 10_000_000
"""Stored coordinates are whole numbers of 1e-7 degrees, the precision of OpenStreetMap."""


class RoadClass(IntEnum):
    """The ``highway`` value, or ``ferry``; larger is smaller."""

    MOTORWAY = 0
    MOTORWAY_LINK = 1
    TRUNK = 2
    TRUNK_LINK = 3
    PRIMARY = 4
    PRIMARY_LINK = 5
    SECONDARY = 6
    SECONDARY_LINK = 7
    TERTIARY = 8
    TERTIARY_LINK = 9
    UNCLASSIFIED = 10
    RESIDENTIAL = 11
    LIVING_STREET = 12
    SERVICE = 13
    BUSWAY = 14
    TRACK = 15
    PEDESTRIAN = 16
    CYCLEWAY = 17
    FOOTWAY = 18
    PATH = 19
    BRIDLEWAY = 20
    STEPS = 21
    CORRIDOR = 22
    FERRY = 23
    OTHER = 24


class EdgeFlag(IntFlag):
    """What an edge is, whatever the mode."""

    BRIDGE = 1
    TUNNEL = 2
    TOLL = 4
    ROUNDABOUT = 8
    CIRCULAR = 16  # junction=circular: a ring without a roundabout's right of way
    AREA = 32  # an edge across a pedestrian area
    UNPAVED = 64


class NodeFlag(IntFlag):
    """What stands at a node."""

    SIGNALS = 1
    CROSSING = 2
    STOP = 4
    GIVE_WAY = 8
    BARRIER = 16
    TOLL_BOOTH = 32
    MOTORWAY_JUNCTION = 64
    MINI_ROUNDABOUT = 128
    FORWARD_ONLY = 256  # the signal or sign faces only traffic along its way
    BACKWARD_ONLY = 512  # ... only traffic against it


class Manner(IntEnum):
    """How a mode moves along an arc."""

    NORMAL = 0
    PUSHING = 1  # getting off and pushing where riding is forbidden
    AGAINST_ONE_WAY = 2  # an emergency vehicle against the direction of a small one-way street
    FERRY = 3


class PlaceKind(IntEnum):
    """Places kept with the map."""

    TOLL_BOOTH = 0
    MOTORWAY_JUNCTION = 1
    SERVICE_AREA = 2
    REST_AREA = 3
    POLICE_STATION = 4
    BARRIER = 5
    TUNNEL_MOUTH = 6
    BRIDGE_END = 7


@dataclass(frozen=True, slots=True)
class ModeLayer:
    """What one mode makes of the network. All arrays are read-only."""

    travel_time_ms: np.ndarray
    """int32[arc]; ``UNREACHABLE_MS`` where the mode may not go; at least 1 elsewhere."""
    turn_cost: np.ndarray
    """uint16[turn], in 10 ms; ``TURN_FORBIDDEN``; bit ``TURN_ENTERS_NO_THROUGH``."""
    part: np.ndarray
    """int32[arc]: strongly connected part, 0 the largest by length, then by falling length;
    -1 where the mode may not go."""
    part_length_m: np.ndarray
    """float64[part]: length of road (both directions) in each part."""
    zone: np.ndarray
    """int32[arc]: the piece of no-through ground that the arc lies in; -1 on public ground."""
    manner: np.ndarray
    """uint8[arc]: :class:`Manner`."""


def _no_ids() -> np.ndarray:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class RoadNetwork:
    """One compiled map. All arrays are read-only, usually memory-mapped.

    Networks are compared by identity, so that what is derived from one can be kept beside it in a
    weak dictionary.
    """

    # nodes
    node_lon_e7: np.ndarray  # int32[node]
    node_lat_e7: np.ndarray  # int32[node]
    node_cell: np.ndarray  # uint64[node], H3 resolution 15, rising
    node_osm_id: np.ndarray  # int64[node]
    node_flags: np.ndarray  # uint16[node], NodeFlag

    # edges
    edge_way_id: np.ndarray  # int64[edge], OSM way
    edge_class: np.ndarray  # uint8[edge], RoadClass
    edge_flags: np.ndarray  # uint16[edge], EdgeFlag
    edge_length_m: np.ndarray  # float32[edge]
    edge_name: np.ndarray  # int32[edge], index into texts
    edge_ref: np.ndarray  # int32[edge], index into texts
    edge_destination: np.ndarray  # int32[edge], index into texts
    edge_first_point: np.ndarray  # int64[edge + 1] into point_*; both end nodes are included
    point_lon_e7: np.ndarray  # int32[point]
    point_lat_e7: np.ndarray  # int32[point]

    # arcs
    arc_tail: np.ndarray  # int32[arc], node it leaves
    arc_head: np.ndarray  # int32[arc], node it reaches
    arc_base: np.ndarray  # int32[arc], the arc itself, or the arc that a shadow arc copies
    arc_next_copy: np.ndarray  # int32[arc], next arc with the same base, -1 at the end
    arc_start_bearing_deg: np.ndarray  # int16[arc], 0..359, leaving the tail
    arc_end_bearing_deg: np.ndarray  # int16[arc], 0..359, reaching the head

    # turns, grouped by the arc they leave; the second group lists them by the arc they enter
    first_turn: np.ndarray  # int32[arc + 1] into turn_*
    turn_from: np.ndarray  # int32[turn], arc
    turn_to: np.ndarray  # int32[turn], arc
    first_turn_in: np.ndarray  # int32[arc + 1] into turn_in
    turn_in: np.ndarray  # int32[turn], turn ids grouped by turn_to

    # places
    place_kind: np.ndarray  # uint8[place], PlaceKind
    place_lon_e7: np.ndarray  # int32[place]
    place_lat_e7: np.ndarray  # int32[place]
    place_name: np.ndarray  # int32[place], index into texts
    place_ref: np.ndarray  # int32[place], index into texts
    place_node: np.ndarray  # int32[place], the node it stands at, -1 where none
    place_osm_id: np.ndarray  # int64[place], positive for a node, negative for a way

    # texts: UTF-8, text i is text_utf8[text_first[i]:text_first[i + 1]]; text 0 is empty
    text_first: np.ndarray  # int64[text + 1]
    text_utf8: np.ndarray  # uint8[byte]

    modes: dict[str, ModeLayer]
    title: str  # what to call the map
    attribution: str  # whom to credit on every page and printout

    point_osm_id: np.ndarray = field(default_factory=_no_ids)
    """int64[point], OSM node of each point; empty where the map came from elsewhere."""

    @property
    def node_count(self) -> int:
        return len(self.node_lon_e7)

    @property
    def edge_count(self) -> int:
        return len(self.edge_class)

    @property
    def arc_count(self) -> int:
        return len(self.arc_tail)

    @property
    def turn_count(self) -> int:
        return len(self.turn_to)

    def text(self, index: int) -> str:
        """The text with this index; 0 is the empty text."""
        first, last = self.text_first[index], self.text_first[index + 1]
        return self.text_utf8[first:last].tobytes().decode("utf-8")

    def array_fields(self) -> dict[str, np.ndarray]:
        """Every array of the network itself by name (the modes' layers are not among them)."""
        return {
            known.name: getattr(self, known.name)
            for known in fields(self)
            if known.name not in ("modes", "title", "attribution")
        }
