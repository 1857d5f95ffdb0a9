"""How an interception begins, and where the subject is seen after that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dispatch.errors import ConflictError, InterceptionError
from dispatch.interception.subject import Sighting
from dispatch.interceptions.case import Interception, InterceptionCase, Sighted, Sought
from dispatch.interceptions.words import InterceptionRole, InterceptionState

MOST_SIGHTINGS = 1_000
"""Of one interception: cameras of a whole corridor, each of them several times."""
AHEAD_S = 60.0
"""By so much a camera's clock may be ahead of ours."""


def open_interception(
    jurisdiction: str,
    sought: Sought,
    settings: dict[str, Any],
    incident_id: str | None,
    note: str,
    now_s: float,
    interception_id: str,
    new_id: Callable[[], str],
    *,
    role: InterceptionRole = InterceptionRole.LEAD,
    lead: tuple[str, str] | None = None,
) -> InterceptionCase:
    """A new interception, with no sighting yet. ``lead`` is, of a neighbour's, whose case it is and
    what it is called there."""
    centre, id_there = lead or (None, None)
    case = InterceptionCase(
        Interception(
            interception_id=interception_id,
            jurisdiction=jurisdiction,
            role=role,
            state=InterceptionState.OPEN,
            opened_at_s=now_s,
            sought=sought,
            settings=settings,
            incident_id=incident_id,
            lead_centre=centre,
            lead_id=id_there,
            basis=0,
        ),
        new_id,
    )
    case.happened("interception.opened", now_s, note=note)
    return case


def see(case: InterceptionCase, sighting: Sighting, source: str, now_s: float) -> Sighted:
    """Note where the subject was seen. The latest sighting counts; one that is older and was told
    late is kept beside it, and changes nothing."""
    interception = case.interception
    must_be_open(interception)
    if sighting.seen_at_s > now_s + AHEAD_S:
        raise InterceptionError(
            "The sighting lies in the future: check the clock of whatever made it."
        )
    known = next(
        (
            one
            for one in interception.sightings
            if one.sighting == sighting and one.source == source
        ),
        None,
    )
    if known is not None:  # told again
        return known
    if len(interception.sightings) >= MOST_SIGHTINGS:
        raise ConflictError(
            f"The interception has {MOST_SIGHTINGS} sightings already: open another one."
        )
    seen = Sighted(case.new_id(), sighting, source, now_s)
    interception.sightings += (seen,)
    latest = interception.last_seen is seen
    case.happened(
        "interception.sighted",
        now_s,
        sighting_id=seen.sighting_id,
        source=source,
        latest=latest,
    )
    if latest:
        interception.horizon_told = False
        case.plan_anew()
    return seen


def note_horizon(case: InterceptionCase, now_s: float) -> bool:
    """Tell, once, that nothing can be planned any more from the last sighting; whether it is so."""
    interception = case.interception
    if not interception.is_open or interception.horizon_told or now_s < interception.ends_at_s:
        return False
    interception.horizon_told = True
    case.happened("interception.horizon_over", now_s, horizon_end_s=interception.ends_at_s)
    return True


def must_be_open(interception: Interception) -> None:
    """Raises ConflictError where it is over."""
    if not interception.is_open:
        raise ConflictError(
            f"The interception is over ({interception.state.value}): open another one."
        )
