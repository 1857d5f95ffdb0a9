"""From positions as they were sent to the columns that the live picture takes.

# RULE 1: a position's jurisdiction is its own word, else the batch's, else the key's only one; it
          must be one that the key holds.
# RULE 2: kind, mode and capabilities are what the position says, else what was registered, else
          what the live picture knows. Without a kind from any of them the position is refused.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import numpy as np

from dispatch.fixes import KEEP, FixBatch
from dispatch.responders import KIND_CODES, KINDS, MODE_CODES, STATUS_CODES
from geodata.coordinates import to_wgs84
from services.errors import ProblemError
from services.jurisdictions import Jurisdictions, is_jurisdiction
from services.positions.wire import PositionBody, PositionsBody, Refused
from services.registry import Registry

Known = Callable[[str, str], tuple[str, str] | None]
"""(jurisdiction, responder id) to (kind, mode) as the live picture knows them."""


_KIND_CODES = dict(KIND_CODES)  # plain dicts: these are looked up for every position
_MODE_CODES = dict(MODE_CODES)
_MODE_OF_KIND = {name: MODE_CODES[kind.mode] for name, kind in KINDS.items()}


def to_columns(
    batch: PositionsBody,
    places: Sequence[int],
    held: Jurisdictions,
    registry: Registry,
    known: Known,
) -> tuple[FixBatch, list[int], list[Refused]]:
    """The columns, the place in the body of each row, and the positions that have none."""
    refused: list[Refused] = []
    rows: list[PositionBody] = []
    row_places: list[int] = []
    jurisdictions: list[str] = []
    kinds: list[int] = []
    modes: list[int] = []
    capabilities: list[frozenset[str] | None] = []
    judged: dict[str | None, str | ProblemError] = {}
    sets: dict[tuple[str, ...], frozenset[str]] = {}
    registrations = len(registry)
    for place, position in zip(places, batch.positions, strict=True):
        named = position.jurisdiction if position.jurisdiction is not None else batch.jurisdiction
        jurisdiction = judged.get(named)
        if jurisdiction is None:
            jurisdiction = judged[named] = _jurisdiction(named, held)  # RULE 1
        if isinstance(jurisdiction, ProblemError):
            reason = jurisdiction.name.replace("-", "_")
            refused.append(Refused(place, reason, jurisdiction.detail, position.id))
            continue
        if not position.id.isprintable():
            detail = "An id has no control characters."
            refused.append(Refused(place, "malformed", detail, position.id))
            continue
        kind, mode, words = position.kind, position.mode, position.capabilities
        if kind is None or (registrations and (mode is None or words is None)):  # RULE 2
            registered = registry.get(jurisdiction, position.id)
            if registered is not None and kind in (None, registered.kind):
                kind = registered.kind
                mode = mode or registered.mode
                words = registered.capabilities if words is None else words
            elif kind is None:
                before = known(jurisdiction, position.id)
                if before is None:
                    detail = "Nobody with this id is registered: send 'kind', or register them."
                    refused.append(Refused(place, "unknown_responder", detail, position.id))
                    continue
                kind, mode = before[0], mode or before[1]
        rows.append(position)
        row_places.append(place)
        jurisdictions.append(jurisdiction)
        kinds.append(_KIND_CODES[kind])
        modes.append(_MODE_OF_KIND[kind] if mode is None else _MODE_CODES[mode])
        if words is None:
            capabilities.append(None)
        else:
            key = tuple(words)
            if key not in sets:
                sets[key] = frozenset(key)
            capabilities.append(sets[key])
    return (
        _columns(rows, batch.crs, jurisdictions, kinds, modes, capabilities),
        row_places,
        refused,
    )


def _columns(
    rows: Sequence[PositionBody],
    crs: str,
    jurisdictions: list[str],
    kinds: list[int],
    modes: list[int],
    capabilities: list[frozenset[str] | None],
) -> FixBatch:
    lon = np.array([row.lon for row in rows], dtype=np.float64)
    lat = np.array([row.lat for row in rows], dtype=np.float64)
    finite = np.isfinite(lon) & np.isfinite(lat)  # MessagePack can say NaN; the picture refuses it
    if crs != "wgs84" and finite.any():
        lon[finite], lat[finite] = to_wgs84(lon[finite], lat[finite], crs)
    return FixBatch(
        responder_id=[row.id for row in rows],
        jurisdiction=jurisdictions,
        kind=np.array(kinds, dtype=np.uint8),
        mode=np.array(modes, dtype=np.uint8),
        lon=lon,
        lat=lat,
        fixed_at_s=np.array([seconds(row.fixed_at) for row in rows], dtype=np.float64),
        accuracy_m=np.array(
            [np.nan if row.accuracy_m is None else row.accuracy_m for row in rows],
            dtype=np.float32,
        ),
        status=np.array(
            [KEEP if row.status is None else STATUS_CODES[row.status] for row in rows],
            dtype=np.uint8,
        ),
        capabilities=capabilities,
    )


def seconds(moment: float | datetime.datetime) -> float:
    """UTC seconds since 1970."""
    return moment if isinstance(moment, float) else moment.timestamp()


def _jurisdiction(named: str | None, held: Jurisdictions) -> str | ProblemError:
    if named is None:
        return held.only or ProblemError(
            "jurisdiction-required", "The key holds several jurisdictions: say which one."
        )
    if not is_jurisdiction(named):
        return ProblemError("malformed", "A jurisdiction is words joined by '/'.")
    if not held.hold(named):
        return ProblemError(
            "wrong-jurisdiction", "The key was not made for the jurisdiction that is named."
        )
    return named
