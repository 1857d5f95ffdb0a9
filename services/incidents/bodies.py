"""Alerts and commands about incidents as callers write them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from msgspec import UNSET, Meta, Struct, UnsetType

from dispatch.errors import DispatchError
from dispatch.incidents.case import Alert, Area, whoever_is_at
from dispatch.incidents.words import TIERS, MoneyState, Source, Tier
from dispatch.question import MOST_PLACES, CandidatePlace
from geodata.coordinates import to_wgs84
from services.areas import Areas
from services.branches import Branch
from services.errors import ProblemError
from services.incidents.victim_reference import opaque
from services.positions.wire import ResponderId
from services.recommendations import PlaceBody
from services.road_changes import Crs, Latitude, Longitude

MOST_YUAN = 1e12
"""More than any bank of the country holds: a sum above this is a mistake."""

WITHOUT_CONTROL = r"^[^\u0000-\u001f\u007f]*$(?!\n)"
WITHOUT_NUL = r"^[^\u0000]*$"
"""PostgreSQL keeps no text with this character."""

VictimRef = Annotated[str, Meta(min_length=1, max_length=128, pattern=WITHOUT_CONTROL)]
Word = Annotated[str, Meta(max_length=64, pattern=WITHOUT_CONTROL)]
Line = Annotated[str, Meta(max_length=500, pattern=WITHOUT_CONTROL)]
Note = Annotated[str, Meta(max_length=2_000, pattern=WITHOUT_NUL)]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=WITHOUT_CONTROL)]
Yuan = Annotated[float, Meta(ge=0.0, le=MOST_YUAN)]
TierName = Literal["low", "medium", "high", "critical"]
SourceName = Literal["ministry", "city", "district", "bank", "grid_worker"]
MoneyStateName = Literal[
    "in_account", "transferring", "cash_withdrawn", "in_vehicle", "handed_over"
]
ChannelName = Literal["message", "voice", "call"]
ContactOutcomeName = Literal["answered", "refused", "unreachable"]
VisitOutcomeName = Literal["dissuaded", "not_convinced", "not_found", "refused"]
ClosingReasonName = Literal["dissuaded", "contacted", "false_alarm", "money_lost", "other"]
Moment = Annotated[datetime.datetime, Meta(tz=True)]


class AlertBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A warning that somebody is being defrauded."""

    source: SourceName
    tier: TierName
    victim_ref: VictimRef
    """Your own reference of the victim, opaque; never a name or a number of a person: those of
    phones and identity cards are refused. Alerts with the same one are about the same victim."""
    place: PlaceBody | None = None
    """Where the victim is; without it the incident waits for a place."""
    places: Annotated[list[PlaceBody], Meta(max_length=MOST_PLACES)] = []
    """Several candidates, instead of ``place``."""
    address_text: Line = ""
    """As it was told; shown to those who go, never searched."""
    amount_yuan: Yuan | None = None
    """At risk."""
    money_state: MoneyStateName | None = None
    fraud_type: Word = ""
    note: Note = ""
    jurisdiction: str | None = None
    """Whose alert it is while its place is not known; not needed with a key of one."""
    crs: Crs = "wgs84"


class BankAlarmBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A bank's one-tap alarm: the victim stands at the counter of a registered branch."""

    branch_id: ResponderId
    note: Note = ""
    """The teller's."""
    victim_ref: VictimRef | None = None
    """None: whoever is at this branch's counter; a second tap joins the first until somebody has
    reported, then it is about another customer."""
    amount_yuan: Yuan | None = None
    money_state: MoneyStateName | None = None
    fraud_type: Word = ""
    jurisdiction: str | None = None
    """Of the branch; not needed with a key of one jurisdiction."""


class PlacesBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the victim is."""

    place: PlaceBody | None = None
    places: Annotated[list[PlaceBody], Meta(max_length=MOST_PLACES)] = []
    """Several candidates, instead of ``place``."""
    crs: Crs = "wgs84"


class TierBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How urgent it is after all."""

    tier: TierName
    reason: Reason


class AmendmentBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What is known better now; what is left out stays."""

    amount_yuan: Yuan | UnsetType | None = UNSET
    money_state: MoneyStateName | UnsetType | None = UNSET
    fraud_type: Word | UnsetType = UNSET
    address_text: Line | UnsetType = UNSET


class ContactBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An attempt to reach the victim."""

    channel: ChannelName
    outcome: ContactOutcomeName
    at: Moment | None = None
    """None: now."""
    note: Note = ""


class FindingBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What the intelligence task found; units on their way are told."""

    text: Annotated[str, Meta(min_length=1, max_length=2_000, pattern=WITHOUT_NUL)]
    source: Word = ""
    """Who found it."""


class NamedResponderBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A responder whom a dispatcher wants to send."""

    responder_id: ResponderId
    jurisdiction: str | None = None
    """Theirs; not needed with a key of one jurisdiction."""
    instead_of: Annotated[str, Meta(max_length=36, pattern=WITHOUT_CONTROL)] | None = None
    """Id of the assignment that is released for it, as when a faster one was suggested."""


class ClosingBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Why the case is closed."""

    reason: ClosingReasonName
    note: Note = ""
    amount_kept_yuan: Yuan | None = None
    """That the victim still has, thanks to the visit."""


class ReasonBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Why something is done."""

    reason: Reason


class NothingBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Nothing to say."""


class DecliningBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Why somebody does not go."""

    reason: Line = ""


class ReportBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How a visit ended."""

    outcome: VisitOutcomeName
    note: Note = ""
    amount_kept_yuan: Yuan | None = None


class UnitPositionBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where a unit is."""

    lon: Longitude
    lat: Latitude
    fixed_at: Moment | None = None
    """None: now."""
    accuracy_m: Annotated[float, Meta(ge=0.0, le=100_000.0)] | None = None
    crs: Crs = "wgs84"


class _WithPlaces(Protocol):
    place: PlaceBody | None
    places: list[PlaceBody]
    crs: str


class _Holder(Protocol):
    def one_jurisdiction(self, named: str | None) -> str: ...


def places_in(body: _WithPlaces) -> tuple[CandidatePlace, ...]:
    """The places of a body in WGS-84; none where it has none."""
    if body.place is not None and body.places:
        raise ProblemError("invalid-value", "Give either 'place' or 'places'.")
    said: Sequence[PlaceBody] = [body.place] if body.place is not None else body.places
    if not said:
        return ()
    lon, lat = to_wgs84([one.lon for one in said], [one.lat for one in said], body.crs)
    try:
        return tuple(
            CandidatePlace(float(x), float(y), one.accuracy_m, one.weight)
            for x, y, one in zip(lon, lat, said, strict=True)
        )
    except DispatchError as error:
        raise ProblemError("invalid-value", str(error)) from None


def area_of(
    places: tuple[CandidatePlace, ...], named: str | None, caller: _Holder, areas: Areas
) -> Area:
    """Where an alert belongs: by its place; where that lies in no area or is unknown, by the
    jurisdiction that it names or the key's only one."""
    if named is not None:
        named = caller.one_jurisdiction(named)  # whatever is named must be held
    found = areas.of(places) if places else None
    return found or areas.named(caller.one_jurisdiction(named))


def alert_in(body: AlertBody, alert_id: str, now_s: float) -> Alert:
    """The alert that a body tells of."""
    return Alert(
        alert_id=alert_id,
        source=Source(body.source),
        tier=TIERS[body.tier],
        victim_ref=opaque(body.victim_ref),
        received_at_s=now_s,
        places=places_in(body),
        address_text=body.address_text,
        amount_yuan=body.amount_yuan,
        money_state=None if body.money_state is None else MoneyState(body.money_state),
        fraud_type=body.fraud_type,
        note=body.note,
    )


def alarm_in(body: BankAlarmBody, branch: Branch, tier: Tier, alert_id: str, now_s: float) -> Alert:
    """The alert that a bank's alarm means: the victim is where the branch is."""
    return Alert(
        alert_id=alert_id,
        source=Source.BANK,
        tier=tier,
        victim_ref=(
            whoever_is_at(branch.branch_id) if body.victim_ref is None else opaque(body.victim_ref)
        ),
        received_at_s=now_s,
        places=(CandidatePlace(branch.lon, branch.lat),),
        address_text=branch.name,
        amount_yuan=body.amount_yuan,
        money_state=None if body.money_state is None else MoneyState(body.money_state),
        fraud_type=body.fraud_type,
        note=body.note,
        branch_id=branch.branch_id,
    )
