"""Turn restrictions at random crossroads."""

from __future__ import annotations

import numpy as np

from geodata.generated.kinds import KINDS
from geodata.osm.raw_roads import RawRestriction

RULE_SHARE = 1 / 40
"""Rules to each junction of the country."""
VIA_WAY_SHARE = 0.1
"""Share of them that lead over a via way."""
ONLY_SHARE = 0.15
"""Share of them that prescribe a turn instead of forbidding it."""

_DRIVEN = np.array(
    [tags["highway"] not in ("footway", "cycleway", "track") for tags in KINDS.values()]
)
_ONE_WAY = np.array([tags.get("oneway") == "yes" for tags in KINDS.values()])


class _Crossroads:
    """Which ways can be driven up to a junction, and which away from it."""

    def __init__(self, ends: np.ndarray, kind: np.ndarray, junctions: np.ndarray) -> None:
        nearby = np.zeros(int(ends.max()) + 1, np.bool_)
        nearby[junctions] = True
        touched = nearby[ends[:, 0]] | nearby[ends[:, 1]]
        nearby[ends[touched].ravel()] = True
        ways = np.flatnonzero((nearby[ends[:, 0]] | nearby[ends[:, 1]]) & _DRIVEN[kind])
        self._other_end: dict[tuple[int, int], int] = {}
        self.reaching: dict[int, list[int]] = {}
        self.leaving: dict[int, list[int]] = {}
        for way, (start, end), one_way in zip(
            ways.tolist(), ends[ways].tolist(), _ONE_WAY[kind[ways]].tolist(), strict=True
        ):
            self._other_end[way, start], self._other_end[way, end] = end, start
            self.leaving.setdefault(start, []).append(way)
            self.reaching.setdefault(end, []).append(way)
            if not one_way:
                self.leaving.setdefault(end, []).append(way)
                self.reaching.setdefault(start, []).append(way)

    def onward(self, junction: int, from_way: int) -> list[int]:
        """Ways on from a junction for who has come by ``from_way``."""
        return [way for way in self.leaving.get(junction, ()) if way != from_way]

    def beyond(self, junction: int, way: int) -> int:
        """The junction at the other end of a way."""
        return self._other_end[way, junction]


def draw_rules(
    random: np.random.Generator, ends: np.ndarray, kind: np.ndarray, modes: list[str]
) -> list[RawRestriction]:
    """Turn restrictions that drivers can meet, some over a via way; they bind all but walkers."""
    road_ends = np.bincount(ends.ravel())
    crossroads = np.flatnonzero(road_ends >= 3)
    chosen = np.sort(random.permutation(crossroads)[: round(len(road_ends) * RULE_SHARE)])
    if len(chosen) == 0:
        return []
    roads = _Crossroads(ends, kind, chosen)
    bound = [mode for mode in modes if mode != "foot"]
    rules = []
    for junction, lot in zip(
        chosen.tolist(), random.random((len(chosen), 5)).tolist(), strict=True
    ):
        arriving = roads.reaching.get(junction, [])
        if not bound or not arriving:
            continue
        from_way = arriving[int(lot[0] * len(arriving))]
        onward = roads.onward(junction, from_way)
        if not onward:
            continue
        to_way = onward[int(lot[1] * len(onward))]
        via_node: int | None = junction + 1
        via_ways: tuple[int, ...] = ()
        if lot[2] < VIA_WAY_SHARE:
            beyond = roads.onward(roads.beyond(junction, to_way), to_way)
            if beyond:
                via_node, via_ways = None, (to_way + 1,)
                to_way = beyond[int(lot[3] * len(beyond))]
        rules.append(
            RawRestriction(
                relation_id=len(rules) + 1,
                from_way=from_way + 1,
                via_node=via_node,
                via_ways=via_ways,
                to_way=to_way + 1,
                rule_by_mode=dict.fromkeys(bound, "only" if lot[4] < ONLY_SHARE else "no"),
            )
        )
    return rules
