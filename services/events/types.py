"""Every type of event of incidents and of interceptions, and what their members mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dispatch.incidents import happenings as of_incidents
from dispatch.incidents.happenings import HappeningType
from dispatch.interceptions import happenings as of_interceptions

TYPES: Mapping[str, HappeningType] = MappingProxyType(
    {**of_incidents.TYPES, **of_interceptions.TYPES}
)
MEMBERS: Mapping[str, str] = MappingProxyType(
    dict(sorted({**of_incidents.MEMBERS, **of_interceptions.MEMBERS}.items()))
)
