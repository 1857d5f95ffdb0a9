"""Standby: given who is busy, who should move where, so that the next alert finds somebody near."""

from __future__ import annotations

import time
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import shapely

from dispatch.coverage.doors import Doors
from dispatch.coverage.people import People
from dispatch.coverage.survey import cell_names
from dispatch.coverage.targets import Target, target_of
from dispatch.errors import PlanningError
from dispatch.frames import CRS, points_of
from dispatch.interception.units import Roads
from dispatch.responders import KINDS
from dispatch.siting.covering import add_expected, expected_cover
from dispatch.siting.drives import times_to_cells
from dispatch.siting.problem import names_of
from dispatch.siting.program import Program
from geodata.positions import RoadPositions

LIMIT_S = 10.0
FARTHEST_S = 1_200.0
"""Nobody is moved farther: who drives for longer is needed where they are before they arrive."""
MOST_MOVES = 5
LEAST_GAIN = 0.005
"""A move that adds a smaller share of the weight is not worth a radio call."""
DRIVING_COUNTS = 1e-6
"""Of plans whose cover differs by a smaller share of the weight, the one with less driving wins."""


@dataclass(frozen=True, slots=True, eq=False)
class Standby:
    """Who moves where, and what each move is worth."""

    moves: geopandas.GeoDataFrame
    """A row for each move, the most valuable first: ``responder_id``, ``kind``, ``post``,
    ``drive_s``, ``cover`` after it and those before it (expected share of the weight that finds a
    free unit in time), ``gain``; the line from where they are to the post."""
    frontier: pd.DataFrame
    """``moves``: 0, 1, 2 ...; ``cover``: the best with so many; ``bound``, ``proven``."""
    cells: geopandas.GeoDataFrame
    """``cell``, its weight, ``units_before`` and ``units_after`` in reach in time; the hexagon."""
    cover_before: float
    cover_after: float


def standby(
    roads: Roads,
    people: People | geopandas.GeoDataFrame,
    posts: geopandas.GeoDataFrame,
    doors: Doors,
    target: Target | float | str,
    *,
    kinds: tuple[str, ...] | None = None,
    busy: float = 0.3,
    most_moves: int = MOST_MOVES,
    least_gain: float = LEAST_GAIN,
    farthest_s: float = FARTHEST_S,
    limit_s: float = LIMIT_S,
) -> Standby:
    """The fewest moves of free units to posts that are worth it.

    people      whoever is free; a frame's rows with another status than available stay out. From
                a post, the turn-out that is usual for the kind counts; where they are now, theirs.
    posts       points where one can wait, with ``name``; one unit is sent to each at most.
    target      how soon somebody has to be anywhere, and of which kinds.
    busy        the share of the time that a free unit will soon be busy, as in MEXCLP.
    most_moves  no more are proposed; a further move is not either when the best plan with it covers
                less than `least_gain` of the weight more than the best plan without it.

    Plans with 0, 1, 2 ... moves are each solved to the optimum; of equally good ones, the one with
    the least driving. What a unit on its way does not cover meanwhile is not in it; `farthest_s`
    keeps that short.
    """
    target = target_of(target, kinds)
    if not 0.0 <= busy < 1.0:
        raise PlanningError(f"The busy fraction is 0 or more and below 1, not {busy}.")
    if most_moves < 0 or least_gain < 0 or farthest_s <= 0:
        raise PlanningError("most_moves and least_gain are 0 or more, farthest_s is above 0.")
    return _Planning(roads, People.of(roads, people), posts, doors, target, busy, farthest_s).plan(
        most_moves, least_gain, limit_s
    )


