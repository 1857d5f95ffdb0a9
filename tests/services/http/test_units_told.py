"""What a unit is told ends with what it has to do."""

from __future__ import annotations

import pytest

from dispatch.incidents import visits
from services.incidents.desk import ITSELF
from tests.services.http.incident_room import CENTRE, offered, on_duty, raised

SECRETS = ("secret street 7", "54321", "secret finding")
"""The victim's address, the sum, what the second line found."""
EVIDENCE = {"Content-Type": "video/mp4"}


class Sent:
    """An officer who was sent to a victim of whom much is known."""

    def __init__(self, office) -> None:
        self.client = office.client
        self.centre = office.key(CENTRE)
        on_duty(office, self.centre, "MJ-1", "officer", "B")
        self.incident_id = raised(
            office, self.centre, "A", address_text=SECRETS[0], amount_yuan=54321
        )
        self.incident("findings", {"text": SECRETS[2]})
        self.id = offered(office, self.centre, self.incident_id, "MJ-1")["id"]
        read = self.client.get(f"/v1/assignments/{self.id}", headers=self.centre).json()
        self.link = {"Authorization": f"Bearer {read['token']}"}

    def incident(self, command: str, body: dict) -> None:
        path = f"/v1/incidents/{self.incident_id}/{command}"
        answer = self.client.post(path, json=body, headers=self.centre)
        assert answer.status_code == 200, answer.text

    def step(self, name: str, body: dict | None = None, headers=None, **more):
        more = more if body is None else {**more, "json": body}
        path = f"/v1/assignments/{self.id}/{name}"
        answer = self.client.post(path, headers=headers or self.link, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer

    def read(self, headers=None):
        answer = self.client.get(f"/v1/assignments/{self.id}", headers=headers or self.link)
        assert answer.status_code == 200, answer.text
        return answer


@pytest.fixture
def sent(town_office):
    return Sent(town_office)


def declined(sent: Sent) -> None:
    sent.step("accept")
    answer = sent.step("decline", {"reason": "flat tyre"})
    assert not [one for one in SECRETS if one in answer.text], "the step's own answer"


def released(sent: Sent) -> None:
    sent.step("release", {"reason": "needed elsewhere"}, headers=sent.centre)


def closed(sent: Sent) -> None:
    sent.step("accept")
    sent.incident("close", {"reason": "false_alarm"})


@pytest.mark.parametrize("end", [declined, released, closed])
def test_a_unit_that_is_not_needed_any_more_reads_that_and_nothing_else(sent, end):
    """While it may go it is told all; then its id, its state, and one sentence in both languages.
    The dispatcher reads all of it still."""
    before = sent.read()
    assert [one for one in SECRETS if one in before.text] == list(SECRETS)
    assert before.json()["route"]
    end(sent)
    after = sent.read()
    told = after.json()
    assert told.keys() == {"assignment", "sentence"}
    assert told["assignment"].keys() == {"id", "state"}
    assert told["assignment"]["state"] in ("declined", "released")
    assert told["sentence"].keys() == {"zh", "en"}
    assert "not needed" in told["sentence"]["en"]
    assert after.headers["Cache-Control"] == "no-store"
    assert [one for one in SECRETS if one in sent.read(sent.centre).text] == list(SECRETS)


def test_an_offer_that_expired_is_over_too(town_office, sent):
    """Nobody did anything: the unit that slept is told nothing either."""
    service = town_office.service

    def expire(connection):
        at_s = service.ledger.time_s(connection)
        service.desk.act_on_assignment(connection, sent.id, ITSELF, visits.expire, at_s)

    service.ledger.transact(expire)
    told = sent.read().json()
    assert told["assignment"] == {"id": sent.id, "state": "expired"}


def test_after_the_report_a_unit_reads_what_sending_evidence_takes(sent):
    """Until when, and how much is in; the link still takes the file. Once the case is closed that
    is over as well, but proof is not turned away."""
    sent.step("accept")
    answer = sent.step("report", {"outcome": "dissuaded", "note": "the app is removed"})
    told = sent.read().json()
    assert answer.json() == told
    assert told["assignment"].keys() == {"id", "state", "evidence_due_at", "evidence_count"}
    assert (told["assignment"]["state"], told["assignment"]["evidence_count"]) == ("reported", 0)
    assert told["assignment"]["evidence_due_at"]
    assert "evidence" in told["sentence"]["en"]
    sent.step("evidence", content=b"film", headers=sent.link | EVIDENCE)
    assert sent.read().json()["assignment"]["evidence_count"] == 1
    sent.incident("close", {"reason": "dissuaded"})
    assert sent.read().json()["assignment"].keys() == {"id", "state"}
    assert "not needed" in sent.read().json()["sentence"]["en"]
    sent.step("evidence", content=b"second film", headers=sent.link | EVIDENCE)


def test_an_answer_that_was_given_before_is_not_given_again_to_who_is_not_needed(sent):
    """A copy of the first tap gets the first answer as long as the unit goes, and no longer."""
    key = sent.link | {"Idempotency-Key": "tap-1"}
    first = sent.step("accept", headers=key)
    assert SECRETS[0] in first.text
    again = sent.step("accept", headers=key)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    released(sent)
    late = sent.step("accept", headers=key)
    assert late.headers["Idempotency-Replayed"] == "true"
    assert late.json()["assignment"] == {"id": sent.id, "state": "released"}
    assert SECRETS[0] not in late.text


def test_keys_that_do_not_dispatch_the_incident_are_told_as_little(town_office, sent):
    """A gateway passes on what its units are told, and no more."""
    gateway = town_office.key(CENTRE, scopes=("field",))
    assert SECRETS[0] in sent.read(gateway).text
    released(sent)
    assert sent.read(gateway).json().keys() == {"assignment", "sentence"}
