"""The maps that are measured, compiled once and kept under ``var/bench``."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dispatch.crowd import Crowd
from dispatch.fixes import FixBatch
from dispatch.live_picture import LivePicture
from geodata.assembly import assemble
from geodata.generated import generate_roads
from geodata.maps.compile import SNAPPER_GROUP, compile_network
from geodata.maps.store import open_group, open_network
from geodata.metric import Metric
from geodata.modes import MODES
from geodata.network import RoadNetwork
from geodata.snapping import Snapper

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "var/bench"
DATA = Path(os.environ.get("FORESTALL_DATA", PROJECT.parent / "shared/data"))

KINDS = (("officer", "police"), ("rider", "ebike"), ("grid_worker", "foot"))
NOW_S = 1_760_000_000.0


@dataclass(frozen=True, slots=True)
class World:
    """One compiled map, and what it is called."""

    name: str
    folder: Path
    osm_file: Path | None
    """None where the network was generated."""
    compile_s: float | None
    """None where it lay compiled already."""
    compile_peak_mb: float | None = None

    def open(self) -> tuple[RoadNetwork, Snapper]:
        network = open_network(self.folder)
        return network, Snapper.from_arrays(network, open_group(self.folder, SNAPPER_GROUP))


def world_of_file(osm_file: Path, one_way_trunk: bool) -> World:
    """Compile an OSM file, always afresh and by the command line: the time is measured too."""
    name = osm_file.name.split(".")[0]
    folder = FOLDER / name
    command = [sys.executable, "-m", "services.cli", "map", "build", str(osm_file), "-o", folder]
    command += ["--one-way-trunk"] if one_way_trunk else []
    started = time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, cwd=PROJECT, capture_output=True)
    seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return World(name, folder, osm_file, seconds, peak_mb)


def generated_world(node_count: int) -> World:
    """A generated country of about this many junctions; kept, for it takes minutes."""
    folder = FOLDER / f"generated-{node_count}"
    seconds = None
    if not (folder / "manifest.json").is_file():
        raw = generate_roads(node_count, tuple(MODES.values()))
        started = time.perf_counter()
        compile_network(assemble(raw, tuple(MODES.values())), folder)
        seconds = time.perf_counter() - started
    return World(f"generated {node_count:,}", folder, None, seconds)


class Roads:
    """The roads as a recommendation sees them, with nothing closed."""

    def __init__(self, network: RoadNetwork, snapper: Snapper) -> None:
        self.snapper = snapper
        self.metrics = {mode: Metric.base(network, mode) for mode in network.modes}

    def closed_edges(self, mode, changes):
        return None


def crowded_picture(
    network: RoadNetwork, roads: Roads, count: int, seed: int, now_s: float = NOW_S
) -> LivePicture:
    """A live picture of this many responders of centre x, a third of each of the three kinds."""
    rng = np.random.default_rng(seed)
    picture = LivePicture(network, roads.snapper)
    for kind, mode in KINDS:
        lon, lat = Crowd(roads.metrics[mode], count // len(KINDS), rng).places()
        names = [f"{kind}{number}" for number in range(len(lon))]
        batch = FixBatch.of(names, lon, lat, now_s, jurisdiction="x", kind=kind, mode=mode)
        picture.apply(batch, now_s)
    return picture


def places(network: RoadNetwork, count: int, seed: int, mode: str = "car") -> np.ndarray:
    """float64[place, 2]: points on roads of a mode, evenly over the length of road."""
    crowd = Crowd(Metric.base(network, mode), count, np.random.default_rng(seed))
    return np.stack(crowd.places(), axis=1)
