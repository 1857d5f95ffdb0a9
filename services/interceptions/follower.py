"""Watches open interceptions: who comes late, who does not answer, what nobody has planned yet.

Every second each open interception is looked at. What is worth saying is said in a transaction, on
the case as it is then, so that of several processes that see the same thing one says it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

import numpy as np
from sqlalchemy import Connection

from dispatch.interceptions import posts, sighting
from dispatch.interceptions.case import Interception, InterceptionCase, Post
from dispatch.interceptions.words import Holder, PostState
from dispatch.live_picture import LivePicture
from dispatch.responders import kind_named
from geodata.network import UNREACHABLE_MS
from geodata.positions import NO_EDGE, RoadPositions
from services.engine import RoadsNow
from services.errors import LedgerError
from services.interceptions import store
from services.interceptions.desk import InterceptionDesk
from services.interceptions.planner import Planner
from services.ledger.database import now_s

log = logging.getLogger("forestall")

LOOKED_EVERY_S = 1.0
"""Cars report every five seconds, and a plan that a dead process left is wanted at once."""
AWAY_S = 2.0
"""Pause after the database did not answer."""

GOING = (PostState.ORDERED, PostState.ACCEPTED, PostState.EN_ROUTE)


class InterceptionFollower:
    """One thread that looks at every open interception."""

    def __init__(
        self,
        desk: InterceptionDesk,
        planner: Planner,
        picture: LivePicture,
        roads: Callable[[], RoadsNow],
        every_s: float = LOOKED_EVERY_S,
    ) -> None:
        self._desk = desk
        self._ledger = desk.ledger
        self._planner = planner
        self._picture = picture
        self._roads = roads
        self._every_s = every_s
        self._seen_fix: dict[str, float] = {}
        """Time of the last fix that was looked at, by post."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(
            target=self._run, name="forestall-interceptions", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def tick(self) -> None:
        """Look at every open interception once."""
        with self._ledger.read() as connection:
            known = store.open_interceptions(connection)
        live: set[str] = set()
        for interception_id, plan_wanted in known:
            if self._stopping.is_set():
                return
            if plan_wanted:
                self._planner.ask(interception_id)
            try:
                live |= self._look_at(interception_id)
            except LedgerError:
                raise
            except Exception:  # what goes wrong with one stops no other
                log.exception("interception %s could not be followed", interception_id)
        self._seen_fix = {one: at for one, at in self._seen_fix.items() if one in live}

    def _run(self) -> None:
        away = False
        while not self._stopping.wait(AWAY_S if away else self._every_s):
            try:
                self.tick()
                away = False
            except LedgerError as error:
                if not away:
                    log.error("Interceptions cannot be followed: %s", error)
                away = True
            except Exception:  # the next look may do better; the thread must not end
                log.exception("interceptions could not be followed")

    def _look_at(self, interception_id: str) -> set[str]:
        """Say what is worth saying of one; its live posts."""
        with self._ledger.read() as connection:
            case = store.look_at(connection, interception_id)
        if case is None:
            return set()
        at_s = now_s()
        expected = self._expected(case.interception, at_s)
        if _say(case, expected, at_s):
            self._ledger.transact(
                lambda connection: self._say_it(connection, interception_id, expected)
            )
        return {post.post_id for post in case.interception.live_posts()}

    def _say_it(
        self, connection: Connection, interception_id: str, expected: Mapping[str, float]
    ) -> None:
        case = store.load(connection, interception_id)
        if case is None:
            return
        at_s = self._ledger.time_s(connection)
        _say(case, expected, at_s)
        self._desk.write(connection, case, at_s)

    def _expected(self, interception: Interception, at_s: float) -> dict[str, float]:
        """When units on their way should be there by a fix that is new, by post."""
        found: dict[str, float] = {}
        roads = self._roads()
        for post in interception.live_posts():
            if post.holder is not Holder.UNIT or post.state not in GOING:
                continue
            known = self._picture.get(*post.key, at_s)
            if known is None or known.mode != post.mode or known.edge == NO_EDGE:
                continue
            if self._seen_fix.get(post.post_id) == known.fixed_at_s:
                continue
            self._seen_fix[post.post_id] = known.fixed_at_s
            place = interception.places[post.checkpoint_id]
            target = roads.snapper.snap([place.lon], [place.lat], post.mode)
            if target.edge[0] == NO_EDGE:
                continue
            origin = RoadPositions.on_edges([known.edge], [known.fraction])
            time_ms = int(roads.table(post.mode, origin, target)[0][0, 0])
            if time_ms < UNREACHABLE_MS:
                begins_s = max(known.fixed_at_s, _turned_out_at_s(post))
                found[post.post_id] = max(at_s, begins_s + time_ms / 1_000.0)
        return found


def _say(case: InterceptionCase, expected: Mapping[str, float], at_s: float) -> bool:
    """Note what is new of a case; whether anything is."""
    interception = case.interception
    if not interception.is_open:
        return False
    news = sighting.note_horizon(case, at_s)
    news |= posts.note_silence(case, at_s)
    for post_id, expected_at_s in expected.items():
        post = interception.post(post_id)
        if post is not None:
            news |= posts.expect(case, post, expected_at_s, at_s)
    return news


def _turned_out_at_s(post: Post) -> float:
    """When they have set out, or will have."""
    if post.departed_at_s is not None or not post.kind:
        return -np.inf
    began_s = post.ordered_at_s if post.accepted_at_s is None else post.accepted_at_s
    return began_s + kind_named(post.kind).turn_out_s
