"""Eight processes at once at one ledger, and whoever counts what must never be two.

The processes do what the service does, by its own functions: they open incidents by alerts, claim
responders, and let them go again. The referee looks at the ledger from outside while they do, in
one statement, and again when they are done.
"""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, func, select, text

from dispatch.incidents.case import Alert, Area, Assignment
from dispatch.incidents.default_policy import DEFAULT_POLICY
from dispatch.incidents.policy import Policies, Policy
from dispatch.incidents.words import AssignmentState, Purpose, Role, Source, Tier
from dispatch.question import CandidatePlace
from services.ids import new_id
from services.incidents.desk import Desk
from services.ledger.database import Ledger, now_s
from services.ledger.tables import assignments, incidents

PROCESSES = 8
START_WITHIN_S = 60.0
FINISH_WITHIN_S = 120.0
LOOK_EVERY_S = 0.01
AREA = Area("500101/longbao", district="500101")
CENTRE = AREA.centre

Work = Callable[[Desk, random.Random], Any]
"""What one process does; returns what it has to say about it, small enough to be pickled."""


@dataclass
class Outcome:
    """What came of a race."""

    said: list[Any] = field(default_factory=list)
    """What each process returned."""
    doubles: list[tuple] = field(default_factory=list)
    """What the referee saw twice, during the race or after it."""
    looks: int = 0


def race(url: str, work: Work, before: Callable[[Ledger], None] | None = None) -> Outcome:
    """Let the processes do their work at once. An error in one of them is raised here.

    Parameters
    ----------
    before : done when all have opened the ledger and none has begun.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ready, go = context.Barrier(PROCESSES + 1), context.Event()
    answers = context.SimpleQueue()
    runners = [
        context.Process(target=_run, args=(url, work, number, ready, go, answers), daemon=True)
        for number in range(PROCESSES)
    ]
    for runner in runners:
        runner.start()
    outcome = Outcome()
    referee = Ledger(url)
    try:
        ready.wait(START_WITHIN_S)
        if before is not None:
            before(referee)
        go.set()
        for runner in runners:
            while runner.is_alive():
                outcome.doubles += doubles(referee)
                outcome.looks += 1
                runner.join(LOOK_EVERY_S)
        outcome.doubles += doubles(referee)
        for _ in runners:
            assert not answers.empty(), "a process ended without a word"
            problem, said = answers.get()
            if problem is not None:
                raise problem
            outcome.said.append(said)
    finally:
        for runner in runners:
            runner.kill()
        referee.close()
    return outcome


def doubles(ledger: Ledger) -> list[tuple]:
    """Responders with more than one live assignment, and victims with more than one open incident:
    what is double, who, and how often."""
    with ledger.read() as connection:
        return [
            (table.name, *row)
            for table, which, what in (
                (assignments, assignments.c.live, _RESPONDER),
                (incidents, incidents.c.is_open, _VICTIM),
            )
            for row in connection.execute(
                select(*what, func.count()).where(which).group_by(*what).having(func.count() > 1)
            )
        ]


def drop(index: str) -> Callable[[Ledger], None]:
    """Takes a guarantee away, as an administrator by mistake."""

    def before(ledger: Ledger) -> None:
        with ledger.write() as connection:
            connection.execute(text(f"DROP INDEX {index}"))

    return before


def alert_about(victim_ref: str, tier: Tier = Tier.HIGH) -> Alert:
    """An alert with a place, from the city."""
    return Alert(
        alert_id=new_id(),
        source=Source.CITY,
        tier=tier,
        victim_ref=victim_ref,
        received_at_s=now_s(),
        places=(CandidatePlace(lon=108.4, lat=30.8),),
    )


def offer_to(responder_id: str, jurisdiction: str = CENTRE) -> Assignment:
    """An assignment that would take a responder."""
    at_s = now_s()
    return Assignment(
        assignment_id=new_id(),
        jurisdiction=jurisdiction,
        responder_id=responder_id,
        kind="officer",
        mode="police",
        role=Role.ENFORCEMENT,
        purpose=Purpose.VISIT,
        visit_number=1,
        state=AssignmentState.OFFERED,
        offered_at_s=at_s,
        acknowledge_by_s=at_s + 60.0,
        offered_eta_s=120.0,
        distance_m=900.0,
        lon=108.4,
        lat=30.8,
        fix_age_s=5.0,
        expected_at_s=at_s + 120.0,
    )


_RESPONDER: tuple[Column, ...] = (assignments.c.jurisdiction, assignments.c.responder_id)
_VICTIM: tuple[Column, ...] = (incidents.c.centre, incidents.c.victim_ref)


def _run(url: str, work: Work, number: int, ready: Any, go: Any, answers: Any) -> None:
    try:
        ledger = Ledger(url)
        desk = Desk(ledger, Policies(Policy.parse(DEFAULT_POLICY)))
        ready.wait(START_WITHIN_S)
        go.wait(START_WITHIN_S)
        answers.put((None, work(desk, random.Random(number))))
        ledger.close()
    except Exception as problem:
        answers.put((RuntimeError(f"process {number}: {problem!r}"), None))
