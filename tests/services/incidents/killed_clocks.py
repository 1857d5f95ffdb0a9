"""Two thousand offers that nobody answers, and processes killed while they let them expire."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time

from sqlalchemy import select, update

from dispatch.incidents import alerts
from dispatch.incidents.case import Assignment
from dispatch.incidents.policy import Policies, default_policy
from dispatch.incidents.words import AssignmentState, DeadlineKind, Purpose, Role, Tier
from services.ids import new_id
from services.incidents import records, store
from services.incidents.clock import Clock
from services.incidents.desk import Desk
from services.ledger.database import Ledger
from services.ledger.tables import deadlines
from services.time_source import now_s
from tests.services.incidents.room import AREA, an_alert

DEADLINES = 2_000
PER_INCIDENT = 4
WORKERS = 3
NOT_BEFORE_S = 3_600.0
"""From now on, until all is written and all workers are up, which may take long."""
SPREAD_S = 10.0
KILLED_EVERY_S = 1.0
PATIENCE_S = 60.0
IS_OFFER = deadlines.c.kind == DeadlineKind.ACKNOWLEDGE.value


def let_expire(ledger: Ledger, url: str) -> int:
    """All have fired; one of the processes that do it was killed every second, and another one
    started in its place. How many were killed."""
    begin_s = now_s() + NOT_BEFORE_S
    _offers_that_nobody_answers(ledger, begin_s)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    workers = [_Worker(context, url) for _ in range(WORKERS)]
    dice, kills = random.Random(7), 0
    try:
        for worker in workers:
            assert worker.ready.wait(PATIENCE_S)
        _begin(ledger, begin_s)
        give_up_s = time.monotonic() + SPREAD_S + PATIENCE_S
        while _pending(ledger) and time.monotonic() < give_up_s:
            time.sleep(KILLED_EVERY_S)
            victim = dice.randrange(WORKERS)
            workers[victim].ready.wait(PATIENCE_S)
            workers[victim].kill()
            workers[victim] = _Worker(context, url)
            kills += 1
    finally:
        for worker in workers:
            worker.kill()
    return kills


def late_s(ledger: Ledger) -> list[float]:
    """Seconds from being due to having fired, of each that has fired."""
    with ledger.read() as connection:
        rows = connection.execute(
            select(deadlines.c.due_at_s, deadlines.c.fired_at_s).where(
                IS_OFFER, deadlines.c.fired_at_s.is_not(None)
            )
        ).all()
    return [row.fired_at_s - row.due_at_s for row in rows]


def _offers_that_nobody_answers(ledger: Ledger, begin_s: float) -> None:
    """Incidents with several offers each; every one of them must be answered by its own time."""
    dice, policy = random.Random(3), default_policy()

    def open_some(connection, numbers) -> None:
        for number in numbers:
            alert = an_alert("A", tier=Tier.CRITICAL)
            case = alerts.open_case(alert, AREA, policy, now_s(), new_id(), new_id)
            case.cancel_deadlines()
            for rank in range(PER_INCIDENT):
                due_at_s = begin_s + dice.random() * SPREAD_S
                one = _offer(f"MJ-{number}-{rank}", due_at_s)
                case.assignments[one.assignment_id] = one
                case.set_deadline(DeadlineKind.ACKNOWLEDGE, due_at_s, one)
            assert store.insert(connection, ledger, case, now_s())
            records.add_alert(connection, case.incident.incident_id, alert)

    incidents = range(DEADLINES // PER_INCIDENT)
    for first in range(0, len(incidents), 50):
        some = incidents[first : first + 50]
        ledger.transact(lambda connection, some=some: open_some(connection, some))


def _begin(ledger: Ledger, begin_s: float) -> None:
    """What was to begin later begins now."""
    with ledger.write() as connection:
        sooner_s = begin_s - now_s()
        connection.execute(
            update(deadlines).where(IS_OFFER).values(due_at_s=deadlines.c.due_at_s - sooner_s)
        )


def _offer(name: str, due_at_s: float) -> Assignment:
    return Assignment(
        assignment_id=new_id(),
        jurisdiction="rivertown",
        responder_id=name,
        kind="officer",
        mode="police",
        role=Role.ENFORCEMENT,
        purpose=Purpose.VISIT,
        visit_number=1,
        state=AssignmentState.OFFERED,
        offered_at_s=now_s(),
        acknowledge_by_s=due_at_s,
        offered_eta_s=60.0,
        distance_m=500.0,
        lon=108.0,
        lat=30.0,
        fix_age_s=1.0,
        expected_at_s=due_at_s,
    )


class _Worker:
    """A process that fires deadlines until it is killed."""

    def __init__(self, context, url: str) -> None:
        self.ready = context.Event()
        self._process = context.Process(target=_work, args=(url, self.ready), daemon=True)
        self._process.start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


def _work(url: str, ready) -> None:
    desk = Desk(Ledger(url), Policies(default_policy()))
    Clock(desk, lambda incident_id: None).start()
    ready.set()
    threading.Event().wait()


IS_OFFER = deadlines.c.kind == DeadlineKind.ACKNOWLEDGE.value


def _pending(ledger: Ledger) -> bool:
    with ledger.read() as connection:
        wanted = select(deadlines.c.deadline_id).where(deadlines.c.pending, IS_OFFER).limit(1)
        return connection.execute(wanted).first() is not None
