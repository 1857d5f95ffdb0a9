"""A room behind the desk of interceptions: nothing runs but what a test has run by hand.

On Rivertown (``tests.services.town``) whoever goes from the north bank to the south must come over
the bridge from F to Z.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from dispatch.interception.subject import Destination, Sighting
from dispatch.interceptions import posts, sighting
from dispatch.interceptions.case import InterceptionCase, Post, Sought
from services.incidents.desk import ITSELF
from services.interceptions import store
from services.interceptions.desk import InterceptionDesk
from services.interceptions.follower import InterceptionFollower
from services.interceptions.planner import Planner
from services.interceptions.store import StoredInterception
from services.interceptions.units import who_in
from services.ledger.tables import events
from services.standing import Standing
from services.time_source import now_s
from tests.services.incidents.room import CENTRE, Room, town_engine
from tests.services.town import TOWN

QUICK = {"safety_s": 0.0, "relay": False, "scenario_count": 60}


class ChaseRoom:
    """One process at work on interceptions, beside one at work on incidents."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.ledger = room.ledger
        self.desk = InterceptionDesk(room.desk)
        self.planner = self.another_planner()
        self.follower = InterceptionFollower(
            self.desk, self.planner, room.picture, lambda: town_engine().now
        )

    def another_planner(self) -> Planner:
        """That of another process."""
        engine, room = town_engine(), self.room
        standing = Standing(self.ledger, engine.network, engine.snapper, lambda changes: None)
        return Planner(self.desk, room.picture, lambda: engine.now, room.engaged, standing)

    def opens(self, leg: str | None = "A", incident_id: str | None = None, **settings) -> str:
        """Id of an interception of somebody who drives to the south bank, slowly."""
        south = Destination(*TOWN.lon_lat("U"), name="南岸")
        sought = Sought("蓝色大巴", slowest=0.2, fastest=0.2, destinations=(south,))

        def first(case: InterceptionCase, at_s: float) -> None:
            if leg is not None:
                sighting.see(case, _seen(leg, at_s), "camera", at_s)

        return self.ledger.transact(
            lambda connection: self.desk.open(
                connection, CENTRE, sought, QUICK | settings, incident_id, "", first, now_s()
            )
        ).interception.interception_id

    def act(self, interception_id: str, command: Callable[..., Any], *values: Any, caller=ITSELF):
        """Run a command on the case."""
        return self.ledger.transact(
            lambda connection: self.desk.act(
                connection,
                interception_id,
                caller,
                lambda case, at_s: command(case, *values, at_s),
                now_s(),
            )
        )

    def sees(self, interception_id: str, leg: str, share: float = 0.0):
        def see(case: InterceptionCase, at_s: float) -> None:
            sighting.see(case, _seen(leg, at_s, share), "camera", at_s)

        return self.act(interception_id, see)

    def plans(self, interception_id: str) -> None:
        self.room.engaged.reload()  # in the service the events tell
        self.planner.plan(interception_id)

    def commits(self, interception_id: str, number: int | None = None) -> list[str]:
        """Carry the last plan out; who was taken meanwhile."""
        wanted = self.case(interception_id).interception.plan_number if number is None else number
        _, taken = self.ledger.transact(
            lambda connection: self.desk.commit(
                connection,
                interception_id,
                ITSELF,
                wanted,
                "coverage",
                who_in(self.room.picture, now_s()),
                now_s(),
            )
        )
        return taken

    def step(self, post: Post, name: str, *words: Any) -> StoredInterception:
        """Accept, depart, man or withdraw."""
        do = getattr(posts, name)
        case, _ = self.ledger.transact(
            lambda connection: self.desk.act_on_assignment(
                connection,
                post.post_id,
                ITSELF,
                lambda case, one, at_s: do(case, one, *words, at_s),
                now_s(),
            )
        )
        return case

    def case(self, interception_id: str) -> StoredInterception:
        with self.ledger.read() as connection:
            case = store.look_at(connection, interception_id)
        assert case is not None
        return case

    def post(self, interception_id: str, name: str) -> Post:
        found = self.case(interception_id).interception.posts
        return [one for one in found if one.responder_id == name][-1]

    def happened(self, chain_id: str) -> list[str]:
        """Types of events, oldest first."""
        with self.ledger.read() as connection:
            rows = select(events.c.type).where(events.c.chain_id == chain_id)
            return list(connection.scalars(rows.order_by(events.c.chain_number)))


def _seen(leg: str, at_s: float, share: float = 0.0) -> Sighting:
    return Sighting(*TOWN.lon_lat(leg, share), at_s, heading_deg=90.0)
