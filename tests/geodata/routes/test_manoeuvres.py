"""What a driver is told, and what is passed in silence. Columns are 20 m, lines 40 m."""

from dataclasses import replace

import numpy as np
import pytest

from geodata.network import PlaceKind
from tests.geodata.drives import drive, told
from tests.towns import town

CROSSING = town(
    """
         N
         |
    W----X----E
         |
         S
    """,
    ["W-X-E primary name=建设路", "N-X-S primary name=人民路"],
)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("W-X-S", ["turn right 人民路"]),
        ("W-X-N", ["turn left 人民路"]),
        ("S-X-E", ["turn right 建设路"]),
        ("W-X-E", []),
        ("N-X-S", []),
    ],
)
def test_at_a_crossing_turns_are_told_and_straight_on_is_not(letters, expected):
    """A turn names the road turned onto; staying on a road needs no word."""
    assert told(drive(CROSSING, letters)) == expected


def test_a_bend_without_a_junction_is_silent():
    """A road may bend as it likes where no other road is."""
    bend = town(
        """
        A----B
             |
             C
        """,
        ["A-B residential name=后街", "B-C residential name=后街"],
    )
    assert told(drive(bend, "A-B-C")) == []


def test_a_bend_of_the_same_road_past_a_service_road_is_silent():
    """A yard entrance at a bend does not make the bend a turn."""
    bend = town(
        """
        A----B----D
             |
             C
        """,
        ["A-B-C residential name=后街", "B-D service"],
    )
    assert told(drive(bend, "A-B-C")) == []


def test_a_road_that_turns_where_another_goes_straight_on_is_a_continue():
    """The name stays, but the driver must turn to stay on it."""
    bend = town(
        """
        A----B----D
             |
             C
        """,
        ["A-B-C residential name=后街", "B-D residential name=前街"],
    )
    assert told(drive(bend, "A-B-C")) == ["continue right 后街"]
    assert told(drive(bend, "A-B-D")) == ["turn straight 前街"]


def test_a_u_turn_across_a_wide_green_is_one_manoeuvre_on_the_same_road_only():
    """50 m between the carriageways of one road; onto another road it is two left turns."""
    for name, expected in (
        ("大道", ["continue uturn 大道"]),
        ("河街", ["turn left", "end of road left 河街"]),
    ):
        wide = town(
            {"A": (0, 0), "B": (200, 0), "C": (400, 0), "D": (400, 50), "E": (200, 50),
             "F": (0, 50)},
            ["A-B-C primary name=大道 oneway=yes", f"D-E-F primary name={name} oneway=yes",
             "B-E primary"],
        )  # fmt: skip
        assert told(drive(wide, "A-B-E-F")) == expected


@pytest.mark.parametrize(
    ("south_m", "expected"),
    [(35, []), (85, ["continue slight right 主街"]), (200, ["continue right 主街"])],
)
def test_a_bend_is_told_by_its_angle_where_another_road_goes_straight_on(south_m, expected):
    """19, 40 and 63 degrees on 100 m: silent, slight, a turn."""
    bend = town(
        {"A": (0, 0), "B": (100, 0), "C": (200, -south_m), "D": (200, 0)},
        ["A-B-C primary name=主街", "B-D primary name=副街"],
    )
    assert told(drive(bend, "A-B-C")) == expected


def test_a_street_seen_for_a_moment_only_is_told_by_its_next_name():
    """Turning onto a square of 20 m that is called otherwise after it."""
    corner = town(
        {"A": (0, 0), "B": (100, 0), "E": (200, 0), "C": (100, -20), "D": (100, -200)},
        ["A-B-E primary name=主街", "B-C primary name=小广场", "C-D primary name=南街"],
    )
    assert told(drive(corner, "A-B-C-D")) == ["turn right 南街"]


def test_the_last_metres_of_a_street_are_not_where_one_starts():
    """Starting 20 m before the name changes is starting on the next street."""
    street = town("A-----B-----C", ["A-B primary name=东街", "B-C primary name=西街"])
    route = drive(street, "A-B-C", start=0.85)
    assert told(route) == []
    assert route.steps[0].name == "西街"


