"""Writes an export to files: all of its tables, or none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import geopandas
from sqlalchemy import Connection

from services.errors import ExportError
from services.review.export import TABLES, Pseudonym
from services.review.rows import Scope

ENDING = ".parquet"
MEDIA_TYPE = "application/vnd.apache.parquet"


def write_table(table: geopandas.GeoDataFrame, file: Path | BinaryIO) -> None:
    """Write a table as GeoParquet 1.1."""
    table.to_parquet(file, index=False, compression="zstd", schema_version="1.1.0")


def write_export(
    connection: Connection, scope: Scope, pseudonym: Pseudonym, folder: Path, exact: bool = False
) -> dict[Path, int]:
    """The files that were written, and the rows in each. Older ones of the same names go away once
    all of the new ones are there. Raises ExportError where the folder cannot be written."""
    written: dict[Path, int] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for name, make in TABLES.items():
                table = make(connection, scope, pseudonym, exact)
                write_table(table, _part(folder, name))
                written[folder / f"{name}{ENDING}"] = len(table)
            for name in TABLES:
                os.replace(_part(folder, name), folder / f"{name}{ENDING}")
        finally:
            for name in TABLES:
                _part(folder, name).unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written: {error.strerror or error}.") from None
    return written


def _part(folder: Path, name: str) -> Path:
    """A table that is being written; a process of its own for each export."""
    return folder / f".{name}.{os.getpid()}.part"
