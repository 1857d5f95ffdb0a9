"""Events reach real receivers over HTTP, whatever those do."""

from __future__ import annotations

import time

import pytest

from services.errors import LedgerError
from services.metrics import Metrics
from services.sending import posting, sender
from services.sending.attempts import LEASE_S, State
from services.webhooks import registry
from services.webhooks import sender as webhook_sender
from services.webhooks.deliveries import PATIENCE
from tests.services.webhooks.post_office import later, sending
from tests.services.webhooks.receiver import (
    Waits,
    answers,
    hangs_up,
    never_ends,
    receiver,
)

DELIVERED, PENDING, GAVE_UP = State.DELIVERED, State.PENDING, State.GAVE_UP


def test_an_event_arrives_signed_as_the_cloud_event_that_it_is(post_office, inbox):
    """The receiver's library believes it; id, type and place are those of the stream."""
    webhook = post_office.webhook(inbox.url)
    with sending(post_office.ledger):
        post_office.happen("incident.opened", jurisdiction="wanzhou/longbao")
        (request,) = inbox.wait_for(1)
        (delivery,) = post_office.wait_until(webhook, DELIVERED)
    event = request.verify(webhook.secrets[0].text)
    assert request.path == "/events"
    assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert event["specversion"] == "1.0"
    assert event["type"] == "forestall.incident.opened.v1"
    assert event["source"] == "/centres/wanzhou"
    assert event["jurisdiction"] == "wanzhou/longbao"
    assert event["data"] == {"note": "二次干预"}
    assert event["id"] == request.event_id == delivery.event_id
    assert event["position"] == str(delivery.position)
    assert (delivery.attempts, delivery.last_status) == (1, 204)


def test_a_receiver_that_failed_is_tried_again_with_the_same_id_and_a_new_signature(
    post_office, inbox
):
    """500 first, then 200: two requests, one event, taken note of once."""
    metrics = Metrics()
    webhook = post_office.webhook(inbox.url)
    inbox.behaviours = [answers(500, b"database down")]
    with sending(post_office.ledger, metrics):
        post_office.happen("incident.opened")
        delivery = post_office.wait_for_attempts(webhook, 1)
        assert (delivery.last_status, delivery.last_problem) == (500, "Answered 500.")
        time.sleep(1.1)  # signatures are of whole seconds of the machine
        later(10.0)
        post_office.wait_until(webhook, DELIVERED)
    first, second = inbox.wait_for(2)
    assert first.event_id == second.event_id
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    for request in (first, second):
        request.verify(webhook.secrets[0].text)
    counted = metrics.webhook_attempts
    assert counted.labels("failed")._value.get() == 1
    assert counted.labels("delivered")._value.get() == 1


def test_what_happens_while_the_receiver_is_down_arrives_when_it_is_back(post_office):
    """Nobody listens on the port at first."""
    with receiver() as there:
        port = there.server_port
    webhook = post_office.webhook(f"http://127.0.0.1:{port}/events")
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        delivery = post_office.wait_for_attempts(webhook, 1)
        assert delivery.last_status is None
        assert delivery.last_problem == "No connection: refused, unknown host or no way there."
        with receiver(port) as back:
            later(10.0)
            back.wait_for(1)
            post_office.wait_until(webhook, DELIVERED)


def test_after_three_days_of_failure_it_is_tried_no_more(post_office, inbox):
    """The last try is at the end; nothing comes afterwards, until somebody asks for it."""
    webhook = post_office.webhook(inbox.url)
    inbox.usual = answers(500)
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        post_office.wait_for_attempts(webhook, 1)
        later(PATIENCE.given_up_after_s + 10.0)
        inbox.wait_for(2)
        post_office.wait_until(webhook, GAVE_UP)
        later(PATIENCE.given_up_after_s)
        time.sleep(0.2)
        assert len(inbox.received) == 2
    assert post_office.seal() == 1  # the centre is told


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(post_office, inbox, status):
    """It is a failure: whoever answers elsewhere was not registered."""
    with receiver() as elsewhere:
        webhook = post_office.webhook(inbox.url)
        inbox.usual = answers(status, Location=elsewhere.url)
        with sending(post_office.ledger):
            post_office.happen("incident.opened")
            delivery = post_office.wait_for_attempts(webhook, 1)
        assert delivery.last_problem == f"Answered {status}: redirects are not followed."
        assert delivery.state is PENDING
        assert elsewhere.received == []


def test_a_receiver_that_is_gone_is_sent_nothing_until_it_is_enabled(post_office, inbox):
    """410 disables the webhook; what waited is sent once somebody enables it."""
    webhook = post_office.webhook(inbox.url)
    inbox.behaviours = [answers(410)]
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        inbox.wait_for(1)
        deadline_s = time.monotonic() + 10.0
        while post_office.find(webhook).active:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        later(3600.0)
        time.sleep(0.2)
        assert len(inbox.received) == 1
        disabled = post_office.find(webhook)
        post_office.ledger.transact(lambda connection: registry.enable(connection, disabled))
        post_office.wait_until(webhook, DELIVERED)


