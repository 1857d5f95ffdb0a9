"""From what the live picture shows back to fixes that another process can take in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dispatch.fixes import KEEP, FixBatch
from dispatch.live_picture import LivePicture
from dispatch.sight import Roster


def fixes_of(roster: Roster) -> FixBatch:
    """Everybody's last believed fix, saying all that is known of them."""
    return FixBatch(
        responder_id=roster.responder_id,
        jurisdiction=roster.jurisdiction,
        kind=roster.kind.astype(np.uint8),
        mode=roster.mode.astype(np.uint8),
        lon=np.array(roster.lon, dtype=np.float64),
        lat=np.array(roster.lat, dtype=np.float64),
        fixed_at_s=np.array(roster.fixed_at_s, dtype=np.float64),
        accuracy_m=np.array(roster.accuracy_m, dtype=np.float32),
        status=roster.status.astype(np.uint8),
        capabilities=roster.capabilities,
    )


def said_in_full(batch: FixBatch, picture: LivePicture, now_s: float) -> FixBatch:
    """The batch with the status and the capabilities that the picture keeps where a fix says none.

    So that the last fix alone tells all there is to know of a responder.
    """
    silent = [
        row
        for row in range(len(batch))
        if batch.status[row] == KEEP or batch.capabilities[row] is None
    ]
    if not silent:
        return batch
    keys = {(batch.jurisdiction[row], batch.responder_id[row]) for row in silent}
    roster = picture.named(sorted(keys), now_s)
    known = {
        key: row
        for row, key in enumerate(zip(roster.jurisdiction, roster.responder_id, strict=True))
    }
    status, capabilities = batch.status.copy(), list(batch.capabilities)
    for row in silent:
        seen = known.get((batch.jurisdiction[row], batch.responder_id[row]))
        if seen is not None:
            if status[row] == KEEP:
                status[row] = roster.status[seen]
            if capabilities[row] is None:
                capabilities[row] = roster.capabilities[seen]
    return replace(batch, status=status, capabilities=capabilities)
