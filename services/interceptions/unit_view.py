"""What a unit that is sent to a checkpoint is told: where, by when, whom to look for, and the way.

Nothing else of the case, and nothing at all once it is over: a link is valid for days, and phones
are lost.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from dispatch.interceptions.case import Interception, Post
from dispatch.interceptions.words import ASSIGNMENT_STATE, PostState
from dispatch.live_picture import LivePicture
from geodata.errors import NoRouteError
from geodata.positions import NO_EDGE
from geodata.routes import Route, build_route
from geodata.routes.options import RouteOptions
from services.engine import RoadsNow
from services.incidents.map_apps import MapApps, map_apps
from services.incidents.unit_view import NOT_NEEDED, OverAnswer, OverAssignment
from services.interceptions.plan_view import stops_to
from services.interceptions.views import CheckpointAssignmentView, checkpoint_assignment_view
from services.views import moment


class OrderedCheckpoint(Struct, kw_only=True):
    """Where to stand."""

    id: str
    kind: str
    name: str
    lon: float
    lat: float


class OrderedSubject(Struct, kw_only=True):
    """Whom to look for."""

    description: str
    mode: str
    earliest_at: datetime
    """They are at the checkpoint no sooner."""


class CheckpointOrder(Struct, kw_only=True):
    """An order to hold a checkpoint."""

    assignment: CheckpointAssignmentView
    checkpoint: OrderedCheckpoint
    subject: OrderedSubject


class CheckpointFile(CheckpointOrder, kw_only=True):
    """An order to hold a checkpoint, with the way there."""

    route: msgspec.Raw | None
    """OSRM's ``Route`` from where the unit is now; null: none is needed, or none leads there."""
    apps: MapApps
    """What opens the checkpoint in a phone's own map app."""
    token: str | None
    """For whoever hands it to the unit: sent as a bearer token it opens this assignment and
    nothing else. null: the unit itself is asking."""
    link: str | None
    """Path of the unit's page; see the assignments to incidents."""


def checkpoint_order(interception: Interception, post: Post) -> CheckpointOrder:
    """The order as its unit is told."""
    return CheckpointOrder(**_order(interception, post))


def checkpoint_file(
    interception: Interception,
    post: Post,
    route: bytes | None,
    token: str | None,
    link: str | None,
) -> CheckpointFile:
    """The same with the way there, and the unit's token and link for whoever hands them out."""
    place = interception.places[post.checkpoint_id]
    return CheckpointFile(
        **_order(interception, post),
        route=None if route is None else msgspec.Raw(route),
        apps=map_apps(place.lon, place.lat, place.name, post.mode),
        token=token,
        link=link,
    )


def over(post: Post) -> OverAnswer:
    """What a unit is told that is not needed at its checkpoint any more."""
    state = ASSIGNMENT_STATE[post.state].value
    return OverAnswer(assignment=OverAssignment(id=post.post_id, state=state), sentence=NOT_NEEDED)


def drive_to(
    interception: Interception,
    post: Post,
    picture: LivePicture,
    roads: RoadsNow,
    language: str,
    now_s: float,
) -> Route | None:
    """The way with steps from where a unit is to its checkpoint; None where there is none: it is
    there, its position is not known, or no road leads there."""
    if not post.live or post.state is PostState.MANNED or post.mode not in roads.metrics:
        return None
    known = picture.get(*post.key, now_s)
    if known is None or known.mode != post.mode or known.edge == NO_EDGE:
        return None
    place = interception.places[post.checkpoint_id]
    stops = stops_to(place, post.mode, known.edge, known.fraction, roads)
    if stops is None:
        return None
    try:
        path = roads.path(post.mode, stops.take([0]), stops.take([1]))
    except NoRouteError:
        return None
    options = RouteOptions(steps=True, geometries="geojson", overview="full", language=language)
    return build_route(roads.network, roads.metrics[post.mode], [path], stops, options)


def _order(interception: Interception, post: Post) -> dict[str, object]:
    place = interception.places[post.checkpoint_id]
    return {
        "assignment": checkpoint_assignment_view(post, interception.interception_id),
        "checkpoint": OrderedCheckpoint(
            id=place.checkpoint_id,
            kind=place.kind,
            name=place.name,
            lon=place.lon,
            lat=place.lat,
        ),
        "subject": OrderedSubject(
            description=interception.sought.description,
            mode=interception.sought.mode,
            earliest_at=moment(post.earliest_at_s),
        ),
    }
