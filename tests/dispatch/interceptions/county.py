"""Three centres in memory that tell each other things over a network that is not to be trusted.

Wanzhou leads; Kaizhou and Yunyang are asked. There is no map: who could be where is drawn from a
hat, for these tests are about what is promised between centres, not about where it is wise to wait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import msgspec

from dispatch.errors import ConflictError
from dispatch.incidents.case import Happening
from dispatch.interception.subject import Sighting
from dispatch.interceptions import asking, committing, ending, offering, posts, sighting
from dispatch.interceptions.case import OFFER, InterceptionCase, Place, Post, Sought, unit_id_of
from dispatch.interceptions.committing import Who
from dispatch.interceptions.hearing import hear
from dispatch.interceptions.messages import KIND_OF, KINDS, Message, PlaceAsked, Requested
from dispatch.interceptions.offering import Found
from dispatch.interceptions.partners import GivenState
from dispatch.interceptions.passing_on import pass_on
from dispatch.interceptions.planned import LayerProof, Planned, PlannedPost
from dispatch.interceptions.words import Holder, InterceptionRole, PostState

NOON_S = 1_760_260_500.0
LEAD = "wanzhou"
NEIGHBOURS = ("kaizhou", "yunyang")
UNITS = {"wanzhou": 2, "kaizhou": 2, "yunyang": 1}
PLACES = ("toll_gate-1", "toll_gate-2", "bridge-3", "ramp-4")
CASE_ID = "case-of-wanzhou"

_numbers = count(1)


@dataclass(frozen=True)
class Letter:
    """A message on the network."""

    sender: str
    recipient: str
    case_id: str
    number: int
    kind: str
    text: bytes

    @property
    def message(self) -> Message:
        return msgspec.json.decode(self.text, type=KINDS[self.kind])


@dataclass
class Centre:
    """One centre: its case, its units, and what it has sent."""

    name: str
    case: InterceptionCase | None = None
    engaged: dict[str, str] = field(default_factory=dict)
    """What each unit that is not free is doing, by its id in a plan."""
    ever_confirmed: set[str] = field(default_factory=set)
    history: list[Happening] = field(default_factory=list)
    heard: set[tuple[str, int]] = field(default_factory=set)

    @property
    def units(self) -> list[str]:
        return [unit_id_of(self.name, f"{self.name}-{k}") for k in range(UNITS[self.name])]

    def free(self) -> list[str]:
        self.settle()
        return [one for one in self.units if one not in self.engaged]

    def take(self, post: Post) -> bool:
        """The unique index of live assignments."""
        self.settle()
        if post.unit_id in self.engaged:
            return False
        self.engaged[post.unit_id] = post.post_id
        return True

    def settle(self) -> None:
        """Whoever has no live post any more is free, unless something else has them."""
        if self.case is None:
            return
        live = {post.post_id for post in self.case.interception.live_posts()}
        self.engaged = {
            unit: what for unit, what in self.engaged.items() if what in live or what == "a visit"
        }


@dataclass
class County:
    """The centres, the clock, and everything that is on its way."""

    centres: dict[str, Centre] = field(default_factory=dict)
    now_s: float = NOON_S
    network: list[Letter] = field(default_factory=list)
    planned: Planned | None = None

    @staticmethod
    def begin() -> County:
        county = County({name: Centre(name) for name in UNITS})
        lead = county.centres[LEAD]
        lead.case = sighting.open_interception(
            LEAD, Sought("蓝色大巴"), {}, None, "", NOON_S, CASE_ID, county.new_id
        )
        county.seen(LEAD)
        return county

    @staticmethod
    def new_id() -> str:
        return f"id{next(_numbers):06}"

    def lead(self) -> InterceptionCase:
        case = self.centres[LEAD].case
        assert case is not None
        return case

    def do(self, name: str, command, *values, **more):
        """Run a command in a centre, and post what it has to tell; nothing where it is refused."""
        centre = self.centres[name]
        assert centre.case is not None
        try:
            answer = command(centre.case, *values, self.now_s, **more)
        except ConflictError:
            answer = None
        self.write(name)
        return answer

    def write(self, name: str) -> None:
        """What whoever holds the ledger does at the end of a transaction."""
        centre = self.centres[name]
        case = centre.case
        pass_on(case, self.now_s)
        for one in case.outgoing:
            self.network.append(
                Letter(
                    name,
                    one.centre,
                    case.interception.lead_id or case.interception.interception_id,
                    one.number,
                    KIND_OF[type(one.message)],
                    msgspec.json.encode(one.message),
                )
            )
            if KIND_OF[type(one.message)] == "interception.confirmed":
                centre.ever_confirmed.add(one.message.offer_id)
        centre.history += case.happenings
        case.happenings, case.outgoing, case.passed_on, case.agreed = [], [], 0, set()
        centre.settle()

    # ------------------------------------------------------------------------- what centres do

    def seen(self, name: str) -> None:
        self.do(name, sighting.see, Sighting(108.3, 30.8, self.now_s - 1.0), "camera")

    def ask(self, neighbour: str) -> None:
        if asking.should_ask(self.lead().interception, neighbour):
            places = [
                PlaceAsked(
                    checkpoint_id=place,
                    kind="toll_gate",
                    name=place,
                    lon=108.4,
                    lat=31.0,
                    earliest_at_s=self.now_s + 600.0,
                    share=0.5,
                )
                for place in PLACES
            ]
            self.do(LEAD, asking.ask, neighbour, places)

    def answer(self, neighbour: str) -> None:
        """The neighbour looks who is free and offers."""
        centre = self.centres[neighbour]
        if centre.case is None or not centre.case.interception.answer_wanted:
            return
        request = centre.case.interception.request
        found = [
            Found(
                place, _place(f"{place}-of-{neighbour}"), unit, "officer", "police",
                self.now_s + 300.0, self.now_s + 600.0, 0.5,
            )
            for place, unit in zip(PLACES, centre.free(), strict=False)
        ]  # fmt: skip
        self.do(neighbour, offering.answer, request.round, found, "")

    def plan_and_commit(self, choice: list[int]) -> None:
        """A plan of some of our units and some of the offers, committed at once."""
        interception = self.lead().interception
        if not interception.is_open or interception.role is not InterceptionRole.LEAD:
            return
        able = [*self.centres[LEAD].units, *(OFFER + one.offer_id for one in interception.offers)]
        able = [one for one in able if one not in interception.refused_by]
        able += [post.unit_id for post in interception.live_posts() if post.unit_id not in able]
        at = {OFFER + one.offer_id: one.checkpoint_id for one in interception.offers}
        at |= {post.unit_id: post.checkpoint_id for post in interception.live_posts()}
        chosen = [one for k, one in enumerate(able) if k in choice]
        number = interception.plan_number + 1
        self.planned = Planned(
            number, interception.basis, self.now_s, "s", tuple(
                PlannedPost(
                    one, _place(at.get(one, PLACES[k % len(PLACES)])), 1,
                    self.now_s + 300.0, self.now_s + 600.0, 0.5,
                )
                for k, one in enumerate(chosen)
            ), (), 0.5, {}, "fastest", 0.5, LayerProof(0.5, 0.5, 0.0, True), None, (),
        )  # fmt: skip
        interception.plan_number, interception.plan_basis = number, interception.basis
        centre = self.centres[LEAD]

        def commit(case: InterceptionCase, now_s: float) -> None:
            committing.commit(
                case, self.planned, number, "coverage",
                lambda unit_id: Who("officer", "police"), centre.take, now_s,
            )  # fmt: skip

        self.do(LEAD, commit)

    def unit_does(self, neighbour: str, what: str) -> None:
        """Somebody of a neighbour's who was sent goes on, or cannot."""
        case = self.centres[neighbour].case
        if case is None:
            return
        live = [post for post in case.interception.live_posts() if post.holder is Holder.UNIT]
        if not live:
            return
        post = live[0]
        if what == "man":
            self.do(neighbour, posts.man, post)
        elif what == "withdraw":
            self.do(neighbour, posts.withdraw, post, "puncture")
        elif what == "clear" and post.state is PostState.MANNED:
            self.do(neighbour, posts.clear, post.checkpoint_id, None, None, "")
        elif what == "miss":
            self.do(neighbour, posts.miss, post.checkpoint_id, None, None, "")
        elif what == "catch":
            self.do(neighbour, ending.catch, post.checkpoint_id, "")

    def end(self, name: str) -> None:
        case = self.centres[name].case
        if case is not None and case.interception.is_open:
            self.do(name, ending.stand_down, "enough")

    # ---------------------------------------------------------------------------- the network

    def deliver(self, letter: Letter, remember: bool = True) -> None:
        """A letter arrives; each has its effect once, for its id is remembered."""
        centre = self.centres[letter.recipient]
        mark = (f"{letter.sender}/{letter.case_id}", letter.number)
        if remember and mark in centre.heard:
            return
        centre.heard.add(mark)
        message = letter.message
        if centre.case is None:
            if not isinstance(message, Requested):
                return
            centre.case = sighting.open_interception(
                letter.recipient, Sought(message.description), {}, None, "", self.now_s,
                f"case-of-{letter.recipient}", self.new_id,
                role=InterceptionRole.NEIGHBOUR, lead=(letter.sender, letter.case_id),
            )  # fmt: skip
        hear(centre.case, letter.sender, letter.number, message, centre.take, self.now_s)
        self.write(letter.recipient)

    def deliver_kinds(self, kind: str) -> None:
        """All letters of a kind that are on their way arrive."""
        arriving = [one for one in self.network if one.kind == kind]
        self.network = [one for one in self.network if one.kind != kind]
        for letter in arriving:
            self.deliver(letter)

    def calm_down(self) -> None:
        """The network is whole again: everything on its way arrives, deadlines pass, and what
        follows from that arrives too."""
        for _ in range(12):
            waiting, self.network = self.network, []
            for letter in waiting:
                self.deliver(letter)
            self.now_s += 30.0
            self.do(LEAD, asking.tick)
            if not self.network:
                return
        raise AssertionError("the centres talk for ever")

    # ------------------------------------------------------------------------------ what must hold

    def check(self) -> None:
        """At any moment, whatever the network does."""
        for centre in self.centres.values():
            if centre.case is None:
                continue
            holders = [
                post.unit_id
                for post in centre.case.interception.live_posts()
                if post.holder is Holder.UNIT
            ]
            assert len(holders) == len(set(holders)), "a unit has two posts"
            assert all(
                centre.engaged.get(post.unit_id) == post.post_id
                for post in centre.case.interception.live_posts()
                if post.holder is Holder.UNIT
            ), "a post claims somebody whom something else has"
        for post in self.lead().interception.posts:
            if post.holder is Holder.NEIGHBOUR and post.live and post.state is not PostState.ASKED:
                known = self.centres[post.jurisdiction].ever_confirmed
                assert post.offer_id in known, "a place is claimed that nobody confirmed"
        leading = [
            one.name
            for one in self.centres.values()
            if one.case is not None
            and one.case.interception.is_open
            and one.case.interception.role is InterceptionRole.LEAD
        ]
        assert len(leading) <= 1, f"two lead: {leading}"

    def check_agreement(self) -> None:
        """Once the network has calmed down: what the lead counts on and what neighbours do is the
        same."""
        leads = self.lead().interception
        if leads.state.value == "handed_over":
            return
        counted = {
            (post.jurisdiction, post.offer_id)
            for post in leads.live_posts()
            if post.holder is Holder.NEIGHBOUR
        }
        done = {
            (name, post.offer_id)
            for name in NEIGHBOURS
            if (case := self.centres[name].case) is not None
            for post in case.interception.live_posts()
            if post.offer_id
        }
        assert counted == done
        for name in NEIGHBOURS:
            case = self.centres[name].case
            if case is None:
                continue
            given = case.interception.given
            taken = {one.offer_id for one in given if one.state is GivenState.TAKEN}
            assert taken == {offer for centre, offer in done if centre == name}
            if not leads.is_open:
                assert not case.interception.is_open


def _place(checkpoint_id: str) -> Place:
    return Place(checkpoint_id, "toll_gate", checkpoint_id, 108.4, 31.0, 60.0, 1)
