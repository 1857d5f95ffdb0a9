"""A unit sends what its body camera saw; the centre reads it."""

from __future__ import annotations

from services.errors import EvidenceStoreError, LedgerError
from services.evidence.store import EvidenceStore, place_of
from tests.conversations.centre import Centre
from tests.services.evidence.visit import FILM, MP4, digest_of, hex_of


def test_a_film_is_kept_told_and_read_back(visit):
    """Its hash is in the answer, in the ledger and in the event; its bytes are those that came."""
    visit.reports()
    answer = visit.send()
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert sent["sha256"] == hex_of(FILM)
    assert (sent["size_bytes"], sent["media_type"]) == (len(FILM), "video/mp4")
    assert sent["assignment_id"] == visit.order["id"]
    assert visit.files() == [place_of(sent["id"])]
    (row,) = visit.rows()
    assert (bytes(row.sha256).hex(), row.location) == (hex_of(FILM), place_of(sent["id"]))
    told = visit.centre.hears("evidence.received")
    assert (told["evidence_id"], told["sha256"]) == (sent["id"], hex_of(FILM))
    assert told["incident"]["state"] == "following_up"
    file = visit.centre.request("GET", f"/v1/evidence/{sent['id']}")
    assert file.status_code == 200
    assert file.content == FILM
    assert file.headers["content-type"] == "video/mp4"
    assert file.headers["content-digest"] == digest_of(FILM)


def test_the_unit_s_own_link_is_enough_also_after_the_report(visit):
    """Before and after; but it opens nothing but its own assignment, and reads nothing."""
    link = visit.link()
    assert visit.send(b"before", headers=link).status_code == 201
    visit.reports()
    sent = visit.send(b"after", headers=link)
    assert sent.status_code == 201, sent.text
    other = "019a7c1e-5f02-7d44-8f0e-0b2f3c6f9d10"
    elsewhere = visit.client.post(
        f"/v1/assignments/{other}/evidence", content=FILM, headers=MP4 | link
    )
    assert elsewhere.status_code == 404
    reading = visit.client.get(f"/v1/evidence/{sent.json()['id']}", headers=link)
    assert reading.status_code == 403


def test_a_gateway_s_key_may_send_and_a_planner_s_may_not(visit):
    """The scope is field or dispatch."""
    gateway = visit.centre.office.key("rivertown", scopes=("field",))
    assert visit.send(headers=gateway).status_code == 201
    planner = visit.centre.office.key("rivertown", scopes=("plan",))
    assert visit.send(headers=planner).status_code == 403


def test_the_same_file_again_is_the_same_evidence(visit):
    """One file, one row, one event; another file is another evidence."""
    first, again, other = visit.send(), visit.send(), visit.send(b"another")
    assert [one.status_code for one in (first, again, other)] == [201, 200, 201]
    assert again.json() == first.json()
    assert other.json()["id"] != first.json()["id"]
    assert len(visit.files()) == len(visit.rows()) == visit.count("evidence.received") == 2


def test_a_file_that_arrives_otherwise_than_announced_is_refused(visit):
    """The sentence tells the SHA-256 of what arrived; the right one is taken."""
    told = visit.refused(422, "digest-mismatch", headers={"Content-Digest": digest_of(b"x")})
    assert digest_of(FILM) in told
    visit.refused(422, "digest-mismatch", headers={"Content-Digest": "sha-256=:abc:"})
    several = f"md5=:Q2hlY2sgSW50ZWdyaXR5IQ==:, {digest_of(FILM)}"
    assert visit.send(headers={"Content-Digest": several}).status_code == 201


