"""A film is sent in parts over a connection that breaks off, and is one piece of evidence."""

from __future__ import annotations

import base64
import time
from dataclasses import replace

import httpx
import pytest

from services.errors import LedgerError
from services.evidence import half_uploads
from services.evidence.store import place_of
from services.ids import new_id
from services.time_source import time_to_ourselves
from tests.conversations.centre import Centre
from tests.services.evidence.visit import FILM, Visit, digest_of, hex_of
from tests.services.town import office

TUS = {"Tus-Resumable": "1.0.0"}
THIRD = len(FILM) // 3


@pytest.fixture
def visit(map_folder, tmp_path, redis_url):
    with time_to_ourselves(), office(map_folder, tmp_path / "data", redis_url) as running:
        yield Visit(Centre(running, "rivertown"), tmp_path / "data" / "evidence")


class Phone:
    """A phone that sends a film in parts with its unit's own link."""

    def __init__(self, visit: Visit, film: bytes = FILM) -> None:
        self.visit = visit
        self.film = film
        self.link = visit.link()
        self.uploads = f"/v1/assignments/{visit.order['id']}/uploads"
        self.location = ""

    def ask(self, method: str, path: str, headers: dict | None = None, **more) -> httpx.Response:
        sent = TUS | self.link | (headers or {})
        return self.visit.client.request(method, path, headers=sent, **more)

    def announce(self, length: int | str | None = None, **metadata: str) -> httpx.Response:
        words = {"filetype": "video/mp4"} | metadata
        pairs = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in words.items()
        )
        length = len(self.film) if length is None else length
        headers = {"Upload-Length": str(length), "Upload-Metadata": pairs}
        answer = self.ask("POST", self.uploads, headers)
        self.location = answer.headers.get("location", "")
        return answer

    def send(self, first: int, end: int | None = None, **headers: str) -> httpx.Response:
        part = {"Upload-Offset": str(first), "Content-Type": "application/offset+octet-stream"}
        content = self.film[first:end]
        return self.ask("PATCH", self.location, part | headers, content=content)

    def come(self) -> int:
        answer = self.ask("HEAD", self.location)
        assert answer.status_code == 200, answer.status_code
        assert answer.headers["upload-length"] == str(len(self.film))
        assert answer.headers["cache-control"] == "no-store"
        return int(answer.headers["upload-offset"])


@pytest.fixture
def phone(visit):
    return Phone(visit)


def refused(answer: httpx.Response, status: int, name: str) -> str:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}"), answer.text
    return answer.json()["detail"]


def test_a_film_in_parts_is_one_piece_of_evidence(visit, phone):
    """Its hash is told in the last answer, and nothing of the parts is left but that it is done."""
    made = phone.announce(sha256=hex_of(FILM))
    assert made.status_code == 201, made.text
    assert made.headers["tus-resumable"] == "1.0.0"
    assert phone.come() == 0
    assert phone.send(0, THIRD).headers["upload-offset"] == str(THIRD)
    assert phone.come() == THIRD
    assert phone.send(THIRD, 2 * THIRD).status_code == 204
    assert visit.rows() == []
    last = phone.send(2 * THIRD)
    assert last.status_code == 204, last.text
    assert last.headers["upload-offset"] == str(len(FILM))
    assert last.headers["repr-digest"] == digest_of(FILM)
    (row,) = visit.rows()
    assert (bytes(row.sha256).hex(), row.media_type) == (hex_of(FILM), "video/mp4")
    assert last.headers["content-location"] == f"/v1/evidence/{row.evidence_id}"
    assert visit.centre.hears("evidence.received")["evidence_id"] == row.evidence_id
    file = visit.centre.request("GET", f"/v1/evidence/{row.evidence_id}")
    assert file.content == FILM
    upload_id = phone.location.rpartition("/")[2]
    half = f"half/{visit.order['id']}/{upload_id}"
    assert visit.files() == sorted([place_of(row.evidence_id), f"{half}/about", f"{half}/done"])


def test_a_phone_that_never_heard_the_last_answer_learns_that_all_has_come(visit, phone):
    """It sends nothing again; and if it does, nothing comes of it."""
    phone.announce()
    phone.send(0)
    assert phone.come() == len(FILM)
    again = phone.send(len(FILM))
    assert again.status_code == 204
    assert again.headers["repr-digest"] == digest_of(FILM)
    assert len(visit.rows()) == visit.count("evidence.received") == 1


