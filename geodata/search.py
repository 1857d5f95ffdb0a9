"""Who is nearest by road, how far everything is, and the way: plain exact searches."""

from __future__ import annotations

from geodata.road_path import RoadPath

__all__ = ["RoadPath"]