def test_what_cannot_be_evidence_is_refused_in_one_sentence(visit):
    """Nothing is left of it."""
    for headers in (
        {"Content-Type": ""},
        {"Content-Type": "video"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": f"video/{'x' * 200}"},
        {"Content-Encoding": "gzip"},
    ):
        visit.refused(415, "unsupported-media-type", headers=headers)
    visit.refused(422, "invalid-value", headers={"Idempotency-Key": ""})


def test_an_empty_file_is_refused(visit):
    """It proves nothing."""
    assert "empty" in visit.refused(422, "invalid-value", b"")


def test_evidence_is_taken_from_whoever_accepted(visit):
    """Others are told so before they have sent anything."""
    visit.officer.step(visit.order, "decline", reason="a crash on the quay")
    order = visit.centre.hears("assignment.offered", assignment__responder_id=visit.other.id)
    visit.order = order["assignment"]

    async def film():
        raise AssertionError("the body was read")
        yield b""

    visit.refused(409, "not-possible-now", film())


def test_an_assignment_has_so_many_files_at_most(visit, monkeypatch):
    """A link in wrong hands fills no disk."""
    monkeypatch.setattr("services.http.evidence.FILES_LIMIT", 2)
    assert visit.send(b"one").status_code == visit.send(b"two").status_code == 201
    assert "2 files" in visit.refused(409, "not-possible-now", b"three")


def test_a_copy_of_a_request_gets_the_same_answer_and_another_file_does_not(visit):
    """With an Idempotency-Key, as for every command; and nothing of a copy is kept."""
    key = {"Idempotency-Key": "film-1"}
    first, copy = visit.send(headers=key), visit.send(headers=key)
    assert (first.status_code, copy.status_code) == (201, 201)
    assert copy.headers["idempotency-replayed"] == "true"
    assert copy.json() == first.json()
    visit.refused(422, "idempotency-key-reused", b"another film", headers=key)
    assert len(visit.files()) == len(visit.rows()) == 1


def test_another_centre_sees_no_evidence(visit):
    """Not the file, not the assignment, not whether there is any: as if it were not there."""
    evidence_id = visit.send().json()["id"]
    stranger = Centre(visit.centre.office, "kaizhou")
    absent = "019a7c1e-7d20-7b11-8c5e-6f708192a3b4"

    def answers(method: str, form: str, identity: str, **more) -> tuple[int, bytes]:
        answer = stranger.request(method, form.format(identity), **more)
        return answer.status_code, answer.content

    body = {"json": {"convincing": False}}
    film = {"content": FILM, "headers": MP4}
    for method, form, identity, more in (
        ("GET", "/v1/evidence/{}", evidence_id, {}),
        ("POST", "/v1/evidence/{}/judgement", evidence_id, body),
        ("POST", "/v1/assignments/{}/evidence", visit.order["id"], film),
    ):
        theirs = answers(method, form, identity, **more)
        assert theirs[0] == 404
        assert theirs == answers(method, form, absent, **more)
        assert theirs == answers(method, form, "no-id-at-all", **more)


def test_a_process_that_dies_before_moving_the_file_loses_nothing(visit, monkeypatch):
    """The file is acknowledged, can be read, and is moved by whoever sweeps next."""
    with monkeypatch.context() as broken:

        def dies(*_):
            raise EvidenceStoreError("gone")

        broken.setattr(EvidenceStore, "publish", dies)
        evidence_id = visit.send().json()["id"]
    assert visit.files() == [f"incoming/{evidence_id}"]
    read = visit.centre.request("GET", f"/v1/evidence/{evidence_id}")
    assert read.content == FILM
    sweep(visit)
    assert visit.files() == [place_of(evidence_id)]


def test_a_file_that_the_ledger_never_took_is_swept_away(visit, monkeypatch):
    """The database went away at the last moment: the sender is told, and may send it again."""
    with monkeypatch.context() as broken:

        def fails(*_):
            raise LedgerError("The database does not answer.")

        broken.setattr(type(visit.service.desk), "act_on_assignment", fails)
        answer = visit.send()
    assert answer.status_code == 503
    assert len(visit.files()) == 1
    sweep(visit)
    assert visit.files() == []
    assert visit.send().status_code == 201


def test_a_file_whose_commit_was_not_heard_of_is_kept(visit, monkeypatch):
    """The sender is told that it failed, but the ledger has it: so the file must be there."""
    ledger = visit.service.ledger
    real = ledger.transact

    def unheard(work):
        result = real(work)
        raise LedgerError("The database does not answer.") if result is not None else None

    with monkeypatch.context() as broken:
        broken.setattr(type(ledger), "transact", lambda _, work: unheard(work))
        assert visit.send().status_code == 503
    (row,) = visit.rows()
    sweep(visit)
    assert visit.files() == [place_of(row.evidence_id)]
    again = visit.send()
    assert (again.status_code, again.json()["id"]) == (200, row.evidence_id)


def test_a_store_that_is_away_is_said_so(visit):
    """Nothing is acknowledged that is not kept; afterwards all is as before."""
    sent = visit.send(b"kept").json()
    elsewhere = visit.folder.with_name("elsewhere")
    visit.folder.rename(elsewhere)
    assert visit.send().json()["type"] == "/problems/evidence-store-away"
    reading = visit.centre.request("GET", f"/v1/evidence/{sent['id']}")
    assert reading.status_code == 503
    assert len(visit.rows()) == 1
    elsewhere.rename(visit.folder)
    assert visit.centre.request("GET", f"/v1/evidence/{sent['id']}").content == b"kept"
    assert visit.send().status_code == 201


def test_a_page_that_was_sent_as_evidence_does_not_run(visit):
    """Whoever opens it in a browser saves a file."""
    sent = visit.send(b"<script>alert(1)</script>", {"Content-Type": "text/html"}).json()
    headers = visit.centre.request("GET", f"/v1/evidence/{sent['id']}").headers
    assert headers["content-disposition"].startswith("attachment")
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "private, no-store"


def test_a_stretch_of_a_file_can_be_read(visit):
    """Whoever lost the connection goes on where they were."""
    path = f"/v1/evidence/{visit.send().json()['id']}"
    end = len(FILM) - 1
    for asked, first, last in (
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, end),
        ("bytes=-7", end - 6, end),
        (f"bytes=300000-{10**17}", 300_000, end),
        (f"bytes=-{10**17}", 0, end),
    ):
        part = visit.centre.request("GET", path, {"Range": asked})
        assert part.status_code == 206
        assert part.content == FILM[first : last + 1]
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(FILM)}"
        assert part.headers["repr-digest"] == digest_of(FILM)
        assert "content-digest" not in part.headers


