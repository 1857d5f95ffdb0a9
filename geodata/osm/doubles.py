"""Ways that come more than once, in overlapping extracts or in a damaged file, made one."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import NamedTuple

import numpy as np

from geodata.osm.scan import ScannedWays


class Ways(NamedTuple):
    """Roads as arrays: each OSM way once or, where extracts cut it, as the pieces they have."""

    osm_id: np.ndarray  # int64[way]
    verdict: np.ndarray  # int64[way], row of the verdict table
    description: np.ndarray  # int64[way], row of the description table
    area: np.ndarray  # bool[way]: the closed outline of an area
    first_ref: np.ndarray  # int64[way + 1] into refs
    refs: np.ndarray  # int64[ref], OSM ids of nodes

    def refs_of(self, way: int) -> np.ndarray:
        return self.refs[self.first_ref[way] : self.first_ref[way + 1]]


def merge_doubles(scanned: ScannedWays, warnings: Counter[str] | None) -> Ways:
    """The ways, each OSM id once.

    1. Of several versions the newest stays.
    2. Of equal versions that run through the same points the first stays.
    3. Equal versions that differ are parts of one way, as extracts cut it. The first stays, and
       the stretches that it lacks become ways of their own.

    `warnings` counts the doubles; None where several files overlap, which is no fault.
    """
    osm_id = np.array(scanned.osm_id, np.int64)
    version = np.array(scanned.version, np.int64)
    ways = Ways(
        osm_id,
        np.array(scanned.verdict, np.int64),
        np.array(scanned.description, np.int64),
        np.array(scanned.area, bool),
        np.concatenate(([0], np.cumsum(np.array(scanned.ref_count, np.int64)))),
        np.array(scanned.refs, np.int64),
    )
    order = np.lexsort((np.arange(len(osm_id)), -version, osm_id))
    is_double = np.concatenate(([False], osm_id[order][1:] == osm_id[order][:-1]))[: len(order)]
    if not is_double.any():
        return ways
    # RULE 1: the first of each group in this order is the newest
    newest = order[np.maximum.accumulate(np.where(is_double, 0, np.arange(len(order))))]
    missing: list[tuple[int, np.ndarray]] = []
    known_steps: dict[int, set[tuple[int, int]]] = {}
    for place in np.flatnonzero(is_double).tolist():
        way, kept = int(order[place]), int(newest[place])
        refs, kept_refs = ways.refs_of(way), ways.refs_of(kept)
        # RULE 2
        if version[way] != version[kept] or np.array_equal(refs, kept_refs):
            continue
        # RULE 3
        if kept not in known_steps:
            known_steps[kept] = set(_steps(kept_refs))
        missing += [(kept, stretch) for stretch in _new_stretches(refs, known_steps[kept])]
    if warnings is not None:
        warnings["a way that comes more than once was merged"] += int(is_double.sum())
    return _selected(ways, np.sort(order[~is_double]), missing)


def _steps(refs: np.ndarray) -> list[tuple[int, int]]:
    points = refs.tolist()
    return list(itertools.pairwise(points))


def _new_stretches(refs: np.ndarray, known: set[tuple[int, int]]) -> list[np.ndarray]:
    """The longest runs of steps of `refs` that are not known, which then are known."""
    stretches: list[list[int]] = []
    running = False
    for start, end in _steps(refs):
        if (start, end) in known:
            running = False
            continue
        known.add((start, end))
        if not running:
            stretches.append([start])
            running = True
        stretches[-1].append(end)
    return [np.array(stretch, np.int64) for stretch in stretches]


def _selected(ways: Ways, chosen: np.ndarray, added: list[tuple[int, np.ndarray]]) -> Ways:
    """The chosen ways, then the added stretches, each with the tags of the way it belongs to."""
    source = np.concatenate((chosen, np.array([way for way, _ in added], np.int64)))
    lines = [ways.refs_of(way) for way in chosen.tolist()] + [refs for _, refs in added]
    area = ways.area[source]
    area[len(chosen) :] = False
    return Ways(
        ways.osm_id[source],
        ways.verdict[source],
        ways.description[source],
        area,
        np.concatenate(([0], np.cumsum([len(line) for line in lines]))).astype(np.int64),
        np.concatenate(lines),
    )
