"""Receives files of evidence piece by piece, without ever holding one in memory."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from starlette.requests import ClientDisconnect

from services.errors import EvidenceStoreError, ProblemError
from services.evidence import records
from services.evidence.half_uploads import About, Done, HalfUpload, HalfUploads
from services.evidence.records import EvidenceRecord
from services.evidence.store import EvidenceStore, Upload
from services.ids import new_id
from services.ledger.database import Ledger
from services.workers import Workers

log = logging.getLogger("forestall")

PIECE_BYTES = 256 * 1024
"""What is written at once; each upload holds about as much in memory."""
JOINING_LIMIT_S = 60.0
"""Time within which the store must give the next piece of what it has."""


BREAKS = frozenset({"malformed-request", "body-too-slow"})
"""Problems that mean that no more comes, and not that anything is wrong with what came."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file, or a part of one, that is not in the ledger yet."""

    evidence_id: str
    size_bytes: int
    sha256: bytes
    broke_off: ProblemError | None = None
    """Why no more of a part came; None: it is whole."""


class EvidenceIntake:
    """Takes files into the store. Use it from the event loop only."""

    def __init__(self, store: EvidenceStore, pool: Workers, places: int) -> None:
        self.store = store
        self._half = HalfUploads(store)
        self._pool = pool
        self._places = places
        self._taken = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Holds one of the places of the process while a file is received."""
        if self._taken >= self._places:
            raise ProblemError(
                "overloaded", f"{self._places} files of evidence are being received already."
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def receive(
        self, pieces: AsyncIterator[bytes], idle_limit_s: float, *, part: bool = False
    ) -> Received:
        """The file that the pieces make. Where they break off, nothing is left of it, unless it is
        a part: of that is kept what came.

        Raises ProblemError where nothing comes for longer than ``idle_limit_s``, where the sender
        hangs up, and where the store is away.
        """
        evidence_id = new_id()
        with _as_problems():
            upload = await self._pool.run(self.store.begin, evidence_id)
        digest = hashlib.sha256()
        size_bytes = 0
        broke_off: ProblemError | None = None
        try:
            with _as_problems():
                try:
                    async for piece in _gathered(pieces, idle_limit_s):
                        size_bytes += len(piece)
                        await self._pool.run(_write, upload, digest, piece)
                except ProblemError as error:
                    if not (part and size_bytes and error.name in BREAKS):
                        raise
                    broke_off = error
                await self._pool.run(upload.finish)
        except BaseException:
            # Shielded: it is done even if the request is cancelled meanwhile.
            await asyncio.shield(self._throw_away(evidence_id, upload))
            raise
        return Received(evidence_id, size_bytes, digest.digest(), broke_off)

    async def begin_half(self, assignment_id: str, about: About) -> HalfUpload:
        """A new upload in parts. Raises ProblemError where the assignment has too many."""
        with _as_problems():
            return await self._pool.run(self._half.begin, assignment_id, about)

    async def find_half(self, assignment_id: str, upload_id: str) -> HalfUpload | None:
        """An upload in parts as it stands; None where there is none, or none any more."""
        with _as_problems():
            return await self._pool.run(self._half.find, assignment_id, upload_id)

    async def keep_part(self, upload: HalfUpload, part: Received) -> None:
        """Add a received part at the upload's offset."""
        with _as_problems():
            await self._pool.run(self._half.keep, upload, part.evidence_id)

    async def joined(self, upload: HalfUpload, last: Received) -> Received:
        """The whole file that an upload's parts and the last one make."""

        async def pieces() -> AsyncIterator[bytes]:
            for source in (self._half.pieces(upload), self._incoming_pieces(last)):
                while piece := await self._pool.run(next, source, b""):
                    yield piece

        with _as_problems():
            return await self.receive(pieces(), JOINING_LIMIT_S)

    async def finish_half(self, upload: HalfUpload, done: Done) -> None:
        """Note what an upload has become; its parts go."""
        with _as_problems():
            await self._pool.run(self._half.finish, upload, done)

    async def remove_half(self, assignment_id: str, upload_id: str) -> None:
        """Take an upload back."""
        with _as_problems():
            await self._pool.run(self._half.remove, assignment_id, upload_id)

    async def publish(self, evidence_id: str) -> None:
        """Move a file to its place, now that the ledger has it."""
        await self._pool.run(self.store.publish, evidence_id)

    async def discard(self, evidence_id: str) -> None:
        """Remove a received file that the ledger does not want."""
        try:
            await self._pool.run(self.store.discard, evidence_id)
        except (EvidenceStoreError, ProblemError) as error:
            log.warning("A file of evidence that is not wanted stays until it is swept: %s", error)

    async def read(
        self, record: EvidenceRecord, first_byte: int, length_bytes: int
    ) -> AsyncIterator[bytes]:
        """The pieces of a stretch of a file. It is opened before this returns, so that a file that
        is missing is known before anything is answered."""

        def open_there() -> BinaryIO:
            file = self.store.open(record.evidence_id, record.place)
            file.seek(first_byte)
            return file

        with _as_problems():
            file = await self._pool.run(open_there)

        async def pieces() -> AsyncIterator[bytes]:
            left_bytes = length_bytes
            try:
                while left_bytes and (
                    piece := await self._pool.run(file.read, min(left_bytes, PIECE_BYTES))
                ):
                    left_bytes -= len(piece)
                    yield piece
            finally:
                await asyncio.shield(self._pool.run(file.close))

        return pieces()

    async def sweep(self, ledger: Ledger, older_than_s: float) -> None:
        """Finish, or clear away, what dead processes have left under way."""

        def known(evidence_ids: Collection[str]) -> set[str]:
            with ledger.read() as connection:
                return records.known(connection, evidence_ids)

        expired = await self._pool.run(self._half.sweep)
        if expired:
            log.info("uploads in parts that had expired: %d removed", expired)
        published, removed = await self._pool.run(self.store.sweep, older_than_s, known)
        if published or removed:
            log.info("evidence left under way: %d published, %d removed", published, removed)

    def _incoming_pieces(self, received: Received) -> Iterator[bytes]:
        with self.store.open_incoming(received.evidence_id) as file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    async def _throw_away(self, evidence_id: str, upload: Upload) -> None:
        try:
            await self._pool.run(upload.stop)
        except ProblemError:  # the service is stopping, or overloaded
            upload.stop()
        await self.discard(evidence_id)


