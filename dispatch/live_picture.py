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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from dispatch.cell_buckets import SLOT_RESOLUTION
from dispatch.fixes import FixBatch, Verdict
from dispatch.intake import FixLimits, Intake, Judged
from dispatch.picture_view import Key, PictureView
from dispatch.responders import MODE_NAMES, Status
from dispatch.sight import EVERYTHING, kind_bits
from geodata.cells import cells_of
from geodata.network import RoadNetwork
from geodata.positions import RoadPositions
from geodata.snapping import DEFAULT_LIMIT_M, Snapper

__all__ = ["EVERYTHING", "KEPT_S", "FixLimits", "LivePicture", "kind_bits"]

KEPT_S = 3600.0
"""A position older than this is forgotten, and its responder with it: people's data is little."""

FIRST_CAPACITY = 1024


class LivePicture(PictureView):
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
        super().__init__(network)
        self.kept_s = kept_s
        self._snapper = snapper
        self._snap_limit_m = snap_limit_m
        self._applying = threading.Lock()  # one writer prepares at a time
        self._free: list[int] = []
        self._intake = Intake(limits or FixLimits())
        self._verdicts = np.zeros(len(Verdict), dtype=np.int64)

    # ------------------------------------------------------------------------------------ writing

    def apply(self, batch: FixBatch, now_s: float) -> np.ndarray:
        """Takes in a batch of fixes, in order; what became of each as uint8[fix], `Verdict`.

        Raises ResponderError, and changes nothing, when the batch's columns differ in length.
        """
        batch.check()
        if not len(batch):
            return np.empty(0, dtype=np.uint8)
        with self._alone():
            slots = self._slots_for(batch)
            judged = self._intake.judge(batch, slots, self._columns, now_s)
            self._take_in(batch, judged, now_s)
            return judged.verdict

    def set_status(self, keys: Sequence[Key], status: Status) -> np.ndarray:
        """Sets what responders are doing; bool[key] tells which of them are in the picture."""
        with self._alone():
            slots = self._live_slots(keys)
            with self._turnstile.writing():
                self._columns.status[slots[slots >= 0]] = status
                self.revision += 1
            return slots >= 0

    def remove(self, keys: Iterable[Key]) -> int:
        """Forgets responders, and fixes of theirs that were not believed; how many there were."""
        with self._alone():
            known = {self._slot_of.get(key, -1) for key in keys} - {-1}
            return self._forget(np.array(sorted(known), dtype=np.int64))

    def expire(self, now_s: float) -> int:
        """Forgets everybody whose last believed fix is older than is kept; how many there were."""
        with self._alone():
            columns = self._columns
            last_s = np.where(columns.live, columns.fixed_at_s, columns.heard_at_s)
            old = last_s <= now_s - self.kept_s
            used = np.zeros(columns.capacity, dtype=bool)
            used[list(self._slot_of.values())] = True
            return self._forget(np.flatnonzero(old & used))

    def verdict_counts(self) -> dict[str, int]:
        """How many fixes had each verdict since the start, by word."""
        return {verdict.word: int(self._verdicts[verdict]) for verdict in Verdict}

    def refusals(self, jurisdiction: str, responder_id: str) -> dict[str, int]:
        """How many fixes of one responder were not believed, by word; empty where none."""
        with self.reading():
            slot = self._slot_of.get((jurisdiction, responder_id))
            if slot is None:
                return {}
            counts = self._columns.refused[slot]
            return {verdict.word: int(counts[verdict]) for verdict in Verdict if counts[verdict]}

    # ------------------------------------------------------------------------------------- inside

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time. A thread that reads would wait for itself, and is told so."""
        self._turnstile.refuse_reader()
        with self._applying:
            yield

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

    def _capability_codes(self, batch: FixBatch, told, slots, was_live) -> np.ndarray:
        """int32[i]: codes of what they now say they can do, or else of what is known of them."""
        codes = self._columns.capability[slots]
        for row in np.flatnonzero((told >= 0) | ~was_live).tolist():
            words = batch.capabilities[told[row]] if told[row] >= 0 else frozenset()
            codes[row] = self._capabilities.code(words)
        return codes
