"""Which checkpoints a neighbour is asked about: those in its area or near it."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from dispatch.interception.checkpoints import METRES_PER_DEGREE
from dispatch.interceptions import asking
from dispatch.interceptions.case import InterceptionCase
from dispatch.interceptions.messages import PlaceAsked
from dispatch.interceptions.planned import Candidate, Planned
from services.areas.lookup import Areas
from services.peers.registry import Peer

NEAR_M = 5_000.0
"""So far beyond its border a neighbour's cars may be the nearest."""


def ask_neighbours(
    case: InterceptionCase, plan: Planned, peers: Sequence[Peer], areas: Areas, now_s: float
) -> None:
    """Ask every peer that is to be asked, and that has a checkpoint of the plan in reach."""
    interception = case.interception
    if interception.sightings and plan.number == interception.plan_number:
        for peer in peers:
            if asking.should_ask(interception, peer.peer_centre):
                places = places_for(plan, peer.peer_centre, areas)
                if places:
                    asking.ask(case, peer.peer_centre, places, now_s)


def places_for(plan: Planned, centre: str, areas: Areas) -> list[PlaceAsked]:
    """The checkpoints that a centre is asked about. Where its area was not loaded nobody can tell
    which are near, and it is asked about all."""
    area = areas.get(centre)
    if area is None:
        found: Sequence[Candidate] = plan.candidates
    else:
        near = area.geometry.buffer(NEAR_M / METRES_PER_DEGREE)
        found = [
            one
            for one in plan.candidates
            if shapely.intersects_xy(near, one.place.lon, one.place.lat)
        ]
    return [
        PlaceAsked(
            checkpoint_id=one.place.checkpoint_id,
            kind=one.place.kind,
            name=one.place.name[:500],
            lon=one.place.lon,
            lat=one.place.lat,
            earliest_at_s=max(one.earliest_at_s, 0.0),
            share=min(max(one.share, 0.0), 1.0),
        )
        for one in found
    ]
