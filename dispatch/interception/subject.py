"""Whom to stop: where the subject was last seen, how they travel, where they may be going.

Coordinates are WGS-84 degrees. Speed factors say how fast a subject drives compared with the map's
own times of the mode: 1.2 is a fifth faster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from dispatch.errors import InterceptionError
from geodata.changes import RoadChanges

MOST_RADIUS_M = 5_000.0
"""A sighting known less well than this is a district, not a place."""
MOST_TIME_ERROR_S = 1_800.0
"""A sighting known less well than half an hour says nothing about now."""
LEAST_HORIZON_S, MOST_HORIZON_S = 60.0, 6 * 3_600.0
LOWEST_FACTOR, HIGHEST_FACTOR = 0.2, 3.0
MOST_DESTINATIONS = 64


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where and when the subject was seen (过车记录)."""

    lon: float
    lat: float
    seen_at_s: float
    """UTC seconds since 1970."""
    radius_m: float = 50.0
    """They were within this radius."""
    time_error_s: float = 0.0
    """They were there up to so much earlier or later."""
    heading_deg: float | None = None
    """Clockwise from north, 0..360; None where it is not known."""

    def __post_init__(self) -> None:
        if not (-180.0 <= self.lon <= 180.0 and -90.0 <= self.lat <= 90.0):
            raise InterceptionError(
                "A sighting needs a longitude in -180..180 and a latitude in -90..90."
            )
        if not math.isfinite(self.seen_at_s):
            raise InterceptionError("A sighting needs the time at which it was made.")
        if not 0.0 <= self.radius_m <= MOST_RADIUS_M:
            raise InterceptionError(f"The radius of a sighting is 0 to {MOST_RADIUS_M:.0f} metres.")
        if not 0.0 <= self.time_error_s <= MOST_TIME_ERROR_S:
            raise InterceptionError(
                f"The time of a sighting is known to 0 to {MOST_TIME_ERROR_S:.0f} seconds."
            )
        if self.heading_deg is not None and not 0.0 <= self.heading_deg <= 360.0:
            raise InterceptionError("A heading is 0 to 360 degrees, clockwise from north.")


@dataclass(frozen=True, slots=True)
class Destination:
    """A place that the subject may be going to."""

    lon: float
    lat: float
    weight: float = 1.0
    """How likely it is, compared with the others."""
    name: str = ""

    def __post_init__(self) -> None:
        if not (-180.0 <= self.lon <= 180.0 and -90.0 <= self.lat <= 90.0):
            raise InterceptionError(
                "A destination needs a longitude in -180..180 and a latitude in -90..90."
            )
        if not 0.0 < self.weight < math.inf:
            raise InterceptionError("The weight of a destination is a number above 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A vehicle that is to be stopped (目标)."""

    sighting: Sighting
    mode: str = "car"
    slowest: float = 0.8
    """Least speed factor."""
    fastest: float = 1.25
    """Largest speed factor: nobody is expected anywhere earlier than this allows."""
    destinations: tuple[Destination, ...] = ()
    """Where they may be going; none: anywhere out of :attr:`area`."""
    area: BaseGeometry | None = None
    """What they may be leaving, a polygon; None: everything within the horizon. Where there are
    destinations it says nothing."""
    horizon_s: float = 5_400.0
    """Nothing is planned beyond so long after the sighting."""
    changes: RoadChanges | None = None
    """Closures and speeds that hold for the subject and for the units."""

    def __post_init__(self) -> None:
        if not LOWEST_FACTOR <= self.slowest <= self.fastest <= HIGHEST_FACTOR:
            raise InterceptionError(
                f"Speed factors lie between {LOWEST_FACTOR} and {HIGHEST_FACTOR}, "
                "the slowest first."
            )
        if not LEAST_HORIZON_S <= self.horizon_s <= MOST_HORIZON_S:
            raise InterceptionError(
                f"The horizon is {LEAST_HORIZON_S:.0f} to {MOST_HORIZON_S:.0f} seconds."
            )
        if len(self.destinations) > MOST_DESTINATIONS:
            raise InterceptionError(f"A subject has at most {MOST_DESTINATIONS} destinations.")
        if self.area is not None and (
            self.area.is_empty
            or not self.area.is_valid
            or self.area.geom_type not in ("Polygon", "MultiPolygon")
        ):
            raise InterceptionError(
                "The area that a subject may leave is a polygon that does not cross itself."
            )
