"""Kernel that decides at which junctions of a path a driver must be told something, and what.

Bare arrays in, bare arrays out; :mod:`geodata.routes.manoeuvres` names the codes and makes steps
of them.

How it reads a junction: every road that meets there and that the mode may drive in some direction
is *visible*; those the driver could turn onto by the rules are *open*. A road that is open, no
smaller than the one taken and lies near straight ahead is a *rival*: with a rival the way on is not
obvious. What is obvious is passed in silence.

RULE 1  Staying on a road of the same name is silent unless another road competes for straight on.
RULE 2  A change of name is told; the loss of a name is not.
RULE 3  Where two roads part at a flat angle it is a fork; leaving a motorway by a link is an off
        ramp, reaching one by a link an on ramp, running into it a merge.
RULE 4  A marked angle is a turn wherever another road of like weight is visible, even when it is
        the only turn allowed: the driver cannot see what is allowed behind the corner.
RULE 5  A road that ends on another one, left and right and nothing else, is an end of road.
RULE 6  A one-way ring is passed as one thing: entering, which exit, leaving.
"""

import numpy as np
from numba import njit

from geodata.kernels.guidance import (
    CONTINUE,
    DEPART,
    END_OF_ROAD,
    EXIT_ROTARY,
    EXIT_ROUNDABOUT,
    FORK,
    LAST_LINK,
    MANNER_AGAINST,
    MANNER_FERRY,
    MANNER_PUSHING,
    MERGE,
    MINI_ROUNDABOUT_NODE,
    MOTORWAY,
    MOTORWAY_LINK,
    NEW_NAME,
    NOTE_AGAINST,
    NOTE_FERRY,
    NOTE_MINI_ROUNDABOUT,
    NOTE_PUSHING,
    NOTE_TOLL,
    NOTIFICATION,
    OFF_RAMP,
    ON_RAMP,
    ROTARY,
    ROUNDABOUT_TURN,
    SHARP_LEFT,
    SHARP_RIGHT,
    SILENT,
    SLIGHT_LEFT,
    SLIGHT_RIGHT,
    STRAIGHT,
    STRAIGHT_DEG,
    TOLL_NODE,
    TRUNK,
    TRUNK_LINK,
    TURN,
    U_TURN,
    UNREACHABLE_MS,
    direction_of,
    may_turn,
    same_road,
    turned_deg,
)
from geodata.kernels.rings import exits_at, in_ring, next_in_ring, ring_kind

QUIET_BEND_DEG = 30
"""A road of the same name may bend this much at a junction without a word."""
RIVAL_DEG = 50
"""A road competes for straight ahead up to here."""
PARTING_DEG = 75
"""Two roads this close in angle part as a fork does."""
CORNER_DEG = 50
"""From here on an angle is a corner that is told."""
MERGING_DEG = 60
"""A link that meets its road at less than this runs into it."""

WEIGHT = np.array(
    (
        *(0, 1, 1, 2, 2, 3, 3, 4, 4, 5),  # motorway .. tertiary_link
        *(5, 5, 6, 8, 8, 8),  # unclassified, residential, living street, service, busway, track
        *(7, 8, 8, 8, 8, 8, 8),  # pedestrian, cycleway, footway, path, bridleway, steps, corridor
        *(5, 8),  # ferry, other
    ),
    dtype=np.int8,
)
"""Importance of each RoadClass to the eye of a driver, 0 the greatest."""


@njit(cache=True, nogil=True)
def _ramp(road_class):
    return road_class in (MOTORWAY_LINK, TRUNK_LINK)


@njit(cache=True, nogil=True)
def _link(road_class):
    return road_class <= LAST_LINK and road_class % 2 == 1


@njit(cache=True, nogil=True)
def _highway(road_class):
    return road_class in (MOTORWAY, TRUNK)


