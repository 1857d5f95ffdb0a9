"""The line of one edge, for what is asked about a single point on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geodata.network import E7, RoadNetwork


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """An edge's geometry on a plane around it."""

    first_point: int
    lon: np.ndarray
    lat: np.ndarray
    east: np.ndarray
    north: np.ndarray
    reached: np.ndarray

    @classmethod
    def of(cls, network: RoadNetwork, edge: int) -> EdgeLine:
        points = slice(int(network.edge_first_point[edge]), int(network.edge_first_point[edge + 1]))
        lon = np.asarray(network.point_lon_e7[points], dtype=np.float64) / E7
        lat = np.asarray(network.point_lat_e7[points], dtype=np.float64) / E7
        east = np.diff(lon) * math.cos(math.radians(float(lat.mean())))
        north = np.diff(lat)
        return cls(points.start, lon, lat, east, north, np.cumsum(np.hypot(east, north)))

    def piece(self, fraction: float) -> int:
        """Which of its pieces holds the point at this share of its length."""
        at = fraction * self.reached[-1]
        return min(int(np.searchsorted(self.reached, at)), len(self.reached) - 1)

    def bearing_deg(self, fraction: float) -> float:
        piece = self.piece(fraction)
        return math.degrees(math.atan2(self.east[piece], self.north[piece])) % 360.0

    def place(self, fraction: float, lon: float, lat: float) -> tuple[float, float, int]:
        """Longitude and latitude there, and on which side of the line a point lies."""
        piece = self.piece(fraction)
        before = self.reached[piece - 1] if piece else 0.0
        length = self.reached[piece] - before
        share = (fraction * self.reached[-1] - before) / length if length > 0 else 0.0
        at_lon = self.lon[piece] + share * (self.lon[piece + 1] - self.lon[piece])
        at_lat = self.lat[piece] + share * (self.lat[piece + 1] - self.lat[piece])
        east = (lon - at_lon) * math.cos(math.radians(float(at_lat)))
        cross = self.north[piece] * east - self.east[piece] * (lat - at_lat)
        return float(at_lon), float(at_lat), int(np.sign(cross))

    def ends(self, fraction: float) -> tuple[int, int]:
        """The map's points before and after the point at this share of the length."""
        piece = self.first_point + self.piece(fraction)
        return piece, piece + 1
