"""Deadlines fire when they are due, each once, whatever happens around them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from dispatch.incidents import firing
from dispatch.incidents.words import AssignmentState, DeadlineKind, Tier
from services.errors import LedgerError
from services.incidents import store
from services.incidents.clock import INCIDENTS_AT_ONCE, Clock
from services.ledger.tables import deadlines
from services.metrics import Metrics
from tests.services.incidents.room import Room, later


def test_nothing_fires_before_its_time(room):
    """And then it does, in the tick that comes after."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    (offer,) = room.pending(incident_id, DeadlineKind.ACKNOWLEDGE)
    later(offer.due_at_s - offer.set_at_s - 2)
    assert room.clock.tick() == 0
    later(3)
    assert room.clock.tick() == 1
    assert room.sent(incident_id, "MJ-1").state is AssignmentState.EXPIRED
    assert room.clock.tick() == 0
    assert room.happened(incident_id).count("assignment.expired") == 1


def test_what_was_cancelled_does_not_fire(room):
    """Whoever accepts in time is not said to be late in answering."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    room.step(room.sent(incident_id, "MJ-1"), "accept")
    later(90)
    room.clock.tick()
    assert "assignment.expired" not in room.happened(incident_id)


def test_clocks_of_several_processes_fire_each_deadline_once(room):
    """They look at the same moment at the same incidents."""
    ids = [room.opened("A", tier=Tier.LOW) for _ in range(2 * INCIDENTS_AT_ONCE + 5)]
    later(600)
    clocks = [Room(room.ledger).clock for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        fired = sum(pool.map(Clock.tick, clocks)) + room.clock.tick()
    assert fired == len(ids)
    for incident_id in ids:
        assert room.happened(incident_id).count("contact.overdue") == 1


def test_the_row_says_when_it_was_set_due_and_fired(room):
    """So that lateness can be looked up afterwards, and is counted for the metrics."""
    metrics = Metrics()
    room.opened("A", tier=Tier.LOW)
    later(545)
    Clock(room.desk, room.asked.append, metrics).tick()
    with room.ledger.read() as connection:
        row = connection.execute(
            select(deadlines).where(deadlines.c.kind == "contact", ~deadlines.c.pending)
        ).one()
    assert row.set_at_s + 540 == row.due_at_s <= row.fired_at_s < row.due_at_s + 60
    assert row.cancelled_at_s is None
    assert b"forestall_deadline_lateness_seconds_count 1.0" in metrics.text()


def test_one_deadline_that_cannot_be_fired_holds_up_no_other(room, monkeypatch):
    """It stays pending, is left alone for a while, and is tried again."""
    ids = [room.opened("A", tier=Tier.LOW, victim_ref=f"v-{number}") for number in range(5)]
    fire, broken = firing.fire, [True]

    def failing(case, deadline, policy, now_s):
        if case.incident.victim_ref == "v-2" and broken[0]:
            raise RuntimeError("a mistake in a rule")
        fire(case, deadline, policy, now_s)

    monkeypatch.setattr(firing, "fire", failing)
    later(600)
    assert room.clock.tick() == 4
    assert room.clock.tick() == 0
    assert [kind.kind for kind in room.pending(ids[2], DeadlineKind.CONTACT)] == ["contact"]
    assert "contact.overdue" not in room.happened(ids[2])
    broken[0] = False
    assert Room(room.ledger).clock.tick() == 1
    assert room.happened(ids[2]).count("contact.overdue") == 1


def test_a_transaction_that_dies_before_its_commit_has_fired_nothing(room, monkeypatch):
    """Mark and effect are one: the next clock finds the deadline as it was."""
    incident_id = room.opened("A", tier=Tier.LOW)
    later(600)
    save = store.save_several

    def dying(*args):
        save(*args)
        raise LedgerError("the server went away before the commit")

    monkeypatch.setattr(store, "save_several", dying)
    try:
        room.clock.tick()
    except LedgerError:
        monkeypatch.undo()
    assert len(room.pending(incident_id, DeadlineKind.CONTACT)) == 1
    assert "contact.overdue" not in room.happened(incident_id)
    assert room.clock.tick() == 1


def test_an_incident_that_somebody_holds_is_passed_over_and_comes_next(room):
    """On PostgreSQL nobody waits for a transaction that takes its time."""
    if room.ledger.dialect == "sqlite":
        pytest.skip("on SQLite a writer holds the whole file: there is nobody to pass over")
    held, free = room.opened("A", tier=Tier.LOW), room.opened("A", tier=Tier.LOW)
    later(600)
    other = Room(room.ledger)
    with room.ledger.write() as connection:
        store.load(connection, held)
        assert other.clock.tick() == 1
        assert "contact.overdue" in room.happened(free)
    assert other.clock.tick() == 1
    assert "contact.overdue" in room.happened(held)


def test_deadlines_of_one_incident_fire_in_the_order_in_which_they_are_due(room):
    """The offer that was not answered first is the first to expire."""
    for name, leg in (("MJ-1", "B"), ("MJ-2", "C")):
        room.stands(name, "officer", leg)
    incident_id = room.opened("A", tier=Tier.CRITICAL)
    room.staffs(incident_id)
    first = room.sent(incident_id, "MJ-2").assignment_id
    with room.ledger.write() as connection:
        connection.execute(
            update(deadlines)
            .where(deadlines.c.assignment_id == first)
            .values(due_at_s=deadlines.c.due_at_s - 5)
        )
    later(100)
    room.clock.tick()
    expired = [row for row in room.events(incident_id) if row.type == "assignment.expired"]
    assert len(expired) == 2
    assert f'"id":"{first}"' in expired[0].data.replace(" ", "")


def test_a_clock_goes_on_after_the_database_was_away(room, monkeypatch):
    """The thread lives through it, and fires what fell due meanwhile."""
    from tests.services.incidents.test_staffer import wait_for

    incident_id = room.opened("A", tier=Tier.LOW)
    read, away = room.ledger.read, [True]

    def refusing():
        if away[0]:
            raise LedgerError("The database does not answer.")
        return read()

    monkeypatch.setattr(room.ledger, "read", refusing)
    room.clock.start()
    later(600)
    away[0] = False
    try:
        wait_for(lambda: "contact.overdue" in room.happened(incident_id))
    finally:
        room.clock.stop()
