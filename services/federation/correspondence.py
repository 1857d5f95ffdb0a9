"""Messages to other centres out of what happened, and what a message of theirs does.

Both happen in the transaction that writes the interception: a message is sent if, and only if, what
it tells of is in the ledger, and has its effect once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from dispatch.interceptions import sighting
from dispatch.interceptions.case import InterceptionCase, Post, Sought
from dispatch.interceptions.hearing import hear
from dispatch.interceptions.messages import KIND_OF, KINDS, Requested
from dispatch.interceptions.passing_on import pass_on
from dispatch.interceptions.words import InterceptionRole
from services.federation.requests import ask_neighbours
from services.ids import new_id
from services.interceptions import store
from services.interceptions.desk import InterceptionDesk
from services.interceptions.store import StoredInterception
from services.ledger.tables import interceptions
from services.peers import outbox, registry
from services.peers.envelope import Envelope
from services.peers.reception import Kind
from services.peers.registry import Peer
from services.standing import Standing

DUE = "federation"
"""What is noted in a transaction after which another centre waits for us, or we for it."""


class Correspondence:
    """Writes and reads what centres tell each other. Any thread may use it."""

    def __init__(self, desk: InterceptionDesk, standing: Standing) -> None:
        self._desk = desk
        self._ledger = desk.ledger
        self._standing = standing

    @property
    def kinds(self) -> dict[str, Kind]:
        """Every message that is understood, for the reception."""
        return {name: Kind(type_, self.take) for name, type_ in KINDS.items()}

    def tell(self, connection: Connection, case: InterceptionCase, now_s: float) -> None:
        """Ask and tell other centres what follows from what happened, before the case is written.
        Of a centre that is no peer any more nothing is expected, and nothing is told it."""
        interception = case.interception
        if any(one.type == "interception.planned" for one in case.happenings):
            peers = registry.known(connection, interception.centre)
            if peers:
                plan = store.plan_of(
                    connection, interception.interception_id, interception.plan_number
                )
                if plan is not None:
                    ask_neighbours(case, plan, peers, self._standing.areas, now_s)
        pass_on(case, now_s)
        if case.outgoing:
            by_centre = {
                one.peer_centre: one for one in registry.known(connection, interception.centre)
            }
            for one in case.outgoing:
                peer = by_centre.get(one.centre)
                if peer is not None:
                    outbox.tell(
                        self._ledger,
                        connection,
                        peer,
                        KIND_OF[type(one.message)],
                        _subject(case, one.centre),
                        one.number,
                        one.message,
                        now_s,
                    )
            case.outgoing.clear()
        if interception.due_at_s is not None:
            self._ledger.after_commit(connection, DUE)

    def take(
        self, connection: Connection, peer: Peer, envelope: Envelope, message: Any, now_s: float
    ) -> None:
        """What a message of a peer does; about a case that is not known, nothing."""
        case = self._case_of(connection, peer, envelope, message, now_s)
        if case is None:
            return
        hear(case, peer.peer_centre, envelope.number, message, self.taker(connection, case), now_s)
        self._desk.write(connection, case, now_s)

    @staticmethod
    def taker(connection: Connection, case: StoredInterception) -> Callable[[Post], bool]:
        """Takes one of our units for a post of a case; False where something else has it."""
        return lambda post: store.claim(connection, case, post)

    def _case_of(
        self, connection: Connection, peer: Peer, envelope: Envelope, message: Any, now_s: float
    ) -> StoredInterception | None:
        """The interception that a message is about, locked: theirs, that we take part in, or ours,
        that they do."""
        known = self._known(connection, peer, envelope.subject)
        if known is None and isinstance(message, Requested):
            made = sighting.open_interception(
                peer.centre,
                Sought(description=message.description, mode=message.mode),
                {},
                None,
                "",
                now_s,
                new_id(),
                new_id,
                role=InterceptionRole.NEIGHBOUR,
                lead=(peer.peer_centre, envelope.subject),
            )
            store.insert(connection, self._ledger, made)
            known = self._known(connection, peer, envelope.subject)
        if known is None:
            ours = store.load(connection, envelope.subject)
            if ours is not None and ours.interception.centre == peer.centre:
                return ours
            return None
        return store.load(connection, known)

    @staticmethod
    def _known(connection: Connection, peer: Peer, subject: str) -> str | None:
        """Id of our side of a peer's case."""
        return connection.scalar(
            select(interceptions.c.interception_id).where(
                interceptions.c.centre == peer.centre,
                interceptions.c.lead_centre == peer.peer_centre,
                interceptions.c.lead_id == subject,
            )
        )


def _subject(case: InterceptionCase, centre: str) -> str:
    """What a case is called in messages: as the one calls it who asked, or whom we asked."""
    interception = case.interception
    if interception.role is InterceptionRole.NEIGHBOUR and centre == interception.lead_centre:
        return interception.lead_id or ""
    return interception.interception_id
