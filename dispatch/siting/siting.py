"""What a siting model answers."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas
import numpy as np

from dispatch.siting.problem import SitingProblem

SAME = 1e-6
"""Values that differ by a smaller share are equal: it is what HiGHS tells apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Siting:
    """Posts chosen by a model, what they are worth, and how sure that is."""

    problem: SitingProblem
    model: str
    units: np.ndarray
    """int64[candidate]: how many stand at each; 1 at a post, more only where a model says so."""
    value: float
    """In the model's own unit: posts, weight covered, weight times seconds, seconds."""
    bound: float
    """No choice is better."""
    proven: bool
    """No choice is better than this one."""
    seconds: float
    """What it took."""
    post_of: np.ndarray
    """int64[demand]: the chosen post that is there first; -1 where none is in time or at all."""
    note: str = ""

    @property
    def gap(self) -> float:
        """Share by which the bound is better than the value; 0 where it is proven."""
        if self.proven:
            return 0.0
        return abs(self.value - self.bound) / max(abs(self.value), 1e-12)

    @property
    def chosen(self) -> np.ndarray:
        """int64[]: candidates with a post, those that exist already included."""
        return np.flatnonzero(self.units > 0)

    @property
    def added(self) -> np.ndarray:
        """int64[]: the new ones."""
        return np.flatnonzero((self.units > 0) & ~self.problem.existing)

    @property
    def time_s(self) -> np.ndarray:
        """float64[demand]: of the post that is there first, inf where none gets there."""
        return self.problem.time_s[self.chosen].min(axis=0)

    def posts(self) -> geopandas.GeoDataFrame:
        """A row for each post: the candidate's columns, ``units``, ``weight`` that it is first at,
        and ``mean_s`` over that."""
        weight = self.problem.weight
        rows = self.problem.candidates.iloc[self.chosen].copy()
        rows["units"] = self.units[self.chosen]
        served = [self.post_of == post for post in self.chosen.tolist()]
        rows["weight"] = [weight[own].sum() for own in served]
        rows["mean_s"] = [
            np.average(self.problem.time_s[post, own], weights=weight[own])
            if weight[own].sum() > 0
            else np.nan
            for post, own in zip(self.chosen.tolist(), served, strict=True)
        ]
        return rows.reset_index(names="candidate")

    def demand(self) -> geopandas.GeoDataFrame:
        """A row for each demand: its columns, ``post`` (index of the candidate) and ``time_s``."""
        return self.problem.demand.assign(post=self.post_of, time_s=self.time_s)


def first_post(problem: SitingProblem, chosen: np.ndarray, within_s: float = np.inf) -> np.ndarray:
    """int64[demand]: the chosen post that is there first; -1 where none is within the time."""
    times = problem.time_s[chosen]
    best = times.argmin(axis=0)
    soonest = times[best, np.arange(times.shape[1])]
    return np.where((soonest <= within_s) & np.isfinite(soonest), chosen[best], -1)