def test_a_range_that_means_nothing_is_passed_over_and_one_beyond_the_end_is_refused(visit):
    """As the standard has it."""
    path = f"/v1/evidence/{visit.send().json()['id']}"
    for headers in (
        {"Range": "bytes=5-2"},
        {"Range": "bytes=0-1,4-5"},
        {"Range": "lines=1-2"},
        {"Range": "bytes=-"},
        {"Range": "bytes=0-9", "If-Range": '"another"'},
    ):
        whole = visit.centre.request("GET", path, headers)
        assert (whole.status_code, len(whole.content)) == (200, len(FILM))
    beyond = visit.centre.request("GET", path, {"Range": f"bytes={len(FILM)}-"})
    assert beyond.status_code == 416


def test_evidence_that_does_not_convince_is_noted_and_told_once(visit):
    """Judged again the same way, nothing happens; judged otherwise, that is told too."""
    visit.reports()
    path = f"/v1/evidence/{visit.send().json()['id']}/judgement"
    body = {"convincing": False, "note": "an empty street"}
    judged = visit.centre.post(path, body)
    assert (judged["convincing"], judged["note"]) == (False, "an empty street")
    assert visit.centre.post(path, body) == judged
    assert visit.count("evidence.judged") == 1
    assert [row.convincing for row in visit.rows()] == [False]
    assert visit.centre.post(path, {"convincing": True})["convincing"] is True
    assert visit.count("evidence.judged") == 2
    assert [row.convincing for row in visit.rows()] == [True]


def test_a_judgement_needs_its_words(visit):
    """Unknown members and wrong types are refused."""
    path = f"/v1/evidence/{visit.send().json()['id']}/judgement"
    for body in ({}, {"convincing": "no"}, {"convincing": True, "x": 1}, {"convincing": None}):
        assert visit.centre.request("POST", path, json=body).status_code == 422


def sweep(visit) -> None:
    """What a process does every hour, with nobody else at work."""
    service = visit.service
    visit.client.portal.call(service.evidence.sweep, service.ledger, -1.0)
