"""What a planner brings is taken, or refused with the row and the remedy."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from dispatch.coverage.survey import response_times
from dispatch.errors import PlanningError, RehearsalError
from dispatch.rehearsal.coverage_aware import CoverageAware
from dispatch.rehearsal.demand import draw_alerts
from dispatch.rehearsal.offline import offline_bound
from dispatch.rehearsal.rehearse import rehearse
from dispatch.rehearsal.rules import ClosestByRoad
from dispatch.rehearsal.scenario import Habits, RoadWorks, Scenario
from dispatch.rehearsal.summary import summarise
from geodata.cells import cells_of
from geodata.changes import RoadChanges
from tests.dispatch.rehearsal.scenes import BANKS, ROADS, alerts, officers, scene


def without_crs(frame):
    return gpd.GeoDataFrame(
        frame.drop(columns="geometry"), geometry=frame.geometry.values, crs=None
    )


GOOD = alerts((10, "A"), (20, "B"))
LOST = GOOD.set_geometry(gpd.points_from_xy([0.0, 0.0], [0.0, 0.0], crs=4326))


@pytest.mark.parametrize(
    ("calls", "people", "remedy"),
    [
        (pd.DataFrame({"at_s": [1.0]}), officers("A"), "must be a GeoDataFrame"),
        (GOOD.iloc[:0], officers("A"), "at least one row"),
        (GOOD.set_crs(None, allow_override=True), officers("A"), "set_crs"),
        (GOOD.drop(columns="at_s"), officers("A"), "no column 'at_s'"),
        (GOOD.assign(at_s=[-1.0, 3.0]), officers("A"), "from 0 to 86400"),
        (GOOD.assign(at_s=[np.nan, 3.0]), officers("A"), "at_s nan"),
        (GOOD.assign(tier="urgent"), officers("A"), "low, medium, high, critical"),
        (GOOD.assign(free_lon=108.0), officers("A"), "free_lon and free_lat"),
        (GOOD, officers("A").assign(kind="sheriff"), "officer"),
        (GOOD, officers("A").drop(columns="responder_id"), "responder_id"),
        (GOOD, officers("A").assign(turn_out_s=90.0), "rehearsal in the 15 s of the kind"),
        (GOOD, officers("A").assign(mode="rocket"), "police, car, ebike, foot"),
        (GOOD, officers("A").assign(accepts=1.5), "from 0 to 1"),
        (GOOD, officers("A", "B").assign(responder_id="P1"), "two shifts"),
        (GOOD, officers("A").set_geometry(LOST.geometry[:1]), "within 500 m"),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_remedy(calls, people, remedy):
    with pytest.raises(PlanningError, match=remedy):
        scene(calls, people)


def test_habits_works_and_rules_are_refused_too():
    with pytest.raises(RehearsalError, match="convinced is 0 to 1"):
        Habits(convinced=2.0)
    with pytest.raises(RehearsalError, match="earlier one first"):
        RoadWorks(500.0, 100.0, RoadChanges())
    with pytest.raises(RehearsalError, match="name of its own"):
        rehearse(scene(GOOD, officers("A")), [ClosestByRoad(), ClosestByRoad()])
    with pytest.raises(RehearsalError, match="busy is 0 to 1"):
        CoverageAware.of(scene(GOOD, officers("A")), GOOD, within_s=60.0, busy=1.0)
    places = GOOD.assign(alerts=[1.0, np.nan])
    with pytest.raises(PlanningError, match="Row 1 of the demand has no number in 'alerts'"):
        CoverageAware.of(
            scene(GOOD, officers("A")), places, within_s=60.0, busy=0.3, weight="alerts"
        )
    with pytest.raises(RehearsalError, match="whole number"):
        scene(GOOD, officers("A"), seed=-1)


def test_people_of_a_surface_can_be_rehearsed_with_as_they_are():
    """An archive's frame: its own name for who they are, and an officer who goes on foot."""
    people = officers("A", "A").rename(columns={"responder_id": "responder"})
    walker = people.iloc[:1].assign(mode="foot", turn_out_s=15.0, status="available")
    response_times(ROADS, walker, resolution=9)
    call = alerts((10, "B"))
    on_foot, by_car = (
        rehearse(scene(call, one)).first_face_s[0] for one in (walker, people.iloc[1:])
    )
    assert on_foot > 300.0 > by_car
    bound = offline_bound(scene(call, walker)).mean_s[0]
    assert bound == pytest.approx(on_foot, rel=0.02)


