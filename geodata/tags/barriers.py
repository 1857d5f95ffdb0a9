"""What kind of barrier stands at a node."""

from __future__ import annotations

from geodata.tags.access import Tags

_MOVING_BOLLARDS = frozenset({"rising", "retractable", "automatic"})
_YIELDING_BOLLARDS = frozenset({"flexible", "foldable", "plastic"})


def barrier_kind(tags: Tags) -> str:
    """The kind of barrier, "" for none; some kinds are told apart by a second tag.

    ``rising_bollard``, ``flexible_bollard``, ``removable_bollard``, ``flat_kerb`` (lowered, flush,
    or the kerb of a crossing tagged on the road itself) and ``audible_fence`` (a fence for cattle
    that is only a sound) are this function's own words, the others are OSM's ``barrier`` values.
    """
    barrier = tags.get("barrier", "").strip().lower()
    if barrier in ("", "no"):
        return ""
    if barrier == "bollard":
        bollard = tags.get("bollard", "").strip().lower()
        if bollard in _MOVING_BOLLARDS:
            return "rising_bollard"
        if bollard in _YIELDING_BOLLARDS:
            return "flexible_bollard"
        if bollard == "removable":
            return "removable_bollard"
    if barrier == "kerb" and (
        tags.get("kerb") in ("lowered", "flush", "no") or tags.get("highway") == "crossing"
    ):
        return "flat_kerb"
    if barrier == "fence" and tags.get("sensory") in ("audible", "audio"):
        return "audible_fence"
    return barrier


def is_locked(tags: Tags) -> bool:
    """Whether the barrier is kept locked."""
    return tags.get("locked") == "yes"
