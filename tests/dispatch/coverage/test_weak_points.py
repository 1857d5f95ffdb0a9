"""Single points of failure: a bridge, a unit, a tunnel, and by how much each is missed."""

import numpy as np
import pytest

from dispatch.coverage.failures import weak_points
from dispatch.coverage.structures import find_structures, structure_of
from dispatch.coverage.survey import survey
from dispatch.errors import PlanningError
from geodata.changes import Closure, RoadChanges
from tests.dispatch.coverage.river_town import people, river_town
from tests.dispatch.interception.ground import ground

TOWN = river_town()
FORCE = (("officer", "A-B", 0.2), ("rider", "C-D", 0.9))


def look(*force, resolution=11, **more):
    return survey(TOWN, people(TOWN, *(force or FORCE)), resolution=resolution, **more)


def test_the_only_bridge_cuts_the_south_bank_off():
    """All its cells that were in time are pushed over the limit, and reached by nobody."""
    surveyed = look()
    found = weak_points(surveyed, 600.0)
    worst = found.ranked.iloc[0]
    assert (worst.what, worst["name"]) == ("bridge", "大桥")
    assert worst.cut_off == worst.cells > 5
    assert np.isinf(worst.mean_s)
    south = found.cells[found.cells.point == 0]
    assert np.isinf(south.after_s).all()
    assert (south.before_s <= 600.0).all()


@pytest.mark.parametrize("kinds", [None, ("officer",)])
def test_every_failure_is_what_a_new_survey_without_it_says(kinds):
    """Units one by one and the bridge, against surveys from scratch."""
    force = (*FORCE, ("officer", "G-H", 0.5), ("officer", "E-F", 0.1))
    surveyed, limit_s = look(*force), 60.0
    found = weak_points(surveyed, limit_s, kinds=kinds)
    before_s, _ = surveyed.in_cells(surveyed.at_doors(kinds)[0])
    assert found.tried == (5 if kinds is None else 4)
    for name, gone in [(None, None), *((who, who) for who in surveyed.people.responder_id)]:
        if name is None:
            shut = RoadChanges(Closure(edges=[TOWN.town.edge("B-F")]))
            anew = look(*force, changes=shut)
            row = found.ranked[found.ranked.what == "bridge"]
        else:
            ids = surveyed.people.responder_id
            rest = surveyed.people.take([k for k, who in enumerate(ids) if who != gone])
            anew = survey(TOWN, rest, doors=surveyed.doors)
            row = found.ranked[found.ranked["name"] == name]
        after_s, _ = anew.in_cells(anew.at_doors(kinds)[0])
        over = (before_s <= limit_s) & (after_s > limit_s)
        assert len(row) == int(over.any())
        if len(row):
            told = found.cells[found.cells.point == row.index[0]]
            assert told.cell.tolist() == surveyed.cells.cell[over].tolist()
            assert np.allclose(told.after_s, after_s[over])
            assert row.cells.iloc[0] == over.sum()
            slower_s = (after_s - before_s)[over]
            slower_s = slower_s[np.isfinite(slower_s)]
            assert row.most_s.iloc[0] == pytest.approx(slower_s.max(initial=0.0) or np.inf)
            assert row.cut_off.iloc[0] == len(told) - len(slower_s)
            assert row.road_m.iloc[0] == pytest.approx(surveyed.doors.cell_weight[over].sum())


def test_two_officers_at_one_door_are_no_single_point_of_failure():
    """One off duty leaves the other."""
    pair = (("officer", "A-B", 0.2), ("officer", "A-B", 0.2))
    found = weak_points(look(*pair), 600.0)
    assert set(found.ranked.what) == {"bridge"}


def test_any_roads_can_be_tried_as_one():
    """The planner names the street that the flood takes."""
    street = structure_of(TOWN.network, "flood", np.array([TOWN.town.edge("F-H")]))
    found = weak_points(look(), 600.0, whats=(), structures=[street])
    assert found.tried == 1
    assert (found.ranked.what[0], found.ranked["name"][0]) == ("flood", "南街")


def test_nothing_weak_is_an_empty_frame():
    """With the columns that it would have."""
    found = weak_points(look(), 86_400.0, whats=("unit",))
    assert len(found.ranked) == len(found.cells) == 0
    assert "cut_off" in found.ranked.columns


def test_what_cannot_fail_is_named():
    """With what can."""
    with pytest.raises(PlanningError, match="one of unit, bridge, tunnel, not 'ferry'"):
        weak_points(look(), 600.0, whats=("ferry",))
    with pytest.raises(PlanningError, match="nobody of the kinds that count"):
        weak_points(look(), 600.0, kinds=("auxiliary",))


def test_both_carriageways_of_one_name_are_one_bridge_and_another_name_is_another():
    """Forty metres apart; the pieces of each touch or do not."""
    town = ground(
        """
        A---B---C---D
        E---F---G---H
        I---J---K---L
        """,
        [
            "A-B oneway=yes", "B-C bridge=yes name=大桥 oneway=yes", "C-D oneway=yes",
            "H-G oneway=yes", "G-F bridge=yes name=大桥 oneway=yes", "F-E oneway=yes",
            "I-J", "J-K bridge=yes name=小桥", "K-L", "D-H-L", "A-E-I",
        ],
    )  # fmt: skip
    found = {s.name: len(s.edges) for s in find_structures(town.network)}
    assert found == {"大桥": 2, "小桥": 1}


def test_nameless_pieces_are_one_when_they_run_side_by_side_and_not_when_they_cross():
    """A flyover over a bridge without a name is another structure."""
    town = ground(
        """
            P
            |
        A---+---B
        E---+---F
            |
            Q
        """.replace("+", "|"),
        ["A-B bridge=yes", "E-F bridge=yes", "P-Q bridge=yes", "A-E", "B-F", "A-P", "E-Q"],
    )
    assert sorted(len(s.edges) for s in find_structures(town.network)) == [1, 2]


def test_a_tunnel_is_found_as_well():
    """With its own word."""
    town = ground("A---B---C---D", ["A-B", "B-C tunnel=yes name=隧道", "C-D"])
    (tunnel,) = find_structures(town.network)
    assert (tunnel.what, tunnel.name) == ("tunnel", "隧道")
