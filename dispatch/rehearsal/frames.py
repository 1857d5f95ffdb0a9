"""Reads what a planner brings: frames of alerts, responders and demand, refused in one sentence."""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd

from dispatch.errors import RehearsalError

WGS84 = "EPSG:4326"


def points_of(frame: gpd.GeoDataFrame, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of a frame of points, float64[row] each, WGS-84."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise RehearsalError(
            f"The {what} are a {type(frame).__name__}; give a GeoDataFrame of points, such as "
            "geopandas.GeoDataFrame(frame, geometry=points_from_xy(lon, lat), crs=4326)."
        )
    if not len(frame):
        raise RehearsalError(f"The frame of {what} is empty; give at least one row.")
    if frame.crs is None:
        raise RehearsalError(
            f"The frame of {what} has no crs; say which with frame.set_crs(4326) for degrees."
        )
    geometry = frame.geometry.to_crs(WGS84)
    wrong = geometry.isna() | geometry.is_empty | (geometry.geom_type != "Point")
    if wrong.any():
        raise RehearsalError(
            f"Row {frame.index[wrong][0]!r} of the {what} has no point; drop the row or give one."
        )
    return geometry.x.to_numpy(np.float64), geometry.y.to_numpy(np.float64)


def words_of(
    frame: pd.DataFrame, column: str, what: str, known: Collection[str], default: str | None = None
) -> list[str]:
    """A column of words, each one of those known; the default where there is no such column."""
    if column not in frame:
        if default is None:
            raise RehearsalError(f"The {what} have no column {column!r}; add one.")
        return [default] * len(frame)
    words = frame[column].tolist()
    for row, word in zip(frame.index, words, strict=True):
        if word not in known:
            raise RehearsalError(
                f"Row {row!r} of the {what} has {column} {word!r}; it is one of "
                f"{', '.join(sorted(known))}."
            )
    return words


def numbers_of(
    frame: pd.DataFrame,
    column: str,
    what: str,
    least: float,
    most: float,
    default: float | None = None,
    *,
    may_lack: bool = False,
) -> np.ndarray:
    """float64[row]: a column of numbers in a range; the default where there is no such column.

    ``may_lack``: NaN is taken, and is what a missing column holds.
    """
    if column not in frame:
        if may_lack:
            return np.full(len(frame), np.nan)
        if default is None:
            raise RehearsalError(f"The {what} have no column {column!r}; add one of numbers.")
        return np.full(len(frame), float(default))
    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    lacks = frame[column].isna().to_numpy()
    fit = (numbers >= least) & (numbers <= most)
    wrong = ~fit & ~(lacks & may_lack)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise RehearsalError(
            f"Row {frame.index[row]!r} of the {what} has {column} {frame[column].iloc[row]}; "
            f"it is a number from {least:g} to {most:g}."
        )
    return numbers
