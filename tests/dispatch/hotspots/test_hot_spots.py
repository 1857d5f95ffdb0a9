"""Where alerts gather more than chance would bring them together."""

from __future__ import annotations

import geopandas
import h3
import numpy as np
import pandas as pd
import pytest

from dispatch.errors import PlanningError
from dispatch.hotspots.getis_ord import hot_spots, hot_spots_by

CENTRE = h3.latlng_to_cell(30.80, 108.40, 8)
AREA = sorted(h3.grid_disk(CENTRE, 6))
ESTATE = h3.grid_ring(CENTRE, 3)[0]


def cells(**columns) -> geopandas.GeoDataFrame:
    return pd.DataFrame({"cell": AREA, **columns})


def alerts_at(*places: tuple[str, int], fraud_type="冒充客服", day="2026-10-05 10:00"):
    """So many alerts in the middle of each cell."""
    where = [h3.cell_to_latlng(cell) for cell, count in places for _ in range(count)]
    frame = {"opened_at": pd.Timestamp(day, tz="Asia/Shanghai"), "fraud_type": fraud_type}
    return geopandas.GeoDataFrame(
        pd.DataFrame(frame, index=range(len(where))),
        geometry=geopandas.points_from_xy([lon for _, lon in where], [lat for lat, _ in where]),
        crs="EPSG:4326",
    )


def one_each() -> list[tuple[str, int]]:
    return [(cell, 1) for cell in AREA]


def test_an_estate_with_many_alerts_is_hot_with_all_that_touch_it():
    """The cell and its six neighbours see all of them; nobody else does."""
    spots = hot_spots(alerts_at(*one_each(), (ESTATE, 20)), cells())
    assert set(spots.cell[spots.hot]) == set(h3.grid_disk(ESTATE, 1))
    there = spots.set_index("cell").loc[ESTATE]
    assert there.alerts == 21
    assert there.nearby == 27
    assert there.expected == pytest.approx((len(AREA) + 20) / len(AREA))


def test_gi_star_is_what_its_formula_says():
    """Ord and Getis 1995, equation 14.3 with binary weights, worked out without the library."""
    counts = {cell: (7 * k) % 5 for k, cell in enumerate(AREA)}
    spots = hot_spots(alerts_at(*counts.items()), cells()).set_index("cell")
    x = np.array([counts[cell] for cell in AREA], dtype=float)
    for cell in AREA:
        around = [counts[one] for one in h3.grid_disk(cell, 1) if one in counts]
        w, n = len(around), len(AREA)
        spread = x.std() * np.sqrt((n * w - w**2) / (n - 1))
        assert spots.z[cell] == pytest.approx((sum(around) - w * x.mean()) / spread)
        assert spots.nearby[cell] == sum(around)


def test_where_alerts_fall_anywhere_hardly_ever_a_cell_is_hot():
    """Of 200 maps of chance alone at most one in twenty has a hot spot."""
    dice = np.random.default_rng(5)
    called = 0
    for _ in range(200):
        drawn = dice.multinomial(150, np.full(len(AREA), 1 / len(AREA)))
        called += hot_spots(alerts_at(*zip(AREA, drawn.tolist(), strict=True)), cells()).hot.any()
    assert called <= 10


def test_two_alerts_on_an_empty_map_are_no_hot_spot_of_consequence():
    """The map stands still around them, so Gi* alone would be very sure."""
    spots = hot_spots(alerts_at((ESTATE, 2)), cells())
    assert spots.z.max() > 2.5
    assert spots.p.min() > 0.001


def test_many_people_explain_many_alerts():
    """The estate where half of the district lives has half of its alerts: nothing special."""
    population = [600 if cell in h3.grid_disk(ESTATE, 1) else 100 for cell in AREA]
    alerts = alerts_at(
        *[(cell, people // 100) for cell, people in zip(AREA, population, strict=True)]
    )
    assert hot_spots(alerts, cells()).hot.any()
    assert not hot_spots(alerts, cells(people=population), weight="people").hot.any()


def test_alerts_elsewhere_do_not_count():
    far = h3.latlng_to_cell(31.5, 109.0, 8)
    spots = hot_spots(alerts_at(*one_each(), (far, 50)), cells())
    assert spots.alerts.sum() == len(AREA)
    assert not spots.hot.any()


def test_each_week_and_kind_of_fraud_is_looked_at_by_itself():
    """Parcels gather at the estate in the first week, refunds nowhere, and later nothing does."""
    alerts = pd.concat(
        [
            alerts_at((ESTATE, 25), fraud_type="包裹"),
            alerts_at(*one_each(), fraud_type="退款"),
            alerts_at(*one_each(), fraud_type="包裹", day="2026-10-12 00:30"),
            alerts_at((ESTATE, 19), fraud_type="刷单", day="2026-10-12 09:00"),
        ],
        ignore_index=True,
    )
    spots = hot_spots_by(alerts, cells())
    assert set(spots.fraud_type) == {"包裹"}
    assert set(spots.week) == {pd.Timestamp("2026-10-05")}
    assert ESTATE in set(spots.cell)
    assert len(hot_spots_by(alerts_at(*one_each()), cells())) == 0


def test_a_week_whose_alerts_lie_elsewhere_is_passed_over():
    """Only where none of all the alerts lies in the cells, the area is the wrong one."""
    far = alerts_at((h3.latlng_to_cell(39.9, 116.4, 8), 30), day="2026-10-12 09:00")
    alerts = pd.concat([alerts_at((ESTATE, 25)), far], ignore_index=True)
    assert set(hot_spots_by(alerts, cells()).week) == {pd.Timestamp("2026-10-05")}
    with pytest.raises(PlanningError, match="is it the right area"):
        hot_spots(far, cells())


@pytest.mark.parametrize(
    ("alerts", "area", "more", "said"),
    [
        (alerts_at(*one_each()).set_crs(None, allow_override=True), cells(), {}, "set_crs"),
        (alerts_at(*one_each()), cells().iloc[:9], {}, "at least 30 cells"),
        (alerts_at(*one_each()), cells().assign(cell="8"), {}, "not an H3 cell"),
        (alerts_at(*one_each()), cells(people=-1), {"weight": "people"}, "0 or more"),
        (alerts_at(*one_each()), cells(), {"false_share": 5}, "between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_remedy(alerts, area, more, said):
    with pytest.raises(PlanningError, match=said):
        hot_spots(alerts, area, **more)


def test_times_without_a_zone_are_refused():
    naive = alerts_at(*one_each()).assign(opened_at=pd.Timestamp("2026-10-05"))
    with pytest.raises(PlanningError, match="utc=True"):
        hot_spots_by(naive, cells())
