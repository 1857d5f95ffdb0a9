"""``python -m tests.benchmarks``: prints the table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.benchmarks import (
    auckland,
    chasing,
    deadlines,
    federation,
    fields,
    incidents,
    interception,
    opening,
    over_http,
    pages,
    planning,
    recommending,
    rehearsing,
    routing,
)
from tests.benchmarks.peers import ask_peers
from tests.benchmarks.report import Row, machine, print_table
from tests.benchmarks.worlds import DATA, World, generated_world, world_of_file

MILLION = 1_000_000
WORLD_PARTS = (
    "compile",
    "recommend",
    "field",
    "route",
    "change",
    "surface",
    "http",
    "incidents",
    "rehearsal",
)
OTHER_PARTS: Mapping[str, tuple[str, Callable[[], list[Row]]]] = {
    "instances": ("published interception instances", interception.measure_instances),
    "chasing": ("interceptions over HTTP", chasing.measure_chasing),
    "siting": ("siting for planners", planning.measure_siting),
    "auckland": ("rules of dispatch for Auckland's ambulances", auckland.measure),
    "federation": ("interceptions between centres", federation.measure_federation),
    "pages": ("the pages in a browser", pages.measure_pages),
    "deadlines": ("deadlines whose processes are killed", deadlines.measure_deadlines),
}
"""What it is about, and how it is measured: parts that bring what they need with them."""
PARTS = (*WORLD_PARTS, *OTHER_PARTS)


def main() -> None:
    arguments = argparse.ArgumentParser(description="Print the benchmark table.")
    arguments.add_argument("--map", type=Path, help="an OSM file instead of the usual two maps")
    arguments.add_argument("--one-way-trunk", action="store_true", help="as in `map build`")
    arguments.add_argument("--no-million", action="store_true", help="leave the generated map out")
    arguments.add_argument("--no-peers", action="store_true", help="leave other routers out")
    arguments.add_argument("--only", choices=PARTS, action="append", help="some parts only")
    chosen = arguments.parse_args()
    parts = chosen.only or list(PARTS)
    for part, (title, measure) in OTHER_PARTS.items():
        if part in parts:
            print(f"measuring {title} …", flush=True)
            if rows := measure():
                print_table(f"{title.capitalize()}, on {machine()}", rows)
    parts = [part for part in parts if part in WORLD_PARTS]
    for world in _worlds(chosen) if parts else ():
        peers = {} if chosen.no_peers else ask_peers(world)
        print_table(f"{world.name} on {machine()}", _rows(world, peers, parts))


def _worlds(chosen: argparse.Namespace):
    if chosen.map is not None:
        yield world_of_file(chosen.map, chosen.one_way_trunk)
        return
    wuhan = DATA / "maps/wuhan.osm.pbf"
    if wuhan.is_file():
        yield world_of_file(wuhan, one_way_trunk=True)
    else:
        print(f"No map data at {DATA}: set FORESTALL_DATA to measure on wuhan.")
    if not chosen.no_million:
        yield generated_world(MILLION)


def _rows(world: World, peers: dict[str, dict], parts: list[str]) -> list[Row]:
    measures = {
        "compile": lambda: opening.measure(world, peers),
        "recommend": lambda: recommending.measure(world, peers),
        "field": lambda: fields.measure(world),
        "route": lambda: routing.measure_routes(world, peers),
        "change": lambda: routing.measure_changes(world),
        "surface": lambda: planning.measure(world),
        "http": lambda: over_http.measure(world),
        "incidents": lambda: incidents.measure(world),
        "rehearsal": lambda: rehearsing.measure(world),
    }
    rows = []
    for part in parts:
        print(f"measuring {part} on {world.name} …", flush=True)
        rows += measures[part]()
    return rows


if __name__ == "__main__":
    main()
