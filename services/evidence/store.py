"""Files of evidence in a folder, or anywhere that fsspec reaches.

Under the root there are ``incoming/<evidence id>`` for what is not in the ledger yet, and
``<year>-<month>/<evidence id>`` for what is; what is sent in parts lies under ``half``
(:mod:`services.evidence.half_uploads`). Nothing is ever written to twice.
"""

from __future__ import annotations

import logging
import os
import posixpath
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from fsspec.spec import AbstractFileSystem

from services.errors import EvidenceStoreError, SettingsError

log = logging.getLogger("forestall")

INCOMING = "incoming"
BLOCK_BYTES = 8 * 1024 * 1024
"""What an object store is sent at once; it is held in memory, once for each upload."""


class EvidenceStore:
    """The files. Every method may touch a disk or a network; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Look whether files can be stored at the URL; nothing is asked of a network yet.

        Raises SettingsError in one sentence.
        """
        try:
            self.files, root = url_to_fs(url, use_listings_cache=False)
        except ImportError:
            raise SettingsError(
                f"The setting evidence_url needs a package for '{_scheme(url)}://'; for s3:// "
                "install it with: pip install 'forestall[s3]'."
            ) from None
        except (ValueError, OSError) as error:
            raise SettingsError(f"The setting evidence_url cannot be used: {error}.") from None
        self._root = root.rstrip("/")
        if not self._root:
            raise SettingsError(
                "The setting evidence_url names no folder or bucket: write a folder, or "
                "s3://BUCKET/FOLDER."
            )
        self.is_folder = isinstance(self.files, LocalFileSystem)
        if self.is_folder:
            try:
                Path(self._root).mkdir(parents=True, exist_ok=True, mode=0o700)
                Path(self._root, INCOMING).mkdir(exist_ok=True, mode=0o700)
            except OSError as error:
                raise SettingsError(
                    f"Evidence cannot be stored in {self._root}: {error.strerror}."
                ) from None

    def begin(self, evidence_id: str) -> Upload:
        """A new file, under way."""
        path = self.incoming(evidence_id)
        with translated():
            return Upload(self.files, path, self.is_folder)

    def publish(self, evidence_id: str) -> None:
        """Move a file that the ledger has now to its place; it may be there already."""
        path = self.path(place_of(evidence_id))
        with translated():
            if self.is_folder:
                Path(path).parent.mkdir(exist_ok=True, mode=0o700)
            try:
                self.files.mv(self.incoming(evidence_id), path)
            except FileNotFoundError:
                if not self.files.exists(path):
                    raise
            if self.is_folder:
                keep_names(Path(path).parent)

    def discard(self, evidence_id: str) -> None:
        """Remove a file that is not wanted; it may be gone already."""
        with translated(), suppress(FileNotFoundError):
            self.files.rm_file(self.incoming(evidence_id))

    def open(self, evidence_id: str, place: str) -> BinaryIO:
        """A file whose place the ledger tells, to be read. Raises EvidenceStoreError where there is
        none."""
        kept, incoming = self.path(place), self.incoming(evidence_id)
        # Twice at its place: it may be moved there between our looks.
        for path in (kept, incoming, kept):
            with translated(), suppress(FileNotFoundError):
                return self.files.open(path, "rb", block_size=BLOCK_BYTES)
        raise EvidenceStoreError("The store of evidence has no such file.")

    def open_incoming(self, evidence_id: str) -> BinaryIO:
        """A file that is received and not in the ledger, to be read."""
        with translated():
            return self.files.open(self.incoming(evidence_id), "rb", block_size=BLOCK_BYTES)

    def sweep(
        self, older_than_s: float, known: Callable[[Collection[str]], Collection[str]]
    ) -> tuple[int, int]:
        """How many files that a dead process left under way were published, and removed.

        Parameters
        ----------
        older_than_s : those younger may still be arriving.
        known : which of some ids the ledger has.
        """
        with translated():
            try:
                listed = self.files.ls(self.path(INCOMING), detail=True)
            except FileNotFoundError:
                return 0, 0
            before_s = time.time() - older_than_s
            left = [
                posixpath.basename(entry["name"])
                for entry in listed
                if entry["type"] == "file" and _changed_at_s(entry) < before_s
            ]
        there = set(known(left)) if left else set()
        for evidence_id in left:
            if evidence_id in there:
                self.publish(evidence_id)
            else:
                self.discard(evidence_id)
        return len(there), len(left) - len(there)

    def incoming(self, evidence_id: str) -> str:
        """Where a file lies that is under way, or not in the ledger yet."""
        return self.path(f"{INCOMING}/{evidence_id}")

    def path(self, place: str) -> str:
        """Where the store's files system has a place."""
        return f"{self._root}/{place}"


class Upload:
    """A file under way. Used by one thread at a time."""

    def __init__(self, files: AbstractFileSystem, path: str, is_folder: bool) -> None:
        self._path = path
        self._is_folder = is_folder
        self._file = files.open(path, "wb", block_size=BLOCK_BYTES)
        if is_folder:
            os.chmod(path, 0o600)

    def write(self, data: bytes) -> None:
        with translated():
            self._file.write(data)

    def finish(self) -> None:
        """Returns when all of it is on the disk, or in the object store."""
        with translated():
            if self._is_folder:
                self._file.flush()
                os.fsync(self._file.f.fileno())
            self._file.close()
            if self._is_folder:
                keep_names(Path(self._path).parent)

    def stop(self) -> None:
        """Write no more. What was written may still be there, to be discarded."""
        with suppress(Exception):
            self._file.close()


def place_of(evidence_id: str) -> str:
    """Where a file is kept, below the root: by the month in its id (a UUID of version 7)."""
    made_at_ms = uuid.UUID(evidence_id).int >> 80
    return f"{datetime.fromtimestamp(made_at_ms / 1000, UTC):%Y-%m}/{evidence_id}"


def keep_names(folder: Path) -> None:
    """Returns when the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _changed_at_s(entry: dict) -> float:
    """When a listed file was last written to, as the kinds of store spell it; unknown: now."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = entry.get(name)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
    return time.time()


def _scheme(url: str) -> str:
    return url.partition("://")[0]


@contextmanager
def translated() -> Iterator[None]:
    """Whatever a store raises is one error here; object stores raise what their clients do."""
    try:
        yield
    except EvidenceStoreError:
        raise
    except Exception as error:
        log.error("the store of evidence failed: %s", type(error).__name__, exc_info=error)
        raise EvidenceStoreError("The store of evidence does not answer.") from error
