"""API keys for systems, secrets for phones.

A key reads ``fst_<key id>_<secret>``; a device's secret reads ``dev_<device id>_<secret>``. Secrets
are 256 random bits, so one round of SHA-256 is enough to keep them: only the hash is stored, and
the text is shown once, when it is made.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from services.errors import KeyRingError
from services.jurisdictions import EVERYTHING, Jurisdictions, is_jurisdiction
from services.ledger.database import Ledger, now_s
from services.ledger.tables import api_keys, devices

SCOPES: dict[str, str] = {
    "positions:write": "send positions",
    "alerts:write": "raise alerts and banks' alarms",
    "dispatch": "run incidents, assignments and contacts, ask who should go, see responders, cells "
    "and closures, close roads, follow events",
    "field": "act on assignments for units and upload their evidence",
    "plan": "ask who should go and for routes, see cells, closures and figures, export",
    "admin": "register responders, load jurisdictions and branches, keep webhooks, read /metrics",
}
"""Each scope and what it allows."""

FORMER_SCOPES: dict[str, str] = {
    "responders:write": "register and remove responders",
    "responders:read": "see responders and cells",
    "recommendations:ask": "ask who should go",
    "closures:write": "close and open roads",
    "closures:read": "see closures",
    "routes:read": "ask for routes, tables and nearest roads",
    "metrics:read": "read /metrics",
}
"""Scopes of keys that were made before there were incidents. Such a key opens what it opened then
and nothing more; no key is made with them any longer."""

CRS_NAMES = ("wgs84", "gcj02", "bd09")
ID_LIMIT_CHARACTERS = 128
_ID_BYTES = 5  # 40 bits, written as 8 letters: enough to tell keys apart in a list
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret."""

    key_id: str
    name: str
    scopes: frozenset[str]
    jurisdictions: Jurisdictions
    created_at_s: float
    expires_at_s: float | None
    revoked_at_s: float | None
    secret_sha256: bytes

    def usable(self, at_s: float) -> bool:
        """Whether the key opens anything at this time."""
        return self.revoked_at_s is None and (self.expires_at_s is None or at_s < self.expires_at_s)


@dataclass(frozen=True, slots=True)
class Device:
    """A phone without its secret."""

    device_id: str
    jurisdiction: str
    responder_id: str
    crs: str
    created_at_s: float
    revoked_at_s: float | None
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class NewSecret:
    """What was just made: ``text`` is to be handed over and cannot be shown again."""

    id: str
    text: str


def is_responder_id(text: str) -> bool:
    """Whether the text can be the id of a responder: 1 to 128 characters, no control characters."""
    return 0 < len(text) <= ID_LIMIT_CHARACTERS and text.isprintable()


def make_key(
    ledger: Ledger,
    name: str,
    scopes: Iterable[str] = tuple(SCOPES),
    jurisdictions: Iterable[str] = (EVERYTHING,),
    expires_at_s: float | None = None,
) -> NewSecret:
    """A new API key. Raises KeyRingError for an unknown scope or an impossible jurisdiction."""
    scope_list, jurisdiction_list = sorted(set(scopes)), sorted(set(jurisdictions))
    if not name or len(name) > ID_LIMIT_CHARACTERS:
        raise KeyRingError(f"A key needs a name of 1 to {ID_LIMIT_CHARACTERS} characters.")
    if unknown := [scope for scope in scope_list if scope not in SCOPES]:
        raise KeyRingError(f"No such scope: {', '.join(unknown)}. Scopes: {', '.join(SCOPES)}.")
    if not scope_list or not jurisdiction_list:
        raise KeyRingError("A key needs at least one scope and one jurisdiction.")
    for jurisdiction in jurisdiction_list:
        if jurisdiction != EVERYTHING:
            _check_jurisdiction(jurisdiction)
    key_id, text, digest = _new_secret("fst")
    with ledger.write() as connection:
        connection.execute(
            insert(api_keys).values(
                key_id=key_id,
                secret_sha256=digest,
                name=name,
                scopes=scope_list,
                jurisdictions=jurisdiction_list,
                created_at_s=now_s(),
                expires_at_s=expires_at_s,
            )
        )
        ledger.raise_revision(connection, "keys")
    return NewSecret(key_id, text)


def list_keys(ledger: Ledger) -> list[ApiKey]:
    """Every key, oldest first, revoked ones too."""
    with ledger.read() as connection:
        rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at_s)).all()
    return [
        ApiKey(
            key_id=row.key_id,
            name=row.name,
            scopes=frozenset(row.scopes),
            jurisdictions=Jurisdictions(row.jurisdictions),
            created_at_s=row.created_at_s,
            expires_at_s=row.expires_at_s,
            revoked_at_s=row.revoked_at_s,
            secret_sha256=bytes(row.secret_sha256),
        )
        for row in rows
    ]


