"""Those on their way are followed by their fixes."""

from __future__ import annotations

import json

import pytest

from dispatch.incidents.words import AssignmentState
from geodata.road_path import path_length_m
from services.incidents import follower as module
from services.incidents.ways import door_of, progress_of, whereabouts_of
from services.time_source import now_s
from tests.services.incidents.room import Room, later, town_engine


def going(room: Room, start: str, leg: str = "A", kind: str = "officer") -> str:
    """An incident whose one unit has set out from somewhere."""
    room.stands("MJ-1", kind, start)
    incident_id = room.opened(leg)
    room.staffs(incident_id)
    room.step(room.sent(incident_id, "MJ-1"), "accept")
    room.step(room.sent(incident_id, "MJ-1"), "depart")
    return incident_id


def moves(room: Room, leg: str, share: float = 0.0, after_s: float = 10.0) -> None:
    """So much later the unit's phone reports, and the follower looks."""
    later(after_s)
    room.stands("MJ-1", "officer", leg, share)
    room.follower.tick()


def test_whoever_is_at_the_door_has_arrived(room):
    """The phone itself tells; the unit need not."""
    incident_id = going(room, "D")
    moves(room, "C")
    assert room.sent(incident_id, "MJ-1").state is AssignmentState.EN_ROUTE
    moves(room, "A", 0.0, after_s=30)
    sent = room.sent(incident_id, "MJ-1")
    assert sent.state is AssignmentState.ON_SCENE
    (arrived,) = [row for row in room.events(incident_id) if row.type == "assignment.arrived"]
    assert json.loads(arrived.data)["by"] == "geofence"
    assert room.case(incident_id).incident.first_face_at_s is not None


def test_the_other_bank_is_not_the_door(room):
    """40 m by line and a bridge by road: nobody has arrived."""
    incident_id = going(room, "W", "U")
    moves(room, "G", after_s=300)
    moves(room, "G", after_s=10)
    assert room.sent(incident_id, "MJ-1").state is AssignmentState.EN_ROUTE


def test_late_is_said_once_by_however_many_processes(room):
    """Several see the same fix at the same time; the case as it is then decides."""
    incident_id = going(room, "C")
    later(200)
    others = [Room(room.ledger) for _ in range(3)]
    for _ in range(2):
        later(10)
        for one in (room, *others):
            one.stands("MJ-1", "officer", "Z")
        for one in (room, *others):
            one.follower.tick()
    assert room.happened(incident_id).count("assignment.late") == 1
    assert room.sent(incident_id, "MJ-1").late


def test_a_fix_is_looked_at_once(room, monkeypatch):
    """Nothing new from the phone: no search, no transaction."""
    going(room, "D")
    moves(room, "C")
    looked = []
    monkeypatch.setattr(module.Follower, "_look_at", lambda *args: looked.append(args))
    room.follower.tick()
    assert looked == []


def test_somebody_faster_is_suggested_and_nobody_is_swapped(room, monkeypatch):
    """A patrol comes by right at the door while the unit is still across the bridge."""
    monkeypatch.setattr(module, "SUGGESTED_EVERY_S", 0.0)
    policy_s = room.policy.suggest_faster_by_s
    incident_id = going(room, "Z", "U", "grid_worker")
    room.follower.tick()
    left_s = room.sent(incident_id, "MJ-1").expected_at_s - now_s()
    assert left_s > policy_s, "the story needs somebody who is far away"
    room.stands("WG-2", "grid_worker", "U")
    room.follower.tick()
    room.follower.tick()
    suggestions = [row for row in room.events(incident_id) if row.type == "suggestion.made"]
    assert [json.loads(row.data)["responder_id"] for row in suggestions] == ["WG-2"]
    assert list(room.live(incident_id)) == ["MJ-1"]


def test_an_error_with_one_case_stops_no_other(room, monkeypatch):
    """The others are followed all the same."""
    incident_id = going(room, "D")
    room.stands("MJ-2", "officer", "D")
    broken = room.opened("F", victim_ref="broken")
    room.staffs(broken)
    room.step(room.sent(broken, "MJ-2"), "accept")
    follow = module.tracking.follow

    def failing(case, *args):
        if case.incident.victim_ref == "broken":
            raise RuntimeError("a mistake in a rule")
        return follow(case, *args)

    monkeypatch.setattr(module.tracking, "follow", failing)
    later(10)
    room.stands("MJ-2", "officer", "E")
    moves(room, "A", after_s=30)
    assert room.sent(incident_id, "MJ-1").state is AssignmentState.ON_SCENE


@pytest.mark.parametrize(("leg", "share"), [("C", 0.0), ("B-C", 0.5), ("F", 0.0)])
def test_what_is_left_of_the_way_is_the_fastest_way_by_road(room, leg, share):
    """The table of all of one incident equals one route after another."""
    incident_id = going(room, "D")
    later(10)
    room.stands("MJ-1", "officer", leg, share)
    case, roads = room.case(incident_id), town_engine().now
    (sent,) = case.live()
    (progress,) = progress_of(case, [sent], room.picture, roads, now_s()).values()
    origin = whereabouts_of(roads, room.picture, sent, now_s())
    door = door_of(roads, case.incident.places, sent.mode)
    path = roads.path(sent.mode, origin, door)
    assert progress.remaining_s == pytest.approx(path.duration_ms / 1000)
    assert progress.remaining_m == pytest.approx(path_length_m(roads.network, path), abs=0.5)
    assert (progress.detour_m > 200) == (leg == "F"), "F is the other way"