def test_a_part_that_begins_elsewhere_is_refused_with_the_right_place(phone):
    """Whether it leaves a gap or comes twice."""
    phone.announce()
    phone.send(0, THIRD)
    for first in (0, THIRD - 1, THIRD + 1, len(FILM)):
        told = phone.send(first, first + 10)
        refused(told, 409, "offset-mismatch")
        assert told.json()["offset_bytes"] == THIRD
    assert phone.come() == THIRD


def test_more_than_was_announced_is_refused_and_what_came_before_stays(visit, phone):
    """The upload can be gone on with."""
    phone.announce()
    phone.send(0, THIRD)
    phone.film = FILM + b"more"
    refused(phone.send(THIRD), 413, "body-too-large")
    phone.film = FILM
    assert phone.come() == THIRD
    assert phone.send(THIRD).status_code == 204
    assert len(visit.rows()) == 1


def test_another_film_than_announced_is_not_kept(visit, phone):
    """The sentence tells the SHA-256 of what arrived; the phone begins anew."""
    phone.announce(sha256=hex_of(b"another"))
    assert hex_of(FILM) in refused(phone.send(0), 422, "digest-mismatch")
    assert phone.ask("HEAD", phone.location).status_code == 404
    assert (visit.rows(), visit.files()) == ([], [])