@njit(cache=True, nogil=True)
def judge_junctions(
    base,
    arc_tail,
    arc_head,
    arc_base,
    start_bearing,
    end_bearing,
    first_out,
    out_arcs,
    edge_class,
    edge_flags,
    edge_name,
    edge_ref,
    edge_length_m,
    node_flags,
    travel_time_ms,
    manner,
    first_turn,
    turn_to,
    turn_cost,
    keep_left,
):
    """What is told before each arc of a path: (kind, direction, exit, note), uint8[arc] each.

    ``base`` is the path in base arcs. Entry 0 is DEPART. ``travel_time_ms`` is that of the open
    map, without closures: a closed road is still there to be seen. ``exit`` counts exits of a ring
    and is 0 where the path ends in it.
    """
    arc_count = len(base)
    kind = np.zeros(arc_count, np.uint8)
    direction = np.full(arc_count, STRAIGHT, np.uint8)
    exit_number = np.zeros(arc_count, np.uint8)
    note = np.zeros(arc_count, np.uint8)
    kind[0] = DEPART
    side = -1 if keep_left else 1
    now_name = edge_name[base[0] >> 1]
    now_ref = edge_ref[base[0] >> 1]
    ring_at = -1  # the entry of the ring we are in; 0 also where the path starts in one
    exits = 0
    inside = in_ring(base[0], edge_flags, travel_time_ms, manner)
    if inside:
        ring_at = 0

    for i in range(1, arc_count):
        a = base[i - 1]
        b = base[i]
        ea = a >> 1
        eb = b >> 1
        class_a = edge_class[ea]
        class_b = edge_class[eb]
        name_b = edge_name[eb]
        ref_b = edge_ref[eb]
        node = arc_tail[b]
        change = turned_deg(end_bearing[a], start_bearing[b])
        dev = abs(change)
        what = SILENT
        where = direction_of(change)

        ferry = (manner[b] == MANNER_FERRY) != (manner[a] == MANNER_FERRY)
        pushing = (manner[b] == MANNER_PUSHING) != (manner[a] == MANNER_PUSHING)
        against = (manner[b] == MANNER_AGAINST) != (manner[a] == MANNER_AGAINST)
        bits = 0
        if ferry:
            bits |= NOTE_FERRY
        if pushing:
            bits |= NOTE_PUSHING
        if against:
            bits |= NOTE_AGAINST
        if node_flags[node] & TOLL_NODE:
            bits |= NOTE_TOLL
        if node_flags[node] & MINI_ROUNDABOUT_NODE:
            bits |= NOTE_MINI_ROUNDABOUT
        note[i] = bits

        # RULE 6
        enters = in_ring(b, edge_flags, travel_time_ms, manner)
        ring_matter = inside or enters
        crosses = False
        if inside and enters:
            crosses = b != next_in_ring(
                a, -side, arc_head, start_bearing, end_bearing, first_out, out_arcs, edge_flags,
                travel_time_ms, manner,
            )  # fmt: skip
        if inside:
            exits += exits_at(
                a, b, side, arc_head, start_bearing, end_bearing, first_out, out_arcs, edge_flags,
                travel_time_ms, manner, first_turn, turn_to, turn_cost, arc_base,
            )  # fmt: skip
            if not enters or crosses:
                exit_number[ring_at] = min(exits + 1, 255)
                entered = kind[ring_at]
                if entered == ROTARY:
                    what = EXIT_ROTARY
                elif entered != ROUNDABOUT_TURN:
                    what = EXIT_ROUNDABOUT
                if entered == ROUNDABOUT_TURN:
                    direction[ring_at] = direction_of(
                        turned_deg(end_bearing[base[ring_at - 1]], start_bearing[b])
                    )
                exit_number[i] = exit_number[ring_at]
                inside = False
        if enters and not inside:
            left_at = -1
            for later in range(i + 1, arc_count):
                if not in_ring(base[later], edge_flags, travel_time_ms, manner):
                    left_at = base[later]
                    break
            what = ring_kind(
                a, b, left_at, side, arc_head, start_bearing, end_bearing, first_out, out_arcs,
                edge_flags, edge_name, edge_length_m, travel_time_ms, manner,
            )  # fmt: skip
            inside = True
            ring_at = i
            # an exit at the very place of entering counts when it is reached after entering
            exits = 0
            exit_number[i] = 0
            for index in range(first_out[node], first_out[node + 1]):
                other = out_arcs[index]
                if other == b or other == a ^ 1 or travel_time_ms[other] >= UNREACHABLE_MS:
                    continue
                if in_ring(other, edge_flags, travel_time_ms, manner) or in_ring(
                    other ^ 1, edge_flags, travel_time_ms, manner
                ):
                    continue
                if manner[other] == MANNER_AGAINST or manner[other] == MANNER_PUSHING:
                    continue
                if turned_deg(end_bearing[a], start_bearing[other]) * side > change * side:
                    exits += 1
        if ring_matter:
            kind[i] = what
            direction[i] = where
            if not inside:
                now_name = name_b
                now_ref = ref_b
            continue

        if manner[a] == MANNER_FERRY and manner[b] == MANNER_FERRY:
            continue  # lines meet on the water; the crew knows the way
        if ferry:
            kind[i] = NOTIFICATION
            direction[i] = where
            now_name = name_b
            now_ref = ref_b
            continue

        if b == a ^ 1:
            same = same_road(now_name, now_ref, name_b, ref_b, False)
            kind[i] = CONTINUE if same or (now_name == 0 and name_b == 0) else TURN
            direction[i] = U_TURN
            now_name = name_b
            now_ref = ref_b
            continue

        # What else is there to see and to take.
        motorways = _highway(class_a) and _highway(class_b)
        same = same_road(now_name, now_ref, name_b, ref_b, motorways)
        nameless = name_b == 0 and ref_b == 0
        both_nameless = nameless and now_name == 0 and now_ref == 0
        weight_b = WEIGHT[class_b]
        visible = 1
        visible_alike = 0
        open_alike_dev = 999
        rivals_left = 0
        rivals_right = 0
        rival_dev = 999
        rival_same = False
        rival_alike = False
        rival_goes_on = False
        rival_highway = False
        own_road_dev = 999
        straightest_dev = 999
        straightest_change = 0
        t_other = False
        joined = False
        joined_change = 0
        for index in range(first_out[node], first_out[node + 1]):
            other = out_arcs[index]
            if other == a ^ 1 or other == b:
                continue
            open_out = travel_time_ms[other] < UNREACHABLE_MS
            open_in = travel_time_ms[other ^ 1] < UNREACHABLE_MS
            if not open_out and not open_in:
                continue
            visible += 1
            other_edge = other >> 1
            other_class = edge_class[other_edge]
            alike = WEIGHT[other_class] <= weight_b + 1
            if alike:
                visible_alike += 1
            other_change = turned_deg(end_bearing[a], start_bearing[other])
            other_dev = abs(other_change)
            if other_dev < straightest_dev:
                straightest_dev = other_dev
                straightest_change = other_change
            t_other = other_dev >= CORNER_DEG and (other_change > 0) != (change > 0)
            if (
                open_in
                and manner[other ^ 1] != MANNER_AGAINST
                and other_class == class_b
                and abs(turned_deg(end_bearing[other ^ 1], start_bearing[b])) < MERGING_DEG
            ):
                joined = True
                joined_change = turned_deg(end_bearing[other ^ 1], end_bearing[a])
            if not open_out or manner[other] == MANNER_AGAINST:
                continue
            if not may_turn(base[i - 1], other, first_turn, turn_to, turn_cost, arc_base):
                continue
            own = same_road(
                now_name,
                now_ref,
                edge_name[other_edge],
                edge_ref[other_edge],
                _highway(class_a) and _highway(other_class),
            )
            if own:
                own_road_dev = min(own_road_dev, other_dev)
            if alike:
                open_alike_dev = min(open_alike_dev, other_dev)
            if not _link(class_b) and _link(other_class):
                continue  # a link leaves the road; who stays on the road is not in doubt
            if (
                (alike or own)
                and other_dev < RIVAL_DEG
                and abs(other_change - change) < PARTING_DEG
            ):
                rival_dev = min(rival_dev, other_dev)
                rival_same = rival_same or own
                rival_alike = rival_alike or (own and alike)
                rival_goes_on = rival_goes_on or (
                    WEIGHT[other_class] <= WEIGHT[class_a] + 1 and not _link(other_class)
                )
                rival_highway = rival_highway or _highway(other_class)
                if other_change < change:
                    rivals_left += 1
                else:
                    rivals_right += 1
        rivals = rivals_left + rivals_right
        if rivals_left > 0 and rivals_right > 0:
            parting = STRAIGHT
        elif rivals_left > 0:
            parting = SLIGHT_RIGHT
        else:
            parting = SLIGHT_LEFT
        leaves_by_link = _link(class_b) and not _link(class_a)
        alike_road = both_nameless and abs(WEIGHT[class_a] - weight_b) <= 1 and not leaves_by_link

        # RULE 3
        if _ramp(class_b) and not _ramp(class_a):
            if visible > 1:
                what = OFF_RAMP if _highway(class_a) else ON_RAMP
                if where == STRAIGHT and straightest_dev < RIVAL_DEG:
                    where = SLIGHT_RIGHT if change > straightest_change else SLIGHT_LEFT
        elif _ramp(class_a) and _highway(class_b) and dev < MERGING_DEG and rivals == 0:
            if joined:
                what = MERGE
                where = SLIGHT_LEFT if joined_change < 0 else SLIGHT_RIGHT
            elif not same and not nameless:
                what = NEW_NAME
        elif _ramp(class_a) and _ramp(class_b) and rivals > 0 and dev < RIVAL_DEG:
            what = FORK
            where = parting
        # RULE 1
        elif same or alike_road:
            if dev < QUIET_BEND_DEG:
                if (
                    rivals > 0
                    and rival_dev < QUIET_BEND_DEG
                    and (
                        (motorways and rival_highway)
                        or (rival_alike and same)
                        or (alike_road and rival_dev < dev + STRAIGHT_DEG // 2)
                    )
                ):
                    what = FORK
                    where = parting
            elif dev < CORNER_DEG:
                if open_alike_dev < dev + STRAIGHT_DEG:
                    what = CONTINUE if same else TURN
            elif same and open_alike_dev < 999:
                what = CONTINUE
            elif not same and (open_alike_dev < 999 or visible_alike > 0):
                what = END_OF_ROAD if visible == 2 and t_other else TURN
        # RULES 2 to 5
        elif visible == 1:
            what = SILENT if nameless else NEW_NAME
        elif dev < CORNER_DEG:
            if rivals > 0:
                # who leaves the road that goes on turns off it; only motorways fork even so
                minor = weight_b >= WEIGHT[class_a] + 2 or leaves_by_link
                leaves = rival_same or (rival_goes_on and minor)
                what = TURN if leaves and not (motorways and rival_highway) else FORK
                where = parting
            elif own_road_dev < 999 or (
                dev >= STRAIGHT_DEG + 5 and (visible_alike > 0 or straightest_dev < dev)
            ):
                what = TURN
            elif not nameless:
                what = NEW_NAME
        elif visible_alike > 0 or not nameless or straightest_dev < QUIET_BEND_DEG:
            what = END_OF_ROAD if visible == 2 and t_other else TURN
        if where == U_TURN and what in (TURN, END_OF_ROAD):
            # a hairpin onto another road is a sharp turn; only one's own road leads back
            where = SHARP_RIGHT if change > 0 else SHARP_LEFT
        if what == SILENT and name_b != now_name and not nameless and not same:
            what = NEW_NAME
        if what in (SILENT, NEW_NAME) and bits & (
            NOTE_FERRY | NOTE_PUSHING | NOTE_AGAINST | NOTE_TOLL
        ):
            what = NOTIFICATION
        kind[i] = what
        direction[i] = where
        if what != SILENT or not nameless:
            now_name = name_b
            now_ref = ref_b
    return kind, direction, exit_number, note
