"""Reads trips from files: tables of planners, and the folder that ``forestall export`` writes."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pandas as pd
from pyarrow import ArrowException

from services.errors import LoadError
from services.review.export_files import ENDING

TABLE_ENDINGS = (".csv", ".csv.gz", ENDING)


def read_trip_file(file: Path) -> pd.DataFrame:
    """The table of one file, or the drives of an export folder. Raises LoadError."""
    try:
        if file.is_dir():
            return _drives_of_export(file)
        if file.name.endswith(ENDING):
            return pd.read_parquet(file)
        if file.name.endswith(TABLE_ENDINGS):
            return pd.read_csv(file)
    except OSError as error:
        raise LoadError(f"{file} cannot be read: {error.strerror or error}.") from None
    except (ValueError, ArrowException, EOFError) as error:
        first = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise LoadError(f"{file} is no table that can be read: {first}.") from None
    raise LoadError(
        f"{file} is no table of trips: its name must end in {', '.join(TABLE_ENDINGS)}, or it must "
        "be the folder of an export."
    )


def _drives_of_export(folder: Path) -> pd.DataFrame:
    """One row per assignment that drove: from where the responder was when asked to the victim."""
    tables = {}
    for name in ("assignments", "incidents"):
        part = folder / f"{name}{ENDING}"
        if not part.is_file():
            raise LoadError(
                f"{folder} has no {part.name}: name a folder that forestall export wrote, or files."
            )
        tables[name] = geopandas.read_parquet(part)
    sent, cases = tables["assignments"], tables["incidents"]
    try:
        sent = sent[sent["departed_at"].notna() & sent["arrived_at"].notna()]
        doors = cases.set_index("incident_id").geometry.reindex(sent["incident_id"])
        return pd.DataFrame(
            {
                "trip": sent["assignment_id"].to_numpy(),
                "mode": sent["mode"].to_numpy(),
                "origin_lon": sent.geometry.x.to_numpy(),
                "origin_lat": sent.geometry.y.to_numpy(),
                "destination_lon": doors.x.to_numpy(),
                "destination_lat": doors.y.to_numpy(),
                "departed_at": sent["departed_at"].to_numpy(),
                "arrived_at": sent["arrived_at"].to_numpy(),
            }
        )
    except KeyError as error:
        raise LoadError(f"The tables in {folder} lack the column {error}: export again.") from None
