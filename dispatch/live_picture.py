"""Where everybody is right now: the live picture of responders.

Arrays by *slot*, a small number that a responder keeps while they are in the picture. A responder
is known by jurisdiction and id together: the same id in another jurisdiction is somebody else.

Threads. Batches are applied one after another. Judging, snapping and finding cells happen while
others read; only the writing of the results (some tenths of a millisecond for a thousand fixes)
holds up readers. A lock and not snapshots, because a snapshot would have to copy the lists of every
edge of the map for each batch. A question that takes several steps, a search over `occupants` and
then names for its slots, wraps them in one ``with picture.reading()``.

Time is an argument everywhere (`now_s`, UTC seconds since 1970); the picture has no clock.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager

import numpy as np

from dispatch.cell_buckets import SLOT_RESOLUTION, CellBuckets
from dispatch.fixes import FixBatch, Verdict
from dispatch.intake import FixLimits, Intake, Judged
from dispatch.interning import Interned
from dispatch.kernels import mustering
from dispatch.picture_columns import PictureColumns
from dispatch.responders import KINDS, MODE_NAMES, Responder, Status
from dispatch.sight import EVERYTHING, Held, Muster, Roster, Tally, kind_bits
from dispatch.turnstile import Turnstile
from geodata.cells import cells_of, resolution_of
from geodata.network import RoadNetwork
from geodata.occupants import Occupants
from geodata.positions import RoadPositions
from geodata.snapping import DEFAULT_LIMIT_M, Snapper

__all__ = ["EVERYTHING", "KEPT_S", "FixLimits", "LivePicture", "kind_bits"]

KEPT_S = 3600.0
"""A position older than this is forgotten, and its responder with it: people's data is little."""

DOUBT_SHARE = 1.0
"""Seconds added to a drive for each second that a fix is older than fresh. Somebody who has driven
away all that time needs as long again to come back; somebody who came closer needs less; on the
whole a stale fix is worth its age less than a fresh one."""

LONGEST_DELAY_MS = 2**27 - 1
"""As much as a search takes (`geodata.network.NO_THROUGH_MS` less one)."""

FIRST_CAPACITY = 1024

Key = tuple[str, str]
"""Jurisdiction and id of a responder."""


