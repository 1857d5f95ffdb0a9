"""What can be asked of the live picture: one responder, a cell, who is near, how many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import repeat

import numpy as np

from dispatch.cell_buckets import SLOT_RESOLUTION, CellBuckets
from dispatch.interning import Interned
from dispatch.kernels import mustering
from dispatch.picture_columns import PictureColumns
from dispatch.responders import KINDS, MODE_NAMES, Responder, Status
from dispatch.sight import Held, Muster, Roster, Tally, kind_bits
from dispatch.turnstile import Turnstile
from geodata.cells import cells_of, resolution_of
from geodata.network import RoadNetwork
from geodata.search.occupants import Occupants

DOUBT_SHARE = 1.0
"""Seconds added to a drive for each second that a fix is older than fresh. Somebody who has driven
away all that time needs as long again to come back; somebody who came closer needs less; on the
whole a stale fix is worth its age less than a fresh one."""

LONGEST_DELAY_MS = 2**27 - 1
"""As much as a search takes (`geodata.network.NO_THROUGH_MS` less one)."""

Key = tuple[str, str]
"""Jurisdiction and id of a responder."""


class PictureView:
    """The reading side of :class:`dispatch.live_picture.LivePicture`, and the state it reads."""

    def __init__(self, network: RoadNetwork) -> None:
        self.network = network
        self.occupants = {mode: Occupants(network) for mode in MODE_NAMES if mode in network.modes}
        """Who stands where, by mode; slots are those of the picture. For reading only."""
        self.revision = 0
        """Rises whenever anything that can be seen has changed."""
        self._turnstile = Turnstile()
        self._columns = PictureColumns()
        self._buckets = CellBuckets()
        self._slot_of: dict[Key, int] = {}
        self._key_of: list[Key | None] = []
        self._jurisdictions: Interned[str] = Interned()
        self._capabilities: Interned[frozenset[str]] = Interned()
        kinds = KINDS.values()
        self._stale_after_s = np.array([kind.stale_after_s for kind in kinds])
        self._lost_after_s = np.array([kind.lost_after_s for kind in kinds])
        self._turn_out_s = np.array([kind.turn_out_s for kind in kinds])
        self._last_held: tuple[Held, int, np.ndarray] | None = None

    def reading(self) -> AbstractContextManager[None]:
        """For the length of the block nobody moves, comes or goes. Keep it short."""
        return self._turnstile.reading()

    def __len__(self) -> int:
        """How many responders have a believed fix, lost ones included."""
        return int(self._columns.live.sum())

    def get(self, jurisdiction: str, responder_id: str, now_s: float) -> Responder | None:
        """One responder, lost or not; None where there is none."""
        with self.reading():
            slots = self._live_slots([(jurisdiction, responder_id)])
            return self.roster(slots, now_s)[0] if slots[0] >= 0 else None

    def find(self, responder_id: str, held: Held, now_s: float) -> list[Responder]:
        """Everybody with this id whom the caller may see: one in each jurisdiction at most."""
        with self.reading():
            names = [self._jurisdictions[code] for code in np.flatnonzero(self._holding(held))]
            slots = self._live_slots([(name, responder_id) for name in names])
            return list(self.roster(slots[slots >= 0], now_s))

    def named(self, keys: Sequence[Key], now_s: float) -> Roster:
        """Those of these responders who are in the picture, lost or not, in this order."""
        with self.reading():
            slots = self._live_slots(keys)
            return self.roster(slots[slots >= 0], now_s)

    def everybody(self, now_s: float) -> Roster:
        """All responders in the picture, lost or not, by slot."""
        with self.reading():
            return self.roster(np.flatnonzero(self._columns.live), now_s)

    def in_cell(
        self,
        cell: int,
        held: Held,
        now_s: float,
        *,
        kinds: Collection[str] | None = None,
        statuses: Collection[Status] | None = None,
        with_lost: bool = False,
    ) -> Roster:
        """Everybody in an H3 cell of any resolution, by slot.

        Up to resolution 9 those whose cell of resolution 9 is a descendant; for finer cells, those
        whose point lies in it.
        """
        with self.reading():
            slots = np.sort(self._buckets.slots_in(cell))
            mustered = self.muster(held, now_s, statuses=statuses, with_lost=with_lost)
            slots = slots[mustered.eligible[slots] & np.uint32(kind_bits(kinds)) != 0]
            fine = resolution_of(cell)
            if fine > SLOT_RESOLUTION and len(slots):
                columns = self._columns
                slots = slots[cells_of(columns.lon[slots], columns.lat[slots], fine) == cell]
            return self.roster(slots, now_s)

    def near(
        self,
        lon: float,
        lat: float,
        count: int,
        held: Held,
        now_s: float,
        *,
        kinds: Collection[str] | None = None,
        statuses: Collection[Status] | None = None,
        with_lost: bool = False,
        within_m: float = np.inf,
        engaged: Mapping[Key, Status] | None = None,
    ) -> Roster:
        """The `count` nearest in a straight line, nearest first. Not who is there first: see
        :func:`geodata.search.nearest_occupants` for that.

        `engaged` tells what some are doing, whatever their phones say: it decides whether they are
        of one of the `statuses`."""
        with self.reading():
            mustered = self.muster(held, now_s, statuses=statuses, with_lost=with_lost)
            if engaged and statuses is not None:
                anyhow = self.muster(held, now_s, statuses=None, with_lost=with_lost)
                slots = self._live_slots(list(engaged))
                wanted = np.fromiter((doing in statuses for doing in engaged.values()), dtype=bool)
                known = slots >= 0
                slots, wanted = slots[known], wanted[known]
                mustered.eligible[slots] = np.where(wanted, anyhow.eligible[slots], 0)
            return self.near_among(mustered, lon, lat, count, now_s, kinds=kinds, within_m=within_m)

    def near_among(
        self,
        mustered: Muster,
        lon: float,
        lat: float,
        count: int,
        now_s: float,
        *,
        kinds: Collection[str] | None = None,
        within_m: float = np.inf,
    ) -> Roster:
        """As `near`, among those who were mustered inside the same `reading()`."""
        with self.reading():
            columns = self._columns
            slots, line_m = self._buckets.nearest(
                float(lon),
                float(lat),
                columns.lon,
                columns.lat,
                mustered.eligible,
                kind_bits(kinds),
                count,
                float(within_m),
            )
            return self.roster(slots, now_s, line_m)

    def muster(
        self,
        held: Held,
        now_s: float,
        *,
        statuses: Collection[Status] | None = (Status.AVAILABLE,),
        capabilities: Collection[str] = (),
        without: Iterable[Key] = (),
        only: Collection[Key] | None = None,
        with_lost: bool = False,
    ) -> Muster:
        """Who may be considered: held by the caller, of a status, with all the capabilities.

        `statuses` None: whatever they do. `without` leaves responders out by key, `only` leaves out
        all others. For use inside `reading()`, together with the search that it is for.
        """
        with self.reading():
            columns = self._columns
            wanted_status = np.zeros(len(Status), dtype=bool)
            wanted_status[list(Status) if statuses is None else list(statuses)] = True
            needed = frozenset(capabilities)
            eligible = np.empty(columns.capacity, dtype=np.uint32)
            delay_ms = np.empty(columns.capacity, dtype=np.int32)
            mustering.muster(
                columns.live, columns.kind, columns.status, columns.jurisdiction,
                columns.capability, columns.fixed_at_s,
                float(now_s), self._holding(held), self._capabilities.which(needed.issubset),
                wanted_status, with_lost,
                self._stale_after_s, self._lost_after_s, self._turn_out_s,
                DOUBT_SHARE, LONGEST_DELAY_MS, eligible, delay_ms,
            )  # fmt: skip
            left_out = self._live_slots(list(without))
            eligible[left_out[left_out >= 0]] = 0
            if only is not None:
                meant = self._live_slots(list(only))
                others = np.ones(len(eligible), dtype=bool)
                others[meant[meant >= 0]] = False
                eligible[others] = 0
            return Muster(eligible, delay_ms)

    def tally(self, held: Held, now_s: float) -> Tally:
        """How many of each kind and status there are, how fresh, and on a road or not."""
        counts = np.zeros((len(KINDS), len(Status), 3, 2), dtype=np.int64)
        with self.reading():
            columns = self._columns
            mustering.tally(
                columns.live, columns.kind, columns.status, columns.jurisdiction,
                columns.fixed_at_s, columns.edge,
                float(now_s), self._holding(held), self._stale_after_s, self._lost_after_s, counts,
            )  # fmt: skip
        return Tally(counts)

    def roster(self, slots: np.ndarray, now_s: float, line_m: np.ndarray | None = None) -> Roster:
        """The responders in these slots, in this order. Slots come from inside `reading()`."""
        with self.reading():
            columns = self._columns
            keys = [self._key_of[slot] for slot in slots.tolist()]
            kind, fixed_at_s = columns.kind[slots], columns.fixed_at_s[slots]
            return Roster(
                slot=np.array(slots, dtype=np.int32),
                responder_id=[key[1] for key in keys],
                jurisdiction=[key[0] for key in keys],
                kind=kind,
                mode=columns.mode[slots],
                status=columns.status[slots],
                capabilities=[self._capabilities[c] for c in columns.capability[slots].tolist()],
                lon=columns.lon[slots],
                lat=columns.lat[slots],
                fixed_at_s=fixed_at_s,
                accuracy_m=columns.accuracy_m[slots],
                age_s=np.maximum(now_s - fixed_at_s, 0.0),
                freshness=mustering.freshness(
                    kind, fixed_at_s, float(now_s), self._stale_after_s, self._lost_after_s
                ),
                cell=columns.cell[slots],
                edge=columns.edge[slots],
                fraction=columns.fraction[slots],
                road_distance_m=columns.road_distance_m[slots],
                line_m=np.full(len(slots), np.nan) if line_m is None else line_m,
            )

    def _live_slots(self, keys: Sequence[Key]) -> np.ndarray:
        """int64[key]: slots of those in the picture, -1 for the others."""
        slots = np.fromiter(map(self._slot_of.get, keys, repeat(-1)), np.int64, len(keys))
        known = slots >= 0
        slots[known] = np.where(self._columns.live[slots[known]], slots[known], -1)
        return slots

    def _holding(self, held: Held) -> np.ndarray:
        """bool[jurisdiction code]: whose people the caller may see."""
        last, version = self._last_held, self._jurisdictions.version
        if last is not None and last[0] is held and last[1] == version:
            return last[2]
        holding = self._jurisdictions.which(held.hold)
        self._last_held = held, version, holding
        return holding
