"""Routes as GeoJSON (RFC 7946): a Feature with the full line and what is known about it."""

from __future__ import annotations

from typing import Any

from geodata.routes.instructions import instruction
from geodata.routes.route import Route


def route_feature(route: Route, language: str | None = None) -> dict[str, Any]:
    """The route as a GeoJSON Feature; with a language, its steps with their instructions."""
    lon, lat = route.points()
    properties: dict[str, Any] = {
        "mode": route.metric.mode,
        "distance_m": round(route.distance_m, 1),
        "duration_s": round(route.duration_s, 1),
        "summary": ", ".join(leg.summary for leg in route.legs if leg.summary),
        "attribution": route.network.attribution,
    }
    if language is not None:
        properties["steps"] = [
            {
                "instruction": instruction(step, language),
                "distance_m": round(step.distance_m, 1),
                "duration_s": round(step.duration_ms / 1000, 1),
                "location": [round(step.lon, 7), round(step.lat, 7)],
            }
            for step in route.steps
        ]
    return {
        "type": "Feature",
        "properties": properties,
        "bbox": [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())],
        "geometry": {
            "type": "LineString",
            "coordinates": [list(pair) for pair in zip(lon.tolist(), lat.tolist(), strict=True)],
        },
    }
