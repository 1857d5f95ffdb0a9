"""What a process holds of the ledger, and how it notices that the ledger has changed.

Every request first looks at the ledger's revisions (one indexed read, about 0.1 ms). What another
process changed is taken over before the request goes on: a closure is in force, a revoked key
closed, from the next request on.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from geodata.changes import RoadChanges
from geodata.network import RoadNetwork
from geodata.snapping import Snapper
from services.areas.lookup import Areas
from services.branches import BranchBook
from services.closures import ClosureBook
from services.keys import KeyRing
from services.ledger.database import Ledger, now_s
from services.registry import Registry


class Standing:
    """Keys, registrations, closures, areas and branches; each is immutable, for any thread."""

    def __init__(
        self,
        ledger: Ledger,
        network: RoadNetwork,
        snapper: Snapper,
        put_in_force: Callable[[RoadChanges], None],
    ) -> None:
        self._ledger = ledger
        self._network = network
        self._snapper = snapper
        self._put_in_force = put_in_force
        self._lock = threading.Lock()
        self._revisions: dict[str, int] = {}
        self._next_boundary_s = -math.inf
        self.keys = KeyRing()
        self.registry = Registry()
        self.closures = ClosureBook()
        self.areas = Areas()
        self.branches = BranchBook()

    def refresh(self) -> None:
        """Take over what has changed in the ledger; returns when all of it is in force."""
        revisions = self._ledger.revisions()
        at_s = now_s()
        if revisions == self._revisions and at_s < self._next_boundary_s:
            return
        with self._lock:
            if revisions != self._revisions:
                # Another thread may have been faster: look again, now that nobody else writes.
                revisions = self._ledger.revisions()
            self._take_over(revisions, at_s)

    def _take_over(self, revisions: dict[str, int], at_s: float) -> None:
        def changed(subject: str) -> bool:
            return revisions.get(subject) != self._revisions.get(subject)

        if changed("keys") or changed("devices"):
            self.keys = KeyRing.load(self._ledger)
        if changed("responders"):
            self.registry = self.registry.updated(self._ledger)
        if changed("jurisdictions"):
            self.areas = Areas.load(self._ledger)
        if changed("branches"):
            self.branches = BranchBook.load(self._ledger)
        if changed("closures") or at_s >= self._next_boundary_s:
            if changed("closures"):
                self.closures = self.closures.updated(self._ledger, self._network, self._snapper)
            self._put_in_force(self.closures.changes(at_s))
            self._next_boundary_s = self.closures.next_boundary_s(at_s)
        self._revisions = revisions