def revoke_key(ledger: Ledger, key_id: str) -> bool:
    """Whether there was such a key to revoke; from the next request on it opens nothing."""
    return _revoke(ledger, api_keys, api_keys.c.key_id == key_id, "keys")


def make_device(
    ledger: Ledger, responder_id: str, jurisdiction: str, crs: str = "wgs84"
) -> NewSecret:
    """A new secret for the phone of a responder; it is the ``id`` that the phone sends.

    The responder must be registered for its positions to count (``services.registry``).
    """
    if not is_responder_id(responder_id):
        raise KeyRingError("A responder id has 1 to 128 characters and no control characters.")
    _check_jurisdiction(jurisdiction)
    if crs not in CRS_NAMES:
        raise KeyRingError(f"No such coordinate system: {crs}. Known: {', '.join(CRS_NAMES)}.")
    device_id, text, digest = _new_secret("dev")
    with ledger.write() as connection:
        connection.execute(
            insert(devices).values(
                device_id=device_id,
                secret_sha256=digest,
                jurisdiction=jurisdiction,
                responder_id=responder_id,
                crs=crs,
                created_at_s=now_s(),
            )
        )
        ledger.raise_revision(connection, "devices")
    return NewSecret(device_id, text)


def list_devices(ledger: Ledger) -> list[Device]:
    """Every device, oldest first, revoked ones too."""
    with ledger.read() as connection:
        rows = connection.execute(select(devices).order_by(devices.c.created_at_s)).all()
    return [
        Device(
            device_id=row.device_id,
            jurisdiction=row.jurisdiction,
            responder_id=row.responder_id,
            crs=row.crs,
            created_at_s=row.created_at_s,
            revoked_at_s=row.revoked_at_s,
            secret_sha256=bytes(row.secret_sha256),
        )
        for row in rows
    ]


def revoke_device(ledger: Ledger, device_id: str) -> bool:
    """Whether there was such a device to revoke."""
    return _revoke(ledger, devices, devices.c.device_id == device_id, "devices")


class KeyRing:
    """The keys and devices as one process knows them. Immutable; replaced when they change."""

    def __init__(
        self, keys: Mapping[str, ApiKey] | None = None, known: Mapping[str, Device] | None = None
    ) -> None:
        self._keys = dict(keys or {})
        self._devices = dict(known or {})

    @classmethod
    def load(cls, ledger: Ledger) -> KeyRing:
        """The ring as the ledger has it now."""
        return cls(
            {key.key_id: key for key in list_keys(ledger)},
            {device.device_id: device for device in list_devices(ledger)},
        )

    def key(self, text: str, at_s: float) -> ApiKey | None:
        """The key whose text this is; None when it is unknown, revoked or past its end."""
        found = self._keys.get(_id_in(text, "fst"))
        if found is None or not _same_secret(text, found.secret_sha256) or not found.usable(at_s):
            return None
        return found

    def usable(self, key_id: str, at_s: float) -> bool:
        """Whether a key that opened something before still does."""
        return self.usable_key(key_id, at_s) is not None

    def usable_key(self, key_id: str, at_s: float) -> ApiKey | None:
        """The key of this id; None when it is unknown, revoked or past its end."""
        found = self._keys.get(key_id)
        return found if found is not None and found.usable(at_s) else None

    def device(self, text: str) -> Device | None:
        """The device whose secret this is; None when it is unknown or revoked."""
        found = self._devices.get(_id_in(text, "dev"))
        if (
            found is None
            or not _same_secret(text, found.secret_sha256)
            or found.revoked_at_s is not None
        ):
            return None
        return found


def _new_secret(prefix: str) -> tuple[str, str, bytes]:
    identity = secrets.token_hex(_ID_BYTES)
    text = f"{prefix}_{identity}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return identity, text, _digest(text)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _same_secret(text: str, digest: bytes) -> bool:
    return hmac.compare_digest(_digest(text), digest)


def _id_in(text: str, prefix: str) -> str:
    parts = text.split("_", 2)
    return parts[1] if len(parts) == 3 and parts[0] == prefix else ""


def _check_jurisdiction(jurisdiction: str) -> None:
    if not is_jurisdiction(jurisdiction):
        raise KeyRingError(
            f"{jurisdiction!r} is not a jurisdiction: words joined by '/', such as "
            "'500101/longbao'."
        )


def _revoke(ledger: Ledger, table, which, subject: str) -> bool:
    with ledger.write() as connection:
        done = connection.execute(
            update(table).where(which, table.c.revoked_at_s.is_(None)).values(revoked_at_s=now_s())
        )
        if done.rowcount:
            ledger.raise_revision(connection, subject)
        return bool(done.rowcount)
