"""Webhooks as rows: made, listed, removed, disabled, given a new secret.

A webhook belongs to one jurisdiction and is sent the events of that jurisdiction and of all below.
The secret is kept as it is, because it must sign; it is shown when it is made and never again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from services.errors import ProblemError
from services.events.append import GENESIS
from services.ids import new_id
from services.jurisdictions import Jurisdictions
from services.ledger.statements import lock_rows
from services.ledger.tables import deliveries, webhooks
from services.sending.signing import SigningSecret, in_use, new_secret, rotated

_to_secrets = partial(msgspec.convert, type=tuple[SigningSecret, ...])

REASON_LIMIT_CHARACTERS = 200
WEBHOOKS_LIMIT = 100
"""Most webhooks of one jurisdiction."""

ABOUT_WEBHOOKS = "webhook."
"""How types of events begin that are sent to no webhook, since a delivery that fails would breed
more of them. They stand in the stream of events."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are sent to, as the ledger has it."""

    webhook_id: str
    jurisdiction: str
    url: str
    types: tuple[str, ...]
    """Types of events, such as ``assignment.accepted``; empty: all."""
    secrets: tuple[SigningSecret, ...]
    """The newest first."""
    created_at_s: float
    disabled_at_s: float | None
    disabled_because: str | None

    @property
    def active(self) -> bool:
        """Whether anything is sent there."""
        return self.disabled_at_s is None

    def wants(self, type_: str, jurisdiction: str) -> bool:
        """Whether an event of this type and jurisdiction is to be sent there."""
        return (
            not type_.startswith(ABOUT_WEBHOOKS)
            and (not self.types or type_ in self.types)
            and Jurisdictions([self.jurisdiction]).hold(jurisdiction)
        )

    def secret_texts(self, now_s: float) -> list[str]:
        """The secrets that sign now."""
        return [one.text for one in in_use(self.secrets, now_s)]


def create(
    connection: Connection, jurisdiction: str, url: str, types: Iterable[str], now_s: float
) -> Webhook:
    """A new webhook with a new secret. Raises ProblemError where there are too many."""
    known = connection.execute(_present().where(webhooks.c.jurisdiction == jurisdiction)).all()
    if len(known) >= WEBHOOKS_LIMIT:
        raise ProblemError(
            "invalid-value",
            f"A jurisdiction has {WEBHOOKS_LIMIT} webhooks at most: remove one that is not needed.",
        )
    made = Webhook(
        webhook_id=new_id(),
        jurisdiction=jurisdiction,
        url=url,
        types=tuple(sorted(set(types))),
        secrets=(SigningSecret(new_secret()),),
        created_at_s=now_s,
        disabled_at_s=None,
        disabled_because=None,
    )
    connection.execute(
        insert(webhooks).values(
            webhook_id=made.webhook_id,
            jurisdiction=made.jurisdiction,
            url=made.url,
            types=list(made.types),
            secrets=msgspec.to_builtins(made.secrets),
            created_at_s=now_s,
            event_count=0,
            head_sha256=GENESIS,
        )
    )
    return made


def known(connection: Connection, held: Jurisdictions | None = None) -> list[Webhook]:
    """Every webhook that was not removed, oldest first.

    Parameters
    ----------
    held : only those of these jurisdictions; None: all.
    """
    rows = connection.execute(_present().order_by(webhooks.c.webhook_id))
    return [_of(row) for row in rows if held is None or held.hold(row.jurisdiction)]


def find(
    connection: Connection, webhook_id: str, held: Jurisdictions, *, lock: bool = False
) -> Webhook:
    """One webhook. Raises ProblemError ``not-found`` where the caller may not see it.

    Parameters
    ----------
    lock : nobody else changes it until the transaction ends.
    """
    statement = _present().where(webhooks.c.webhook_id == webhook_id)
    row = connection.execute(lock_rows(statement) if lock else statement).one_or_none()
    if row is None or not held.hold(row.jurisdiction):
        raise ProblemError("not-found", "There is no such webhook.")
    return _of(row)


def remove(connection: Connection, webhook_id: str, now_s: float) -> None:
    """Send nothing there any more, and forget its secrets and what was sent."""
    _change(connection, webhook_id, removed_at_s=now_s, secrets=[])
    connection.execute(delete(deliveries).where(deliveries.c.webhook_id == webhook_id))


def rotate(connection: Connection, webhook: Webhook, now_s: float) -> Webhook:
    """The webhook with a new secret; the one before signs as well for a day."""
    fresh = rotated(webhook.secrets, now_s)
    _change(connection, webhook.webhook_id, secrets=msgspec.to_builtins(fresh))
    return replace(webhook, secrets=fresh)


def disable(connection: Connection, webhook_id: str, because: str, now_s: float) -> bool:
    """Whether it was active until now. Nothing is sent there until it is enabled; what is on its
    way waits."""
    done = connection.execute(
        update(webhooks)
        .where(
            webhooks.c.webhook_id == webhook_id,
            webhooks.c.removed_at_s.is_(None),
            webhooks.c.disabled_at_s.is_(None),
        )
        .values(disabled_at_s=now_s, disabled_because=because[:REASON_LIMIT_CHARACTERS])
    )
    return bool(done.rowcount)


def enable(connection: Connection, webhook: Webhook) -> Webhook:
    """Send there again, what has waited too."""
    _change(connection, webhook.webhook_id, disabled_at_s=None, disabled_because=None)
    return replace(webhook, disabled_at_s=None, disabled_because=None)


def _present() -> Select:
    return select(webhooks).where(webhooks.c.removed_at_s.is_(None))


def _change(connection: Connection, webhook_id: str, **values: Any) -> None:
    connection.execute(update(webhooks).where(webhooks.c.webhook_id == webhook_id).values(**values))


def _of(row: Row) -> Webhook:
    return Webhook(
        webhook_id=row.webhook_id,
        jurisdiction=row.jurisdiction,
        url=row.url,
        types=tuple(row.types),
        secrets=_to_secrets(row.secrets),
        created_at_s=row.created_at_s,
        disabled_at_s=row.disabled_at_s,
        disabled_because=row.disabled_because,
    )
