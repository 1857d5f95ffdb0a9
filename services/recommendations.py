"""A recommendation as callers ask for it and as they read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from dispatch.errors import DispatchError
from dispatch.live_picture import LivePicture
from dispatch.question import (
    MOST_ACCURACY_M,
    MOST_PLACES,
    MOST_WANTED,
    CandidatePlace,
    Choice,
    PassedOver,
    Question,
    Recommendation,
    Want,
    WantAnswer,
)
from dispatch.recommendation import recommend
from dispatch.responders import Status
from dispatch.wording import choice_in_words, passed_over_in_words, shortfall_in_words
from geodata.changes import RoadChanges
from geodata.coordinates import to_wgs84
from geodata.positions import RoadPositions
from geodata.routes import build_route
from geodata.routes.options import RouteOptions
from geodata.routes.osrm_json import route_json
from services.engine import RoadsNow
from services.errors import ProblemError
from services.jurisdictions import Jurisdictions
from services.positions.wire import Capabilities, KindName, ModeName, ResponderId
from services.road_changes import Crs, Latitude, Longitude, RoadChangeBody, resolve
from services.views import moment


class PlaceBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One place where the victim may be."""

    lon: Longitude
    lat: Latitude
    accuracy_m: Annotated[float, Meta(ge=0.0, le=MOST_ACCURACY_M)] = 0.0
    """The victim is within this radius."""
    weight: Annotated[float, Meta(gt=0.0, le=1e9)] = 1.0
    """How likely it is, compared with the other places."""


class WantBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How many of which kinds."""

    kinds: Annotated[list[KindName], Meta(min_length=1, max_length=64)]
    count: Annotated[int, Meta(ge=1, le=MOST_WANTED)] = 1
    modes: Annotated[list[ModeName], Meta(max_length=16)] = []
    """Only those who travel like this; empty: however they travel."""


class LeftOutBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A responder who is not to be considered."""

    id: ResponderId
    jurisdiction: str | None = None


class RouteBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How the routes are wanted, in OSRM's words."""

    of: Literal["best", "all"] = "best"
    """Of the first of each want, or of everybody chosen."""
    steps: bool = True
    geometries: Literal["polyline", "polyline6", "geojson"] = "polyline"
    overview: Literal["simplified", "full", "false"] = "full"


class RecommendationBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Who should go?"""

    place: PlaceBody | None = None
    places: Annotated[list[PlaceBody], Meta(max_length=MOST_PLACES)] = []
    """Several candidates, instead of ``place``."""
    wants: Annotated[list[WantBody], Meta(min_length=1, max_length=16)]
    within_s: Annotated[float, Meta(gt=0.0, le=86_400.0)] = 3_600.0
    """Nobody who takes longer."""
    capabilities: Capabilities = []
    """What everybody who goes must be able to do."""
    without: Annotated[list[LeftOutBody], Meta(max_length=1_000)] = []
    closures: Annotated[list[RoadChangeBody], Meta(max_length=64)] = []
    """Closures and speeds of this question alone."""
    route: RouteBody | None = None
    """None: no routes."""
    language: Literal["zh", "en"] = "zh"
    """Of reasons and instructions."""
    crs: Crs = "wgs84"


class ChoiceView(Struct, kw_only=True, omit_defaults=True):
    """Somebody who should go."""

    id: str
    jurisdiction: str
    kind: str
    mode: str
    eta_s: float
    """Until they are there: turning out, doubt about an old fix, and the drive."""
    turn_out_s: float
    doubt_s: float
    drive_s: float
    elsewhere_s: float
    """What the other places where the victim may be add to the mean."""
    distance_m: float
    line_m: float
    fix_age_s: float
    reason: str
    route: Raw | None = None
    """OSRM's ``Route``."""


class PassedOverView(Struct, kw_only=True):
    """Somebody nearer in a straight line, and why they lost."""

    id: str
    jurisdiction: str
    kind: str
    line_m: float
    eta_s: float | None
    distance_m: float | None
    cause: str
    reason: str


class ShortfallView(Struct, kw_only=True):
    """How many are missing, and why."""

    missing: int
    cause: str
    reason: str
    counts: dict[str, int]


class WantView(Struct, kw_only=True):
    """The answer to one want, soonest first."""

    kinds: list[str]
    chosen: list[ChoiceView]
    passed_over: list[PassedOverView]
    shortfall: ShortfallView | None


class DoorView(Struct, kw_only=True):
    """Where a mode leaves the road for the likeliest place."""

    lon: float
    lat: float
    distance_m: float


class RecommendationView(Struct, kw_only=True):
    """Who should go."""

    answered_at: datetime
    doors: dict[str, DoorView]
    """By mode."""
    wants: list[WantView]


