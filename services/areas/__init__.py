"""Areas: which district, station, village and grid a place lies in."""

from services.areas.levels import Level
from services.areas.lookup import Areas, LoadedArea

__all__ = ["Areas", "Level", "LoadedArea"]
