"""No responder is sent twice and no victim has two incidents, however many ask at once."""

from __future__ import annotations

import random

from sqlalchemy import func, select

from dispatch.incidents import alerts as alert_commands
from dispatch.incidents import closing, visits
from dispatch.incidents.words import ClosingReason
from services.errors import ProblemError
from services.ids import new_id
from services.incidents import store
from services.incidents.desk import ITSELF, Desk
from services.ledger.database import Ledger, now_s
from services.ledger.tables import alerts, assignments, events, incidents
from tests.races.field import AREA, CENTRE, PROCESSES, alert_about, drop, offer_to, race

RESPONDERS = 5
OFFERS = 40
VICTIMS = 4
ALERTS = 25
NAMESAKES_OF = (CENTRE, f"{CENTRE}/longbao", f"{CENTRE}/longbao/grid-2", f"{CENTRE}/gaosuntang")
"""A centre, units of it, and a unit of a unit."""


def open_one(desk: Desk, victim_ref: str) -> str:
    """Id of the incident that an alert about a victim opened or joined."""
    while True:
        try:
            return desk.ledger.transact(
                lambda connection: desk.raise_alert(
                    connection, alert_about(victim_ref), AREA, now_s()
                )
            ).case.incident.incident_id
        except ProblemError as problem:
            if problem.name != "overloaded":  # which says: send it again
                raise


def take(desk: Desk, incident_id: str, responder_id: str, jurisdiction: str = CENTRE) -> str | None:
    """Id of the assignment that takes a responder; None where another one has."""
    assignment = offer_to(responder_id, jurisdiction)

    def work(connection):
        case = store.load(connection, incident_id)
        return store.claim(connection, case, assignment)

    return assignment.assignment_id if desk.ledger.transact(work) else None


def let_go(desk: Desk, assignment_id: str) -> None:
    """The responder declines, and is free again when it returns."""
    desk.ledger.transact(
        lambda connection: desk.act_on_assignment(
            connection,
            assignment_id,
            ITSELF,
            lambda case, assignment, policy, at_s: visits.decline(
                case, assignment, "busy", policy, at_s
            ),
            now_s(),
        )
    )


def offer_again_and_again(desk: Desk, chance: random.Random) -> tuple[int, int]:
    """How often a responder was taken by this process, and how often somebody else had them."""
    mine = [open_one(desk, new_id()) for _ in range(3)]
    taken = lost = 0
    for _ in range(OFFERS):
        responder_id = f"officer-{chance.randrange(RESPONDERS)}"
        assignment_id = take(desk, chance.choice(mine), responder_id)
        if assignment_id is None:
            lost += 1
            continue
        taken += 1
        with desk.ledger.read() as connection:
            live = select(assignments.c.assignment_id).where(
                assignments.c.responder_id == responder_id, assignments.c.live
            )
            assert connection.scalars(live).all() == [assignment_id]
        let_go(desk, assignment_id)
    return taken, lost


def take_everybody(desk: Desk, chance: random.Random) -> list[str]:
    """Whom this process took, keeping them."""
    mine = open_one(desk, new_id())
    everybody = [f"officer-{number}" for number in range(RESPONDERS)]
    chance.shuffle(everybody)
    return [responder_id for responder_id in everybody if take(desk, mine, responder_id)]


def take_all_namesakes(desk: Desk, chance: random.Random) -> list[tuple[str, str]]:
    """Whom this process took of those who share their ids with somebody of another unit."""
    mine = open_one(desk, new_id())
    everybody = [
        (jurisdiction, f"officer-{number}")
        for jurisdiction in NAMESAKES_OF
        for number in range(RESPONDERS)
    ]
    chance.shuffle(everybody)
    return [key for key in everybody if take(desk, mine, key[1], key[0])]


def alert_again_and_again(desk: Desk, chance: random.Random) -> int:
    """How many alerts about a few victims this process raised; some incidents it closes."""
    for _ in range(ALERTS):
        incident_id = open_one(desk, f"victim-{chance.randrange(VICTIMS)}")
        if chance.random() < 0.3:
            close(desk, incident_id)
    return ALERTS


def close(desk: Desk, incident_id: str) -> None:
    """Close an incident, unless another process did."""
    try:
        desk.ledger.transact(
            lambda connection: desk.act(
                connection,
                incident_id,
                ITSELF,
                lambda case, policy, at_s: closing.close(
                    case, ClosingReason.OTHER, "", None, policy, at_s
                ),
                now_s(),
            )
        )
    except ProblemError as problem:
        if problem.name != "not-possible-now":
            raise


