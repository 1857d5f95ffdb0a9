"""Compiling and opening a map: time, memory, and whether a second process shares the pages."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.benchmarks.report import Row, in_words, median, times_faster
from tests.benchmarks.worlds import PROJECT, World

OPENINGS = 5

# Run in processes of their own: fresh, with nothing of the map in memory.
_OPEN = """
import json, re, sys, time
from pathlib import Path
from services.engine import open_engine
folder = Path(sys.argv[1])
started = time.perf_counter()
engine = open_engine(folder)
seconds = time.perf_counter() - started
for layer in engine.network.modes.values():
    layer.travel_time_ms.sum(), layer.turn_cost.sum()
shared = private = 0
for line in open("/proc/self/smaps"):
    name = line.split()[-1] if "/" in line else ""
    if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
        ours = str(folder) in line
    elif ours and line.startswith(("Shared", "Private_Clean")):
        shared += int(line.split()[1])
    elif ours and line.startswith("Private_Dirty"):
        private += int(line.split()[1])
print(json.dumps({"seconds": seconds, "clean_kb": shared, "dirty_kb": private}))
"""


def measure(world: World, peers: dict[str, dict]) -> list[Row]:
    rows = []
    if world.compile_s is not None:
        own_ms = world.compile_s * 1000
        what = f"{world.name}: compile, all modes, hierarchies too"
        peak = f", peak {world.compile_peak_mb:,.0f} MB" if world.compile_peak_mb else ""
        rows.append(Row(what, in_words(own_ms) + peak))
        for name, its in (("OSRM", "extract + contract, car"), ("Valhalla", "tiles")):
            if name in peers and world.osm_file is not None:
                peer_ms = 1000 * peers[name]["compile_s"]
                demanded = name == "OSRM"
                rows.append(
                    Row(
                        f"{what}, beside {name} ({its})",
                        in_words(own_ms),
                        f"{name} {in_words(peer_ms)}, "
                        f"peak {peers[name]['compile_peak_mb']:,.0f} MB",
                        times_faster(peer_ms, own_ms),
                        "no slower" if demanded else "",
                        own_ms <= peer_ms if demanded else None,
                    )
                )
    opened = [_open(world) for _ in range(OPENINGS)]
    open_ms = 1000 * median(one["seconds"] for one in opened)
    dirty = max(one["dirty_kb"] for one in opened)
    mapped = max(one["clean_kb"] for one in opened)
    rows.append(
        Row(
            f"{world.name}: open a compiled map for service, all modes",
            f"{in_words(open_ms)}; {mapped / 1024:,.0f} MB of it mapped and shared, "
            f"{dirty:,} kB changed",
            must="≤ 200 ms, pages shared",
            reached=open_ms <= 200.0 and dirty == 0,
        )
    )
    return rows


def _open(world: World) -> dict:
    result = subprocess.run(
        [sys.executable, "-c", _OPEN, str(world.folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    return json.loads(result.stdout)