def _write(upload: Upload, digest: hashlib._Hash, piece: bytes) -> None:
    digest.update(piece)
    upload.write(piece)


async def _gathered(pieces: AsyncIterator[bytes], idle_limit_s: float) -> AsyncIterator[bytes]:
    """The same bytes in pieces worth writing; those before a break too."""
    waiting = bytearray()
    while True:
        problem: ProblemError | None = None
        try:
            async with asyncio.timeout(idle_limit_s):
                piece = await anext(pieces, None)
        except TimeoutError:
            sentence = f"Nothing of the file came for {idle_limit_s:g} s."
            problem = ProblemError("body-too-slow", sentence)
        except ClientDisconnect:
            problem = ProblemError("malformed-request", "The file broke off.")
        except ProblemError as error:
            problem = error
        if problem is not None:
            if waiting:
                yield bytes(waiting)
            raise problem
        if piece is not None:
            waiting += piece
        if waiting and (piece is None or len(waiting) >= PIECE_BYTES):
            yield bytes(waiting)
            waiting.clear()
        if piece is None:
            return


@contextmanager
def _as_problems() -> Iterator[None]:
    """What the store cannot do, as what the caller is answered."""
    try:
        yield
    except EvidenceStoreError as error:
        raise ProblemError("evidence-store-away", str(error)) from None
