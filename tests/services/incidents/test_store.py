"""What is written of a case, and what is read back."""

from __future__ import annotations

import json
import random

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from dispatch.incidents import alerts, visits
from dispatch.incidents.case import Evidence
from dispatch.incidents.policy import default_policy
from dispatch.incidents.words import (
    AssignmentState,
    ClosingReason,
    DeadlineKind,
    IncidentState,
    MoneyState,
    Tier,
    VisitOutcome,
)
from services.events.verify import verify
from services.ids import new_id
from services.incidents import store
from services.incidents.desk import ITSELF
from services.ledger.tables import deadlines, incidents
from services.time_source import now_s
from tests.services.incidents.room import AREA, Room, an_alert


def change(room: Room, incident_id: str, command) -> bool:
    """Whether saving wrote anything after the command."""

    def work(connection):
        case = store.load(connection, incident_id)
        command(case)
        return store.save(connection, room.ledger, case, now_s())

    return room.ledger.transact(work)


def test_a_case_comes_back_as_it_was_written(room):
    """Every field of an incident and of an assignment survives the ledger."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    kept = {}

    def fill(case) -> None:
        incident = case.incident
        incident.state, incident.tier = IncidentState.VISITED, Tier.CRITICAL
        incident.money_state, incident.amount_yuan = MoneyState.IN_VEHICLE, 80_000.5
        incident.findings, incident.visited_by = ("one", "二"), (("rivertown", "MJ-9"),)
        incident.refused_by = (("rivertown", "WG-1"),)
        incident.evidence = (
            Evidence("e", "a", 1, 1.5, "00" * 32, 10, "video/mp4", convincing=False, note="空"),
        )
        incident.outcome, incident.evidence_in_time = VisitOutcome.REFUSED, False
        incident.closing_reason, incident.closing_note = ClosingReason.OTHER, "note"
        (sent,) = case.assignments.values()
        sent.state, sent.note, sent.arrived_at_s = AssignmentState.ON_SCENE, "到", 12.25
        sent.suggested = ("rivertown", "MJ-2")
        kept["incident"], kept["assignments"] = incident, dict(case.assignments)

    assert change(room, incident_id, fill)
    read = room.case(incident_id)
    assert read.incident == kept["incident"]
    assert read.assignments == kept["assignments"]
    assert read.incident.version == kept["incident"].version


def test_a_command_that_does_nothing_writes_nothing(room):
    """No version, no event, no row: who repeats a step disturbs nobody's If-Match."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    room.step(room.sent(incident_id, "MJ-1"), "accept")
    before, happened = room.case(incident_id).incident.version, room.happened(incident_id)
    assert not change(room, incident_id, lambda case: None)
    room.step(room.sent(incident_id, "MJ-1"), "accept")
    assert room.case(incident_id).incident.version == before
    assert room.happened(incident_id) == happened


def test_what_is_cancelled_after_it_was_set_is_not_waited_for(room):
    """Deadlines are carried out in the order in which a command asked for them."""
    incident_id = room.opened("A", tier=Tier.LOW)

    def command(case) -> None:
        case.set_deadline(DeadlineKind.EVIDENCE, now_s() + 10)
        case.cancel_deadlines(DeadlineKind.EVIDENCE)
        case.set_deadline(DeadlineKind.EVIDENCE, now_s() + 20, number=2)
        case.cancel_deadlines(DeadlineKind.CONTACT)

    change(room, incident_id, command)
    (waited,) = room.pending(incident_id)
    assert (waited.kind, waited.number) == ("evidence", 2)
    change(room, incident_id, lambda case: case.cancel_deadlines())
    assert room.pending(incident_id) == []


