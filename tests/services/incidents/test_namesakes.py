"""Two people of one centre with one id: a responder is known by jurisdiction and id together.

The centre has an officer 7 of its own, and so have two of its stations. Whatever is done to one of
them is done to nobody else.
"""

from __future__ import annotations

import pytest

from dispatch.incidents.case import Assignment, Key
from dispatch.incidents.words import AssignmentState, VisitOutcome
from dispatch.responders import Status
from services.incidents import store
from tests.services.incidents.room import CENTRE, Room, later

OF_THE_CENTRE: Key = (CENTRE, "7")
OF_THE_NORTH: Key = (f"{CENTRE}/north", "7")
OF_THE_SOUTH: Key = (f"{CENTRE}/south", "7")


def stands(room: Room, key: Key, leg: str, share: float = 0.0, kind: str = "officer") -> None:
    room.stands(key[1], kind, leg, share, jurisdiction=key[0])


def offered(room: Room, incident_id: str) -> list[Key]:
    """Who is offered an incident now."""
    room.engaged.reload()
    return sorted(one.key for one in room.staffer.staff(incident_id))


def sent(room: Room, incident_id: str, key: Key) -> Assignment:
    """The latest assignment of somebody."""
    return [one for one in room.case(incident_id).assignments.values() if one.key == key][-1]


def test_each_is_sent_somewhere_of_their_own(room):
    """Who is busy is their own business: the namesake is free, and says so."""
    stands(room, OF_THE_CENTRE, "B")
    stands(room, OF_THE_NORTH, "C")
    first, second = room.opened("A"), room.opened("A")
    assert offered(room, first) == [OF_THE_CENTRE]
    room.step(sent(room, first, OF_THE_CENTRE), "accept")
    room.engaged.reload()
    assert room.engaged.doing(OF_THE_NORTH) is None
    assert offered(room, second) == [OF_THE_NORTH]
    room.engaged.reload()
    doing = {OF_THE_CENTRE: Status.EN_ROUTE, OF_THE_NORTH: Status.BUSY}
    assert dict(room.engaged.statuses) == doing
    room.step(sent(room, second, OF_THE_NORTH), "decline", "on leave")
    room.engaged.reload()
    assert dict(room.engaged.statuses) == {OF_THE_CENTRE: Status.EN_ROUTE}
    assert sent(room, first, OF_THE_CENTRE).state is AssignmentState.ACCEPTED


def test_the_events_tell_them_apart(room):
    """A process that only follows the events frees the one whose assignment ended."""
    at_once = [
        (OF_THE_CENTRE, "one", AssignmentState.EN_ROUTE),
        (OF_THE_NORTH, "two", AssignmentState.ON_SCENE),
    ]
    room.engaged.take_over(at_once)
    room.engaged.take_over([(OF_THE_CENTRE, "one", AssignmentState.RELEASED)])
    assert dict(room.engaged.statuses) == {OF_THE_NORTH: Status.ON_SCENE}


def test_who_declined_is_not_asked_again_but_their_namesake_is(room):
    """One said no, and the next best is somebody else, whatever they are called."""
    stands(room, OF_THE_CENTRE, "B")
    stands(room, OF_THE_NORTH, "C")
    incident_id = room.opened("A")
    assert offered(room, incident_id) == [OF_THE_CENTRE]
    room.step(sent(room, incident_id, OF_THE_CENTRE), "decline", "on leave")
    assert offered(room, incident_id) == [OF_THE_NORTH]
    assert room.case(incident_id).incident.refused_by == (OF_THE_CENTRE,)


def test_the_second_visit_is_the_namesakes(room):
    """Somebody else than who was there: a different person of the same id is somebody else."""
    stands(room, OF_THE_CENTRE, "B")
    stands(room, OF_THE_NORTH, "C")
    incident_id = room.opened("A")
    offered(room, incident_id)
    for step in ("accept", "depart", "arrive"):
        room.step(sent(room, incident_id, OF_THE_CENTRE), step)
    room.reports(sent(room, incident_id, OF_THE_CENTRE), VisitOutcome.NOT_CONVINCED)
    assert offered(room, incident_id) == [OF_THE_NORTH]


def test_one_phone_brings_one_of_them_to_the_door(room):
    """Both go to one victim; the fix of one is not the other's arrival."""
    stands(room, OF_THE_NORTH, "C")
    stands(room, OF_THE_SOUTH, "C", 0.1, kind="grid_worker")
    incident_id = room.opened("A")
    assert offered(room, incident_id) == [OF_THE_NORTH, OF_THE_SOUTH]
    for key in (OF_THE_NORTH, OF_THE_SOUTH):
        room.step(sent(room, incident_id, key), "accept")
        room.step(sent(room, incident_id, key), "depart")
    room.follower.tick()
    later(60.0)
    stands(room, OF_THE_SOUTH, "A", kind="grid_worker")
    room.follower.tick()
    states = {one.key: one.state for one in room.case(incident_id).live()}
    assert states == {
        OF_THE_NORTH: AssignmentState.EN_ROUTE,
        OF_THE_SOUTH: AssignmentState.ON_SCENE,
    }


@pytest.mark.parametrize("other", [OF_THE_NORTH, OF_THE_SOUTH])
def test_a_claim_takes_one_of_them(room, other):
    """And who is asked for says who has them, or that nobody has."""
    stands(room, OF_THE_CENTRE, "B")
    first, second = room.opened("A"), room.opened("A")
    offered(room, first)
    taken = sent(room, first, OF_THE_CENTRE)

    def work(connection) -> list[bool]:
        case = store.load(connection, second)
        claims = []
        for key in (OF_THE_CENTRE, other):
            taken.assignment_id = f"{second[:-1]}{len(claims)}"
            taken.jurisdiction, taken.responder_id = key
            claims.append(store.claim(connection, case, taken))
        assert store.live_assignment_of(connection, OF_THE_CENTRE) is not None
        assert store.live_assignment_of(connection, other) is not None
        return claims

    with room.ledger.read() as connection:
        assert store.live_assignment_of(connection, other) is None
    assert room.ledger.transact(work) == [False, True]
