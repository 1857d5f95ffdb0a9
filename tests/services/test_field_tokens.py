"""A link opens one assignment until it ends, and cannot be made by anybody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.field_tokens import LIMIT_CHARACTERS, SECRET_NAME, FieldTokens, Opened
from services.ids import new_id
from services.ledger.database import Ledger
from services.ledger.shared_secrets import SharedSecrets

TOKENS = FieldTokens(b"s" * 32)


def test_a_token_opens_its_assignment_until_it_ends():
    """The end is the first moment at which it no longer does."""
    assignment_id = new_id()
    token = TOKENS.make(assignment_id, 2_000.9)
    assert token.startswith("fld_")
    assert len(token) < LIMIT_CHARACTERS / 2, "it has to fit into a text message"
    assert TOKENS.read(token, 1_999.9) == Opened(assignment_id, 2_000.0)
    assert TOKENS.read(token, 2_000.0) is None


def test_every_process_reads_what_another_one_made(ledger_url):
    """The secret is in the ledger: made once, the same after a restart."""
    ledger, other = Ledger(ledger_url), Ledger(ledger_url)
    token = FieldTokens(SharedSecrets(ledger)(SECRET_NAME)).make("a-1", 2_000.0)
    assert FieldTokens(SharedSecrets(other)(SECRET_NAME)).read(token, 0.0).assignment_id == "a-1"
    ledger.close()
    other.close()


def test_no_changed_token_opens_anything():
    """Another id, another end, a character more, less or different: none is believed."""
    token = TOKENS.make("0199-abcd", 2_000.0)
    for index in range(len(token) + 1):
        assert TOKENS.read(token[:index], 0.0) is None or index == len(token)
        for letter in map(chr, range(128)):
            for changed in (
                token[:index] + letter + token[index + 1 :],
                token[:index] + letter + token[index:],
            ):
                assert changed == token or TOKENS.read(changed, 0.0) is None, changed


@given(st.text(max_size=300))
def test_nonsense_is_no_token(text):
    """Whatever is sent, the answer is None, never an error."""
    assert TOKENS.read(text, 0.0) is None
    assert TOKENS.read("fld_" + text, 0.0) is None


@pytest.mark.parametrize("secret", [b"t" * 32, b"s" * 31, b""])
def test_another_secret_makes_other_tokens(secret):
    """Two installations do not open each other's assignments."""
    assert FieldTokens(secret).read(TOKENS.make("a-1", 2_000.0), 0.0) is None
