"""Turn restrictions, held against a plain reading of what they say in OpenStreetMap."""

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.modes import MODES
from geodata.network import TURN_FORBIDDEN, UNREACHABLE_MS, Manner
from tests.towns import Town, town

# A square with a tail at each corner:
#
#     W----A----B----E
#          |    |
#     V----D----C----F
SQUARE = """
    W----A----B----E
         |    |
    V----D----C----F
"""
STREETS = ["W-A", "A-B", "B-E", "B-C", "C-F", "C-D", "D-V", "D-A"]
PRIMARY = [f"{street} primary" for street in STREETS]


def test_no_turn_via_a_node_forbids_that_turn_alone():
    """no_right_turn forbids one pair of arcs and nothing else."""
    place = town(SQUARE, PRIMARY, rules=["no_right_turn: A-B > B > B-C"])
    assert not place.may_turn("car", "A-B-C")
    assert place.may_turn("car", "A-B-E")
    assert place.may_turn("car", "E-B-C")
    assert place.network.arc_count == 2 * place.network.edge_count


def test_only_turn_via_a_node_forbids_all_others():
    """only_straight_on leaves one way on."""
    place = town(SQUARE, PRIMARY, rules=["only_straight_on: A-B > B > B-E"])
    assert place.may_turn("car", "A-B-E")
    assert not place.may_turn("car", "A-B-C")
    assert place.may_turn("car", "C-B-A")


def test_two_only_arrows_leave_two_ways():
    """Two only_ rules from the same road are two arrows on one sign."""
    place = town(
        """
             N
             |
        W----X----E
             |
             S
        """,
        ["W-X", "X-E", "X-N", "X-S"],
        rules=["only_straight_on: W-X > X > X-E", "only_left_turn: W-X > X > X-N"],
    )
    assert place.may_turn("car", "W-X-E")
    assert place.may_turn("car", "W-X-N")
    assert not place.may_turn("car", "W-X-S")


def test_no_turn_via_a_way_depends_on_where_one_comes_from():
    """W-A-B-C is forbidden, D-A-B-C and W-A-B-E are not."""
    place = town(SQUARE, PRIMARY, rules=["no_right_turn: W-A > A-B > B-C"])
    assert not place.may_turn("car", "W-A-B-C")
    assert place.may_turn("car", "W-A-B-E")
    assert place.may_turn("car", "D-A-B-C")
    assert place.may_turn("car", "A-B-C")


def test_only_turn_via_a_way_binds_those_who_turn_in():
    """From W over A-B only straight on; whoever leaves at A is free."""
    place = town(SQUARE, PRIMARY, rules=["only_straight_on: W-A > A-B > B-E"])
    assert place.may_turn("car", "W-A-B-E")
    assert not place.may_turn("car", "W-A-B-C")
    assert place.may_turn("car", "W-A-D")
    assert place.may_turn("car", "D-A-B-C")


def test_only_turn_via_two_ways_forbids_leaving_in_between():
    """Whoever has turned into the watched path follows it to its end."""
    place = town(SQUARE, PRIMARY, rules=["only_u_turn: W-A > A-B, B-C, C-D > D-V"])
    assert place.may_turn("car", "W-A-B-C-D-V")
    assert not place.may_turn("car", "W-A-B-E")
    assert not place.may_turn("car", "W-A-B-C-F")
    assert not place.may_turn("car", "W-A-B-C-D-A")
    assert place.may_turn("car", "W-A-D")


def test_via_ways_may_be_listed_in_any_order():
    """The ways themselves say how they hang together."""
    place = town(SQUARE, PRIMARY, rules=["no_u_turn: W-A > C-D, A-B, B-C > D-V"])
    assert not place.may_turn("car", "W-A-B-C-D-V")
    assert place.may_turn("car", "A-B-C-D-V")


def test_a_via_way_named_twice_is_driven_once():
    """A relation that lists a member twice means the same as one that does not."""
    place = town(SQUARE, PRIMARY, rules=["no_right_turn: W-A > A-B, A-B > B-C"])
    assert not place.may_turn("car", "W-A-B-C")
    assert place.may_turn("car", "W-A-B-E")


def test_a_via_way_with_junctions_on_it_is_driven_whole():
    """One via way of two edges is watched as two arcs."""
    place = town(
        "W---A---M---B---E\n        |   |\n        S   C",
        ["W-A", "A-M-B", "B-E", "M-S", "B-C"],
        rules=["no_right_turn: W-A > A-M > B-C"],
    )
    assert not place.may_turn("car", "W-A-M-B-C")
    assert place.may_turn("car", "W-A-M-B-E")
    assert place.may_turn("car", "S-M-B-C")


