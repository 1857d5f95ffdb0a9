"""How fixes are written in Redis.

A stream entry holds one batch as columns, a hash value one fix. Both carry names, not codes, so
that processes of different versions understand each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import msgspec
import numpy as np

from dispatch.fixes import KEEP, FixBatch
from dispatch.responders import KIND_CODES, KIND_NAMES, MODE_CODES, MODE_NAMES, STATUS_CODES
from services.errors import SharedFixesError

BATCH_FORMAT = 1
FIX_FORMAT = 1

_STATUS_NAMES: dict[int, str | None] = {code: name for name, code in STATUS_CODES.items()}
_STATUS_NAMES[KEEP] = None

_encode = msgspec.msgpack.Encoder().encode


class _PackedBatch(msgspec.Struct, array_like=True):
    format: int
    origin: str
    sent_at_s: float
    responder_id: list[str]
    jurisdiction: list[str]
    kind_names: list[str]
    kind: bytes
    mode_names: list[str]
    mode: bytes
    status_names: dict[int, str | None]
    status: bytes
    lon: bytes
    lat: bytes
    fixed_at_s: bytes
    accuracy_m: bytes
    capabilities: list[list[str] | None] | None


class _PackedFix(msgspec.Struct, array_like=True):
    format: int
    kind: str
    mode: str
    lon: float
    lat: float
    fixed_at_s: float
    accuracy_m: float | None
    status: str | None
    capabilities: list[str] | None


_batch_decoder = msgspec.msgpack.Decoder(_PackedBatch)
_fix_decoder = msgspec.msgpack.Decoder(_PackedFix)


@dataclass(frozen=True, slots=True)
class SharedBatch:
    """A batch as another process shared it."""

    origin: str
    sent_at_s: float
    fixes: FixBatch


def rows_of(batch: FixBatch, index: np.ndarray) -> FixBatch:
    """The batch of these rows."""
    chosen = index.tolist()
    columns = {}
    for field in fields(FixBatch):
        column = getattr(batch, field.name)
        columns[field.name] = (
            column[index] if isinstance(column, np.ndarray) else [column[i] for i in chosen]
        )
    return FixBatch(**columns)


def pack_batch(batch: FixBatch, origin: str, sent_at_s: float) -> bytes:
    """A stream entry."""
    said = [None if words is None else sorted(words) for words in batch.capabilities]
    return _encode(
        _PackedBatch(
            format=BATCH_FORMAT,
            origin=origin,
            sent_at_s=sent_at_s,
            responder_id=list(batch.responder_id),
            jurisdiction=list(batch.jurisdiction),
            kind_names=list(KIND_NAMES),
            kind=batch.kind.tobytes(),
            mode_names=list(MODE_NAMES),
            mode=batch.mode.tobytes(),
            status_names=_STATUS_NAMES,
            status=batch.status.tobytes(),
            lon=batch.lon.astype("<f8").tobytes(),
            lat=batch.lat.astype("<f8").tobytes(),
            fixed_at_s=batch.fixed_at_s.astype("<f8").tobytes(),
            accuracy_m=batch.accuracy_m.astype("<f4").tobytes(),
            capabilities=said if any(words is not None for words in said) else None,
        )
    )


def unpack_batch(data: bytes) -> SharedBatch:
    """The batch in a stream entry. Raises SharedFixesError for what no version of us wrote."""
    try:
        packed = _batch_decoder.decode(data)
        if packed.format != BATCH_FORMAT:
            raise SharedFixesError(f"A batch of format {packed.format} is not known here.")
        count = len(packed.responder_id)
        fixes = FixBatch(
            responder_id=packed.responder_id,
            jurisdiction=packed.jurisdiction,
            kind=_translated(packed.kind, dict(enumerate(packed.kind_names)), KIND_CODES),
            mode=_translated(packed.mode, dict(enumerate(packed.mode_names)), MODE_CODES),
            lon=np.frombuffer(packed.lon, "<f8"),
            lat=np.frombuffer(packed.lat, "<f8"),
            fixed_at_s=np.frombuffer(packed.fixed_at_s, "<f8"),
            accuracy_m=np.frombuffer(packed.accuracy_m, "<f4"),
            status=_translated(packed.status, packed.status_names, {None: KEEP, **STATUS_CODES}),
            capabilities=[None] * count
            if packed.capabilities is None
            else [None if words is None else frozenset(words) for words in packed.capabilities],
        )
        fixes.check()
    except (msgspec.DecodeError, KeyError, ValueError) as error:
        raise SharedFixesError(f"A batch in Redis cannot be read: {error}") from None
    return SharedBatch(packed.origin, packed.sent_at_s, fixes)


def _translated(codes: bytes, names: Mapping[int, str | None], ours: Mapping) -> np.ndarray:
    """Another process's codes as ours."""
    theirs = np.frombuffer(codes, np.uint8)
    table = np.zeros(256, dtype=np.uint8)
    for code in np.unique(theirs).tolist():
        table[code] = ours[names[code]]
    return table[theirs]