def test_other_coordinates_are_taken_to_degrees():
    metres = GOOD.to_crs(3857)
    assert Scenario.of(ROADS, metres, officers("A")).days[0][0].lon == pytest.approx(
        GOOD.geometry.iloc[0].x
    )


def demand(rate: float = 2.0) -> pd.DataFrame:
    lon, lat = zip(BANKS.lon_lat("B"), BANKS.lon_lat("Y"), strict=True)
    cells = cells_of(np.array(lon), np.array(lat), 9)
    return pd.DataFrame({"cell": cells, "hour": [9, 21], "alerts": [rate, 3 * rate]})


def test_alerts_are_drawn_as_often_as_expected_in_their_hour_and_cell():
    drawn = draw_alerts(demand(), ROADS.network, "foot", days=200, seed=5)
    by_hour = drawn.groupby((drawn["at_s"] // 3_600).astype(int)).size() / 200
    assert set(by_hour.index) == {9, 21}
    assert by_hour[9] == pytest.approx(2.0, abs=0.3)
    assert by_hour[21] == pytest.approx(6.0, abs=0.5)
    cells = cells_of(drawn.geometry.x.to_numpy(), drawn.geometry.y.to_numpy(), 9)
    assert np.isin(cells, demand()["cell"]).mean() > 0.9, "up to half a step of road may lie beyond"


def test_the_same_seed_draws_the_same_alerts():
    once, again = (draw_alerts(demand(), ROADS.network, "foot", days=3, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
    other = draw_alerts(demand(), ROADS.network, "foot", days=3, seed=6)
    assert not once["at_s"].equals(other["at_s"])


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [
        ({"alerts": [-1.0, 1.0]}, "alerts -1"),
        ({"hour": [9, 24]}, "hour 24"),
        ({"cell": [1, 2]}, "H3 cell"),
    ],
)
def test_demand_that_cannot_be_is_refused(changed, remedy):
    with pytest.raises(RehearsalError, match=remedy):
        draw_alerts(demand().assign(**changed), ROADS.network, "foot", days=1, seed=0)


def test_cells_of_mixed_resolution_are_refused():
    fine = demand()
    fine.loc[0, "cell"] = cells_of(*(np.array([x]) for x in BANKS.lon_lat("B")), 8)[0]
    with pytest.raises(RehearsalError, match="one resolution"):
        draw_alerts(fine, ROADS.network, "foot", days=1, seed=0)


def told(*rows) -> pd.DataFrame:
    columns = ["rule", "day", "first_face_s", "wanted", "late"]
    return pd.DataFrame(rows, columns=columns)


def test_rules_are_compared_day_by_day():
    """Days differ by far more than the rules; their difference is the same each day."""
    summary = summarise(
        told(
            ("a", 0, 100.0, True, False),
            ("a", 1, 900.0, True, True),
            ("b", 0, 90.0, True, False),
            ("b", 1, 890.0, True, False),
        )
    )
    assert summary.loc["a", "mean_s"] == 500.0
    assert summary.loc["b", "mean_s_change"] == -10.0
    assert summary.loc["b", ["mean_s_change_low", "mean_s_change_high"]].tolist() == [-10.0, -10.0]
    assert summary.loc["a", "mean_s_high"] - summary.loc["a", "mean_s_low"] > 5_000
    assert summary.loc["b", "late_change"] == -0.5


def test_an_interval_is_students():
    """Three days of 1, 2 and 3: the half width is 4.303 / sqrt(3) at 95 %."""
    rows = [("a", day, float(day + 1), True, False) for day in range(3)]
    summary = summarise(told(*rows))
    half = 4.302653 / np.sqrt(3)
    assert summary.loc["a", "mean_s_high"] == pytest.approx(2 + half, abs=1e-4)


def test_one_day_alone_has_no_interval_and_lost_cases_are_late():
    summary = summarise(told(("a", 0, 100.0, True, False), ("a", 0, np.nan, True, True)))
    assert np.isnan(summary.loc["a", "mean_s_low"])
    assert summary.loc["a", ["late", "missed"]].tolist() == [0.5, 0.5]
    with pytest.raises(RehearsalError, match="No rule 'c'"):
        summarise(told(("a", 0, 1.0, True, False)), against="c")
