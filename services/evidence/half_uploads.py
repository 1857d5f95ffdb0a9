"""Files that are sent in parts, over connections that break off: what has come so far.

Under ``half/<assignment id>/<upload id>`` of the store lie

``about``
    what was announced: length, media type, hash;
``<first byte>``
    one part each, under the place of its first byte. Parts follow one another without a gap; what
    follows a gap is a part of a lost race and is passed over;
``done``
    the evidence that it has become. From then on there are no parts.

A part is written elsewhere and moved here once it is whole and on the disk, so that whatever is
here survives a restart. Everything is gone when the upload expires.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from services.errors import ProblemError
from services.evidence.store import BLOCK_BYTES, EvidenceStore, keep_names, translated
from services.ids import is_id, new_id

HALF = "half"
ABOUT, DONE = "about", "done"
OPEN_LIMIT = 10
"""Most uploads of one assignment that are not done: a link in wrong hands fills no disk."""
KEPT_S = 2 * 86_400.0
"""How long an upload can be gone on with: as long as the link that began it opens anything."""
PIECE_BYTES = 1024 * 1024

_T = TypeVar("_T")


class About(Struct, frozen=True):
    """What was announced of a file."""

    length_bytes: int
    media_type: str
    sha256_hex: str | None
    """None: not announced."""
    begun_at_s: float

    @property
    def expires_at_s(self) -> float:
        return self.begun_at_s + KEPT_S


class Done(Struct, frozen=True):
    """What a file has become."""

    evidence_id: str
    sha256_hex: str


@dataclass(frozen=True, slots=True)
class HalfUpload:
    """An upload as it stands."""

    assignment_id: str
    upload_id: str
    about: About
    parts: tuple[int, ...]
    """First byte of each part."""
    offset_bytes: int
    """How much has come."""
    done: Done | None


class HalfUploads:
    """The uploads of a store. Every method may touch a disk or a network; any thread may call."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store

    def begin(self, assignment_id: str, about: About) -> HalfUpload:
        """A new upload of which nothing has come. Raises ProblemError where there are too many."""
        there = self._folders(self._place(assignment_id))
        known = (self.find(assignment_id, posixpath.basename(one)) for one in there)
        if sum(one is not None and one.done is None for one in known) >= OPEN_LIMIT:
            raise ProblemError(
                "not-possible-now",
                f"{OPEN_LIMIT} uploads of the assignment are not done: go on with one of them, or "
                "take one back.",
            )
        upload_id = new_id()
        self._write(self._place(assignment_id, upload_id), ABOUT, about)
        return HalfUpload(assignment_id, upload_id, about, (), 0, None)

    def find(self, assignment_id: str, upload_id: str) -> HalfUpload | None:
        """An upload as it stands; None where there is none, or none any more."""
        if not (is_id(assignment_id) and is_id(upload_id)):
            return None
        folder = self._place(assignment_id, upload_id)
        about = self._read(folder, ABOUT, About)
        if about is None or time.time() >= about.expires_at_s:
            return None
        done = self._read(folder, DONE, Done)
        if done is not None:
            return HalfUpload(assignment_id, upload_id, about, (), about.length_bytes, done)
        sizes = self._sizes(folder)
        parts, offset_bytes = [], 0
        while size_bytes := sizes.get(_part_name(offset_bytes)):
            parts.append(offset_bytes)
            offset_bytes += size_bytes
        return HalfUpload(assignment_id, upload_id, about, tuple(parts), offset_bytes, None)

    def keep(self, upload: HalfUpload, received_id: str) -> None:
        """Add a part that was received in ``incoming``, at the upload's offset."""
        store, folder = self._store, self._place(upload.assignment_id, upload.upload_id)
        path = store.path(f"{folder}/{_part_name(upload.offset_bytes)}")
        with translated():
            store.files.mv(store.incoming(received_id), path)
            if store.is_folder:
                keep_names(Path(path).parent)

    def pieces(self, upload: HalfUpload) -> Iterator[bytes]:
        """What has come, from the first byte on."""
        folder = self._place(upload.assignment_id, upload.upload_id)
        for first_byte in upload.parts:
            path = self._store.path(f"{folder}/{_part_name(first_byte)}")
            with (
                translated(),
                self._store.files.open(path, "rb", block_size=BLOCK_BYTES) as file,
            ):
                while piece := file.read(PIECE_BYTES):
                    yield piece

    def finish(self, upload: HalfUpload, done: Done) -> None:
        """Note what it has become; its parts are not needed any more."""
        folder = self._place(upload.assignment_id, upload.upload_id)
        self._write(folder, DONE, done)
        for name in self._sizes(folder):
            if name not in (ABOUT, DONE):
                with translated(), suppress(FileNotFoundError):
                    self._store.files.rm_file(self._store.path(f"{folder}/{name}"))

    def remove(self, assignment_id: str, upload_id: str) -> None:
        """Take an upload back; it may be gone already."""
        folder = self._store.path(self._place(assignment_id, upload_id))
        with translated():
            with suppress(FileNotFoundError):
                self._store.files.rm(folder, recursive=True)
            if self._store.is_folder:
                with suppress(OSError):  # others of the assignment are there
                    Path(folder).parent.rmdir()

    def sweep(self) -> int:
        """How many uploads had expired, and are removed."""
        removed = 0
        for assignment in self._folders(HALF):
            assignment_id = posixpath.basename(assignment)
            for upload in self._folders(self._place(assignment_id)):
                upload_id = posixpath.basename(upload)
                about = self._read(self._place(assignment_id, upload_id), ABOUT, About)
                if about is not None and time.time() >= about.expires_at_s:
                    self.remove(assignment_id, upload_id)
                    removed += 1
        return removed

    def _place(self, *words: str) -> str:
        return "/".join((HALF, *words))

    def _folders(self, place: str) -> list[str]:
        with translated():
            try:
                listed = self._store.files.ls(self._store.path(place), detail=True)
            except FileNotFoundError:
                return []
        return [entry["name"].rstrip("/") for entry in listed if entry["type"] == "directory"]

    def _sizes(self, folder: str) -> dict[str, int]:
        """Bytes by name of all that lies in a folder."""
        with translated():
            try:
                listed = self._store.files.ls(self._store.path(folder), detail=True)
            except FileNotFoundError:
                return {}
        return {
            posixpath.basename(entry["name"]): int(entry["size"])
            for entry in listed
            if entry["type"] == "file"
        }

    def _write(self, folder: str, name: str, content: Struct) -> None:
        """Returns when it is on the disk, or in the object store."""
        store, path = self._store, self._store.path(f"{folder}/{name}")
        if store.is_folder:
            with translated():
                Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        received_id = new_id()
        upload = store.begin(received_id)
        upload.write(msgspec.json.encode(content))
        upload.finish()
        with translated():
            store.files.mv(store.incoming(received_id), path)
            if store.is_folder:
                keep_names(Path(path).parent)
                keep_names(Path(path).parent.parent)

    def _read(self, folder: str, name: str, type_: type[_T]) -> _T | None:
        with translated(), suppress(FileNotFoundError):
            text = self._store.files.cat_file(self._store.path(f"{folder}/{name}"))
            return msgspec.json.decode(text, type=type_)
        return None


def _part_name(first_byte: int) -> str:
    return f"{first_byte:015d}"
