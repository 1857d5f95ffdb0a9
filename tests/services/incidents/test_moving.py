"""A victim who turns out to be elsewhere, or at the counter: over real stores and real roads."""

from __future__ import annotations

import json
import threading

import pytest

from dispatch.incidents import closing, evidence, visits
from dispatch.incidents.case import Area, whoever_is_at
from dispatch.incidents.words import (
    AssignmentState,
    ClosingReason,
    DeadlineKind,
    IncidentState,
    Source,
    VisitOutcome,
)
from dispatch.question import CandidatePlace
from services.evidence import records
from services.ids import new_id
from services.incidents import store
from services.incidents.desk import ITSELF
from services.time_source import now_s
from tests.services.incidents.room import AREA, Room, an_alert, later
from tests.services.town import TOWN

TAP = {"source": Source.BANK, "branch_id": "beibin-2", "victim_ref": whoever_is_at("beibin-2")}


def with_somebody(room: Room, incident_id: str, name: str = "MJ-1") -> None:
    """They are on scene, by a word of theirs."""
    room.staffs(incident_id)
    for step in ("accept", "depart", "arrive"):
        room.step(room.sent(incident_id, name), step)


def shows(room: Room, incident_id: str, name: str) -> str:
    """They send a film; its id."""
    evidence_id, sent = new_id(), room.sent(incident_id, name)

    def receive(connection) -> None:
        case = store.load(connection, incident_id)
        received = evidence.receive(
            case,
            case.assignments[sent.assignment_id],
            evidence_id,
            "0" * 64,
            10,
            "video/mp4",
            room.policy,
            now_s(),
        )
        records.add(connection, incident_id, received)
        room.desk.write(connection, [case], now_s())

    room.ledger.transact(receive)
    return evidence_id


def judged(room: Room, incident_id: str, evidence_id: str, convincing: bool) -> None:
    """The centre has looked at it."""

    def judge(connection) -> None:
        case = store.load(connection, incident_id)
        evidence.judge(case, evidence_id, convincing, "dark", room.policy, now_s())
        records.judge(connection, evidence_id, convincing)
        room.desk.write(connection, [case], now_s())

    room.ledger.transact(judge)


# ------------------------------------------------------------------------------ at the counter


def test_a_tap_after_a_report_is_about_another_customer(room):
    """The first one is dissuaded and has left; both cases go on beside each other."""
    room.stands("MJ-1", "officer", "B")
    first = room.opened("A", **TAP)
    assert room.alert("A", **TAP).joined
    with_somebody(room, first)
    assert room.alert("A", **TAP).joined, "nobody has reported yet"
    room.reports(room.sent(first, "MJ-1"), VisitOutcome.DISSUADED)
    second = room.alert("A", **TAP)
    assert not second.joined
    assert second.case.incident.incident_id != first
    assert second.case.incident.victim_ref == whoever_is_at("beibin-2")
    assert room.case(first).incident.state is IncidentState.VISITED
    assert room.case(first).incident.alert_count == 3
    assert room.alert("A", **TAP).case.incident.incident_id == second.case.incident.incident_id


def test_the_first_customer_s_case_goes_on_whoever_is_at_the_counter_by_now(room):
    """Proof that does not convince sends somebody again, and what was closed is opened again."""
    room.stands("MJ-1", "officer", "B")
    first = room.opened("A", **TAP)
    with_somebody(room, first)
    room.reports(room.sent(first, "MJ-1"), VisitOutcome.DISSUADED)
    proof = shows(room, first, "MJ-1")
    assert room.case(first).incident.state is IncidentState.FOLLOWING_UP
    second = room.opened("A", **TAP)
    assert second != first
    judged(room, first, proof, convincing=False)
    assert room.case(first).incident.visit_number == 2
    for incident_id in (first, second):
        room.act(
            incident_id,
            lambda case, policy, at_s: closing.close(
                case, ClosingReason.FALSE_ALARM, "", None, policy, at_s
            ),
        )
    third = room.opened("A", **TAP)
    for incident_id in (first, second):
        room.act(
            incident_id,
            lambda case, policy, at_s: closing.reopen(case, "he called", policy, at_s),
        )
        assert room.case(incident_id).incident.is_open
    assert room.alert("A", **TAP).case.incident.incident_id == third


def test_a_tap_that_waits_for_the_report_to_be_written_is_about_another_customer(room):
    """It had found the incident open, and nobody had reported: what counts is when it holds it."""
    room.stands("MJ-1", "officer", "B")
    first = room.opened("A", **TAP)
    with_somebody(room, first)
    officer = room.sent(first, "MJ-1").assignment_id
    written, go_on = threading.Event(), threading.Event()

    def report(connection) -> None:
        room.desk.act_on_assignment(
            connection,
            officer,
            ITSELF,
            lambda case, one, policy, at_s: visits.report(
                case, one, VisitOutcome.DISSUADED, "", None, policy, at_s
            ),
            now_s(),
        )
        written.set()
        go_on.wait(10)

    raised = []
    reporting = threading.Thread(target=lambda: room.ledger.transact(report))
    reporting.start()
    assert written.wait(10)
    tapping = threading.Thread(target=lambda: raised.append(room.alert("A", **TAP)))
    tapping.start()
    tapping.join(0.3)
    assert tapping.is_alive(), "it waits for the incident, or for the store"
    go_on.set()
    reporting.join(10)
    tapping.join(10)
    assert not raised[0].joined
    assert raised[0].case.incident.incident_id != first


