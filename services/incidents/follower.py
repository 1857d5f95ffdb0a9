"""The follower: watches those on their way, and looks whether somebody faster has turned up.

Every new fix of somebody who is going is looked at within seconds: how far they still have to go by
road, whether that is later than they promised, off the way, or there. What is worth saying is said
in a transaction, on the case as it is then, so that of several processes that see the same fix one
says it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, select

from dispatch.incidents import tracking
from dispatch.incidents.case import Case, Key
from dispatch.incidents.tracking import ON_THE_WAY, Progress
from dispatch.live_picture import LivePicture
from dispatch.question import Recommendation
from dispatch.recommendation import recommend
from services.engine import RoadsNow
from services.errors import LedgerError
from services.incidents import store
from services.incidents.desk import Desk
from services.incidents.engaged import Engaged
from services.incidents.experience import Experience
from services.incidents.ways import progress_of
from services.jurisdictions import Jurisdictions
from services.ledger.database import now_s
from services.ledger.tables import assignments

log = logging.getLogger("forestall")

FOLLOWED_EVERY_S = 2.0
"""Cars report every five seconds: a fix is looked at before the next one is there."""
SUGGESTED_EVERY_S = 45.0
"""How often is looked for somebody faster: a search for every open incident, and nothing that a
dispatcher would act on within seconds."""
RELOADED_EVERY_S = 60.0
CASES_AT_ONCE = 100
AWAY_S = 2.0
"""Pause after the database did not answer."""


class Follower:
    """One thread that follows everybody who is going."""

    def __init__(
        self,
        desk: Desk,
        picture: LivePicture,
        roads: Callable[[], RoadsNow],
        engaged: Engaged,
        experience: Experience,
        every_s: float = FOLLOWED_EVERY_S,
    ) -> None:
        self._desk = desk
        self._ledger = desk.ledger
        self._picture = picture
        self._roads = roads
        self._engaged = engaged
        self._experience = experience
        self._every_s = every_s
        self._seen_fix: dict[str, float] = {}
        """Time of the last fix that was looked at, by assignment."""
        self._told: dict[str, Progress] = {}
        """What the last fix said, by assignment."""
        self._suggested: dict[str, float] = {}
        """When somebody faster was last looked for, by the monotonic clock, by incident."""
        self._reloaded = time.monotonic()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="forestall-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def tick(self) -> None:
        """Look at every fix that is new since the last time."""
        going = self._going()
        moved = self._moved(going)
        self._seen_fix = {one: at for one, at in self._seen_fix.items() if one in going}
        self._told = {one: told for one, told in self._told.items() if one in going}
        due = self._due_for_suggestion({incident_id for incident_id, _ in going.values()})
        wanted = sorted({going[assignment_id][0] for assignment_id in moved} | due)
        for first in range(0, len(wanted), CASES_AT_ONCE):
            if self._stopping.is_set():
                return
            with self._ledger.read() as connection:
                cases = store.look_at_several(connection, wanted[first : first + CASES_AT_ONCE])
            for case in cases:
                self._look_safely(case, moved, case.incident.incident_id in due)
        if time.monotonic() >= self._reloaded + RELOADED_EVERY_S:
            self._engaged.reload()
            self._reloaded = time.monotonic()

    def _run(self) -> None:
        away = False
        while not self._stopping.wait(AWAY_S if away else self._every_s):
            try:
                self.tick()
                away = False
            except LedgerError as error:
                if not away:
                    log.error("Nobody can be followed: %s", error)
                away = True
            except Exception:  # the next look may do better; the thread must not end
                log.exception("responders could not be followed")

    def _going(self) -> dict[str, tuple[str, Key]]:
        """By assignment, its incident and responder: everybody on their way."""
        with self._ledger.read() as connection:
            rows = connection.execute(
                select(
                    assignments.c.assignment_id,
                    assignments.c.incident_id,
                    assignments.c.jurisdiction,
                    assignments.c.responder_id,
                ).where(
                    assignments.c.live,
                    assignments.c.incident_id.is_not(None),
                    assignments.c.state.in_([state.value for state in ON_THE_WAY]),
                )
            ).all()
        return {
            row.assignment_id: (row.incident_id, (row.jurisdiction, row.responder_id))
            for row in rows
        }

    def _moved(self, going: dict[str, tuple[str, Key]]) -> set[str]:
        """Assignments whose responder has sent a new fix."""
        assignment_of = {key: assignment_id for assignment_id, (_, key) in going.items()}
        roster = self._picture.named(list(assignment_of), now_s())
        moved = set()
        keys = zip(roster.jurisdiction, roster.responder_id, strict=True)
        for key, fixed_at_s in zip(keys, roster.fixed_at_s.tolist(), strict=True):
            assignment_id = assignment_of[key]
            if self._seen_fix.get(assignment_id) != fixed_at_s:
                self._seen_fix[assignment_id] = fixed_at_s
                moved.add(assignment_id)
        return moved

    def _due_for_suggestion(self, incident_ids: set[str]) -> set[str]:
        now = time.monotonic()
        self._suggested = {one: self._suggested.get(one, now) for one in incident_ids}
        due = {one for one, at in self._suggested.items() if now >= at + SUGGESTED_EVERY_S}
        self._suggested |= dict.fromkeys(due, now)
        return due

    def _look_safely(self, case: Case, moved: set[str], suggest: bool) -> None:
        """The same as `_look_at`; what goes wrong with one case stops no other."""
        try:
            self._look_at(case, moved, suggest)
        except LedgerError:
            raise
        except Exception:
            log.exception("incident %s could not be followed", case.incident.incident_id)

    def _look_at(self, case: Case, moved: set[str], suggest: bool) -> None:
        """Say what is worth saying of one case. It is looked at unlocked first: mostly there is
        nothing."""
        policy, at_s = self._desk.policy_of(case), now_s()
        roads = self._roads()
        those = [
            one
            for one in case.assignments.values()
            if one.assignment_id in moved and one.state in ON_THE_WAY
        ]
        progress = progress_of(case, those, self._picture, roads, at_s)
        faster = self._faster(case, at_s) if suggest else None
        incident_id = case.incident.incident_id
        fixes = [(one, told, self._told.get(one)) for one, told in progress.items()]
        self._told |= progress
        news = [
            tracking.follow(case, case.assignments[one], told, policy, at_s, before)
            for one, told, before in fixes
        ]
        if faster is not None:
            news.append(tracking.suggest(case, faster, policy, at_s))
        if any(news):
            self._ledger.transact(
                lambda connection: self._say(connection, incident_id, fixes, faster)
            )

    def _faster(self, case: Case, at_s: float) -> Recommendation | None:
        """Who could be there sooner than those who are going."""
        question = tracking.suggestion_question(
            case,
            self._desk.policy_of(case),
            self._engaged.statuses,
            self._experience.acceptance(case.incident.centre),
            at_s,
        )
        if question is None:
            return None
        held = Jurisdictions([case.incident.centre])
        return recommend(self._picture, self._roads(), question, held, at_s)

    def _say(
        self,
        connection: Connection,
        incident_id: str,
        fixes: Iterable[tuple[str, Progress, Progress | None]],
        faster: Recommendation | None,
    ) -> None:
        case = store.load(connection, incident_id)
        if case is None:
            return
        policy, at_s = self._desk.policy_of(case), self._ledger.time_s(connection)
        for assignment_id, told, before in fixes:
            tracking.follow(case, case.assignments[assignment_id], told, policy, at_s, before)
        if faster is not None:
            tracking.suggest(case, faster, policy, at_s)
        self._desk.write(connection, [case], at_s)
