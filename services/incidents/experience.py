"""How often each kind of responder accepted lately, centre by centre."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

from sqlalchemy import func, select

from dispatch.incidents.acceptance import Acceptance, Answers
from dispatch.incidents.policy import Policies
from dispatch.incidents.words import AssignmentState
from services.ledger.database import Ledger, now_s
from services.ledger.tables import assignments

LOOKED_BACK_S = 14 * 86_400.0
"""Two weeks have every weekday and every hour twice, and habits change slowly."""
COUNTED_EVERY_S = 300.0

_ACCEPTED = {
    AssignmentState.ACCEPTED,
    AssignmentState.EN_ROUTE,
    AssignmentState.ON_SCENE,
    AssignmentState.REPORTED,
}
_REFUSED = {AssignmentState.DECLINED, AssignmentState.EXPIRED}


class Experience:
    """Counted now and again. Any thread may use it."""

    def __init__(self, ledger: Ledger, policies: Policies) -> None:
        self._ledger = ledger
        self._policies = policies
        self._lock = threading.Lock()
        self._counted: dict[str, dict[str, Answers]] = {}
        self._made: dict[str, Acceptance] = {}
        self._counted_at = -COUNTED_EVERY_S

    def acceptance(self, centre: str) -> Acceptance:
        """How likely each kind is to accept in this centre."""
        if time.monotonic() >= self._counted_at + COUNTED_EVERY_S and self._lock.acquire(False):
            try:
                self._counted, self._made = self._count(), {}
                self._counted_at = time.monotonic()
            finally:
                self._lock.release()
        made = self._made.get(centre)
        if made is None:
            made = Acceptance(self._policies.of(centre), self._counted.get(centre))
            self._made[centre] = made
        return made

    def _count(self) -> dict[str, dict[str, Answers]]:
        """By centre and kind, how offers of the last while ended. Those that were withdrawn say
        nothing about who would have accepted."""
        with self._ledger.read() as connection:
            rows = connection.execute(
                select(
                    assignments.c.jurisdiction,
                    assignments.c.kind,
                    assignments.c.state,
                    func.count().label("offers"),
                )
                .where(
                    assignments.c.offered_at_s > now_s() - LOOKED_BACK_S,
                    assignments.c.incident_id.is_not(None),
                )
                .group_by(assignments.c.jurisdiction, assignments.c.kind, assignments.c.state)
            ).all()
        accepted: dict[tuple[str, str], int] = defaultdict(int)
        refused: dict[tuple[str, str], int] = defaultdict(int)
        for row in rows:
            key = row.jurisdiction.partition("/")[0], row.kind
            if row.state in _ACCEPTED:
                accepted[key] += row.offers
            elif row.state in _REFUSED:
                refused[key] += row.offers
        counted: dict[str, dict[str, Answers]] = defaultdict(dict)
        for centre, kind in accepted.keys() | refused.keys():
            counted[centre][kind] = Answers(accepted[centre, kind], refused[centre, kind])
        return dict(counted)
