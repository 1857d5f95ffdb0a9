"""What planners' frames must be, each refused with one sentence that names the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas
import numpy as np
import pandas as pd
import shapely

from dispatch.errors import PlanningError
from geodata.cells import cell_named, resolution_of
from geodata.errors import RequestError

CRS = "EPSG:4326"
"""WGS-84 longitude and latitude: every frame that comes out."""
TIME_ZONE = "Asia/Shanghai"
"""In which hours and weeks are meant, unless a planner says otherwise."""


def in_degrees(frame: geopandas.GeoDataFrame, what: str) -> geopandas.GeoDataFrame:
    """The frame in WGS-84 degrees; `what` it holds is named in the sentence that refuses it."""
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise PlanningError(
            f"The {what} must be a GeoDataFrame, not {type(frame).__name__}; make one with "
            "geopandas.GeoDataFrame(frame, geometry=geopandas.points_from_xy(lon, lat), "
            'crs="EPSG:4326").'
        )
    if not len(frame):
        raise PlanningError(f"The frame of {what} is empty; give at least one row.")
    if frame.crs is None:
        raise PlanningError(
            f"The frame of {what} does not say its coordinate system; "
            'say it with frame.set_crs("EPSG:4326") if it is WGS-84.'
        )
    return frame if frame.crs == CRS else frame.to_crs(CRS)


def points_of(frame: geopandas.GeoDataFrame, what: str) -> tuple[np.ndarray, np.ndarray]:
    """float64[row] longitude and latitude of a frame of points in WGS-84 degrees."""
    geometry = in_degrees(frame, what).geometry
    missing = np.asarray(geometry.isna() | geometry.is_empty)
    if missing.any():
        raise PlanningError(
            f"{_rows(missing)} of the {what} {_has(missing)} no point; leave them out with "
            "frame[~frame.geometry.isna() & ~frame.geometry.is_empty]."
        )
    if not (shapely.get_type_id(geometry.values) == shapely.GeometryType.POINT).all():
        raise PlanningError(
            f"The {what} must be points; take frame.geometry.representative_point() of areas."
        )
    lon, lat = geometry.x.to_numpy(np.float64), geometry.y.to_numpy(np.float64)
    if not (np.isfinite(lon) & np.isfinite(lat) & (abs(lon) <= 180) & (abs(lat) <= 90)).all():
        raise PlanningError(
            f"A point of the {what} is not on the globe; is the frame's coordinate system right?"
        )
    return lon, lat


def numbers_of(frame: pd.DataFrame, column: str, what: str) -> np.ndarray:
    """float64[row] of a column of weights: finite, none negative, not all zero."""
    values = _column(frame, column, what)
    try:
        numbers = values.to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise PlanningError(
            f"The column {column!r} of the {what} does not hold numbers; "
            "convert it with pandas.to_numeric."
        ) from None
    bad = ~np.isfinite(numbers)
    if bad.any():
        raise PlanningError(
            f"{_rows(bad)} of the {what} {_has(bad)} no number in {column!r}; "
            f"fill them with frame[{column!r}].fillna(0), or leave them out."
        )
    if (numbers < 0).any():
        raise PlanningError(
            f"{_rows(numbers < 0)} of the {what} {_has(numbers < 0)} a negative number in "
            f"{column!r}; weights are 0 or more."
        )
    if not (numbers > 0).any():
        raise PlanningError(
            f"Nothing in the column {column!r} of the {what} is above 0: nothing weighs anything."
        )
    return numbers


def moments_of(
    frame: pd.DataFrame, column: str, what: str, otherwise: pd.Timestamp | None = None
) -> pd.Series:
    """datetime64[row] with a zone: a column of times that say their zone; `otherwise` where one is
    missing, or the whole column."""
    if column not in frame.columns and otherwise is not None:
        return pd.Series(otherwise, index=frame.index)
    moments = _column(frame, column, what)
    if not isinstance(moments.dtype, pd.DatetimeTZDtype):
        raise PlanningError(
            f"The column {column!r} of the {what} must hold times with their zone; make them with "
            f"pandas.to_datetime(frame[{column!r}], utc=True), or, of times on the clock, with "
            f"pandas.to_datetime(frame[{column!r}]).dt.tz_localize({TIME_ZONE!r})."
        )
    if otherwise is not None:
        moments = moments.fillna(otherwise)
    missing = moments.isna().to_numpy()
    if missing.any():
        raise PlanningError(
            f"{_rows(missing)} of the {what} {_has(missing)} no time in {column!r}; fill it in, or "
            f"leave them out with frame.dropna(subset=[{column!r}])."
        )
    return moments


def zone_named(timezone: str) -> ZoneInfo:
    """The time zone with this name."""
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise PlanningError(f"No time zone is called {timezone!r}; one is {TIME_ZONE}.") from None


def words_of(
    frame: pd.DataFrame, column: str, what: str, known: Sequence[str], otherwise: str | None = None
) -> list[str | None]:
    """The words of a column, each one of those known; without the column, `otherwise` for all."""
    if column not in frame.columns:
        if otherwise is None:
            _column(frame, column, what)
        return [otherwise] * len(frame)
    words = [None if pd.isna(word) else word for word in frame[column].tolist()]
    for word in words:
        if word not in known and not (word is None and otherwise is not None):
            raise PlanningError(
                f"No {column} is called {word!r}; in the {what} it is one of {', '.join(known)}."
            )
    return [otherwise if word is None else word for word in words]


def cells_in(frame: geopandas.GeoDataFrame, what: str = "cells") -> np.ndarray:
    """uint64[row]: the H3 cells named in the column `cell`, all of one resolution, none twice."""
    if not len(frame):
        raise PlanningError(f"The frame of {what} is empty; give at least one row.")
    names = _column(frame, "cell", what)
    try:
        cells = np.array([cell_named(str(name)) for name in names], dtype=np.uint64)
    except RequestError as error:
        raise PlanningError(f"In the column 'cell' of the {what}: {error}.") from None
    resolutions = sorted({resolution_of(cell) for cell in cells.tolist()})
    if len(resolutions) > 1:
        raise PlanningError(
            f"The {what} are of H3 resolutions {', '.join(map(str, resolutions))}; bring them to "
            "one, for instance with h3.cell_to_parent(cell, 8)."
        )
    if len(np.unique(cells)) < len(cells):
        raise PlanningError(
            f"A cell stands more than once among the {what}; keep one row of each (of a surface by "
            'hours one hour: frame[frame.hour == 9]), or add them up with frame.groupby("cell").'
        )
    return cells


def _column(frame: pd.DataFrame, column: str, what: str) -> pd.Series:
    if column not in frame.columns:
        there = ", ".join(str(name) for name in frame.columns)
        raise PlanningError(f"The frame of {what} has no column {column!r}; it has {there}.")
    return frame[column]


def _rows(which: np.ndarray) -> str:
    places = np.flatnonzero(which)
    if len(places) == 1:
        return f"Row {places[0]}"
    return f"{len(places)} rows (the first is row {places[0]})"


def _has(which: np.ndarray) -> str:
    return "has" if which.sum() == 1 else "have"
