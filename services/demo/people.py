"""How people behave in the demonstration: who says yes, how long things take, who is convinced.

Each number is a plain guess of ours, made so that everything that can happen in a day happens in
the hour; the service knows none of them. Times are seconds of the demonstration's clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Manner:
    """How one kind of responder takes an offer."""

    accepts: float
    """Share of offers that they accept ..."""
    declines: float
    """... and decline; the rest is never answered."""
    answers_after_s: float
    """Median time to either."""


POLICE = Manner(accepts=0.97, declines=0.02, answers_after_s=9.0)
GRID = Manner(accepts=0.85, declines=0.08, answers_after_s=14.0)
RIDER = Manner(accepts=0.55, declines=0.25, answers_after_s=12.0)
MANNERS = {"officer": POLICE, "auxiliary": POLICE, "rider": RIDER}

OUTCOMES = {"dissuaded": 0.84, "not_convinced": 0.09, "not_found": 0.05, "refused": 0.02}
AT_THE_DOOR_S = 20.0
"""From the road to the door."""
TALK_S = 420.0
"""Median time with a victim before the report."""
EVIDENCE_SENT = 0.95
EVIDENCE_AFTER_S = 600.0
CONTACTS = {"answered": 0.5, "unreachable": 0.35, "refused": 0.15}
CONTACT_TAKES_S = 60.0
KEPT_IF_DISSUADED = 0.95
"""Share of the money that is still there when a victim was dissuaded."""
DRIVES_AT = (0.85, 1.25)
"""Time that units really take, as a share of what the map says."""


def manner_of(kind: str) -> Manner:
    """How this kind takes an offer."""
    return MANNERS.get(kind, GRID)


def around(median_s: float, rng: np.random.Generator) -> float:
    """A time around this median: seldom half of it, seldom twice."""
    return float(median_s * np.exp(rng.normal(0.0, 0.45)))


def one_of(shares: dict[str, float], rng: np.random.Generator) -> str:
    """One of these words, by their shares."""
    return str(rng.choice(list(shares), p=list(shares.values())))