def test_rules_that_share_a_via_way_hold_together():
    """Coming from W neither C nor, by a second rule, E; coming from D only E."""
    place = town(
        SQUARE,
        PRIMARY,
        rules=["no_right_turn: W-A > A-B > B-C", "no_straight_on: D-A > A-B > B-E"],
    )
    assert not place.may_turn("car", "W-A-B-C")
    assert place.may_turn("car", "W-A-B-E")
    assert place.may_turn("car", "D-A-B-C")
    assert not place.may_turn("car", "D-A-B-E")


def test_a_rule_that_begins_inside_another_is_not_forgotten():
    """Driving the first path part of the way does not hide the rule that begins there."""
    place = town(
        SQUARE,
        PRIMARY,
        rules=["no_u_turn: W-A > A-B, B-C, C-D > D-V", "no_left_turn: A-B > B-C > C-F"],
    )
    assert not place.may_turn("car", "W-A-B-C-F")
    assert not place.may_turn("car", "W-A-B-C-D-V")
    assert place.may_turn("car", "W-A-B-C-D-A")


def test_a_rule_may_bind_one_mode_and_free_another():
    """``except=bicycle`` frees e-bikes; walkers are bound by none."""
    place = town(SQUARE, PRIMARY, rules=["no_right_turn: W-A > A-B > B-C except=bicycle"])
    assert not place.may_turn("car", "W-A-B-C")
    assert place.may_turn("ebike", "W-A-B-C")
    assert place.may_turn("foot", "W-A-B-C")


def test_an_only_rule_onto_a_closed_road_does_not_trap():
    """A mode that cannot drive what is prescribed is not bound."""
    streets = [*PRIMARY]
    streets[2] = "B-E motorway oneway=yes"
    place = town(SQUARE, streets, rules=["only_straight_on: A-B > B > B-E"])
    assert not place.may_turn("car", "A-B-C")
    assert place.may_turn("ebike", "A-B-C")


def test_only_u_turn_opens_a_u_turn_that_the_mode_would_not_make():
    """A sign that sends drivers back allows them to turn back."""
    place = town(SQUARE, PRIMARY, rules=["only_u_turn: A-B > B > A-B"])
    assert place.may_turn("car", "A-B-A")
    assert not place.may_turn("car", "A-B-C")
    assert not place.may_turn("car", "A-B-E")


def test_no_u_turn_on_a_street_that_runs_through_forbids_both_sides():
    """An uncut street fits a no_u_turn with both its sides, and both are meant."""
    place = town("A----B----C", ["A-B-C residential"], rules=["no_u_turn: A-B > B > A-B"])
    free = town("A----B----C", ["A-B-C residential"], points={"B": "highway=stop"})
    assert free.may_turn("car", "A-B-A")
    assert not place.may_turn("car", "A-B-A")
    assert not place.may_turn("car", "C-B-C")
    assert place.may_turn("car", "A-B-C")


def test_a_rule_that_fits_two_turns_is_left_out_and_counted():
    """N-X-S is not cut at X: no_left_turn from W could mean north or south."""
    drawing = """
             N
             |
        W----X----E
             |
             S
    """
    place = town(drawing, ["W-X", "X-E", "N-X-S"], rules=["no_left_turn: W-X > X > N-X"])
    assert place.may_turn("car", "W-X-N")
    assert place.may_turn("car", "W-X-S")
    assert any("more than one turn" in warning for warning in place.raw.warnings)


def test_a_one_way_street_settles_which_turn_is_meant():
    """The same rule is clear where the uncut street can be entered in one direction only."""
    drawing = """
             N
             |
        W----X----E
             |
             S
    """
    streets = ["W-X", "X-E", "S-X-N oneway=yes"]
    place = town(drawing, streets, rules=["no_left_turn: W-X > X > X-N"])
    assert not place.may_turn("car", "W-X-N")
    assert not place.raw.warnings


def test_a_rule_whose_ways_do_not_meet_changes_nothing():
    """Broken relations do no harm."""
    free = town(SQUARE, PRIMARY)
    place = town(SQUARE, PRIMARY, rules=["no_right_turn: W-A > B-C > C-F"])
    assert place.network.turn_count == free.network.turn_count
    assert any("no mode it binds could drive" in warning for warning in place.raw.warnings)


