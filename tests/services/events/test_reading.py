"""Readers follow positions: from memory where they can, from the ledger where they must."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.events import log as log_module
from services.events import reading
from services.events.log import EventLog
from services.events.reading import ALL, Wanted, read_after
from services.events.sealing import Sealer
from services.jurisdictions import Jurisdictions
from services.ledger.database import Ledger
from tests.services.events.record import happen, open_incident, something

CITIES = ("500101", "500101/longbao", "500101/longbao/3", "500154", "5001011", "500101-x")


@pytest.fixture
def filled(ledger):
    """Thirty events of six jurisdictions, sealed; (ledger, all of them)."""
    for name in CITIES:
        open_incident(ledger, name[:36], name)
    for round_ in range(5):
        for name in CITIES:
            type_ = "contact.reported" if round_ % 2 else "incident.placed"
            happen(ledger, name[:36], something(type_, name, round=round_))
    Sealer(ledger).seal()
    return ledger, read_after(ledger, 0, ALL, 100).events


def followed(page_of, position=0):
    """Events by position, page after page, until there is no more."""
    found = []
    while True:
        page = page_of(position)
        assert page.position >= position
        found += page.events
        if not page.more:
            return found, page.position
        position = page.position


WANTED = (
    ALL,
    Wanted(Jurisdictions(["500101"])),
    Wanted(Jurisdictions(["500101/longbao"])),
    Wanted(Jurisdictions(["500101/longbao/3", "500154"])),
    Wanted(Jurisdictions([])),
    Wanted(Jurisdictions(["500101"]), frozenset({"incident.placed"})),
    Wanted(Jurisdictions(["500101"]), chain_id="500101"),
    Wanted(Jurisdictions(["500101"]), chain_id="500154"),
    Wanted(types=frozenset({"no.such"})),
)


def test_whoever_reads_gets_exactly_what_they_hold_and_want(filled, monkeypatch):
    """From the ledger and from memory, with pages and windows of any size, the same events."""
    ledger, everything = filled
    log = EventLog(ledger)
    log.start()
    for window, limit, wanted in itertools.product((4, 2_000), (1, 3, 100), WANTED):
        monkeypatch.setattr(reading, "WINDOW_POSITIONS", window)
        expected = [event.position for event in everything if wanted.takes(event)]
        for page_of in (
            lambda position: read_after(ledger, position, wanted, limit),  # noqa: B023
            lambda position: log.after(position, wanted, limit),  # noqa: B023
        ):
            found, reached = followed(page_of)
            assert [event.position for event in found] == expected
            assert reached == 30
    counts = [sum(map(wanted.takes, everything)) for wanted in WANTED]
    assert counts == [30, 15, 10, 10, 0, 9, 5, 0, 0]


def test_a_jurisdiction_is_compared_letter_by_letter(ledger):
    """What only looks alike (another case, a joker, a longer word) is somebody else's."""
    named = ["a_b/x", "axb/x", "a_b", "A_B/x", "a_bc", "a_b%"]
    for name in named:
        open_incident(ledger, name, name)
        happen(ledger, name, something(jurisdiction=name))
    Sealer(ledger).seal()
    found = read_after(ledger, 0, Wanted(Jurisdictions(["a_b"])), 100).events
    assert {event.jurisdiction for event in found} == {"a_b", "a_b/x"}


def test_nothing_after_the_end_that_was_named(filled):
    """Up to which position may be read can be said, in the ledger and in memory."""
    ledger, _ = filled
    log = EventLog(ledger)
    log.start()
    for page in (read_after(ledger, 3, ALL, 100, 10), log.after(3, ALL, 100, 10)):
        assert [event.position for event in page.events] == list(range(4, 11))
        assert (page.position, page.more) == (10, False)
    for page in (read_after(ledger, 12, ALL, 100, 10), log.after(12, ALL, 100, 10)):
        assert (page.events, page.position, page.more) == ([], 12, False)


