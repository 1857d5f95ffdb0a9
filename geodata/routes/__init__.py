"""A drive as it is shown and told: legs, steps, lines, words, and the formats that carry them."""

from geodata.routes.options import RouteOptions
from geodata.routes.route import Leg, Route, build_route

__all__ = ["Leg", "Route", "RouteOptions", "build_route"]
