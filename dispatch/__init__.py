"""Who should go, where, and by when.

Who there is: :data:`KINDS`, :class:`LivePicture`, :class:`FixBatch`. Who should go:
:class:`Question`, :class:`CandidatePlace`, :class:`Want`, :func:`recommend`,
:class:`Recommendation`. Who stops a car, and where: :class:`Subject`, :class:`Sighting`,
:class:`Destination`, :class:`Unit`, :class:`PlanSettings`, :func:`make_plan`, :func:`seal_off`,
:func:`cover_exits`. A fleet on the move: :class:`Crowd`.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "KINDS": "dispatch.responders",
    "LivePicture": "dispatch.live_picture",
    "FixBatch": "dispatch.fixes",
    "Question": "dispatch.question",
    "CandidatePlace": "dispatch.question",
    "Want": "dispatch.question",
    "Recommendation": "dispatch.question",
    "recommend": "dispatch.recommendation",
    "Subject": "dispatch.interception.subject",
    "Sighting": "dispatch.interception.subject",
    "Destination": "dispatch.interception.subject",
    "Unit": "dispatch.interception.units",
    "PlanSettings": "dispatch.interception.situation",
    "make_plan": "dispatch.interception.plan",
    "seal_off": "dispatch.interception.sealing",
    "cover_exits": "dispatch.interception.bottleneck",
    "Crowd": "dispatch.crowd",
}
"""Module of each public name; it is imported when the name is first asked for."""

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
