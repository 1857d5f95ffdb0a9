"""Messages reach peers whatever those do, and one that fails holds up no other."""

from __future__ import annotations

import msgspec
import pytest

from services.ledger.tables import peer_outbox
from services.peers import outbox, registry
from services.peers.outbox import PATIENCE
from services.sending.attempts import LEASE_S, Booking
from services.time_source import move_on
from tests.services.peers.centres import CASE, Centre, Greeting, sending
from tests.services.webhooks.receiver import Waits, answers, hangs_up


def address(inbox) -> str:
    return inbox.url.removesuffix("/events")


def test_a_message_arrives_signed_and_numbered(centre, inbox):
    """The peer's library believes it; who, for whom, which case and which number are in it."""
    peer = centre.add("wanzhou", "kaizhou", address(inbox))
    message_id = centre.tell(peer, number=3)
    with sending(centre):
        (request,) = inbox.wait_for(1)
        centre.wait_until(message_id, "delivered")
    told = request.verify(peer.secrets[0].text)
    assert request.path == "/v1/peers/messages"
    assert request.headers["content-type"].startswith("application/cloudevents+json")
    assert request.headers["webhook-id"] == told["id"] == message_id
    assert told["source"] == "/centres/wanzhou"
    assert (told["recipient"], told["subject"], told["number"]) == ("kaizhou", CASE, 3)
    assert (told["type"], told["data"]) == ("forestall.test.greeted.v1", {"words": "早上好"})


@pytest.mark.parametrize("behaviour", [answers(500), answers(403), answers(409), hangs_up])
def test_a_peer_that_fails_is_told_again_soon(centre, inbox, behaviour):
    """Half a second later, with the same id."""
    peer = centre.add("wanzhou", "kaizhou", address(inbox))
    inbox.behaviours = [behaviour]
    message_id = centre.tell(peer)
    with sending(centre):
        centre.wait_until(message_id, "pending")
        move_on(1.0)
        row = centre.wait_until(message_id, "delivered", attempts=2)
    assert (row.attempts, row.last_problem) == (2, None)
    first, second = inbox.wait_for(2)
    assert first.event_id == second.event_id == message_id


def test_what_a_peer_cannot_read_is_not_sent_again_and_its_sentence_is_kept(centre, inbox):
    """Sending the same again would not help; whoever lists the peers sees why."""
    peer = centre.add("wanzhou", "kaizhou", address(inbox))
    problem = msgspec.json.encode({"detail": "'number' is missing.", "status": 422})
    inbox.usual = answers(422, problem)
    message_id = centre.tell(peer)
    with sending(centre):
        row = centre.wait_until(message_id, "gave_up")
    assert row.last_problem == "Answered 422: 'number' is missing."


def test_a_message_is_given_up_after_six_hours(centre, inbox):
    """Nobody is looked for any more then."""
    inbox.usual = answers(503)
    message_id = centre.tell(centre.add("wanzhou", "kaizhou", address(inbox)))
    with sending(centre):
        centre.wait_until(message_id, "pending")
        move_on(PATIENCE.given_up_after_s + LEASE_S)
        centre.wait_until(message_id, "gave_up", attempts=2)


def test_a_slow_peer_and_one_that_is_down_hold_up_no_other(centre, inbox):
    """Kaizhou does not answer, Dazhou has no service, Yunyang has its message meanwhile."""
    slow = Waits()
    inbox.behaviours = [slow] * 4
    kaizhou = centre.add("wanzhou", "kaizhou", address(inbox))
    dazhou = centre.add("wanzhou", "dazhou", "http://127.0.0.1:9")
    stuck = [centre.tell(kaizhou, number) for number in range(1, 5)]
    lost = [centre.tell(dazhou, number) for number in range(1, 5)]
    with sending(centre):
        inbox.wait_for(4)
        yunyang = centre.add("wanzhou", "yunyang", None)
        taken = centre.tell(yunyang)
        centre.wait_until(taken, "delivered")
        assert {centre.sent(one).state for one in stuck + lost} == {"pending"}
        slow.go_on.set()
        for one in stuck:
            centre.wait_until(one, "delivered")
    assert centre.heard == [("wanzhou", 1, "早上好")]


def test_two_centres_in_one_ledger_talk_through_the_same_handlers(centre):
    """Both ways, without an address or a secret."""
    there = centre.add("wanzhou", "kaizhou")
    with centre.ledger.read() as connection:
        back = registry.find(connection, "kaizhou", "wanzhou")
    with sending(centre):
        centre.wait_until(centre.tell(there, words="去"), "delivered")
        centre.wait_until(centre.tell(back, words="回"), "delivered")
    assert centre.heard == [("wanzhou", 1, "去"), ("kaizhou", 1, "回")]


def test_a_transaction_that_fails_tells_nobody(centre, inbox):
    """A message is written with what it tells of, or not at all."""
    peer = centre.add("wanzhou", "kaizhou", address(inbox))

    def work(connection) -> None:
        outbox.tell(centre.ledger, connection, peer, "test.greeted", CASE, 1, Greeting("x"), 0.0)
        raise ValueError("the decision was no good")

    with sending(centre):
        with pytest.raises(ValueError, match="no good"):
            centre.ledger.transact(work)
        message_id = centre.tell(peer)
        centre.wait_until(message_id, "delivered")
    assert [one.event_id for one in inbox.received] == [message_id]


def test_a_message_whose_sender_died_is_sent_by_another_process(centre, inbox):
    """It was taken and never settled: when the lease is over it is due again."""
    message_id = centre.tell(centre.add("wanzhou", "kaizhou", address(inbox)))
    (taken,) = outbox.book(centre.ledger, Booking(free=8)).messages
    assert taken.message_id == message_id
    assert outbox.book(centre.ledger, Booking(free=8)).messages == []
    move_on(LEASE_S + 1)
    with sending(centre):
        assert centre.wait_until(message_id, "delivered", attempts=2).attempts == 2


def test_what_is_old_is_forgotten_and_what_waits_is_not(centre):
    """After a week: delivered messages, and the memory of those that came."""
    with sending(centre):
        peer = centre.add("wanzhou", "kaizhou")
        done = centre.tell(peer)
        centre.wait_until(done, "delivered")
    waiting = centre.tell(centre.add("wanzhou", "dazhou", "http://127.0.0.1:9"))
    move_on(outbox.KEPT_S + 1)
    outbox.book(centre.ledger, Booking(forget=True))
    with centre.ledger.read() as connection:
        left = list(connection.scalars(peer_outbox.select().with_only_columns(
            peer_outbox.c.message_id
        )))  # fmt: skip
    assert (left, centre.remembered()) == ([waiting], [])


def test_removing_a_peer_gives_up_what_was_on_its_way(centre: Centre):
    """And nobody is a peer twice, or of himself."""
    message_id = centre.tell(centre.add("wanzhou", "dazhou", "http://127.0.0.1:9"))
    centre.ledger.transact(lambda connection: registry.remove(connection, "wanzhou", "dazhou", 1.0))
    row = centre.sent(message_id)
    assert (row.state, row.last_problem) == ("gave_up", "The peer was removed.")