def test_two_bends_to_one_side_within_a_junction_are_one_turn():
    """45 degrees and 45 degrees, 25 m apart, are a turn to the left."""
    wide = town(
        {"A": (0, 0), "B": (100, 0), "E": (220, -10), "C": (118, 18), "W": (50, 60),
         "D": (118, 200)},
        ["A-B primary name=主街", "B-E primary name=东街", "B-C primary name=中街",
         "W-C primary name=西街", "C-D primary name=北街"],
    )  # fmt: skip
    assert told(drive(wide, "A-B-C-D")) == ["turn left 北街"]


def test_on_foot_nobody_makes_a_u_turn():
    """Two corners of a path are two corners."""
    path = town(
        {"A": (0, 0), "B": (200, 0), "C": (400, 0), "E": (200, 20), "F": (0, 20), "G": (400, 20)},
        ["A-B-C footway", "G-E-F footway", "B-E footway"],
    )
    assert told(drive(path, "A-B-E-F", mode="foot")) == ["turn left", "end of road left"]
    road = town(
        {"A": (0, 0), "B": (200, 0), "C": (400, 0), "E": (200, 20), "F": (0, 20), "G": (400, 20)},
        ["A-B-C residential", "G-E-F residential", "B-E residential"],
    )
    assert told(drive(road, "A-B-E-F")) == ["turn uturn"]


def test_a_change_of_name_is_told_and_the_loss_of_a_name_is_not():
    """A -> B is told when B has a name; running into a nameless piece is not."""
    street = town(
        "A----B----C--D",
        ["A-B residential name=东街", "B-C residential name=西街", "C-D residential"],
    )
    assert told(drive(street, "A-B-C-D")) == ["new name straight 西街"]
    # Backwards the nameless beginning of 60 m is folded into the street after it.
    assert told(drive(street, "D-C-B-A")) == ["new name straight 东街"]
    assert drive(street, "D-C-B-A").steps[0].name == "西街"


def test_sections_of_one_street_are_one_street():
    """人民南路一段 and 二段 are announced once."""
    street = town(
        "A----B----C",
        ["A-B primary name=人民南路一段", "B-C primary name=人民南路二段"],
    )
    assert told(drive(street, "A-B-C")) == []


def test_a_name_that_holds_for_a_moment_is_not_told():
    """A short bridge with a name of its own does not interrupt the street."""
    street = town(
        "A----B-C----D",
        ["A-B primary name=滨江路", "B-C primary name=小桥 bridge=yes", "C-D primary name=滨江路"],
    )
    assert told(drive(street, "A-B-C-D")) == []


def test_a_long_bridge_with_a_name_of_its_own_is_told():
    """100 m of bridge are a road of their own."""
    street = town(
        "A----B-----C----D",
        ["A-B primary name=滨江路", "B-C primary name=大桥", "C-D primary name=滨江路"],
    )
    assert told(drive(street, "A-B-C-D")) == ["new name straight 大桥", "new name straight 滨江路"]


def test_at_a_fork_the_side_is_told():
    """Two roads of like weight part at a flat angle: keep left, keep right."""
    fork = town(
        {"A": (0, 0), "B": (100, 0), "L": (200, 30), "R": (200, -30)},
        ["A-B secondary name=主街", "B-L secondary name=左街", "B-R secondary name=右街"],
    )
    assert told(drive(fork, "A-B-L")) == ["fork slight left 左街"]
    assert told(drive(fork, "A-B-R")) == ["fork slight right 右街"]


def test_where_a_road_goes_on_and_another_leaves_at_a_flat_angle_it_is_no_fork():
    """Staying is silent, leaving is a slight turn."""
    fork = town(
        {"A": (0, 0), "B": (100, 0), "L": (200, 30), "R": (200, -5)},
        ["A-B-R secondary name=主街", "B-L secondary name=左街"],
    )
    assert told(drive(fork, "A-B-R")) == []
    assert told(drive(fork, "A-B-L")) == ["turn slight left 左街"]


