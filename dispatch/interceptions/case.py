"""One interception while a command works on it: whom, where they were seen, who waits where.

Commands (``sighting``, ``planning``, ``committing``, ``posts``, ``ending``) change an
:class:`InterceptionCase` in memory and note every change with :meth:`InterceptionCase.happened`.
Whoever holds the ledger writes the case and its happenings in one transaction, or none of it.

Times are UTC seconds since 1970, coordinates WGS-84.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dispatch.incidents.case import Happening, Key
from dispatch.interception.situation import STAFF, PlanSettings
from dispatch.interception.subject import Destination, Sighting
from dispatch.interceptions.messages import KIND_OF, Message, Requested
from dispatch.interceptions.partners import Elsewhere, Given, HandOver, HandOverState, Partner
from dispatch.interceptions.words import (
    CheckpointState,
    Holder,
    InterceptionRole,
    InterceptionState,
    PostState,
)

UNIT = "unit:"
"""Begins the id of one of our units in a plan; jurisdiction, a colon and the id follow."""
OFFER = "offer:"
"""Begins the id of a neighbour's offer in a plan; the offer's id follows."""


def unit_id_of(jurisdiction: str, responder_id: str) -> str:
    """A unit's id in a plan. A jurisdiction has no colon, so that it can be taken apart again."""
    return f"{UNIT}{jurisdiction}:{responder_id}"


def key_of(unit_id: str) -> Key:
    """Jurisdiction and id of one of our units."""
    jurisdiction, _, responder_id = unit_id.removeprefix(UNIT).partition(":")
    return jurisdiction, responder_id


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom to stop, but for where they were seen."""

    description: str = ""
    """What units look for: make, colour, number plate; nothing else of the case."""
    mode: str = "car"
    slowest: float = 0.8
    fastest: float = 1.25
    destinations: tuple[Destination, ...] = ()
    area: dict[str, Any] | None = None
    """GeoJSON polygon that they may be leaving."""
    horizon_s: float = 5_400.0
    closures: tuple[dict[str, Any], ...] = ()
    """Closures and speeds of this interception alone, as they were told."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """A sighting, and how it came in."""

    sighting_id: str
    sighting: Sighting
    source: str
    told_at_s: float


@dataclass(frozen=True, slots=True)
class HeldInVain:
    """A checkpoint was held for a while, and the subject did not come."""

    checkpoint_id: str
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class Offer:
    """What a neighbour could do: hold one checkpoint from some time on."""

    offer_id: str
    centre: str
    checkpoint_id: str
    ready_at_s: float
    """Set up, with the neighbour's own safety margin."""
    units: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A checkpoint as the map has it."""

    checkpoint_id: str
    """The map's own: kind and OpenStreetMap node."""
    kind: str
    name: str
    lon: float
    lat: float
    set_up_s: float
    units_needed: int


@dataclass(slots=True)
class Post:
    """One holder at one checkpoint."""

    post_id: str
    """Of a unit's post the id of its assignment."""
    checkpoint_id: str
    holder: Holder
    state: PostState
    plan_number: int
    """Of the plan that last said so."""
    layer: int
    ordered_at_s: float
    ready_at_s: float
    """When it should be ready, safety margin included, by that plan."""
    earliest_at_s: float
    """The subject is there no sooner, by that plan."""
    share: float
    """Of all drives those that it catches, whatever others catch."""
    expected_at_s: float
    """When they should be there; follows their fixes."""
    jurisdiction: str = ""
    """The unit's own, or the neighbour's centre."""
    responder_id: str = ""
    kind: str = ""
    mode: str = ""
    offer_id: str = ""
    """Of a neighbour's: which of its offers; of our own for another centre: which of ours."""
    confirm_by_s: float | None = None
    """Of a neighbour's that was asked for: until when it may be confirmed."""
    promised_at_s: float | None = None
    """When they should be there, as of their yes."""
    accepted_at_s: float | None = None
    departed_at_s: float | None = None
    manned_at_s: float | None = None
    ended_at_s: float | None = None
    late: bool = False
    unanswered: bool = False
    """Whether the centre was told that no answer came."""
    reason: str = ""
    """Why it ended."""

    @property
    def key(self) -> Key:
        return self.jurisdiction, self.responder_id

    @property
    def live(self) -> bool:
        return self.state.live

    @property
    def margin_s(self) -> float:
        """提前量: from being ready to the subject's earliest arrival."""
        return self.earliest_at_s - self.ready_at_s

    @property
    def unit_id(self) -> str:
        """Who it is in a plan."""
        if self.holder is Holder.UNIT:
            return unit_id_of(*self.key)
        if self.holder is Holder.STAFF:
            return STAFF + self.checkpoint_id
        return OFFER + self.offer_id


