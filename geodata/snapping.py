"""Nearest usable road positions of points."""

from __future__ import annotations

from geodata.positions import RoadPositions

__all__ = ["RoadPositions"]
