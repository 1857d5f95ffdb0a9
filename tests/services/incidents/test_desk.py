"""Alerts and commands at the desk: who may, who joins, who is refused and with what words."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from dispatch.incidents import alerts, closing, contacts
from dispatch.incidents.case import Area
from dispatch.incidents.words import (
    Channel,
    ClosingReason,
    ContactOutcome,
    IncidentState,
    Tier,
)
from dispatch.question import CandidatePlace
from services.errors import ProblemError
from services.ids import new_id
from services.incidents.desk import ITSELF
from services.ledger.tables import alerts as alert_rows
from services.ledger.tables import incidents
from services.time_source import now_s
from tests.services.incidents.room import AREA, CENTRE, Somebody, an_alert
from tests.services.town import TOWN

AT_ONCE = 8


def count(room, table) -> int:
    with room.ledger.read() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_the_first_alert_opens_and_the_second_joins(room):
    """One victim, one incident; the tier rises and what is known grows."""
    first = room.alert("A", victim_ref="v-1", tier=Tier.MEDIUM)
    second = room.alert("B", victim_ref="v-1", tier=Tier.HIGH, amount_yuan=80_000.0)
    assert (first.joined, second.joined) == (False, True)
    incident_id = first.case.incident.incident_id
    incident = room.case(incident_id).incident
    assert second.case.incident.incident_id == incident_id
    assert (incident.alert_count, incident.tier, incident.amount_yuan) == (2, Tier.HIGH, 80_000.0)
    assert count(room, incidents) == 1
    assert count(room, alert_rows) == 2


def test_the_same_reference_in_another_centre_is_another_victim(room):
    """References are a centre's own: nobody learns from them what exists elsewhere."""
    first = room.alert("A", victim_ref="v-1")
    other = room.alert("A", victim_ref="v-1", area=Area("kaizhou/wenquan"))
    assert not other.joined
    assert other.case.incident.incident_id != first.case.incident.incident_id


def test_alerts_about_one_victim_at_the_same_instant_are_one_incident(room):
    """One of them opens it, whichever; all others join, and every alert is kept."""
    together = threading.Barrier(AT_ONCE)

    def raise_one(_: int) -> tuple[str, bool]:
        alert = an_alert("A", victim_ref="v-1")
        together.wait()
        raised = room.ledger.transact(
            lambda connection: room.desk.raise_alert(connection, alert, AREA, now_s())
        )
        return raised.case.incident.incident_id, raised.joined

    for _ in range(3):
        before = count(room, incidents)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            said = list(pool.map(raise_one, range(AT_ONCE)))
        assert len({incident_id for incident_id, _ in said}) == 1
        assert [joined for _, joined in said].count(False) == 1
        assert count(room, incidents) == before + 1
        (incident_id, _) = said[0]
        assert room.case(incident_id).incident.alert_count == AT_ONCE
        room.act(incident_id, close_it)
    assert count(room, alert_rows) == 3 * AT_ONCE


def close_it(case, policy, at_s) -> None:
    closing.close(case, ClosingReason.FALSE_ALARM, "", None, policy, at_s)


def test_an_alert_after_the_case_is_closed_opens_a_new_one(room):
    """And the closed one cannot be opened again beside it."""
    first = room.opened("A", victim_ref="v-1")
    room.act(first, close_it)
    second = room.alert("A", victim_ref="v-1")
    assert not second.joined

    def reopen(case, policy, at_s) -> None:
        closing.reopen(case, "she called", policy, at_s)

    with pytest.raises(ProblemError) as refused:
        room.act(first, reopen)
    assert refused.value.name == "not-possible-now"
    assert second.case.incident.incident_id in refused.value.detail
    room.act(second.case.incident.incident_id, close_it)
    assert room.act(first, reopen).incident.is_open


@pytest.mark.parametrize("held", [(), ("kaizhou",), ("river",), (f"{CENTRE}/south",)])
def test_who_does_not_hold_the_jurisdiction_is_told_what_the_absent_are_told(room, held):
    """The same problem, word for word, and nothing is done."""
    incident_id = room.opened("A")
    said = []
    for one in (incident_id, new_id()):
        with pytest.raises(ProblemError) as refused:
            room.act(one, close_it, Somebody(held))
        said.append((refused.value.name, refused.value.detail, refused.value.extra))
    assert said[0] == said[1] == ("not-found", "There is no such incident.", {})
    assert room.case(incident_id).incident.is_open


