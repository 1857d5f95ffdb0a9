"""Long ways and large tables in microseconds: a customizable contraction hierarchy over turns.

The shortcuts are worked out once with the map; a metric, a closure or a new speed only weighs them
anew.
"""

from geodata.hierarchy.customised_metric import CustomisedMetric
from geodata.hierarchy.routable_metric import RoutableMetric
from geodata.hierarchy.shortcuts import Hierarchy, ModeHierarchy

__all__ = ["CustomisedMetric", "Hierarchy", "ModeHierarchy", "RoutableMetric"]
