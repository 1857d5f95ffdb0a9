"""Somebody is offered whenever somebody is missing: once, and nobody twice."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from dispatch.incidents import staffing
from dispatch.incidents.words import AssignmentState, DeadlineKind, Tier
from services.incidents.search import decisions_of
from services.incidents.staffer import Staffer
from services.ledger.tables import assignments
from tests.services.incidents.room import Room, later

PATIENCE_S = 20.0


def test_who_is_first_by_road_is_offered_and_not_who_is_nearest_by_line(room):
    """The officer across the river is 40 m away by line, and a bridge away by road."""
    room.stands("across", "officer", "G")
    room.stands("along", "officer", "W")
    incident_id = room.opened("U")
    assert room.staffs(incident_id) == ["along"]
    with room.ledger.read() as connection:
        (decision,) = decisions_of(connection, incident_id)
    (offer,) = decision.offered
    assert (offer.responder_id, offer.assignment_id) == (
        "along",
        room.sent(incident_id, "along").assignment_id,
    )
    (lost,) = [one for one in decision.passed_over if one.responder_id == "across"]
    assert lost.cause == "across_bridge"
    assert lost.lon is not None, "where they were at the decision is kept for the review"


def test_one_call_is_answered_once(room):
    """A second run finds nothing to do: the deadline has been fired with its effect."""
    room.stands("MJ-1", "officer", "B")
    room.stands("MJ-2", "officer", "C")
    room.stands("WG-1", "grid_worker", "B")
    incident_id = room.opened("A")
    assert room.staffs(incident_id) == ["MJ-1", "WG-1"]
    assert room.staffs(incident_id) == []
    assert room.happened(incident_id).count("assignment.offered") == 2


def test_a_refusal_is_replaced_by_the_next_best(room):
    """And whoever refused is not asked again."""
    for name, leg in (("MJ-1", "B"), ("MJ-2", "C"), ("MJ-3", "D")):
        room.stands(name, "officer", leg)
    incident_id = room.opened("A")
    for name, following in (("MJ-1", "MJ-2"), ("MJ-2", "MJ-3")):
        assert list(room.live(incident_id)) in ([], [name])
        room.staffs(incident_id)
        room.step(room.sent(incident_id, name), "decline", "busy")
        assert room.staffs(incident_id) == [following]
    assert room.sent(incident_id, "MJ-3").state is AssignmentState.OFFERED


def test_the_clock_of_another_process_brings_what_was_left(room):
    """The process that took the refusal never came to the replacement."""
    room.stands("MJ-1", "officer", "B")
    room.stands("MJ-2", "officer", "C")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    room.step(room.sent(incident_id, "MJ-1"), "decline", "busy")
    other = Room(room.ledger)
    other.stands("MJ-2", "officer", "C")
    other.clock.tick()
    assert other.asked == [], "whoever set it sees to it first"
    later(0.5)
    other.clock.tick()
    assert other.asked == [incident_id]
    assert other.staffs(incident_id) == ["MJ-2"]
    other.clock.tick()
    assert other.asked == [incident_id]


def test_who_is_taken_meanwhile_is_skipped_for_the_next_one(room):
    """Two incidents at the same instant want the same officer: each gets one of their own."""
    room.stands("MJ-1", "officer", "B")
    room.stands("MJ-2", "officer", "C")
    first, second = room.opened("A"), room.opened("A")
    prepared = room.staffer.prepare_together([room.case(second)])
    assert room.staffs(first) == ["MJ-1"]
    offered = room.ledger.transact(
        lambda connection: room.staffer._offer(connection, prepared, True)
    )
    assert [one.responder_id for one in offered.assignments] == ["MJ-2"]
    assert [key for key, _, _ in offered.taken] == [("rivertown", "MJ-1")]


def test_many_at_once_over_few_responders_and_nobody_twice(room):
    """Threads staff many incidents with too few people: every one of them is sent once."""
    people = [f"MJ-{number}" for number in range(12)]
    for number, name in enumerate(people):
        room.stands(name, "officer", "ABCDEF"[number % 6], 0.0)
    ids = [room.opened("ABCDEF"[number % 6]) for number in range(20)]
    rooms = [Room(room.ledger) for _ in range(4)]
    for one in rooms:
        one.picture = room.picture
        one.staffer._picture = room.picture
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda number: rooms[number % 4].staffer.staff(ids[number // 2]),
                range(2 * len(ids)),
            )
        )
    with room.ledger.read() as connection:
        rows = connection.execute(
            select(assignments.c.responder_id, func.count())
            .where(assignments.c.live)
            .group_by(assignments.c.responder_id)
        ).all()
    assert all(number == 1 for _, number in rows)
    assert {name for name, _ in rows} == set(people), "nobody stood idle while victims waited"


def between_two_victims(room) -> tuple[str, str]:
    """MJ-1 is the nearest to both victims; MJ-2 is hardly slower to the first, and far from the
    second."""
    room.stands("MJ-1", "officer", "B")
    room.stands("MJ-2", "officer", "E")
    return room.opened("C"), room.opened("A")


def test_one_after_the_other_the_second_victim_gets_whoever_is_left(room):
    first, second = between_two_victims(room)
    assert room.staffs(first) == ["MJ-1"]
    assert room.staffs(second) == ["MJ-2"]


def test_two_who_wait_at_the_same_moment_are_staffed_with_regard_to_each_other(room):
    first, second = between_two_victims(room)
    room.staffer.staff_together([first, second])
    assert (list(room.live(first)), list(room.live(second))) == (["MJ-2"], ["MJ-1"])
    with room.ledger.read() as connection:
        (decision,) = decisions_of(connection, first)
    (lost,) = [one for one in decision.passed_over if one.responder_id == "MJ-1"]
    assert lost.cause == "needed_elsewhere", "the review can tell why the nearest did not go"


def test_of_two_who_wait_one_may_have_changed_and_the_other_is_staffed_all_the_same(
    room, monkeypatch
):
    """Only the one that needs something else by now is looked at again."""
    first, second = between_two_victims(room)
    prepare, looked = Staffer.prepare_together, []

    def meanwhile(staffer, cases):
        prepared = prepare(staffer, cases)
        looked.append([case.incident.incident_id for case in cases])
        if len(looked) == 1:
            victim = room.case(second).incident.victim_ref
            room.alert("A", victim_ref=victim, tier=Tier.CRITICAL)
        return prepared

    monkeypatch.setattr(Staffer, "prepare_together", meanwhile)
    room.staffer.staff_together([first, second])
    assert looked == [[first, second], [second]]
    assert len(room.live(first)) == len(room.live(second)) == 1


def test_an_incident_that_needs_something_else_by_now_is_looked_at_again(room, monkeypatch):
    """Between looking and locking the tier was raised: what is offered is what is needed now."""
    for name, leg in (("MJ-1", "B"), ("MJ-2", "C")):
        room.stands(name, "officer", leg)
    room.stands("WG-1", "grid_worker", "B")
    incident_id = room.opened("A", victim_ref="v-1", tier=Tier.MEDIUM)
    prepare, looked = Staffer.prepare_together, []

    def meanwhile(staffer, cases):
        prepared = prepare(staffer, cases)
        looked.append(cases[0].incident.answer_tier)
        if len(looked) == 1:
            room.alert("A", victim_ref="v-1", tier=Tier.CRITICAL)
        return prepared

    monkeypatch.setattr(Staffer, "prepare_together", meanwhile)
    assert room.staffs(incident_id) == ["MJ-1", "MJ-2", "WG-1"]
    assert looked == [Tier.MEDIUM, Tier.CRITICAL]


def test_nobody_there_is_told_and_looked_for_again(room):
    """The shortage is one event; when somebody comes on duty they are found."""
    incident_id = room.opened("A")
    assert room.staffs(incident_id) == []
    short = [one for one in room.happened(incident_id) if one.startswith("shortfall")]
    assert short
    (again,) = room.pending(incident_id, DeadlineKind.STAFF)
    assert again.due_at_s > again.set_at_s
    assert room.staffs(incident_id) == [], "not before its time"
    with room.ledger.read() as connection:
        assert len(decisions_of(connection, incident_id)) == 1, "it was not even looked"
    room.stands("MJ-1", "officer", "B")
    later(again.due_at_s - again.set_at_s + 1)
    room.stands("MJ-1", "officer", "B")
    assert room.staffs(incident_id) == ["MJ-1"]


def test_units_of_another_centre_are_not_sent(room):
    """Centres do not share their units."""
    from dispatch.incidents.case import Area

    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A", area=Area("kaizhou/wenquan"))
    assert room.staffs(incident_id) == []


def test_how_often_a_kind_accepts_is_learnt_from_the_record(room):
    """Somebody of a kind that always refuses is expected to refuse; another centre is not."""
    room.stands("WG-1", "grid_worker", "B")
    before = room.experience.acceptance("rivertown").chance("grid_worker")
    for _ in range(12):
        incident_id = room.opened("A", tier=Tier.MEDIUM)
        room.staffs(incident_id)
        room.step(room.sent(incident_id, "WG-1"), "decline", "no")
    fresh = Room(room.ledger)
    assert fresh.experience.acceptance("rivertown").chance("grid_worker") < before - 0.2
    assert fresh.experience.acceptance("kaizhou").chance("grid_worker") == before


def test_the_threads_see_to_what_is_committed(room):
    """As in the service: a command asks in its transaction, and soon somebody is offered."""
    room.stands("MJ-1", "officer", "B")
    room.stands("MJ-2", "officer", "C")
    room.staffer.start()
    try:
        incident_id = room.opened("A")
        wait_for(lambda: "MJ-1" in room.live(incident_id))
        room.step(room.sent(incident_id, "MJ-1"), "decline", "busy")
        wait_for(lambda: "MJ-2" in room.live(incident_id))
    finally:
        room.staffer.stop()


def test_an_error_of_one_incident_holds_up_no_other(room, monkeypatch):
    """It is logged and left alone for a while; the thread goes on with the next."""
    room.stands("MJ-1", "officer", "B")
    broken, sound = room.opened("A", victim_ref="broken"), room.opened("A")
    needs = staffing.needs

    def failing(case, policy):
        if case.incident.victim_ref == "broken":
            raise RuntimeError("a mistake in a rule")
        return needs(case, policy)

    monkeypatch.setattr(staffing, "needs", failing)
    room.staffer.start()
    try:
        room.staffer.ask(broken)
        room.staffer.ask(sound)
        wait_for(lambda: "MJ-1" in room.live(sound))
        room.staffer.ask(broken)
    finally:
        room.staffer.stop()
    assert room.pending(broken, DeadlineKind.STAFF), "it will be tried again"


def wait_for(happened) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline_s, "it never happened"
        time.sleep(0.01)
