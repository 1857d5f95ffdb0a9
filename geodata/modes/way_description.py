"""What a way is, whoever travels on it: its class, its name, where its signs point."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.network import EdgeFlag, RoadClass
from geodata.tags.access import Tags
from geodata.tags.oneway import OneWay, carriageway_one_way
from geodata.tags.ways import is_area, way_kind

_ROAD_CLASS = {
    "motorway": RoadClass.MOTORWAY,
    "motorway_link": RoadClass.MOTORWAY_LINK,
    "trunk": RoadClass.TRUNK,
    "trunk_link": RoadClass.TRUNK_LINK,
    "primary": RoadClass.PRIMARY,
    "primary_link": RoadClass.PRIMARY_LINK,
    "secondary": RoadClass.SECONDARY,
    "secondary_link": RoadClass.SECONDARY_LINK,
    "tertiary": RoadClass.TERTIARY,
    "tertiary_link": RoadClass.TERTIARY_LINK,
    "unclassified": RoadClass.UNCLASSIFIED,
    "road": RoadClass.UNCLASSIFIED,  # a road that nobody has looked at yet
    "residential": RoadClass.RESIDENTIAL,
    "living_street": RoadClass.LIVING_STREET,
    "service": RoadClass.SERVICE,
    "busway": RoadClass.BUSWAY,
    "track": RoadClass.TRACK,
    "pedestrian": RoadClass.PEDESTRIAN,
    "cycleway": RoadClass.CYCLEWAY,
    "footway": RoadClass.FOOTWAY,
    "path": RoadClass.PATH,
    "bridleway": RoadClass.BRIDLEWAY,
    "steps": RoadClass.STEPS,
    "corridor": RoadClass.CORRIDOR,
    "ferry": RoadClass.FERRY,
}

ROAD_KIND_BY_CLASS = tuple(
    next((kind for kind, known in _ROAD_CLASS.items() if known is road_class), "other")
    for road_class in RoadClass
)
"""For each RoadClass OSM's word for it."""

_NO_TUNNEL = frozenset({"", "no", "culvert", "building_passage"})
_UNPAVED_SURFACES = frozenset(
    {
        "unpaved",
        "compacted",
        "fine_gravel",
        "gravel",
        "pebblestone",
        "rock",
        "rocky",
        "stone",
        "ground",
        "dirt",
        "earth",
        "soil",
        "clay",
        "laterite",
        "grass",
        "grass_paver",
        "mud",
        "sand",
        "woodchips",
        "snow",
        "ice",
        "salt",
        "shells",
    }
)
_UNPAVED_TRACKS = frozenset({"grade2", "grade3", "grade4", "grade5"})
_NAME_KEYS = ("name", "name:zh", "official_name", "bridge:name", "tunnel:name", "name:en")
_SIDEPATH_NAME_KEYS = ("is_sidepath:of:name", "street:name")
_SIDEPATH_KINDS = frozenset({"footway", "cycleway", "path"})
_DESTINATION_KEYS = ("destination:ref", "destination", "destination:street")
_TOLL_KEYS = ("toll", "toll:motorcar", "toll:motor_vehicle")

WAY_DESCRIPTION_KEYS = frozenset(
    {
        *("highway", "route", "railway", "public_transport", "man_made", "amenity", "oneway"),
        "parking",
        *("junction", "bridge", "tunnel", "area", "area:highway", "surface", "tracktype", "ref"),
        *_TOLL_KEYS,
        *_NAME_KEYS,
        *_SIDEPATH_NAME_KEYS,
        *(f"{key}{way}" for key in _DESTINATION_KEYS for way in ("", ":forward", ":backward")),
    }
)
"""Every key that describe_way looks at."""


@dataclass(frozen=True, slots=True)
class WayDescription:
    """What a way is. Texts are "" where the map has none."""

    road_class: RoadClass
    edge_flags: EdgeFlag
    name: str
    ref: str
    """``G318`` or ``G318; S103``."""
    destination: str
    """What the signs say at its beginning: ``G42: 万州, 开州``."""


def describe_way(tags: Tags) -> WayDescription:
    """What the way is, whatever the mode."""
    kind = way_kind(tags)
    return WayDescription(
        road_class=_ROAD_CLASS.get(kind, RoadClass.OTHER),
        edge_flags=_edge_flags(tags),
        name=_name(tags, kind),
        ref=_list(tags.get("ref", ""), "; "),
        destination=_destination(tags),
    )


def _edge_flags(tags: Tags) -> EdgeFlag:
    flags = EdgeFlag(0)
    if tags.get("bridge", "no") not in ("", "no"):
        flags |= EdgeFlag.BRIDGE
    if tags.get("tunnel", "") not in _NO_TUNNEL:
        flags |= EdgeFlag.TUNNEL
    if any(tags.get(key) == "yes" for key in _TOLL_KEYS):
        flags |= EdgeFlag.TOLL
    if tags.get("junction") == "roundabout":
        flags |= EdgeFlag.ROUNDABOUT
    if tags.get("junction") == "circular":
        flags |= EdgeFlag.CIRCULAR
    if is_area(tags):
        flags |= EdgeFlag.AREA
    surface = tags.get("surface", "")
    if surface in _UNPAVED_SURFACES or (
        not surface and tags.get("tracktype", "") in _UNPAVED_TRACKS
    ):
        flags |= EdgeFlag.UNPAVED
    return flags


def _name(tags: Tags, kind: str) -> str:
    """The name; where it merely repeats the English one, the Chinese one that the signs show."""
    chinese = tags.get("name:zh", "").strip()
    if chinese and tags.get("name", "").strip() == tags.get("name:en", "").strip():
        return chinese
    for key in _NAME_KEYS:
        if name := tags.get(key, "").strip():
            return name
    if kind in _SIDEPATH_KINDS:
        for key in _SIDEPATH_NAME_KEYS:
            if name := tags.get(key, "").strip():
                return name
    return ""


def _destination(tags: Tags) -> str:
    """The signs at the beginning of a one-way road; a two-way road has two beginnings, so only
    signs that name no direction count."""
    match carriageway_one_way(tags):
        case OneWay.FORWARD:
            directions = (":forward", "")
        case OneWay.BACKWARD:
            directions = (":backward", "")
        case _:
            directions = ("",)

    def signed(key: str) -> str:
        for direction in directions:
            if value := _list(tags.get(key + direction, ""), ", "):
                return value
        return ""

    ref, towards, street = (signed(key) for key in _DESTINATION_KEYS)
    towards = towards or street
    return f"{ref}: {towards}" if ref and towards else ref or towards


def _list(value: str, joint: str) -> str:
    return joint.join(part.strip() for part in value.split(";") if part.strip())
