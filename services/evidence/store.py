"""Files of evidence in a folder, or anywhere that fsspec reaches.

Under the root there are ``incoming/<evidence id>`` for what is not in the ledger yet, and
``<year>-<month>/<evidence id>`` for what is. Nothing is ever written to twice.
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
            self._files, root = url_to_fs(url, use_listings_cache=False)
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
        self._is_folder = isinstance(self._files, LocalFileSystem)
        if self._is_folder:
            try:
                Path(self._root).mkdir(parents=True, exist_ok=True, mode=0o700)
                Path(self._root, INCOMING).mkdir(exist_ok=True, mode=0o700)
            except OSError as error:
                raise SettingsError(
                    f"Evidence cannot be stored in {self._root}: {error.strerror}."
                ) from None

    def begin(self, evidence_id: str) -> Upload:
        """A new file, under way."""
        path = self._incoming(evidence_id)
        with _translated():
            return Upload(self._files, path, self._is_folder)

    def publish(self, evidence_id: str) -> None:
        """Move a file that the ledger has now to its place; it may be there already."""
        path = self._path(place_of(evidence_id))
        with _translated():
            if self._is_folder:
                Path(path).parent.mkdir(exist_ok=True, mode=0o700)
            try:
                self._files.mv(self._incoming(evidence_id), path)
            except FileNotFoundError:
                if not self._files.exists(path):
                    raise
            if self._is_folder:
                _keep_names(Path(path).parent)

    def discard(self, evidence_id: str) -> None:
        """Remove a file that is not wanted; it may be gone already."""
        with _translated(), suppress(FileNotFoundError):
            self._files.rm_file(self._incoming(evidence_id))

    def open(self, evidence_id: str, place: str) -> BinaryIO:
        """A file whose place the ledger tells, to be read. Raises EvidenceStoreError where there is
        none."""
        kept, incoming = self._path(place), self._incoming(evidence_id)
        # Twice at its place: it may be moved there between our looks.
        for path in (kept, incoming, kept):
            with _translated(), suppress(FileNotFoundError):
                return self._files.open(path, "rb", block_size=BLOCK_BYTES)
        raise EvidenceStoreError("The store of evidence has no such file.")

    def sweep(
        self, older_than_s: float, known: Callable[[Collection[str]], Collection[str]]
    ) -> tuple[int, int]:
        """How many files that a dead process left under way were published, and removed.

        Parameters
        ----------
        older_than_s : those younger may still be arriving.
        known : which of some ids the ledger has.
        """
        with _translated():
            try:
                listed = self._files.ls(self._path(INCOMING), detail=True)
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

    def _incoming(self, evidence_id: str) -> str:
        return self._path(f"{INCOMING}/{evidence_id}")

    def _path(self, place: str) -> str:
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
        with _translated():
            self._file.write(data)

    def finish(self) -> None:
        """Returns when all of it is on the disk, or in the object store."""
        with _translated():
            if self._is_folder:
                self._file.flush()
                os.fsync(self._file.f.fileno())
            self._file.close()
            if self._is_folder:
                _keep_names(Path(self._path).parent)

    def stop(self) -> None:
        """Write no more. What was written may still be there, to be discarded."""
        with suppress(Exception):
            self._file.close()


def place_of(evidence_id: str) -> str:
    """Where a file is kept, below the root: by the month in its id (a UUID of version 7)."""
    made_at_ms = uuid.UUID(evidence_id).int >> 80
    return f"{datetime.fromtimestamp(made_at_ms / 1000, UTC):%Y-%m}/{evidence_id}"


def _keep_names(folder: Path) -> None:
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
def _translated() -> Iterator[None]:
    """Whatever a store raises is one error here; object stores raise what their clients do."""
    try:
        yield
    except EvidenceStoreError:
        raise
    except Exception as error:
        log.error("the store of evidence failed: %s", type(error).__name__, exc_info=error)
        raise EvidenceStoreError("The store of evidence does not answer.") from error
