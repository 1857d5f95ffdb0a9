"""Chance that does not depend on what anybody decides.

Every number is drawn for what it is about: this seed, this day, this alert, this responder. Two
rules that ask the same person about the same alert hear the same answer, whatever else each has
done before: common random numbers (Law, Simulation Modeling and Analysis, 5th ed., section 11.2).
A generator that is drawn from in the order of events could not give that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b

_PARTS = 2**52
"""A half more than a whole number of these is never 0 and never 1."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws by name. Immutable."""

    seed: int
    day: int

    def uniform(self, *about: object) -> float:
        """A number above 0 and below 1, always the same for the same words."""
        words = "\x1f".join(map(str, (self.seed, self.day, *about)))
        drawn = int.from_bytes(blake2b(words.encode(), digest_size=8).digest(), "little")
        return (drawn % _PARTS + 0.5) / _PARTS

    def exponential(self, mean: float, *about: object) -> float:
        """A waiting time with this mean."""
        return -mean * math.log(self.uniform(*about))

    def happens(self, probability: float, *about: object) -> bool:
        """Whether something happens that does so with this probability."""
        return self.uniform(*about) < probability
