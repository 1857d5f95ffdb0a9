"""``forestall map`` and ``forestall sample``: getting, compiling and inspecting maps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from geodata.errors import MapFileError
from geodata.maps.compile import compile_map
from geodata.maps.download import fetch_place
from geodata.maps.store import MapInfo, network_info
from geodata.osm import DRAWN_ONE_WAY, ImportOptions
from geodata.sketch import write_sketch, write_sketch_areas
from services.cli.screen import err, out, progress_bar
from services.map_folder import modes_of
from services.settings import Settings

app = typer.Typer(help="Get, compile and inspect maps.", no_args_is_help=True)

OSM_ENDINGS = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")

OneWayTrunk = Annotated[
    bool,
    typer.Option(
        "--one-way-trunk",
        help="Trunk roads and slip roads run one way as drawn, for exports that lost their oneway "
        "tags.",
    ),
]


@app.command()
def get(
    place: Annotated[
        list[str], typer.Argument(help="Names of places, as a map search knows them.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the OSM file.")] = Path(
        "var/maps"
    ),
    overpass: Annotated[
        str | None, typer.Option(help="Address of another Overpass server.")
    ] = None,
    nominatim: Annotated[
        str | None, typer.Option(help="Address of another Nominatim server.")
    ] = None,
) -> None:
    """Fetch the boundary and the road network of places by name."""
    with err.status("Asking for the places and their roads; this can take minutes"):
        file = fetch_place(place, output, overpass_url=overpass, nominatim_url=nominatim)
    out.print(str(file), markup=False, soft_wrap=True)


@app.command()
def build(
    file: Annotated[list[Path], typer.Argument(help="OSM files: .osm.pbf .osm .osm.gz .osm.bz2")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the compiled map.")],
    one_way_trunk: OneWayTrunk = False,
    calibration: Annotated[
        Path | None, typer.Option(help="TOML file of speed and turn factors by mode.")
    ] = None,
) -> None:
    """Compile OSM files to a map folder; an old map stays untouched until the new one is whole."""
    modes = modes_of(calibration or Settings().calibration)
    with progress_bar() as progress:
        compile_map(file, output, import_options(one_way_trunk), progress, modes)
    _print_info(network_info(output))


@app.command()
def info(folder: Annotated[Path, typer.Argument(help="Folder of a compiled map.")]) -> None:
    """Say what a compiled map holds, and check every byte of it."""
    _print_info(network_info(folder, verify=True))


def sample(
    output: Annotated[Path, typer.Argument(help="File to write.")] = Path("var/sketch.osm.pbf"),
    areas: Annotated[
        Path | None, typer.Option(help="Write its areas to this GeoJSON file too.")
    ] = None,
) -> None:
    """Write the sketch of the Wanzhou-Kaizhou corridor as an OSM file."""
    if not output.name.endswith(OSM_ENDINGS):
        raise MapFileError(f"The name of the file must end in {' '.join(OSM_ENDINGS)}.")
    with err.status("Drawing the sketch"):
        write_sketch(output)
        if areas is not None:
            write_sketch_areas(areas)
    for file in (output, areas):
        if file is not None:
            out.print(str(file), markup=False, soft_wrap=True)


def import_options(one_way_trunk: bool) -> ImportOptions:
    """How to read OSM files."""
    return ImportOptions(one_way_classes=DRAWN_ONE_WAY if one_way_trunk else frozenset())


def _print_info(map_info: MapInfo) -> None:
    table = Table(show_header=False, box=None)
    for name, value in map_info.items():
        table.add_row(
            name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value)
        )
    out.print(table)
