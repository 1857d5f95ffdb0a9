"""The same question for many districts: in this process, or on the workers of a Dask cluster.

Districts do not depend on each other: each is one call of a pure function with its own map. Maps
travel as the folders that they were compiled to, which every worker can open; a worker keeps the
roads that it has opened. ``pip install forestall[dask]`` brings Dask; nothing here needs it until a
client is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dispatch.errors import PlanningError
from dispatch.rehearsal.rehearse import rehearse
from dispatch.rehearsal.roads import RehearsalRoads
from dispatch.rehearsal.scenario import Scenario

if TYPE_CHECKING:
    from distributed import Client

DISTRICT = "district"
"""Column that says which district a row is of."""


@dataclass(frozen=True, slots=True)
class MapFolder:
    """A compiled map that stands for its roads among a district's arguments."""

    path: Path

    def __post_init__(self) -> None:
        if not (Path(self.path) / "manifest.json").is_file():
            raise PlanningError(
                f"There is no compiled map at {self.path}; make one with: forestall map build."
            )


def over_districts(
    work: Callable[..., pd.DataFrame],
    districts: Mapping[str, Mapping[str, Any]],
    *,
    client: Client | None = None,
    **alike: Any,
) -> pd.DataFrame:
    """One frame of what ``work`` answers for every district, with the column ``district`` first.

    ``districts`` holds each district's own arguments of ``work``, ``alike`` those that all have;
    a :class:`MapFolder` among them becomes the roads of that map. The rows are those that one
    process gives, in the order of the districts, wherever they were worked out. With a Dask
    ``client`` the districts are worked out by its workers; an error in one is raised here.
    Raises PlanningError where there is no district.
    """
    if not districts:
        raise PlanningError("There is no district; name at least one and give its arguments.")
    asked = [(work, {**alike, **own}) for own in districts.values()]
    if client is None:
        frames = [_answer(*one) for one in asked]
    else:
        frames = client.gather([client.submit(_answer, *one, pure=False) for one in asked])
    for frame in frames:
        if DISTRICT in frame.columns:
            raise PlanningError(
                f"What was worked out has a column {DISTRICT!r} already; rename it in `work`."
            )
    named = [frame.copy(deep=False) for frame in frames]  # `work` may answer with what it keeps
    for name, frame in zip(districts, named, strict=True):
        frame.insert(0, DISTRICT, name)
    return pd.concat(named, ignore_index=True)


def rehearse_scenario(roads: RehearsalRoads, alerts, responders, rules, **more) -> pd.DataFrame:
    """A rehearsal from its frames, as :func:`over_districts` asks for one. ``rules`` are rules, or
    functions that make one of the scenario."""
    scenario = Scenario.of(roads, alerts, responders, **more)
    made = [one(scenario) if callable(one) else one for one in rules]
    return rehearse(scenario, made)


def _answer(work: Callable[..., pd.DataFrame], arguments: Mapping[str, Any]) -> pd.DataFrame:
    return work(
        **{
            name: _opened(value.path) if isinstance(value, MapFolder) else value
            for name, value in arguments.items()
        }
    )


@lru_cache(maxsize=8)
def _opened(path: Path) -> RehearsalRoads:
    """The roads of a map, kept: several questions about one district open it once."""
    return RehearsalRoads.open(path)
