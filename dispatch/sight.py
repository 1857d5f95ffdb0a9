"""What a caller gets to see of the live picture."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dispatch.responders import (
    KIND_CODES,
    KIND_NAMES,
    MODE_NAMES,
    Freshness,
    Responder,
    Status,
    kind_named,
)


class Held(Protocol):
    """The jurisdictions whose people a caller may see."""

    def hold(self, jurisdiction: str) -> bool:
        """Whether this jurisdiction is among them."""


class _Everything:
    def hold(self, jurisdiction: str) -> bool:
        return True


EVERYTHING: Held = _Everything()
"""For work inside one centre, where nobody asks from outside."""


@dataclass(frozen=True, slots=True, eq=False)
class Muster:
    """Who may be considered for one question, for :func:`geodata.search.nearest_occupants`.

    Valid while the picture is being read (`LivePicture.reading`).
    """

    eligible: np.ndarray
    """uint32[slot]: the bit of the slot's kind (see `kind_bits`), 0 for who is left out."""
    delay_ms: np.ndarray
    """int32[slot]: turn-out of the kind, plus doubt about a stale fix."""


def kind_bits(kinds: Collection[str] | None) -> int:
    """Bits of `Muster.eligible` for these kinds; None: every kind."""
    if kinds is None:
        return (1 << len(KIND_NAMES)) - 1
    return sum(1 << KIND_CODES[kind_named(kind).name] for kind in set(kinds))


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """Some responders as columns, one row each, copied at one moment."""

    slot: np.ndarray  # int32[row], place in the picture; another's after the next change
    responder_id: list[str]
    jurisdiction: list[str]
    kind: np.ndarray  # uint8[row], code
    mode: np.ndarray  # uint8[row], code
    status: np.ndarray  # uint8[row], code
    capabilities: list[frozenset[str]]
    lon: np.ndarray  # float64[row], degrees WGS-84
    lat: np.ndarray  # float64[row], degrees WGS-84
    fixed_at_s: np.ndarray  # float64[row], UTC seconds since 1970
    accuracy_m: np.ndarray  # float32[row]
    age_s: np.ndarray  # float64[row], 0 for a clock that is a little ahead
    freshness: np.ndarray  # uint8[row], Freshness
    cell: np.ndarray  # uint64[row], H3 resolution 9
    edge: np.ndarray  # int32[row], -1 out of network
    fraction: np.ndarray  # float64[row]
    road_distance_m: np.ndarray  # float32[row]
    line_m: np.ndarray
    """float64[row]: from the point that was asked about; NaN where none was."""

    def __len__(self) -> int:
        return len(self.slot)

    def __getitem__(self, row: int) -> Responder:
        return Responder(
            responder_id=self.responder_id[row],
            jurisdiction=self.jurisdiction[row],
            kind=KIND_NAMES[self.kind[row]],
            mode=MODE_NAMES[self.mode[row]],
            status=Status(int(self.status[row])),
            capabilities=self.capabilities[row],
            lon=float(self.lon[row]),
            lat=float(self.lat[row]),
            fixed_at_s=float(self.fixed_at_s[row]),
            accuracy_m=float(self.accuracy_m[row]),
            age_s=float(self.age_s[row]),
            freshness=Freshness(int(self.freshness[row])),
            cell=int(self.cell[row]),
            edge=int(self.edge[row]),
            fraction=float(self.fraction[row]),
            road_distance_m=float(self.road_distance_m[row]),
        )

    def __iter__(self) -> Iterator[Responder]:
        return (self[row] for row in range(len(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """How many responders there are, by what they are and do."""

    counts: np.ndarray
    """int64[kind, status, freshness, on a road]."""

    def of(
        self,
        kinds: Collection[str] | None = None,
        statuses: Collection[Status] | None = None,
        freshness: Collection[Freshness] | None = None,
        on_road: bool | None = None,
    ) -> int:
        """How many have one of each; None: whatever it is."""
        picked = self.counts
        if kinds is not None:
            picked = picked[[KIND_CODES[kind_named(kind).name] for kind in sorted(set(kinds))]]
        if statuses is not None:
            picked = picked[:, sorted(set(statuses))]
        if freshness is not None:
            picked = picked[:, :, sorted(set(freshness))]
        if on_road is not None:
            picked = picked[..., int(on_road)]
        return int(picked.sum())

    def by_kind_and_status(self) -> dict[str, dict[str, int]]:
        """Counts of those who are not lost, by the words of the API; zeros left out."""
        seen = self.counts[:, :, [Freshness.FRESH, Freshness.STALE]].sum(axis=(2, 3))
        return {
            kind: {Status(s).word: int(n) for s, n in enumerate(row) if n}
            for kind, row in zip(KIND_NAMES, seen, strict=True)
            if row.any()
        }