def test_a_minor_road_at_a_flat_angle_does_not_disturb_the_main_road():
    """A nameless yard road beside a nameless main road is no fork for who stays."""
    fork = town(
        {"A": (0, 0), "B": (100, 0), "L": (200, 10), "R": (200, -30)},
        ["A-B-L primary", "B-R service"],
    )
    assert told(drive(fork, "A-B-L")) == []
    assert told(drive(fork, "A-B-R")) == ["turn slight right"]


def test_a_three_way_fork_has_a_middle():
    """With rivals on both sides one keeps to the middle."""
    fork = town(
        {"A": (0, 0), "B": (100, 0), "L": (190, 45), "M": (200, 2), "R": (190, -45)},
        ["A-B secondary name=主街", "B-L secondary name=左街", "B-M secondary name=中街",
         "B-R secondary name=右街"],
    )  # fmt: skip
    assert told(drive(fork, "A-B-M")) == ["fork straight 中街"]
    assert told(drive(fork, "A-B-L")) == ["fork slight left 左街"]


def test_a_road_that_ends_on_another_is_an_end_of_road():
    """At a T one must turn, and is told that the road ends."""
    tee = town(
        """
        L----T----R
             |
             S
        """,
        ["S-T residential name=小路", "L-T-R residential name=大路"],
    )
    assert told(drive(tee, "S-T-L")) == ["end of road left 大路"]
    assert told(drive(tee, "S-T-R")) == ["end of road right 大路"]
    assert told(drive(tee, "L-T-S")) == ["turn right 小路"]
    assert told(drive(tee, "L-T-R")) == []


def test_the_only_turn_allowed_is_still_told():
    """Who reaches a one-way street from the side cannot see that the other way is barred."""
    tee = town(
        """
        L----T----R
             |
             S
        """,
        ["S-T residential name=小路", "L-T-R residential name=大路 oneway=yes"],
    )
    assert told(drive(tee, "S-T-R")) == ["end of road right 大路"]


def test_turning_back_on_the_spot_is_a_u_turn():
    """In a dead end one turns round and stays on the road."""
    dead_end = town("A----B----C", ["A-B residential name=死巷", "B-C residential name=死巷"])
    assert told(drive(dead_end, "A-B-C-B")) == ["continue uturn 死巷"]


def test_a_u_turn_across_a_median_is_one_manoeuvre():
    """Left, 20 m, left onto the other carriageway of the same road is one U-turn."""
    wide = town(
        {"A": (0, 0), "B": (200, 0), "C": (400, 0), "D": (400, 20), "E": (200, 20), "F": (0, 20)},
        ["A-B-C primary name=大道 oneway=yes", "D-E-F primary name=大道 oneway=yes",
         "B-E primary_link"],
    )  # fmt: skip
    assert told(drive(wide, "A-B-E-F")) == ["continue uturn 大道"]


def test_crossing_the_near_carriageway_is_part_of_the_left_turn():
    """From a side street over one carriageway onto the other: one left turn, where it ends."""
    wide = town(
        {"S": (200, -100), "A": (0, 0), "B": (200, 0), "C": (400, 0), "D": (400, 20),
         "E": (200, 20), "F": (0, 20)},
        ["A-B-C primary name=大道 oneway=yes", "D-E-F primary name=大道 oneway=yes",
         "S-B residential name=小巷", "B-E primary"],
    )  # fmt: skip
    assert told(drive(wide, "S-B-E-F")) == ["end of road left 大道"]


def test_a_staggered_crossing_is_straight_on():
    """Two arms of one street that miss each other by 10 m are one street."""
    staggered = town(
        {"S": (100, -100), "A": (0, 0), "B": (100, 0), "C": (110, 0), "D": (200, 0),
         "N": (110, 100)},
        ["A-B-C-D primary name=大道", "S-B residential name=小巷", "C-N residential name=小巷"],
    )  # fmt: skip
    assert told(drive(staggered, "S-B-C-N")) == []


