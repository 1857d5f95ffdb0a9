"""Verdicts on tags, each asked for once.

A city has ten thousand ways and far fewer kinds of way. A judge names the keys that it looks at and
is shown no others, so all sets of tags that agree on those keys share one verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from geodata.modes import (
    WAY_DESCRIPTION_KEYS,
    Mode,
    NodeVerdict,
    WayDescription,
    WayVerdict,
    describe_node,
    describe_way,
    judge_node,
    judge_way,
    node_tag_keys,
    way_tag_keys,
)
from geodata.network import NodeFlag

Verdict = TypeVar("Verdict")


class VerdictTable(Generic[Verdict]):
    """Verdicts of one judge, filed under the tags that it looks at. One per thread."""

    def __init__(
        self, judge: Callable[[Mapping[str, str]], Verdict], keys: AbstractSet[str]
    ) -> None:
        self._judge = judge
        self._keys = keys
        self._row_of_tags: dict[tuple[tuple[str, str], ...], int] = {}
        self.rows: list[Verdict] = []
        """Verdicts in the order in which they were first needed."""

    def row(self, tags: Mapping[str, str]) -> int:
        """Index into ``rows`` of the verdict on these tags."""
        keys = self._keys
        seen = tuple([item for item in tags.items() if item[0] in keys])
        row = self._row_of_tags.get(seen)
        if row is None:
            row = self._row_of_tags[seen] = len(self.rows)
            self.rows.append(self._judge(dict(seen)))
        return row

    def verdict(self, tags: Mapping[str, str]) -> Verdict:
        return self.rows[self.row(tags)]


def way_verdicts(modes: Sequence[Mode]) -> VerdictTable[tuple[WayVerdict, ...]]:
    """Table of what every mode makes of a way, in the order of `modes`."""
    # Ways that differ for one mode are often alike for another, which looks at fewer keys.
    by_mode = [
        VerdictTable(lambda tags, mode=mode: judge_way(tags, mode), way_tag_keys([mode]))
        for mode in modes
    ]
    return VerdictTable(
        lambda tags: tuple([table.verdict(tags) for table in by_mode]), way_tag_keys(modes)
    )


def way_descriptions() -> VerdictTable[WayDescription]:
    """Table of what a way is, whoever travels on it."""
    return VerdictTable(describe_way, WAY_DESCRIPTION_KEYS)


@dataclass(frozen=True, slots=True)
class NodeJudgement:
    """What stands at a node, and what each mode makes of it."""

    flags: NodeFlag
    verdicts: tuple[NodeVerdict, ...]


def node_judgements(modes: Sequence[Mode]) -> VerdictTable[NodeJudgement]:
    """Table of what stands at a node and what every mode makes of it."""
    return VerdictTable(
        lambda tags: NodeJudgement(
            describe_node(tags), tuple(judge_node(tags, mode) for mode in modes)
        ),
        node_tag_keys(modes),
    )


def column(rows: Sequence, read: Callable, dtype: np.dtype | type) -> np.ndarray:
    """One number of each row as an array, to be indexed by row numbers."""
    return np.array([read(row) for row in rows], dtype)
