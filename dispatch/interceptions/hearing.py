"""A message of another centre is taken in: noted as it came, and done what it asks for."""

from __future__ import annotations

from dispatch.interceptions import asking, offering
from dispatch.interceptions.case import InterceptionCase
from dispatch.interceptions.messages import KIND_OF, Message
from dispatch.interceptions.offering import Take
from dispatch.interceptions.words import InterceptionRole


def hear(
    case: InterceptionCase, centre: str, number: int, message: Message, take: Take, now_s: float
) -> None:
    """Take in what another centre tells; from one that takes no part, nothing. ``take`` takes one
    of our units for a post."""
    interception = case.interception
    if centre not in interception.partners and centre != interception.lead_centre:
        return
    case.happened(
        "interception.heard",
        now_s,
        centre=centre,
        message=KIND_OF[type(message)],
        message_number=number,
        content=message,
    )
    if interception.role is InterceptionRole.LEAD:
        asking.hear(case, centre, message, now_s)
    else:
        offering.hear(case, centre, message, take, now_s)
