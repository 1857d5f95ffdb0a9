"""A case that turns into an interception: real plans, and a drive that nobody knows beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dispatch.errors import InterceptionError
from dispatch.incidents.case import Key
from dispatch.interception.plan import make_plan
from dispatch.interception.situation import STAFF, PlanSettings
from dispatch.interception.subject import Sighting, Subject
from dispatch.interception.units import Unit
from dispatch.rehearsal.fleet import Fleet
from dispatch.rehearsal.roads import RehearsalRoads
from dispatch.rehearsal.scenario import CENTRE, Call
from dispatch.responders import KINDS, Authority
from geodata.errors import GeodataError
from geodata.positions import RoadPositions

HELD_S = 1_800.0
"""A checkpoint is held for so long after the car could first be there."""
SETTINGS = PlanSettings(scenario_count=200, most_places=60, limit_s=30.0, call_staff=False)
"""Small enough that the choice ends with its proof, long before the time that would end it: a
rehearsal does not depend on how busy the machine is."""


@dataclass(frozen=True, slots=True)
class Pursuit:
    """Who waits where, and whether the car came past one of them."""

    caught: bool
    units: Mapping[Key, RoadPositions] = field(default_factory=dict)
    """Where each unit waits."""
    free_at_s: Mapping[Key, float] = field(default_factory=dict)
    """Until when, UTC seconds since 1970."""


def pursue(roads: RehearsalRoads, fleet: Fleet, call: Call, drawn: float, now_s: float) -> Pursuit:
    """A plan with everybody who is free and may stop vehicles; ``drawn``, above 0 and below 1,
    picks the drive that the car takes. Nobody is sent where no plan can be made."""
    units = []
    for key, (edge, fraction, lon, lat) in fleet.free_places(now_s).items():
        member = fleet.member(key)
        kind = KINDS[member.kind]
        if Authority.STOP_VEHICLE in kind.authority:
            units.append(
                Unit(key[1], kind.name, member.mode, lon, lat, edge, fraction, kind.turn_out_s)
            )
    if not units:
        return Pursuit(caught=False)
    subject = Subject(sighting=Sighting(call.lon, call.lat, seen_at_s=now_s))
    try:
        plan = make_plan(roads, subject, units, now_s, SETTINGS)
    except (InterceptionError, GeodataError):
        return Pursuit(caught=False)
    known = plan.situation
    drive = int(np.searchsorted(np.cumsum(known.scenarios.weight), drawn))
    caught = bool(plan.caught[min(drive, len(plan.caught) - 1)])
    places: dict[Key, RoadPositions] = {}
    free_at_s: dict[Key, float] = {}
    for post in plan.posts:
        if post.unit_id.startswith(STAFF):
            continue
        key = (CENTRE, post.unit_id)
        node = int(known.checkpoints.nodes(post.place)[0])
        places[key] = _beside(roads, fleet.member(key).mode, node)
        free_at_s[key] = now_s + max(post.ready_s, post.earliest_s) + HELD_S
    return Pursuit(caught, places, free_at_s)


def _beside(roads: RehearsalRoads, mode: str, node: int) -> RoadPositions:
    """Where a unit stands that holds a node: at the nearest road of its own mode."""
    network = roads.network
    lon, lat = network.node_lon_e7[node] * 1e-7, network.node_lat_e7[node] * 1e-7
    return roads.snapper.snap([lon], [lat], mode, limit_m=np.inf)
