"""Published instances: read, solved to the proven optimum, and anything else refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dispatch.errors import InterceptionError
from dispatch.interception.coverage import best_coverage
from dispatch.interception.instances import read_instance

SMALL = {
    "city": "Testville",
    "units": 2,
    "routes": [[[7, 10.0], ["gate", 20]], [["gate", 25], [7, 30.0]], [[9, 5]]],
    "unit_arrival": [{"gate": 22, "7": 9}, {"7": 12.0, "elsewhere": 3}],
}


@pytest.mark.parametrize(("city", "most"), [("winterswijk", 750), ("manhattan", 934)])
def test_the_published_instances_are_solved_to_the_optimum(data_dir: Path, city, most):
    """Exactly so many of 1,000 routes can be caught, proven. The benchmark holds it to 2 s."""
    file = data_dir / "interception" / f"fip_{city}.json"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    document = json.loads(file.read_text(encoding="utf-8"))
    instance = read_instance(document)
    found = best_coverage(instance.columns(), limit_s=20.0)
    assert found.proven
    assert int(found.caught.sum()) == most
    assert found.share == pytest.approx(most / 1000)
    assert found.bound == found.share
    caught = 0
    for route in document["routes"]:
        caught += any(
            document["unit_arrival"][unit].get(instance.place_names[at], np.inf) <= time_s
            for place, time_s in route
            for unit, at in found.place_of_unit.items()
            if instance.place_names[at] == str(place)
        )
    assert caught == most, "counted in the document itself"


def test_a_small_instance_by_hand():
    """Unit 0 at the gate catches route 1 only, at 7 both; nobody gets to 9."""
    instance = read_instance(SMALL)
    assert instance.city == "Testville"
    assert instance.units == 2
    found = best_coverage(instance.columns())
    assert found.caught.tolist() == [True, True, False]
    names = {unit: instance.place_names[at] for unit, at in found.place_of_unit.items()}
    assert names == {0: "7"}
    assert found.margin_s == 1.0


def test_an_instance_needs_neither_a_city_nor_a_number_of_units():
    """Both follow from the rest."""
    bare = {name: SMALL[name] for name in ("routes", "unit_arrival")}
    assert read_instance(bare).units == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ([], "a JSON object"),
        ({"police": 3}, "no field 'police'"),
        ({"city": 5}, "city"),
        ({"routes": None}, "routes is a list"),
        ({"routes": []}, "at least one"),
        ({"routes": [[]]}, "Route 0"),
        ({"routes": [[[1, 2]], [[1, 2, 3]]]}, "Route 1"),
        ({"routes": [[[1, "2"]]]}, "do not fall"),
        ({"routes": [[[1, 5.0], [2, 4.0]]]}, "do not fall"),
        ({"routes": [[[1, float("nan")]]]}, "do not fall"),
        ({"routes": [[[1, 10**400]]]}, "do not fall"),
        ({"routes": [[[None, 5.0]]]}, "is not .place, time."),
        ({"routes": [[[True, 5.0]]]}, "is not .place, time."),
        ({"units": 3}, "units is 3, but unit_arrival has 2"),
        ({"units": True}, "units is True"),
        ({"unit_arrival": {"0": {}}}, "unit_arrival is a list"),
        ({"unit_arrival": [{}, {"7": None}]}, "Unit 1 gets to '7' at None"),
        ({"unit_arrival": [{"7": float("inf")}, {}]}, "left out"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(change, said):
    """Which names what is wrong."""
    document = SMALL | change if isinstance(change, dict) else change
    with pytest.raises(InterceptionError, match=said) as refused:
        read_instance(document)
    assert "\n" not in str(refused.value)
