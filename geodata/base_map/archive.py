"""Keeps the tiles of a base map in one PMTiles file (version 3), and reads them out of it."""

from __future__ import annotations

import gzip
import json
import mmap
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pmtiles.tile import (
    Compression,
    Entry,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)
from pmtiles.writer import Writer

from geodata.base_map.features import MAX_ZOOM, MIN_ZOOM, Features, places_of, roads_of
from geodata.base_map.tiles import TileCutter
from geodata.errors import MapFolderError
from geodata.network import E7, RoadNetwork

_DIRECTORIES_KEPT = 64
"""Directories held in memory; one names some four thousand tiles."""
_DEPTH_LIMIT = 4
"""Most directories on the way to a tile, as the specification has it."""
_SQUEEZE = 6
"""Level of compression: more takes twice as long and gains two per cent."""


def write_base_map(
    network: RoadNetwork, path: Path, tell: Callable[[float], None] = lambda share: None
) -> None:
    """Write the tiles of a network into a file; ``tell`` hears which share is done."""
    layers = (roads_of(network), places_of(network))
    tell(0.2)
    cutter = TileCutter(layers)
    with path.open("wb") as file:
        writer = Writer(file)
        zooms = range(MIN_ZOOM, MAX_ZOOM + 1)
        for zoom in zooms:
            numbered = [
                (zxy_to_tileid(tile.zoom, tile.column, tile.row), tile.content)
                for tile in cutter.tiles(zoom)
            ]
            for number, content in sorted(numbered):
                writer.write_tile(number, gzip.compress(content, _SQUEEZE, mtime=0))
            tell(0.2 + 0.8 * _work(zoom))
        writer.finalize(_header(network), _metadata(network, layers))


def _work(zoom: int) -> float:
    """Share of the work that is done with a zoom: the last two are most of it."""
    return 0.25 ** (MAX_ZOOM - zoom)


def _header(network: RoadNetwork) -> dict[str, object]:
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": int(network.point_lon_e7.min()),
        "min_lat_e7": int(network.point_lat_e7.min()),
        "max_lon_e7": int(network.point_lon_e7.max()),
        "max_lat_e7": int(network.point_lat_e7.max()),
    }


def _metadata(network: RoadNetwork, layers: tuple[Features, ...]) -> dict[str, object]:
    return {
        "name": network.title,
        "attribution": network.attribution,
        "vector_layers": [
            {"id": layer.layer, "fields": dict.fromkeys(layer.keys, "String")} for layer in layers
        ],
    }


@dataclass(frozen=True, slots=True)
class Extent:
    """What an archive covers."""

    min_zoom: int
    max_zoom: int
    bounds: tuple[float, float, float, float]
    """West, south, east, north in degrees."""


class BaseMap:
    """The tiles of one base map, mapped into memory. Immutable; any thread may read."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises MapFolderError where it is no PMTiles archive of vector tiles."""
        try:
            with path.open("rb") as file:
                self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._header = deserialize_header(self._content[:127])
        except OSError as error:
            raise MapFolderError(f"{path} cannot be read: {error.strerror}.") from None
        except Exception:  # the library raises one of its own for each byte that may be wrong
            raise MapFolderError(f"{path} is no PMTiles archive.") from None
        header = self._header
        self.extent = Extent(
            header["min_zoom"],
            header["max_zoom"],
            (
                header["min_lon_e7"] / E7,
                header["min_lat_e7"] / E7,
                header["max_lon_e7"] / E7,
                header["max_lat_e7"] / E7,
            ),
        )
        content = self._content
        first, length = header["metadata_offset"], header["metadata_length"]
        try:
            metadata = json.loads(gzip.decompress(content[first : first + length]))
            self.vector_layers: list[dict[str, Any]] = metadata["vector_layers"]
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            raise MapFolderError(f"{path} is no PMTiles archive of vector tiles.") from None
        self.fingerprint = f"{zlib.crc32(content):08x}"
        """Tells this archive from others of the same roads."""
        self._directory = lru_cache(_DIRECTORIES_KEPT)(self._read_directory)

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """A tile as it is kept, compressed with gzip; None where there is nothing.

        Raises ValueError for a place outside the zoom's square.
        """
        if not self.extent.min_zoom <= zoom <= self.extent.max_zoom:
            return None
        number = zxy_to_tileid(zoom, column, row)
        header = self._header
        first, length = header["root_offset"], header["root_length"]
        for _ in range(_DEPTH_LIMIT):
            entry = find_tile(self._directory(first, length), number)
            if entry is None:
                return None
            if entry.run_length > 0:
                first = header["tile_data_offset"] + entry.offset
                return self._content[first : first + entry.length]
            first, length = header["leaf_directory_offset"] + entry.offset, entry.length
        return None

    def _read_directory(self, first: int, length: int) -> list[Entry]:
        return deserialize_directory(self._content[first : first + length])