class LivePicture:
    """All responders of one map. Any number of threads may use it."""

    def __init__(
        self,
        network: RoadNetwork,
        snapper: Snapper,
        *,
        kept_s: float = KEPT_S,
        snap_limit_m: float = DEFAULT_LIMIT_M,
        limits: FixLimits | None = None,
    ) -> None:
        self.network = network
        self.kept_s = kept_s
        self.occupants = {mode: Occupants(network) for mode in MODE_NAMES if mode in network.modes}
        """Who stands where, by mode; slots are those of the picture. For reading only."""
        self.revision = 0
        """Rises whenever anything that can be seen has changed."""
        self._snapper = snapper
        self._snap_limit_m = snap_limit_m
        self._turnstile = Turnstile()
        self._applying = threading.RLock()  # one writer prepares at a time
        self._columns = PictureColumns()
        self._buckets = CellBuckets()
        self._slot_of: dict[Key, int] = {}
        self._key_of: list[Key | None] = []
        self._free: list[int] = []
        self._jurisdictions: Interned[str] = Interned()
        self._capabilities: Interned[frozenset[str]] = Interned()
        self._intake = Intake(limits or FixLimits())
        self._verdicts = np.zeros(len(Verdict), dtype=np.int64)
        kinds = KINDS.values()
        self._stale_after_s = np.array([kind.stale_after_s for kind in kinds])
        self._lost_after_s = np.array([kind.lost_after_s for kind in kinds])
        self._turn_out_s = np.array([kind.turn_out_s for kind in kinds])
        self._last_held: tuple[Held, int, np.ndarray] | None = None

    # ------------------------------------------------------------------------------------ writing

    def apply(self, batch: FixBatch, now_s: float) -> np.ndarray:
        """Takes in a batch of fixes, in order; what became of each as uint8[fix], `Verdict`.

        Raises ResponderError, and changes nothing, when the batch's columns differ in length.
        """
        batch.check()
        if not len(batch):
            return np.empty(0, dtype=np.uint8)
        with self._applying:
            slots = self._slots_for(batch)
            judged = self._intake.judge(batch, slots, self._columns, now_s)
            self._take_in(batch, judged, now_s)
            return judged.verdict

    def set_status(self, keys: Sequence[Key], status: Status) -> np.ndarray:
        """Sets what responders are doing; bool[key] tells which of them are in the picture."""
        with self._applying:
            slots = self._live_slots(keys)
            with self._turnstile.writing():
                self._columns.status[slots[slots >= 0]] = status
                self.revision += 1
            return slots >= 0

    def remove(self, keys: Iterable[Key]) -> int:
        """Forgets responders; how many there were."""
        with self._applying:
            slots = self._live_slots(list(keys))
            return self._forget(np.unique(slots[slots >= 0]))

    def expire(self, now_s: float) -> int:
        """Forgets everybody whose last believed fix is older than is kept; how many there were."""
        with self._applying:
            columns = self._columns
            last_s = np.where(columns.live, columns.fixed_at_s, columns.heard_at_s)
            old = last_s <= now_s - self.kept_s
            used = np.zeros(columns.capacity, dtype=bool)
            used[list(self._slot_of.values())] = True
            return self._forget(np.flatnonzero(old & used))

    # ------------------------------------------------------------------------------------ reading

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
    ) -> Roster:
        """The `count` nearest in a straight line, nearest first. Not who is there first: see
        :func:`geodata.search.nearest_occupants` for that."""
        with self.reading():
            columns = self._columns
            mustered = self.muster(held, now_s, statuses=statuses, with_lost=with_lost)
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
        with_lost: bool = False,
    ) -> Muster:
        """Who may be considered: held by the caller, of a status, with all the capabilities.

        `statuses` None: whatever they do. `without` leaves responders out by key. For use inside
        `reading()`, together with the search that it is for.
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

    def verdict_counts(self) -> dict[str, int]:
        """How many fixes had each verdict since the start, by word."""
        return {verdict.word: int(self._verdicts[verdict]) for verdict in Verdict}

    def refusals(self, jurisdiction: str, responder_id: str) -> dict[str, int]:
        """How many fixes of one responder were not believed, by word; empty where none."""
        with self._applying:
            slot = self._slot_of.get((jurisdiction, responder_id))
            if slot is None:
                return {}
            counts = self._columns.refused[slot]
            return {verdict.word: int(counts[verdict]) for verdict in Verdict if counts[verdict]}

    # ------------------------------------------------------------------------------------- inside

    def _take_in(self, batch: FixBatch, judged: Judged, now_s: float) -> None:
        """Finds cells and roads for who has moved, then lets everybody see the new picture."""
        columns = self._columns
        telling = judged.telling_fix >= 0
        slots, told = judged.slot[telling], judged.telling_fix[telling]
        was_live, old_mode = columns.live[slots], columns.mode[slots]
        mode = batch.mode[told]
        capability = self._capability_codes(batch, judged.capability_fix[telling], slots, was_live)
        newcomers = told[~was_live].tolist()
        jurisdiction = [self._jurisdictions.code(batch.jurisdiction[fix]) for fix in newcomers]
        status_fix = judged.status_fix[telling]
        says = status_fix >= 0
        moved = judged.believed[telling] | (old_mode != mode)
        lon, lat = judged.state["lon"][telling][moved], judged.state["lat"][telling][moved]
        moved_slots, moved_mode = slots[moved], mode[moved]
        cell = cells_of(lon, lat, SLOT_RESOLUTION)
        road = self._snapped(moved_slots, moved_mode, lon, lat)

        with self._turnstile.writing():
            judged.write(columns, now_s)
            self._verdicts += np.bincount(judged.verdict, minlength=len(Verdict))
            columns.kind[slots] = batch.kind[told]
            columns.mode[slots] = mode
            columns.capability[slots] = capability
            columns.jurisdiction[slots[~was_live]] = jurisdiction
            columns.status[slots[says]] = batch.status[status_fix[says]]
            columns.cell[moved_slots] = cell
            columns.edge[moved_slots] = road.edge
            columns.fraction[moved_slots] = road.fraction
            columns.road_distance_m[moved_slots] = road.distance_m
            self._buckets.place(moved_slots, cell)
            self._place(moved_slots, moved_mode, road, old_mode[moved], was_live[moved])
            self.revision += 1

    def _snapped(
        self, slots: np.ndarray, mode: np.ndarray, lon: np.ndarray, lat: np.ndarray
    ) -> RoadPositions:
        """Road positions of who has moved; near the edge they were on this is quick."""
        road = RoadPositions.empty(len(slots))
        for code in np.unique(mode).tolist():
            if MODE_NAMES[code] in self.occupants:
                those = np.flatnonzero(mode == code)
                road.put(
                    those,
                    self._snapper.snap(
                        lon[those],
                        lat[those],
                        MODE_NAMES[code],
                        limit_m=self._snap_limit_m,
                        hint_edge=self._columns.edge[slots[those]],
                    ),
                )
        return road

    def _place(self, slots, mode, road: RoadPositions, old_mode, was_live) -> None:
        for code, name in enumerate(MODE_NAMES):
            occupants = self.occupants.get(name)
            if occupants is not None:
                gone = was_live & (old_mode == code) & (mode != code)
                occupants.remove(slots[gone])
                here = mode == code
                occupants.place(slots[here], road.edge[here], road.fraction[here])

    def _slots_for(self, batch: FixBatch) -> np.ndarray:
        """int32[fix]: the slot of each fix's responder; newcomers get one, unseen as yet."""
        known = self._slot_of
        keys = list(zip(batch.jurisdiction, batch.responder_id, strict=True))
        slots = [known.get(key, -1) for key in keys]
        for fix, slot in enumerate(slots):
            if slot < 0:
                slots[fix] = self._new_slot(keys[fix])
        return np.array(slots, dtype=np.int32)

    def _new_slot(self, key: Key) -> int:
        slot = self._slot_of.get(key)  # twice in one batch
        if slot is not None:
            return slot
        if self._free:
            slot = self._free.pop()
        else:
            slot = len(self._key_of)
            self._key_of.append(None)
            if slot >= self._columns.capacity:
                self._grow(max(FIRST_CAPACITY, 2 * slot))
        self._key_of[slot] = key
        self._slot_of[key] = slot
        return slot

    def _grow(self, capacity: int) -> None:
        with self._turnstile.writing():
            self._columns.reserve(capacity)
            self._buckets.reserve(capacity)
            for occupants in self.occupants.values():
                occupants.reserve(capacity)

    def _forget(self, slots: np.ndarray) -> int:
        if not len(slots):
            return 0
        with self._turnstile.writing():
            count = int(self._columns.live[slots].sum())
            self._buckets.remove(slots)
            for occupants in self.occupants.values():
                occupants.remove(slots)
            self._columns.clear(slots)
            for slot in slots.tolist():
                del self._slot_of[self._key_of[slot]]
                self._key_of[slot] = None
            self._free.extend(slots.tolist())
            live = self._columns.live
            self._jurisdictions.keep(self._columns.jurisdiction[live])
            self._capabilities.keep(self._columns.capability[live])
            self.revision += 1
        return count

    def _live_slots(self, keys: Sequence[Key]) -> np.ndarray:
        """int64[key]: slots of those in the picture, -1 for the others."""
        slots = np.array([self._slot_of.get(key, -1) for key in keys], dtype=np.int64)
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

    def _capability_codes(self, batch: FixBatch, told, slots, was_live) -> np.ndarray:
        """int32[i]: codes of what they now say they can do, or else of what is known of them."""
        codes = self._columns.capability[slots]
        for row in np.flatnonzero((told >= 0) | ~was_live).tolist():
            words = batch.capabilities[told[row]] if told[row] >= 0 else frozenset()
            codes[row] = self._capabilities.code(words)
        return codes
