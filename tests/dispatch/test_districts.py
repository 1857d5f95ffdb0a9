"""Many districts: the same rows in one process and on two workers."""

from __future__ import annotations

import pandas as pd
import pytest

from dispatch.coverage.survey import response_times
from dispatch.districts import MapFolder, over_districts, rehearse_scenario
from dispatch.errors import PlanningError
from dispatch.rehearsal.rules import Batched, ClosestByRoad
from geodata.maps.compile import SNAPPER_GROUP
from geodata.maps.store import save_network
from geodata.snapping import Snapper
from tests.dispatch.rehearsal.scenes import BANKS, CERTAIN, ONE_OFFICER, alerts, officers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "banks"
    save_network(BANKS.network, path, groups={SNAPPER_GROUP: Snapper(BANKS.network).arrays()})
    return path


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed: pip install forestall[dask]"
    )
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def rehearsals(folder) -> dict:
    return {
        "north": {
            "roads": MapFolder(folder),
            "alerts": alerts((0, "C"), (1, "A"), (900, "D")),
            "responders": officers("B", "E"),
        },
        "south": {
            "roads": MapFolder(folder),
            "alerts": alerts((0, "V"), (700, "Y")),
            "responders": officers("U"),
        },
        "both": {
            "roads": MapFolder(folder),
            "alerts": alerts((50, "X")),
            "responders": officers("A", "Z"),
        },
    }


def test_a_rehearsal_is_the_same_on_two_workers_as_in_one_process(folder, client):
    alike = {
        "rules": [ClosestByRoad(), Batched(window_s=10.0)],
        "policy": ONE_OFFICER,
        "habits": CERTAIN,
        "seed": 3,
    }
    here = over_districts(rehearse_scenario, rehearsals(folder), **alike)
    there = over_districts(rehearse_scenario, rehearsals(folder), client=client, **alike)
    pd.testing.assert_frame_equal(here, there)
    assert here.groupby("district").size().to_dict() == {"north": 6, "south": 4, "both": 2}
    assert len(client.run(lambda: None)) == 2, "there were two workers"


def test_response_times_are_the_same_on_two_workers_as_in_one_process(folder, client):
    districts = {
        name: {"roads": MapFolder(folder), "people": officers(*posts)}
        for name, posts in {"north": ("B", "E"), "south": ("V",)}.items()
    }
    here = over_districts(response_times, districts, resolution=9)
    there = over_districts(response_times, districts, client=client, resolution=9)
    pd.testing.assert_frame_equal(here, there)
    assert here["district"].unique().tolist() == ["north", "south"]
    assert here["any_s"].notna().any()


def test_an_error_of_one_district_is_raised_here(folder, client):
    wrong = rehearsals(folder)
    wrong["south"]["responders"] = officers("U").assign(kind="sheriff")
    with pytest.raises(PlanningError, match="sheriff"):
        over_districts(rehearse_scenario, wrong, client=client, rules=[ClosestByRoad()])


def test_no_district_and_no_map_are_refused(tmp_path):
    with pytest.raises(PlanningError, match="at least one"):
        over_districts(rehearse_scenario, {})
    with pytest.raises(PlanningError, match="forestall map build"):
        MapFolder(tmp_path)


def test_answers_that_the_work_keeps_are_left_as_they_are():
    kept = pd.DataFrame({"cell": ["a"]})
    found = over_districts(lambda: kept, {"north": {}, "south": {}})
    assert found["district"].tolist() == ["north", "south"]
    assert list(kept.columns) == ["cell"]
    with pytest.raises(PlanningError, match="a column 'district' already"):
        over_districts(lambda: kept.assign(district="x"), {"north": {}})
