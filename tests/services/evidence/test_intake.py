"""A file is received in pieces: whole, or not at all, and never in memory as a whole."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect

from services.errors import ProblemError
from services.evidence.intake import EvidenceIntake
from services.evidence.store import EvidenceStore
from services.workers import Workers


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "evidence"


@pytest.fixture
def intake(folder):
    pool = Workers("storing", 2, 16)
    yield EvidenceIntake(EvidenceStore(str(folder)), pool, 2)
    pool.close()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def pieces_of(count: int, piece: bytes):
    for _ in range(count):
        yield piece


async def broken_off(error: BaseException):
    yield b"the first half" * 50_000
    raise error


def test_what_is_received_is_what_was_sent(intake, folder):
    """Length and SHA-256 are those of the bytes, whatever pieces they came in."""
    sent = [b"", b"a" * 1000, b"b", b"", b"c" * 700_000, b"d"]

    async def pieces():
        for piece in sent:
            yield piece

    received = asyncio.run(intake.receive(pieces(), 5.0))
    whole = b"".join(sent)
    assert (received.size_bytes, received.sha256) == (len(whole), hashlib.sha256(whole).digest())
    (path,) = files(folder)
    assert path.read_bytes() == whole
    assert path.name == received.evidence_id


def test_a_large_file_is_never_in_memory(intake):
    """96 MiB go through less than 8."""
    piece = bytes(64 * 1024)
    tracemalloc.start()
    try:
        received = asyncio.run(intake.receive(pieces_of(1536, piece), 5.0))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert received.size_bytes == 96 * 1024 * 1024
    assert peak_bytes < 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("error", "expected", "match"),
    [
        (ClientDisconnect(), ProblemError, "broke off"),
        (ProblemError("body-too-large", "Too long."), ProblemError, "Too long"),
        (asyncio.CancelledError(), asyncio.CancelledError, "^$"),
        (RuntimeError("a defect"), RuntimeError, "a defect"),
    ],
)
def test_nothing_is_left_of_a_file_that_broke_off(intake, folder, error, expected, match):
    """For whatever reason."""
    with pytest.raises(expected, match=match):
        asyncio.run(intake.receive(broken_off(error), 5.0))
    assert files(folder) == []


def test_a_sender_that_falls_silent_is_given_up_on(intake, folder):
    """In one sentence, with nothing left."""

    async def silent():
        yield b"the first half" * 50_000
        await asyncio.sleep(30.0)

    with pytest.raises(ProblemError, match=r"Nothing of the file came for 0\.05 s"):
        asyncio.run(intake.receive(silent(), 0.05))
    assert files(folder) == []


def test_a_process_receives_so_many_files_at_a_time(intake):
    """One more is refused at once, and taken when a place is free."""

    async def run():
        async with intake.place(), intake.place():
            with pytest.raises(ProblemError, match="2 files of evidence are being received"):
                async with intake.place():
                    pass
        async with intake.place():
            return True

    assert asyncio.run(run())


def test_of_a_part_whose_sender_hangs_up_all_that_came_is_kept(intake, folder):
    """And it is told why no more came."""
    received = asyncio.run(intake.receive(broken_off(ClientDisconnect()), 5.0, part=True))
    (path,) = files(folder)
    assert path.read_bytes() == b"the first half" * 50_000
    assert received.size_bytes == len(b"the first half" * 50_000)
    assert received.broke_off.name == "malformed-request"


def test_of_a_part_that_is_refused_nothing_is_kept(intake, folder):
    """What is too long is not the file that was announced."""
    error = ProblemError("body-too-large", "Too long.")
    with pytest.raises(ProblemError, match="Too long"):
        asyncio.run(intake.receive(broken_off(error), 5.0, part=True))
    assert files(folder) == []
