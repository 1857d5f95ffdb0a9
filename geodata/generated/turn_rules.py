"""Turn restrictions at random crossroads."""

from __future__ import annotations

import numpy as np

from geodata.osm.raw_roads import RawRestriction

RULE_SHARE = 1 / 40
VIA_WAY_SHARE = 0.1


def draw_rules(
    random: np.random.Generator, ends: np.ndarray, modes: list[str]
) -> list[RawRestriction]:
    """Turn restrictions at random crossroads, some over a via way; they bind all but walkers."""
    ways_at: dict[int, list[int]] = {}
    road_ends = np.bincount(ends.ravel())
    crossroads = np.flatnonzero(road_ends >= 3)
    count = round(len(road_ends) * RULE_SHARE)
    chosen = np.sort(random.permutation(crossroads)[:count])
    wanted = np.zeros(len(road_ends), np.bool_)
    wanted[chosen] = True
    neighbourhood = wanted.copy()
    touched = wanted[ends[:, 0]] | wanted[ends[:, 1]]
    neighbourhood[ends[touched].ravel()] = True
    near = np.flatnonzero(neighbourhood[ends[:, 0]] | neighbourhood[ends[:, 1]])
    for way, (start, end) in zip(near.tolist(), ends[near].tolist(), strict=True):
        ways_at.setdefault(start, []).append(way)
        ways_at.setdefault(end, []).append(way)
    bound = [mode for mode in modes if mode != "foot"]
    rules = []
    for relation_id, (junction, lot) in enumerate(
        zip(chosen.tolist(), random.random((len(chosen), 4)).tolist(), strict=True), start=1
    ):
        here = ways_at[junction]
        from_way = here[int(lot[0] * len(here))]
        onward = [way for way in here if way != from_way]
        next_way = onward[int(lot[1] * len(onward))]
        rule = "only" if lot[2] < 0.15 else "no"
        via_node, via_ways, to_way = junction + 1, (), next_way
        if lot[3] < VIA_WAY_SHARE:
            start, end = ends[next_way].tolist()
            beyond = [
                way for way in ways_at[end if start == junction else start] if way != next_way
            ]
            if beyond:
                via_node, via_ways = None, (next_way + 1,)
                to_way = beyond[int(lot[2] * len(beyond))]
        rules.append(
            RawRestriction(
                relation_id=relation_id,
                from_way=from_way + 1,
                via_node=via_node,
                via_ways=via_ways,
                to_way=to_way + 1,
                rule_by_mode=dict.fromkeys(bound, rule),
            )
        )
    return rules
