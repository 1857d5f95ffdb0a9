"""What a caller, and a reader of events, sees of an interception, its checkpoints and its plans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from dispatch.interceptions.case import Interception, Post, Sighted
from dispatch.interceptions.partners import HandOver
from dispatch.interceptions.words import ASSIGNMENT_STATE, Holder
from services.views import moment


class SightingView(Struct, kw_only=True):
    """Where and when the subject was seen, WGS-84."""

    id: str
    lon: float
    lat: float
    seen_at: datetime
    radius_m: float
    time_error_s: float
    heading_deg: float | None
    source: str
    told_at: datetime


class DestinationView(Struct, kw_only=True):
    """Where the subject may be going, WGS-84."""

    lon: float
    lat: float
    weight: float
    name: str


class PostView(Struct, kw_only=True):
    """One holder of a checkpoint."""

    id: str
    """Of a unit's: the id of its assignment."""
    holder: str
    """unit, staff or neighbour."""
    jurisdiction: str
    """The unit's own, or the neighbour's centre."""
    responder_id: str | None
    offer_id: str | None
    """The offer that led to it, where two centres act together."""
    kind: str | None
    mode: str | None
    state: str
    plan_number: int
    layer: int
    ordered_at: datetime
    ready_at: datetime
    """Set up, safety margin included, by the plan."""
    earliest_at: datetime
    """The subject is there no sooner, by the plan."""
    margin_s: float
    share: float
    """Of all drives those that it catches, whatever others catch."""
    expected_at: datetime
    """When they should be there; follows their fixes."""
    promised_at: datetime | None
    accepted_at: datetime | None
    departed_at: datetime | None
    manned_at: datetime | None
    ended_at: datetime | None
    late: bool
    reason: str


class CheckpointView(Struct, kw_only=True):
    """A checkpoint that was taken, and who holds it."""

    id: str
    kind: str
    name: str
    lon: float
    lat: float
    units_needed: int
    state: str
    posts: list[PostView]
    """Oldest first, ended ones too."""


class InterceptionSummary(Struct, kw_only=True):
    """An interception as events tell of it."""

    id: str
    jurisdiction: str
    role: str
    state: str
    incident_id: str | None
    lead_centre: str | None
    lead_id: str | None
    opened_at: datetime
    description: str
    mode: str
    ends_at: datetime
    """Nothing is planned beyond this."""
    last_seen: SightingView | None
    sighting_count: int
    plan_number: int
    plan_wanted: bool
    """Whether something happened since the last plan that asks for a new one."""
    no_plan_because: str
    committed_number: int | None
    ended_at: datetime | None
    ending_note: str
    version: int
    """Rises with every change that is told; the ETag is made of it."""


class PartnerView(Struct, kw_only=True):
    """Another centre that takes part."""

    centre: str
    awaited_until: datetime | None
    """While an answer is awaited."""
    silent: bool
    """Whether the last request was not answered in time."""
    units: int
    """How many units its last offers came from."""
    reason: str
    """Why it offered nothing."""


class OfferView(Struct, kw_only=True):
    """What a neighbour could do: hold one checkpoint from some time on."""

    id: str
    centre: str
    checkpoint_id: str
    ready_at: datetime


class HandOverView(Struct, kw_only=True):
    """The lead is to pass to another centre, or from it."""

    centre: str
    state: str
    """offered, accepted, refused, done or cancelled."""
    answer_by: datetime
    reason: str


class ElsewhereView(Struct, kw_only=True):
    """A checkpoint of another centre, as the lead told of it."""

    checkpoint_id: str
    kind: str
    name: str
    lon: float
    lat: float
    state: str
    at: datetime


class InterceptionView(InterceptionSummary, kw_only=True):
    """An interception with all that was told and everybody who was sent."""

    slowest: float
    fastest: float
    horizon_s: float
    destinations: list[DestinationView]
    area: dict[str, Any] | None
    closures: list[dict[str, Any]]
    settings: dict[str, Any]
    sightings: list[SightingView]
    """In the order in which they were told."""
    centres: list[PartnerView]
    """The other centres that take part."""
    offers: list[OfferView]
    """What they could do, as of now."""
    elsewhere: list[ElsewhereView]
    """Of a neighbour's: checkpoints of others that the lead told of."""
    hand_over: HandOverView | None
    """The last time that the lead was to pass."""
    checkpoints: list[CheckpointView]


class ToldCheckpoint(Struct, kw_only=True):
    """A checkpoint and one of its holders as an event tells of them."""

    id: str
    kind: str
    name: str
    lon: float
    lat: float
    state: str
    post: PostView


class CheckpointAssignmentView(Struct, kw_only=True):
    """One responder sent to one checkpoint."""

    id: str
    interception_id: str
    checkpoint_id: str
    responder_id: str
    jurisdiction: str
    """The responder's own."""
    kind: str
    mode: str
    state: str
    offered_at: datetime
    expected_at: datetime
    promised_at: datetime | None
    accepted_at: datetime | None
    departed_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    late: bool


def summary_of(interception: Interception) -> InterceptionSummary:
    """An interception as events tell of it."""
    return InterceptionSummary(**_summary(interception))


