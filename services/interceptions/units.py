"""Who may be sent to a checkpoint: the centre's own who may stop vehicles, free, and heard of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dispatch.interception.checkpoints import STOPPING_KINDS
from dispatch.interception.units import Unit, units_of
from dispatch.interceptions.case import Interception, key_of, unit_id_of
from dispatch.interceptions.committing import Who
from dispatch.interceptions.words import Holder
from dispatch.live_picture import LivePicture
from dispatch.responders import Status
from dispatch.sight import kind_bits
from services.incidents.engaged import Engaged
from services.jurisdictions import Jurisdictions


def units_for(
    interception: Interception, picture: LivePicture, engaged: Engaged, now_s: float
) -> list[Unit]:
    """The units that a plan may count on, and those that are bound by this interception already.

    Whoever has another assignment, an offer too, is left out; so is who was not heard of for long.
    A stale fix costs what it costs a recommendation: doubt, as seconds before they start.
    """
    held = Jurisdictions([interception.centre])
    statuses = engaged.statuses
    own = {post.key for post in interception.live_posts() if post.holder is Holder.UNIT}
    stopping = np.uint32(kind_bits(STOPPING_KINDS))
    with picture.reading():
        free = picture.muster(held, now_s, without=[key for key in statuses if key not in own])
        bound = picture.muster(held, now_s, statuses=None, only=own)
        eligible = (free.eligible | bound.eligible) & stopping
        slots = np.flatnonzero(eligible)
        roster = picture.roster(slots, now_s)
        delay_s = np.maximum(free.delay_ms[slots], bound.delay_ms[slots]) / 1_000.0
    return [
        replace(unit, free_s=max(0.0, delay - unit.turn_out_s))
        for unit, delay in zip(units_of(roster, unit_id_of), delay_s.tolist(), strict=True)
    ]


def who_in(picture: LivePicture, now_s: float) -> Callable[[str], Who | None]:
    """What a unit of a plan is by now; None for who is not known any more, or may not stop cars."""

    def who(unit_id: str) -> Who | None:
        known = picture.get(*key_of(unit_id), now_s)
        free = known is not None and known.status is Status.AVAILABLE
        if known is None or not free or known.kind not in STOPPING_KINDS:
            return None
        return Who(known.kind, known.mode)

    return who
