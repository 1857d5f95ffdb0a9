"""Rings: how they are entered, which exit is taken, and when they are none."""

import math

import pytest

from tests.geodata.drives import drive, told
from tests.towns import town


def ring(radius_m: float, *, kind="roundabout", name="", modes=None, extra=(), oneway=True):
    """A ring driven counter-clockwise with four two-way arms: S(outh), E(ast), N(orth), W(est).

    Ring points: s, e, n, w. Every quarter has one more point, so that the ring is round.
    """
    points = {}
    for letter, angle in (("s", 270), ("e", 0), ("n", 90), ("w", 180)):
        points[letter] = (
            radius_m * math.cos(math.radians(angle)),
            radius_m * math.sin(math.radians(angle)),
        )
    for letter, angle in (("1", 315), ("2", 45), ("3", 135), ("4", 225)):
        points[letter] = (
            radius_m * math.cos(math.radians(angle)),
            radius_m * math.sin(math.radians(angle)),
        )
    far = radius_m + 100
    points.update(S=(0, -far), E=(far, 0), N=(0, far), W=(-far, 0))
    tags = {"highway": "primary", "junction": kind, "oneway": "yes" if oneway else "no"}
    if name:
        tags["name"] = name
    return town(
        points,
        [
            ("s-1-e-2-n-3-w-4-s", tags),
            "S-s primary name=南路",
            "e-E primary name=东路",
            "n-N primary name=北路",
            "w-W primary name=西路",
            *extra,
        ],
    )


BIG = ring(40)


@pytest.mark.parametrize(
    ("letters", "exit_number", "road"),
    [
        ("S-s-e-E", 1, "东路"),
        ("S-s-e-n-N", 2, "北路"),
        ("S-s-e-n-w-W", 3, "西路"),
        ("S-s-e-n-w-s-S", 4, "南路"),
        ("W-w-s-S", 1, "南路"),
    ],
)
def test_exits_are_counted_from_the_entry(letters, exit_number, road):
    """The ring is cut into one arc per arm; each arm passed is one exit."""
    route = drive(BIG, letters)
    assert [step.type for step in route.steps] == [
        "depart",
        "roundabout",
        "exit roundabout",
        "arrive",
    ]
    assert route.steps[1].exit == exit_number
    assert route.steps[1].name == route.steps[2].name == road


def test_a_drive_that_ends_in_the_ring_has_no_exit():
    """Without an exit there is no exit number."""
    route = drive(BIG, "S-s-e-n", end=0.5)
    assert [(step.type, step.exit) for step in route.steps] == [
        ("depart", None),
        ("roundabout", None),
        ("arrive", None),
    ]


def test_a_drive_that_starts_in_the_ring_counts_from_there():
    """From the first half of the southern arc the northern arm is the second exit."""
    route = drive(BIG, "s-e-n-N", start=0.3)
    assert [(step.type, step.exit) for step in route.steps] == [
        ("depart", None),
        ("exit roundabout", 2),
        ("arrive", None),
    ]


def test_an_arm_that_only_leads_in_is_no_exit():
    """A one-way street into the ring is not counted."""
    one_in = town(
        {"s": (0, -40), "e": (40, 0), "n": (0, 40), "w": (-40, 0), "S": (0, -140), "E": (140, 0),
         "N": (0, 140)},
        [("s-e-n-w-s", {"highway": "primary", "junction": "roundabout"}), "S-s primary",
         "E-e primary oneway=yes", "n-N primary name=北路"],
    )  # fmt: skip
    assert drive(one_in, "S-s-e-n-N").steps[1].exit == 1


def test_split_arms_are_one_exit_each():
    """An arm drawn as one carriageway in and one out is one exit."""
    split = town(
        {"s": (0, -40), "e": (39, -10), "i": (39, 10), "n": (0, 40), "w": (-40, 0), "S": (0, -140),
         "E": (140, 0), "N": (0, 140)},
        [("s-e-i-n-w-s", {"highway": "primary", "junction": "roundabout"}), "S-s primary",
         "e-E primary oneway=yes name=东路", "E-i primary oneway=yes", "n-N primary name=北路"],
    )  # fmt: skip
    assert drive(split, "S-s-e-i-n-N").steps[1].exit == 2
    assert drive(split, "S-s-e-E").steps[1].exit == 1


def test_police_against_a_one_way_arm_do_not_count_it():
    """What only a siren makes usable is no exit to a driver who counts."""
    one_in = town(
        {"s": (0, -40), "e": (40, 0), "n": (0, 40), "w": (-40, 0), "S": (0, -140), "E": (140, 0),
         "N": (0, 140)},
        [("s-e-n-w-s", {"highway": "residential", "junction": "roundabout"}), "S-s residential",
         "E-e residential oneway=yes", "n-N residential"],
    )  # fmt: skip
    assert drive(one_in, "S-s-e-n-N", mode="police").steps[1].exit == 1


