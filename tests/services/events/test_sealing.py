"""Every committed event gets one place in the stream, whatever order commits come in."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from services.errors import LedgerError
from services.events import sealing
from services.events.log import EventLog
from services.events.reading import read_after
from services.events.sealing import SEALED, Sealer
from services.ledger.database import Ledger
from services.ledger.tables import seals, stream, unsealed
from tests.services.events.record import AT_S, happen, happen_within, open_incident, something


def everything(ledger):
    """All placed events, read page by page."""
    found, position = [], 0
    while True:
        page = read_after(ledger, position, limit=7)
        found += page.events
        position = page.position
        if not page.more:
            return found


def check_order(placed) -> None:
    """Positions have no gap, and every chain's events are in their order."""
    assert [event.position for event in placed] == list(range(1, len(placed) + 1))
    numbers: dict[str, int] = {}
    for event in placed:
        assert event.chain_number == numbers.get(event.chain_id, 0) + 1
        numbers[event.chain_id] = event.chain_number


def test_events_come_in_order_of_time_but_never_before_one_of_their_own_chain(ledger):
    """A clock that was set back moves an event, but not before what it followed."""
    for name in ("one", "two"):
        open_incident(ledger, name)
    happen(ledger, "one", something(at_s=AT_S + 5), something(at_s=AT_S + 1))
    happen(ledger, "two", something(at_s=AT_S + 2), something(at_s=AT_S + 9))
    assert Sealer(ledger).seal() == 4
    placed = everything(ledger)
    assert [(event.chain_id, event.chain_number) for event in placed] == [
        ("two", 1),
        ("one", 1),
        ("one", 2),
        ("two", 2),
    ]
    check_order(placed)


def test_an_event_that_is_committed_late_comes_late_and_is_not_missed(ledger, another):
    """A transaction begun first and committed last: its event has the older id and time, and yet
    a reader who has gone on meanwhile finds it."""
    for name in ("slow", "quick"):
        open_incident(ledger, name)
    sealer, log = Sealer(another), EventLog(another)
    told = []
    log.follow(told.extend)
    if ledger.dialect == "sqlite":  # one writer: the late one waits before it begins
        happen(ledger, "quick", something(at_s=AT_S + 1))
        assert (sealer.seal(), log.refresh()) == (1, 1)
        happen(ledger, "slow", something(at_s=AT_S))
    else:
        with ledger.write() as connection:
            happen_within(ledger, connection, "slow", [something(at_s=AT_S)])
            happen(another, "quick", something(at_s=AT_S + 1))
            assert (sealer.seal(), log.refresh()) == (1, 1)
    assert (sealer.seal(), log.refresh()) == (1, 1)
    assert [event.chain_id for event in told] == ["quick", "slow"]
    quick, slow = told
    assert slow.at_s < quick.at_s
    check_order(told)


def test_what_a_dead_process_left_behind_is_sealed_by_any_other(ledger, another):
    """Committed and not sealed: the row in unsealed is found by whoever looks next."""
    open_incident(ledger, "one")
    happen(ledger, "one", something(), something())
    assert everything(another) == []
    assert Sealer(another).seal() == 2
    assert Sealer(another).seal() == 0
    check_order(everything(another))


def test_a_sealer_that_dies_half_way_has_done_nothing(ledger, another):
    """Places, seal and deliveries are one transaction."""
    open_incident(ledger, "one")
    happen(ledger, "one", something(), something())

    def fail(connection, placed):
        raise RuntimeError("the process dies here")

    with pytest.raises(RuntimeError):
        Sealer(ledger, fail).seal()
    with another.read() as connection:
        assert connection.scalar(select(func.count()).select_from(unsealed)) == 2
        assert connection.execute(select(stream)).all() == []
        assert connection.execute(select(seals)).all() == []
    assert Sealer(another).seal() == 2


def test_a_sealer_that_freezes_holds_up_the_others_for_a_moment_only(ledger, another, monkeypatch):
    """Half-way, with what the others need: the server ends its transaction, and they go on."""
    if ledger.dialect == "sqlite":
        pytest.skip("SQLite has one writer, and nobody who could end its transaction")
    monkeypatch.setattr(sealing, "IDLE_LIMIT_MS", 200)
    open_incident(ledger, "one")
    happen(ledger, "one", something(), something())
    frozen, thaw, ended = threading.Event(), threading.Event(), []

    def freeze(connection, placed):
        frozen.set()
        thaw.wait(20.0)

    def seal():
        try:
            Sealer(ledger, freeze).seal()
        except LedgerError as error:
            ended.append(error)

    thread = threading.Thread(target=seal)
    thread.start()
    frozen.wait(20.0)
    assert Sealer(another).seal() == 2
    thaw.set()
    thread.join(20.0)
    assert len(ended) == 1, "what it had done is not done"
    check_order(everything(another))


def test_those_whom_an_event_goes_to_are_noted_in_the_same_transaction(ledger):
    """The hook is given every event once, in order, on the transaction's connection."""
    given = []

    def fan_out(connection, placed):
        assert connection.scalar(select(func.count()).select_from(stream)) >= len(placed)
        given.extend(placed)

    sealer = Sealer(ledger, fan_out)
    noted = []
    ledger.listen(SEALED, lambda: noted.append(len(given)))
    for name in ("one", "two"):
        open_incident(ledger, name)
        happen(ledger, name, something(), something())
        sealer.seal()
    check_order(given)
    assert noted == [2, 4]
    sealer.seal()
    assert noted == [2, 4], "nothing to seal, nothing to tell"


def test_a_large_backlog_is_sealed_in_batches_and_keeps_every_chain_in_order(ledger, monkeypatch):
    """Whatever is cut off where a batch ends, later events of a chain never come first."""
    monkeypatch.setattr(sealing, "BATCH_LIMIT", 7)
    for name in "abcde":
        open_incident(ledger, name)
    for round_ in range(5):
        for name in "edcba":
            happen(ledger, name, something(at_s=AT_S - round_), something(at_s=AT_S + round_))
    assert Sealer(ledger).seal() == 50
    placed = everything(ledger)
    assert len(placed) == 50
    check_order(placed)
    with ledger.read() as connection:
        assert connection.scalar(select(func.count()).select_from(seals)) == 8


def test_many_writers_and_several_sealers_at_once(ledger_url, ledger):
    """Four sealers on connections of their own, four writers: every event has one place, no
    position is given twice, no gap is left, every chain is in order."""
    writers, events_each = 4, 25
    for number in range(writers):
        open_incident(ledger, f"incident-{number}")
    done = threading.Event()

    def write(number):
        own = Ledger(ledger_url)
        for _ in range(events_each):
            happen(own, f"incident-{number}", something(), something())
        own.close()

    def seal():
        own = Ledger(ledger_url)
        placed = 0
        while not done.is_set():
            placed += Sealer(own).seal()
        own.close()
        return placed

    with ThreadPoolExecutor(2 * writers) as pool:
        sealers = [pool.submit(seal) for _ in range(4)]
        for future in [pool.submit(write, number) for number in range(writers)]:
            future.result()
        done.set()
        placed = sum(future.result() for future in sealers)
    placed += Sealer(ledger).seal()
    assert placed == writers * events_each * 2
    found = everything(ledger)
    assert len(found) == placed
    check_order(found)
    with ledger.read() as connection:
        assert connection.execute(select(unsealed)).all() == []