@dataclass(slots=True)
class Interception:
    """One subject who is to be stopped, as one centre sees it."""

    interception_id: str
    jurisdiction: str
    role: InterceptionRole
    state: InterceptionState
    opened_at_s: float
    sought: Sought
    settings: dict[str, Any] = field(default_factory=dict)
    """What differs from the usual way of planning, as it was told."""
    sightings: tuple[Sighted, ...] = ()
    """In the order in which they were told; :attr:`last_seen` counts."""
    incident_id: str | None = None
    lead_centre: str | None = None
    """Of a neighbour's: who asked ..."""
    lead_id: str | None = None
    """... and what the interception is called there."""
    places: dict[str, Place] = field(default_factory=dict)
    """Every checkpoint that was taken at some time, by id."""
    posts: tuple[Post, ...] = ()
    """Oldest first, ended ones too."""
    in_vain: tuple[HeldInVain, ...] = ()
    refused_by: tuple[str, ...] = ()
    """Who does not go, by their ids in a plan; not planned with again."""
    offers: tuple[Offer, ...] = ()
    """What neighbours could do, as of now."""
    partners: dict[str, Partner] = field(default_factory=dict)
    """The other centres that take part, by centre; of a neighbour's the lead."""
    request: Requested | None = None
    """Of a neighbour's: the lead's last request."""
    given: tuple[Given, ...] = ()
    """Of a neighbour's: all that was offered, oldest first."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """Of a neighbour's: checkpoints of others that the lead told of."""
    hand_over: HandOver | None = None
    """The last time that the lead was to pass."""
    basis: int = 1
    """Rises with everything that asks for a new plan ..."""
    plan_basis: int = 0
    """... and this is what it was when the last plan was made, or found to be impossible."""
    plan_number: int = 0
    """Of the last plan; 0: there was none."""
    committed_number: int | None = None
    """Of the plan that was last committed."""
    no_plan_because: str = ""
    """Why the last attempt made no plan; empty: it did."""
    horizon_told: bool = False
    """Whether the centre was told that the horizon is over."""
    ended_at_s: float | None = None
    ending_note: str = ""
    version: int = 0
    """Rises with every change that is told."""

    @property
    def centre(self) -> str:
        return self.jurisdiction.partition("/")[0]

    @property
    def is_open(self) -> bool:
        return self.state is InterceptionState.OPEN

    @property
    def last_seen(self) -> Sighted | None:
        """The latest sighting, whenever it was told; of two of the same time the one told last."""
        latest: Sighted | None = None
        for one in self.sightings:
            if latest is None or one.sighting.seen_at_s >= latest.sighting.seen_at_s:
                latest = one
        return latest

    @property
    def plan_wanted(self) -> bool:
        """Whether something happened since the last plan that asks for a new one."""
        leads = self.role is InterceptionRole.LEAD
        return self.is_open and leads and self.plan_basis < self.basis

    @property
    def answer_wanted(self) -> bool:
        """Whether the lead waits for an offer of ours."""
        if not self.is_open or self.request is None or self.role is InterceptionRole.LEAD:
            return False
        return self.partners[self.lead_centre or ""].answered < self.request.round

    @property
    def due_at_s(self) -> float | None:
        """When something has to be done that another centre waits for, or that ends our waiting
        for it; None: there is nothing."""
        if not self.is_open:
            return None
        due_s = [one.answer_by_s for one in self.partners.values() if one.answer_by_s is not None]
        due_s += [
            post.confirm_by_s
            for post in self.posts
            if post.state is PostState.ASKED and post.confirm_by_s is not None
        ]
        passing = self.hand_over
        leads = self.role is InterceptionRole.LEAD
        if passing is not None and leads and passing.state is HandOverState.OFFERED:
            due_s.append(passing.answer_by_s)
        if self.answer_wanted:
            due_s.append(self.opened_at_s)
        return min(due_s, default=None)

    @property
    def safety_s(self) -> float:
        """A unit counts as ready only so long after it should be."""
        return float(self.settings.get("safety_s", PlanSettings().safety_s))

    @property
    def ends_at_s(self) -> float:
        """Nothing is planned beyond this."""
        seen = self.last_seen
        begins_s = self.opened_at_s if seen is None else seen.sighting.seen_at_s
        return begins_s + self.sought.horizon_s

    def live_posts(self, checkpoint_id: str | None = None) -> Iterator[Post]:
        """Those that are bound, at one checkpoint or anywhere."""
        for post in self.posts:
            if post.live and checkpoint_id in (None, post.checkpoint_id):
                yield post

    def post(self, post_id: str) -> Post | None:
        return next((one for one in self.posts if one.post_id == post_id), None)

    def checkpoint_state(self, checkpoint_id: str) -> CheckpointState:
        """What its holders make of it: manned once as many stand there as it takes; whoever is not
        asked any more counts only where nobody else is."""
        live = list(self.live_posts(checkpoint_id))
        if not live:
            last = [one for one in self.posts if one.checkpoint_id == checkpoint_id][-1]
            return CheckpointState(last.state.value)
        manned = [one for one in live if one.state is PostState.MANNED]
        enough = len(manned) >= self.places[checkpoint_id].units_needed
        if manned and (enough or any(one.holder is not Holder.UNIT for one in manned)):
            return CheckpointState.MANNED
        if all(one.state is PostState.ASKED for one in live):
            return CheckpointState.ASKED
        return CheckpointState.ORDERED


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to another centre that is to be sent."""

    centre: str
    number: int
    """1 for our first one to it about this case."""
    message: Message


@dataclass(slots=True)
class InterceptionCase:
    """An interception, and what a command did to it. Not shared between threads."""

    interception: Interception
    new_id: Callable[[], str]
    happenings: list[Happening] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    """What other centres are to be told, in the transaction that writes the happenings."""
    passed_on: int = 0
    """How many of the happenings were passed on to other centres, where that was needed."""
    agreed: set[str] = field(default_factory=set)
    """Posts of which the other centre knows that they are over, for it said so."""

    def tell(self, centre: str, message: Message, at_s: float) -> None:
        """Have another centre told something."""
        partner = self.interception.partners.setdefault(centre, Partner())
        partner.sent += 1
        self.outgoing.append(Outgoing(centre, partner.sent, message))
        self.happened(
            "interception.told",
            at_s,
            centre=centre,
            message=KIND_OF[type(message)],
            message_number=partner.sent,
            content=message,
        )

    def happened(self, type_: str, at_s: float, post: Post | None = None, **data: Any) -> None:
        """Note that something happened, to all of it or to one post."""
        self.happenings.append(Happening(type_, at_s, data, None if post is None else post.post_id))

    def plan_anew(self) -> None:
        """Have a new plan made: what the last one was made from is not so any more."""
        self.interception.basis += 1
