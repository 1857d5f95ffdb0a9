"""Takes messages of peers in: signature, time, form, and each message once.

Nothing of a message is looked at before a secret of some peer has proved it. Whatever is refused is
a :class:`services.errors.ProblemError`; what is taken is answered the same however often it comes.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from services.errors import ProblemError
from services.ledger.database import Ledger
from services.ledger.statements import insert_into
from services.ledger.tables import peer_inbox
from services.peers import registry
from services.peers.envelope import ID_PATTERN, SOURCE_PREFIX, Envelope, read
from services.peers.registry import Peer
from services.sending.attempts import Message
from services.sending.signing import is_signed

TOLERANCE_S = 300
"""How far a sender's clock may be from ours, with the time that a message travels. It is what
Standard Webhooks' own libraries allow."""
LONGEST_TIME_DIGITS = 12

_ID = re.compile(ID_PATTERN)


@dataclass(frozen=True, slots=True)
class Signed:
    """A message as it arrived, and the headers that prove it."""

    message_id: str
    timestamp: str
    signature: str
    body: bytes


Handle = Callable[[Connection, Peer, Envelope, Any, float], None]
"""Does what a message asks for, in the transaction that remembers it: the connection, who sent it,
the message, its data, and the time. It refuses with ProblemError, and then nothing has happened."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message that is understood."""

    data: type[msgspec.Struct]
    handle: Handle


class Reception:
    """Takes messages in. Any thread may use it."""

    def __init__(self, ledger: Ledger, kinds: Mapping[str, Kind]) -> None:
        """``kinds`` by what they tell, such as ``interception.requested``."""
        self._ledger = ledger
        self._kinds = dict(kinds)
        self._decoders = {name: msgspec.json.Decoder(kind.data) for name, kind in kinds.items()}

    def take_signed(self, signed: Signed) -> str:
        """Id of a message that came over HTTP, once its effect is in the ledger."""
        peers = self._who_signed(signed)
        envelope = _opened(signed.body)
        peer = next(
            (
                one
                for one in peers
                if envelope.source == SOURCE_PREFIX + one.peer_centre
                and envelope.recipient == one.centre
            ),
            None,
        )
        if peer is None:
            raise ProblemError(
                "wrong-signature",
                "The message is signed by a peer, but 'source' and 'recipient' are not the two "
                "centres that the secret is for.",
            )
        if envelope.id != signed.message_id:
            raise ProblemError("invalid-value", "'id' is not the one of the header webhook-id.")
        return self._take(peer, envelope, signed.body)

    def take_local(self, message: Message) -> str:
        """The same for a message between two centres of this ledger."""
        body = message.body.encode()
        envelope = _opened(body)
        with self._ledger.read() as connection:
            peer = registry.find(connection, envelope.recipient, envelope.sender)
        if peer is None:
            raise ProblemError("not-found", "The two centres are no peers any more.")
        return self._take(peer, envelope, body)

    def _who_signed(self, signed: Signed) -> list[Peer]:
        """The peers of which a secret proves the message, and that it is not an old one."""
        unsigned = ProblemError(
            "wrong-signature",
            "No peer that is known here signed the message: send webhook-id, webhook-timestamp and "
            "webhook-signature, with a secret of 'forestall peers add'.",
        )
        digits = signed.timestamp.isascii() and signed.timestamp.isdigit()
        if not _ID.fullmatch(signed.message_id) or not digits:
            raise unsigned
        if len(signed.timestamp) > LONGEST_TIME_DIGITS:
            raise unsigned
        try:
            body = signed.body.decode()
        except UnicodeDecodeError:
            raise unsigned from None
        sent_at_s = int(signed.timestamp)
        with self._ledger.read() as connection:
            known = registry.known(connection)
            now_s = self._ledger.time_s(connection)
        peers = [
            peer
            for peer in known
            if (texts := peer.secret_texts(now_s))
            and is_signed(signed.message_id, body, texts, sent_at_s, signed.signature)
        ]
        if not peers:
            raise unsigned
        # The machine's own time even in a rehearsal, as the sender's is.
        off_s = sent_at_s - time.time()
        if abs(off_s) > TOLERANCE_S:
            raise ProblemError(
                "clock-differs",
                f"By our clock the message was signed {abs(off_s):.0f} s "
                f"{'from now' if off_s > 0 else 'ago'}: set both clocks by the same time server.",
            )
        return peers

    def _take(self, peer: Peer, envelope: Envelope, body: bytes) -> str:
        kind = self._kinds.get(envelope.kind)
        if kind is None or envelope.type == envelope.kind:
            raise ProblemError(
                "invalid-value",
                f"'type' is not one of those that are understood here: forestall.<one of "
                f"{', '.join(self._kinds)}>.v1.",
            )
        try:
            data = self._decoders[envelope.kind].decode(envelope.data)
        except msgspec.DecodeError as error:
            raise ProblemError("invalid-value", f"In 'data': {error}") from None
        digest = hashlib.sha256(body).digest()

        def work(connection: Connection) -> None:
            now_s = self._ledger.time_s(connection)
            if _remembered(connection, peer, envelope.id, digest, now_s):
                kind.handle(connection, peer, envelope, data, now_s)

        self._ledger.transact(work)
        return envelope.id


def _opened(body: bytes) -> Envelope:
    try:
        return read(body)
    except msgspec.ValidationError as error:
        raise ProblemError("invalid-value", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemError("malformed-request", "The message is not JSON.") from None


def _remembered(
    connection: Connection, peer: Peer, message_id: str, digest: bytes, now_s: float
) -> bool:
    """Whether the message is new; it is remembered from now on."""
    done = connection.execute(
        insert_into(connection, peer_inbox)
        .values(
            peer_id=peer.peer_id, message_id=message_id, body_sha256=digest, received_at_s=now_s
        )
        .on_conflict_do_nothing()
    )
    if done.rowcount:
        return True
    before = connection.scalar(
        select(peer_inbox.c.body_sha256).where(
            peer_inbox.c.peer_id == peer.peer_id, peer_inbox.c.message_id == message_id
        )
    )
    if before is not None and bytes(before) != digest:
        raise ProblemError("invalid-value", "'id' is that of another message.")
    return False