def field_of(jurisdiction: str, responder_id: str) -> str:
    """Field of a responder in the hash: a jurisdiction has no colon, so the first one ends it."""
    return f"{jurisdiction}:{responder_id}"


def pack_fixes(batch: FixBatch) -> dict[str, bytes]:
    """Hash fields and values of a batch; of several fixes of one responder the last one counts."""
    spoken: dict[frozenset[str] | None, list[str] | None] = {None: None}
    for words in batch.capabilities:
        if words not in spoken:
            spoken[words] = sorted(words)
    rows = zip(
        batch.jurisdiction,
        batch.responder_id,
        batch.kind.tolist(),
        batch.mode.tolist(),
        batch.lon.tolist(),
        batch.lat.tolist(),
        batch.fixed_at_s.tolist(),
        batch.accuracy_m.tolist(),
        batch.status.tolist(),
        batch.capabilities,
        strict=True,
    )
    return {
        f"{jurisdiction}:{responder_id}": _encode(
            (
                FIX_FORMAT,
                KIND_NAMES[kind],
                MODE_NAMES[mode],
                lon,
                lat,
                fixed_at_s,
                None if accuracy_m != accuracy_m else accuracy_m,
                _STATUS_NAMES[status],
                spoken[words],
            )
        )
        for (
            jurisdiction,
            responder_id,
            kind,
            mode,
            lon,
            lat,
            fixed_at_s,
            accuracy_m,
            status,
            words,
        ) in rows
    }


def time_of_fix(value: bytes) -> float | None:
    """UTC seconds of a hash value; None where it cannot be read."""
    try:
        return _fix_decoder.decode(value).fixed_at_s
    except msgspec.DecodeError:
        return None


def unpack_fixes(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[FixBatch, int]:
    """The fixes of some hash fields, and how many could not be read."""
    read: list[tuple[str, str, _PackedFix]] = []
    unreadable = 0
    for name, value in pairs:
        try:
            jurisdiction, _, responder_id = name.decode("utf-8").partition(":")
            packed = _fix_decoder.decode(value)
            known = packed.kind in KIND_CODES and packed.mode in MODE_CODES
            if packed.format != FIX_FORMAT or not known:
                raise ValueError
        except (msgspec.DecodeError, ValueError):
            unreadable += 1
            continue
        read.append((jurisdiction, responder_id, packed))
    return _fix_columns(read), unreadable


def _fix_columns(read: Sequence[tuple[str, str, _PackedFix]]) -> FixBatch:
    packed = [fix for _, _, fix in read]
    return FixBatch(
        responder_id=[responder_id for _, responder_id, _ in read],
        jurisdiction=[jurisdiction for jurisdiction, _, _ in read],
        kind=np.array([KIND_CODES[fix.kind] for fix in packed], dtype=np.uint8),
        mode=np.array([MODE_CODES[fix.mode] for fix in packed], dtype=np.uint8),
        lon=np.array([fix.lon for fix in packed], dtype=np.float64),
        lat=np.array([fix.lat for fix in packed], dtype=np.float64),
        fixed_at_s=np.array([fix.fixed_at_s for fix in packed], dtype=np.float64),
        accuracy_m=np.array(
            [np.nan if fix.accuracy_m is None else fix.accuracy_m for fix in packed],
            dtype=np.float32,
        ),
        status=np.array(
            [STATUS_CODES.get(fix.status, KEEP) if fix.status else KEEP for fix in packed],
            dtype=np.uint8,
        ),
        capabilities=[
            None if fix.capabilities is None else frozenset(fix.capabilities) for fix in packed
        ],
    )
