"""Who is nearest by road, how far everything is, and the way: plain exact searches.

All of them take a :class:`~geodata.metric.Metric` (what a mode costs right now) and, where a
request has closures of its own, its :class:`~geodata.changes.RoadChanges`. All may run in any
number of threads at once.
"""

from geodata.search.anchors import Positions
from geodata.search.fields import Field, Stretches, field
from geodata.search.nearest import Nearest, nearest_occupants
from geodata.search.occupants import Occupants
from geodata.search.paths import shortest_path
from geodata.search.tables import many_to_many, one_to_many

__all__ = [
    "Field",
    "Nearest",
    "Occupants",
    "Positions",
    "Stretches",
    "field",
    "many_to_many",
    "nearest_occupants",
    "one_to_many",
    "shortest_path",
]
