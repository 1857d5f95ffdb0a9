"""Tags that hold only at certain times or for certain vehicles: refused, with a warning."""

from __future__ import annotations

from collections.abc import Iterable

from geodata.tags.access import Tags


def conditional_warnings(tags: Tags, keys: Iterable[str]) -> tuple[str, ...]:
    """One sentence for each ``KEY:conditional`` (and its directions) among the tags."""
    warnings = []
    for key in keys:
        for direction in ("", ":forward", ":backward"):
            spelled = f"{key}{direction}:conditional"
            if spelled in tags:
                warnings.append(
                    f"{spelled} is not obeyed: rules that depend on the time are refused, "
                    "the tag without a condition holds"
                )
    return tuple(warnings)
