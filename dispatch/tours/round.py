"""What tours are made of: the visits of a round and the shifts of those who walk it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd

from dispatch.coverage.people import People
from dispatch.errors import PlanningError
from dispatch.frames import moments_of, numbers_of, points_of
from dispatch.interception.units import Roads

USUAL_VISIT_S = 600.0
"""At one door, where the frame does not say: a talk with a victim, or with whoever opens."""
MOST_VISITS = 2_000
"""In one round; a table of travel times between all of them is made."""


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """Visits and walkers, with times in whole seconds since :attr:`origin`. Immutable."""

    origin: pd.Timestamp
    visit_id: list
    """Index of each visit in the planner's frame."""
    lon: np.ndarray
    lat: np.ndarray
    """float64[visit], degrees WGS-84."""
    from_s: np.ndarray
    until_s: np.ndarray
    """int64[visit]: it begins no sooner and no later."""
    service_s: np.ndarray
    """int64[visit]: how long it takes."""
    weight: np.ndarray
    """float64[visit], above 0: which are left out last where there is no time for all."""
    walkers: People
    begins_s: np.ndarray
    ends_s: np.ndarray
    """int64[walker]: leaves the starting point no sooner, is back there no later."""
    may: np.ndarray
    """bool[walker, visit]."""


def read_round(
    roads: Roads, visits: geopandas.GeoDataFrame, walkers: geopandas.GeoDataFrame
) -> Round:
    """The round that two frames describe; see :func:`dispatch.tours.planning.plan_tours`.

    Raises PlanningError with the remedy.
    """
    lon, lat = points_of(visits, "visits")
    if len(visits) > MOST_VISITS:
        raise PlanningError(f"A round has at most {MOST_VISITS:,} visits; plan it grid by grid.")
    if visits.index.has_duplicates:
        raise PlanningError("Two visits have the same index; give each its own: reset_index().")
    people = People.of_frame(roads, walkers, what="walkers")
    if len(people) != len(walkers):
        raise PlanningError("Some of the walkers are not available; leave them out.")
    begins, ends = (moments_of(walkers, column, "walkers") for column in ("begins", "ends"))
    if not (begins < ends).all():
        raise PlanningError("Every walker's shift ends after it begins; look at begins and ends.")
    origin, end = begins.min(), ends.max()
    froms = moments_of(visits, "from", "visits", otherwise=origin)
    untils = moments_of(visits, "until", "visits", otherwise=end)
    if not (froms <= untils).all():
        raise PlanningError("No visit's window closes before it opens; look at from and until.")
    service_s = np.full(len(visits), USUAL_VISIT_S)
    if "service_s" in visits.columns:
        service_s = numbers_of(visits, "service_s", "visits")
    weight = np.ones(len(visits))
    if "weight" in visits.columns:
        weight = numbers_of(visits, "weight", "visits")
        if not (weight > 0.0).all():
            raise PlanningError("A visit that weighs nothing is none; leave it out of the visits.")
    return Round(
        origin=origin,
        visit_id=visits.index.tolist(),
        lon=lon,
        lat=lat,
        from_s=_seconds(froms, origin),
        until_s=_seconds(untils, origin),
        service_s=np.rint(service_s).astype(np.int64),
        weight=weight,
        walkers=people,
        begins_s=_seconds(begins, origin),
        ends_s=_seconds(ends, origin),
        may=_may(_grids(walkers), _grids(visits)),
    )


def _seconds(moments: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """int64[row] since the origin."""
    return np.rint((moments - origin).dt.total_seconds().to_numpy()).astype(np.int64)


def _grids(frame: pd.DataFrame) -> list[str]:
    """The jurisdiction of each row; empty where it has none."""
    if "grid" not in frame.columns:
        return [""] * len(frame)
    return ["" if pd.isna(grid) else str(grid) for grid in frame["grid"]]


def _may(of_walkers: Sequence[str], of_visits: Sequence[str]) -> np.ndarray:
    """bool[walker, visit]: a walker visits in their own grid and what lies below it. Who has none
    visits everywhere, and a visit that lies in none is anybody's."""
    return np.array(
        [
            [
                not walker or not visit or visit == walker or visit.startswith(f"{walker}/")
                for visit in of_visits
            ]
            for walker in of_walkers
        ],
        dtype=bool,
    ).reshape(len(of_walkers), len(of_visits))