def test_a_slip_road_is_the_turn_it_serves():
    """A right-turn lane drawn as a link of its own is told as one right turn."""
    slip = town(
        {"W": (0, 0), "L": (100, 0), "X": (160, 0), "E": (300, 0), "M": (150, -15),
         "Q": (160, -60), "S": (160, -200), "N": (160, 100)},
        ["W-L-X-E primary name=东西路", "N-X-Q-S primary name=南北路",
         "L-M-Q primary_link oneway=yes"],
    )  # fmt: skip
    assert told(drive(slip, "W-L-Q-S")) == ["turn right 南北路"]


MOTORWAY = town(
    {"A": (0, 0), "B": (300, 0), "C": (900, 0), "D": (1400, 0), "E": (500, -40), "F": (650, -80),
     "G": (550, -90), "H": (750, -90), "I": (850, -30), "X": (650, -300)},
    ["A-B-C-D motorway name=沪渝高速 ref=G50 oneway=yes",
     "B-E-F motorway_link oneway=yes destination=万州;开州",
     "G-F-H secondary name=机场路", "F-I-C motorway_link oneway=yes", "F-X secondary name=北街"],
)  # fmt: skip


def test_leaving_a_motorway_is_an_off_ramp_and_tells_where_it_leads():
    """The exit carries the destinations of its sign."""
    route = drive(MOTORWAY, "A-B-F-X")
    assert told(route)[0] == "off ramp slight right"
    assert route.steps[1].destinations == "万州, 开州"


def test_an_exit_has_the_number_and_name_of_its_junction():
    """motorway_junction: ref and name stand at the node where the ramp leaves."""
    network = MOTORWAY.network
    texts = ["", "16", "万州北"]
    blob = b"".join(text.encode() for text in texts)
    own = np.concatenate((network.text_utf8, np.frombuffer(blob, np.uint8)))
    ends = network.text_first[-1] + np.cumsum([len(text.encode()) for text in texts])
    signed = replace(
        network,
        text_utf8=own,
        text_first=np.concatenate((network.text_first, ends)),
        place_kind=np.array([PlaceKind.MOTORWAY_JUNCTION], np.uint8),
        place_lon_e7=np.zeros(1, np.int32),
        place_lat_e7=np.zeros(1, np.int32),
        place_name=np.array([len(network.text_first) + 1], np.int32),
        place_ref=np.array([len(network.text_first)], np.int32),
        place_node=np.array([MOTORWAY.node("B")], np.int32),
        place_osm_id=np.ones(1, np.int64),
    )
    step = drive(MOTORWAY, "A-B-F-X", network=signed).steps[1]
    assert (step.exits, step.place_name) == ("16", "万州北")


def test_entering_a_motorway_is_an_on_ramp_then_a_merge():
    """A link from an ordinary road is taken, then runs into the motorway from its right side."""
    assert told(drive(MOTORWAY, "G-F-C-D")) == ["on ramp slight left", "merge slight left 沪渝高速"]


def test_staying_on_a_motorway_past_its_ramps_is_silent():
    """Neither an exit nor an entrance concerns who stays."""
    assert told(drive(MOTORWAY, "A-B-C-D")) == []


def test_a_nameless_main_road_past_a_link_is_silent():
    """A link that leaves does not make staying a fork; taking it is told."""
    passing = town(
        {"A": (0, 0), "B": (300, 0), "C": (900, 0), "L": (500, -40)},
        ["A-B-C primary oneway=yes", "B-L primary_link oneway=yes"],
    )
    assert told(drive(passing, "A-B-C")) == []
    assert told(drive(passing, "A-B-L")) == ["turn slight right"]


