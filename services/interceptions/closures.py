"""Closures and speeds of one interception, on the loaded map."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from dispatch.interceptions.case import Interception
from geodata.changes import RoadChanges
from services.engine import RoadsNow
from services.road_changes import RoadChangeBody, resolve

_to_body = partial(msgspec.convert, type=RoadChangeBody)


def changes_of(interception: Interception, roads: RoadsNow) -> RoadChanges | None:
    """What is closed or slower for this interception alone; None where nothing is. Raises
    GeodataError where the map has no such road any more."""
    said = interception.sought.closures
    if not said:
        return None
    return RoadChanges(*(resolve(_to_body(one), roads.network, roads.snapper) for one in said))


def as_kept(body: RoadChangeBody) -> dict[str, Any]:
    """A closure as it is kept with an interception."""
    return msgspec.to_builtins(body)
