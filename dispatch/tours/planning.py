"""Tours through a day's visits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
from pyvrp import Client, Depot, Location, ProblemData, Result, VehicleType, solve
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria

from dispatch.errors import PlanningError
from dispatch.frames import CRS
from dispatch.interception.units import Roads
from dispatch.tours.drives import FAR_S, Drives
from dispatch.tours.round import Round, read_round

ITERATIONS = 2_000
"""Of the search for better tours."""
WORTH = 20
"""How much more than a whole day the visit that weighs most is worth, and the lightest at least
once: nobody is left out to save time."""
REASONS = {
    "out_of_network": "no road or path that a walker can use is near",
    "nobody_may": "nobody walks in its grid",
    "nobody_in_time": "nobody who may go can be there in its window and back before the shift ends",
    "no_room": "the shifts are full; visits that weigh more, or lie nearer, came first",
}
"""Why a visit is not on any tour."""


@dataclass(frozen=True, slots=True, eq=False)
class Tours:
    """Who visits whom in which order."""

    stops: geopandas.GeoDataFrame
    """One row per visit in the order of tours: ``responder_id``, ``stop`` (1, 2 ...), ``visit``
    (index in the planner's frame), ``leaves`` (the place before), ``arrives``, ``begins`` (waits
    until then), ``ends``, ``travel_s``, ``distance_m``; the way there by road."""
    ways_back: geopandas.GeoDataFrame
    """One row per tour: ``responder_id``, ``leaves``, ``arrives``, ``travel_s``, ``distance_m``."""
    unserved: pd.DataFrame
    """One row per visit that is on no tour: ``visit``, ``reason`` (a word of REASONS), ``why``."""


def plan_tours(
    roads: Roads,
    visits: geopandas.GeoDataFrame,
    walkers: geopandas.GeoDataFrame,
    *,
    seed: int = 0,
    iterations: int = ITERATIONS,
    limit_s: float = 60.0,
) -> Tours:
    """Tours that serve as many visits as there is time for, heavy ones before light ones, in as
    little time as can be found.

    visits    points. Optional columns: ``from`` and ``until`` (a visit begins between them; times
              with their zone), ``service_s`` (else ten minutes), ``weight`` (above 0, else 1) and
              ``grid`` (a jurisdiction).
    walkers   points where they start and where they return to, with ``kind``, ``begins`` and
              ``ends`` (the shift). Optional columns: ``mode`` (else that of the kind),
              ``responder_id`` and ``grid``: they visit there and below it only.

    The search is PyVRP's (Wouda, Lan and Kool, INFORMS Journal on Computing 36, 2024) and not
    exact. The same seed gives the same tours, unless it ends by ``limit_s`` before its
    ``iterations``. Raises PlanningError.
    """
    if iterations < 1 or not limit_s > 0.0:
        raise PlanningError("The search takes at least one iteration and some time.")
    round = read_round(roads, visits, walkers)
    drives = Drives.of(roads, round)
    alone = _possible_alone(round, drives)
    data = _as_problem(round, drives)
    stop = MultipleCriteria([MaxIterations(iterations), MaxRuntime(limit_s)])
    found = solve(data, stop, seed=seed, collect_stats=False, display=False)
    return _told(round, drives, found, alone)


def _possible_alone(round: Round, drives: Drives) -> np.ndarray:
    """bool[walker, visit]: could be served if it were the walker's only one."""
    walkers = len(round.walkers)
    possible = np.zeros(round.may.shape, dtype=bool)
    for walker, mode in enumerate(round.walkers.mode):
        out_s = drives.time_s[mode][walker, walkers:]
        back_s = drives.time_s[mode][walkers:, walker]
        begin_s = np.maximum(round.begins_s[walker] + out_s, round.from_s)
        end_s = begin_s + round.service_s + back_s
        possible[walker] = (begin_s <= round.until_s) & (end_s <= round.ends_s[walker])
    return possible & round.may


def _as_problem(round: Round, drives: Drives) -> ProblemData:
    walkers, last_s = len(round.walkers), int(round.ends_s.max())
    shares = round.weight / round.weight.max()
    worth_s = np.ceil((last_s + FAR_S / 100) * (1.0 + (WORTH - 1) * shares)).astype(np.int64)
    # One profile for each mode and set of visits that somebody may make.
    profiles: dict[tuple[str, bytes], int] = {}
    matrices, types = [], []
    for walker, mode in enumerate(round.walkers.mode):
        key = (mode, round.may[walker].tobytes())
        if key not in profiles:
            profiles[key] = len(matrices)
            time_s = drives.time_s[mode].copy()
            barred = walkers + np.flatnonzero(~round.may[walker])
            time_s[barred, :] = time_s[:, barred] = FAR_S
            np.fill_diagonal(time_s, 0)
            matrices.append(time_s)
        types.append(
            VehicleType(
                start_depot=walker,
                end_depot=walker,
                tw_early=int(round.begins_s[walker]),
                tw_late=int(round.ends_s[walker]),
                unit_distance_cost=0,
                unit_duration_cost=1,
                profile=profiles[key],
            )
        )
    clients = [
        Client(
            walkers + visit,
            service_duration=int(round.service_s[visit]),
            tw_early=max(int(round.from_s[visit]), 0),
            tw_late=max(int(round.until_s[visit]), 0),
            prize=int(worth_s[visit]),
            required=False,
        )
        for visit in range(len(round.visit_id))
    ]
    return ProblemData(
        [Location(0.0, 0.0) for _ in range(walkers + len(clients))],
        clients,
        [Depot(walker) for walker in range(walkers)],
        types,
        matrices,
        matrices,
    )


