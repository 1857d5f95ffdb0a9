"""What does an OpenStreetMap file say about roads, and what of it can be trusted?"""

from geodata.osm.credit import ATTRIBUTION
from geodata.osm.raw_roads import RawRestriction, RawRoads
from geodata.osm.reader import DRAWN_ONE_WAY, ImportOptions, read_roads

__all__ = [
    "ATTRIBUTION",
    "DRAWN_ONE_WAY",
    "ImportOptions",
    "RawRestriction",
    "RawRoads",
    "read_roads",
]