def test_cancelling_for_one_assignment_leaves_the_others_theirs(room):
    """A deadline of somebody else is not touched."""
    room.stands("MJ-1", "officer", "B")
    room.stands("WG-1", "grid_worker", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    assert len(room.pending(incident_id, DeadlineKind.ACKNOWLEDGE)) == 2
    officer = room.sent(incident_id, "MJ-1")
    change(room, incident_id, lambda case: case.cancel_deadlines(assignment=officer))
    (left,) = room.pending(incident_id, DeadlineKind.ACKNOWLEDGE)
    assert left.assignment_id == room.sent(incident_id, "WG-1").assignment_id


def test_an_event_tells_the_incident_and_the_assignment_as_they_are_then(room):
    """A reader of the stream needs no second question."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A", victim_ref="v-17")
    room.staffs(incident_id)
    room.step(room.sent(incident_id, "MJ-1"), "accept")
    accepted = room.events(incident_id)[-1]
    data = json.loads(accepted.data)
    assert accepted.type == "assignment.accepted"
    assert accepted.jurisdiction == AREA.jurisdiction
    assert data["assignment"]["state"] == "accepted"
    assert data["assignment"]["responder_id"] == "MJ-1"
    assert data["incident"]["victim_ref"] == "v-17"
    assert data["incident"]["version"] == room.case(incident_id).incident.version
    assert "lon" not in data["assignment"], "where people were expires, events do not"


def test_the_chain_of_an_incident_holds_over_many_commands(room):
    """Whatever was written, the verification finds every link in its place."""
    room.stands("MJ-1", "officer", "B")
    room.stands("WG-1", "grid_worker", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    for name in ("MJ-1", "WG-1"):
        for step in ("accept", "depart", "arrive"):
            room.step(room.sent(incident_id, name), step)
    room.reports(room.sent(incident_id, "MJ-1"), VisitOutcome.DISSUADED)
    case = room.case(incident_id)
    assert case.event_count == len(room.events(incident_id)) > 10
    assert verify(room.ledger).flaws == ()


def test_somebody_who_is_set_free_may_be_sent_again_in_the_same_transaction(room):
    """The row that ends is written before the row that begins."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    old = room.sent(incident_id, "MJ-1")

    def command(case) -> None:
        visits.release(case, case.assignments[old.assignment_id], "swap", default_policy(), now_s())
        again = type(old)(**{name: getattr(old, name) for name in old.__dataclass_fields__})
        again.assignment_id = new_id()
        case.assignments[again.assignment_id] = again

    assert change(room, incident_id, command)
    assert room.live(incident_id) == {"MJ-1": AssignmentState.OFFERED}


def test_nobody_is_written_live_twice(room):
    """Whatever a command does, the index refuses a second live assignment of one responder."""
    room.stands("MJ-1", "officer", "B")
    first, second = room.opened("A"), room.opened("A")
    room.staffs(first)
    taken = room.sent(first, "MJ-1")

    def command(case) -> None:
        case.assignments[new_id()] = taken

    def work(connection) -> None:
        case = store.load(connection, second)
        stolen = type(taken)(**{name: getattr(taken, name) for name in taken.__dataclass_fields__})
        stolen.assignment_id = new_id()
        case.assignments[stolen.assignment_id] = stolen
        store.save(connection, room.ledger, case, now_s())

    with pytest.raises(IntegrityError):
        room.ledger.transact(work)
    assert room.live(second) == {}


def test_a_claim_of_who_is_taken_is_refused_and_spoils_nothing(room):
    """The transaction goes on after a refused claim, with somebody else."""
    room.stands("MJ-1", "officer", "B")
    first, second = room.opened("A"), room.opened("A")
    room.staffs(first)
    taken = room.sent(first, "MJ-1")

    def work(connection) -> bool:
        case = store.load(connection, second)
        taken.assignment_id = new_id()
        refused = not store.claim(connection, case, taken)
        assert store.live_assignment_of(connection, taken.key) is not None
        taken.responder_id, taken.assignment_id = "MJ-2", new_id()
        return refused and store.claim(connection, case, taken)

    assert room.ledger.transact(work)


def test_two_open_incidents_of_one_victim_are_never_written(room):
    """Inserting tells that one is open already, and writes nothing."""
    room.opened("A", victim_ref="v-1")

    def work(connection) -> bool:
        alert = an_alert("B", victim_ref="v-1")
        case = alerts.open_case(alert, AREA, default_policy(), now_s(), new_id(), new_id)
        return store.insert(connection, room.ledger, case, now_s())

    assert room.ledger.transact(work) is False
    with room.ledger.read() as connection:
        assert len(connection.execute(select(incidents.c.incident_id)).all()) == 1


def test_a_closed_incident_knows_that_another_one_of_its_victim_is_open(room):
    """So that it cannot be opened again beside that one."""
    first = room.opened("A", victim_ref="v-1")
    with room.ledger.write() as connection:
        connection.execute(
            update(incidents).where(incidents.c.incident_id == first).values(is_open=False)
        )
        connection.execute(delete(deadlines))
    change(room, first, lambda case: setattr(case.incident, "state", IncidentState.CLOSED))
    assert room.case(first).open_elsewhere is None
    second = room.opened("A", victim_ref="v-1")
    assert room.case(first).open_elsewhere == second
    assert room.case(second).open_elsewhere is None


def test_several_cases_are_locked_in_one_order(room):
    """Threads that want the same incidents in any order never wait in a circle."""
    from concurrent.futures import ThreadPoolExecutor

    ids = [room.opened("A") for _ in range(4)]

    def work(seed: int) -> None:
        mixed = random.Random(seed).sample(ids, len(ids))

        def touch(connection) -> None:
            for case in store.load_several(connection, mixed):
                case.incident.alert_count += 1
                store.save(connection, room.ledger, case, now_s())

        with room.ledger.write() as connection:  # not transact: nothing is tried again
            touch(connection)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(24)))
    assert {room.case(one).incident.alert_count for one in ids} == {25}


def test_an_unknown_incident_is_none(room):
    """And nothing is raised for an id that was never given."""
    with room.ledger.write() as connection:
        assert store.load(connection, new_id()) is None
        assert store.incident_of(connection, new_id()) is None
    assert ITSELF.may_see("anything")
