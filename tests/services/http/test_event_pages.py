"""Whoever cannot hold a stream asks for events page by page."""

from __future__ import annotations

import threading
import time

import pytest

from tests.services.events.record import happen, open_incident, something
from tests.services.town import office

STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
def evening(town_office):
    """Twelve events in two centres, all of them sealed."""
    ledger = town_office.service.ledger
    for name in ("wanzhou/a", "kaizhou/b"):
        open_incident(ledger, name, name)
    for number in range(3):
        for name in ("wanzhou/a", "kaizhou/b"):
            happen(
                ledger,
                name,
                something("contact.reported", name, number=number),
                something("visit.ordered", name, number=number),
            )
    wait_for(town_office, 12)
    return town_office


def wait_for(running, position: int) -> None:
    """Until clients may be told what stands at a position."""
    deadline_s = time.monotonic() + 20.0
    while running.service.flow.told_position < position:
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def page(running, headers, **query) -> dict:
    answer = running.client.get("/v1/events", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_pages_follow_each_other_without_gap_or_repetition(evening):
    """From the first event on, as many as asked for, until there is no more; then from there."""
    headers = evening.key("wanzhou")
    found, after = [], 0
    while True:
        one = page(evening, headers, after=after, limit=4)
        assert len(one["events"]) <= 4
        found += one["events"]
        after = one["next"]
        if not one["more"]:
            break
    assert after == 12
    assert [event["chainnumber"] for event in found] == [1, 2, 3, 4, 5, 6]
    assert {event["jurisdiction"] for event in found} == {"wanzhou/a"}
    assert page(evening, headers, after=after) == {"events": [], "next": 12, "more": False}
    happen(evening.service.ledger, "wanzhou/a", something(jurisdiction="wanzhou/a"))
    wait_for(evening, 13)
    (new,) = page(evening, headers, after=after)["events"]
    assert new["position"] == "13"
    assert page(evening, headers)["events"] == [*found, new], "without 'after': from the first"


def test_a_page_may_be_of_some_types_or_of_one_incident(evening):
    """As a stream may."""
    headers = evening.key("*")
    visits = page(evening, headers, types="visit.ordered")["events"]
    assert [event["type"] for event in visits] == ["forestall.visit.ordered.v1"] * 6
    assert visits == page(evening, headers, types="forestall.visit.ordered.v1")["events"]
    of_one = page(evening, headers, incident="kaizhou/b")["events"]
    assert [event["subject"] for event in of_one] == ["kaizhou/b"] * 6
    neither = page(evening, evening.key("wanzhou"), incident="kaizhou/b")
    assert neither == page(evening, evening.key("wanzhou"), incident="no-such-incident")


def test_a_stream_is_what_is_asked_for_by_name(evening):
    """A program that takes anything gets a page and not an answer without end; so does one that
    says that it will not wait."""
    for accept in ("*/*", "application/json", "text/html, */*;q=0.1"):
        page(evening, evening.key("wanzhou") | {"Accept": accept})
    page(evening, evening.key("wanzhou") | STREAM, wait="false")


WRONG = (
    ({"after": "-1"}, {}, "'after'"),
    ({"after": "now"}, {}, "'after'"),
    ({"after": "13"}, {}, "the newest is 12"),
    ({"after": "0" * 30 + "9" * 30}, {}, "the newest is 12"),
    ({"after": "1" * 400}, {}, "'after'"),
    ({}, {"Last-Event-ID": "13"}, "the newest is 12"),
    ({}, {"Last-Event-ID": "abc"}, "'Last-Event-ID'"),
    ({}, {"Last-Event-ID": "9" * 40}, "'Last-Event-ID'"),
    ({}, {"Last-Event-ID": "-3"}, "'Last-Event-ID'"),
    ({"types": "incident.forgotten"}, {}, "'types'"),
    ({"types": ""}, {}, "'types'"),
    ({"types": "visit.ordered,"}, {}, "'types'"),
    ({"incident": ""}, {}, "'incident'"),
    ({"incident": "x" * 37}, {}, "'incident'"),
    ({"incident": "\x00"}, {}, "'incident'"),
    ({"limit": "0"}, {}, "'limit'"),
    ({"limit": "1001"}, {}, "'limit'"),
    ({"wait": "maybe"}, {}, "'wait'"),
    ({"wait": "true"}, {}, "text/event-stream"),
    ({"since": "0"}, {}, "no such parameter"),
)


def test_a_question_that_cannot_be_read_ends_in_one_sentence(evening):
    """Streams and pages refuse the same, before anything is sent."""
    for query, headers, said in WRONG:
        for accepted in ({}, STREAM):
            if query.get("wait") == "true" and accepted:
                continue  # this is how a stream is asked for
            answer = evening.client.get(
                "/v1/events", headers=evening.key() | headers | accepted, params=query
            )
            assert answer.status_code == 422, (query, headers, answer.text)
            assert said in answer.json()["detail"]


def test_last_event_id_counts_before_after(evening):
    """A browser that connects again asks for the address it was given, and says how far it is."""
    headers = evening.key() | {"Last-Event-ID": "10"}
    assert len(page(evening, headers, after=3)["events"]) == 2


def test_a_service_ends_though_a_stream_is_open(town_office):
    """Also where no server stands before it, as in tests."""
    answers = []

    def ask():
        answers.append(town_office.client.get("/v1/events", headers=town_office.key() | STREAM))

    thread = threading.Thread(target=ask)
    thread.start()
    flow = town_office.service.flow
    deadline_s = time.monotonic() + 20.0
    while not flow.streams:
        assert time.monotonic() < deadline_s
        time.sleep(0.005)
    town_office.client.portal.call(flow.end)
    thread.join(20.0)
    (answer,) = answers
    assert answer.status_code == 200
    assert answer.text.startswith("retry: ")
    refused = town_office.client.get("/v1/events", headers=town_office.key() | STREAM)
    assert refused.status_code == 503
    assert refused.json()["type"] == "/problems/not-ready"


def test_the_service_has_ended_when_its_application_has(map_folder, tmp_path, redis_url):
    """A request that is still open when the application ends is answered to its end."""
    with office(map_folder, tmp_path, redis_url) as running:
        headers, answers = running.key() | STREAM, []
        thread = threading.Thread(
            target=lambda: answers.append(running.client.get("/v1/events", headers=headers))
        )
        thread.start()
        while not running.service.flow.streams:
            time.sleep(0.005)
    thread.join(20.0)
    assert not thread.is_alive()
