"""A river town to rehearse in, and how to put posts and alerts into it.

::

    A---B---C---D---E---F     north bank, 1 km from letter to letter
    |                   |
    |                   |     F-Z: the only bridge
    U---V---W---X---Y---Z     south bank, 500 m across the water; A-U is no street
"""

from __future__ import annotations

import geopandas as gpd

from dispatch.incidents.policy import Policy
from dispatch.rehearsal.roads import RehearsalRoads
from dispatch.rehearsal.scenario import Habits, Scenario
from tests.towns import town

BANKS = town(
    {letter: (1_000.0 * place, 0.0) for place, letter in enumerate("ABCDEF")}
    | {letter: (1_000.0 * place, -500.0) for place, letter in enumerate("UVWXYZ")},
    ["A-B-C-D-E-F secondary", "F-Z secondary bridge=yes", "U-V-W-X-Y-Z secondary"],
)
ROADS = RehearsalRoads(BANKS.network)
CERTAIN = Habits(
    answer_s=0.0, convinced=1.0, reached=1.0, reached_s=0.0, flees=0.0, patience_s=86_400.0
)
"""Everybody answers at once and convinces; nobody gives up."""
ONE_OFFICER = Policy.parse(
    "[staffing]\nfar_officer_s = 86400\n"
    + "".join(f"[{tier}]\nofficers = 1\ncommunity = 0\n" for tier in ("critical", "high", "medium"))
)


def points(*places: str | tuple[str, float]):
    """Points at letters, or a share of the way along a leg: ``("A-B", 0.5)``."""
    found = [BANKS.lon_lat(*((one,) if isinstance(one, str) else one)) for one in places]
    return gpd.points_from_xy([lon for lon, _ in found], [lat for _, lat in found], crs=4326)


def alerts(*told: tuple, **columns) -> gpd.GeoDataFrame:
    """Alerts as (seconds after midnight, place)."""
    frame = {"at_s": [float(at_s) for at_s, _ in told], **columns}
    return gpd.GeoDataFrame(frame, geometry=points(*(place for _, place in told)))


def officers(*posts: str | tuple[str, float], **columns) -> gpd.GeoDataFrame:
    """Officers P1, P2 ... at their posts, who always say yes."""
    frame = {
        "responder_id": [f"P{number}" for number in range(1, len(posts) + 1)],
        "kind": "officer",
        "accepts": 1.0,
        **columns,
    }
    return gpd.GeoDataFrame(frame, geometry=points(*posts))


def scene(calls: gpd.GeoDataFrame, people: gpd.GeoDataFrame, **more) -> Scenario:
    """A scenario in which one officer goes to every alert and nothing is left to chance."""
    return Scenario.of(
        ROADS, calls, people, **({"policy": ONE_OFFICER, "habits": CERTAIN, "seed": 7} | more)
    )
