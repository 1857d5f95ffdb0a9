"""A map in the making: nodes, ways and restrictions in local metres, written as ordinary OSM."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import osmium
import osmium.osm.mutable as mutable

from geodata.errors import MapFileError

ORIGIN_LON = 108.39
ORIGIN_LAT = 30.95
METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
_METRES_PER_DEGREE_LON = METRES_PER_DEGREE * math.cos(math.radians(ORIGIN_LAT))


def to_metres(lon: float, lat: float) -> tuple[float, float]:
    """East and north of the drawing's origin, in metres (equirectangular, good to 1 % here)."""
    return (lon - ORIGIN_LON) * _METRES_PER_DEGREE_LON, (lat - ORIGIN_LAT) * METRES_PER_DEGREE


def to_degrees(x_m: float, y_m: float) -> tuple[float, float]:
    """Longitude and latitude of a point of the drawing."""
    return ORIGIN_LON + x_m / _METRES_PER_DEGREE_LON, ORIGIN_LAT + y_m / METRES_PER_DEGREE


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """For as long as a file is written, its folder made where it is missing. Raises MapFileError
    where the place cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise MapFileError(f"{path} cannot be written: {error.strerror}.") from error
    except RuntimeError as error:  # libosmium's, which names the file and the reason
        raise MapFileError(f"{path} cannot be written: {error}.") from error


@dataclass(slots=True)
class Drawing:
    """Nodes, ways and turn restrictions, numbered from 1 in the order they are drawn."""

    points_m: list[tuple[float, float]] = field(default_factory=list)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)
    ways: list[tuple[list[int], dict[str, str]]] = field(default_factory=list)
    restrictions: list[tuple[int, int, int, str]] = field(default_factory=list)

    def node(self, x_m: float, y_m: float, **tags: str) -> int:
        """Id of a new node."""
        self.points_m.append((x_m, y_m))
        node_id = len(self.points_m)
        if tags:
            self.tag(node_id, **tags)
        return node_id

    def tag(self, node_id: int, **tags: str) -> None:
        """Add tags to a node; ``railway_crossing`` style names keep their underscores."""
        self.node_tags.setdefault(node_id, {}).update(tags)

    def at(self, node_id: int) -> tuple[float, float]:
        """East and north of a node, in metres."""
        return self.points_m[node_id - 1]

    def way(self, nodes: Sequence[int], tags: dict[str, str]) -> int:
        """Id of a new way along at least two nodes."""
        if len(nodes) < 2:
            raise ValueError("a way needs at least two nodes")
        self.ways.append((list(nodes), tags))
        return len(self.ways)

    def restriction(self, from_way: int, via_node: int, to_way: int, kind: str) -> None:
        """Add a turn restriction relation such as ``no_left_turn``."""
        self.restrictions.append((from_way, via_node, to_way, kind))

    def line(self, points_m: Iterable[tuple[float, float]], tags: dict[str, str]) -> list[int]:
        """Draw a way along new nodes and return them."""
        nodes = [self.node(x_m, y_m) for x_m, y_m in points_m]
        self.way(nodes, tags)
        return nodes

    def write(self, path: Path, generator: str) -> None:
        """Write an OSM file whose format follows the name (.osm.pbf, .osm, .osm.gz, .osm.bz2)."""
        path.unlink(missing_ok=True)  # SimpleWriter refuses to overwrite
        header = osmium.io.Header()
        header.set("generator", generator)
        with osmium.SimpleWriter(str(path), header=header) as writer:
            for node_id, (x_m, y_m) in enumerate(self.points_m, start=1):
                writer.add_node(
                    mutable.Node(
                        id=node_id,
                        version=1,
                        location=to_degrees(x_m, y_m),
                        tags=self.node_tags.get(node_id, {}),
                    )
                )
            for way_id, (nodes, tags) in enumerate(self.ways, start=1):
                writer.add_way(mutable.Way(id=way_id, version=1, nodes=nodes, tags=tags))
            for relation_id, (from_way, via, to_way, kind) in enumerate(self.restrictions, start=1):
                writer.add_relation(
                    mutable.Relation(
                        id=relation_id,
                        version=1,
                        members=[("w", from_way, "from"), ("n", via, "via"), ("w", to_way, "to")],
                        tags={"type": "restriction", "restriction": kind},
                    )
                )
