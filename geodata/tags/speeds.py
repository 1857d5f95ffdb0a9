"""Speed limits as OpenStreetMap writes them, in km/h."""

from __future__ import annotations

import re
from types import MappingProxyType

from geodata.tags.access import Tags

KPH_PER_MPH = 1.609344
KPH_PER_KNOT = 1.852
WALKING_KPH = 6.0
"""``maxspeed=walk``: a pace that nobody on foot has to give way to."""
NO_LIMIT_KPH = 130.0
"""``maxspeed=none``: the German recommended speed, as no limit is no speed."""

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(km/?h|kmph|kph|kmh|mph|mp/h|knots?|kn)?")
_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]{2,3})?):([a-z_]+)")
_ZONE_NUMBER = re.compile(r"[a-z]{2}(?:-[a-z]{2,3})?:(?:zone:?)?(\d+)")
_FASTEST_KPH = 300.0

_ZONE_KPH = MappingProxyType(
    {"urban": 50.0, "rural": 90.0, "trunk": 100.0, "motorway": 120.0, "expressway": 100.0}
)
"""The commonest limit of each kind of zone, for countries not in the table below."""

_MPH_60, _MPH_70 = 60 * KPH_PER_MPH, 70 * KPH_PER_MPH

# National limits for cars, from the traffic laws. China: Regulation for the Implementation of the
# Road Traffic Safety Law, art. 45 (one lane each way: 50 in town, 70 on open road) and 78
# (motorways 120); 100 on urban expressways and national roads built like one.
_COUNTRY_ZONE_KPH = MappingProxyType(
    {
        "cn": {
            "rural": 70.0,
            "trunk": 100.0,
            "motorway": 120.0,
            "urban": 50.0,
            "expressway": 100.0,
        },
        "hk": {"urban": 50.0, "rural": 50.0, "motorway": 100.0},
        "tw": {"rural": 50.0, "motorway": 110.0},
        "jp": {"urban": 60.0, "rural": 60.0, "motorway": 100.0, "expressway": 100.0},
        "kr": {"rural": 80.0, "trunk": 90.0, "motorway": 100.0},
        "vn": {"rural": 80.0},
        "th": {"urban": 80.0, "motorway": 120.0},
        "ph": {"urban": 40.0, "rural": 80.0, "motorway": 100.0},
        "in": {"rural": 70.0, "motorway": 100.0},
        "at": {"rural": 100.0, "trunk": 100.0, "motorway": 130.0},
        "be": {"rural": 90.0, "motorway": 120.0, "trunk": 120.0},
        "be-bru": {"urban": 30.0, "rural": 70.0},
        "be-vlg": {"rural": 70.0},
        "be-wal": {"rural": 90.0},
        "bg": {"motorway": 140.0, "trunk": 120.0},
        "by": {"urban": 60.0, "motorway": 110.0},
        "ch": {"rural": 80.0, "trunk": 100.0, "motorway": 120.0},
        "cz": {"trunk": 110.0, "motorway": 130.0},
        "de": {"rural": 100.0, "trunk": NO_LIMIT_KPH, "motorway": NO_LIMIT_KPH},
        "dk": {"rural": 80.0, "motorway": 130.0},
        "es": {"trunk": 90.0, "motorway": 120.0},
        "fi": {"rural": 80.0, "trunk": 100.0, "motorway": 120.0},
        "fr": {"rural": 80.0, "trunk": 110.0, "motorway": 130.0},
        "gb": {"motorway": _MPH_70, "nsl_single": _MPH_60, "nsl_dual": _MPH_70, "rural": _MPH_60},
        "uk": {"motorway": _MPH_70, "nsl_single": _MPH_60, "nsl_dual": _MPH_70, "rural": _MPH_60},
        "gr": {"motorway": 130.0, "trunk": 110.0},
        "hr": {"trunk": 110.0, "motorway": 130.0},
        "hu": {"trunk": 110.0, "motorway": 130.0},
        "ie": {"rural": 80.0, "motorway": 120.0},
        "it": {"trunk": 110.0, "motorway": 130.0},
        "lt": {"trunk": 120.0, "motorway": 130.0},
        "lu": {"motorway": 130.0},
        "lv": {"trunk": 90.0},
        "nl": {"rural": 80.0, "trunk": 100.0, "motorway": 100.0},
        "no": {"rural": 80.0, "motorway": 110.0},
        "pl": {"motorway": 140.0, "expressway": 120.0},
        "pt": {"trunk": 100.0, "motorway": 120.0},
        "ro": {"trunk": 100.0, "motorway": 130.0},
        "rs": {"rural": 80.0, "trunk": 100.0, "motorway": 130.0},
        "ru": {"urban": 60.0, "trunk": 110.0, "motorway": 110.0},
        "se": {"rural": 70.0, "motorway": 110.0},
        "si": {"trunk": 110.0, "motorway": 130.0},
        "sk": {"trunk": 90.0, "motorway": 130.0},
        "tr": {"trunk": 110.0, "motorway": 130.0},
        "ua": {"trunk": 110.0, "motorway": 130.0},
        "ar": {"urban": 40.0, "rural": 110.0},
        "br": {"urban": 60.0, "rural": 60.0, "motorway": 110.0},
        "za": {"urban": 60.0, "rural": 100.0, "motorway": 120.0},
    }
)