def test_a_responder_has_one_live_assignment(ledger_url):
    """320 offers by eight processes to five responders, who decline each: never two at once."""
    outcome = race(ledger_url, offer_again_and_again)
    assert outcome.doubles == []
    assert outcome.looks > 1
    taken, lost = (sum(numbers) for numbers in zip(*outcome.said, strict=True))
    assert taken + lost == PROCESSES * OFFERS
    assert taken > RESPONDERS
    assert lost > 0, "nobody met anybody: this was no race"


def test_of_eight_that_want_everybody_each_responder_has_one(ledger_url):
    """Who is kept is kept by one; nobody is left over."""
    outcome = race(ledger_url, take_everybody)
    assert outcome.doubles == []
    kept = [responder_id for one in outcome.said for responder_id in one]
    assert len(kept) == len(set(kept))
    ledger = Ledger(ledger_url)
    with ledger.read() as connection:
        live = connection.scalars(select(assignments.c.responder_id).where(assignments.c.live))
        assert sorted(live) == sorted(kept)
    ledger.close()
    assert len(kept) == RESPONDERS


def test_namesakes_in_nested_jurisdictions_are_each_taken_once(ledger_url):
    """An id is somebody's within their jurisdiction: every one of the twenty has one assignment,
    and none of them keeps another of the same id from theirs."""
    outcome = race(ledger_url, take_all_namesakes)
    assert outcome.doubles == []
    kept = [key for one in outcome.said for key in one]
    assert len(kept) == len(set(kept))
    ledger = Ledger(ledger_url)
    with ledger.read() as connection:
        live = connection.execute(
            select(assignments.c.jurisdiction, assignments.c.responder_id).where(assignments.c.live)
        ).all()
    ledger.close()
    assert sorted(tuple(row) for row in live) == sorted(kept)
    assert len(kept) == len(NAMESAKES_OF) * RESPONDERS


def test_a_victim_has_one_open_incident(ledger_url):
    """200 alerts by eight processes about four victims, whose incidents are closed now and then.

    Every alert is on the record, and every incident has all of its events.
    """
    outcome = race(ledger_url, alert_again_and_again)
    assert outcome.doubles == []
    ledger = Ledger(ledger_url)
    with ledger.read() as connection:
        assert connection.scalar(select(func.count()).select_from(alerts)) == sum(outcome.said)
        counted = dict(
            connection.execute(
                select(events.c.chain_id, func.count()).group_by(events.c.chain_id)
            ).all()
        )
        said = dict(
            connection.execute(select(incidents.c.incident_id, incidents.c.event_count)).all()
        )
        opened = connection.scalar(select(func.count()).select_from(incidents))
    ledger.close()
    assert counted == said
    assert VICTIMS <= opened < sum(outcome.said)


def test_without_the_index_responders_are_sent_twice_and_the_referee_sees_it(ledger_url):
    """The guarantee is the index's: once it is dropped, the same race ends in doubles."""
    outcome = race(ledger_url, take_everybody, drop("one_live_assignment_per_responder"))
    assert {double[0] for double in outcome.doubles} == {"assignments"}
    kept = [responder_id for one in outcome.said for responder_id in one]
    assert len(kept) > len(set(kept))


def test_without_the_index_victims_have_two_incidents_and_the_referee_sees_it(ledger_url):
    """The same for incidents, where nothing but the index makes the second one wait."""
    outcome = race(ledger_url, open_the_same_twice, drop("one_open_incident_per_victim"))
    assert {double[0] for double in outcome.doubles} == {"incidents"}


def open_the_same_twice(desk: Desk, chance: random.Random) -> None:
    """Two transactions that each find no incident of the victim, as two processes would."""
    for number in range(5):
        alert = alert_about(f"victim-{number}")
        desk.ledger.transact(lambda connection, alert=alert: _open_unseen(desk, connection, alert))


def _open_unseen(desk: Desk, connection, alert) -> bool:
    """What an alert does that has looked for an open incident just before another one opened it."""
    policy = desk.policies.of(AREA.centre)
    new = alert_commands.open_case(alert, AREA, policy, now_s(), new_id(), new_id)
    return store.insert(connection, desk.ledger, new, now_s())
