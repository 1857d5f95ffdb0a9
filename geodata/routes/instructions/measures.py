"""Distances and directions as people say them."""

from __future__ import annotations


def spoken_distance(distance_m: float) -> tuple[str, bool]:
    """A distance rounded to what a driver can use: the number, and whether it is in kilometres.

    Up to 100 m in steps of 10 m, up to 1 km in steps of 50 m, up to 10 km in tenths of a
    kilometre, beyond that in kilometres. Never rounded to nothing.
    """
    if distance_m < 95:
        return str(max(10, round(distance_m / 10) * 10)), False
    if distance_m < 975:
        return str(max(100, round(distance_m / 50) * 50)), False
    tenths = round(distance_m / 100)
    if tenths < 100:
        return (f"{tenths / 10:.1f}" if tenths % 10 else str(tenths // 10)), True
    return str(round(distance_m / 1000)), True


def compass_point(bearing_deg: float) -> int:
    """The nearest of the eight compass points, 0 north, 1 north-east ... 7 north-west."""
    return int((bearing_deg + 22.5) // 45) % 8
