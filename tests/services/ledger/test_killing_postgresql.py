"""PostgreSQL is killed under load: nothing acknowledged is lost, and soon all is well again."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select

from dispatch.incidents.case import Alert, Area
from dispatch.incidents.default_policy import DEFAULT_POLICY
from dispatch.incidents.policy import Policies, Policy
from dispatch.incidents.words import Source, Tier
from services.errors import LedgerError
from services.ids import new_id
from services.incidents.desk import Desk
from services.ledger.database import Ledger, now_s
from services.ledger.tables import alerts, events, incidents

WRITERS = 4
KILLS = 3
BACK_WITHIN_S = 5.0
"""The promise: so long after its store the service is back."""
AREA = Area("500101/longbao", district="500101")


@dataclass
class Load:
    """Threads that raise alerts for as long as they are told to."""

    desk: Desk
    acknowledged: list[str] = field(default_factory=list)
    """Ids of alerts whose transaction returned."""
    turned_away: int = 0
    others: list[Exception] = field(default_factory=list)
    """Problems that are not the database's absence."""
    _ending: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count: int = 1, within_s: float = 30.0) -> float:
        """Seconds until so many more alerts were acknowledged."""
        begun_s, wanted = time.monotonic(), len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            assert time.monotonic() - begun_s < within_s, f"no alert was taken for {within_s} s"
            time.sleep(0.005)
        return time.monotonic() - begun_s

    def _write(self) -> None:
        while not self._ending.is_set():
            alert = Alert(new_id(), Source.CITY, Tier.HIGH, new_id(), now_s())
            try:
                self.desk.ledger.transact(
                    lambda connection, alert=alert: self.desk.raise_alert(
                        connection, alert, AREA, now_s()
                    )
                )
            except LedgerError:
                self.turned_away += 1
                time.sleep(0.01)
            except Exception as problem:
                self.others.append(problem)
            else:
                self.acknowledged.append(alert.alert_id)


def test_no_acknowledged_alert_is_lost_when_postgresql_is_killed(postgres_server_alone):
    """SIGKILL three times under load. What was acknowledged is there, what is there is whole, and
    alerts are taken again within five seconds of the server's return."""
    server = postgres_server_alone
    ledger = Ledger(server.url(server.create_database()))
    desk = Desk(ledger, Policies(Policy.parse(DEFAULT_POLICY)))
    back_after_s = []
    with Load(desk) as load:
        for _ in range(KILLS):
            load.wait_for_more(40)
            server.kill()
            turned_away = load.turned_away
            while load.turned_away < turned_away + WRITERS:
                time.sleep(0.005)
            server.start()
            back_after_s.append(load.wait_for_more())
        load.wait_for_more(40)
    assert load.others == []
    assert max(back_after_s) <= BACK_WITHIN_S
    with ledger.read() as connection:
        kept = set(connection.scalars(select(alerts.c.alert_id)))
        counted = dict(
            connection.execute(
                select(events.c.chain_id, func.count()).group_by(events.c.chain_id)
            ).all()
        )
        said = dict(
            connection.execute(select(incidents.c.incident_id, incidents.c.event_count)).all()
        )
    ledger.close()
    assert set(load.acknowledged) <= kept
    assert counted == said
    # Of a commit whose answer was cut off nobody knows; there can be one for each writer and kill.
    assert len(kept) - len(load.acknowledged) <= WRITERS * KILLS


def test_a_ledger_is_not_there_while_its_server_is_not(postgres_server_alone):
    """Reads and writes end at once in a LedgerError, opening too; afterwards both go on."""
    server = postgres_server_alone
    url = server.url(server.create_database())
    ledger = Ledger(url)
    server.kill()
    for use in (ledger.revisions, lambda: ledger.transact(ledger.time_s), lambda: Ledger(url)):
        begun_s = time.monotonic()
        with pytest.raises(LedgerError) as told:
            use()
        assert "\n" not in str(told.value)
        assert time.monotonic() - begun_s < BACK_WITHIN_S
    server.start()
    assert ledger.revisions()["keys"] == 0
    assert ledger.transact(lambda connection: ledger.raise_revision(connection, "keys")) == 1
    ledger.close()
