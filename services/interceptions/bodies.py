"""Interceptions, sightings and commands about them as callers write them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import shapely
from msgspec import UNSET, Meta, Struct, UnsetType

from dispatch.errors import InterceptionError
from dispatch.interception.subject import (
    HIGHEST_FACTOR,
    LEAST_HORIZON_S,
    LOWEST_FACTOR,
    MOST_DESTINATIONS,
    MOST_HORIZON_S,
    MOST_RADIUS_M,
    MOST_TIME_ERROR_S,
    Destination,
    Sighting,
    Subject,
)
from dispatch.interceptions.case import Sought
from dispatch.interceptions.planning import settings_of
from geodata.coordinates import to_wgs84
from geodata.errors import RequestError
from services.errors import ProblemError
from services.incidents.bodies import WITHOUT_CONTROL, Line, Moment, Note, Word
from services.interceptions.closures import as_kept
from services.positions.wire import ModeName
from services.road_changes import (
    Crs,
    Latitude,
    Longitude,
    RoadChangeBody,
    area_in,
)

Heading = Annotated[float, Meta(ge=0.0, le=360.0)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
KindName = Literal[
    "toll_gate", "ramp", "service_area", "motorway_junction", "tunnel_mouth", "bridge", "junction"
]
Id = Annotated[str, Meta(max_length=36, pattern=WITHOUT_CONTROL)]
MOST_SCENARIOS = 2_000
MOST_LIMIT_S = 5.0
MOST_PLACES = 1_000


class SightingBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where and when the subject was seen."""

    lon: Longitude
    lat: Latitude
    seen_at: Moment | None = None
    """None: now."""
    radius_m: Annotated[float, Meta(ge=0.0, le=MOST_RADIUS_M)] = 50.0
    """They were within this radius."""
    time_error_s: Annotated[float, Meta(ge=0.0, le=MOST_TIME_ERROR_S)] = 0.0
    """They were there up to so much earlier or later."""
    heading_deg: Heading | None = None
    """Clockwise from north; None where it is not known."""
    source: Word = ""
    """What saw them: camera, toll gate, ticket, telephone."""
    crs: Crs = "wgs84"


class DestinationBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the subject may be going."""

    lon: Longitude
    lat: Latitude
    weight: Annotated[float, Meta(gt=0.0, le=1e9)] = 1.0
    """How likely it is, compared with the others."""
    name: Word = ""


class RuleBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What it takes to hold a checkpoint of one kind; what is left out stays."""

    set_up_s: Annotated[float, Meta(ge=0.0, le=3_600.0)] | UnsetType = UNSET
    units_needed: Annotated[int, Meta(ge=1, le=20)] | UnsetType = UNSET
    staff_set_up_s: Annotated[float, Meta(ge=0.0, le=3_600.0)] | UnsetType | None = UNSET
    """Its own staff closes it so long after a call; null: it has none."""


class PlanSettingsBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How plans are made; what is left out is as usual."""

    safety_s: Annotated[float, Meta(ge=0.0, le=1_800.0)] | UnsetType = UNSET
    """A unit counts as ready only so long after it should be; usually 60."""
    scenario_count: Annotated[int, Meta(ge=20, le=MOST_SCENARIOS)] | UnsetType = UNSET
    """Drives that the subject may make; usually 500."""
    seed: Annotated[int, Meta(ge=0, le=2**31)] | UnsetType = UNSET
    most_places: Annotated[int, Meta(ge=1, le=MOST_PLACES)] | UnsetType = UNSET
    """Checkpoints considered, those that most drives pass first; usually 400."""
    limit_s: Annotated[float, Meta(ge=0.05, le=MOST_LIMIT_S)] | UnsetType = UNSET
    """The choice of one layer ends by then with the best found; usually 0.3."""
    least_gain: Share | UnsetType = UNSET
    """Nobody is sent for less than this share of the drives; usually 0.01."""
    keep_gain: Share | UnsetType = UNSET
    """Who stands moves only where that catches so much more; usually 0.05."""
    call_staff: bool | UnsetType = UNSET
    """Whether toll gates' own staff may be called."""
    relay: bool | UnsetType = UNSET
    """Whether a second layer is planned (接力拦截)."""
    kinds: Annotated[list[KindName], Meta(min_length=1, max_length=7)] | UnsetType = UNSET
    """Kinds of checkpoint that are considered; usually all."""
    rules: dict[KindName, RuleBody] | UnsetType = UNSET
    seal: bool | UnsetType = UNSET
    """Whether it is looked for the fewest units that leave no way out; usually so."""


class InterceptionBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Somebody is to be stopped on the road."""

    incident_id: Id | None = None
    """Whose victim or money it is; told what becomes of it. None: it stands alone."""
    jurisdiction: str | None = None
    """Whose it is; of an incident's its own. Not needed with a key of one jurisdiction."""
    description: Line = ""
    """What units look for: make, colour, number plate. Nothing else of the case: it goes to
    everybody who is sent."""
    sighting: SightingBody | None = None
    """Where they were last seen; None: a plan waits for it."""
    mode: ModeName = "car"
    slowest: Annotated[float, Meta(ge=LOWEST_FACTOR, le=HIGHEST_FACTOR)] = 0.8
    """Least speed, compared with the map's own."""
    fastest: Annotated[float, Meta(ge=LOWEST_FACTOR, le=HIGHEST_FACTOR)] = 1.25
    destinations: Annotated[list[DestinationBody], Meta(max_length=MOST_DESTINATIONS)] = []
    """Where they may be going; none: anywhere out of the area."""
    area: dict[str, Any] | None = None
    """GeoJSON polygon that they may be leaving; None: everything within the horizon."""
    horizon_s: Annotated[float, Meta(ge=LEAST_HORIZON_S, le=MOST_HORIZON_S)] = 5_400.0
    """Nothing is planned beyond so long after the last sighting."""
    closures: Annotated[list[RoadChangeBody], Meta(max_length=64)] = []
    """Closures and speeds of this interception alone."""
    settings: PlanSettingsBody = PlanSettingsBody()
    note: Note = ""
    crs: Crs = "wgs84"
    """Of destinations and area; a sighting and a closure say their own."""


class CommitBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Which plan is carried out."""

    plan: Annotated[int, Meta(ge=1, le=2**31)]
    """Number of the plan that was looked at: the last one."""
    choice: Literal["coverage", "seal"] = "coverage"
    """Its best coverage, or the fewest units that leave the least open."""


class CheckpointBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Words about a checkpoint."""

    note: Note = ""


class ClearBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A checkpoint was held in vain."""

    since: Moment | None = None
    """None: since it was manned."""
    until: Moment | None = None
    """None: until now."""
    note: Note = ""


class MissedBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The subject got past."""

    at: Moment | None = None
    """None: now."""
    heading_deg: Heading | None = None
    note: Note = ""


def sighting_in(body: SightingBody, now_s: float) -> Sighting:
    """The sighting that a body tells of."""
    lon, lat = to_wgs84([body.lon], [body.lat], body.crs)
    try:
        return Sighting(
            lon=float(lon[0]),
            lat=float(lat[0]),
            seen_at_s=now_s if body.seen_at is None else body.seen_at.timestamp(),
            radius_m=body.radius_m,
            time_error_s=body.time_error_s,
            heading_deg=body.heading_deg,
        )
    except InterceptionError as error:
        raise ProblemError("invalid-value", str(error)) from None


def sought_in(body: InterceptionBody) -> Sought:
    """Whom a body wants to be stopped. What cannot be is refused: a plan would fail later."""
    try:
        area = None if body.area is None else area_in(body.area, body.crs)
        destinations = _destinations(body)
        # Whatever does not fit together is said by the type that a plan is made with.
        Subject(
            sighting=Sighting(0.0, 0.0, 0.0),
            mode=body.mode,
            slowest=body.slowest,
            fastest=body.fastest,
            destinations=destinations,
            area=area,
            horizon_s=body.horizon_s,
        )
    except (InterceptionError, RequestError) as error:
        raise ProblemError("invalid-value", str(error)) from None
    return Sought(
        description=body.description,
        mode=body.mode,
        slowest=body.slowest,
        fastest=body.fastest,
        destinations=destinations,
        area=None if area is None else msgspec.to_builtins(shapely.geometry.mapping(area)),
        horizon_s=body.horizon_s,
        closures=tuple(as_kept(one) for one in body.closures),
    )


def settings_in(body: InterceptionBody) -> dict[str, Any]:
    """What a body says of how plans are made."""
    said: dict[str, Any] = msgspec.to_builtins(body.settings)
    try:
        settings_of(said)
    except InterceptionError as error:
        raise ProblemError("invalid-value", str(error)) from None
    return said


def _destinations(body: InterceptionBody) -> tuple[Destination, ...]:
    if not body.destinations:
        return ()
    lon, lat = to_wgs84(
        [one.lon for one in body.destinations], [one.lat for one in body.destinations], body.crs
    )
    return tuple(
        Destination(float(x), float(y), one.weight, one.name)
        for x, y, one in zip(lon, lat, body.destinations, strict=True)
    )
