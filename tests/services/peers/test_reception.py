"""What a peer tells is taken once; what anybody else tells is not looked at."""

from __future__ import annotations

import threading

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import ProblemError
from services.ledger.database import Ledger
from services.peers import registry
from services.peers.envelope import written
from services.peers.reception import TOLERANCE_S, Signed
from services.sending.signing import OLD_SECRET_SIGNS_S, new_secret
from services.time_source import move_on
from tests.services.peers.centres import CASE, GREETED, Centre, Greeting, sha256, signed

WANZHOU = "http://wanzhou.example"


@pytest.fixture
def secret(centre) -> str:
    """What Kaizhou and Wanzhou share."""
    return centre.add("kaizhou", "wanzhou", WANZHOU).secrets[0].text


def refused(centre: Centre, message: Signed) -> ProblemError:
    """Why a message is not taken; nothing has come of it."""
    before = centre.remembered()
    with pytest.raises(ProblemError) as caught:
        centre.reception.take_signed(message)
    assert centre.heard == []
    assert centre.remembered() == before
    return caught.value


def test_a_message_of_a_peer_is_taken_and_remembered(centre, secret):
    """Who said it, its number and its words arrive."""
    message = signed(secret, number=7)
    assert centre.reception.take_signed(message) == message.message_id
    assert centre.heard == [("wanzhou", 7, "早上好")]
    assert centre.remembered() == [sha256(message.body)]


def test_a_message_that_comes_again_has_the_same_answer_and_no_effect(centre, secret):
    """Replayed as it was, and sent again with a new signature."""
    first = signed(secret)
    again = signed(secret, off_s=20.0)
    assert first.signature != again.signature
    answers = {centre.reception.take_signed(one) for one in (first, first, again)}
    assert answers == {first.message_id}
    assert len(centre.heard) == 1


def test_of_two_copies_at_the_same_moment_one_has_an_effect(centre, secret):
    """Both are answered."""
    message, barrier, answers = signed(secret), threading.Barrier(4), []

    def take() -> None:
        barrier.wait()
        answers.append(centre.reception.take_signed(message))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [message.message_id] * 4
    assert len(centre.heard) == 1


def test_an_effect_that_fails_is_not_remembered(centre, secret):
    """The peer sends it again, and then it counts."""
    message = signed(secret)
    heard, centre.heard = centre.heard, None  # the handler stumbles
    with pytest.raises(AttributeError):
        centre.reception.take_signed(message)
    centre.heard = heard
    assert centre.remembered() == []
    centre.reception.take_signed(message)
    assert len(centre.heard) == 1


def test_an_id_cannot_be_used_for_another_message(centre, secret):
    """The first one stands."""
    centre.reception.take_signed(signed(secret))
    other = signed(secret, data=Greeting("再见"))
    with pytest.raises(ProblemError, match="another message"):
        centre.reception.take_signed(other)
    assert centre.heard == [("wanzhou", 1, "早上好")]


@pytest.mark.parametrize(
    "forge",
    [
        lambda secret: signed(new_secret()),
        lambda secret: Signed("", "", "", b""),
        lambda secret: Signed("x", "1", "v1,", b"\xff"),
        lambda secret: _with(signed(secret), body=b"{}"),
        lambda secret: _with(signed(secret), message_id="another"),
        lambda secret: _with(signed(secret), timestamp="1800000000"),
        lambda secret: _with(signed(secret), timestamp="9" * 400),
        lambda secret: _with(signed(secret), timestamp="-5"),
        lambda secret: _with(signed(secret), signature="v1," + "A" * 44),
        lambda secret: _with(signed(secret), signature="é v2,x"),
    ],
)
def test_what_no_peer_has_signed_is_not_looked_at(centre, secret, forge):
    """Another secret, nothing at all, or one letter of it changed on the way."""
    assert refused(centre, forge(secret)).name == "wrong-signature"


def _with(message: Signed, **changed) -> Signed:
    said = {name: getattr(message, name) for name in ("message_id", "timestamp", "signature")}
    return Signed(**{**said, "body": message.body, **changed})


