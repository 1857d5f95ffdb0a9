"""Answers other centres' requests, and counts their silence as no.

What has to be done by when stands in the interceptions' rows. Whoever does it locks the row, looks
whether it is still to be done, and writes its effect in the same transaction: each is done once, by
whichever process comes first, and is left to another one where a process dies.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection, select

from dispatch.errors import DispatchError
from dispatch.interceptions import asking, offering
from dispatch.interceptions.case import Interception
from dispatch.interceptions.offering import Found
from dispatch.interceptions.planning import settings_of
from dispatch.interceptions.words import Holder
from dispatch.live_picture import LivePicture
from geodata.errors import GeodataError
from services.engine import RoadsNow
from services.errors import LedgerError
from services.federation.answering import NOBODY, find_offers
from services.federation.correspondence import DUE
from services.incidents.engaged import Engaged
from services.interceptions import store
from services.interceptions.desk import InterceptionDesk
from services.interceptions.units import units_for
from services.ledger.database import now_s
from services.ledger.tables import interceptions

log = logging.getLogger("forestall")

LOOK_EVERY_S = 0.25
"""A deadline counts this much late at most, and what a dead process left is found so soon."""
AWAY_S = 1.0
"""Pause after the database did not answer."""
HELD_OFF_S = 10.0
"""Pause after an interception with which something went wrong here."""
SEEN_AT_ONCE = 64


class FederationWork:
    """One thread that does what is due between centres."""

    def __init__(
        self,
        desk: InterceptionDesk,
        picture: LivePicture,
        roads: Callable[[], RoadsNow],
        engaged: Engaged,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._desk = desk
        self._ledger = desk.ledger
        self._picture = picture
        self._roads = roads
        self._engaged = engaged
        self._every_s = every_s
        self._held_off: dict[str, float] = {}
        """Until when, by the monotonic clock, an interception is left alone, by id."""
        self._awake = threading.Event()
        self._stopping = False
        self._stop_listening: Callable[[], None] = lambda: None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stop_listening = self._ledger.listen(DUE, self._awake.set)
        self._thread = threading.Thread(target=self._run, name="forestall-federation", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is under way."""
        self._stop_listening()
        self._stopping = True
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    def tick(self) -> int:
        """Do what is due now; how many interceptions that were."""
        now = time.monotonic()
        self._held_off = {one: until for one, until in self._held_off.items() if until > now}
        with self._ledger.read() as connection:
            due = list(
                connection.scalars(
                    select(interceptions.c.interception_id)
                    .where(
                        interceptions.c.due_at_s <= self._ledger.time_s(connection),
                        interceptions.c.interception_id.not_in(list(self._held_off)),
                    )
                    .order_by(interceptions.c.due_at_s)
                    .limit(SEEN_AT_ONCE)
                )
            )
        for interception_id in due:
            if self._stopping:
                break
            try:
                self._see_to(interception_id)
            except LedgerError:
                raise
            except Exception:  # what goes wrong with one stops no other
                log.exception("interception %s: other centres wait for it", interception_id)
                self._held_off[interception_id] = time.monotonic() + HELD_OFF_S
        return len(due)

    def _run(self) -> None:
        away = False
        while not self._stopping:
            self._awake.wait(AWAY_S if away else self._every_s)
            self._awake.clear()
            try:
                if not self._stopping:
                    self.tick()
                away = False
            except LedgerError as error:
                if not away:
                    log.error("Other centres wait: %s", error)
                away = True
            except Exception:  # the next look may do better; the thread must not end
                log.exception("what is due between centres could not be done")

    def _see_to(self, interception_id: str) -> None:
        with self._ledger.read() as connection:
            case = store.look_at(connection, interception_id)
        if case is None:
            return
        interception, found, reason = case.interception, [], ""
        round_ = 0
        if interception.answer_wanted and interception.request is not None:
            round_ = interception.request.round
            found, reason = self._offers(interception)
        self._ledger.transact(
            lambda connection: self._write(connection, interception_id, round_, found, reason)
        )

    def _offers(self, interception: Interception) -> tuple[list[Found], str]:
        """What could be offered now, and why nothing."""
        at_s = now_s()
        bound = {post.unit_id for post in interception.live_posts() if post.holder is Holder.UNIT}
        assert interception.request is not None
        try:
            units = units_for(interception, self._picture, self._engaged, at_s)
            return find_offers(
                interception.request,
                self._roads(),
                [unit for unit in units if unit.unit_id not in bound],
                settings_of(interception.settings),
                at_s,
            )
        except (DispatchError, GeodataError) as error:
            log.info("interception %s: nothing is offered: %s", interception.lead_id, error)
            return [], NOBODY

    def _write(
        self,
        connection: Connection,
        interception_id: str,
        round_: int,
        found: list[Found],
        reason: str,
    ) -> None:
        case = self._desk.load(connection, interception_id)
        at_s = self._ledger.time_s(connection)
        if round_:
            offering.answer(case, round_, found, reason, at_s)
        asking.tick(case, at_s)
        self._desk.write(connection, case, at_s)
