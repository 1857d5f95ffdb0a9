"""The room behind the desk: a ledger, a live picture of Rivertown, and time that can be moved on.

No threads run here: tests fire the clock, staff and follow by hand, so that what happens is what
they did. The roads are those of ``tests.services.town``::

    A-----B-----C-----D-----E-----F     north bank
    |                             |
    G     U-----V-----W-----X-----Y-----Z     F-Z: the only bridge
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy import select

from dispatch.fixes import FixBatch
from dispatch.incidents import visits
from dispatch.incidents.case import Alert, Area, Assignment
from dispatch.incidents.policy import Policies, Policy, default_policy
from dispatch.incidents.words import AssignmentState, DeadlineKind, Source, Tier, VisitOutcome
from dispatch.live_picture import LivePicture
from dispatch.question import CandidatePlace
from dispatch.responders import KINDS
from geodata.hierarchy import Hierarchy
from geodata.snapping import Snapper
from services.engine import MapEngine
from services.ids import new_id
from services.incidents import store
from services.incidents.clock import Clock
from services.incidents.desk import ITSELF, Desk, Raised
from services.incidents.engaged import Engaged
from services.incidents.experience import Experience
from services.incidents.follower import Follower
from services.incidents.staffer import Staffer
from services.incidents.store import StoredCase
from services.ledger.database import Ledger
from services.ledger.tables import deadlines, events
from services.time_source import move_on, now_s, time_to_ourselves
from tests.services.town import TOWN

CENTRE = "rivertown"
AREA = Area(
    f"{CENTRE}/north/g1", district=CENTRE, station=f"{CENTRE}/north", grid=f"{CENTRE}/north/g1"
)
_numbers = count(1)


@cache
def town_engine() -> MapEngine:
    """The roads, once for all tests."""
    return MapEngine(TOWN.network, Snapper(TOWN.network), Hierarchy.build(TOWN.network))


@dataclass
class Somebody:
    """A caller who holds some jurisdictions, or has the link of one assignment."""

    held: tuple[str, ...] = ()
    assignment_id: str | None = None

    def may_see(self, jurisdiction: str) -> bool:
        return any(jurisdiction == one or jurisdiction.startswith(f"{one}/") for one in self.held)


@dataclass
class Room:
    """One process at work on incidents, with nothing running."""

    ledger: Ledger
    policy: Policy = field(default_factory=default_policy)

    def __post_init__(self) -> None:
        engine = town_engine()
        self.policies = Policies(self.policy)
        self.desk = Desk(self.ledger, self.policies)
        self.picture = LivePicture(engine.network, engine.snapper)
        self.engaged = Engaged(self.ledger)
        self.experience = Experience(self.ledger, self.policies)
        self.staffer = Staffer(
            self.desk,
            self.picture,
            lambda: engine.now,
            self.engaged,
            experience=self.experience,
        )
        self.asked: list[str] = []
        self.clock = Clock(self.desk, self.asked.append)
        self.follower = Follower(
            self.desk, self.picture, lambda: engine.now, self.engaged, self.experience
        )

    # ------------------------------------------------------------------------ people and places

    def stands(
        self,
        name: str,
        kind: str,
        leg: str,
        share: float = 0.0,
        accuracy_m: float = 5.0,
        jurisdiction: str = CENTRE,
    ) -> None:
        """Somebody's phone says that they are there now."""
        lon, lat = TOWN.lon_lat(leg, share)
        batch = FixBatch.of(
            [name],
            [lon],
            [lat],
            now_s(),
            jurisdiction=jurisdiction,
            kind=kind,
            mode=KINDS[kind].mode,
            accuracy_m=accuracy_m,
        )
        self.picture.apply(batch, now_s())

    # -------------------------------------------------------------------------------- what is done

    def alert(self, leg: str | None = "A", share: float = 0.0, **more: Any) -> Raised:
        """An alert comes in."""
        area = more.pop("area", AREA)
        told = an_alert(leg, share, **more)
        return self.ledger.transact(
            lambda connection: self.desk.raise_alert(connection, told, area, now_s())
        )

    def opened(self, leg: str | None = "A", share: float = 0.0, **more: Any) -> str:
        """Id of the incident that an alert opened."""
        return self.alert(leg, share, **more).case.incident.incident_id

    def act(self, incident_id: str, command, caller=ITSELF, expected=None) -> StoredCase:
        return self.ledger.transact(
            lambda connection: self.desk.act(
                connection, incident_id, caller, command, now_s(), expected
            )
        )

    def step(self, assignment: Assignment, name: str, *words: Any, caller=ITSELF) -> StoredCase:
        """Accept, decline, depart, arrive, report or release."""
        do = getattr(visits, name)
        case, _ = self.ledger.transact(
            lambda connection: self.desk.act_on_assignment(
                connection,
                assignment.assignment_id,
                caller,
                lambda case, one, policy, at_s: do(case, one, *words, policy, at_s),
                now_s(),
            )
        )
        return case

    def reports(self, assignment: Assignment, outcome: VisitOutcome) -> StoredCase:
        return self.step(assignment, "report", outcome, "", None)

    def staffs(self, incident_id: str) -> list[str]:
        """Who is offered now, by name, in alphabetical order."""
        self.engaged.reload()  # in the service the events tell
        return sorted(one.responder_id for one in self.staffer.staff(incident_id))

    # ---------------------------------------------------------------------------------- what is so

    def case(self, incident_id: str) -> StoredCase:
        with self.ledger.read() as connection:
            case = store.look_at(connection, incident_id)
        assert case is not None
        return case

    def sent(self, incident_id: str, name: str) -> Assignment:
        """Somebody's latest assignment of an incident."""
        found = [
            one for one in self.case(incident_id).assignments.values() if one.responder_id == name
        ]
        return found[-1]

    def live(self, incident_id: str) -> dict[str, AssignmentState]:
        return {one.responder_id: one.state for one in self.case(incident_id).live()}

    def happened(self, incident_id: str) -> list[str]:
        """Types of the incident's events, oldest first."""
        return [row.type for row in self.events(incident_id)]

    def events(self, incident_id: str):
        with self.ledger.read() as connection:
            return connection.execute(
                select(events)
                .where(events.c.chain_id == incident_id)
                .order_by(events.c.chain_number)
            ).all()

    def pending(self, incident_id: str, kind: DeadlineKind | None = None):
        """Deadlines that are waited for, the first one first."""
        wanted = select(deadlines).where(
            deadlines.c.incident_id == incident_id, deadlines.c.pending
        )
        if kind is not None:
            wanted = wanted.where(deadlines.c.kind == kind.value)
        with self.ledger.read() as connection:
            return connection.execute(wanted.order_by(deadlines.c.due_at_s)).all()


def an_alert(leg: str | None = "A", share: float = 0.0, **more: Any) -> Alert:
    """An alert about a victim of its own, unless said otherwise, at a place of the town."""
    number = next(_numbers)
    places = () if leg is None else (CandidatePlace(*TOWN.lon_lat(leg, share), 10.0),)
    told = {
        "source": Source.CITY,
        "tier": Tier.HIGH,
        "victim_ref": f"victim-{number}",
        "received_at_s": now_s(),
        "places": places,
    } | more
    return Alert(new_id(), **told)


def later(seconds: float) -> None:
    """So much time passes."""
    move_on(seconds)


@contextmanager
def room_on(url: str, policy: Policy | None = None) -> Iterator[Room]:
    """A room over a ledger; time is its own."""
    ledger = Ledger(url)
    with time_to_ourselves():
        yield Room(ledger, policy or default_policy())
    ledger.close()
