"""Where a network lets a driver turn back onto the road that he came along."""

from __future__ import annotations

import numpy as np

from geodata.assembly import assemble
from geodata.modes import CAR
from geodata.network import TURN_FORBIDDEN
from geodata.osm import read_roads
from tests.geodata.osm_drawings import map_file, node_id

STAGGERED = """\
     N
A    BC    D
      S"""
"""A staggered crossing: 50 m of street to B, 10 m on to C, 50 m on to D."""


def test_a_driver_turns_back_at_a_junction_but_not_within_it(tmp_path):
    """From A he may turn round at B, and from D at C; between B and C he is still at the crossing,
    where turning back would only undo a turn rule."""
    street = {"highway": "residential"}
    ways = {i: (letters, street) for i, letters in enumerate(("AB", "BC", "CD", "BN", "CS"), 1)}
    network = assemble(read_roads([map_file(tmp_path, STAGGERED, ways)], [CAR]), [CAR])

    def turns_back(tail: str, head: str) -> bool:
        place = network.node_osm_id
        (arc,) = np.flatnonzero(
            (place[network.arc_tail] == node_id(tail)) & (place[network.arc_head] == node_id(head))
        )
        turns = range(network.first_turn[arc], network.first_turn[arc + 1])
        cost = network.modes["car"].turn_cost
        return any(network.turn_to[t] == arc ^ 1 and cost[t] != TURN_FORBIDDEN for t in turns)

    assert turns_back("A", "B")
    assert turns_back("D", "C")
    assert not turns_back("B", "C")
    assert not turns_back("C", "B")
    assert turns_back("B", "A")