def test_a_peer_cannot_speak_for_another_one(centre, secret):
    """Dazhou's secret does not prove what Wanzhou is said to have said, nor to another centre."""
    dazhou = centre.add("kaizhou", "dazhou", "http://dazhou.example").secrets[0].text
    assert refused(centre, signed(dazhou)).name == "wrong-signature"
    elsewhere = signed(secret, recipient="yunyang")
    assert "'source' and 'recipient'" in refused(centre, elsewhere).detail


@pytest.mark.parametrize("off_s", [-TOLERANCE_S - 60, TOLERANCE_S + 60])
def test_a_peer_whose_clock_lies_is_told_so_in_one_sentence(centre, secret, off_s):
    """How far off, and what to do; a little off is fine."""
    problem = refused(centre, signed(secret, off_s=off_s))
    assert problem.name == "clock-differs"
    assert ("from now" if off_s > 0 else "ago") in problem.detail
    assert "360 s" in problem.detail or "359 s" in problem.detail or "361 s" in problem.detail
    assert problem.detail.endswith("set both clocks by the same time server.")
    centre.reception.take_signed(signed(secret, off_s=off_s / 2))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"type": "forestall.test.shouted.v1"}, "'type' is not one of those"),
        ({"type": GREETED}, "'type' is not one of those"),
        ({"number": 0}, "number"),
        ({"number": 2**31}, "number"),
        ({"number": "1"}, "number"),
        ({"specversion": "0.3"}, "specversion"),
        ({"surplus": 1}, "surplus"),
        ({"time": "2026-10-12T09:15:00"}, "time"),
        ({"subject": "../../x"}, "subject"),
        ({"data": {"words": 5}}, "In 'data'"),
        ({"data": {"words": "hello", "more": 1}}, "more"),
        ({"data": None}, "In 'data'"),
    ],
)
def test_what_a_peer_says_must_have_its_form(centre, secret, change, sentence):
    """Signed nonsense is refused with what is wrong, and remembered as nothing."""
    text = written("m-1", "wanzhou", "kaizhou", GREETED, CASE, 1, Greeting("早上好"), 1.8e9)
    body = msgspec.json.encode({**msgspec.json.decode(text), **change}).decode()
    problem = refused(centre, signed(secret, message_id="m-1", body=body))
    assert problem.name == "invalid-value"
    assert sentence in problem.detail


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda one: one.decode("latin-1")))
def test_signed_nonsense_is_refused(tmp_path_factory, text):
    """Whatever a peer that has lost its mind sends, it is a sentence and not an error."""
    centre = _centre_of_nonsense(tmp_path_factory)
    with pytest.raises(ProblemError):
        centre.reception.take_signed(signed(centre.nonsense_secret, body=text))


_nonsense: list[Centre] = []


def _centre_of_nonsense(factory) -> Centre:
    if not _nonsense:
        made = Centre(Ledger(f"sqlite:///{factory.mktemp('nonsense') / 'ledger.sqlite3'}"))
        made.nonsense_secret = made.add("kaizhou", "wanzhou", WANZHOU).secrets[0].text
        _nonsense.append(made)
    return _nonsense[0]


def test_while_a_secret_is_replaced_both_are_believed_and_then_the_new_one_alone(centre, secret):
    """Kaizhou gives out a new secret; Wanzhou needs a while to take it over."""
    fresh = (
        centre.ledger.transact(
            lambda connection: registry.rotate(
                connection, "kaizhou", "wanzhou", None, centre.ledger.time_s(connection)
            )
        )
        .secrets[0]
        .text
    )
    centre.reception.take_signed(signed(secret, message_id="m-1"))
    centre.reception.take_signed(signed(fresh, message_id="m-2"))
    move_on(OLD_SECRET_SIGNS_S + 1)
    with pytest.raises(ProblemError, match="No peer"):
        centre.reception.take_signed(signed(secret, message_id="m-3"))
    centre.reception.take_signed(signed(fresh, message_id="m-4"))
    assert len(centre.heard) == 3


def test_a_peer_that_was_removed_is_not_believed(centre, secret):
    """Its secret opens nothing any more; it may be added again with another one."""
    centre.ledger.transact(
        lambda connection: registry.remove(connection, "kaizhou", "wanzhou", 1.0)
    )
    assert refused(centre, signed(secret)).name == "wrong-signature"
    again = centre.add("kaizhou", "wanzhou", WANZHOU).secrets[0].text
    centre.reception.take_signed(signed(again))
