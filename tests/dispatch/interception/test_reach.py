"""How soon the subject can be where."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from dispatch.errors import InterceptionError
from dispatch.interception.exits import find_exits
from dispatch.interception.reach import find_reach
from dispatch.interception.subject import Subject
from geodata.changes import Closure, RoadChanges
from tests.dispatch.interception.ground import SLOW, fork, ground


@pytest.fixture(scope="module")
def forked():
    return fork()


def reach_of(town, **more):
    more["sighting"] = more.get("sighting") or town.sighting("S-J", 0.5)
    return find_reach(town.snapper, town.metric("car"), Subject(**more))


def test_the_fastest_and_the_uncertainty_bring_them_there_sooner(forked):
    """A fifth faster is a fifth less time; seen a minute earlier is a minute less."""
    j = forked.town.node("J")
    plain = reach_of(forked, fastest=1.0).node_earliest_s[j]
    fast = reach_of(forked, fastest=1.25).node_earliest_s[j]
    assert fast == pytest.approx(plain / 1.25)
    blurred = forked.sighting("S-J", 0.5, time_error_s=60.0)
    assert reach_of(forked, fastest=1.0, sighting=blurred).node_earliest_s[j] == pytest.approx(
        plain - 60.0
    )


def test_nothing_beyond_the_horizon(forked):
    reach = reach_of(forked, horizon_s=75.0, fastest=1.0)
    assert np.isfinite(reach.node_earliest_s[forked.town.node("S")])
    assert np.isinf(reach.node_earliest_s[forked.town.node("N")])


def test_the_area_grows_with_the_minutes(forked):
    reach = reach_of(forked)
    areas = [reach.area_at(after_s) for after_s in (0.0, 60.0, 600.0, 5_400.0)]
    for smaller, larger in pairwise(areas):
        assert smaller.difference(larger.buffer(1e-9)).is_empty
    assert areas[-1].covers(shapely.Point(*forked.town.lon_lat("E")))
    assert reach.area_at(-1.0).is_empty


def test_a_heading_decides_the_carriageway():
    """Two carriageways ten metres apart: seen driving east is seen on the one that leads east."""
    town = ground(
        {"A": (0, 0), "B": (2_000, 0), "C": (0, 12), "D": (2_000, 12)},
        [f"A-B motorway oneway=yes {SLOW}", f"D-C motorway oneway=yes {SLOW}"],
    )
    east = town.sighting("A-D", 0.5, radius_m=50.0, heading_deg=80.0)
    west = town.sighting("A-D", 0.5, radius_m=50.0, heading_deg=280.0)
    either = town.sighting("A-D", 0.5, radius_m=50.0)
    legs = {
        name: {town.town.leg(int(arc)) for arc in reach_of(town, sighting=seen).starts.arc}
        for name, seen in (("east", east), ("west", west), ("either", either))
    }
    assert legs == {"east": {"A-B"}, "west": {"D-C"}, "either": {"A-B", "D-C"}}


def test_a_heading_that_no_road_has_is_said(forked):
    north = forked.sighting("S-J", 0.5, heading_deg=0.0)
    reach = reach_of(forked, sighting=north)
    assert not reach.starts.heading_fits
    assert len(reach.starts.arc) == 2


def test_a_closed_road_leads_nowhere(forked):
    shut = RoadChanges(Closure(edges=[forked.town.edge("S-J")]))
    with pytest.raises(InterceptionError):
        reach_of(forked, changes=shut)


def test_without_destinations_and_area_they_go_far(forked):
    """The farthest big roads in every direction; N and E here, and S for who turns round."""
    reach = reach_of(forked)
    exits = find_exits(forked.snapper, reach)
    ends = {forked.town.letter(int(n)) for n in reach.metric.network.arc_head[exits.arc]}
    assert ends >= {"N", "E"}
    assert exits.weight.sum() == pytest.approx(1.0)


def test_destinations_beyond_the_horizon_are_no_exits(forked):
    near = forked.destination("S-J", 0.9, name="近")
    far = forked.destination("A-N", 0.9, name="远")
    reach = reach_of(forked, destinations=(near, far), horizon_s=90.0, fastest=1.0)
    assert find_exits(forked.snapper, reach).name == ["近"]
    reach = reach_of(forked, destinations=(far,), horizon_s=90.0, fastest=1.0)
    with pytest.raises(InterceptionError, match="None of the destinations"):
        find_exits(forked.snapper, reach)
