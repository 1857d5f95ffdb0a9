"""Evidence in an object store that speaks S3, as moto plays it on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time

import pytest

from services.errors import EvidenceStoreError
from services.evidence.half_uploads import About, Done
from services.evidence.intake import EvidenceIntake
from services.evidence.store import BLOCK_BYTES, EvidenceStore, place_of
from services.ids import new_id
from services.workers import Workers

pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 'forestall[s3]'")
server = pytest.importorskip("moto.server", reason="moto, which plays S3, is not installed")

import s3fs  # noqa: E402

FILM = bytes(range(256)) * (BLOCK_BYTES // 256) * 2 + b"the end"
"""Three blocks, so that it is sent in parts."""


@pytest.fixture(scope="module")
def s3():
    """Address of an S3 with one empty bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    playing = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    playing.start()
    host, port = playing.get_host_and_port()
    yield f"http://{host}:{port}"
    playing.stop()


@pytest.fixture
def files(s3, monkeypatch):
    """The bucket, as somebody else sees it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    seen = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
    seen.mkdir("evidence-test")
    yield seen
    seen.rm("evidence-test", recursive=True)
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def store(files):
    return EvidenceStore("s3://evidence-test/wanzhou")


def listed(files) -> list[str]:
    return [path.removeprefix("evidence-test/wanzhou/") for path in files.find("evidence-test")]


def put(store: EvidenceStore, data: bytes = FILM) -> str:
    evidence_id = new_id()
    upload = store.begin(evidence_id)
    upload.write(data)
    upload.finish()
    return evidence_id


def test_a_film_goes_there_in_parts_and_comes_back_the_same(store, files):
    """Received in pieces, published, and read from any place on."""
    pool = Workers("storing", 2, 16)
    intake = EvidenceIntake(store, pool, 1)

    async def pieces():
        for begin in range(0, len(FILM), 100_000):
            yield FILM[begin : begin + 100_000]

    received = asyncio.run(intake.receive(pieces(), 10.0))
    assert received.sha256 == hashlib.sha256(FILM).digest()
    assert listed(files) == [f"incoming/{received.evidence_id}"]
    store.publish(received.evidence_id)
    place = place_of(received.evidence_id)
    assert listed(files) == [place]
    with store.open(received.evidence_id, place) as file:
        assert file.read() == FILM
        file.seek(len(FILM) - 7)
        assert file.read(100) == b"the end"
    pool.close()


def test_another_process_reads_what_was_just_published(store, files):
    """No listing that was read before hides it."""
    other = EvidenceStore("s3://evidence-test/wanzhou")
    assert other.sweep(-1.0, lambda ids: ids) == (0, 0)
    evidence_id = put(store)
    for _ in range(2):
        with other.open(evidence_id, place_of(evidence_id)) as file:
            assert file.read() == FILM
        store.publish(evidence_id)


def test_nothing_is_left_of_a_film_that_broke_off(store, files):
    """Not the parts that were sent either."""
    evidence_id = new_id()
    upload = store.begin(evidence_id)
    upload.write(FILM)
    upload.stop()
    store.discard(evidence_id)
    store.discard(evidence_id)
    assert listed(files) == []
    assert files.list_multipart_uploads("evidence-test") == []


def test_sweeping_finishes_or_removes_what_a_dead_process_left(store, files):
    """By the time at which the store says that it came."""
    known, unknown = put(store), put(store, b"short")
    assert store.sweep(3600.0, lambda ids: ids) == (0, 0)
    time.sleep(1.1)  # it tells whole seconds
    assert store.sweep(0.0, lambda ids: [one for one in ids if one == known]) == (1, 1)
    assert listed(files) == [place_of(known)]
    assert unknown not in str(listed(files))


def test_a_store_that_is_away_is_one_kind_of_error(monkeypatch, files):
    """Nobody listens at the address; the start of the service does not ask."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    store = EvidenceStore("s3://evidence-test/wanzhou")
    with pytest.raises(EvidenceStoreError):
        put(store)
    s3fs.S3FileSystem.clear_instance_cache()


def test_parts_are_joined_in_an_object_store_too(store, files):
    """As in a folder: what has come, what it makes, and that nothing but the note is left."""
    pool = Workers("storing", 1, 16)
    intake, assignment_id = EvidenceIntake(store, pool, 1), new_id()
    half = len(FILM) // 2

    async def piece(data: bytes):
        yield data

    async def send():
        about = About(len(FILM), "video/mp4", None, time.time())
        begun = await intake.begin_half(assignment_id, about)
        part = await intake.receive(piece(FILM[:half]), 60.0, part=True)
        await intake.keep_part(begun, part)
        come = await intake.find_half(assignment_id, begun.upload_id)
        assert come.offset_bytes == half
        last = await intake.receive(piece(FILM[half:]), 60.0, part=True)
        whole = await intake.joined(come, last)
        await intake.discard(last.evidence_id)
        await intake.finish_half(come, Done(whole.evidence_id, whole.sha256.hex()))
        return begun.upload_id, whole

    upload_id, whole = asyncio.run(send())
    assert whole.sha256 == hashlib.sha256(FILM).digest()
    folder = f"half/{assignment_id}/{upload_id}"
    assert listed(files) == [
        f"{folder}/about", f"{folder}/done", f"incoming/{whole.evidence_id}"
    ]  # fmt: skip
    asyncio.run(intake.remove_half(assignment_id, upload_id))
    assert listed(files) == [f"incoming/{whole.evidence_id}"]
    pool.close()
