"""What centres tell each other about one interception.

A message has what its reader needs and nothing more: never where a unit is, who it is, or how many
there are beside those that are offered. Times are UTC seconds since 1970, coordinates WGS-84. An
offer is named by its neighbour, a checkpoint by whoever writes of it first.

No order is assumed. Every message tells how something is by now, and what is over stays over: one
that comes late, or twice, finds that already and changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from dispatch.interception.subject import (
    MOST_DESTINATIONS,
    MOST_RADIUS_M,
    MOST_TIME_ERROR_S,
    Destination,
    Sighting,
)

MOST_PLACES = 200
"""Checkpoints that one request names."""
MOST_OFFERS = 100
MOST_SIGHTINGS_TOLD = 50
"""Of a case that is handed over, the latest."""

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Words = Annotated[str, Meta(max_length=500)]
Reason = Annotated[str, Meta(max_length=200)]
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Moment = Annotated[float, Meta(ge=0.0, le=4.2e9)]
"""UTC seconds since 1970, up to the year 2103."""
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Round = Annotated[int, Meta(ge=1, le=1_000_000)]
Seconds = Annotated[float, Meta(ge=-86_400.0, le=86_400.0)]


class Message(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all."""


class SightingTold(Message):
    """Where and when the subject was seen."""

    lon: Longitude
    lat: Latitude
    seen_at_s: Moment
    radius_m: Annotated[float, Meta(ge=0.0, le=MOST_RADIUS_M)]
    time_error_s: Annotated[float, Meta(ge=0.0, le=MOST_TIME_ERROR_S)]
    heading_deg: Annotated[float, Meta(ge=0.0, le=360.0)] | None

    @property
    def sighting(self) -> Sighting:
        return Sighting(
            self.lon, self.lat, self.seen_at_s, self.radius_m, self.time_error_s, self.heading_deg
        )


def sighting_told(one: Sighting) -> SightingTold:
    return SightingTold(
        lon=one.lon,
        lat=one.lat,
        seen_at_s=one.seen_at_s,
        radius_m=one.radius_m,
        time_error_s=one.time_error_s,
        heading_deg=one.heading_deg,
    )


class PlaceAsked(Message):
    """A checkpoint that the lead would like to have held."""

    checkpoint_id: Id
    """As the lead's map has it."""
    kind: Id
    name: Words
    lon: Longitude
    lat: Latitude
    earliest_at_s: Moment
    """The subject is there no sooner."""
    share: Share
    """Of the drives that the lead thinks of, those that pass it."""


class Requested(Message):
    """Lead to neighbour: what could you hold, and from when on?"""

    round: Round
    """1 for the first request, and so on: only the last one is answered."""
    answer_by_s: Moment
    """Silence until then counts as no."""
    ends_at_s: Moment
    """Nothing is planned beyond this."""
    description: Words
    """What units look for, and nothing else of the case."""
    mode: Id
    sighting: SightingTold
    places: Annotated[list[PlaceAsked], Meta(max_length=MOST_PLACES)]


class OfferTold(Message):
    """One unit could hold one checkpoint."""

    offer_id: Id
    checkpoint_id: Id
    """As the request named it."""
    ready_at_s: Moment
    """Set up, with the neighbour's own safety margin."""
    margin_s: Seconds
    """From being ready to the subject's earliest arrival."""


class Offered(Message):
    """Neighbour to lead: what it could hold. Nothing is bound by it."""

    round: Round
    units: Annotated[int, Meta(ge=0, le=MOST_OFFERS)]
    """How many units the offers come from."""
    offers: Annotated[list[OfferTold], Meta(max_length=MOST_OFFERS)]
    reason: Reason = ""
    """Why there are none."""


class Committed(Message):
    """Lead to neighbour: hold this, and say whether you will."""

    offer_id: Id
    confirm_by_s: Moment
    """Silence until then counts as no."""
    earliest_at_s: Moment


class Confirmed(Message):
    """Neighbour to lead: somebody was sent there, and nobody else will send them elsewhere."""

    offer_id: Id
    expected_at_s: Moment


class Withdrawn(Message):
    """Neighbour to lead: nobody holds this, or not any more."""

    offer_id: Id
    reason: Reason


class Released(Message):
    """Lead to neighbour: this is not needed, or not any more."""

    offer_id: Id
    reason: Reason


class Reported(Message):
    """Neighbour to lead: how it stands where an offer of its is held."""

    offer_id: Id
    state: Literal["delayed", "manned", "clear", "caught", "missed"]
    at_s: Moment
    """When that was; of one who is delayed, when they should be there."""
    from_s: Moment | None = None
    """Of one that was held in vain: from when, until ``at_s``."""


class CheckpointTold(Message):
    """Lead to all who take part: how a checkpoint of somebody else stands."""

    checkpoint_id: Id
    kind: Id
    name: Words
    lon: Longitude
    lat: Latitude
    state: Literal["manned", "clear", "caught", "missed"]
    at_s: Moment


class Sighted(Message):
    """To all who take part: the subject was seen."""

    sighting: SightingTold


class Ended(Message):
    """Lead to all who were asked: it is over, everybody may go."""

    outcome: Literal["caught", "stood_down", "lost", "handed_over"]


class DestinationTold(Message):
    """Where the subject may be going."""

    lon: Longitude
    lat: Latitude
    weight: Annotated[float, Meta(gt=0.0, le=1e9)]
    name: Words


class HandOverOffered(Message):
    """Lead to neighbour: will you lead from now on?"""

    hand_over_id: Id
    answer_by_s: Moment
    reason: Reason


class HandOverAnswered(Message):
    """Neighbour to lead. Whoever accepts does not lead before the lead has let go."""

    hand_over_id: Id
    accepts: bool
    reason: Reason


class HandOverDone(Message):
    """Lead to neighbour: you lead; here is the case."""

    hand_over_id: Id
    slowest: Annotated[float, Meta(ge=0.2, le=3.0)]
    fastest: Annotated[float, Meta(ge=0.2, le=3.0)]
    horizon_s: Annotated[float, Meta(ge=60.0, le=6 * 3_600.0)]
    destinations: Annotated[list[DestinationTold], Meta(max_length=MOST_DESTINATIONS)]
    sightings: Annotated[list[SightingTold], Meta(max_length=MOST_SIGHTINGS_TOLD)]


class HandOverCancelled(Message):
    """Lead to neighbour: I go on leading."""

    hand_over_id: Id


KINDS: dict[str, type[Message]] = {
    "interception.requested": Requested,
    "interception.offered": Offered,
    "interception.committed": Committed,
    "interception.confirmed": Confirmed,
    "interception.withdrawn": Withdrawn,
    "interception.released": Released,
    "interception.reported": Reported,
    "interception.checkpoint_told": CheckpointTold,
    "interception.sighted": Sighted,
    "interception.ended": Ended,
    "interception.hand_over_offered": HandOverOffered,
    "interception.hand_over_answered": HandOverAnswered,
    "interception.hand_over_done": HandOverDone,
    "interception.hand_over_cancelled": HandOverCancelled,
}
"""Every message by what it is called."""

KIND_OF = {type_: name for name, type_ in KINDS.items()}


def destination_told(one: Destination) -> DestinationTold:
    return DestinationTold(lon=one.lon, lat=one.lat, weight=one.weight, name=one.name[:500])
