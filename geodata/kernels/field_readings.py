"""What a field of arcs says at nodes and at road positions.

Labels of arcs are those of :func:`geodata.kernels.field.spread`: away from the anchors the time at
the start of an arc, toward them the time from its end on. A label holds a surcharge for every piece
of no-through ground entered; what must stay within a limit is the label without surcharges.
"""

import numpy as np
from numba import njit

from geodata.kernels.turns import share_of_arc, spent_ms
from geodata.network import NO_THROUGH_MS, UNREACHABLE_MS

_UNREACHABLE_MS = int(UNREACHABLE_MS)
_NO_THROUGH_MS = int(NO_THROUGH_MS)


@njit(cache=True, nogil=True)
def label_nodes_at_anchors(
    toward,
    weight_ms,
    far_node,
    anchor_edge,
    anchor_fraction,
    anchor_offset_ms,
    limit_ms,
    label_ms,
    winner,
):
    """Lowers the labels of the nodes that the anchors' arcs lead straight to (or come from).

    `far_node` (int32[arc]) is the end of an arc away from the anchors: its tail toward them.
    """
    for anchor in range(len(anchor_edge)):
        edge = anchor_edge[anchor]
        if edge < 0:
            continue
        for arc in range(2 * edge, 2 * edge + 2):
            weight = np.int64(weight_ms[arc])
            if weight >= _UNREACHABLE_MS:
                continue
            spent = spent_ms(weight, share_of_arc(arc, anchor_fraction[anchor]))
            time_ms = anchor_offset_ms[anchor] + (spent if toward else weight - spent)
            node = far_node[arc]
            if time_ms <= limit_ms and time_ms < label_ms[node]:
                label_ms[node] = time_ms
                winner[node] = anchor


@njit(cache=True, nogil=True)
def label_nodes(weight_ms, far_node, arc_label_ms, arc_winner, limit_ms, label_ms, winner):
    """Lowers the labels of nodes to what the arcs say at their ends away from the anchors."""
    for arc in range(len(arc_label_ms)):
        weight = np.int64(weight_ms[arc])
        if arc_label_ms[arc] >= _UNREACHABLE_MS or weight >= _UNREACHABLE_MS:
            continue
        time_ms = arc_label_ms[arc] + weight
        node = far_node[arc]
        if time_ms < label_ms[node] and time_ms % _NO_THROUGH_MS <= limit_ms:
            label_ms[node] = time_ms
            winner[node] = arc_winner[arc]


@njit(cache=True, nogil=True)
def label_positions(
    toward,
    weight_ms,
    arc_next_copy,
    arc_label_ms,
    arc_winner,
    anchor_edge,
    anchor_fraction,
    anchor_offset_ms,
    anchor_order,
    limit_ms,
    edge,
    fraction,
    label_ms,
    winner,
):
    """Fills the labels of road positions (unreached on entry); `anchor_order` sorts the anchors by
    their edges."""
    for i in range(len(edge)):
        if edge[i] < 0:
            continue
        low, high = 0, len(anchor_order)
        while low < high:
            middle = (low + high) >> 1
            if anchor_edge[anchor_order[middle]] < edge[i]:
                low = middle + 1
            else:
                high = middle
        for arc in range(2 * edge[i], 2 * edge[i] + 2):
            weight = np.int64(weight_ms[arc])
            if weight >= _UNREACHABLE_MS:
                continue
            share = share_of_arc(arc, fraction[i])
            spent = spent_ms(weight, share)

            # Away from the anchors one may arrive on any copy; toward them one starts on the arc.
            copy = np.int32(arc)
            while copy >= 0:
                if arc_label_ms[copy] < _UNREACHABLE_MS:
                    time_ms = arc_label_ms[copy] + (weight - spent if toward else spent)
                    if time_ms < label_ms[i] and time_ms % _NO_THROUGH_MS <= limit_ms:
                        label_ms[i] = time_ms
                        winner[i] = arc_winner[copy]
                copy = np.int32(-1) if toward else arc_next_copy[copy]

            # Straight along the arc, without a turn.
            place = low
            while place < len(anchor_order) and anchor_edge[anchor_order[place]] == edge[i]:
                anchor = anchor_order[place]
                anchor_share = share_of_arc(arc, anchor_fraction[anchor])
                if (share <= anchor_share) if toward else (share >= anchor_share):
                    along_ms = abs(spent - spent_ms(weight, anchor_share))
                    time_ms = anchor_offset_ms[anchor] + along_ms
                    if time_ms < label_ms[i] and time_ms <= limit_ms:
                        label_ms[i] = time_ms
                        winner[i] = anchor
                place += 1
