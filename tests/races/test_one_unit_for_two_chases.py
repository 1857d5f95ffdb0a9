"""No unit is sent to two checkpoints, nor to one and to a victim, however many commit at once."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select

from dispatch.incidents.policy import Policies, default_policy
from dispatch.interception.subject import Sighting
from dispatch.interceptions import ending, planning, sighting
from dispatch.interceptions.case import Place, Sought, unit_id_of
from dispatch.interceptions.committing import Who
from dispatch.interceptions.planned import LayerProof, Planned, PlannedPost
from services.errors import ProblemError
from services.incidents.desk import ITSELF, Desk
from services.interceptions import store
from services.interceptions.desk import InterceptionDesk
from services.ledger.database import Ledger, now_s
from services.ledger.tables import assignments
from tests.races.field import CENTRE, race
from tests.races.test_nobody_twice import let_go, open_one, take

UNITS = 5
CHASES = 8
THE_ONE = "officer-of-all"
BRIDGE = Place("bridge-1", "bridge", "长江大桥", 108.4, 30.8, 60.0, 1)
PROOF = LayerProof(share=1.0, bound=1.0, gap=0.0, proven=True)


def open_chase(desk: InterceptionDesk) -> str:
    """Id of an interception whose subject was just seen."""

    def seen(case, at_s: float) -> None:
        sighting.see(case, Sighting(108.4, 30.8, at_s), "camera", at_s)

    return desk.ledger.transact(
        lambda connection: desk.open(connection, CENTRE, Sought(), {}, None, "", seen, now_s())
    ).interception.interception_id


def plan_with(desk: InterceptionDesk, interception_id: str, names: list[str]) -> int:
    """Number of a plan that sends these, written as the planner does."""

    def write(connection) -> int:
        case = desk.load(connection, interception_id)
        at_s, number = now_s(), case.interception.plan_number + 1
        posts = tuple(
            PlannedPost(unit_id_of(CENTRE, name), BRIDGE, 1, at_s + 300.0, at_s + 600.0, 1.0)
            for name in names
        )
        basis, seen = case.interception.basis, case.interception.last_seen.sighting_id
        planned = Planned(
            number, basis, at_s, seen, posts, (), 1.0, {}, "fastest", 1.0, PROOF, None, ()
        )
        assert planning.take_over(case, planned, store.plan_sha256(planned), at_s)
        store.add_plan(connection, interception_id, planned)
        desk.write(connection, case, at_s)
        return number

    return desk.ledger.transact(write)


def commit(desk: InterceptionDesk, interception_id: str, number: int) -> list[str]:
    """The plan's units that go, by name."""

    def work(connection):
        return desk.commit(
            connection,
            interception_id,
            ITSELF,
            number,
            "coverage",
            lambda _: Who("officer", "police"),
            now_s(),
        )

    case, _ = desk.ledger.transact(work)
    return [post.responder_id for post in case.interception.live_posts()]


def stand_down(desk: InterceptionDesk, interception_id: str) -> None:
    desk.ledger.transact(
        lambda connection: desk.act(
            connection,
            interception_id,
            ITSELF,
            lambda case, at_s: ending.stand_down(case, "over", at_s),
            now_s(),
        )
    )


def chase_again_and_again(incidents: Desk, chance: random.Random) -> tuple[int, int, bool]:
    """How many units this process sent to checkpoints and to victims, letting them go again; and
    whether it got the one unit that all want in the end, and keep."""
    desk = InterceptionDesk(incidents)
    sent = visited = 0
    for _ in range(CHASES):
        chase = open_chase(desk)
        names = [f"officer-{number}" for number in range(UNITS)]
        chance.shuffle(names)
        going = commit(desk, chase, plan_with(desk, chase, names[:3]))
        sent += len(going)
        with incidents.ledger.read() as connection:
            for name in going:  # what the case says is what keeps the unit
                live = select(assignments.c.interception_id).where(
                    assignments.c.responder_id == name, assignments.c.live
                )
                assert connection.scalars(live).all() == [chase]
        assignment_id = take(incidents, open_one(incidents, f"v-{chance.random()}"), names[4])
        if assignment_id is not None:
            visited += 1
            let_go(incidents, assignment_id)
        stand_down(desk, chase)
    return sent, visited, take_the_one(incidents, desk, chance)


def take_the_one(incidents: Desk, desk: InterceptionDesk, chance: random.Random) -> bool:
    if chance.random() < 0.3:
        return take(incidents, open_one(incidents, f"v-{chance.random()}"), THE_ONE) is not None
    chase = open_chase(desk)
    return bool(commit(desk, chase, plan_with(desk, chase, [THE_ONE])))


def test_chases_and_victims_never_have_the_same_unit(ledger_url):
    """Eight processes plan with the same five officers, some of whom are wanted by victims; of all
    who want the one who is left to the end one gets him, and the others claim nothing."""
    outcome = race(ledger_url, chase_again_and_again)
    assert outcome.doubles == []
    assert sum(sent for sent, _, _ in outcome.said) > 0
    assert sum(got for _, _, got in outcome.said) == 1
    ledger = Ledger(ledger_url)
    with ledger.read() as connection:
        live = connection.scalars(select(assignments.c.responder_id).where(assignments.c.live))
        assert live.all() == [THE_ONE]
    ledger.close()


def test_a_committed_plan_of_another_process_is_not_the_last_any_more(ledger_url):
    """Two look at plan 1; one plans again; the other's commit is refused and says so."""
    ledger = Ledger(ledger_url)
    desk = InterceptionDesk(Desk(ledger, Policies(default_policy())))
    chase = open_chase(desk)
    first = plan_with(desk, chase, ["officer-1"])
    ledger.transact(
        lambda connection: desk.act(
            connection,
            chase,
            ITSELF,
            lambda case, at_s: sighting.see(
                case, Sighting(108.41, 30.8, at_s + 1.0), "camera", at_s
            ),
            now_s(),
        )
    )
    plan_with(desk, chase, ["officer-2"])
    with pytest.raises(ProblemError, match="look at plan 2"):
        commit(desk, chase, first)
    ledger.close()
