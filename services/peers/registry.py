"""Peers as rows: added, listed, removed, given a new secret.

A peer belongs to one centre and is another centre: in another installation, where it has an address
and secrets, or in the same ledger. Both sides sign with the same secrets; a new one signs beside
the old one for a day, which is the time in which the other side must be given it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec
from sqlalchemy import Connection, Row, Select, select, update
from sqlalchemy.exc import IntegrityError

from services.errors import PeerError
from services.ids import new_id
from services.jurisdictions import is_jurisdiction
from services.ledger.tables import peer_outbox, peers
from services.sending.attempts import State
from services.sending.signing import SigningSecret, in_use, is_secret, new_secret, rotated

PATH = "/v1/peers/messages"
"""Of a peer's endpoint, after its address."""

_to_secrets = partial(msgspec.convert, type=tuple[SigningSecret, ...])


@dataclass(frozen=True, slots=True)
class Peer:
    """Another centre, as one of ours knows it."""

    peer_id: str
    centre: str
    """Ours."""
    peer_centre: str
    """The other one."""
    url: str | None
    """Address of its service; None: it is in this ledger."""
    secrets: tuple[SigningSecret, ...]
    """The newest first; none for one in this ledger."""
    created_at_s: float

    @property
    def endpoint(self) -> str | None:
        """Where its messages are posted to."""
        return None if self.url is None else self.url.rstrip("/") + PATH

    def secret_texts(self, now_s: float) -> tuple[str, ...]:
        """The secrets that sign, and are believed, now."""
        return tuple(one.text for one in in_use(self.secrets, now_s))


def add(
    connection: Connection,
    centre: str,
    peer_centre: str,
    url: str | None,
    secret: str | None,
    now_s: float,
) -> Peer:
    """A new peer; the one of a pair in one ledger is added for both centres.

    Parameters
    ----------
    url : already checked; None: both centres are in this ledger.
    secret : the one that the other side was given; None: a new one.
    """
    for name in (centre, peer_centre):
        if not is_jurisdiction(name) or "/" in name:
            raise PeerError(
                f"{name!r} is no centre: the first word of a jurisdiction, such as 500101."
            )
    if centre == peer_centre:
        raise PeerError("A centre is not its own peer.")
    _check(secret)
    secrets = () if url is None else (SigningSecret(secret or new_secret()),)
    made = Peer(new_id(), centre, peer_centre, url, secrets, now_s)
    pair = [made]
    if url is None:
        pair.append(Peer(new_id(), peer_centre, centre, None, (), now_s))
    try:
        connection.execute(peers.insert(), [_row(one) for one in pair])
    except IntegrityError:
        raise PeerError(
            f"{centre} and {peer_centre} are peers already: 'forestall peers rotate' gives them a "
            "new secret, 'forestall peers remove' parts them."
        ) from None
    return made


def known(connection: Connection, centre: str | None = None) -> list[Peer]:
    """Every peer, or those of one of our centres, by name."""
    rows = _present().order_by(peers.c.centre, peers.c.peer_centre)
    if centre is not None:
        rows = rows.where(peers.c.centre == centre)
    return [_of(row) for row in connection.execute(rows)]


def find(connection: Connection, centre: str, peer_centre: str) -> Peer | None:
    """One peer of one of our centres."""
    row = connection.execute(
        _present().where(peers.c.centre == centre, peers.c.peer_centre == peer_centre)
    ).one_or_none()
    return None if row is None else _of(row)


def rotate(
    connection: Connection, centre: str, peer_centre: str, secret: str | None, now_s: float
) -> Peer:
    """The peer with a new secret; the one before signs and is believed as well for a day."""
    peer = _required(connection, centre, peer_centre)
    if peer.url is None:
        raise PeerError("Centres in one ledger have no secret between them.")
    _check(secret)
    fresh = rotated(peer.secrets, now_s, secret)
    connection.execute(
        update(peers)
        .where(peers.c.peer_id == peer.peer_id)
        .values(secrets=msgspec.to_builtins(fresh))
    )
    return replace(peer, secrets=fresh)


def remove(connection: Connection, centre: str, peer_centre: str, now_s: float) -> None:
    """Neither send to it nor believe it any more; what was on its way is given up."""
    gone = [_required(connection, centre, peer_centre)]
    if gone[0].url is None:
        gone.append(_required(connection, peer_centre, centre))
    ids = [one.peer_id for one in gone]
    connection.execute(
        update(peers).where(peers.c.peer_id.in_(ids)).values(removed_at_s=now_s, secrets=[])
    )
    connection.execute(
        update(peer_outbox)
        .where(peer_outbox.c.peer_id.in_(ids), peer_outbox.c.next_at_s.is_not(None))
        .values(state=State.GAVE_UP.value, next_at_s=None, last_problem="The peer was removed.")
    )


def _required(connection: Connection, centre: str, peer_centre: str) -> Peer:
    peer = find(connection, centre, peer_centre)
    if peer is None:
        raise PeerError(f"{centre} has no peer {peer_centre}; see: forestall peers list")
    return peer


def _check(secret: str | None) -> None:
    if secret is not None and not is_secret(secret):
        raise PeerError("A secret is 'whsec_' and the base64 of 24 to 64 bytes.")


def _present() -> Select:
    return select(peers).where(peers.c.removed_at_s.is_(None))


def _row(peer: Peer) -> dict[str, object]:
    return {
        "peer_id": peer.peer_id,
        "centre": peer.centre,
        "peer_centre": peer.peer_centre,
        "url": peer.url,
        "secrets": msgspec.to_builtins(peer.secrets),
        "created_at_s": peer.created_at_s,
    }


def _of(row: Row) -> Peer:
    return Peer(
        peer_id=row.peer_id,
        centre=row.centre,
        peer_centre=row.peer_centre,
        url=row.url,
        secrets=_to_secrets(row.secrets),
        created_at_s=row.created_at_s,
    )


def counted(connection: Connection, peer_ids: Sequence[str]) -> dict[str, tuple[int, str | None]]:
    """Of each peer: how many messages wait, and what went wrong last with one of those."""
    rows = connection.execute(
        select(peer_outbox.c.peer_id, peer_outbox.c.last_problem)
        .where(peer_outbox.c.peer_id.in_(list(peer_ids)), peer_outbox.c.next_at_s.is_not(None))
        .order_by(peer_outbox.c.first_due_at_s)
    )
    counts: dict[str, tuple[int, str | None]] = dict.fromkeys(peer_ids, (0, None))
    for peer_id, problem in rows:
        count, last = counts[peer_id]
        counts[peer_id] = count + 1, problem or last
    return counts