def test_a_tangle_of_via_ways_is_given_up():
    """A hostile relation over a dense web of streets costs no more than its share."""
    web = "BCDEFGHIJ"
    points = {letter: (90.0 * (n % 3), 90.0 * (n // 3)) for n, letter in enumerate(web)}
    points |= {"A": (-90.0, 0.0), "Z": (400.0, 400.0), "Y": (500.0, 400.0)}
    legs = [f"{a}-{b}" for a in web for b in web if a < b][:15]
    place = town(
        points,
        ["A-B", *legs, "Z-Y"],
        rules=[f"no_left_turn: A-B > {', '.join(legs)} > Z-Y"],
        modes=(MODES["car"],),
    )
    assert any("tangle" in warning for warning in place.raw.warnings)


# --- every drive of a few arcs, against a plain reading ---------------------------------------

LETTERS = "ABCDEF"
LONGEST_DRIVE = 6


@st.composite
def ruled_towns(draw):
    """A town of six corners, streets of one or two edges, and one to four rules over them."""
    pairs = [(a, b) for a in LETTERS for b in LETTERS if a < b]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=4, max_size=7, unique=True))
    streets = [draw(st.sampled_from([f"{a}-{b}", f"{b}-{a} oneway=yes"])) for a, b in chosen]
    middle = draw(st.sampled_from([None, *LETTERS]))
    if middle is not None:  # one street with a corner on it
        others = [letter for letter in LETTERS if letter != middle]
        first, last = draw(st.lists(st.sampled_from(others), min_size=2, max_size=2, unique=True))
        joined = {first, middle}, {middle, last}
        streets = [street for street in streets if set(street.split()[0].split("-")) not in joined]
        streets.append(f"{first}-{middle}-{last}")
    places = st.tuples(st.integers(0, 5), st.integers(0, 5))
    spots = draw(st.lists(places, min_size=6, max_size=6, unique=True))
    points = {letter: (90.0 * x, 90.0 * y) for letter, (x, y) in zip(LETTERS, spots, strict=True)}
    legs = [f"{a}-{b}" for street in streets for a, b in pairwise(street.split()[0].split("-"))]
    rules = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(
            st.sampled_from(["no_left_turn", "only_straight_on", "no_u_turn", "only_u_turn"])
        )
        freed = draw(st.sampled_from(["", " except=bicycle", " except=motorcar"]))
        from_leg, to_leg = draw(st.sampled_from(legs)), draw(st.sampled_from(legs))
        if draw(st.booleans()):
            via = draw(st.sampled_from(LETTERS))
        else:
            via = ", ".join(
                draw(st.lists(st.sampled_from(legs), min_size=1, max_size=3, unique=True))
            )
        rules.append(f"{kind}: {from_leg} > {via} > {to_leg}{freed}")
    return points, streets, rules


@settings(max_examples=150, deadline=None)
@given(ruled_towns())
def test_the_drives_that_remain_are_those_the_rules_allow(drawn):
    """For every mode, the sequences of up to six arcs that the network with its shadow arcs can
    drive are exactly those that the rules, read one by one along the sequence, permit."""
    points, streets, rules = drawn
    every_corner_cut = dict.fromkeys(points, "highway=give_way")
    modes = (MODES["car"], MODES["ebike"])
    free = town(points, streets, points=every_corner_cut, modes=modes)
    ruled = town(points, streets, points=every_corner_cut, modes=modes, rules=rules)
    for mode in ("car", "ebike"):
        readings = [
            reading
            for restriction in ruled.raw.restrictions
            if (reading := plain_reading(ruled, restriction, mode)) is not None
        ]
        u_turns_opened = {
            story[-1]
            for only, stories in readings
            for story in stories
            if only and story[-1] == story[-2] ^ 1
        }
        expected = set(permitted(free, mode, readings, u_turns_opened))
        assert set(driven(ruled, mode)) == expected


def driven(place: Town, mode: str) -> Iterator[tuple[int, ...]]:
    """Every sequence of up to ``LONGEST_DRIVE`` base arcs that the network can drive."""
    network, layer = place.network, place.network.modes[mode]

    def onward(arc: int, so_far: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        yield so_far
        if len(so_far) == LONGEST_DRIVE:
            return
        for turn in range(network.first_turn[arc], network.first_turn[arc + 1]):
            if layer.turn_cost[turn] != TURN_FORBIDDEN:
                following = int(network.turn_to[turn])
                yield from onward(following, (*so_far, int(network.arc_base[following])))

    for arc in range(2 * network.edge_count):
        if layer.travel_time_ms[arc] < UNREACHABLE_MS:
            yield from onward(arc, (arc,))


def permitted(
    free: Town,
    mode: str,
    readings: list[tuple[bool, list[tuple[int, ...]]]],
    u_turns_opened: set[int],
) -> Iterator[tuple[int, ...]]:
    """The sequences of the town without rules in which no step breaks a rule."""
    turns = base_turns(free, mode)
    for arc in u_turns_opened:
        turns.setdefault(arc ^ 1, set()).add(arc)
    stories = [
        (only, story)
        for only, found in readings
        for story in found
        if all(b in turns.get(a, ()) for a, b in pairwise(story))
    ]

    def breaks(driven: tuple[int, ...], following: int) -> bool:
        for length in range(1, len(driven) + 1):
            tail = driven[-length:]
            if (False, (*tail, following)) in stories:
                return True
            prescribed = {
                story[length]
                for only, story in stories
                if only
                and len(story) > length
                and story[:length] == tail
                and (length > 1 or len(story) == 2)
            }
            if prescribed and following not in prescribed:
                return True
        return False

    def onward(so_far: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        yield so_far
        if len(so_far) < LONGEST_DRIVE:
            for following in turns.get(so_far[-1], ()):
                if not breaks(so_far, following):
                    yield from onward((*so_far, following))

    for arc in range(2 * free.network.edge_count):
        if free.network.modes[mode].travel_time_ms[arc] < UNREACHABLE_MS:
            yield from onward((arc,))


def base_turns(free: Town, mode: str) -> dict[int, set[int]]:
    network, layer = free.network, free.network.modes[mode]
    turns: dict[int, set[int]] = {}
    for turn in range(network.turn_count):
        if layer.turn_cost[turn] != TURN_FORBIDDEN:
            turns.setdefault(int(network.turn_from[turn]), set()).add(int(network.turn_to[turn]))
    return turns


def plain_reading(place, restriction, mode) -> tuple[bool, list[tuple[int, ...]]] | None:
    """(is only, the arc sequences meant) by trying every sequence of arcs that could be meant."""
    rule = restriction.rule_by_mode.get(mode)
    if rule is None:
        return None
    network, layer = place.network, place.network.modes[mode]
    usable = [
        arc
        for arc in range(2 * network.edge_count)
        if layer.travel_time_ms[arc] < UNREACHABLE_MS and layer.manner[arc] == Manner.NORMAL
    ]
    way = {arc: int(network.edge_way_id[arc >> 1]) for arc in usable}
    via_ways = set(restriction.via_ways)

    def at_end(arc: int, node: int) -> bool:
        letters = place.streets[way[arc] - 1001].split("-")
        return place.letter(node) in (letters[0], letters[-1])

    def whole(story: tuple[int, ...]) -> bool:
        """Whether every via way is driven in one go, without a turn back on it."""
        ways = [way[arc] for arc in story[1:-1]]
        runs = [w for place, w in enumerate(ways) if place == 0 or ways[place - 1] != w]
        return set(runs) == via_ways and len(runs) == len(via_ways)

    stories = []
    heads = [(arc,) for arc in usable if way[arc] == restriction.from_way]
    while heads:
        path = heads.pop()
        node = int(network.arc_head[path[-1]])
        for arc in usable:
            if network.arc_tail[arc] != node or arc in path:
                continue
            story = (*path, arc)
            if way[arc] == restriction.to_way and whole(story):
                via_node_fits = (
                    restriction.via_node is None
                    or network.node_osm_id[node] == restriction.via_node
                )
                if via_node_fits:
                    stories.append(story)
            if way[arc] in via_ways and arc != path[-1] ^ 1:
                heads.append(story)
    backs = [story for story in stories if story[-1] == story[-2] ^ 1]
    turns = [story for story in stories if story[-1] != story[-2] ^ 1]
    if backs and (restriction.is_u_turn or not turns):
        return rule == "only", backs

    def ends(story: tuple[int, ...]) -> int:
        return at_end(story[0], int(network.arc_head[story[0]])) + at_end(
            story[-1], int(network.arc_tail[story[-1]])
        )

    for measure in (lambda story: -ends(story), len):
        if len(turns) > 1:
            best = min(map(measure, turns))
            turns = [story for story in turns if measure(story) == best]
    return (rule == "only", turns) if len(turns) == 1 else None