def test_running_into_a_motorway_where_another_ramp_leaves_is_a_merge():
    """The on ramp and the off ramp share a node."""
    weave = town(
        {"A": (0, 0), "B": (300, 0), "C": (900, 0), "L": (500, -40), "I": (100, -40)},
        ["A-B-C motorway ref=G50 oneway=yes", "B-L motorway_link oneway=yes",
         "I-B motorway_link oneway=yes"],
    )  # fmt: skip
    assert told(drive(weave, "I-B-C")) == ["merge slight left G50"]


def test_motorways_that_part_are_a_fork():
    """Staying on the same number is told too where two motorways part."""
    parting = town(
        {"A": (0, 0), "B": (400, 0), "L": (900, 60), "R": (900, -60)},
        ["A-B-L motorway ref=G50", "B-R motorway ref=G5012"],
    )
    assert told(drive(parting, "A-B-L")) == ["fork slight left G50"]
    assert told(drive(parting, "A-B-R")) == ["fork slight right G5012"]


def test_boarding_and_leaving_a_ferry_are_told():
    """The mode of the steps says who moves whom."""
    river = town(
        "A----B----C----D----E",
        [
            "A-B residential name=码头路",
            ("B-C-D", {"route": "ferry", "highway": "", "name": "江渡"}),
            "D-E residential name=对岸路",
        ],
    )
    route = drive(river, "A-B-D-E")
    assert [step.type for step in route.steps][1:3] == ["notification", "notification"]
    assert [step.mode for step in route.steps] == ["driving", "ferry", "driving", "driving"]


def test_lines_that_meet_on_the_water_are_silent():
    """Ferry lines cross; passengers have nothing to do there."""
    river = town(
        {"A": (0, 0), "B": (100, 0), "C": (300, 0), "D": (400, 150), "E": (400, -150)},
        [
            "A-B residential",
            ("B-C-D", {"route": "ferry", "highway": ""}),
            ("C-E", {"route": "ferry", "highway": ""}),
        ],
    )
    assert told(drive(river, "A-B-C-E")) == ["notification straight"]


def test_pushing_a_bicycle_begins_and_ends_a_step():
    """Where riding is forbidden the rider gets off, and is told."""
    lane = town(
        "A----B----C----D",
        ["A-B residential name=西街", "B-C pedestrian name=西街", "C-D residential name=西街"],
    )
    route = drive(lane, "A-B-C-D", mode="ebike")
    assert [step.mode for step in route.steps] == ["cycling", "pushing bike", "cycling", "cycling"]
    assert told(route) == ["notification straight 西街", "notification straight 西街"]


def test_driving_against_a_small_one_way_street_is_told():
    """Police may, with care; the step says so."""
    lane = town(
        "A----B----C",
        ["A-B residential name=西街", "C-B residential name=西街 oneway=yes"],
    )
    route = drive(lane, "A-B-C", mode="police")
    assert told(route) == ["notification straight 西街"]
    assert route.steps[1].manner.name == "AGAINST_ONE_WAY"


def test_a_toll_gate_is_told_once_for_all_its_booths():
    """Two booths in a row are one plaza."""
    road = town(
        "A----B-C----D",
        ["A-B-C-D trunk name=收费路"],
        points={"B": "barrier=toll_booth", "C": "barrier=toll_booth"},
    )
    route = drive(road, "A-B-C-D")
    assert told(route) == ["notification straight 收费路"]
    assert route.steps[1].passes_toll_gate


def test_a_position_at_a_junction_does_not_begin_with_a_turn():
    """Starting in the last metre before the corner is starting at the corner."""
    route = drive(CROSSING, "W-X-S", start=0.999)
    assert told(route) == []
    assert route.steps[0].name == "人民路"


def test_streets_that_only_share_a_beginning_are_different_streets():
    """人民路 and 人民公园路 are two names; 红星路 and 红星路二段 are one."""
    street = town(
        "A-----B-----C-----D",
        [
            "A-B primary name=人民路",
            "B-C primary name=人民公园路",
            "C-D primary name=人民公园路二段",
        ],
    )
    assert told(drive(street, "A-B-C-D")) == ["new name straight 人民公园路"]
