"""What the access tags of a way or a node say for one kind of traveller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple

Tags = Mapping[str, str]


class Access(IntEnum):
    """How far a traveller may use something; larger is freer."""

    NO = 0
    NO_THROUGH = 1  # only those who have business there
    YES = 2


FREE_WORDS = frozenset(
    {"yes", "permissive", "designated", "official", "public", "true", "1", "allowed", "discouraged"}
)
"""Anyone of the kind may pass (``official`` is the old word for ``designated``)."""

BUSINESS_WORDS = frozenset(
    {
        "destination",
        "private",
        "delivery",
        "customers",
        "customer",
        "employee",
        "guest",
        "visitor",
        "member",
        "permit",
        "residents",
        "resident",
        "employees",
        "staff",
        "members",
        "visitors",
        "guests",
        "tenants",
        "students",
        "license",
        "licence",
        "unknown",
    }
)
"""Only those who have business there may pass."""

CLOSED_WORDS = frozenset(
    {"no", "false", "0", "use_sidepath", "dismount", "closed", "none", "impassable", "separate"}
)
"""Nobody of the kind may pass."""

OTHER_TRAFFIC_WORDS = frozenset(
    {
        "agricultural",
        "forestry",
        "emergency",
        "emergency_vehicle",
        "military",
        "restricted",
        "psv",
        "bus",
        "minibus",
        "taxi",
        "share_taxi",
        "tourist_bus",
        "hov",
        "carpool",
        "foot",
        "bicycle",
        "hgv",
        "goods",
        "horse",
        "construction",
        "maintenance",
        "authorized",
        "authorised",
    }
)
"""Only the traffic that the word names may pass."""


class AccessSign(NamedTuple):
    """The access tag that decides: its key (without direction) and its value."""

    key: str
    value: str


def access_signs(tags: Tags, keys: tuple[str, ...], direction: str = "") -> Iterator[AccessSign]:
    """The access tags that are present, the deciding one first.

    ``keys`` run from the most to the least specific; at the same level a tag for the direction
    (``motor_vehicle:backward``) goes before the one for both.
    """
    for key in keys:
        for spelled in (f"{key}:{direction}", key) if direction else (key,):
            value = tags.get(spelled, "").strip().lower()
            if value:
                yield AccessSign(key, value)


def freest(value: str, meaning: Mapping[str, Access]) -> Access | None:
    """The most that any word of a list such as ``delivery;bus`` allows; None for unknown words."""
    known = [meaning[word] for word in _words(value) if word in meaning]
    return max(known) if known else None


def unknown_words(value: str, meaning: Mapping[str, Access]) -> tuple[str, ...]:
    """The words of a list that have no meaning here."""
    return tuple(word for word in _words(value) if word not in meaning)


def _words(value: str) -> list[str]:
    return [word.strip().lower() for word in value.split(";") if word.strip()]