@dataclass(frozen=True, slots=True)
class _Move:
    """From one stop to another. Times are seconds since the origin."""

    walker: int
    origin: int
    destination: int
    leaves_s: int
    arrives_s: int
    begins_s: int
    ends_s: int


def _told(round: Round, drives: Drives, found: Result, alone: np.ndarray) -> Tours:
    walkers = len(round.walkers)
    moves = sorted(_moves(round, drives, found), key=lambda move: (move.walker, move.leaves_s))
    stops, back = [], []
    number: dict[int, int] = {}
    for move in moves:
        mode = round.walkers.mode[move.walker]
        distance_m, line = drives.way(mode, move.origin, move.destination)
        row = {
            "responder_id": round.walkers.responder_id[move.walker],
            "leaves": _moment(round, move.leaves_s),
            "arrives": _moment(round, move.arrives_s),
            "travel_s": float(move.arrives_s - move.leaves_s),
            "distance_m": distance_m,
            "geometry": line,
        }
        if move.destination < walkers:
            back.append(row)
            continue
        number[move.walker] = number.get(move.walker, 0) + 1
        visit = {
            "stop": number[move.walker],
            "visit": round.visit_id[move.destination - walkers],
            "begins": _moment(round, move.begins_s),
            "ends": _moment(round, move.ends_s),
        }
        stops.append(row | visit)
    served = {move.destination - walkers for move in moves}
    left = [visit for visit in range(len(round.visit_id)) if visit not in served]
    ways = ["responder_id", "leaves", "arrives", "travel_s", "distance_m", "geometry"]
    order = ["responder_id", "stop", "visit", "leaves", "arrives", "begins", "ends", *ways[3:]]
    return Tours(
        geopandas.GeoDataFrame(pd.DataFrame(stops, columns=order), geometry="geometry", crs=CRS),
        geopandas.GeoDataFrame(pd.DataFrame(back, columns=ways), geometry="geometry", crs=CRS),
        _unserved(round, drives, left, alone),
    )


def _moves(round: Round, drives: Drives, found: Result) -> Iterator[_Move]:
    """Each way of each tour: the walker leaves as late as is early enough."""
    if not found.is_feasible():  # everybody at home is feasible, so there is always something
        raise PlanningError("No tours were found; give the search more iterations.")
    walkers = len(round.walkers)
    for route in found.best.routes():
        walker = route.vehicle_type()
        time_s = drives.time_s[round.walkers.mode[walker]]
        order = [walkers + step.idx for step in route.schedule() if step.is_client()]
        at, now_s = walker, _latest_start_s(round, time_s, walker, order)
        for stop in [*order, walker]:
            arrives_s = now_s + int(time_s[at, stop])
            begins_s = ends_s = arrives_s
            if stop >= walkers:
                begins_s = max(arrives_s, int(round.from_s[stop - walkers]))
                ends_s = begins_s + int(round.service_s[stop - walkers])
            yield _Move(walker, at, stop, now_s, arrives_s, begins_s, ends_s)
            at, now_s = stop, ends_s


def _latest_start_s(round: Round, time_s: np.ndarray, walker: int, order: list[int]) -> int:
    """When to leave so that the tour ends no later than it must, and nobody waits at a door for
    nothing."""
    walkers = len(round.walkers)
    at, now_s, slack_s, waited_s = walker, int(round.begins_s[walker]), np.inf, 0
    for stop in order:
        now_s += int(time_s[at, stop])
        visit = stop - walkers
        begins_s = max(now_s, int(round.from_s[visit]))
        waited_s += begins_s - now_s
        slack_s = min(slack_s, waited_s + int(round.until_s[visit]) - begins_s)
        at, now_s = stop, begins_s + int(round.service_s[visit])
    return int(round.begins_s[walker]) + int(min(slack_s, waited_s))


def _unserved(round: Round, drives: Drives, left: list[int], alone: np.ndarray) -> pd.DataFrame:
    walkers = len(round.walkers)
    near = np.zeros(len(round.visit_id), dtype=bool)
    for stops in drives.stops.values():
        near |= stops.found[walkers:]
    rows = []
    for visit in left:
        if not near[visit]:
            reason = "out_of_network"
        elif not round.may[:, visit].any():
            reason = "nobody_may"
        else:
            reason = "no_room" if alone[:, visit].any() else "nobody_in_time"
        rows.append((round.visit_id[visit], reason, REASONS[reason]))
    return pd.DataFrame(rows, columns=["visit", "reason", "why"])


def _moment(round: Round, seconds: int) -> pd.Timestamp:
    return round.origin + pd.Timedelta(seconds=seconds)
