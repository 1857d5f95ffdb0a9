"""The hashes that hold the record together, in a form that another program can recompute.

Both hashes are SHA-256 over fields, each preceded by its length::

    field  = length of the value in bytes, 8 bytes, big-endian
             followed by the value

    event  = SHA-256( field("forestall event 1")
                      field(previous_sha256)            32 bytes; of the first event: all zero
                      field(event_id)                   text, UTF-8
                      field(chain_id)                   text, UTF-8
                      field(chain_number)               8 bytes, big-endian, signed
                      field(type)                       text, UTF-8
                      field(jurisdiction)               text, UTF-8
                      field(at_s)                       8 bytes, IEEE 754 double, big-endian
                      field(data) )                     text, UTF-8, exactly as stored

    seal   = SHA-256( field("forestall seal 1")
                      field(previous_sha256)            32 bytes; of the first seal: all zero
                      field(seal_number)                8 bytes, big-endian, signed
                      field(sealed_at_s)                8 bytes, IEEE 754 double, big-endian
                      field(last_position)              8 bytes, big-endian, signed
                      for every event of the batch, in order of position:
                          field(position)               8 bytes, big-endian, signed
                          field(sha256 of the event) )  32 bytes

The lengths make it impossible that two different rows are the same bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

GENESIS = bytes(32)
"""What the first link of every chain has as its previous hash."""

_EVENT = b"forestall event 1"
_SEAL = b"forestall seal 1"


def event_sha256(
    previous_sha256: bytes,
    event_id: str,
    chain_id: str,
    chain_number: int,
    type_: str,
    jurisdiction: str,
    at_s: float,
    data: str,
) -> bytes:
    """Hash of an event, 32 bytes."""
    return _digest(
        (
            _EVENT,
            previous_sha256,
            _text(event_id),
            _text(chain_id),
            _whole(chain_number),
            _text(type_),
            _text(jurisdiction),
            _real(at_s),
            _text(data),
        )
    )


def seal_sha256(
    previous_sha256: bytes,
    seal_number: int,
    sealed_at_s: float,
    last_position: int,
    placed: Iterable[tuple[int, bytes]],
) -> bytes:
    """Hash of a seal, 32 bytes; ``placed`` has the position and hash of its events in order."""
    hashed = SealHash(previous_sha256, seal_number, sealed_at_s, last_position)
    for position, sha256 in placed:
        hashed.add(position, sha256)
    return hashed.digest()


class SealHash:
    """The hash of a seal, an event at a time."""

    def __init__(
        self, previous_sha256: bytes, seal_number: int, sealed_at_s: float, last_position: int
    ) -> None:
        self._hash = hashlib.sha256()
        for value in (
            _SEAL,
            previous_sha256,
            _whole(seal_number),
            _real(sealed_at_s),
            _whole(last_position),
        ):
            self._field(value)

    def add(self, position: int, event_sha256: bytes) -> None:
        """The next event of the batch."""
        self._field(_whole(position))
        self._field(event_sha256)

    def digest(self) -> bytes:
        return self._hash.digest()

    def _field(self, value: bytes) -> None:
        self._hash.update(_length(value))
        self._hash.update(value)


def _digest(values: Iterable[bytes]) -> bytes:
    hashed = hashlib.sha256()
    for value in values:
        hashed.update(_length(value))
        hashed.update(value)
    return hashed.digest()


def _length(value: bytes) -> bytes:
    return len(value).to_bytes(8, "big")


def _text(value: str) -> bytes:
    return value.encode()


def _whole(value: int) -> bytes:
    return value.to_bytes(8, "big", signed=True)


def _real(value: float) -> bytes:
    return struct.pack(">d", value)
