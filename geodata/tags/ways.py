"""What kind of way it is, before anybody asks who may use it."""

from __future__ import annotations

from geodata.tags.access import Tags
from geodata.tags.oneway import OneWay, carriageway_one_way

WAY_MAIN_KEYS = ("highway", "route", "man_made", "railway", "public_transport", "amenity")
"""A way with none of these is nothing that anybody travels on."""

TIMETABLED = frozenset({"ferry", "shuttle_train"})
"""Ways on which everybody is carried at the same speed."""

_PARKING = frozenset({"parking", "parking_entrance", "bicycle_parking"})
_PARKING_IN_BUILDINGS = frozenset({"underground", "multi-storey", "rooftop"})
"""Their outline is a wall, not a way."""
_HARMLESS_CONSTRUCTION = frozenset({"no", "minor", "widening", "complete", "completed"})


def way_kind(tags: Tags) -> str:
    """The ``highway`` value, or ``ferry``, ``shuttle_train``, ``platform``, ``pier``, ``parking``;
    "" for what is no way at all."""
    if tags.get("route") in TIMETABLED:
        return tags["route"]
    if highway := tags.get("highway", "").strip().lower():
        return highway
    if tags.get("railway") == "platform" or tags.get("public_transport") == "platform":
        return "platform"
    if tags.get("man_made") == "pier":
        return "pier"
    if tags.get("amenity") in _PARKING and tags.get("parking") not in _PARKING_IN_BUILDINGS:
        return "parking"
    return ""


def is_out_of_use(tags: Tags) -> bool:
    """Whether nothing at all can pass: impassable, abandoned, disused or demolished."""
    return (
        tags.get("impassable") == "yes"
        or tags.get("status") in ("impassable", "abandoned", "closed", "proposed")
        or any(tags.get(key) == "yes" for key in ("abandoned", "disused", "demolished", "razed"))
    )


def is_construction_site(tags: Tags) -> bool:
    """Whether an open road is said to be under construction (``construction=minor`` is not)."""
    construction = tags.get("construction", "").strip().lower()
    return bool(construction) and construction not in _HARMLESS_CONSTRUCTION


def is_area(tags: Tags) -> bool:
    """Whether the way is the outline of an area."""
    return tags.get("area") == "yes" or "area:highway" in tags


def is_expressway(tags: Tags) -> bool:
    """Whether only fast motor traffic uses the road.

    ``motorroad`` and ``expressway`` say so. A trunk road with separate carriageways is taken for
    one too: in China ``trunk`` is both the urban expressway (快速路), closed to e-bikes and
    walkers, and the national road (国道) through a village, open to them; the first is mapped as
    two one-way ways, the second mostly as one. Only the first has slip roads.
    """
    if tags.get("motorroad") == "yes" or tags.get("expressway") == "yes":
        return True
    match tags.get("highway"):
        case "trunk":
            return carriageway_one_way(tags) is not OneWay.BOTH
        case "trunk_link":
            return True
    return False