def test_whoever_is_at_a_counter_here_is_not_who_is_at_one_of_another_centre(room):
    """Two branches with the same id, two customers; the place of one is told to be over there."""
    there = Area("kaizhou/wenquan")
    other = room.opened("A", area=there, **TAP)
    here = room.opened("A", **TAP)
    case = room.ledger.transact(
        lambda connection: room.desk.place(
            connection,
            here,
            ITSELF,
            (CandidatePlace(*TOWN.lon_lat("C")),),
            there,
            now_s(),
        )
    )
    assert case.incident.is_open
    assert case.incident.victim_ref == f"{whoever_is_at('beibin-2')}/{here}"
    assert room.case(other).incident.places == (CandidatePlace(*TOWN.lon_lat("A"), 10.0),)


# ------------------------------------------------------------------------------ on the real roads


def alarm(room: Room, leg: str, **more):
    return room.alert(leg, **({"source": Source.BANK, "branch_id": "nanbin-1"} | more))


@pytest.fixture
def at_home(room):
    """An officer stands at her door in A; there is a branch in F, and a guard in it."""
    room.stands("MJ-1", "officer", "D")
    incident_id = room.opened("A", victim_ref="v-1")
    with_somebody(room, incident_id)
    later(120)
    room.stands("MJ-1", "officer", "A")
    room.stands("BA-1", "bank_guard", "F")
    return incident_id


def test_whoever_stood_at_her_door_goes_after_her_and_arrives_by_the_fence_of_the_branch(
    room, at_home
):
    """The way is that from her door to the branch: no detour, and a promise of its own."""
    room.stands("MJ-9", "officer", "E")
    alarm(room, "F", victim_ref="v-1", note="in a hurry")
    assert room.live(at_home)["MJ-1"] is AssignmentState.EN_ROUTE
    assert room.staffs(at_home) == ["BA-1", "MJ-9"]
    (deadline,) = [
        row
        for row in room.pending(at_home, DeadlineKind.ARRIVE)
        if row.assignment_id == room.sent(at_home, "MJ-1").assignment_id
    ]
    assert deadline.due_at_s > now_s()
    for leg, share in (("A-B", 0.2), ("A-B", 0.4), ("A-B", 0.6), ("B", 0.0)):
        later(5)
        room.stands("MJ-1", "officer", leg, share)
        room.follower.tick()
    sent = room.sent(at_home, "MJ-1")
    assert sent.promised_at_s is not None
    assert sent.promised_at_s > now_s() - 15
    assert "assignment.off_route" not in room.happened(at_home)
    later(60)
    room.stands("MJ-1", "officer", "F")
    room.follower.tick()
    assert room.sent(at_home, "MJ-1").state is AssignmentState.ON_SCENE
    arrived = [
        json.loads(row.data) for row in room.events(at_home) if row.type == "assignment.arrived"
    ]
    assert [(one["by"], one["first"]) for one in arrived] == [("hand", True), ("geofence", True)]
    # MJ-9 had not answered, and police are there now.
    assert room.sent(at_home, "MJ-9").state is AssignmentState.RELEASED


def test_a_place_that_a_dispatcher_tells_moves_everybody_as_well(room, at_home):
    """She was seen at the quay."""
    room.ledger.transact(
        lambda connection: room.desk.place(
            connection,
            at_home,
            ITSELF,
            (CandidatePlace(*TOWN.lon_lat("F"), 10.0),),
            AREA,
            now_s(),
        )
    )
    assert room.live(at_home)["MJ-1"] is AssignmentState.EN_ROUTE
    assert "BA-1" in room.staffs(at_home)


def test_two_alarms_at_once_from_two_branches_leave_one_place_and_sound_assignments(room, at_home):
    """The last one to hold the incident says where she is."""
    together = threading.Barrier(2)

    def tap(leg: str) -> None:
        told = an_alert(leg, source=Source.BANK, branch_id=f"at-{leg}", victim_ref="v-1")
        together.wait()
        room.ledger.transact(
            lambda connection: room.desk.raise_alert(connection, told, AREA, now_s())
        )

    threads = [threading.Thread(target=tap, args=(leg,)) for leg in ("D", "F")]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    case = room.case(at_home)
    assert case.incident.alert_count == 3
    assert case.incident.places[0].lon in {TOWN.lon_lat("D")[0], TOWN.lon_lat("F")[0]}
    assert room.happened(at_home).count("assignment.redirected") == 2
    pending = [
        row.assignment_id
        for row in room.pending(at_home, DeadlineKind.ARRIVE)
        if row.assignment_id == room.sent(at_home, "MJ-1").assignment_id
    ]
    assert len(pending) == 1


def test_an_alert_of_the_city_moves_nobody(room, at_home):
    """It tells where it thinks that she is; the bank sees her."""
    raised = room.alert("F", victim_ref="v-1")
    assert raised.joined
    assert room.live(at_home)["MJ-1"] is AssignmentState.ON_SCENE
