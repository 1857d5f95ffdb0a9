"""The service is killed between commit and reply: every alert has one effect."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from services.keys import make_key
from services.ledger.database import Ledger
from services.ledger.tables import alerts, assignments, events, incidents, unsealed
from services.redis_server import EmbeddedRedis
from tests.races.field import doubles
from tests.races.killable import (
    OFFICERS,
    Callers,
    Killable,
    on_its_own,
    put_officers_on_the_road,
    wait_until,
)

ALERTS_BETWEEN = 12
BACK_WITHIN_S = 5.0
"""The promise: so long after its store the service is back."""


@pytest.fixture
def killable(map_folder, ledger_url, tmp_path) -> Iterator[Killable]:
    with (
        EmbeddedRedis() as redis_server,
        on_its_own(map_folder, ledger_url, tmp_path, redis_server.url) as service,
    ):
        yield service


def test_every_alert_has_one_effect_however_often_the_service_dies(killable, ledger_url):
    """SIGKILL between commit and reply, and at any moment, while alerts come in and officers are
    sent. Callers send again what was not answered. Afterwards: each alert once, what was answered
    is there, every event of every incident is there, and nobody was sent twice."""
    ledger = Ledger(ledger_url)
    headers = {"Authorization": f"Bearer {make_key(ledger, 'callers').text}"}
    killable.start(dies_after_alerts=ALERTS_BETWEEN)
    put_officers_on_the_road(killable.url, headers)  # before anybody calls: it dies soon after
    with Callers(killable, headers) as callers:
        killable.wait_until_dead()
        killable.start()
        put_officers_on_the_road(killable.url, headers)
        callers.wait_for_more(ALERTS_BETWEEN)
        killable.kill()
        killable.start()
        callers.wait_for_more(ALERTS_BETWEEN)
        wait_until(lambda: sent_count(ledger) > 0, killable)
    killable.kill()  # it would go on sending officers while it is counted
    assert callers.problems == []
    assert callers.repeated > 0, "nobody was cut off: the kills came at the wrong moments"
    assert doubles(ledger) == []
    with ledger.read() as connection:
        raised = connection.execute(
            select(incidents.c.victim_ref, alerts.c.alert_id).join_from(alerts, incidents)
        ).all()
        counted = dict(
            connection.execute(
                select(events.c.chain_id, func.count()).group_by(events.c.chain_id)
            ).all()
        )
        said = dict(
            connection.execute(select(incidents.c.incident_id, incidents.c.event_count)).all()
        )
    ledger.close()
    assert len(raised) == len(callers.answered)
    assert dict(map(tuple, raised)) == callers.answered
    assert counted == said


def test_the_service_is_back_soon_after_its_store(postgres_server_alone, map_folder, tmp_path):
    """PostgreSQL is killed under a running service: requests are told that it is not ready, and
    within five seconds of the server's return alerts are taken, told and answered by an offer."""
    server = postgres_server_alone
    database_url = server.url(server.create_database())
    ledger = Ledger(database_url)
    headers = {"Authorization": f"Bearer {make_key(ledger, 'callers').text}"}
    with (
        EmbeddedRedis() as redis_server,
        on_its_own(map_folder, database_url, tmp_path, redis_server.url) as service,
    ):
        service.start()
        with Callers(service, headers) as callers:
            callers.wait_for_more(ALERTS_BETWEEN)
            server.kill()
            wait_until(lambda: callers.turned_away["503"], service)
            server.start()
            begun_s = time.monotonic()
            callers.wait_for_more(1)
            assert time.monotonic() - begun_s <= BACK_WITHIN_S
            callers.wait_for_more(ALERTS_BETWEEN)
        put_officers_on_the_road(service.url, headers)
        wait_until(lambda: placed_events(ledger) and sent_count(ledger) >= OFFICERS, service)
    assert callers.problems == []
    with ledger.read() as connection:
        kept = set(connection.scalars(select(alerts.c.alert_id)))
    ledger.close()
    assert set(callers.answered.values()) <= kept


def placed_events(ledger: Ledger) -> bool:
    """Whether every event has its place in the stream."""
    with ledger.read() as connection:
        return not connection.scalar(select(func.count()).select_from(unsealed))


def sent_count(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return connection.scalar(select(func.count()).select_from(assignments))
