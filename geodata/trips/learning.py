"""A mode's speed factors from trips, judged by trips that the fit has not seen.

1. Every trip is put on the roads (:mod:`geodata.trips.matching`).
2. Part of them is held out, by the seed.
3. The factors are fitted to the others (:func:`geodata.modes.calibration.fit_factors`); where only
   the ends of a drive are known, the way is the fastest one under the factors found so far, and the
   fit is made again. Trips that then stand out (a stop on the way, another way) are left out of it.
4. Expectation and clock are compared for the trips held out, before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from geodata.errors import RequestError
from geodata.metric import Metric
from geodata.modes.calibration import Calibration, Drive, expected_driving_s, fit_factors
from geodata.modes.mode import Mode
from geodata.modes.way_description import ROAD_KIND_BY_CLASS
from geodata.network import UNREACHABLE_MS, RoadNetwork
from geodata.road_path import RoadPath
from geodata.snapping import Snapper
from geodata.trips.matching import Matched, Matcher, Unmatched
from geodata.trips.records import LeftOut, Trip

HELD_OUT = 0.25
LEAST_TRIPS = 40
"""Fewer say too little to fit a dozen kinds of road and judge them too."""
ROUNDS = 3
"""Of ways and fits in turn; the ways of most drives stay the same after the first."""
OUTLIER = 4.0
"""Trips so many robust standard deviations away are left out of the fit: of a normal error one in
15,000 is."""
MAD_TO_SIGMA = 1.4826
"""A normal error's standard deviation over its median absolute deviation."""
LEAST_RATIO, MOST_RATIO = 0.2, 5.0
"""A drive that took less or more than this share of what the map expects was another one."""
NOT_ITS_TIME = "it took less than a fifth, or more than five times, of what the map expects"
NO_DISTANCE = "it begins and ends at the same place"


class MapRoads(Protocol):
    """A map with its snapper."""

    network: RoadNetwork
    snapper: Snapper


@dataclass(frozen=True, slots=True)
class Fit:
    """How well times were expected for some trips."""

    trips: int
    mean_error_s: float
    """Mean absolute difference of expectation and clock."""
    median_share: float
    """Median of that difference over the time by the clock."""
    bias: float
    """Expected over observed time of all together, less 1: negative where the map is too fast."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What trips say about one mode."""

    mode: Mode
    """Calibrated."""
    calibration: Calibration
    trained: int
    """Trips that the factors were fitted to."""
    outliers: tuple[str, ...]
    """Trips that were left out of the fit because they stood out."""
    before: Fit
    """Trips held out, by the map as it is."""
    after: Fit
    by_hour: pd.DataFrame
    """All trips by the local hour in which they began: ``hour``, ``trips``, ``before`` and
    ``after``, observed over expected time: above 1 the hour is slower."""
    by_kind: pd.DataFrame
    """By kind of road: ``kind``, ``hours`` expected on it in all trips, ``factor_before``,
    ``factor_after``."""

    @property
    def better(self) -> bool:
        """Whether the trips held out are expected more closely than before."""
        return self.after.mean_error_s < self.before.mean_error_s


def learn(
    roads: MapRoads,
    trips: Sequence[Trip],
    mode: Mode,
    left_out: LeftOut,
    *,
    seed: int = 0,
    held_out: float = HELD_OUT,
) -> Learned:
    """The factors of ``mode``, as the map was compiled with it, that these trips of it ask for.

    Trips that cannot be put on the roads go to ``left_out``. The same trips and seed give the same
    factors. Raises RequestError where the map has no such mode, or too few trips are left.
    """
    if not 0.05 <= held_out <= 0.5:
        raise RequestError("the share of trips held out is 0.05 to 0.5")
    if seed < 0:
        raise RequestError("the seed is a whole number from 0 on")
    base = Metric.base(roads.network, mode.name)
    matched, drives = [], []
    for one in _matched(roads, base, trips, left_out):
        try:
            drive = drive_of(one, base)
        except Unmatched as reason:
            left_out.add(str(reason), one.trip.name)
            continue
        expected_s = sum(drive.driving_s.values()) + drive.junctions_s
        if expected_s < 1.0:
            left_out.add(NO_DISTANCE, one.trip.name)
        elif not LEAST_RATIO <= drive.observed_s / expected_s <= MOST_RATIO:
            left_out.add(NOT_ITS_TIME, one.trip.name)
        else:
            matched.append(one)
            drives.append(drive)
    if len(drives) < LEAST_TRIPS:
        raise RequestError(
            f"learning needs at least {LEAST_TRIPS} trips of {mode.name} that can be put on this "
            f"map; of {len(trips)} there are {len(drives)}"
        )
    order = np.random.default_rng(seed).permutation(len(drives))
    tested = order[: max(round(held_out * len(drives)), 1)]
    kept = np.sort(order[len(tested) :])
    now = list(drives)
    for _ in range(ROUNDS):
        calibration = fit_factors(mode, [now[k] for k in kept.tolist()])
        kept = _near(calibration, mode, now, kept)
        calibration = fit_factors(mode, [now[k] for k in kept.tolist()])
        if all(one.trip.tracked for one in matched):
            break
        faster = _with_factors(base, mode, calibration)
        now = [
            drive if one.trip.tracked else drive_of(one, base, faster)
            for one, drive in zip(matched, drives, strict=True)
        ]
    observed_s = np.array([drive.observed_s for drive in drives])
    before_s = np.array([sum(drive.driving_s.values()) + drive.junctions_s for drive in drives])
    after_s = np.array([calibration.expected_s(mode, drive) for drive in now])
    trained = set(kept.tolist()) | set(tested.tolist())
    return Learned(
        mode=calibration.applied_to(mode),
        calibration=calibration,
        trained=len(kept),
        outliers=tuple(one.trip.name for k, one in enumerate(matched) if k not in trained),
        before=_fit(before_s[tested], observed_s[tested]),
        after=_fit(after_s[tested], observed_s[tested]),
        by_hour=_by_hour([one.trip.hour for one in matched], observed_s, before_s, after_s),
        by_kind=_by_kind(now, mode, calibration),
    )


