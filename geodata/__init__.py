"""What is there, and how long does it take to get there.

Maps: :func:`read_roads`, :func:`compile_map`, :func:`open_network`, :class:`RoadNetwork`,
:func:`to_networkx`, :func:`from_networkx`. Places: :class:`Snapper`, :class:`RoadPositions`.
Time: :data:`MODES`, :class:`Metric`, :class:`RoadChanges`, :class:`Closure`, :class:`SpeedChange`.
Search: :func:`nearest_occupants`, :func:`shortest_path`, :func:`many_to_many`, :func:`field`,
:class:`Hierarchy`, :class:`CustomisedMetric`. Routes: :func:`build_route`, :func:`instructions`,
:func:`route_json`, :func:`route_gpx`, :func:`route_feature`.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "read_roads": "geodata.osm",
    "ImportOptions": "geodata.osm",
    "compile_map": "geodata.maps.compile",
    "open_network": "geodata.maps.store",
    "RoadNetwork": "geodata.network",
    "to_networkx": "geodata.maps.networkx_exchange",
    "from_networkx": "geodata.maps.networkx_exchange",
    "Snapper": "geodata.snapping",
    "RoadPositions": "geodata.positions",
    "MODES": "geodata.modes",
    "Metric": "geodata.metric",
    "RoadChanges": "geodata.changes",
    "Closure": "geodata.changes",
    "SpeedChange": "geodata.changes",
    "nearest_occupants": "geodata.search",
    "shortest_path": "geodata.search",
    "many_to_many": "geodata.search",
    "field": "geodata.search",
    "Hierarchy": "geodata.hierarchy",
    "CustomisedMetric": "geodata.hierarchy.customised_metric",
    "build_route": "geodata.routes",
    "instructions": "geodata.routes.instructions",
    "route_json": "geodata.routes.osrm_json",
    "route_gpx": "geodata.routes.gpx",
    "route_feature": "geodata.routes.geojson",
}
"""Module of each public name; it is imported when the name is first asked for."""

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
