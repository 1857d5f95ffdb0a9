"""How a route is wanted: OSRM's options of the same names, and the language of its instructions."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.errors import RequestError

GEOMETRIES = ("polyline", "polyline6", "geojson")
OVERVIEWS = ("simplified", "full", "by_legs", "false")
ANNOTATIONS = ("distance", "duration", "speed", "weight", "nodes", "datasources")
DRIVING_SIDES = ("right", "left")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOptions:
    """How a route is wanted. Raises RequestError for a value that does not exist."""

    steps: bool = True
    annotations: frozenset[str] = frozenset()
    """Any of ``ANNOTATIONS``. ``nodes`` are left out on a map that holds no OSM ids."""
    geometries: str = "polyline"
    """One of ``GEOMETRIES``; ``polyline`` has five decimals."""
    overview: str = "simplified"
    """One of ``OVERVIEWS``; ``by_legs`` puts a full line on each leg, and none on the route."""
    language: str | None = None
    """Language of ``instruction`` in each step's manoeuvre, one of
    ``geodata.routes.instructions.LANGUAGES``; None leaves it out, as OSRM does."""
    driving_side: str = "right"
    """On which side of the road one drives: decides how exits of a ring are counted."""

    def __post_init__(self) -> None:
        _one_of("geometries", self.geometries, GEOMETRIES)
        _one_of("overview", self.overview, OVERVIEWS)
        _one_of("driving_side", self.driving_side, DRIVING_SIDES)
        for annotation in self.annotations:
            _one_of("annotations", annotation, ANNOTATIONS)


def _one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise RequestError(f"{option} is one of {', '.join(known)}, not {value!r}.")
