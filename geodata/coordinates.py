"""WGS-84, GCJ-02 and BD-09 coordinates into one another.

Everything inside Forestall is WGS-84; phones and map apps in China speak GCJ-02 (AMap, Tencent) or
BD-09 (Baidu). GCJ-02 moves a point by 400 m on average and by up to 700 m, BD-09 by about a
kilometre, so a number in the wrong system is on the wrong street.

The forward formulas were never published officially; the constants are those in common use since
2013 and agree with the map services to about a metre. The ways back are found by iteration and
undo the forward formulas to well under a millimetre.

A point outside the ground where maps are shifted is the same in all three systems. At that border
the forward shift leaves gaps and overlaps up to 1 km wide: a shifted point counts as inside when
the WGS-84 point it would come from is inside.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from geodata.errors import RequestError
from geodata.shifted_ground import is_shifted_ground

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG); distances on the sphere are within 0.6 % of the ellipsoid's."""

KRASOVSKY_RADIUS_M = 6_378_245.0
"""Equatorial radius of the Krasovsky 1940 ellipsoid, on which GCJ-02 is defined."""

KRASOVSKY_ECCENTRICITY_SQUARED = 0.00669342162296594323
"""First eccentricity of the Krasovsky 1940 ellipsoid, squared."""

GCJ_ORIGIN_LON, GCJ_ORIGIN_LAT = 105.0, 35.0
"""Degrees; the GCJ-02 series is written around this point."""

BD_OFFSET_LON, BD_OFFSET_LAT = 0.0065, 0.006
"""Degrees; the constant part of Baidu's own shift."""

BD_WAVE = np.pi * 3000.0 / 180.0
"""Waves per degree, in radians, of the small ripple in Baidu's shift."""

STEPS_BACK = 12
"""Iterations of the ways back. Each shrinks the error at least tenfold (the shifts change by less
than 0.02 degrees a degree in GCJ-02, by less than 0.002 in BD-09), so rounding is reached by then.
"""


class Crs(StrEnum):
    """The coordinate systems that a request may name."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


Pair = tuple[np.ndarray, np.ndarray]


def check_lon_lat(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Longitudes and latitudes in degrees as float64 arrays of one shape; RequestError if bad."""
    lon = np.asarray(lon, dtype=np.float64)
    lat = np.asarray(lat, dtype=np.float64)
    if lon.shape != lat.shape:
        raise RequestError(f"{lon.size} longitudes but {lat.size} latitudes; send one of each")
    # a comparison with NaN is false, so NaN is refused with the rest
    if not ((lon >= -180.0) & (lon <= 180.0)).all():
        raise RequestError("a longitude is not between -180 and 180 degrees")
    if not ((lat >= -90.0) & (lat <= 90.0)).all():
        raise RequestError("a latitude is not between -90 and 90 degrees")
    return lon, lat


def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs | str) -> Pair:
    """WGS-84 longitude and latitude, in degrees, of points given in `crs`."""
    lon, lat = check_lon_lat(lon, lat)
    match _known(crs):
        case Crs.WGS84:
            return lon.copy(), lat.copy()
        case Crs.GCJ02:
            gcj = lon, lat
        case Crs.BD09:
            gcj = _undo(_bd_from_gcj, lon, lat)
    wgs = _undo(_gcj_from_wgs, *gcj)
    shifted = is_shifted_ground(*wgs)
    return np.where(shifted, wgs[0], lon), np.where(shifted, wgs[1], lat)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs | str) -> Pair:
    """Longitude and latitude in `crs`, in degrees, of points given in WGS-84."""
    lon, lat = check_lon_lat(lon, lat)
    match _known(crs):
        case Crs.WGS84:
            return lon.copy(), lat.copy()
        case Crs.GCJ02:
            there = _gcj_from_wgs(lon, lat)
        case Crs.BD09:
            there = _bd_from_gcj(*_gcj_from_wgs(lon, lat))
    shifted = is_shifted_ground(lon, lat)
    return np.where(shifted, there[0], lon), np.where(shifted, there[1], lat)


def convert(lon: ArrayLike, lat: ArrayLike, source: Crs | str, target: Crs | str) -> Pair:
    """Longitude and latitude in `target`, in degrees, of points given in `source`."""
    if _known(source) is _known(target):
        lon, lat = check_lon_lat(lon, lat)
        return lon.copy(), lat.copy()
    return from_wgs84(*to_wgs84(lon, lat, source), target)


def distance_m(lon: ArrayLike, lat: ArrayLike, to_lon: ArrayLike, to_lat: ArrayLike) -> np.ndarray:
    """Metres along the sphere between points in degrees (haversine; sound at any distance)."""
    lon, lat, to_lon, to_lat = (
        np.radians(np.asarray(degrees, dtype=np.float64)) for degrees in (lon, lat, to_lon, to_lat)
    )
    half = (
        np.sin((to_lat - lat) / 2) ** 2
        + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def _known(crs: Crs | str) -> Crs:
    try:
        return Crs(crs)
    except ValueError:
        names = ", ".join(Crs)
        raise RequestError(f"no coordinate system {crs!r}; it is one of {names}") from None


def _gcj_from_wgs(lon: np.ndarray, lat: np.ndarray) -> Pair:
    x, y = lon - GCJ_ORIGIN_LON, lat - GCJ_ORIGIN_LAT
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
        + (ripple + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * (2.0 / 3.0)
        + (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * (2.0 / 3.0)
    )  # fmt: skip
    east = (
        300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
        + (ripple + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * (2.0 / 3.0)
        + (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * (2.0 / 3.0)
    )  # fmt: skip
    # north and east are metres; the ellipsoid's radii of curvature turn them into degrees
    phi = np.radians(lat)
    flattened = 1.0 - KRASOVSKY_ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    squeezed = KRASOVSKY_RADIUS_M * (1.0 - KRASOVSKY_ECCENTRICITY_SQUARED)
    meridian_m = squeezed / (flattened * np.sqrt(flattened))
    # a floor keeps the poles finite; no shifted ground is near them
    parallel_m = KRASOVSKY_RADIUS_M / np.sqrt(flattened) * np.maximum(np.cos(phi), 1e-9)
    return lon + np.degrees(east / parallel_m), lat + np.degrees(north / meridian_m)


def _bd_from_gcj(lon: np.ndarray, lat: np.ndarray) -> Pair:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * BD_WAVE)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * BD_WAVE)
    return radius * np.cos(angle) + BD_OFFSET_LON, radius * np.sin(angle) + BD_OFFSET_LAT


def _undo(forward: Callable[..., Pair], lon: np.ndarray, lat: np.ndarray) -> Pair:
    """The points that `forward` takes to these, by fixed-point iteration on the shift."""
    guess_lon, guess_lat = lon, lat
    for _ in range(STEPS_BACK):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        # far from China the series is not small; kept in range, the result is then not used
        guess_lon = np.clip(guess_lon + lon - there_lon, -180.0, 180.0)
        guess_lat = np.clip(guess_lat + lat - there_lat, -90.0, 90.0)
    return guess_lon, guess_lat