def answer(
    body: RecommendationBody,
    picture: LivePicture,
    roads: RoadsNow,
    held: Jurisdictions,
    at_s: float,
    engaged: Mapping[tuple[str, str], Status] | None = None,
) -> RecommendationView:
    """The recommendation. Raises ProblemError or GeodataError for what cannot be asked.

    ``engaged`` are those with a live assignment: they are not available, whatever they say."""
    question = replace(_question(body, roads, held), engaged=engaged or {})
    recommendation = recommend(picture, roads, question, held, at_s)
    return RecommendationView(
        answered_at=moment(at_s),
        doors={mode: _door(door) for mode, door in sorted(recommendation.doors.items())},
        wants=[_want(one, recommendation, roads, body) for one in recommendation.answers],
    )


def _question(body: RecommendationBody, roads: RoadsNow, held: Jurisdictions) -> Question:
    places = [*body.places, *([body.place] if body.place is not None else [])]
    if not places or (body.place is not None and body.places):
        raise ProblemError("invalid-value", "Give either 'place' or 'places'.")
    lon, lat = to_wgs84([one.lon for one in places], [one.lat for one in places], body.crs)
    changes = [resolve(one, roads.network, roads.snapper) for one in body.closures]
    try:
        return Question(
            places=tuple(
                CandidatePlace(float(x), float(y), one.accuracy_m, one.weight)
                for x, y, one in zip(lon, lat, places, strict=True)
            ),
            wants=tuple(
                Want(frozenset(one.kinds), one.count, frozenset(one.modes)) for one in body.wants
            ),
            changes=RoadChanges(*changes) if changes else None,
            limit_s=body.within_s,
            without=frozenset(_left_out(body, held)),
            capabilities=frozenset(body.capabilities),
        )
    except DispatchError as error:
        raise ProblemError("invalid-value", str(error)) from None


def _left_out(body: RecommendationBody, held: Jurisdictions) -> Iterator[tuple[str, str]]:
    """Keys of those who are not to be considered; whom the caller may not see is nobody."""
    for one in body.without:
        jurisdiction = one.jurisdiction or held.only
        if jurisdiction is None:
            raise ProblemError(
                "jurisdiction-required",
                "The key holds several jurisdictions: say which for everybody in 'without'.",
            )
        if held.hold(jurisdiction):
            yield jurisdiction, one.id


def _want(
    answered: WantAnswer, whole: Recommendation, roads: RoadsNow, body: RecommendationBody
) -> WantView:
    language = body.language
    shortfall = answered.shortfall
    return WantView(
        kinds=sorted(answered.want.kinds),
        chosen=[
            _choice(choice, rank, whole, roads, body) for rank, choice in enumerate(answered.chosen)
        ],
        passed_over=[_passed_over(one, language) for one in answered.passed_over],
        shortfall=None
        if shortfall is None
        else ShortfallView(
            missing=shortfall.missing,
            cause=shortfall.reason.value,
            reason=shortfall_in_words(shortfall, language),
            counts=dict(shortfall.counts),
        ),
    )


def _choice(
    choice: Choice, rank: int, whole: Recommendation, roads: RoadsNow, body: RecommendationBody
) -> ChoiceView:
    view = ChoiceView(
        id=choice.responder_id,
        jurisdiction=choice.jurisdiction,
        kind=choice.kind,
        mode=choice.mode,
        eta_s=round(choice.eta_s, 1),
        turn_out_s=round(choice.turn_out_s, 1),
        doubt_s=round(choice.doubt_s, 1),
        drive_s=round(choice.drive_s, 1),
        elsewhere_s=round(choice.elsewhere_s, 1),
        distance_m=round(choice.distance_m, 1),
        line_m=round(choice.line_m, 1),
        fix_age_s=round(choice.fix_age_s, 1),
        reason=choice_in_words(choice, rank, body.language),
    )
    if body.route is not None and (rank == 0 or body.route.of == "all"):
        view.route = Raw(_route(choice, whole, roads, body.route, body.language))
    return view


def _route(
    choice: Choice, whole: Recommendation, roads: RoadsNow, wanted: RouteBody, language: str
) -> bytes:
    options = RouteOptions(
        steps=wanted.steps,
        geometries=wanted.geometries,
        overview=wanted.overview,
        language=language,
    )
    stops = RoadPositions.joined([choice.origin, whole.doors[choice.mode]])
    metric = roads.metrics[choice.mode]
    return route_json(build_route(roads.network, metric, [choice.path], stops, options))


def _passed_over(one: PassedOver, language: str) -> PassedOverView:
    return PassedOverView(
        id=one.responder_id,
        jurisdiction=one.jurisdiction,
        kind=one.kind,
        line_m=round(one.line_m, 1),
        eta_s=None if one.eta_s is None else round(one.eta_s, 1),
        distance_m=None if one.distance_m is None else round(one.distance_m, 1),
        cause=one.reason.value,
        reason=passed_over_in_words(one, language),
    )


def _door(door: RoadPositions) -> DoorView:
    return DoorView(
        lon=round(float(door.lon[0]), 7),
        lat=round(float(door.lat[0]), 7),
        distance_m=round(float(door.distance_m[0]), 1),
    )
