"""What a caller sees of a responder."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import msgspec

from dispatch.responders import Responder, Status
from geodata.cells import name_of
from services.registry import Registration


class ResponderPosition(msgspec.Struct, kw_only=True):
    """A last believed fix."""

    lon: float
    lat: float
    fixed_at: datetime
    age_s: float
    freshness: str
    """``fresh``, ``stale`` (loses rank) or ``lost`` (not considered)."""
    accuracy_m: float | None
    cell: str
    """H3 cell of resolution 9."""
    on_road: bool
    road_distance_m: float | None
    line_m: float | None = None
    """Straight-line distance from the point that was asked about."""


class ResponderView(msgspec.Struct, kw_only=True):
    """A responder."""

    id: str
    jurisdiction: str
    kind: str
    mode: str
    status: str | None
    """As their assignment has it, or else their phone; None for who was never heard of."""
    capabilities: list[str]
    registered: bool
    position: ResponderPosition | None


def view_of(
    responder: Responder,
    registered: bool,
    line_m: float | None = None,
    doing: Status | None = None,
) -> ResponderView:
    """A responder of the live picture. ``doing`` is what an assignment has them do, which counts
    before what their phone says; None where they have none."""
    return ResponderView(
        id=responder.responder_id,
        jurisdiction=responder.jurisdiction,
        kind=responder.kind,
        mode=responder.mode,
        status=(responder.status if doing is None else doing).word,
        capabilities=sorted(responder.capabilities),
        registered=registered,
        position=ResponderPosition(
            lon=round(responder.lon, 7),
            lat=round(responder.lat, 7),
            fixed_at=moment(responder.fixed_at_s),
            age_s=round(responder.age_s, 1),
            freshness=responder.freshness.name.lower(),
            accuracy_m=_finite(responder.accuracy_m),
            cell=name_of(responder.cell),
            on_road=responder.edge >= 0,
            road_distance_m=_finite(responder.road_distance_m),
            line_m=None if line_m is None else _finite(line_m),
        ),
    )


def unheard(registration: Registration) -> ResponderView:
    """A registered responder who is not in the live picture."""
    return ResponderView(
        id=registration.responder_id,
        jurisdiction=registration.jurisdiction,
        kind=registration.kind,
        mode=registration.mode,
        status=None,
        capabilities=sorted(registration.capabilities),
        registered=True,
        position=None,
    )


def moment(seconds: float) -> datetime:
    """UTC time of seconds since 1970, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def _finite(value: float) -> float | None:
    return round(float(value), 1) if math.isfinite(value) else None
