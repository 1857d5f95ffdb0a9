"""What signs and labels along the road say: names, numbers, destinations, exits, toll gates.

Texts of a network are decoded once and kept; so is which node a junction's sign or a toll gate's
name stands at.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from geodata.network import PlaceKind, RoadNetwork

SECTION = re.compile(
    r"[ (（]*(?:[东西南北中上下内外]?[一二三四五六七八九十百\d]*段|[东南西北中]段)[)）]*$"
)
"""The end of a Chinese street name that only counts its sections: 人民南路二段, 一环路(南一段)."""


class RoadSigns:
    """The words of one network, ready to be put into steps. Shared by all threads.

    Keeps no reference to the network itself, so that a map no longer used can go.
    """

    def __init__(self, network: RoadNetwork) -> None:
        self._text_first = network.text_first
        self._text_utf8 = network.text_utf8
        self._texts: dict[int, str] = {0: ""}
        self.junction_at = self._places(network, PlaceKind.MOTORWAY_JUNCTION)
        """Motorway junction by node: (name, ref)."""
        self.toll_gate_at = self._places(network, PlaceKind.TOLL_BOOTH)
        """Toll gate by node: (name, ref)."""

    def text(self, index: int) -> str:
        """The text with this index."""
        text = self._texts.get(index)
        if text is None:
            first, last = self._text_first[index], self._text_first[index + 1]
            text = self._text_utf8[first:last].tobytes().decode("utf-8").strip()
            self._texts[index] = text
        return text

    def _places(self, network: RoadNetwork, kind: PlaceKind) -> dict[int, tuple[str, str]]:
        wanted = np.flatnonzero((network.place_kind == int(kind)) & (network.place_node >= 0))
        return {
            int(network.place_node[place]): (
                self.text(int(network.place_name[place])),
                self.text(int(network.place_ref[place])),
            )
            for place in wanted
        }


@lru_cache(maxsize=4096)
def is_same_street(name: str, other: str) -> bool:
    """Whether two names mean one street to a driver: equal, or sections of one street."""
    if name == other:
        return True
    if not name or not other:
        return False
    stem = SECTION.sub("", name)
    return len(stem) >= 2 and stem == SECTION.sub("", other)


@lru_cache(maxsize=4096)
def shares_number(ref: str, other: str) -> bool:
    """Whether two road numbers have one in common: ``G50;G42`` and ``G42`` do."""
    return bool(_numbers(ref) & _numbers(other))


@lru_cache(maxsize=4096)
def listed(text: str, separator: str = ", ") -> str:
    """An OSM list (``A;B``) as people write one."""
    return separator.join(part.strip() for part in text.split(";") if part.strip())


def _numbers(ref: str) -> set[str]:
    return {part.replace(" ", "").upper() for part in ref.split(";") if part.strip()}