def test_a_part_that_changes_under_the_last_one_makes_no_shorter_film(visit, phone, monkeypatch):
    """Two connections of a phone send the first part at once, and the slower one was cut short."""
    phone.announce()
    phone.send(0, THIRD)
    intake, joined = visit.service.evidence, visit.service.evidence.joined

    async def meanwhile(upload, last):
        async def shorter():
            yield FILM[: THIRD // 2]

        first = await intake.find_half(upload.assignment_id, upload.upload_id)
        part = await intake.receive(shorter(), 10.0, part=True)
        await intake.keep_part(replace(first, parts=(), offset_bytes=0), part)
        return await joined(upload, last)

    with monkeypatch.context() as racing:
        racing.setattr(intake, "joined", meanwhile)
        detail = refused(phone.send(THIRD), 409, "offset-mismatch")
    assert detail.startswith(f"{THIRD // 2} bytes have come")
    assert visit.rows() == []
    assert phone.send(THIRD // 2).status_code == 204
    assert bytes(visit.rows()[0].sha256).hex() == hex_of(FILM)


def test_a_ledger_that_is_away_costs_the_last_part_only(visit, phone, monkeypatch):
    """All has come only when the ledger has it."""
    phone.announce()
    phone.send(0, 2 * THIRD)

    def away(*_):
        raise LedgerError("The database does not answer.")

    with monkeypatch.context() as for_now:
        for_now.setattr(type(visit.service.ledger), "transact", away)
        refused(phone.send(2 * THIRD), 503, "not-ready")
    assert phone.come() == 2 * THIRD
    assert phone.send(2 * THIRD).status_code == 204
    assert len(visit.rows()) == 1


def test_the_same_film_a_second_time_is_the_same_evidence(visit, phone):
    """However it was sent the first time."""
    sent = visit.send().json()
    phone.announce()
    last = phone.send(0)
    assert last.headers["content-location"] == f"/v1/evidence/{sent['id']}"
    assert len(visit.rows()) == 1


def test_what_cannot_be_evidence_is_refused_when_it_is_announced(visit, phone, monkeypatch):
    """Before a byte of it is sent."""
    limit = visit.service.settings.evidence_limit_bytes
    refused(phone.announce(limit + 1), 413, "body-too-large")
    for length in (0, "", "-1", "1e3", "9" * 19):
        refused(phone.announce(length), 422, "invalid-value")
    refused(phone.announce(filetype="video"), 415, "unsupported-media-type")
    refused(phone.announce(sha256="abc"), 422, "invalid-value")
    for text in ("filetype %%%", "filetype /w==", "x" * 5_000):
        answer = phone.ask("POST", phone.uploads, {"Upload-Length": "5", "Upload-Metadata": text})
        refused(answer, 422, "invalid-value")
    assert visit.files() == []
    visit.officer.step(visit.order, "decline", reason="a crash on the quay")
    order = visit.centre.hears("assignment.offered", assignment__responder_id=visit.other.id)
    visit.order = order["assignment"]
    refused(Phone(visit).announce(), 409, "not-possible-now")


def test_another_version_or_kind_of_body_is_refused(phone):
    """As the protocol wants it."""
    phone.announce()
    for method, path in (("HEAD", phone.location), ("PATCH", phone.location),
                         ("DELETE", phone.location), ("POST", phone.uploads)):  # fmt: skip
        answer = phone.ask(method, path, {"Tus-Resumable": "0.2.2"})
        assert answer.status_code == 412, (method, answer.text)
    refused(phone.send(0, 9, **{"Content-Type": "video/mp4"}), 415, "unsupported-media-type")
    refused(phone.send(0, 9, **{"Upload-Offset": "x"}), 422, "invalid-value")
    told = phone.ask("OPTIONS", phone.uploads)
    assert told.status_code == 204
    assert told.headers["tus-version"] == "1.0.0"
    assert set(told.headers["tus-extension"].split(",")) >= {"creation", "expiration"}


def test_an_assignment_has_so_many_half_uploads_at_most(visit, phone, monkeypatch):
    """What is done or taken back makes room."""
    monkeypatch.setattr(half_uploads, "OPEN_LIMIT", 2)
    phone.announce()
    phone.announce()
    first = phone.location
    assert "go on" in refused(phone.announce(), 409, "not-possible-now")
    assert phone.ask("DELETE", first).status_code == 204
    assert phone.ask("HEAD", first).status_code == 404
    assert phone.announce().status_code == 201
    phone.send(0)
    assert phone.announce().status_code == 201


def test_an_upload_expires_and_is_swept_away(visit, phone, monkeypatch):
    """Whatever has come of it; one that has not expired stays."""
    expires = phone.announce().headers["upload-expires"]
    assert expires.endswith("GMT")
    phone.send(0, THIRD)
    old, real = phone.location, time.time
    phone.announce()
    folders = half_uploads.HalfUploads(visit.service.evidence.store)
    assert folders.sweep() == 0
    begun_s = real() - half_uploads.KEPT_S - 1
    about = half_uploads.About(len(FILM), "video/mp4", None, begun_s)
    monkeypatch.setattr(half_uploads.time, "time", lambda: begun_s)
    expired = folders.begin(visit.order["id"], about)
    monkeypatch.setattr(half_uploads.time, "time", real)
    assert folders.find(visit.order["id"], expired.upload_id) is None
    assert folders.sweep() == 1
    assert not [path for path in visit.files() if expired.upload_id in path]
    phone.location = old
    assert phone.come() == THIRD


def test_parts_survive_a_restart_of_the_service(map_folder, tmp_path, redis_url):
    """A phone that comes back finds its film as far as it had come."""
    where = (map_folder, tmp_path / "data", redis_url)
    with time_to_ourselves():
        with office(*where) as before:
            visit = Visit(Centre(before, "rivertown"), tmp_path / "data" / "evidence")
            phone = Phone(visit)
            phone.announce()
            phone.send(0, THIRD)
        with office(*where) as after:
            visit.centre.office = after
            assert phone.come() == THIRD
            assert phone.send(THIRD).status_code == 204
            assert bytes(visit.rows()[0].sha256).hex() == hex_of(FILM)


def test_an_upload_is_there_for_its_own_assignment_only(visit, phone):
    """For others it is as absent as one that there is not."""
    phone.announce()
    phone.send(0, THIRD)
    upload_id = phone.location.rpartition("/")[2]
    strangers = visit.centre.office.key("kaizhou")
    absent = f"{phone.uploads}/{new_id()}"
    part = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    for method in ("HEAD", "PATCH", "DELETE"):
        for who, path in (
            (strangers, phone.location),
            (phone.link, absent),
            (phone.link, f"{phone.uploads}/../{upload_id}"),
            (phone.link, f"/v1/assignments/{new_id()}/uploads/{upload_id}"),
        ):
            answer = visit.client.request(method, path, headers=TUS | part | who)
            assert answer.status_code == 404, (method, path)
    assert phone.come() == THIRD
