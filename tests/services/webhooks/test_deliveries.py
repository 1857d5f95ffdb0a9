"""Which webhooks an event goes to, who may send it, and what its outcome means."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from services.errors import ProblemError
from services.jurisdictions import Jurisdictions
from services.ledger.database import Ledger
from services.ledger.tables import deliveries as rows
from services.ledger.tables import events, stream, webhooks
from services.sending.attempts import LEASE_S, Attempt, Outcome, Reply, State
from services.webhooks import deliveries, registry
from services.webhooks.booking import Booking, book
from services.webhooks.deliveries import KEPT_S, PATIENCE
from tests.services.webhooks.post_office import ALL, PostOffice, later

URL = "http://cad.example/events"


def take(post_office: PostOffice, webhook, count: int = 100) -> list[Attempt]:
    ledger = post_office.ledger
    return ledger.transact(
        lambda connection: deliveries.take(
            connection, webhook.webhook_id, count, ledger.time_s(connection)
        )
    )


def settle(post_office: PostOffice, outcome: Outcome) -> State | None:
    (state,) = book(post_office.ledger, Booking([outcome])).states
    return state


def titles(post_office: PostOffice) -> list[tuple[str, str]]:
    """Type and jurisdiction of every event that was written, in the order of the chains."""
    with post_office.ledger.read() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                select(events.c.type, events.c.jurisdiction).order_by(events.c.event_id)
            )
        ]


PLACES = ("wanzhou", "wanzhou/longbao", "wanzhouxian", "Wanzhou/longbao", "wan_hou/longbao", "kai")


@pytest.mark.parametrize(
    ("jurisdiction", "types", "expected"),
    [
        ("wanzhou", (), 4),
        ("wanzhou/longbao", (), 2),
        ("wan_hou", (), 2),
        ("wanzhou", ("incident.closed",), 2),
        ("kai", ("assignment.accepted",), 0),
    ],
)
def test_an_event_goes_to_the_webhooks_that_hold_its_jurisdiction_and_want_its_type(
    post_office, jurisdiction, types, expected
):
    """To the jurisdiction's own and those above; not to a namesake, whatever its capitals. And a
    replay of everything chooses the same."""
    webhook = post_office.webhook(URL, jurisdiction, types)
    for place in PLACES:
        post_office.happen("incident.opened", "incident.closed", jurisdiction=place)
    noted = [one.position for one in post_office.deliveries(webhook)]
    assert len(noted) == expected
    twin = post_office.webhook(URL, jurisdiction, types)
    sent = post_office.ledger.transact(
        lambda connection: deliveries.send_range(connection, twin, 1, None, 0.0)
    )
    assert sent == expected
    assert [one.position for one in post_office.deliveries(twin)] == noted


def test_a_webhook_is_sent_what_happens_after_it_was_made(post_office):
    """What was before can be asked for, and nothing comes after it is removed."""
    post_office.happen("incident.opened")
    webhook = post_office.webhook(URL)
    post_office.happen("incident.opened", "incident.closed")
    assert [one.position for one in post_office.deliveries(webhook)] == [2, 3]
    post_office.ledger.transact(
        lambda connection: registry.remove(connection, webhook.webhook_id, 0.0)
    )
    post_office.happen("incident.opened")
    assert post_office.deliveries(webhook) == []
    with pytest.raises(ProblemError, match="no such webhook"):
        post_office.find(webhook)


def test_a_removed_webhook_leaves_no_secret(post_office):
    """Its row stays for its chain of events, its secrets do not."""
    webhook = post_office.webhook(URL)
    post_office.ledger.transact(
        lambda connection: registry.remove(connection, webhook.webhook_id, 0.0)
    )
    with post_office.ledger.read() as connection:
        assert connection.scalars(select(webhooks.c.secrets)).all() == [[]]


def test_a_delivery_is_taken_by_one(post_office):
    """Eight takers at once, as in eight processes: every event exactly once."""
    webhook = post_office.webhook(URL)
    post_office.happen(*["incident.opened"] * 60)
    url = post_office.ledger._engine.url.render_as_string(hide_password=False)
    taken: list[list[Attempt]] = [[] for _ in range(8)]

    def run(number: int) -> None:
        ledger = Ledger(url)
        while len(taken[number]) < 100 and (
            got := ledger.transact(
                lambda connection: deliveries.take(
                    connection, webhook.webhook_id, 3, ledger.time_s(connection)
                )
            )
        ):
            taken[number] += got
        ledger.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    positions = [attempt.item for one in taken for attempt in one]
    assert sorted(positions) == list(range(1, 61))


def test_what_a_dead_process_had_taken_is_due_again_when_its_lease_ends(post_office):
    """Not before; then somebody else sends it, and the first one's word no longer counts."""
    webhook = post_office.webhook(URL)
    post_office.happen("incident.opened")
    (first,) = take(post_office, webhook)
    later(LEASE_S - 5.0)
    assert take(post_office, webhook) == []
    later(6.0)
    (second,) = take(post_office, webhook)
    assert (second.item, second.number) == (first.item, 2)
    assert settle(post_office, Outcome(first, Reply(204))) is None
    assert post_office.deliveries(webhook)[0].state is State.PENDING
    assert settle(post_office, Outcome(second, Reply(204))) is State.DELIVERED
    assert settle(post_office, Outcome(second, Reply(500, "Answered 500."))) is None