def test_a_named_ring_is_a_rotary_with_a_name():
    """The name of the ring stands beside the road it is left by."""
    route = drive(ring(40, name="南门转盘"), "S-s-e-n-N")
    entry = route.steps[1]
    assert (entry.type, entry.rotary_name, entry.name, entry.exit) == (
        "rotary",
        "南门转盘",
        "北路",
        2,
    )
    assert route.steps[2].type == "exit rotary"


def test_a_circular_junction_is_a_rotary_even_without_a_name():
    """junction=circular has no roundabout's right of way."""
    assert drive(ring(40, kind="circular"), "S-s-e-E").steps[1].type == "rotary"


def test_a_small_ring_is_a_turn():
    """At 12 m one turns as at any junction: one step, no separate exit."""
    small = ring(12)
    assert told(drive(small, "S-s-e-E")) == ["roundabout turn right exit-1 东路"]
    assert told(drive(small, "S-s-e-n-N")) == ["roundabout turn straight exit-2 北路"]
    assert told(drive(small, "S-s-e-n-w-W")) == ["roundabout turn left exit-3 西路"]


def test_turning_back_through_a_small_ring_counts_exits():
    """All the way round is no turn to either side."""
    back = drive(ring(12), "S-s-e-n-w-s-S").steps[1]
    assert (back.type, back.exit, back.name) == ("roundabout", 4, "南路")


def test_on_foot_a_ring_is_a_street():
    """Walkers may go round either way, so nothing is counted for them."""
    route = drive(BIG, "S-s-w-W", mode="foot")
    assert "roundabout" not in " ".join(told(route))


def test_two_rings_that_touch_are_two_rings():
    """Crossing over to the neighbour ring is leaving one and entering the other."""
    both = town(
        {"s": (0, -40), "x": (40, 0), "n": (0, 40), "w": (-40, 0), "S": (0, -140),
         "t": (80, -40), "y": (120, 0), "u": (80, 40), "E": (220, 0), "N": (0, 140),
         "T": (80, -140)},
        [("s-x-n-w-s", {"highway": "primary", "junction": "roundabout"}),
         ("x-t-y-u-x", {"highway": "primary", "junction": "roundabout"}),
         "S-s primary", "y-E primary name=东路", "n-N primary", "t-T primary"],
    )  # fmt: skip
    route = drive(both, "S-s-x-t-y-E")
    assert [(step.type, step.exit) for step in route.steps[1:-1]] == [
        ("roundabout", 1),
        ("roundabout", 2),
        ("exit roundabout", 2),
    ]


def test_where_one_keeps_left_exits_are_counted_clockwise():
    """A ring driven clockwise, as in Hong Kong."""
    clockwise = town(
        {"s": (0, -40), "w": (-40, 0), "n": (0, 40), "e": (40, 0), "S": (0, -140), "E": (140, 0),
         "N": (0, 140), "W": (-140, 0)},
        [("s-w-n-e-s", {"highway": "primary", "junction": "roundabout"}), "S-s primary",
         "e-E primary name=东路", "n-N primary name=北路", "w-W primary name=西路"],
    )  # fmt: skip
    route = drive(clockwise, "S-s-w-n-e-E", driving_side="left")
    assert (route.steps[1].type, route.steps[1].exit) == ("roundabout", 3)


@pytest.mark.parametrize(
    ("driving_side", "way_round", "letters", "beside_m"),
    [
        ("right", "s-e-n-w-s", "S-s-e-n-N", 60),
        ("left", "s-w-n-e-s", "S-s-w-n-N", -60),
    ],
)
def test_an_exit_beside_the_entry_is_the_first(driving_side, way_round, letters, beside_m):
    """A one-way street that leaves where one enters, on the outer side, is passed at once; on the
    inner side it is behind the driver until the ring has been driven round."""
    for east_m, exit_number in ((beside_m, 2), (-beside_m, 1)):
        both = town(
            {"s": (0, -40), "w": (-40, 0), "n": (0, 40), "e": (40, 0), "S": (0, -140),
             "N": (0, 140), "O": (east_m, -60), "E": (140, 0), "W": (-140, 0)},
            [(way_round, {"highway": "primary", "junction": "roundabout"}), "S-s primary",
             "s-O primary oneway=yes", "n-N primary", "E-e primary oneway=yes",
             "W-w primary oneway=yes"],
        )  # fmt: skip
        assert drive(both, letters, driving_side=driving_side).steps[1].exit == exit_number


def test_a_mini_roundabout_is_a_roundabout_turn():
    """A painted dot in the junction: turning there is still a turn."""
    dot = town(
        """
             N
             |
        W----X----E
             |
             S
        """,
        ["W-X-E residential name=东西路", "N-X-S residential name=南北路"],
        points={"X": "highway=mini_roundabout"},
    )
    assert told(drive(dot, "W-X-S")) == ["roundabout turn right 南北路"]
