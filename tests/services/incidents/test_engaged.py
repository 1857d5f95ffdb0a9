"""Who has a live assignment, as a process knows it from the ledger and from the events."""

from __future__ import annotations

from dispatch.incidents.words import AssignmentState, VisitOutcome
from dispatch.responders import Status
from services.events.log import EventLog
from services.events.sealing import Sealer
from services.incidents.engaged import Engaged

KEY = ("rivertown", "MJ-1")


def follows(room) -> tuple[Engaged, EventLog]:
    """What another process knows, which only follows the events."""
    log, engaged = EventLog(room.ledger), Engaged(room.ledger)
    log.start()
    log.follow(engaged.follow)
    engaged.reload()
    return engaged, log


def test_every_step_is_known_from_the_events(room):
    """Offered is busy, on the way is on the way, reported is free again."""
    room.stands("MJ-1", "officer", "B")
    engaged, log = follows(room)
    incident_id = room.opened("A")
    assert engaged.doing(KEY) is None
    expected = {
        None: Status.BUSY,
        "accept": Status.EN_ROUTE,
        "depart": Status.EN_ROUTE,
        "arrive": Status.ON_SCENE,
    }
    for step, doing in expected.items():
        if step is None:
            room.staffs(incident_id)
        else:
            room.step(room.sent(incident_id, "MJ-1"), step)
        Sealer(room.ledger).seal()
        log.refresh()
        assert engaged.doing(KEY) is doing
        assert dict(engaged.statuses) == {KEY: doing}
    room.reports(room.sent(incident_id, "MJ-1"), VisitOutcome.DISSUADED)
    Sealer(room.ledger).seal()
    log.refresh()
    assert engaged.statuses == {}


def test_what_was_handed_out_does_not_change(room):
    """A question is answered over one picture of who is engaged."""
    engaged = Engaged(room.ledger)
    before = engaged.statuses
    engaged.take_over([(KEY, "one", AssignmentState.OFFERED)])
    assert before == {}
    assert engaged.statuses == {KEY: Status.BUSY}


def test_the_end_of_an_earlier_assignment_does_not_free_who_has_a_new_one(room):
    """Events of two incidents may come late; the responder is on the later one."""
    engaged = Engaged(room.ledger)
    engaged.take_over([(KEY, "old", AssignmentState.ON_SCENE)])
    engaged.take_over([(KEY, "new", AssignmentState.OFFERED)])
    engaged.take_over([(KEY, "old", AssignmentState.REPORTED)])
    assert engaged.doing(KEY) is Status.BUSY
    engaged.take_over([(KEY, "new", AssignmentState.DECLINED)])
    assert engaged.doing(KEY) is None


def test_reading_anew_puts_right_what_was_missed(room):
    """Somebody whose events never came, and somebody who was freed unheard."""
    room.stands("MJ-1", "officer", "B")
    room.opened("A")
    engaged = Engaged(room.ledger)
    engaged.take_over([(("rivertown", "ghost"), "gone", AssignmentState.EN_ROUTE)])
    room.staffs(room.opened("B"))
    engaged.reload()
    assert dict(engaged.statuses) == {KEY: Status.BUSY}


def test_what_is_told_while_it_is_read_is_not_lost(room, monkeypatch):
    """The rows that were read may be older than the event that came meanwhile."""
    room.stands("MJ-1", "officer", "B")
    incident_id = room.opened("A")
    room.staffs(incident_id)
    sent = room.sent(incident_id, "MJ-1")
    engaged = Engaged(room.ledger)
    read = room.ledger.read

    def reading():
        engaged.take_over([(KEY, sent.assignment_id, AssignmentState.ON_SCENE)])
        return read()

    monkeypatch.setattr(room.ledger, "read", reading)
    engaged.reload()
    assert engaged.doing(KEY) is Status.ON_SCENE
