"""What fixes say of those on their way: once, and not at the first doubtful one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.incidents import tracking, visits
from dispatch.incidents.tracking import ETA_NEWS_S, FRESH_FIX_S, Progress
from dispatch.incidents.words import AssignmentState, DeadlineKind, Tier
from dispatch.question import CandidatePlace
from tests.dispatch.incidents.staffed import NEIGHBOURS, NOON_S, PLACE, Around, Desk, a_case

MINUTES = 60.0


class Ride:
    """The officer P1, ten minutes away when asked, has accepted and driven off at noon."""

    def __init__(self, *others: tuple, tier: Tier = Tier.HIGH, **changes) -> None:
        people = Around.of(("P1", "officer", 300.0), *others)
        self.desk = Desk(a_case(tier, **changes), people)
        self.desk.staff()
        self.desk.accept("P1")
        self.officer = self.desk.of("P1")
        visits.depart(self.desk.case, self.officer, self.desk.policy, NOON_S)
        self.before: Progress | None = None

    def fix(self, at_s: float, remaining_s: float | None, **more) -> list[str]:
        """Types of what one fix, so many seconds after noon, tells."""
        return self.say(self.a_fix(at_s, remaining_s, **more), at_s)

    def a_fix(self, at_s: float, remaining_s: float | None, **more) -> Progress:
        told = {
            "remaining_s": remaining_s,
            "remaining_m": None if remaining_s is None else 10 * remaining_s,
            "line_m": 5_000.0 if remaining_s is None else 8 * remaining_s,
            "detour_m": 0.0,
            "fixed_at_s": NOON_S + at_s,
            "accuracy_m": 10.0,
        }
        return Progress(**(told | more))

    def say(self, progress: Progress, at_s: float) -> list[str]:
        case = self.desk.case
        case.happenings.clear()
        case.deadline_changes.clear()
        new = tracking.follow(
            case, self.officer, progress, self.desk.policy, NOON_S + at_s, self.before
        )
        self.before = progress
        assert new == bool(case.happenings)
        return self.desk.told()


def test_while_all_goes_as_promised_nothing_is_said():
    """The expected time stays the promised one, to the second."""
    ride = Ride()
    for at_s in range(5, 290, 5):
        assert ride.fix(at_s, 300.0 - at_s) == []
    assert ride.officer.expected_at_s == ride.officer.promised_at_s == NOON_S + 300


def test_a_new_time_is_told_when_it_has_moved_by_a_minute_and_two_fixes_say_so():
    """A jam: the way left stays the same for a minute and a half."""
    ride = Ride()
    told_at_s = [at_s for at_s in range(5, 95, 5) if ride.fix(at_s, 300.0)]
    assert told_at_s == [65]
    assert ride.desk.told() == []
    assert ride.officer.expected_at_s == NOON_S + 360
    event_was_once = [ride.fix(at_s, 360.0 - at_s) for at_s in range(95, 200, 5)]
    assert event_was_once == [[]] * len(event_was_once)


def test_somebody_who_gets_on_faster_is_told_as_well():
    """Blue lights: two minutes sooner."""
    ride = Ride()
    assert ride.fix(100, 80.0) == ["assignment.eta_changed"]
    (event,) = ride.desk.case.happenings
    assert event.data == {"was_expected_at_s": NOON_S + 300, "expected_at_s": NOON_S + 180}
    assert ride.officer.promised_at_s == NOON_S + 300


def test_one_fix_on_the_other_carriageway_is_no_news():
    """From there it would be eight minutes and two kilometres more; the next fix is right again."""
    ride = Ride()
    ride.fix(5, 295.0)
    assert ride.fix(10, 490.0, detour_m=2_000.0) == []
    assert ride.fix(15, 285.0) == []
    assert ride.fix(20, 480.0, detour_m=2_000.0) == []
    assert ride.fix(25, 475.0, detour_m=2_000.0) == [
        "assignment.off_route",
        "assignment.eta_changed",
        "assignment.late",
    ]


def test_late_is_told_once_however_it_goes_on():
    """Four minutes behind, then caught up, then behind again: told the first time alone."""
    ride = Ride()
    assert ride.fix(60, 480.0) == ["assignment.eta_changed", "assignment.late"]
    (late,) = [one for one in ride.desk.case.happenings if one.type == "assignment.late"]
    assert late.data["late_s"] == 240.0
    assert ride.officer.late
    for at_s, left_s in ((70, 200.0), (80, 190.0), (90, 900.0), (100, 890.0)):
        assert "assignment.late" not in ride.fix(at_s, left_s)


def test_a_little_late_is_not_late():
    """Two minutes behind, to the second, is what the policy lets pass."""
    ride = Ride()
    late_after_s = ride.desk.policy.late_after_s
    assert ride.fix(60, 240.0 + late_after_s) == ["assignment.eta_changed"]
    assert ride.fix(61, 241.0 + late_after_s) == []  # one fix alone
    assert ride.fix(62, 240.0 + late_after_s) == ["assignment.late"]


def test_whoever_should_be_there_and_sends_no_way_is_late_in_the_end():
    """Off all roads: the time last told passes, and then what the policy lets pass."""
    ride = Ride()
    assert ride.fix(200, None, detour_m=None) == []
    assert ride.fix(400, None, detour_m=None) == ["assignment.eta_changed"]
    assert ride.fix(421, None, detour_m=None) == ["assignment.late"]


def test_before_they_have_driven_off_the_turning_out_counts():
    """A volunteer reads the offer at home: a minute to the door, then the way."""
    ride = Ride(("N1", "grid_worker", 200.0), tier=Tier.HIGH)
    ride.desk.accept("N1")
    neighbour = ride.desk.of("N1")
    case, policy = ride.desk.case, ride.desk.policy
    standing = replace(ride.a_fix(1, 140.0), fixed_at_s=NOON_S - 10)
    assert not tracking.follow(case, neighbour, standing, policy, NOON_S + 2)
    assert neighbour.expected_at_s == NOON_S + 200
    still_there = replace(standing, fixed_at_s=NOON_S + 130)
    assert tracking.follow(case, neighbour, still_there, policy, NOON_S + 130)
    assert neighbour.expected_at_s == NOON_S + 270


def test_somebody_whose_last_fix_lies_back_is_not_there_before_now():
    """Twenty seconds from the door four minutes ago, and not there yet: in a tunnel, say."""
    ride = Ride()
    ride.fix(10, 290.0)
    tunnel = replace(ride.a_fix(60, 20.0), fixed_at_s=NOON_S + 60)
    ride.say(tunnel, 200.0)
    ride.say(tunnel, 210.0)
    assert ride.officer.expected_at_s == NOON_S + 210


# ------------------------------------------------------------------------------------ off the way


def test_leaving_the_way_is_told_once_per_leaving():
    """Away, along the border of what counts as away, back, and away again."""
    ride = Ride()
    seen = []
    for n, detour_m in enumerate((0, 240, 260, 270, 240, 260, 180, 260, 120, 110, 90, 300, 300)):
        seen.append(ride.fix(5 * n, 300.0 - 5 * n, detour_m=float(detour_m)))
    flat = [(n, types[0]) for n, types in enumerate(seen) if types]
    assert flat == [
        (3, "assignment.off_route"),
        (9, "assignment.back_on_route"),
        (12, "assignment.off_route"),
    ]
    assert ride.officer.off_route


@given(st.lists(st.floats(0, 600), min_size=2, max_size=40))
@settings(deadline=None, max_examples=100)
def test_between_two_leavings_they_were_back(detours_m):
    """Whatever fixes come: leaving and coming back take turns, and each is by two fixes."""
    ride = Ride()
    told = []
    for n, detour_m in enumerate(detours_m):
        told += [
            (type_, n) for type_ in ride.fix(n, 300.0 - n, detour_m=detour_m) if "route" in type_
        ]
    for place, (type_, n) in enumerate(told):
        assert type_ == ("assignment.back_on_route" if place % 2 else "assignment.off_route")
        both_m = detours_m[max(n - 1, 0)], detours_m[n]
        if place % 2:
            assert max(both_m) <= ride.desk.policy.off_route_m / 2
        else:
            assert min(both_m) > ride.desk.policy.off_route_m


def test_where_no_detour_is_known_nothing_is_said_of_the_way():
    """No road leads from where they were when they were offered, say."""
    ride = Ride()
    for n in range(4):
        assert ride.fix(n, 300.0 - n, detour_m=None) == []


@given(st.lists(st.floats(0, 1_200), min_size=1, max_size=40))
@settings(deadline=None, max_examples=100)
def test_every_time_told_is_a_minute_from_the_one_before(lefts_s):
    """Whatever fixes come, news is worth reading; what is told is what two fixes in a row said
    at least."""
    ride = Ride()
    last_told_s = ride.officer.expected_at_s
    for n, left_s in enumerate(lefts_s):
        before, types = ride.before, ride.fix(2.0 * n, left_s)
        if "assignment.eta_changed" in types:
            now_told_s = ride.officer.expected_at_s
            if "assignment.late" not in types:
                assert abs(now_told_s - last_told_s) >= ETA_NEWS_S
            said = [NOON_S + 2.0 * n + left_s]
            if before is not None:
                said.append(max(NOON_S + 2.0 * n, before.fixed_at_s + before.remaining_s))
            assert min(said) - 1e-6 <= now_told_s <= max(said) + 1e-6
        last_told_s = ride.officer.expected_at_s


# ---------------------------------------------------------------------------------------- there


AT_THE_DOOR = {"remaining_m": 30.0, "line_m": 20.0}


def test_at_the_door_by_road_and_by_line_is_arrived():
    """The state, the time and how it is known; no second arrival."""
    ride = Ride()
    assert "assignment.arrived" in ride.fix(290, 4.0, **AT_THE_DOOR)
    assert ride.officer.state is AssignmentState.ON_SCENE
    assert ride.officer.arrived_at_s == NOON_S + 290
    (event,) = [one for one in ride.desk.case.happenings if one.type == "assignment.arrived"]
    assert event.data["by"] == "geofence"
    assert ride.fix(295, 4.0, **AT_THE_DOOR) == []


@pytest.mark.parametrize(
    "doubt",
    [
        {"line_m": 51.0},
        {"remaining_m": 51.0},  # on the other bank
        {"remaining_m": None},
        {"accuracy_m": 51.0},
        {"fixed_at_s": NOON_S + 280 - FRESH_FIX_S},
    ],
    ids=lambda doubt: next(iter(doubt)),
)
def test_what_does_not_show_that_they_are_at_the_door_is_no_arrival(doubt):
    """Near in one respect only, or by a fix that is too rough or too old."""
    ride = Ride()
    assert "assignment.arrived" not in ride.fix(281, 4.0, **(AT_THE_DOOR | doubt))
    assert ride.officer.state is AssignmentState.EN_ROUTE


@pytest.mark.parametrize(
    "places",
    [(replace(PLACE, accuracy_m=200.0),), (PLACE, CandidatePlace(108.39, 30.81))],
    ids=["rough", "several"],
)
def test_where_the_place_itself_is_not_known_only_they_can_tell(places):
    """The middle of a block, or one of two addresses, is not the victim's door."""
    ride = Ride(places=places)
    assert "assignment.arrived" not in ride.fix(290, 4.0, **AT_THE_DOOR)


