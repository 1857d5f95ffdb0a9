"""Valhalla's side of the benchmark; runs in the peers' own environment (``make bench-peers``).

Reads the same job as :mod:`peer_osrm` and prints the same answer. Its matrix takes seconds, so it
is asked about the nearest 500 responders only, as far as its default limits go.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import valhalla

MATRIX_RESPONDERS = 500


def compile_map(map_file: Path, folder: Path) -> tuple[Path, dict[str, float]]:
    """Path of the configuration; seconds and peak memory (MB) of the tile build."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tiles").mkdir(parents=True)
    (folder / "tiles.tar").touch()  # get_config wants both to exist; the tar is not used
    config = valhalla.get_config(
        tile_extract=str(folder / "tiles.tar"), tile_dir=str(folder / "tiles"), verbose=False
    )
    del config["mjolnir"]["tile_extract"]
    config["mjolnir"]["concurrency"] = 2
    config["service_limits"]["auto"]["max_matrix_distance"] = 1e7
    config["service_limits"]["auto"]["max_matrix_location_pairs"] = 1_000_000
    config["service_limits"]["max_timedep_distance_matrix"] = 0
    path = folder / "valhalla.json"
    path.write_text(json.dumps(config))
    tool = Path(valhalla.__file__).parent / "bin/valhalla_build_tiles"
    started = time.perf_counter()
    subprocess.run(
        [str(tool), "-c", str(path), str(map_file)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return path, {"seconds": seconds, "peak_mb": peak_mb}


def _location(at: list[float]) -> dict[str, float]:
    return {"lon": at[0], "lat": at[1]}


def ask_matrix_and_route(actor: valhalla.Actor, question: dict) -> float:
    """Seconds for a matrix of the first responders to the victim, and the best one's route."""
    responders = question["responders"][:MATRIX_RESPONDERS]
    started = time.perf_counter()
    matrix = actor.matrix(
        {
            "sources": [_location(at) for at in responders],
            "targets": [_location(question["victim"])],
            "costing": "auto",
        }
    )
    rows = matrix["sources_to_targets"]
    times = [
        (row[0]["time"], index) for index, row in enumerate(rows) if row[0]["time"] is not None
    ]
    if times:
        ask_route(actor, responders[min(times)[1]], question["victim"])
    return time.perf_counter() - started


def ask_route(actor: valhalla.Actor, start: list[float], end: list[float]) -> bool:
    """Whether a route with geometry and steps was found."""
    try:
        actor.route({"locations": [_location(start), _location(end)], "costing": "auto"})
    except (RuntimeError, valhalla.ValhallaError):
        return False
    return True


def main(job_file: str) -> None:
    job = json.loads(Path(job_file).read_text())
    path, compiled = compile_map(Path(job["map"]), Path(job["folder"]))
    actor = valhalla.Actor(str(path))
    route_s = []
    for start, end in job["routes"]:
        started = time.perf_counter()
        if ask_route(actor, start, end):
            route_s.append(time.perf_counter() - started)
    answer = {
        "compile_s": compiled["seconds"],
        "compile_peak_mb": compiled["peak_mb"],
        "question_s": [ask_matrix_and_route(actor, question) for question in job["questions"][:2]],
        "route_s": route_s,
        "matrix_responders": MATRIX_RESPONDERS,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