class _Planning:
    def __init__(self, roads, people, posts, doors, target, busy, farthest_s) -> None:
        self._doors, self._busy = doors, busy
        self._weight = doors.cell_weight
        meant = target.kinds_among(tuple(dict.fromkeys(people.kind)))
        groups = [
            group
            for group in people.groups()
            if group[0] in meant and group[1] in roads.network.modes
        ]
        if not groups:
            raise PlanningError("Nobody of the kinds that count is near a road; nobody can move.")
        lon, lat = points_of(posts, "posts")
        self._names = names_of(posts, lon, lat)
        self._posts = shapely.points(lon, lat)
        self._people = people
        rows, group_of, stays, drives, from_posts = [], [], [], [], []
        for number, (kind, mode, members) in enumerate(groups):
            at: RoadPositions = roads.snapper.snap(lon, lat, mode)
            to_cells, to_posts = times_to_cells(
                roads,
                people.road.take(members),
                mode,
                doors,
                delay_ms=people.delay_ms[members],
                also=at,
            )
            turn_out_ms = np.full(len(at), round(1_000 * KINDS[kind].turn_out_s), dtype=np.int64)
            there, _ = times_to_cells(roads, at, mode, doors, delay_ms=turn_out_ms)
            rows.append(members)
            group_of.append(np.full(len(members), number))
            stays.append(to_cells <= target.target_s)
            drives.append(to_posts)
            from_posts.append(there <= target.target_s)
        self._rows = np.concatenate(rows)
        self._group_of = np.concatenate(group_of)
        self._stays = np.concatenate(stays)
        """bool[unit, cell]: in time from where they are."""
        self._drive_s = np.concatenate(drives)
        """float64[unit, post]."""
        self._from_posts = np.stack(from_posts)
        """bool[group, post, cell]."""
        self._movable = self._drive_s <= farthest_s
        self._farthest_s = farthest_s

    def plan(self, most_moves: int, least_gain: float, limit_s: float) -> Standby:
        total = float(self._weight.sum())
        best: list[tuple[int, int]] = []
        before = now = self._cover([])
        frontier = [{"moves": 0, "cover": before / total, "bound": before / total, "proven": True}]
        for count in range(1, min(most_moves, len(self._rows)) + 1):
            moves, bound, proven = self._best(count, limit_s)
            cover = self._cover(moves)
            bound = cover if proven else max(cover, bound + DRIVING_COUNTS * total)
            frontier.append(
                {"moves": count, "cover": cover / total, "bound": bound / total, "proven": proven}
            )
            if cover - now < max(least_gain * total, DRIVING_COUNTS * total):
                break
            best, now = moves, cover
        return Standby(
            self._in_order(best),
            pd.DataFrame(frontier),
            self._cells(best),
            before / total,
            now / total,
        )

    def _best(self, most: int, limit_s: float) -> tuple[list[tuple[int, int]], float, bool]:
        """(the best plan with at most so many moves as (unit, post), its bound, whether proven)."""
        units, posts = self._drive_s.shape
        groups = len(self._from_posts)
        program = Program()
        unit, post = np.nonzero(self._movable)
        total = float(self._weight.sum())
        per_s = DRIVING_COUNTS * total / (max(most, 1) * self._farthest_s)
        stay = program.variables(np.zeros(units), whole=True)
        move = program.variables(per_s * self._drive_s[unit, post], whole=True)
        waits = program.variables(np.zeros(groups * posts), upper=1.0)
        one = np.arange(units)
        program.rows(units, [(one, stay, 1.0), (unit, move, 1.0)], lower=1.0, upper=1.0)
        program.rows(1, [(np.zeros(len(move), int), move, 1.0)], upper=float(most))
        program.rows(posts, [(post, move, 1.0)], upper=1.0)
        # Whoever waits at a post came there: one row for each group and post.
        at = self._group_of[unit] * posts + post
        own = np.arange(groups * posts)
        program.rows(len(own), [(own, waits, 1.0), (at, move, -1.0)], lower=0.0, upper=0.0)
        covers = np.concatenate([self._stays, self._from_posts.reshape(len(own), -1)])
        meant = covers.any(axis=0) & (self._weight > 0)
        if not meant.any():
            return [], 0.0, True
        alike, place = np.unique(covers[:, meant], axis=1, return_inverse=True)
        weight = np.bincount(place.ravel(), weights=self._weight[meant])
        variables = np.concatenate([stay, waits])
        add_expected(program, alike, weight, variables, units, self._busy)
        solved = program.solve(time.perf_counter() + limit_s)
        if solved.x is None:
            return [], total, False
        taken = np.flatnonzero(solved.x[move] > 0.5)
        moves = list(zip(unit[taken].tolist(), post[taken].tolist(), strict=True))
        return moves, -solved.bound, solved.proven

    def _in_reach(self, moves: list[tuple[int, int]]) -> np.ndarray:
        """int64[cell]: units in reach in time once these have moved."""
        stay = np.ones(len(self._rows), dtype=bool)
        stay[[unit for unit, _ in moves]] = False
        count = self._stays[stay].sum(axis=0)
        for unit, post in moves:
            count = count + self._from_posts[self._group_of[unit], post]
        return count

    def _cover(self, moves: list[tuple[int, int]]) -> float:
        return expected_cover(self._in_reach(moves), self._weight, self._busy)

    def _in_order(self, moves: list[tuple[int, int]]) -> geopandas.GeoDataFrame:
        total = float(self._weight.sum())
        left, done, rows, lines = list(moves), [], [], []
        now = self._cover([])
        while left:
            move = max(left, key=lambda one: self._cover([*done, one]))
            left.remove(move)
            done.append(move)
            unit, post = move
            row = int(self._rows[unit])
            cover = self._cover(done)
            rows.append(
                {
                    "responder_id": self._people.responder_id[row],
                    "kind": self._people.kind[row],
                    "post": self._names[post],
                    "drive_s": self._drive_s[unit, post],
                    "cover": cover / total,
                    "gain": (cover - now) / total,
                }
            )
            now = cover
            here = shapely.Point(self._people.lon[row], self._people.lat[row])
            lines.append(shapely.LineString([here, self._posts[post]]))
        columns = ["responder_id", "kind", "post", "drive_s", "cover", "gain"]
        return geopandas.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=lines, crs=CRS)

    def _cells(self, moves: list[tuple[int, int]]) -> geopandas.GeoDataFrame:
        table = {
            "cell": cell_names(self._doors),
            self._doors.weight_name: self._weight,
            "units_before": self._in_reach([]),
            "units_after": self._in_reach(moves),
        }
        return geopandas.GeoDataFrame(pd.DataFrame(table), geometry=self._doors.shapes(), crs=CRS)
