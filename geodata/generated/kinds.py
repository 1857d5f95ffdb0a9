"""The kinds of roads and points that a generated country has, as tags that modes judge."""

from __future__ import annotations

KINDS: dict[str, dict[str, str]] = {
    "avenue": {"highway": "primary", "maxspeed": "60"},
    "bridge": {"highway": "primary", "maxspeed": "60", "bridge": "yes"},
    "collector": {"highway": "tertiary"},
    "street": {"highway": "residential"},
    "street one way": {"highway": "residential", "oneway": "yes"},
    "living street": {"highway": "living_street"},
    "service road": {"highway": "service"},
    "compound": {"highway": "service", "access": "private"},
    "footway": {"highway": "footway"},
    "cycleway": {"highway": "cycleway"},
    "country road": {"highway": "secondary"},
    "village road": {"highway": "unclassified"},
    "track": {"highway": "track", "tracktype": "grade2"},
    "expressway": {"highway": "motorway", "oneway": "yes", "maxspeed": "120", "toll": "yes"},
    "tunnel": {
        "highway": "motorway",
        "oneway": "yes",
        "maxspeed": "80",
        "toll": "yes",
        "tunnel": "yes",
    },
    "ramp": {"highway": "motorway_link", "oneway": "yes", "toll": "yes"},
}
KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}

POINT_KINDS: tuple[dict[str, str], ...] = (
    {},
    {"highway": "traffic_signals"},
    {"barrier": "gate", "access": "private"},
    {"barrier": "toll_booth"},
    {"barrier": "bollard"},
)
PLAIN, SIGNALS, GATE, TOLL_GATE, BOLLARD = range(len(POINT_KINDS))