def test_the_longest_due_come_first_and_only_as_many_as_there_is_room_for(post_office):
    """What one booking takes is bounded by the process and by the receiver's pace."""
    webhook = post_office.webhook(URL)
    post_office.happen(*["incident.opened"] * 10)
    more = Booking(free=100, room={webhook.webhook_id: 3})
    assert [one.attempt.item for one in book(post_office.ledger, more).messages] == [1, 2, 3]
    more = Booking(free=2, room={webhook.webhook_id: 8})
    assert [one.attempt.item for one in book(post_office.ledger, more).messages] == [4, 5]
    more = Booking(free=100, room={webhook.webhook_id: 0})
    assert book(post_office.ledger, more).messages == []


def test_nothing_is_written_where_nothing_is_due(post_office, monkeypatch):
    """An idle process does not take the write lock every second."""
    post_office.webhook(URL)
    monkeypatch.setattr(post_office.ledger, "transact", None)
    assert book(post_office.ledger, Booking(free=100)).messages == []


def test_after_three_days_it_is_given_up_and_the_centre_is_told(post_office):
    """The failed event is listed, one event names it, and no webhook is sent that event."""
    webhook = post_office.webhook(URL)
    post_office.happen("incident.opened", "incident.closed")
    attempts = take(post_office, webhook)
    failed = [Outcome(attempt, Reply(500, "Answered 500.")) for attempt in attempts]
    assert book(post_office.ledger, Booking(failed)).states == [State.PENDING] * 2
    later(PATIENCE.given_up_after_s + 5.0)
    failed = [Outcome(one, Reply(None, "No answer.")) for one in take(post_office, webhook)]
    assert book(post_office.ledger, Booking(failed)).states == [State.GAVE_UP] * 2
    for one in post_office.deliveries(webhook):
        assert (one.state, one.attempts, one.next_at_s) == (State.GAVE_UP, 2, None)
        assert (one.last_status, one.last_problem) == (None, "No answer.")
    assert titles(post_office)[-1] == ("webhook.gave_up", "wanzhou")
    with post_office.ledger.read() as connection:
        (data,) = connection.scalars(
            select(events.c.data).where(events.c.type == "webhook.gave_up")
        )
        assert '"positions":[1,2]' in data
        row = connection.execute(select(webhooks)).one()
        assert row.event_count == 1
        last = connection.scalars(select(events.c.sha256).order_by(events.c.event_id.desc()))
        assert bytes(row.head_sha256) == bytes(last.first())
    assert post_office.seal() == 1
    assert len(post_office.deliveries(webhook)) == 2


def test_a_delivery_that_is_sent_again_has_three_days_again(post_office):
    """Whatever became of it; and an attempt of the time before does not settle it."""
    webhook = post_office.webhook(URL)
    post_office.happen("incident.opened")
    (attempt,) = take(post_office, webhook)
    settle(post_office, Outcome(attempt, Reply(204)))
    later(KEPT_S / 2)
    ledger = post_office.ledger
    assert ledger.transact(
        lambda connection: deliveries.send_again(
            connection, webhook.webhook_id, 1, ledger.time_s(connection)
        )
    )
    (again,) = take(post_office, webhook)
    assert again.number == 2
    assert settle(post_office, Outcome(attempt, Reply(204))) is None
    assert settle(post_office, Outcome(again, Reply(500, "Answered 500."))) is State.PENDING


def test_there_is_nothing_to_send_again_where_nothing_was_sent(post_office):
    """A position without a delivery, and one of another webhook."""
    webhook, other = post_office.webhook(URL), post_office.webhook(URL, "kai")
    post_office.happen("incident.opened", jurisdiction="kai")
    for one, position in ((webhook, 1), (other, 2)):
        assert not post_office.ledger.transact(
            lambda connection, one=one, position=position: deliveries.send_again(
                connection, one.webhook_id, position, 0.0
            )
        )


def test_settled_deliveries_are_forgotten_after_thirty_days_and_can_still_be_replayed(post_office):
    """What is pending stays, whatever its age."""
    webhook = post_office.webhook(URL)
    post_office.happen("incident.opened", "incident.opened")
    first, _ = take(post_office, webhook)
    settle(post_office, Outcome(first, Reply(204)))
    later(KEPT_S - 60.0)
    book(post_office.ledger, Booking(forget=True))
    assert len(post_office.deliveries(webhook)) == 2
    later(120.0)
    book(post_office.ledger, Booking(forget=True))
    assert [one.position for one in post_office.deliveries(webhook)] == [2]
    assert post_office.ledger.transact(
        lambda connection: deliveries.send_range(connection, webhook, 1, 1, 0.0)
    )
    assert [one.position for one in post_office.deliveries(webhook)] == [1, 2]


