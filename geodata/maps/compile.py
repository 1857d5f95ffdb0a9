"""From map files to a compiled map folder, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from geodata.assembly import assemble
from geodata.base_map.archive import write_base_map
from geodata.hierarchy.shortcuts import Hierarchy
from geodata.maps.store import MapInfo, check_place, save_network
from geodata.metric import entered_turns
from geodata.modes import MODES, Mode
from geodata.network import RoadNetwork
from geodata.osm.reader import ImportOptions, read_roads
from geodata.snapping import Snapper

SNAPPER_GROUP = "snapping"
"""Name under which the snapper's arrays lie in the map folder."""

HIERARCHY_GROUP = "hierarchy"
"""Name under which the routing hierarchies' arrays lie in the map folder."""

TURNS_GROUP = "turns"
"""Name under which the turns by the arc they enter lie in the map folder."""

BASE_MAP_FILE = "base_map.pmtiles"
"""Name of the file with the base map's tiles in the map folder."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0..1."""


def compile_map(
    paths: Sequence[Path],
    folder: Path,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
    modes: Sequence[Mode] | None = None,
) -> MapInfo:
    """Compile map files into ``folder`` and return what it holds.

    Everything is done before the folder is touched: a failure leaves an older map as it was.
    Raises MapFileError for the files, MapFolderError for the folder.
    """
    tell = progress or (lambda doing, share: None)
    check_place(folder)
    paths = [Path(path) for path in paths]
    modes = tuple(modes if modes is not None else MODES.values())
    raw = read_roads(paths, modes, tell, options)
    warnings = raw.warnings
    network = assemble(raw, modes, tell)
    del raw  # a quarter of the memory in use, and not needed any more
    sources = tuple(path.name for path in paths)
    return compile_network(network, folder, sources=sources, warnings=warnings, progress=tell)


def compile_network(
    network: RoadNetwork,
    folder: Path,
    *,
    sources: tuple[str, ...] = (),
    warnings: Mapping[str, int] | None = None,
    progress: Progress | None = None,
) -> MapInfo:
    """Index a network that was made elsewhere and save it as a map folder."""
    tell = progress or (lambda doing, share: None)
    tell("indexing roads for snapping", 0.0)
    groups = {SNAPPER_GROUP: Snapper(network).arrays()}
    groups[TURNS_GROUP] = entered_turns(network)
    groups[HIERARCHY_GROUP] = Hierarchy.build(network, tell).to_arrays()
    tell("saving the map", 0.0)

    def draw_base_map(path: Path) -> None:
        write_base_map(network, path, lambda share: tell("drawing the base map", share))

    info = save_network(
        network,
        folder,
        groups=groups,
        files={BASE_MAP_FILE: draw_base_map},
        sources=sources,
        warnings=warnings,
    )
    tell("saving the map", 1.0)
    return info