def interception_view(interception: Interception) -> InterceptionView:
    """An interception as it is shown."""
    sought = interception.sought
    return InterceptionView(
        **_summary(interception),
        slowest=sought.slowest,
        fastest=sought.fastest,
        horizon_s=sought.horizon_s,
        destinations=[
            DestinationView(
                lon=round(one.lon, 7), lat=round(one.lat, 7), weight=one.weight, name=one.name
            )
            for one in sought.destinations
        ],
        area=sought.area,
        closures=list(sought.closures),
        settings=interception.settings,
        sightings=[sighting_view(one) for one in interception.sightings],
        centres=[
            PartnerView(
                centre=centre,
                awaited_until=_moment(one.answer_by_s),
                silent=one.silent,
                units=one.units,
                reason=one.reason,
            )
            for centre, one in interception.partners.items()
        ],
        offers=[
            OfferView(
                id=one.offer_id,
                centre=one.centre,
                checkpoint_id=one.checkpoint_id,
                ready_at=moment(one.ready_at_s),
            )
            for one in interception.offers
        ],
        elsewhere=[
            ElsewhereView(
                checkpoint_id=one.checkpoint_id,
                kind=one.kind,
                name=one.name,
                lon=one.lon,
                lat=one.lat,
                state=one.state,
                at=moment(one.at_s),
            )
            for one in interception.elsewhere
        ],
        hand_over=_hand_over(interception.hand_over),
        checkpoints=checkpoint_views(interception),
    )


def _hand_over(passing: HandOver | None) -> HandOverView | None:
    if passing is None:
        return None
    return HandOverView(
        centre=passing.centre,
        state=passing.state.value,
        answer_by=moment(passing.answer_by_s),
        reason=passing.reason,
    )


def checkpoint_views(interception: Interception) -> list[CheckpointView]:
    """Every checkpoint that was taken, in the order in which it was."""
    taken = dict.fromkeys(post.checkpoint_id for post in interception.posts)
    return [
        CheckpointView(
            **_place(interception, checkpoint_id),
            units_needed=interception.places[checkpoint_id].units_needed,
            posts=[
                post_view(post)
                for post in interception.posts
                if post.checkpoint_id == checkpoint_id
            ],
        )
        for checkpoint_id in taken
    ]


def told_checkpoint(interception: Interception, post: Post) -> ToldCheckpoint:
    """A checkpoint and one of its holders as an event tells of them."""
    return ToldCheckpoint(**_place(interception, post.checkpoint_id), post=post_view(post))


def sighting_view(one: Sighted) -> SightingView:
    seen = one.sighting
    return SightingView(
        id=one.sighting_id,
        lon=round(seen.lon, 7),
        lat=round(seen.lat, 7),
        seen_at=moment(seen.seen_at_s),
        radius_m=seen.radius_m,
        time_error_s=seen.time_error_s,
        heading_deg=seen.heading_deg,
        source=one.source,
        told_at=moment(one.told_at_s),
    )


def post_view(post: Post) -> PostView:
    return PostView(
        id=post.post_id,
        holder=post.holder.value,
        jurisdiction=post.jurisdiction,
        responder_id=post.responder_id or None,
        offer_id=post.offer_id or None,
        kind=post.kind or None,
        mode=post.mode or None,
        state=post.state.value,
        plan_number=post.plan_number,
        layer=post.layer,
        ordered_at=moment(post.ordered_at_s),
        ready_at=moment(post.ready_at_s),
        earliest_at=moment(post.earliest_at_s),
        margin_s=round(post.margin_s, 1),
        share=post.share,
        expected_at=moment(post.expected_at_s),
        promised_at=_moment(post.promised_at_s),
        accepted_at=_moment(post.accepted_at_s),
        departed_at=_moment(post.departed_at_s),
        manned_at=_moment(post.manned_at_s),
        ended_at=_moment(post.ended_at_s),
        late=post.late,
        reason=post.reason,
    )


def checkpoint_assignment_view(post: Post, interception_id: str) -> CheckpointAssignmentView:
    """A unit's post as the assignment that it is."""
    assert post.holder is Holder.UNIT
    return CheckpointAssignmentView(
        id=post.post_id,
        interception_id=interception_id,
        checkpoint_id=post.checkpoint_id,
        responder_id=post.responder_id,
        jurisdiction=post.jurisdiction,
        kind=post.kind,
        mode=post.mode,
        state=ASSIGNMENT_STATE[post.state].value,
        offered_at=moment(post.ordered_at_s),
        expected_at=moment(post.expected_at_s),
        promised_at=_moment(post.promised_at_s),
        accepted_at=_moment(post.accepted_at_s),
        departed_at=_moment(post.departed_at_s),
        arrived_at=_moment(post.manned_at_s),
        ended_at=_moment(post.ended_at_s),
        late=post.late,
    )


def _summary(interception: Interception) -> dict[str, Any]:
    seen = interception.last_seen
    return {
        "id": interception.interception_id,
        "jurisdiction": interception.jurisdiction,
        "role": interception.role.value,
        "state": interception.state.value,
        "incident_id": interception.incident_id,
        "lead_centre": interception.lead_centre,
        "lead_id": interception.lead_id,
        "opened_at": moment(interception.opened_at_s),
        "description": interception.sought.description,
        "mode": interception.sought.mode,
        "ends_at": moment(interception.ends_at_s),
        "last_seen": None if seen is None else sighting_view(seen),
        "sighting_count": len(interception.sightings),
        "plan_number": interception.plan_number,
        "plan_wanted": interception.plan_wanted,
        "no_plan_because": interception.no_plan_because,
        "committed_number": interception.committed_number,
        "ended_at": _moment(interception.ended_at_s),
        "ending_note": interception.ending_note,
        "version": interception.version,
    }


def _place(interception: Interception, checkpoint_id: str) -> dict[str, Any]:
    place = interception.places[checkpoint_id]
    return {
        "id": place.checkpoint_id,
        "kind": place.kind,
        "name": place.name,
        "lon": place.lon,
        "lat": place.lat,
        "state": interception.checkpoint_state(checkpoint_id).value,
    }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else moment(seconds)