def test_an_assignment_is_seen_by_the_incident_s_side_and_by_the_responder_s(room):
    """And by its own link; nobody else learns that it exists."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    sent = room.sent(incident_id, "MJ-1")
    for stranger in (
        Somebody(("kaizhou",)),
        Somebody((), new_id()),
        Somebody((f"{CENTRE}/south",)),
    ):
        with pytest.raises(ProblemError) as refused:
            room.step(sent, "accept", caller=stranger)
        assert (refused.value.name, refused.value.detail) == (
            "not-found",
            "There is no such assignment.",
        )
    room.step(sent, "accept", caller=Somebody((AREA.jurisdiction,)))
    room.step(sent, "depart", caller=Somebody((CENTRE,)))
    room.step(sent, "arrive", caller=Somebody((), sent.assignment_id))
    with pytest.raises(ProblemError) as refused:
        room.step(type(sent)(**{**as_dict(sent), "assignment_id": new_id()}), "accept")
    assert refused.value.name == "not-found"


def as_dict(one) -> dict:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def test_a_step_that_cannot_be_taken_says_why_and_changes_nothing(room):
    """A conflict, not a bad value; the state stays."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    before = room.happened(incident_id)
    with pytest.raises(ProblemError) as refused:
        room.step(room.sent(incident_id, "MJ-1"), "depart")
    assert refused.value.name == "not-possible-now"
    assert "has not been accepted" in refused.value.detail
    assert room.happened(incident_id) == before


def test_a_value_that_makes_no_sense_is_told_apart_from_a_conflict(room):
    """Lowering the tier without a reason is the caller's mistake."""
    incident_id = room.opened("A")
    with pytest.raises(ProblemError) as refused:
        room.act(
            incident_id,
            lambda case, policy, at_s: alerts.set_tier(case, Tier.LOW, "", policy, at_s),
        )
    assert refused.value.name == "invalid-value"


def test_a_version_that_has_passed_is_refused(room):
    """Of two dispatchers who read the same version, the second one looks again."""
    incident_id = room.opened("A")
    version = room.case(incident_id).incident.version

    def unreachable(case, policy, at_s) -> None:
        outcome = ContactOutcome.UNREACHABLE
        contacts.report(case, Channel.CALL, outcome, "", at_s, policy, at_s)

    done = room.act(incident_id, unreachable, expected=version)
    assert done.incident.version == version + 1
    with pytest.raises(ProblemError) as refused:
        room.act(incident_id, unreachable, expected=version)
    assert refused.value.name == "version-changed"
    assert room.case(incident_id).incident.version == version + 1


def places(leg: str) -> tuple[CandidatePlace, ...]:
    return (CandidatePlace(*TOWN.lon_lat(leg), 10.0),)


def place(room, incident_id: str, leg: str, area: Area | None, caller=ITSELF):
    return room.ledger.transact(
        lambda connection: room.desk.place(
            connection, incident_id, caller, places(leg), area, now_s()
        )
    )


def test_the_first_place_starts_the_dispatch(room):
    """Before it nobody is asked; with it somebody is, at once."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened(None)
    assert room.case(incident_id).incident.state is IncidentState.LOCATING
    assert room.staffs(incident_id) == []
    place(room, incident_id, "A", AREA)
    assert room.case(incident_id).incident.state is IncidentState.RESPONDING
    assert room.staffs(incident_id) == ["MJ-1"]


def test_a_place_in_another_centre_hands_the_incident_over(room):
    """Whoever held it before sees it no more; the other centre has it now."""
    incident_id = room.opened(None)
    there = Area("kaizhou/wenquan")
    case = place(room, incident_id, "A", there, Somebody((CENTRE,)))
    assert case.incident.area == there
    with pytest.raises(ProblemError):
        room.act(incident_id, close_it, Somebody((CENTRE,)))
    room.act(incident_id, close_it, Somebody(("kaizhou",)))


def test_a_place_where_the_other_centre_knows_the_victim_joins_the_two(room):
    """One of the two goes on, with the place; the other is closed as joined with it."""
    there = Area("kaizhou/wenquan")
    known = room.opened(None, victim_ref="v-1", area=there)
    here = room.opened(None, victim_ref="v-1")
    case = place(room, here, "A", there)
    assert case.incident.closing_reason is ClosingReason.JOINED
    assert room.case(known).incident.state is IncidentState.RESPONDING
    assert room.case(known).incident.places == places("A")


def test_nothing_is_left_of_a_command_that_fails_after_it_wrote(room):
    """Row, event and deadline are there together, or none of them is."""
    incident_id = room.opened("A")
    before = room.case(incident_id)

    def work(connection) -> None:
        room.desk.act(connection, incident_id, ITSELF, close_it, now_s())
        raise RuntimeError("the process had an accident before the commit")

    with pytest.raises(RuntimeError):
        room.ledger.transact(work)
    after = room.case(incident_id)
    assert after.incident == before.incident
    assert after.event_count == before.event_count == len(room.events(incident_id))
    assert room.pending(incident_id)
