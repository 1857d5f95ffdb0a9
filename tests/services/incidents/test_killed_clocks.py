"""Two thousand deadlines, and processes that are killed at random while they fire them."""

from __future__ import annotations

import json
import multiprocessing
import random
import threading
import time
from collections import Counter

import numpy as np
from sqlalchemy import select, update

from dispatch.incidents import alerts
from dispatch.incidents.case import Assignment
from dispatch.incidents.policy import Policies, default_policy
from dispatch.incidents.words import AssignmentState, DeadlineKind, Purpose, Role, Tier
from services.events.verify import verify
from services.ids import new_id
from services.incidents import records, store
from services.incidents.clock import Clock
from services.incidents.desk import Desk
from services.ledger.database import Ledger
from services.ledger.tables import assignments, deadlines, events
from services.time_source import now_s
from tests.services.incidents.room import AREA, an_alert

DEADLINES = 2_000
PER_INCIDENT = 4
WORKERS = 3
NOT_BEFORE_S = 3_600.0
"""From now on, until all is written and all workers are up, which may take long."""
SPREAD_S = 10.0
KILLED_EVERY_S = 1.0
LEAST_KILLS = 2
"""Ten on a machine at leisure; where processes start slowly there is less to kill."""
LATE_P99_S = 1.0
"""The promise."""
SLACK = 2.0
"""The machine of a test run has other things to do."""
PATIENCE_S = 60.0


def test_each_fires_once_and_in_time_whoever_is_killed(room, ledger_url):
    """Offers that nobody answers expire: each one once, with its event, and 99 of 100 within the
    second, while one of the processes is killed every second and another one started."""
    begin_s = now_s() + NOT_BEFORE_S
    _offers_that_nobody_answers(room, begin_s)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    workers = [_Worker(context, ledger_url) for _ in range(WORKERS)]
    dice, kills = random.Random(7), 0
    try:
        for worker in workers:
            assert worker.ready.wait(PATIENCE_S)
        _begin(room, begin_s)
        give_up_s = time.monotonic() + SPREAD_S + PATIENCE_S
        while _pending(room) and time.monotonic() < give_up_s:
            time.sleep(KILLED_EVERY_S)
            victim = dice.randrange(WORKERS)
            workers[victim].ready.wait(PATIENCE_S)
            workers[victim].kill()
            workers[victim] = _Worker(context, ledger_url)
            kills += 1
    finally:
        for worker in workers:
            worker.kill()
    assert kills >= LEAST_KILLS
    _each_once(room)
    late_s = _late_s(room)
    p99_s = float(np.percentile(late_s, 99))
    print(f"{kills} kills: median {np.median(late_s):.3f} s late, p99 {p99_s:.3f} s")
    assert p99_s <= SLACK * LATE_P99_S
    assert verify(room.ledger).flaws == ()


def _offers_that_nobody_answers(room, begin_s: float) -> None:
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
            assert store.insert(connection, room.ledger, case, now_s())
            records.add_alert(connection, case.incident.incident_id, alert)

    incidents = range(DEADLINES // PER_INCIDENT)
    for first in range(0, len(incidents), 50):
        some = incidents[first : first + 50]
        room.ledger.transact(lambda connection, some=some: open_some(connection, some))


def _begin(room, begin_s: float) -> None:
    """What was to begin later begins now."""
    with room.ledger.write() as connection:
        sooner_s = begin_s - now_s()
        connection.execute(
            update(deadlines).where(_IS_OFFER).values(due_at_s=deadlines.c.due_at_s - sooner_s)
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


_IS_OFFER = deadlines.c.kind == DeadlineKind.ACKNOWLEDGE.value


def _pending(room) -> bool:
    with room.ledger.read() as connection:
        wanted = select(deadlines.c.deadline_id).where(deadlines.c.pending, _IS_OFFER).limit(1)
        return connection.execute(wanted).first() is not None


def _each_once(room) -> None:
    with room.ledger.read() as connection:
        expired = connection.scalars(
            select(events.c.data).where(events.c.type == "assignment.expired")
        ).all()
        states = connection.scalars(select(assignments.c.state)).all()
        fired = connection.execute(
            select(deadlines.c.pending, deadlines.c.fired_at_s, deadlines.c.cancelled_at_s).where(
                _IS_OFFER
            )
        ).all()
    times = Counter(json.loads(data)["assignment"]["id"] for data in expired)
    assert len(times) == DEADLINES
    assert set(times.values()) == {1}, "an effect came twice"
    assert set(states) == {"expired"}
    assert len(fired) == DEADLINES
    assert all(not row.pending and row.fired_at_s for row in fired)
    assert not any(row.cancelled_at_s for row in fired)


def _late_s(room) -> list[float]:
    with room.ledger.read() as connection:
        rows = connection.execute(
            select(deadlines.c.due_at_s, deadlines.c.fired_at_s).where(_IS_OFFER)
        ).all()
    return [row.fired_at_s - row.due_at_s for row in rows]