_WALKING_ZONES = frozenset({"living_street", "walk", "pedestrian_zone", "pedestrian"})
_LIVING_STREET_KPH = MappingProxyType({"ru": 20.0, "lv": 20.0, "fr": 20.0, "be": 20.0, "ch": 20.0})
_BICYCLE_ROAD_KPH = 30.0


def parse_speed_kph(value: str) -> float | None:
    """A speed limit in km/h; None where the value says no speed or is not understood.

    Reads ``50``, ``50 km/h``, ``30 mph``, ``10 knots``, ``walk``, ``none``, and zones such as
    ``CN:urban``, ``DE:zone:30``, ``GB:nsl_dual``. Of a list the lowest holds.
    """
    value = value.strip().lower()
    if ";" in value:
        speeds = [s for part in value.split(";") if (s := parse_speed_kph(part)) is not None]
        return min(speeds) if speeds else None
    if match := _NUMBER.fullmatch(value):
        unit = match[2] or ""
        factor = KPH_PER_MPH if unit.startswith("mp") else KPH_PER_KNOT if "kn" in unit else 1.0
        speed_kph = float(match[1]) * factor
        return speed_kph if 0 < speed_kph <= _FASTEST_KPH else None
    if value in ("walk", "walking", "footwalk"):
        return WALKING_KPH
    if value in ("none", "unlimited"):
        return NO_LIMIT_KPH
    if match := _ZONE_NUMBER.fullmatch(value):
        speed_kph = float(match[1])
        return speed_kph if 0 < speed_kph <= _FASTEST_KPH else None
    if match := _ZONE.fullmatch(value):
        return _zone_kph(match[1], match[2])
    return None


def _zone_kph(country: str, zone: str) -> float | None:
    if zone in _WALKING_ZONES:
        return _LIVING_STREET_KPH.get(country, WALKING_KPH)
    if zone == "bicycle_road":
        return _BICYCLE_ROAD_KPH
    here = _COUNTRY_ZONE_KPH.get(country) or _COUNTRY_ZONE_KPH.get(country[:2], {})
    return here.get(zone, _ZONE_KPH.get(zone))


_LIMIT_KEYS = ("maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
"""Where a limit may stand, the surest first; the later ones often name a zone only."""

LIMIT_KEYS = (
    *(key for base in _LIMIT_KEYS for key in (base, f"{base}:forward", f"{base}:backward")),
    *(f"maxspeed:advisory{direction}" for direction in ("", ":forward", ":backward")),
)


def limit_kph(tags: Tags, direction: str) -> float | None:
    """The speed limit of a way in one direction (``forward`` or ``backward``), km/h; None without.

    An advisory speed (on a bend, on a slip road) counts where it is lower than the limit.
    """
    advised = _first_speed_kph(tags, ("maxspeed:advisory",), direction)
    limit = _first_speed_kph(tags, _LIMIT_KEYS, direction)
    speeds = [speed for speed in (advised, limit) if speed is not None]
    return min(speeds) if speeds else None


_NO_NUMBER_WORDS = frozenset({"signals", "variable", "sign", "default", "implicit", "yes", "no"})


def limit_warnings(tags: Tags) -> tuple[str, ...]:
    """One sentence for each ``maxspeed`` that is not understood."""
    return tuple(
        f"{key} {value[:40]!r} is not understood; the kind of road decides"
        for key in ("maxspeed", "maxspeed:forward", "maxspeed:backward")
        if (value := tags.get(key, "").strip().lower())
        and value not in _NO_NUMBER_WORDS
        and parse_speed_kph(value) is None
    )


def _first_speed_kph(tags: Tags, keys: tuple[str, ...], direction: str) -> float | None:
    for key in keys:
        for spelled in (f"{key}:{direction}", key):
            value = tags.get(spelled, "")
            if value and (speed := parse_speed_kph(value)) is not None:
                return speed
    return None