def test_many_readers_of_recent_events_ask_the_ledger_nothing(filled, monkeypatch):
    """A thousand clients that read what is new are served from memory."""
    ledger, _ = filled
    log = EventLog(ledger)
    log.start()
    monkeypatch.setattr(Ledger, "read", lambda self: pytest.fail("the ledger was asked"))
    for client in range(1_000):
        page = log.after(client % 30, Wanted(Jurisdictions(["500101"])))
        assert page is not None
        assert page.position == 30
        again = log.after(client % 30, Wanted(Jurisdictions(["500101/longbao"])))
        by_position = {event.position: event.frame for event in page.events}
        for event in again.events:
            assert event.frame is by_position[event.position], "what is sent is made once"


def test_what_is_older_than_memory_goes_back_to_the_ledger(ledger, monkeypatch):
    """The log keeps the newest, says None for older ones, and both together have no gap."""
    monkeypatch.setattr(log_module, "KEPT_AT_START", 10)
    open_incident(ledger, "one")
    happen(ledger, "one", *[something()] * 30)
    Sealer(ledger).seal()
    log = EventLog(ledger, kept_events=20)
    log.start()
    assert log.position == 30
    assert log.after(19) is None
    assert [event.position for event in log.after(20).events] == list(range(21, 31))
    happen(ledger, "one", *[something()] * 12)
    Sealer(ledger).seal()
    assert log.refresh() == 12
    page = log.after(30)
    assert [event.position for event in page.events] == list(range(31, 43))
    assert log.after(23) is None, "a tenth more than needed has gone"
    assert len(log.after(24).events) == 18


def test_memory_is_bounded_by_what_the_events_say(ledger, monkeypatch):
    """Few large events are as much as many small ones."""
    monkeypatch.setattr(log_module, "KEPT_CHARACTERS", 10_000)
    open_incident(ledger, "one")
    log = EventLog(ledger)
    log.start()
    for _ in range(5):
        happen(ledger, "one", *[something(text="x" * 1_000)] * 4)
        Sealer(ledger).seal()
        log.refresh()
    assert log.position == 20
    assert log.after(11) is None
    assert [event.position for event in log.after(13).events] == list(range(14, 21))


def test_followers_are_told_everything_once_in_order_from_where_they_began(filled):
    """Also when one of them fails; and nothing any more once they have stopped."""
    ledger, _ = filled
    log = EventLog(ledger)
    log.start()
    told: list[int] = []

    def fail(new):
        raise ValueError("a follower with a fault")

    log.follow(fail)
    stop = log.follow(lambda new: told.extend(event.position for event in new))
    happen(ledger, "500101", something(), something())
    Sealer(ledger).seal()
    assert (log.refresh(), log.refresh()) == (2, 0)
    happen(ledger, "500101", something())
    Sealer(ledger).seal()
    log.refresh()
    assert told == [31, 32, 33]
    stop()
    happen(ledger, "500101", something())
    Sealer(ledger).seal()
    log.refresh()
    assert told == [31, 32, 33]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # one ledger that grows
)
@given(
    kept=st.integers(1, 12),
    batches=st.lists(st.integers(0, 9), max_size=8),
    position=st.integers(0, 40),
    limit=st.integers(1, 6),
)
def test_memory_and_ledger_joined_have_every_event_once(filled, kept, batches, position, limit):
    """However little is kept and however it came in: reading on from anywhere gives all the rest,
    each once, in order."""
    ledger, _ = filled
    log = EventLog(ledger, kept_events=kept)
    log.start()
    newest = log.position + sum(batches)
    for count in batches:
        happen(ledger, "500101", *[something()] * count)
        Sealer(ledger).seal()
        log.refresh()
    position = max(0, newest - position)
    found, reached = followed(
        lambda place: log.after(place, ALL, limit) or read_after(ledger, place, ALL, limit),
        position,
    )
    assert [event.position for event in found] == list(range(position + 1, newest + 1))
    assert reached == newest
