"""``forestall calibrate``: what completed drives say about the map's speeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from geodata.errors import UnknownModeError
from geodata.modes import MODES
from geodata.modes.calibration import calibrated_modes, calibration_text, settings_of
from geodata.trips.learning import HELD_OUT, Learned, learn
from geodata.trips.records import LeftOut, modes_of, read_trips
from services.cli.maps import import_options
from services.cli.screen import err, out, progress_bar
from services.engine import open_engine
from services.errors import LoadError
from services.map_folder import compiled
from services.settings import Settings
from services.trip_files import read_trip_file

NOTHING_BETTER = 1
"""Exit code: the trips were read, and the map expects them as well as it can already."""
SHOWN_NAMES = 3
LEAST_TRIPS_OF_HOUR = 5
"""An hour with fewer says nothing by itself."""
STANDS_OUT = 1.1
"""Of what is expected: an hour that takes longer is worth knowing."""


def calibrate(
    trips: Annotated[
        list[Path],
        typer.Argument(
            help="Tables of trips or of tracks' fixes (.csv, .csv.gz, .parquet), or folders that "
            "'forestall export --exact' wrote."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="TOML file to write.")],
    map: Annotated[
        Path | None, typer.Option(help="Compiled map, or OSM file; the map of the settings.")
    ] = None,
    mode: Annotated[
        str, typer.Option(help="How they travelled, where the table has no column mode.")
    ] = "police",
    calibration: Annotated[
        Path | None,
        typer.Option(help="The TOML file that the map was compiled with, if there was one."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the trips that are held out.")] = 0,
    held_out: Annotated[
        float, typer.Option(min=0.05, max=0.5, help="Share of the trips that judge the fit.")
    ] = HELD_OUT,
) -> None:
    """Fit speeds by kind of road to drives that happened, and judge them by drives held out.

    Writes a file and changes nothing else: the map is compiled with it when you say so.
    """
    if output.exists():
        raise LoadError(f"{output} is there already: name another file, or move it away.")
    settings = Settings()
    calibration = calibration or settings.calibration
    said = settings_of(calibration) if calibration else {}
    modes = calibrated_modes(MODES, said)
    map = map or settings.map
    if map is None:
        raise LoadError("Say which map the trips were on, such as --map maps/compiled.")
    left_out = LeftOut()
    read = [
        trip for file in trips for trip in read_trips(read_trip_file(file), left_out, mode=mode)
    ]
    if not read and not left_out.count:
        raise LoadError("There are no trips in these files.")
    by_mode = modes_of(read)
    for name in by_mode:
        if name not in modes:
            raise UnknownModeError(f"no mode {name!r}; the modes are {', '.join(modes)}")
    with progress_bar() as progress:
        folder = compiled(map, settings.data_dir, import_options(False), progress, calibration)
    roads = open_engine(folder).now
    total, learned = len(read) + left_out.count, []
    try:
        with err.status("Putting the trips on the roads"):
            for name, of_mode in (by_mode or {mode: []}).items():
                learned.append(
                    learn(roads, of_mode, modes[name], left_out, seed=seed, held_out=held_out)
                )
    finally:  # why trips were left out says why there are too few
        _print_left_out(left_out, total)
    for one in learned:
        _print_learned(one)
    better = [one for one in learned if one.better]
    if not better:
        out.print(
            "The trips held out are not expected more closely than before: nothing is written.",
            soft_wrap=True,
        )
        raise typer.Exit(NOTHING_BETTER)
    written = dict(said)
    for one in better:
        before = said.get(one.mode.name, {})
        written[one.mode.name] = {**before, **_settings(one, before.get("factors", {}))}
    heading = [line for one in better for line in _heading(one, seed)]
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(calibration_text(written, heading), encoding="utf-8")
    except OSError as error:
        raise LoadError(f"{output} cannot be written: {error.strerror or error}.") from None
    out.print(
        f"Written to {output}. Nothing has changed yet. To use it:\n"
        f"forestall map build FILE.osm.pbf -o maps/compiled --calibration {output}",
        markup=False,
        soft_wrap=True,
    )


def _settings(one: Learned, factors: Mapping[str, float]) -> dict[str, object]:
    """What a calibration file says of a mode, whose file had these factors before."""
    table = MODES[one.mode.name].turns
    turns = one.mode.turns
    ratios = {
        "turn_factor": (turns.left_s, table.left_s),
        "signals_factor": (turns.signals_s, table.signals_s),
    }
    return {key: round(now / was, 3) for key, (now, was) in ratios.items() if was > 0.0} | {
        "factors": {**factors, **{k: round(v, 3) for k, v in one.calibration.factors.items()}}
    }


def _heading(one: Learned, seed: int) -> list[str]:
    """What a reader of the file should know."""
    before, after = one.before, one.after
    return [
        f"{one.mode.name}: fitted to {one.trained} trips, judged by {after.trips} others (seed "
        f"{seed}).",
        f"Mean error {before.mean_error_s:.0f} s before, {after.mean_error_s:.0f} s after; median "
        f"{before.median_share:.0%} and {after.median_share:.0%} of the drive.",
    ]


def _print_left_out(left_out: LeftOut, total: int) -> None:
    out.print(f"{total - left_out.count:,} of {total:,} trips are used.", markup=False)
    for reason, names in sorted(left_out.names.items(), key=lambda item: -len(item[1])):
        more = ", …" if len(names) > SHOWN_NAMES else ""
        some = ", ".join(names[:SHOWN_NAMES]) + more
        out.print(f"  {len(names):,} left out: {reason} ({some})", markup=False, soft_wrap=True)


def _print_learned(one: Learned) -> None:
    out.print(
        f"\n{one.mode.name}: fitted to {one.trained:,} trips, judged by {one.after.trips:,} others"
        + (f"; {len(one.outliers)} stood out and were not fitted to" if one.outliers else ""),
        markup=False,
        soft_wrap=True,
    )
    rows = [
        (label, f"{fit.mean_error_s:.0f} s", f"{fit.median_share:.1%}", f"{fit.bias:+.1%}")
        for label, fit in (("before", one.before), ("after", one.after))
    ]
    _print_table(("held out", "mean error", "median error", "all together"), rows)
    _print_table(
        ("kind of road", "hours", "factor before", "after"),
        [
            (row.kind, f"{row.hours:.1f}", f"{row.factor_before:.2f}", f"{row.factor_after:.2f}")
            for row in one.by_kind.itertuples()
        ]
        + [("turns and signals", "", "1.00", f"{one.calibration.junction_factor:.2f} as long")],
    )
    hours = one.by_hour[one.by_hour["trips"] >= LEAST_TRIPS_OF_HOUR]
    _print_table(
        ("begun in hour", "trips", "took, of expected: before", "after"),
        [
            (f"{row.hour:02d}", f"{row.trips}", f"{row.before:.2f}", f"{row.after:.2f}")
            for row in hours.itertuples()
        ],
    )
    for row in hours[hours["after"] >= STANDS_OUT].itertuples():
        out.print(
            f"A map has one speed for all hours: drives begun at {row.hour:02d} take "
            f"{row.after:.2f} times of what is then expected.",
            markup=False,
            soft_wrap=True,
        )


def _print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    out.print(table)
