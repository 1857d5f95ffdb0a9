"""Which villages come first next week, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dispatch.errors import PlanningError
from dispatch.hotspots.priorities import HALF_LIFE_WEEKS, foresight, priorities

FIRST = pd.Timestamp("2026-08-03", tz="Asia/Shanghai")


def alerts(weekly: dict[str, list[int]], fraud_type="冒充客服") -> pd.DataFrame:
    """So many alerts in each village in each week, on Wednesdays."""
    rows = [
        (FIRST + pd.Timedelta(days=7 * week + 2), village, fraud_type)
        for village, counts in weekly.items()
        for week, count in enumerate(counts)
        for _ in range(count)
    ]
    return pd.DataFrame(rows, columns=["opened_at", "village", "fraud_type"])


VILLAGES = {
    "上坪": [0, 0, 0, 0, 4, 5, 6, 7],
    "桥头": [7, 6, 5, 4, 0, 0, 0, 0],
    "石门": [1, 0, 0, 0, 0, 1, 0, 0],
    "沙湾": [0, 0, 1, 0, 0, 0, 0, 1],
}


def test_the_village_where_it_goes_on_comes_before_the_one_where_it_has_ended():
    planned = priorities(alerts(VILLAGES), count=3)
    assert planned.place.tolist()[:2] == ["上坪", "桥头"]
    first = planned.iloc[0]
    assert (first.recent, first.before) == (22, 0)
    assert 3.5 < first.expected < 7.0
    assert first.reason.startswith("22 alerts in 4 weeks, 22 of them 冒充客服; 0 in the 4 before.")
    assert first.reason_zh.startswith("近4周22起（其中冒充客服22起），此前4周0起；")


def test_what_is_expected_lies_between_a_villages_own_mean_and_that_of_all():
    """Recomputed by hand: weighted means, then drawn towards the mean of all."""
    planned = priorities(alerts(VILLAGES), count=4).set_index("place")
    weight = 0.5 ** (np.arange(8)[::-1] / HALF_LIFE_WEEKS)
    own = {name: np.dot(counts, weight) / weight.sum() for name, counts in VILLAGES.items()}
    usual = np.mean(list(own.values()))
    assert planned.usual.iloc[0] == pytest.approx(usual)
    for name, mean in own.items():
        assert min(mean, usual) - 1e-9 <= planned.expected[name] <= max(mean, usual) + 1e-9


def test_where_villages_differ_no_more_than_by_chance_all_are_expected_alike():
    """One alert here and there says nothing about which village is next."""
    planned = priorities(alerts({"甲": [1, 0, 0], "乙": [0, 1, 0], "丙": [0, 0, 1]}), count=3)
    assert planned.expected.max() == pytest.approx(planned.expected.min())


def test_per_head_the_hamlet_comes_first_and_places_without_alerts_are_known():
    people = pd.Series({"大镇": 50_000, "小村": 500, "静村": 500})
    weekly = {"大镇": [9] * 8, "小村": [3] * 8}
    planned = priorities(alerts(weekly), count=3, population=people)
    assert set(planned.place) == {"大镇", "小村", "静村"}
    per_head = (planned.set_index("place").expected / people).sort_values(ascending=False)
    assert per_head.index[0] == "小村"


def test_the_planned_week_and_later_ones_are_not_looked_at():
    """Planning a past week gives what would have been planned then."""
    whole = alerts(VILLAGES)
    monday = pd.Timestamp("2026-08-31")
    then = priorities(whole, week=monday)
    before = whole[whole.opened_at < monday.tz_localize("Asia/Shanghai")]
    pd.testing.assert_frame_equal(then, priorities(before, week=monday))
    assert then.place.iloc[0] == "桥头"


def test_a_week_begins_on_monday_at_midnight_where_the_alerts_are():
    """Sunday 23:30 in Chongqing belongs to the week before, though it is 15:30 in Greenwich."""
    late = pd.DataFrame({"opened_at": [pd.Timestamp("2026-08-09 15:30Z")] * 3, "village": "甲"})
    assert len(priorities(late, week="2026-08-10")) == 1
    early = late.assign(opened_at=pd.Timestamp("2026-08-09 16:30Z"))
    with pytest.raises(PlanningError, match="before 2026-08-10"):
        priorities(early, week="2026-08-10")


def test_foresight_is_between_chance_and_hindsight_where_trouble_stays():
    dice = np.random.default_rng(3)
    weekly = {f"村{k}": dice.poisson(4.0 if k < 3 else 0.3, 20).tolist() for k in range(30)}
    seen = foresight(alerts(weekly), count=3)
    assert (seen.share <= seen.best + 1e-12).all()
    assert seen.share.iloc[4:].mean() > 0.5
    assert (seen.by_chance.iloc[4:] <= 0.2).all()


@pytest.mark.parametrize(
    ("frame", "more", "said"),
    [
        (alerts(VILLAGES), {"place": "hamlet"}, "no column 'hamlet'"),
        (alerts(VILLAGES), {"week": "2026-09-01"}, "no Monday"),
        (alerts(VILLAGES), {"week": "soon"}, "no date"),
        (alerts(VILLAGES), {"count": 0}, "at least 1"),
        (alerts(VILLAGES), {"timezone": "Chongqing"}, "Asia/Shanghai"),
        (alerts(VILLAGES), {"population": pd.Series({"上坪": 10})}, "lacks 3 places"),
        (alerts({}).astype({"opened_at": "datetime64[ns, UTC]"}), {}, "empty"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_remedy(frame, more, said):
    with pytest.raises(PlanningError, match=said):
        priorities(frame, **more)
