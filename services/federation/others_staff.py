"""Toll gates whose own staff another centre calls: those in its area."""

from __future__ import annotations

import numpy as np

from dispatch.interception.checkpoints import CheckpointKind
from dispatch.interception.situation import STAFF, PlanSettings, checkpoints_of
from geodata.network import RoadNetwork
from services.areas.lookup import Areas


def staff_of_others(
    network: RoadNetwork, settings: PlanSettings, areas: Areas, centre: str
) -> frozenset[tuple[str, str]]:
    """Staff and checkpoint that a plan of a centre does not count on. Where no area was loaded
    every gate is the centre's own."""
    places = checkpoints_of(network, settings)
    gates = np.array(
        [k for k, kind in enumerate(places.kind) if kind is CheckpointKind.TOLL_GATE],
        dtype=np.int64,
    )
    if not len(gates) or not len(areas):
        return frozenset()
    found = areas.at_all(places.lon[gates], places.lat[gates])
    return frozenset(
        (STAFF + places.id[gate], places.id[gate])
        for gate, area in zip(gates.tolist(), found, strict=True)
        if area is not None and area.centre != centre
    )
