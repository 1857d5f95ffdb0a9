"""Takes positions in: judged by the live picture, shared through Redis, answered as one batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from dispatch.fixes import Verdict
from dispatch.live_picture import LivePicture
from services.jurisdictions import Jurisdictions
from services.ledger.database import now_s
from services.metrics import Metrics
from services.positions.columns import to_columns
from services.positions.shared_fixes import SharedFixes
from services.positions.wire import PositionsBody, Refused, read_batch
from services.registry import Registry

REASONS: dict[Verdict, tuple[str, str]] = {
    Verdict.OUT_OF_ORDER: ("out_of_order", "A newer position of this responder is known."),
    Verdict.TOO_OLD: (
        "too_old",
        "The position is so old that it says nothing about where this kind of responder is now.",
    ),
    Verdict.FUTURE: ("future", "The time of the fix lies in the future: check the device's clock."),
    Verdict.JUMP: ("jump", "Too far from the last position for the time between them."),
    Verdict.COARSE: ("coarse", "The accuracy is too coarse to say on which street."),
    Verdict.INVALID: ("invalid", "The coordinate or the time is not a number."),
}
"""Word and sentence for each verdict that does not accept."""

REJECTED = (Verdict.OUT_OF_ORDER, Verdict.TOO_OLD, Verdict.INVALID)
"""Verdicts that end in ``rejected``; the others in ``quarantined``: counted, and believed if later
fixes agree with them. A duplicate is ``accepted``: the service has it already."""

OTHER_REASONS = (
    "malformed",
    "unknown_responder",
    "jurisdiction_required",
    "wrong_jurisdiction",
)
"""Words for positions that never reach the picture."""


class PositionsAnswer(msgspec.Struct, kw_only=True):
    """What became of a batch."""

    accepted: int
    quarantined: list[Refused]
    rejected: list[Refused]
    shared: bool
    """Whether other processes have been told; false while Redis is absent, and made up for."""


class Intake:
    """One process's way in for positions. `take` runs in the one receiving thread."""

    def __init__(
        self,
        picture: LivePicture,
        shared: SharedFixes,
        metrics: Metrics,
        clock: Callable[[], float] = now_s,
    ) -> None:
        self.picture = picture
        self._shared = shared
        self._metrics = metrics
        self._clock = clock

    def take(
        self, body: bytes, format_: str, limit: int, held: Jurisdictions, registry: Registry
    ) -> PositionsAnswer:
        """What became of each position of a batch. Raises ProblemError where there is no batch."""
        batch, places, malformed = read_batch(body, format_, limit)
        return self.take_batch(batch, places, malformed, held, registry)

    def take_batch(
        self,
        batch: PositionsBody,
        places: Sequence[int],
        malformed: list[Refused],
        held: Jurisdictions,
        registry: Registry,
    ) -> PositionsAnswer:
        """The same for a batch that has been read already."""
        at_s = self._clock()
        fixes, row_places, refused = to_columns(batch, places, held, registry, self._known)
        verdicts = self.picture.apply(fixes, at_s)
        shared = self._shared.share(
            (fixes.jurisdiction[row], fixes.responder_id[row])
            for row in np.flatnonzero(verdicts == Verdict.ACCEPTED).tolist()
        )
        answer = PositionsAnswer(
            accepted=int(np.count_nonzero(verdicts <= Verdict.DUPLICATE)),
            quarantined=[],
            rejected=malformed + refused,
            shared=shared,
        )
        for row in np.flatnonzero(verdicts > Verdict.DUPLICATE).tolist():
            verdict = Verdict(int(verdicts[row]))
            told = Refused(row_places[row], *REASONS[verdict], fixes.responder_id[row])
            (answer.rejected if verdict in REJECTED else answer.quarantined).append(told)
        answer.rejected.sort(key=lambda one: one.index)
        self._count(answer)
        return answer

    def forget(self, jurisdiction: str, responder_id: str) -> bool:
        """Whether there was such a responder to forget, here and in every other process."""
        there = self.picture.remove([(jurisdiction, responder_id)]) > 0
        self._shared.share_removal(jurisdiction, responder_id)
        return there

    def _known(self, jurisdiction: str, responder_id: str) -> tuple[str, str] | None:
        responder = self.picture.get(jurisdiction, responder_id, self._clock())
        return None if responder is None else (responder.kind, responder.mode)

    def _count(self, answer: PositionsAnswer) -> None:
        for outcome, count in (
            ("accepted", answer.accepted),
            ("quarantined", len(answer.quarantined)),
            ("rejected", len(answer.rejected)),
        ):
            if count:
                self._metrics.positions.labels(outcome).inc(count)
        reasons = Counter(one.reason for one in (*answer.quarantined, *answer.rejected))
        for reason, count in reasons.items():
            self._metrics.positions_refused.labels(reason).inc(count)
