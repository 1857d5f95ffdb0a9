"""Fixes as they come in: one batch is one set of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from dispatch.errors import ResponderError
from dispatch.responders import KIND_CODES, KINDS, MODE_CODES, STATUS_CODES

KEEP = 255
"""Status code of a fix that says nothing about the status: a known responder keeps theirs, a new
one is available."""


class Verdict(IntEnum):
    """What became of a fix.

    From FUTURE on a fix is quarantined: not believed, but counted for its responder.
    """

    ACCEPTED = 0
    DUPLICATE = 1  # same time as the last believed fix
    OUT_OF_ORDER = 2  # older than the last believed fix
    TOO_OLD = 3  # so old that its responder would be lost at once
    FUTURE = 4  # from the future, beyond what clocks may be wrong
    JUMP = 5  # farther from the last believed fix than the mode can have gone
    COARSE = 6  # known too roughly to say on which street
    INVALID = 7  # no coordinate or no time

    @property
    def word(self) -> str:
        """The verdict as JSON and metrics spell it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class FixBatch:
    """Fixes in the order in which they came. All columns are equally long."""

    responder_id: Sequence[str]
    """Unique within the jurisdiction."""
    jurisdiction: Sequence[str]
    kind: np.ndarray
    """uint8[fix], code of the kind."""
    mode: np.ndarray
    """uint8[fix], code of the mode."""
    lon: np.ndarray
    """float64[fix], degrees WGS-84."""
    lat: np.ndarray
    """float64[fix], degrees WGS-84."""
    fixed_at_s: np.ndarray
    """float64[fix], UTC seconds since 1970."""
    accuracy_m: np.ndarray
    """float32[fix], radius; NaN where the device did not say."""
    status: np.ndarray
    """uint8[fix], code of the status, or KEEP."""
    capabilities: Sequence[frozenset[str] | None]
    """None: a known responder keeps theirs, a new one has none."""

    def __len__(self) -> int:
        return len(self.lon)

    @classmethod
    def of(
        cls,
        responder_id: Sequence[str],
        lon: ArrayLike,
        lat: ArrayLike,
        fixed_at_s: ArrayLike,
        *,
        jurisdiction: str | Sequence[str],
        kind: str | Sequence[str],
        mode: str | Sequence[str | None] | None = None,
        accuracy_m: ArrayLike | None = None,
        status: str | Sequence[str | None] | None = None,
        capabilities: Sequence[Sequence[str] | frozenset[str] | None] | None = None,
    ) -> FixBatch:
        """A batch from plain values; what is given once counts for every fix.

        Without a mode, everybody travels as their kind does. Raises ResponderError for an unknown
        kind, mode or status, and for columns of different lengths.
        """
        count = len(responder_id)
        kinds = _repeated(kind, count)
        kind_code = _coded(kinds, KIND_CODES, "kind")
        # a shorter column stays shorter here, and is refused below
        modes = [
            KINDS[of_kind].mode if said is None else said
            for of_kind, said in zip(kinds, _repeated(mode, count), strict=False)
        ]
        if capabilities is None:
            sets: Sequence[frozenset[str] | None] = [None] * count
        else:
            sets = [None if words is None else frozenset(words) for words in capabilities]
        columns = cls(
            responder_id=responder_id,
            jurisdiction=_repeated(jurisdiction, count),
            kind=kind_code,
            mode=_coded(modes, MODE_CODES, "mode"),
            lon=np.ascontiguousarray(lon, dtype=np.float64),
            lat=np.ascontiguousarray(lat, dtype=np.float64),
            fixed_at_s=_column(fixed_at_s, count, np.float64),
            accuracy_m=_column(np.nan if accuracy_m is None else accuracy_m, count, np.float32),
            status=_coded(_repeated(status, count), {None: KEEP, **STATUS_CODES}, "status"),
            capabilities=sets,
        )
        columns.check()
        return columns

    def check(self) -> None:
        """Raises ResponderError when columns differ in length or hold a code that means nothing."""
        lengths = {name: len(getattr(self, name)) for name in self.__slots__}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise ResponderError(f"the columns of a batch are equally long, not: {told}")
        if len(self) and (
            self.kind.max() >= len(KINDS)
            or self.mode.max() >= len(MODE_CODES)
            or (self.status[self.status != KEEP] >= len(STATUS_CODES)).any()
        ):
            raise ResponderError("a batch holds the code of a kind, mode or status that is unknown")


def _repeated(value, count: int) -> Sequence:
    return [value] * count if value is None or isinstance(value, str) else value


def _column(value: ArrayLike, count: int, dtype: type) -> np.ndarray:
    column = np.asarray(value, dtype=dtype)
    return np.full(count, column) if column.ndim == 0 else np.ascontiguousarray(column)


def _coded(names: Sequence, codes: Mapping, what: str) -> np.ndarray:
    try:
        return np.array([codes[name] for name in names], dtype=np.uint8)
    except KeyError as missing:
        known = ", ".join(name for name in codes if name is not None)
        raise ResponderError(f"no {what} {missing.args[0]!r}; it is one of {known}") from None
