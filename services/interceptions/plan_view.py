"""A plan as a map can show it: GeoJSON, with the figures of the whole plan beside the features.

Every feature says what it is in its property ``feature``: ``reachable_area``, ``sighting``,
``checkpoint``, ``candidate``, ``unit_route``, ``seal_checkpoint`` or ``open_exit``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from msgspec import Struct
from shapely import transform
from shapely.geometry import mapping

from dispatch.interception.reach import Reach, find_reach
from dispatch.interception.situation import STAFF
from dispatch.interceptions.case import OFFER, UNIT, Interception, Place, key_of
from dispatch.interceptions.planned import LayerProof, Planned, PlannedPost, Sealing
from dispatch.interceptions.planning import subject_of
from dispatch.live_picture import LivePicture
from geodata.errors import NoRouteError
from geodata.positions import NO_EDGE, RoadPositions
from geodata.routes import build_route
from services.engine import RoadsNow
from services.interceptions.closures import changes_of
from services.views import moment

DEFAULT_STEPS = 6
"""Reachable areas where no minutes are named: so many, evenly over the horizon."""
MOST_AREAS = 24


class LayerView(Struct, kw_only=True):
    """How good the choice of one layer is."""

    share: float
    bound: float
    """No choice has a larger share."""
    gap: float
    proven: bool


class OpenExitView(Struct, kw_only=True):
    """An exit that stays open, and why."""

    name: str
    lon: float
    lat: float
    reason: str
    """nobody_in_time, too_few_units, or time_limit: perhaps it could be closed."""
    at: datetime
    """When the subject can be out there."""


class SealView(Struct, kw_only=True):
    """Whether the subject can be sealed in."""

    sealed: bool
    """No way out is left past these units, among the places considered."""
    units: int
    bound: int
    """No fewer units are enough for leaving no more open."""
    proven: bool
    open_exits: list[OpenExitView]


class PlanView(Struct, kw_only=True):
    """A plan: a GeoJSON FeatureCollection, with more members."""

    type: str = "FeatureCollection"
    features: list[dict[str, Any]]
    interception_id: str
    number: int
    """Give it to commit it."""
    made_at: datetime
    outdated: bool
    """Whether something has happened since, so that another plan is being made, or none can be."""
    no_plan_because: str
    """Why no plan could be made of what has happened since; empty: one can, or nothing has."""
    committed: bool
    sighting_id: str
    share: float
    """Of the drives, those caught by either layer."""
    share_by_behaviour: dict[str, float]
    worst_behaviour: str
    worst_share: float
    first: LayerView
    second: LayerView | None
    notes: list[str]
    seal: SealView | None
    """null: not known yet, or not asked for."""


def plan_view(
    interception: Interception,
    planned: Planned,
    reach: Reach | None,
    minutes: Sequence[float] | None,
    routes: bool,
    picture: LivePicture,
    roads: RoadsNow,
    now_s: float,
) -> PlanView:
    """A plan as it is shown. ``reach`` None: no areas; ``minutes`` None: some over the horizon."""
    features = []
    if reach is not None:
        features += list(_areas(interception, reach, minutes))
    features += list(_sightings(interception))
    features += list(_checkpoints(interception, planned.posts, "checkpoint"))
    features += list(_candidates(planned))
    if routes:
        features += list(_routes(planned.posts, picture, roads, now_s))
    if planned.sealing is not None:
        features += list(_checkpoints(interception, planned.sealing.posts, "seal_checkpoint"))
        features += list(_open_exits(planned.sealing))
    return PlanView(
        features=features,
        interception_id=interception.interception_id,
        number=planned.number,
        made_at=moment(planned.made_at_s),
        outdated=interception.plan_wanted
        or bool(interception.no_plan_because)
        or planned.number != interception.plan_number,
        no_plan_because=interception.no_plan_because,
        committed=interception.committed_number == planned.number,
        sighting_id=planned.sighting_id,
        share=planned.share,
        share_by_behaviour=planned.share_by_behaviour,
        worst_behaviour=planned.worst_behaviour,
        worst_share=planned.worst_share,
        first=_layer(planned.first),
        second=None if planned.second is None else _layer(planned.second),
        notes=list(planned.notes),
        seal=None if planned.sealing is None else _seal(planned.sealing),
    )


def reach_of(interception: Interception, roads: RoadsNow) -> Reach:
    """Where the subject can be, from the latest sighting on. Raises InterceptionError."""
    subject = subject_of(interception, changes_of(interception, roads))
    return find_reach(roads.snapper, roads.metric(subject.mode), subject)


def _areas(
    interception: Interception, reach: Reach, minutes: Sequence[float] | None
) -> Iterator[dict[str, Any]]:
    horizon_s = interception.sought.horizon_s
    if minutes is None:
        steps_s = [horizon_s * step / DEFAULT_STEPS for step in range(1, DEFAULT_STEPS + 1)]
    else:
        steps_s = [60.0 * minute for minute in minutes]
    seen_at_s = reach.subject.sighting.seen_at_s
    for after_s in sorted(steps_s, reverse=True):  # the smaller ones are drawn on top
        area = transform(reach.area_at(after_s), lambda points: points.round(6))
        if not area.is_empty:
            yield _feature(
                "reachable_area",
                mapping(area),
                after_s=round(after_s, 1),
                at=moment(seen_at_s + after_s),
            )


def _sightings(interception: Interception) -> Iterator[dict[str, Any]]:
    last = interception.last_seen
    for one in interception.sightings:
        seen = one.sighting
        yield _feature(
            "sighting",
            _point(seen.lon, seen.lat),
            id=one.sighting_id,
            seen_at=moment(seen.seen_at_s),
            source=one.source,
            latest=one is last,
        )


def _checkpoints(
    interception: Interception, posts: Sequence[PlannedPost], what: str
) -> Iterator[dict[str, Any]]:
    """One feature for each place, whoever stands there."""
    by_place: dict[str, list[PlannedPost]] = {}
    for post in posts:
        by_place.setdefault(post.place.checkpoint_id, []).append(post)
    for checkpoint_id, there in by_place.items():
        taken = any(one.checkpoint_id == checkpoint_id for one in interception.posts)
        ready_at_s = sorted(post.ready_at_s for post in there)[: there[0].place.units_needed][-1]
        earliest_at_s = there[0].earliest_at_s
        yield _feature(
            what,
            _point(there[0].place.lon, there[0].place.lat),
            **_place(there[0].place),
            layer=there[0].layer,
            share=there[0].share,
            ready_at=moment(ready_at_s),
            earliest_at=moment(earliest_at_s),
            margin_s=round(earliest_at_s - ready_at_s, 1),
            units_needed=there[0].place.units_needed,
            holders=[_holder(interception, post) for post in there],
            state=interception.checkpoint_state(checkpoint_id).value if taken else "planned",
        )


def _candidates(planned: Planned) -> Iterator[dict[str, Any]]:
    chosen = {post.place.checkpoint_id for post in planned.posts}
    for one in planned.candidates:
        if one.place.checkpoint_id in chosen:
            continue
        ready = one.ready_at_s
        yield _feature(
            "candidate",
            _point(one.place.lon, one.place.lat),
            **_place(one.place),
            share=one.share,
            earliest_at=moment(one.earliest_at_s),
            ready_at=None if ready is None else moment(ready),
            margin_s=None if ready is None else round(one.earliest_at_s - ready, 1),
        )


def _routes(
    posts: Sequence[PlannedPost], picture: LivePicture, roads: RoadsNow, now_s: float
) -> Iterator[dict[str, Any]]:
    """The way of each of our own units from where they are now."""
    for post in posts:
        if not post.unit_id.startswith(UNIT):
            continue
        known = picture.get(*key_of(post.unit_id), now_s)
        if known is None or known.edge == NO_EDGE or known.mode not in roads.metrics:
            continue
        stops = stops_to(post.place, known.mode, known.edge, known.fraction, roads)
        if stops is None:
            continue
        try:
            path = roads.path(known.mode, stops.take([0]), stops.take([1]))
        except NoRouteError:
            continue
        route = build_route(roads.network, roads.metrics[known.mode], [path], stops)
        jurisdiction, responder_id = key_of(post.unit_id)
        lon, lat = route.points()
        yield _feature(
            "unit_route",
            {
                "type": "LineString",
                "coordinates": np.column_stack([lon, lat]).round(6).tolist(),
            },
            responder_id=responder_id,
            jurisdiction=jurisdiction,
            checkpoint_id=post.place.checkpoint_id,
            drive_s=round(route.duration_s, 1),
            distance_m=round(route.distance_m, 1),
        )


def stops_to(
    place: Place, mode: str, edge: int, fraction: float, roads: RoadsNow
) -> RoadPositions | None:
    """From a position on the roads to a checkpoint; None where the mode has no road there."""
    target = roads.snapper.snap([place.lon], [place.lat], mode)
    if target.edge[0] == NO_EDGE:
        return None
    return RoadPositions.joined([RoadPositions.on_edges([edge], [fraction]), target])


def _open_exits(sealing: Sealing) -> Iterator[dict[str, Any]]:
    for one in sealing.open_exits:
        yield _feature(
            "open_exit",
            _point(one.lon, one.lat),
            name=one.name,
            reason=one.reason,
            at=moment(one.at_s),
        )


def _holder(interception: Interception, post: PlannedPost) -> dict[str, Any]:
    if post.unit_id.startswith(UNIT):
        jurisdiction, responder_id = key_of(post.unit_id)
        return {"holder": "unit", "jurisdiction": jurisdiction, "responder_id": responder_id}
    if post.unit_id.startswith(STAFF):
        return {"holder": "staff"}
    offer_id = post.unit_id.removeprefix(OFFER)
    known = [one.jurisdiction for one in interception.posts if one.offer_id == offer_id]
    known += [one.centre for one in interception.offers if one.offer_id == offer_id]
    return {
        "holder": "neighbour",
        "jurisdiction": known[0] if known else None,  # None: it was taken back
        "offer_id": offer_id,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"id": place.checkpoint_id, "kind": place.kind, "name": place.name}


def _layer(proof: LayerProof) -> LayerView:
    return LayerView(share=proof.share, bound=proof.bound, gap=proof.gap, proven=proof.proven)


def _seal(sealing: Sealing) -> SealView:
    return SealView(
        sealed=sealing.sealed,
        units=len(sealing.posts),
        bound=sealing.bound,
        proven=sealing.proven,
        open_exits=[
            OpenExitView(
                name=one.name, lon=one.lon, lat=one.lat, reason=one.reason, at=moment(one.at_s)
            )
            for one in sealing.open_exits
        ],
    )


def _feature(what: str, geometry: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"feature": what, **properties},
    }


def _point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]}
