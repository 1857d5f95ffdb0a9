"""What the reader hands to the assembly: the roads of a map file as plain arrays.

Nothing has been cut at junctions yet. Ways still run through all their points, in the order of the
file, and restrictions still speak of OSM ids. Everything that depends on tags has been decided:
no tag leaves this package.

Two id spaces:

``node``  index into the ``node_*`` arrays: a point that at least one kept way passes.
``way``   index into the ``way_*`` arrays: a run of points with one set of tags. Several ways may
          carry the same OSM id: a way whose file lacks some of its points is kept as the runs
          between the gaps, and a pedestrian area becomes its outline plus one way for each line
          across it (those have ``EdgeFlag.AREA``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Rule = Literal["no", "only"]
"""``no``: this turn may not be made; ``only``: from there no other turn may be made."""


@dataclass(frozen=True, slots=True)
class RawRestriction:
    """One turn rule between OSM ways. A relation with several ``from`` or ``to`` members (only
    ``no_entry`` and ``no_exit`` may have them) becomes several of these."""

    relation_id: int
    from_way: int
    """OSM id of the way the driver comes from."""
    via_node: int | None
    """OSM id of the junction, or None where the rule goes via ways."""
    via_ways: tuple[int, ...]
    """OSM ids of the ways in between, in driving order; empty where ``via_node`` is given."""
    to_way: int
    """OSM id of the way the driver goes onto."""
    rule_by_mode: Mapping[str, Rule]
    """The rule for each mode that it binds; never empty."""
    is_u_turn: bool = False
    """The tag was ``no_u_turn`` or ``only_u_turn``: it speaks of turning back only."""


@dataclass(frozen=True, slots=True)
class RawRoads:
    """All ways that at least one mode may use, their points, turn rules and places."""

    # nodes: no two have the same OSM id; in no particular order
    node_osm_id: np.ndarray  # int64[node]
    node_lon_e7: np.ndarray  # int32[node], within -180..180 degrees
    node_lat_e7: np.ndarray  # int32[node], within -90..90 degrees
    node_flags: np.ndarray  # uint16[node], network.NodeFlag
    node_blocked: dict[str, np.ndarray]  # mode -> bool[node]: the mode cannot pass
    node_delay_s: dict[str, np.ndarray]  # mode -> float32[node]: passing costs this, 0 mostly

    # ways: each has at least two points, no point twice in a row
    way_osm_id: np.ndarray  # int64[way], not unique (see above)
    way_first_node: np.ndarray  # int64[way + 1] into way_node
    way_node: np.ndarray  # int32[point of way], node index, in the way's own direction
    way_class: np.ndarray  # uint8[way], network.RoadClass
    way_flags: np.ndarray  # uint16[way], network.EdgeFlag
    way_name: np.ndarray  # int32[way], index into texts
    way_ref: np.ndarray  # int32[way], index into texts
    way_destination: np.ndarray  # int32[way], index into texts
    way_forward_kph: dict[str, np.ndarray]  # mode -> float32[way]; 0 where the mode may not go
    way_backward_kph: dict[str, np.ndarray]  # the same against the way's direction
    way_forward_manner: dict[str, np.ndarray]  # mode -> uint8[way], network.Manner
    way_backward_manner: dict[str, np.ndarray]
    way_no_through: dict[str, np.ndarray]  # mode -> bool[way]: only for those with business there

    restrictions: list[RawRestriction]

    # places
    place_kind: np.ndarray  # uint8[place], network.PlaceKind
    place_lon_e7: np.ndarray  # int32[place]
    place_lat_e7: np.ndarray  # int32[place]
    place_name: np.ndarray  # int32[place], index into texts
    place_ref: np.ndarray  # int32[place], index into texts
    place_node: np.ndarray  # int32[place], node index, -1 where it stands on no kept way
    place_osm_id: np.ndarray  # int64[place], positive for a node, negative for a way

    texts: list[str]  # no two alike; texts[0] is ""
    title: str  # what to call the map
    attribution: str  # whom to credit
    warnings: Counter[str] = field(default_factory=Counter)
    """What was wrong with the file but could be lived with: sentence -> how often."""

    @property
    def node_count(self) -> int:
        return len(self.node_osm_id)

    @property
    def way_count(self) -> int:
        return len(self.way_osm_id)

    @property
    def modes(self) -> tuple[str, ...]:
        """The names of the modes that were asked about."""
        return tuple(self.way_forward_kph)
