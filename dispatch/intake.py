"""Which fixes of a batch are believed.

# RULE 1: a fix without a real coordinate or time is INVALID.
# RULE 2: a fix later than now by more than clocks are wrong is from the FUTURE.
# RULE 3: a fix so old that its responder would be lost at once is TOO_OLD.
# RULE 4: a fix older than the last believed one is OUT_OF_ORDER, one of the same time a DUPLICATE.
# RULE 5: a fix whose radius is a quarter of the town is COARSE.
# RULE 6: a fix farther from the last believed one than the mode (the one before, or the one now)
          can have gone since is a JUMP, unless so many in a row jumped to one neighbourhood that
          the old fix must be wrong.

What the sender says of the responder (mode, status, capabilities) counts from accepted fixes, and
for somebody who is in the picture from duplicates, jumps and coarse fixes too: a phone indoors
still knows that its owner goes off duty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.fixes import KEEP, FixBatch
from dispatch.kernels.judging import judge
from dispatch.picture_columns import PictureColumns
from dispatch.responders import KINDS, TOP_SPEED_KPH

_JUDGED_COLUMNS = (
    "live", "lon", "lat", "fixed_at_s", "accuracy_m",
    "doubt_count", "doubt_lon", "doubt_lat", "doubt_s", "doubt_accuracy_m",
)  # fmt: skip
"""Columns of the picture that judging moves along, in the order in which the kernel takes them."""


@dataclass(frozen=True, slots=True)
class FixLimits:
    """What is believed. Each can be set for a place with other devices."""

    future_s: float = 30.0
    """Clocks of phones without network time are seconds wrong, not half minutes."""
    coarse_m: float = 1000.0
    """A fix from a cell tower alone: good to a quarter of the town, not to a street."""
    unknown_accuracy_m: float = 25.0
    """Radius of a phone between high buildings, taken where the device says none."""
    clock_step_s: float = 1.0
    """Devices cut their times to whole seconds."""
    accuracy_share: float = 2.0
    """A radius holds two thirds of all fixes (Android, iOS); twice the radius nearly all."""
    believe_after: int = 3
    """Fixes in a row that agree with each other prove the old one wrong. One is a reflection from
    a house front, two can be its echo."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A batch after judging. Rows are the responders in it, each once."""

    verdict: np.ndarray
    """uint8[fix]: `Verdict`."""
    slot: np.ndarray
    """int32[row]."""
    believed: np.ndarray
    """bool[row]: at least one fix was accepted."""
    telling_fix: np.ndarray
    """int64[row]: the last fix that tells who they are and what they do; -1 none."""
    status_fix: np.ndarray
    """int64[row]: the last of those that tells the status; -1 none."""
    capability_fix: np.ndarray
    """int64[row]: the last of those that tells the capabilities; -1 none."""
    state: dict[str, np.ndarray]
    """What the columns of the picture become, by name, each [row]."""
    refused: np.ndarray
    """uint32[row, verdict]: what the counts of the picture become."""

    def write(self, columns: PictureColumns, now_s: float) -> None:
        """Writes the believed fixes, the doubts and the counts into the picture."""
        for name, values in self.state.items():
            getattr(columns, name)[self.slot] = values
        columns.refused[self.slot] = self.refused
        columns.heard_at_s[self.slot] = now_s


class Intake:
    """Judges batches. Has no memory of its own."""

    def __init__(self, limits: FixLimits) -> None:
        self._limits = limits
        self._lost_after_s = np.array([kind.lost_after_s for kind in KINDS.values()])
        self._top_speed_mps = np.array(list(TOP_SPEED_KPH.values())) / 3.6

    def judge(
        self, batch: FixBatch, slots: np.ndarray, columns: PictureColumns, now_s: float
    ) -> Judged:
        """Judges the fixes in order; `slots` int32[fix]. Changes nothing."""
        limits = self._limits
        slot, row_of_fix = np.unique(slots, return_inverse=True)
        # indexing copies: readers go on seeing the old picture
        state = {name: getattr(columns, name)[slot] for name in _JUDGED_COLUMNS}
        refused = columns.refused[slot]
        told = [np.full(len(slot), -1, dtype=np.int64) for _ in range(4)]
        verdict = np.empty(len(batch), dtype=np.uint8)
        judge(
            row_of_fix, batch.lon, batch.lat, batch.fixed_at_s, batch.accuracy_m,
            self._top_speed_mps[batch.mode], self._lost_after_s[batch.kind],
            batch.status != KEEP,
            np.array([words is not None for words in batch.capabilities], dtype=np.bool_),
            float(now_s), limits.future_s, limits.coarse_m, limits.unknown_accuracy_m,
            limits.clock_step_s, limits.accuracy_share, limits.believe_after,
            self._top_speed_mps[columns.mode[slot]], *state.values(), verdict, *told, refused,
        )  # fmt: skip
        believed_fix, telling_fix, status_fix, capability_fix = told
        return Judged(
            verdict, slot, believed_fix >= 0, telling_fix, status_fix, capability_fix,
            state, refused,
        )  # fmt: skip
