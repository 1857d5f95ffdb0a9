"""A plan is made whenever one is wanted: once, from what is so then, and by whoever is alive."""

from __future__ import annotations

from dispatch.interceptions import ending, planning
from dispatch.interceptions.words import PostState
from services.events.verify import verify
from services.interceptions import store
from services.interceptions.planner import Planner
from tests.services.incidents.room import later


def test_a_sighting_is_planned_once_and_the_row_says_when_it_is_wanted(chase):
    """A second run finds nothing to do."""
    chase.room.stands("MJ-1", "officer", "Y")
    one = chase.opens()
    with chase.ledger.read() as connection:
        assert store.open_interceptions(connection) == [(one, True)]
    chase.plans(one)
    chase.plans(one)
    assert chase.happened(one).count("interception.planned") == 1
    with chase.ledger.read() as connection:
        assert store.open_interceptions(connection) == [(one, False)]
        planned = store.plan_of(connection, one, 1)
    assert [post.unit_id for post in planned.posts] == ["unit:rivertown:MJ-1"]


def test_what_a_dead_process_left_another_one_plans(chase):
    """Nobody was told but the row: the follower of any process has it planned."""
    chase.room.stands("MJ-1", "officer", "Y")
    one = chase.opens()
    chase.desk.wanting.clear()  # the process that took the sighting is gone
    asked: list[str] = []
    chase.planner.ask = asked.append
    chase.follower.tick()
    assert asked == [one]
    chase.another_planner().plan(one)
    assert chase.case(one).interception.plan_number == 1


def test_what_happens_while_a_plan_is_made_is_planned_after_it(chase, monkeypatch):
    """A sighting comes in between: the plan that was being made is written, is not the last word,
    and the next one follows at once."""
    chase.room.stands("MJ-1", "officer", "Y")
    one = chase.opens()
    usual, seen = planning.plan, []

    def slow(*asked):
        made = usual(*asked)
        if not seen:
            seen.append(True)
            chase.sees(one, "B")
        return made

    monkeypatch.setattr(planning, "plan", slow)
    chase.plans(one)
    interception = chase.case(one).interception
    assert interception.plan_number == 2
    assert not interception.plan_wanted


def test_two_planners_write_one_plan(chase, monkeypatch):
    """Both begin with the same; the slower one finds that it is done."""
    chase.room.stands("MJ-1", "officer", "Y")
    one = chase.opens()
    usual, other = planning.plan, chase.another_planner()
    inside: list[bool] = []

    def slow(*asked):
        made = usual(*asked)
        if not inside:
            inside.append(True)
            other.plan(one)
        return made

    monkeypatch.setattr(planning, "plan", slow)
    chase.plans(one)
    assert chase.happened(one).count("interception.planned") == 1


def test_who_is_engaged_by_an_incident_or_another_interception_is_in_no_plan(chase):
    """The first case has the only officer; the second one's plan has nobody, and says nothing else
    of him."""
    chase.room.stands("MJ-1", "officer", "Y")
    first, second = chase.opens(), chase.opens()
    chase.plans(first)
    assert chase.commits(first) == []
    chase.plans(second)
    with chase.ledger.read() as connection:
        assert store.plan_of(connection, second, 1).posts == ()
    chase.act(first, ending.stand_down, "over")
    chase.sees(second, "B")
    chase.plans(second)
    with chase.ledger.read() as connection:
        assert len(store.plan_of(connection, second, 2).posts) == 1


def test_a_unit_that_was_taken_between_plan_and_commit_does_not_go(chase):
    """Two plans count on the same officer; the second commit says so and claims nothing."""
    chase.room.stands("MJ-1", "officer", "Y")
    first, second = chase.opens(), chase.opens()
    chase.plans(first)
    chase.plans(second)
    assert chase.commits(first) == []
    assert chase.commits(second) == ["unit:rivertown:MJ-1"]
    interception = chase.case(second).interception
    assert interception.posts == ()
    assert interception.plan_wanted
    assert chase.room.ledger is chase.ledger
    assert verify(chase.ledger).holds


def test_where_no_plan_can_be_made_it_is_said_why_and_not_tried_again(chase):
    """The horizon is over before anybody planned."""
    one = chase.opens()
    later(6_000)
    chase.plans(one)
    interception = chase.case(one).interception
    assert "horizon is over" in interception.no_plan_because
    assert not interception.plan_wanted
    assert chase.happened(one).count("interception.no_plan") == 1


def test_whether_they_can_be_sealed_in_is_answered_after_the_plan(chase):
    """By the threads themselves; the plan's row has it, and the record holds."""
    chase.room.stands("MJ-1", "officer", "Y")
    one = chase.opens()
    planner: Planner = chase.planner
    planner.start()
    try:
        planner.wake()
        for _ in range(500):
            if "interception.seal_found" in chase.happened(one):
                break
            planner._stopping.wait(0.02)
    finally:
        planner.stop()
    with chase.ledger.read() as connection:
        planned = store.plan_of(connection, one, 1)
    assert planned.sealing.sealed
    assert verify(chase.ledger).holds


def test_without_wanting_to_know_nobody_looks_for_a_seal(chase):
    one = chase.opens(seal=False)
    chase.room.stands("MJ-1", "officer", "Y")
    chase.plans(one)
    assert chase.planner._asked.empty()


def test_a_unit_late_by_its_fixes_has_another_plan_made(chase):
    """It stands where it stood; a minute and more after it should have been there that is told, and
    the order stays."""
    chase.room.stands("MJ-1", "officer", "U")
    one = chase.opens()
    chase.plans(one)
    chase.commits(one)
    post = chase.post(one, "MJ-1")
    chase.step(post, "accept")
    chase.step(post, "depart")
    chase.follower.tick()
    assert "checkpoint.late" not in chase.happened(one)
    later(240)
    chase.room.stands("MJ-1", "officer", "U")
    chase.follower.tick()
    chase.follower.tick()
    assert chase.happened(one).count("checkpoint.late") == 1
    assert chase.case(one).interception.plan_wanted
    assert chase.post(one, "MJ-1").state is PostState.EN_ROUTE


def test_an_order_without_an_answer_and_the_end_of_the_horizon_are_told_once(chase):
    chase.room.stands("MJ-1", "officer", "Y")
    one = chase.opens()
    chase.plans(one)
    chase.commits(one)
    later(61)
    for _ in range(2):
        chase.follower.tick()
    assert chase.happened(one).count("checkpoint.unanswered") == 1
    later(6_000)
    for _ in range(2):
        chase.follower.tick()
    assert chase.happened(one).count("interception.horizon_over") == 1