def drive_of(matched: Matched, base: Metric, chosen_by: Metric | None = None) -> Drive:
    """What the map expects of a trip, by kind of road, and what the clock said.

    The ways are the fastest ones under ``chosen_by``, else under ``base``; the seconds are those of
    ``base``. Raises Unmatched.
    """
    metric = chosen_by or base
    driving_s: dict[str, float] = {}
    junctions_ms = 0.0
    for way in matched.ways(metric):
        share = _shares(way)
        for kind, seconds in expected_driving_s(base.network, base.mode, way.arcs, share).items():
            driving_s[kind] = driving_s.get(kind, 0.0) + seconds
        driven_ms = float(metric.travel_time_ms[way.arcs] @ share)
        junctions_ms += max(way.duration_ms - driven_ms, 0.0)
    return Drive(driving_s, junctions_ms / 1_000.0, matched.trip.duration_s)


def _matched(
    roads: MapRoads, metric: Metric, trips: Sequence[Trip], left_out: LeftOut
) -> list[Matched]:
    matcher = Matcher(roads.snapper, metric)
    found = []
    for trip in trips:
        try:
            found.append(matcher.match(trip))
        except Unmatched as reason:
            left_out.add(str(reason), trip.name)
    return found


def _shares(way: RoadPath) -> np.ndarray:
    """float64[arc]: which share of each arc is driven."""
    share = np.ones(len(way.arcs))
    share[-1] = way.end_fraction
    share[0] -= way.start_fraction
    return np.maximum(share, 0.0)


def _near(
    calibration: Calibration, mode: Mode, drives: list[Drive], kept: np.ndarray
) -> np.ndarray:
    """Those of the trips kept whose time does not stand out."""
    of = [drives[k] for k in kept.tolist()]
    expected_s = np.array([calibration.expected_s(mode, drive) for drive in of])
    off = np.log([drive.observed_s for drive in of]) - np.log(expected_s)
    off -= np.median(off)
    sigma = MAD_TO_SIGMA * float(np.median(np.abs(off)))
    return kept[np.abs(off) <= max(OUTLIER * sigma, 0.05)]


def _with_factors(base: Metric, mode: Mode, calibration: Calibration) -> Metric:
    """The metric with the times of calibrated roads; turns cost what they did."""
    slower = np.ones(len(ROAD_KIND_BY_CLASS))
    for index, kind in enumerate(ROAD_KIND_BY_CLASS):
        slower[index] = calibration.slower(mode, kind)
    of_arc = slower[base.network.edge_class[base.roads.arc_base >> 1]]
    usable = base.travel_time_ms < UNREACHABLE_MS
    times_ms = np.clip(np.rint(base.travel_time_ms * of_arc), 1.0, float(UNREACHABLE_MS - 1))
    return base.with_times(np.where(usable, times_ms, UNREACHABLE_MS).astype(np.int32))


def _fit(expected_s: np.ndarray, observed_s: np.ndarray) -> Fit:
    error_s = np.abs(expected_s - observed_s)
    return Fit(
        len(observed_s),
        float(error_s.mean()),
        float(np.median(error_s / observed_s)),
        float(expected_s.sum() / observed_s.sum() - 1.0),
    )


def _by_hour(
    hour: Sequence[int], observed_s: np.ndarray, before_s: np.ndarray, after_s: np.ndarray
) -> pd.DataFrame:
    table = pd.DataFrame(
        {"hour": hour, "trips": 1, "observed": observed_s, "before": before_s, "after": after_s}
    )
    sums = table.groupby("hour", as_index=False).sum()
    sums["before"] = sums["observed"] / sums["before"]
    sums["after"] = sums["observed"] / sums["after"]
    return sums[["hour", "trips", "before", "after"]]


def _by_kind(drives: list[Drive], mode: Mode, calibration: Calibration) -> pd.DataFrame:
    rows = [
        {
            "kind": kind,
            "hours": sum(drive.driving_s.get(kind, 0.0) for drive in drives) / 3_600.0,
            "factor_before": mode.factors.get(kind, 1.0),
            "factor_after": factor,
        }
        for kind, factor in calibration.factors.items()
    ]
    table = pd.DataFrame(rows, columns=["kind", "hours", "factor_before", "factor_after"])
    return table.sort_values("hours", ascending=False, ignore_index=True)
