"""The levels of areas, from a whole city down to a grid of a few hundred households."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """What kind of area; each contains those after it."""

    CITY = "city"
    """市: a municipality that runs a centre over several districts."""
    DISTRICT = "district"
    """区县: GB/T 2260 code of six digits."""
    STATION = "station"
    """派出所辖区: what a police station looks after."""
    VILLAGE = "village"
    """村 / 社区."""
    GRID = "grid"
    """网格: what one grid worker looks after."""

    @property
    def chinese(self) -> str:
        return {"city": "市", "district": "区县", "station": "派出所", "village": "村社区"}.get(
            self.value, "网格"
        )

    @property
    def rank(self) -> int:
        """0 for the widest; an area's level ranks above that of whatever contains it."""
        return list(Level).index(self)


LEVELS = tuple(level.value for level in Level)
