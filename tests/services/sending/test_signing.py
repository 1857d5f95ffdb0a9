"""Receivers can prove who sent them an event, also while a secret is replaced."""

from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.sending.signing import (
    MOST_SECRETS,
    OLD_SECRET_SIGNS_S,
    SECRET_PREFIX,
    SigningSecret,
    in_use,
    new_secret,
    rotated,
    signed_headers,
)

BODY = '{"type":"forestall.incident.opened.v1","data":{"note":"取现"}}'


def test_a_signature_is_the_one_of_the_specification():
    """The example that libraries for Standard Webhooks are tested with."""
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        1614265330.9,
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_has_the_length_and_form_of_the_specification():
    """24 to 64 random bytes in base64 after whsec_, another one each time."""
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith(SECRET_PREFIX)
    assert 24 <= len(base64.b64decode(first.removeprefix(SECRET_PREFIX), validate=True)) <= 64


def test_for_a_day_after_a_rotation_old_and_new_secret_both_verify():
    """Whichever of the two the receiver has, it believes the request; a third one it does not."""
    now_s = time.time()
    old = SigningSecret(new_secret())
    both = rotated([old], now_s)
    texts = [one.text for one in in_use(both, now_s + OLD_SECRET_SIGNS_S - 1)]
    headers = signed_headers("019a", BODY, texts, now_s)
    for text in (old.text, both[0].text):
        assert Webhook(text).verify(BODY, headers)["data"] == {"note": "取现"}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_a_day_later_only_the_new_secret_signs():
    """What was replaced ends."""
    both = rotated([SigningSecret(new_secret())], 1000.0)
    assert in_use(both, 1000.0 + OLD_SECRET_SIGNS_S) == [both[0]]


def test_rotating_again_does_not_lengthen_the_life_of_the_first():
    """Each secret ends a day after it was replaced, however often the others are."""
    first = SigningSecret(new_secret())
    twice = rotated(rotated([first], 1000.0), 5000.0)
    assert [one.signs_until_s for one in twice] == [
        None,
        5000.0 + OLD_SECRET_SIGNS_S,
        1000.0 + OLD_SECRET_SIGNS_S,
    ]


def test_the_header_does_not_grow_with_every_rotation():
    """At most four secrets sign at once."""
    known = (SigningSecret(new_secret()),)
    for number in range(10):
        known = rotated(known, float(number))
    assert len(known) == MOST_SECRETS
