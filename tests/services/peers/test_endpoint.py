"""A message over HTTP: no key, but a signature; whatever is wrong is said in one sentence."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.ledger.database import Ledger
from services.peers import registry
from services.peers.envelope import MESSAGE_LIMIT_BYTES
from services.peers.registry import PATH
from services.sending.signing import is_secret
from tests.services.peers.centres import headers_of, signed

runner = CliRunner()


@pytest.fixture
def secret(town_office) -> str:
    ledger = town_office.service.ledger
    return (
        ledger.transact(
            lambda connection: registry.add(
                connection, "kaizhou", "wanzhou", "http://127.0.0.1:9", None, 1.0
            )
        )
        .secrets[0]
        .text
    )


def post(town_office, message, **headers):
    return town_office.client.post(
        PATH, content=message.body, headers={**headers_of(message), **headers}
    )


def test_without_a_signature_of_a_peer_nothing_is_taken(town_office, secret):
    """Not even with a key that may do everything."""
    message = signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    for headers in ({}, town_office.key("*")):
        answer = post(town_office, message, **headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/wrong-signature")
    assert town_office.client.post(PATH).status_code == 415


def test_a_peer_that_talks_of_something_unknown_is_told_what_is_known(town_office, secret):
    """One sentence, 422: its service does not send it again."""
    answer = post(town_office, signed(secret, kind="interception.applauded"))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-value")
    assert "'type' is not one of those that are understood here" in answer.json()["detail"]


def test_a_message_that_is_too_long_is_not_read(town_office, secret):
    """However well it is signed."""
    answer = post(town_office, signed(secret, body="x" * (MESSAGE_LIMIT_BYTES + 1)))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")


def test_a_message_of_another_kind_of_content_is_not_read(town_office, secret):
    """CloudEvents in JSON, not encoded, and nothing else."""
    for headers in ({"Content-Type": "application/json"}, {"Content-Encoding": "gzip"}):
        assert post(town_office, signed(secret), **headers).status_code == 415


def test_two_operators_make_their_centres_peers_and_change_the_secret(tmp_path, monkeypatch):
    """Wanzhou adds Kaizhou and gets a secret; Kaizhou takes it from a file; a day later they change
    it the same way."""

    def run(data_dir: str, *words: str, said: str | None = None):
        monkeypatch.setenv("FORESTALL_DATA_DIR", str(tmp_path / data_dir))
        (tmp_path / data_dir).mkdir(exist_ok=True)
        return runner.invoke(app, ["peers", *words], input=said)

    made = run("w", "add", "wanzhou", "kaizhou", "--url", "http://127.0.0.1:8081")
    secret = made.stdout.strip()
    assert (made.exit_code, is_secret(secret)) == (0, True)
    (tmp_path / "secret").write_text(secret + "\n")
    file = str(tmp_path / "secret")
    back = run(
        "k", "add", "kaizhou", "wanzhou", "--url", "http://127.0.0.1:8080", "--secret-file", file
    )
    assert (back.exit_code, back.stdout) == (0, "")
    fresh = run("w", "rotate", "wanzhou", "kaizhou").stdout.strip()
    taken = run("k", "rotate", "kaizhou", "wanzhou", "--secret-file", "-", said=fresh)
    assert taken.exit_code == 0
    assert fresh != secret
    for data_dir, centre, peer in (("w", "wanzhou", "kaizhou"), ("k", "kaizhou", "wanzhou")):
        ledger = Ledger(f"sqlite:///{tmp_path / data_dir / 'forestall.sqlite3'}")
        with ledger.read() as connection:
            found = registry.find(connection, centre, peer)
        assert found is not None
        assert [one.text for one in found.secrets] == [fresh, secret]
    listed = run("k", "list").stdout
    assert "wanzhou" in listed
    assert secret not in listed
    assert fresh not in listed
    assert run("k", "remove", "kaizhou", "wanzhou").exit_code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "wanzhou", "wanzhou"], "A centre is not its own peer."),
        (["add", "wanzhou/longbao", "kaizhou"], "is no centre"),
        (["add", "wanzhou", "kaizhou", "--url", "ftp://x"], "begins with https://"),
        (["add", "wanzhou", "kaizhou", "--secret-file", "-"], "need no secret"),
        (["add", "wanzhou", "kaizhou", "--url", "http://x", "--secret-file", "-"], "'whsec_'"),
        (["add", "wanzhou", "kaizhou", "--url", "http://x", "--secret-file", "/no"], "cannot be"),
        (["rotate", "wanzhou", "kaizhou"], "forestall peers list"),
        (["remove", "wanzhou", "kaizhou"], "forestall peers list"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path, monkeypatch, words, sentence):
    """And nothing is changed."""
    monkeypatch.setenv("FORESTALL_DATA_DIR", str(tmp_path))
    ended = runner.invoke(app, ["peers", *words], input="nonsense")
    assert ended.exit_code != 0
    assert sentence in str(ended.exception)
