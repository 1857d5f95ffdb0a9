"""OSM tags among the attributes of a networkx graph.

OSMnx leaves an attribute a list where it has merged ways that differ; GraphML read without OSMnx
leaves lists and truth values as text.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from geodata.modes.way_description import ROAD_KIND_BY_CLASS
from geodata.tags.speeds import parse_speed_kph

_ROAD_CLASS = {kind: number for number, kind in enumerate(ROAD_KIND_BY_CLASS)}


def values_of(value: object) -> list[object]:
    """All values of an attribute: a list, a list written as text, or one value; none if missing."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return [value]
    if isinstance(value, (list, tuple, set)):
        return [part for part in value if not _is_missing(part)]
    return [] if _is_missing(value) else [value]


def _is_missing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def is_true(value: object) -> bool:
    """Graphs loaded without OSMnx carry their truth values as text."""
    return value is True or value == "True" or value == "yes" or (value == 1 and value is not None)


def tags_of(data: Mapping[str, object], keys: frozenset[str]) -> dict[str, str]:
    """The OSM tags among a node's or edge's attributes, one word each."""
    tags = {}
    for key in keys & data.keys():
        words = [str(value) for value in values_of(data[key]) if not isinstance(value, bool)]
        if len(words) > 1:
            words = _chosen(key, words)
        if words:
            tags[key] = words[0]
    return tags


def _chosen(key: str, words: list[str]) -> list[str]:
    if key == "highway":
        return [max(words, key=lambda word: (_ROAD_CLASS.get(word, -1), word))]
    if key.startswith("maxspeed"):
        return [min(words, key=lambda word: (parse_speed_kph(word) or math.inf, word))]
    if key in ("name", "ref"):
        return ["; ".join(sorted(words))]
    return sorted(words)


def carried_kph(data: Mapping[str, object] | None, judged_kph: float) -> float:
    """The speed that an edge of our own making carries; 0 if there is no edge."""
    if data is None:
        return 0.0
    try:
        kph = float(data["speed_kph"])  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError):
        return judged_kph
    return kph if math.isfinite(kph) and kph > 0 else judged_kph


def way_id(data: Mapping[str, object]) -> int:
    """The first OSM way id of an edge, 0 where it carries none."""
    for value in values_of(data.get("osmid")):
        try:
            return int(value)  # type: ignore[call-overload]
        except (TypeError, ValueError):
            continue
    return 0


def node_ids(names: Sequence[Hashable]) -> np.ndarray:
    """int64[node]: the graph's names where all are numbers, else numbers counted from 1."""
    try:
        ids = np.array([int(name) for name in names], np.int64)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return np.arange(1, len(names) + 1, dtype=np.int64)
    if len(np.unique(ids)) != len(ids):
        return np.arange(1, len(names) + 1, dtype=np.int64)
    return ids