def test_a_slow_receiver_is_given_up_on_and_holds_up_nobody_else(post_office, inbox, monkeypatch):
    """Its try ends after the time limit; meanwhile another webhook gets everything."""
    monkeypatch.setattr(posting.post, "__defaults__", ((), 1.0, False))
    slow = Waits()
    with receiver() as other:
        inbox.usual = slow
        hanging, quick = post_office.webhook(inbox.url), post_office.webhook(other.url)
        with sending(post_office.ledger):
            post_office.happen(*["incident.opened"] * 20)
            post_office.wait_until(quick, *[DELIVERED] * 20)
            deadline_s = time.monotonic() + 15.0
            while not any(one.last_problem for one in post_office.deliveries(hanging)):
                assert time.monotonic() < deadline_s
                time.sleep(0.02)
        slow.go_on.set()
        problems = {one.last_problem for one in post_office.deliveries(hanging)}
        assert problems <= {None, "No answer within 1 s."}
        assert len(inbox.received) < 20


def test_an_answer_without_end_counts_by_its_status_and_is_not_read(post_office, inbox):
    """200 and a terabyte: delivered, within the time limit and a little memory."""
    webhook = post_office.webhook(inbox.url)
    inbox.usual = never_ends
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        (delivery,) = post_office.wait_until(webhook, DELIVERED)
    assert (delivery.last_status, delivery.attempts) == (200, 1)


def test_a_receiver_that_hangs_up_has_not_taken_it(post_office, inbox):
    """No answer is no success."""
    webhook = post_office.webhook(inbox.url)
    inbox.usual = hangs_up
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        delivery = post_office.wait_for_attempts(webhook, 1)
    assert delivery.last_problem == "The receiver broke off or did not answer in HTTP."


def test_a_receiver_that_asks_for_rest_has_it(post_office, inbox):
    """429 with Retry-After: neither this event nor another one comes before the time is over."""
    webhook = post_office.webhook(inbox.url)
    inbox.usual = answers(429, Retry_After="3600")
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        delivery = post_office.wait_for_attempts(webhook, 1)
        with post_office.ledger.read() as connection:
            wait_s = delivery.next_at_s - post_office.ledger.time_s(connection)
        assert 3500.0 < wait_s <= 3600.0
        post_office.happen("incident.closed")
        time.sleep(0.3)
        assert len(inbox.received) == 1


def test_two_processes_share_the_work_and_send_nothing_twice(post_office, inbox):
    """Each event once while nobody dies, though both look for what is due all the time."""
    webhook = post_office.webhook(inbox.url)
    with sending(post_office.ledger), sending(post_office.ledger):
        for _ in range(6):
            post_office.happen(*["incident.opened"] * 20)
        post_office.wait_until(webhook, *[DELIVERED] * 120)
    ids = [request.event_id for request in inbox.received]
    assert len(ids) == len(set(ids)) == 120


def test_what_a_process_was_sending_when_it_died_is_sent_by_another(
    post_office, inbox, monkeypatch
):
    """The receiver never answered the first; the second sends it when the lease is over."""
    monkeypatch.setattr(sender, "STOPPING_WITHIN_S", 0.0)
    webhook = post_office.webhook(inbox.url)
    hanging = Waits()
    inbox.behaviours = [hanging]
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        inbox.wait_for(1)
    hanging.go_on.set()
    with sending(post_office.ledger):
        time.sleep(0.2)
        assert len(inbox.received) == 1
        later(LEASE_S)
        first, second = inbox.wait_for(2)
        post_office.wait_until(webhook, DELIVERED)
    assert first.event_id == second.event_id


def test_a_process_that_stops_waits_a_moment_for_what_is_under_way(post_office, inbox):
    """So that a restart does not send everything twice."""
    webhook = post_office.webhook(inbox.url)
    slow = Waits()
    inbox.behaviours = [slow]
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        inbox.wait_for(1)
        slow.go_on.set()
    assert [one.state for one in post_office.deliveries(webhook)] == [DELIVERED]


def test_a_host_that_is_not_allowed_is_not_called(post_office, inbox):
    """The setting holds for webhooks that were made before it, too."""
    webhook = post_office.webhook(inbox.url)
    with sending(post_office.ledger, allowed_hosts=("10.0.0.0/8", "*.centre.example")):
        post_office.happen("incident.opened")
        delivery = post_office.wait_for_attempts(webhook, 1)
    assert delivery.last_problem == "The setting webhook_hosts does not allow the host."
    assert inbox.received == []


def test_the_sender_goes_on_when_the_store_was_away(post_office, inbox, monkeypatch):
    """A failed look at the ledger is a warning, not the end."""
    webhook = post_office.webhook(inbox.url)
    real, failures = webhook_sender.book, iter(range(2))

    def book(*arguments):
        if next(failures, None) is not None:
            raise LedgerError("The database does not answer.")
        return real(*arguments)

    monkeypatch.setattr(webhook_sender, "book", book)
    with sending(post_office.ledger):
        post_office.happen("incident.opened")
        post_office.wait_until(webhook, DELIVERED)
