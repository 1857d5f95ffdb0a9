"""Verdicts on tags, each asked for once.

A city has ten thousand ways and far fewer kinds of way. A verdict depends only on the tags that
the judge looked at, so two sets of tags that agree on all keys that were ever looked at share one
verdict, and nobody has to keep a list of keys in step with the judges:

    The judge is a function of the tags. Let R be the keys read so far and T1 a set of tags that
    has been judged, T2 one that has not. If T2 restricted to R equals T1 restricted to the keys
    read when T1 was filed, then T2 has nothing under any key that was read for T1 and T1 had not,
    so the judge would read the same values in the same order, and say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from geodata.modes import (
    Mode,
    NodeVerdict,
    WayDescription,
    WayVerdict,
    describe_node,
    describe_way,
    judge_node,
    judge_way,
)
from geodata.network import NodeFlag

Verdict = TypeVar("Verdict")


class _ReadTags(Mapping[str, str]):
    """Tags that note which keys are asked for. Asking for all of them is noted too."""

    __slots__ = ("_keys_read", "_tags")

    def __init__(self, tags: Mapping[str, str], keys_read: set[str]) -> None:
        self._tags = tags
        self._keys_read = keys_read

    def __getitem__(self, key: str) -> str:
        self._keys_read.add(key)
        return self._tags[key]

    def get(self, key, default=None):
        self._keys_read.add(key)
        return self._tags.get(key, default)

    def __contains__(self, key: object) -> bool:
        self._keys_read.add(key)
        return key in self._tags

    def __iter__(self) -> Iterator[str]:
        self._keys_read.add(ALL_KEYS)
        return iter(self._tags)

    def __len__(self) -> int:
        self._keys_read.add(ALL_KEYS)
        return len(self._tags)


ALL_KEYS = ""
"""Noted as read where a judge runs through all keys. No tag of OpenStreetMap has an empty key."""


class VerdictTable(Generic[Verdict]):
    """Verdicts of one judge, filed under the tags that it looked at. One per thread."""

    def __init__(self, judge: Callable[[Mapping[str, str]], Verdict]) -> None:
        self._judge = judge
        self._keys_read: set[str] = set()
        self._row_of_tags: dict[tuple[tuple[str, str], ...], int] = {}
        self.rows: list[Verdict] = []
        """Verdicts in the order in which they were first needed."""

    def row(self, tags: Mapping[str, str]) -> int:
        """Index into ``rows`` of the verdict on these tags."""
        key = self._restricted(tags)
        row = self._row_of_tags.get(key)
        if row is None:
            verdict = self._judge(_ReadTags(tags, self._keys_read))
            row = len(self.rows)
            self.rows.append(verdict)
            self._row_of_tags[self._restricted(tags)] = row
        return row

    def verdict(self, tags: Mapping[str, str]) -> Verdict:
        return self.rows[self.row(tags)]

    def _restricted(self, tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        keys_read = self._keys_read
        if ALL_KEYS in keys_read:
            return tuple(tags.items())
        return tuple([item for item in tags.items() if item[0] in keys_read])


def way_verdicts(modes: Sequence[Mode]) -> VerdictTable[tuple[WayVerdict, ...]]:
    """Table of what every mode makes of a way, in the order of `modes`."""
    return VerdictTable(lambda tags: tuple(judge_way(tags, mode) for mode in modes))


def way_descriptions() -> VerdictTable[WayDescription]:
    """Table of what a way is, whoever travels on it."""
    return VerdictTable(describe_way)


@dataclass(frozen=True, slots=True)
class NodeJudgement:
    """What stands at a node, and what each mode makes of it."""

    flags: NodeFlag
    verdicts: tuple[NodeVerdict, ...]

    @property
    def matters(self) -> bool:
        """Whether the node is more than a point of a line."""
        return bool(self.flags) or any(v.blocked or v.delay_s for v in self.verdicts)


def node_judgements(modes: Sequence[Mode]) -> VerdictTable[NodeJudgement]:
    """Table of what stands at a node and what every mode makes of it."""
    return VerdictTable(
        lambda tags: NodeJudgement(
            describe_node(tags), tuple(judge_node(tags, mode) for mode in modes)
        )
    )


def column(rows: Sequence, read: Callable, dtype: np.dtype | type) -> np.ndarray:
    """One number of each row as an array, to be indexed by row numbers."""
    return np.array([read(row) for row in rows], dtype)
