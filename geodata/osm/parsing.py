"""Runs of the parser, each in a process of its own, two at a time.

What a run finds comes back in files in memory. A crash of the parser, which a hostile file can
bring about, is one more thing that can be said in a sentence.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from geodata.errors import MapFileError
from geodata.osm.map_file import MapFile

_PARSER = Path(__file__).with_name("parser.py")
_LOOK_S = 0.05
"""Time between two looks at how far a run has come."""
_OUTPUT_SHARE = 2.0
"""Bytes found per byte of the file, for the progress bar only (measured: 1.5 to 4)."""

OUTPUTS = {"ways": ("lines", "members"), "points": ("lines", "places"), "negative": ("lines",)}
"""The files that each task of the parser fills, see :mod:`geodata.osm.parser`."""

RUNS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a run of the parser found in a map file; open as long as its :class:`Parsings`."""

    file: MapFile
    found: dict[str, BinaryIO]
    """Output -> file in memory, at its beginning."""
    generator: str
    """What wrote the map file, by its own account."""


class _Run:
    """One run, started when it is first needed."""

    def __init__(self, file: MapFile, task: str, keys: Iterable[str]) -> None:
        self._file = file
        self._task = task
        self._keys = sorted(keys)
        self._closing = ExitStack()
        self._found: dict[str, BinaryIO] = {}
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        if self._process is not None:
            return
        for name in OUTPUTS[self._task]:
            self._found[name] = self._closing.enter_context(_memory_file(name))
        descriptors = {name: file.fileno() for name, file in self._found.items()}
        request = {
            "file": str(self._file.path.absolute()),
            "format": self._file.format,
            "task": self._task,
            "keys": self._keys,
            **descriptors,
        }
        # -P: the folder of the program is no place to import from
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_PARSER), json.dumps(request)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=tuple(descriptors.values()),
        )

    def finish(self, progress: Callable[[float], None]) -> Parsed:
        """What the run found, when it is over."""
        self.start()
        expected = self._file.path.stat().st_size * _OUTPUT_SHARE + 1
        while True:
            try:
                said, _ = self._process.communicate(timeout=_LOOK_S)
                break
            except subprocess.TimeoutExpired:
                found = sum(os.fstat(file.fileno()).st_size for file in self._found.values())
                progress(found / (found + expected))
        answer = _answer(self._file, said)
        for file in self._found.values():
            file.seek(0)
        return Parsed(self._file, self._found, answer["generator"])

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._closing.close()


class Parsings:
    """Runs of the parser in the order in which they are needed; the next one runs ahead.

    To be used in a ``with`` statement, which ends whatever still runs.
    """

    def __init__(self, jobs: Sequence[tuple[MapFile, str, Iterable[str]]]) -> None:
        """Jobs are (file, task, keys), see :mod:`geodata.osm.parser`."""
        self._runs = [_Run(*job) for job in jobs]
        self._next = 0

    def __enter__(self) -> Parsings:
        return self

    def __exit__(self, *_: object) -> None:
        for run in self._runs:
            run.close()

    def finish_next(self, progress: Callable[[float], None]) -> Parsed:
        """The next job done. Raises :class:`MapFileError` where its file cannot be parsed."""
        for run in self._runs[self._next : self._next + RUNS_AT_ONCE]:
            run.start()
        run = self._runs[self._next]
        self._next += 1
        return run.finish(progress)


def _answer(file: MapFile, said: bytes) -> dict:
    """The parser's answer, or what went wrong as MapFileError."""
    try:
        answer = json.loads(said)
    except ValueError:
        raise MapFileError(
            f"{file.name} makes the parser crash: it is damaged or made to do harm; get it again "
            "from a source that you trust."
        ) from None
    if "error" not in answer:
        if answer["history"]:
            raise MapFileError(
                f"{file.name} is a history file; make a map of one day with "
                "`osmium time-filter` first."
            )
        return answer
    reason = " ".join(answer["error"].split()).rstrip(".")
    if answer["kind"] == "coordinate":
        raise MapFileError(
            f"{file.name} has a coordinate that is none: {reason}; correct or remove it."
        )
    if answer["kind"] == "memory":
        raise MapFileError(f"{file.name} does not fit into memory; cut out a smaller area.")
    raise MapFileError(f"{file.name} is damaged: {reason}.")


@contextmanager
def _memory_file(name: str) -> Iterator[BinaryIO]:
    """A file in memory where the system has such a thing, else a temporary one on disk."""
    in_memory = hasattr(os, "memfd_create")
    with os.fdopen(os.memfd_create(name), "r+b") if in_memory else TemporaryFile() as file:
        yield file
