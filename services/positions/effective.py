"""From what the live picture shows back to fixes that another process can take in."""

from __future__ import annotations

import numpy as np

from dispatch.fixes import FixBatch
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
