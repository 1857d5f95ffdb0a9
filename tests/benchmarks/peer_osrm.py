"""OSRM's side of the benchmark; runs in the peers' own environment (``make bench-peers``).

Reads a job as JSON from the file named first and prints the result as JSON: seconds, nothing else.
``{"map": file, "folder": where to compile, "questions": [{"victim": [lon, lat], "responders":
[[lon, lat], ...], "kinds": [0, 1, 2, ...]}], "routes": [[[lon, lat], [lon, lat]], ...]}``
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import osrm

BEST_OF_EACH_KIND = 5


def compile_map(map_file: Path, folder: Path) -> dict[str, float]:
    """Seconds and peak memory (MB) of extract plus contract for the car."""
    tools = Path(osrm.__file__).parent
    profile = tools / "share/profiles/car.lua"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copy = folder / map_file.name
    shutil.copy(map_file, copy)
    base = folder / "map.osrm"
    started = time.perf_counter()
    for command in (
        [tools / "bin/osrm-extract", "-p", profile, copy, "-o", base],
        [tools / "bin/osrm-contract", base],
    ):
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"seconds": seconds, "peak_mb": peak_mb}


def ask_table_and_route(engine: osrm.OSRM, question: dict) -> float:
    """Seconds to find the best of each kind by a table and get the best one's route."""
    responders, kinds = question["responders"], question["kinds"]
    coordinates = [tuple(question["victim"]), *(tuple(at) for at in responders)]
    started = time.perf_counter()
    table = engine.Table(
        osrm.TableParameters(
            coordinates=coordinates,
            sources=list(range(1, len(coordinates))),
            destinations=[0],
            annotations=["duration"],
            generate_hints=False,
        )
    )
    durations = [row[0] for row in table["durations"]]
    by_kind: dict[int, list[tuple[float, int]]] = {}
    for index, (duration, kind) in enumerate(zip(durations, kinds, strict=True)):
        if duration is not None:
            by_kind.setdefault(kind, []).append((duration, index))
    best = [sorted(found)[:BEST_OF_EACH_KIND] for found in by_kind.values()]
    fastest = min(best[0])[1] if best else 0
    ask_route(engine, responders[fastest], question["victim"])
    return time.perf_counter() - started


def ask_route(engine: osrm.OSRM, start: list[float], end: list[float]) -> bool:
    """Whether a route with full geometry and steps was found."""
    try:
        engine.Route(
            osrm.RouteParameters(
                coordinates=[tuple(start), tuple(end)],
                steps=True,
                overview="full",
                geometries="polyline",
                generate_hints=False,
            )
        )
    except RuntimeError:
        return False
    return True


def time_routes(engine: osrm.OSRM, routes: list) -> list[float]:
    """Seconds of each route that exists."""
    seconds = []
    for start, end in routes:
        started = time.perf_counter()
        if ask_route(engine, start, end):
            seconds.append(time.perf_counter() - started)
    return seconds


def main(job_file: str) -> None:
    job = json.loads(Path(job_file).read_text())
    compiled = compile_map(Path(job["map"]), Path(job["folder"]))
    engine = osrm.OSRM(
        storage_config=str(Path(job["folder"]) / "map.osrm"),
        algorithm="CH",
        use_shared_memory=False,
        max_locations_distance_table=-1,
    )
    answer = {
        "compile_s": compiled["seconds"],
        "compile_peak_mb": compiled["peak_mb"],
        "question_s": [ask_table_and_route(engine, question) for question in job["questions"]],
        "route_s": time_routes(engine, job["routes"]),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
