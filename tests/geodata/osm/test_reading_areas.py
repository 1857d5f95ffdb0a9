"""What the reader makes of pedestrian areas: outlines, and lines across."""

from __future__ import annotations

import pytest

from geodata.modes import FOOT, MODES
from geodata.network import EdgeFlag
from geodata.osm.reader import ImportOptions, read_roads
from tests.geodata.osm_drawings import STREET, ids, lines_of, map_file, text

ALL_MODES = tuple(MODES.values())


SQUARE_TAGS = {"highway": "pedestrian", "area": "yes", "name": "人民广场"}


def across_of(roads) -> set[frozenset[int]]:
    """Pairs of OSM node ids that a line across an area joins."""
    flagged = (roads.way_flags & int(EdgeFlag.AREA)) != 0
    return {
        frozenset(nodes)
        for is_across, (_, nodes) in zip(flagged, lines_of(roads), strict=True)
        if is_across
    }


def pair(letters: str) -> frozenset[int]:
    return frozenset(ids(letters))


def test_a_square_is_crossed_between_the_streets_that_touch_it(tmp_path):
    """Streets come to opposite corners A and C: there is a line AC, and none to B or D."""
    path = map_file(
        tmp_path,
        "X\n  A    B\n\n  D    C\n        Y",
        {1: ("ABCDA", SQUARE_TAGS), 2: ("XA", STREET), 3: ("CY", STREET)},
    )
    roads = read_roads([path], ALL_MODES)
    assert across_of(roads) == {pair("AC")}
    line = next(i for i, flag in enumerate(roads.way_flags) if flag & int(EdgeFlag.AREA))
    assert roads.way_forward_kph["foot"][line] > 0
    assert roads.way_backward_kph["foot"][line] > 0
    assert roads.way_forward_kph["car"][line] == 0
    assert text(roads, roads.way_name[line]) == "人民广场"
    assert roads.way_osm_id[line] == 1


def test_lines_across_can_be_turned_off(tmp_path):
    """Then people walk round by the outline."""
    path = map_file(
        tmp_path,
        "X\n  A    B\n\n  D    C\n        Y",
        {1: ("ABCDA", SQUARE_TAGS), 2: ("XA", STREET), 3: ("CY", STREET)},
    )
    roads = read_roads([path], [FOOT], options=ImportOptions(areas=False))
    assert not across_of(roads)
    assert len(roads.way_osm_id) == 3


def test_a_ring_street_is_no_square(tmp_path):
    """A closed way without area=yes is a street that leads round."""
    path = map_file(
        tmp_path,
        "X\n  A    B\n\n  D    C\n        Y",
        {1: ("ABCDA", {"highway": "pedestrian"}), 2: ("XA", STREET), 3: ("CY", STREET)},
    )
    assert not across_of(read_roads([path], [FOOT]))


def test_a_line_bends_round_the_inner_corner_of_an_l(tmp_path):
    """From A one cannot see D over the corner E: the way is by E."""
    path = map_file(
        tmp_path,
        "X\nA   B\n\n\n    E      C\n\nF          D  Y",
        {1: ("ABECDFA", SQUARE_TAGS), 2: ("XA", STREET), 3: ("DY", STREET)},
    )
    assert across_of(read_roads([path], [FOOT])) == {pair("AE"), pair("ED")}


def test_a_pond_in_the_square_is_walked_round(tmp_path):
    """The relation's inner ring keeps the line AC from going through the water."""
    path = map_file(
        tmp_path,
        "X\n A          B\n\n     p  q\n\n     s  r\n\n D          C\n             Y",
        {
            1: ("ABCDA", {}),
            2: ("pqrsp", {"natural": "water"}),
            3: ("XA", STREET),
            4: ("CY", STREET),
        },
        relations={8: (["outer:w1", "inner:w2"], {**SQUARE_TAGS, "type": "multipolygon"})},
    )
    roads = read_roads([path], [FOOT])
    across = across_of(roads)
    assert pair("AC") not in across
    corners = [{"Aq", "qC"}, {"As", "sC"}]
    assert any({pair(line) for line in way} <= across for way in corners)
    # both rings are outlines that can be walked along, although they have no tags of their own
    assert {1, 2} <= set(roads.way_osm_id.tolist())


def test_an_outline_in_pieces_is_joined(tmp_path):
    """A multipolygon's outer ring drawn as two ways, one of them backwards."""
    path = map_file(
        tmp_path,
        "X\n  A    B\n\n  D    C\n        Y",
        {1: ("ABC", {}), 2: ("ADC", {}), 3: ("XA", STREET), 4: ("CY", STREET)},
        relations={8: (["outer:w1", "outer:w2"], {**SQUARE_TAGS, "type": "multipolygon"})},
    )
    assert across_of(read_roads([path], [FOOT])) == {pair("AC")}


def test_an_outline_that_is_not_closed_is_a_line(tmp_path):
    """Whatever its tags say: nobody knows where the rest of the area is."""
    path = map_file(
        tmp_path,
        "X\n  A    B\n\n  D    C\n        Y",
        {1: ("ABCD", SQUARE_TAGS), 2: ("XD", STREET), 3: ("BY", STREET)},
    )
    assert not across_of(read_roads([path], [FOOT]))


@pytest.mark.parametrize(
    ("outline", "says"),
    [("ACBDA", "crosses itself"), ("ABA", "")],
)
def test_an_outline_that_makes_no_sense_has_no_lines_across(tmp_path, outline, says):
    """A bow tie, or there and back."""
    path = map_file(
        tmp_path,
        "X\n  A    B\n\n  D    C\n        Y",
        {1: (outline, SQUARE_TAGS), 2: ("XA", STREET), 3: ("BY", STREET)},
    )
    roads = read_roads([path], [FOOT])
    assert not across_of(roads)
    assert any(says in sentence for sentence in roads.warnings) or not says
