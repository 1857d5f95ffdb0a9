"""The planner: makes a plan whenever something happened that asks for one.

A plan is computed from the live picture and the roads before the transaction; in it the
interception is locked, and the plan is written if nobody has written a newer one meanwhile. That a
plan is wanted stands in the interception's row, so that another process makes it where this one
dies. Whether the subject can be sealed in is looked for once the plan is out.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from dispatch.errors import DispatchError
from dispatch.interceptions import planning
from dispatch.interceptions.case import Interception
from dispatch.interceptions.planned import Planned
from dispatch.interceptions.planning import Asked
from dispatch.live_picture import LivePicture
from geodata.errors import GeodataError
from services.engine import RoadsNow
from services.errors import LedgerError
from services.federation.others_staff import staff_of_others
from services.incidents.engaged import Engaged
from services.interceptions import store
from services.interceptions.closures import changes_of
from services.interceptions.desk import PLAN, InterceptionDesk
from services.interceptions.units import units_for
from services.ledger.database import now_s
from services.metrics import Metrics
from services.standing import Standing

log = logging.getLogger("forestall")

SEAL_LIMIT_S = 1.0
"""How long the fewest units that leave no way out are looked for."""
HELD_OFF_S = 30.0
"""Pause after an interception that could not be planned because of an error in the service."""
_PLANS_FIRST, _SEALS_THEN, _AT_LAST = 0, 1, 2


class Planner:
    """Threads that plan. Any thread may ask for a plan."""

    def __init__(
        self,
        desk: InterceptionDesk,
        picture: LivePicture,
        roads: Callable[[], RoadsNow],
        engaged: Engaged,
        standing: Standing,
        metrics: Metrics | None = None,
        threads: int = 1,
    ) -> None:
        """``roads`` gives the roads as they are now."""
        self._desk = desk
        self._ledger = desk.ledger
        self._picture = picture
        self._roads = roads
        self._engaged = engaged
        self._standing = standing
        self._metrics = metrics
        self._asked: queue.PriorityQueue[tuple[int, int, str, Callable[[], None] | None]] = (
            queue.PriorityQueue()
        )
        self._number = itertools.count()
        self._waiting: set[str] = set()
        """Interceptions that were asked for and that nobody has begun to plan."""
        self._at_work: set[str] = set()
        self._held_off: dict[str, float] = {}
        """Until when, by the monotonic clock, an interception is left alone, by id."""
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"forestall-planning-{number}", daemon=True)
            for number in range(threads)
        ]
        self._stop_listening: Callable[[], None] = lambda: None

    def start(self) -> None:
        self._stop_listening = self._ledger.listen(PLAN, self.wake)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends after what is under way; what is left is planned by another process, or later."""
        self._stop_listening()
        self._stopping.set()
        for _ in self._threads:
            self._asked.put((_AT_LAST, next(self._number), "", None))
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def wake(self) -> None:
        """Plan what commands of this process have asked for."""
        wanting = self._desk.wanting
        while wanting:
            try:
                self.ask(wanting.popleft())
            except IndexError:  # another thread took the last one
                return

    def ask(self, interception_id: str) -> None:
        """Make a plan soon, if one is wanted; asked several times before that, it is made once."""
        with self._lock:
            if interception_id in self._waiting:
                return
            if self._held_off.get(interception_id, 0.0) > time.monotonic():
                return
            self._waiting.add(interception_id)
        self._put(_PLANS_FIRST, interception_id, lambda: self.plan(interception_id))

    def plan(self, interception_id: str) -> None:
        """Make the plan that is wanted, if one is."""
        with self._lock:
            self._waiting.discard(interception_id)
            if interception_id in self._at_work:  # whoever is at it looks again at the end
                return
            self._at_work.add(interception_id)
        try:
            while not self._stopping.is_set() and self._plan_once(interception_id):
                pass
        finally:
            with self._lock:
                self._at_work.discard(interception_id)

    def _plan_once(self, interception_id: str) -> bool:
        """Make one plan; whether to look again."""
        with self._ledger.read() as connection:
            case = store.look_at(connection, interception_id)
        if case is None or not case.interception.plan_wanted:
            return False
        started = time.perf_counter()
        interception, roads, at_s = case.interception, self._roads(), now_s()
        basis = interception.basis
        try:
            what = self._what(interception, roads, at_s)
            planned = planning.plan(roads, what, at_s)
        except (DispatchError, GeodataError) as error:
            reason = str(error)
            self._ledger.transact(
                lambda connection: self._give_up(connection, interception_id, basis, reason)
            )
            return True
        written = self._ledger.transact(
            lambda connection: self._write(connection, interception_id, planned)
        )
        if self._metrics is not None:
            self._metrics.plan_seconds.observe(time.perf_counter() - started)
        if written and planned.posts and interception.settings.get("seal", True):
            self._put(
                _SEALS_THEN, interception_id, lambda: self._seal(interception_id, what, planned)
            )
        return True

    def _what(self, interception: Interception, roads: RoadsNow, at_s: float) -> Asked:
        units = units_for(interception, self._picture, self._engaged, at_s)
        changes = changes_of(interception, roads)
        what = planning.asked(interception, units, changes, at_s)
        others = staff_of_others(
            roads.network, what.settings, self._standing.areas, interception.centre
        )
        return replace(what, refused=what.refused | others)

    def _write(self, connection: Connection, interception_id: str, planned: Planned) -> bool:
        case = self._desk.load(connection, interception_id)
        at_s = self._ledger.time_s(connection)
        if not planning.take_over(case, planned, store.plan_sha256(planned), at_s):
            return False
        store.add_plan(connection, interception_id, planned)
        self._desk.write(connection, case, at_s)
        return True

    def _give_up(
        self, connection: Connection, interception_id: str, basis: int, reason: str
    ) -> None:
        case = self._desk.load(connection, interception_id)
        at_s = self._ledger.time_s(connection)
        if planning.give_up(case, basis, reason, at_s):
            self._desk.write(connection, case, at_s)

    def _seal(self, interception_id: str, what: Asked, planned: Planned) -> None:
        """Look whether the subject of a plan can be sealed in."""
        with self._ledger.read() as connection:
            case = store.look_at(connection, interception_id)
        if case is None or case.interception.plan_number != planned.number:
            return
        if case.interception.plan_wanted or not case.interception.is_open:
            return
        try:
            sealing = planning.seal(self._roads(), what, planned.made_at_s, SEAL_LIMIT_S)
        except (DispatchError, GeodataError) as error:
            log.info("interception %s: no seal: %s", interception_id, error)
            return
        answered = planned.with_sealing(sealing)
        self._ledger.transact(
            lambda connection: self._write_seal(connection, interception_id, answered)
        )

    def _write_seal(self, connection: Connection, interception_id: str, planned: Planned) -> None:
        case = self._desk.load(connection, interception_id)
        at_s = self._ledger.time_s(connection)
        if planning.note_sealing(case, planned, store.plan_sha256(planned), at_s):
            store.change_plan(connection, interception_id, planned)
            self._desk.write(connection, case, at_s)

    def _put(self, rank: int, interception_id: str, work: Callable[[], None]) -> None:
        self._asked.put((rank, next(self._number), interception_id, work))

    def _run(self) -> None:
        while not self._stopping.is_set():
            _, _, interception_id, work = self._asked.get()
            if work is None:
                return
            try:
                work()
            except LedgerError as error:  # it stays wanted, and is asked for again
                log.error("No plan could be made: %s", error)
            except Exception:
                log.exception("interception %s could not be planned", interception_id)
                with self._lock:
                    now = time.monotonic()
                    self._held_off = {i: t for i, t in self._held_off.items() if t > now}
                    self._held_off[interception_id] = now + HELD_OFF_S