def test_a_stretch_of_the_stream_is_replayed_with_its_ends(post_office):
    """Those between two positions; those that were delivered are pending again."""
    webhook = post_office.webhook(URL)
    post_office.happen(*["incident.opened"] * 6)
    for attempt in take(post_office, webhook):
        settle(post_office, Outcome(attempt, Reply(204)))
    assert (
        post_office.ledger.transact(
            lambda connection: deliveries.send_range(connection, webhook, 2, 4, 0.0)
        )
        == 3
    )
    pending = post_office.deliveries(webhook, State.PENDING)
    assert [one.position for one in pending] == [2, 3, 4]


def test_pages_of_deliveries_meet_without_gap_or_repetition(post_office):
    """The newest first, by position."""
    webhook = post_office.webhook(URL)
    post_office.happen(*["incident.opened"] * 7)
    seen, before = [], None
    with post_office.ledger.read() as connection:
        while page := deliveries.listed(connection, webhook.webhook_id, None, before, 3):
            seen += [one.position for one in page]
            before = page[-1].position
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_a_disabled_webhook_is_sent_nothing_and_what_is_on_its_way_waits(post_office):
    """New events pass it by; those before are due again once it is enabled."""
    webhook = post_office.webhook(URL)
    post_office.happen("incident.opened", "incident.closed")
    attempts = take(post_office, webhook, 1)
    settle(post_office, Outcome(attempts[0], Reply(410, "Answered 410.", gone=True)))
    settle(post_office, Outcome(attempts[0], Reply(410, "Answered 410.", gone=True)))
    assert post_office.find(webhook).disabled_because == "Answered 410."
    assert titles(post_office).count(("webhook.disabled", "wanzhou")) == 1
    post_office.happen("incident.opened")
    later(3600.0)
    assert book(post_office.ledger, Booking(free=100)).messages == []
    assert [one.position for one in post_office.deliveries(webhook)] == [1, 2]
    disabled = post_office.find(webhook)
    post_office.ledger.transact(lambda connection: registry.enable(connection, disabled))
    assert len(book(post_office.ledger, Booking(free=100)).messages) == 2


def test_a_jurisdiction_cannot_have_webhooks_without_end(post_office, monkeypatch):
    """One sentence that says what to do."""
    monkeypatch.setattr(registry, "WEBHOOKS_LIMIT", 2)
    post_office.webhook(URL)
    post_office.webhook(URL)
    post_office.webhook(URL, "kai")
    with pytest.raises(ProblemError, match=r"2 webhooks at most: remove one"):
        post_office.webhook(URL)


def test_webhooks_are_seen_by_who_holds_their_jurisdiction(post_office):
    """Anybody else is told that there is none, as of one that is not there."""
    webhook = post_office.webhook(URL, "wanzhou/longbao")
    ledger = post_office.ledger
    with ledger.read() as connection:
        assert registry.known(connection, Jurisdictions(["wanzhou"])) == [webhook]
        assert registry.find(connection, webhook.webhook_id, ALL) == webhook
        assert registry.known(connection, Jurisdictions(["kai"])) == []
        told = []
        for webhook_id in (webhook.webhook_id, "019a7b2c-53f1-7cc3-9b1e-0f5a2c6d7e8f"):
            with pytest.raises(ProblemError) as refused:
                registry.find(connection, webhook_id, Jurisdictions(["kai"]))
            told.append((refused.value.name, refused.value.detail))
    assert told[0] == told[1]


def test_the_message_of_an_attempt_is_the_event_as_it_stands_in_the_stream(post_office):
    """Its id is sent as webhook-id, its position is that of the delivery."""
    post_office.webhook(URL)
    post_office.happen("incident.opened")
    (message,) = book(post_office.ledger, Booking(free=1)).messages
    with post_office.ledger.read() as connection:
        assert message.message_id == connection.scalar(select(stream.c.event_id))
    assert f'"id":"{message.message_id}"' in message.body
    assert '"position":"1"' in message.body
    assert "." not in message.message_id


def test_what_was_sealed_while_a_webhook_was_removed_is_not_sent_and_is_forgotten(post_office):
    """Such rows may be left behind; nobody takes them."""
    post_office.webhook(URL)
    post_office.happen("incident.opened")
    ledger = post_office.ledger
    with ledger.write() as connection:
        connection.execute(webhooks.update().values(removed_at_s=1.0))
    assert book(ledger, Booking(free=1)).messages == []
    book(ledger, Booking(forget=True))
    with ledger.read() as connection:
        assert connection.scalar(select(func.count()).select_from(rows)) == 0
