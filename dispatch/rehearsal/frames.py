"""Numbers of a planner's frame, refused in one sentence where they are out of range."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dispatch.errors import RehearsalError


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