def test_nothing_is_said_of_those_who_are_not_on_their_way():
    """Asked only, there already, or stood down."""
    ride = Ride(*NEIGHBOURS[:1])
    neighbour = ride.desk.of("N0")
    progress = ride.a_fix(5, 900.0, detour_m=5_000.0)
    for state in set(AssignmentState) - {AssignmentState.ACCEPTED, AssignmentState.EN_ROUTE}:
        neighbour.state = state
        ride.desk.case.happenings.clear()
        assert not tracking.follow(
            ride.desk.case, neighbour, progress, ride.desk.policy, NOON_S + 5
        )
        assert ride.desk.told() == []


# ----------------------------------------------------------------------------------------- remote


def test_an_officer_who_comes_to_be_far_away_brings_a_neighbour():
    """A closed bridge: five minutes have become twenty. Staffing is called for."""
    ride = Ride(*NEIGHBOURS)
    ride.fix(5, 1_200.0)
    assert "incident.officer_far" in ride.desk.told()
    kinds = [change.kind for change in ride.desk.case.deadline_changes]
    assert DeadlineKind.STAFF in kinds
    ride.before = None
    assert "incident.officer_far" not in ride.fix(100, 2_000.0)
    assert len(ride.desk.staff()) == 2


def test_one_officer_far_away_is_no_matter_when_another_is_near_or_there():
    """Critical: P1 is held up, P2 is not."""
    ride = Ride(("P2", "officer", 320.0), *NEIGHBOURS, tier=Tier.CRITICAL)
    ride.desk.accept("P2")
    ride.fix(5, 1_200.0)
    assert "incident.officer_far" not in ride.desk.told()
    visits.arrive(ride.desk.case, ride.desk.of("P2"), ride.desk.policy, NOON_S + 6)
    ride.before = None
    ride.fix(10, 2_400.0)
    assert "incident.officer_far" not in ride.desk.told()
