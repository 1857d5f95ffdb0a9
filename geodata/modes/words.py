"""What the words of access tags mean, gathered for a mode's table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from geodata.tags.access import (
    BUSINESS_WORDS,
    CLOSED_WORDS,
    FREE_WORDS,
    OTHER_TRAFFIC_WORDS,
    Access,
)


def meaning(
    *, free: Iterable[str] = (), business: Iterable[str] = (), closed: Iterable[str] = ()
) -> Mapping[str, Access]:
    """Every known word with its meaning; the arguments name the exceptions of one mode."""
    words = dict.fromkeys(OTHER_TRAFFIC_WORDS | CLOSED_WORDS, Access.NO)
    words |= dict.fromkeys(BUSINESS_WORDS, Access.NO_THROUGH)
    words |= dict.fromkeys(FREE_WORDS, Access.YES)
    words |= dict.fromkeys(closed, Access.NO)
    words |= dict.fromkeys(business, Access.NO_THROUGH)
    words |= dict.fromkeys(free, Access.YES)
    return MappingProxyType(words)
