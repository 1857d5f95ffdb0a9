"""A printed map to draw on: our own roads, and letters that the fonts of this machine have.

Nothing is fetched: no tiles, no fonts. Chinese needs a font with Chinese letters on the machine
(``apt-get install fonts-noto-cjk``, or any other); without one, :func:`readable` says what to write
instead.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib
import matplotlib.pyplot
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ft2font import FT2Font

from geodata.network import E7, EdgeFlag, RoadClass, RoadNetwork

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees WGS-84."""

ROADS = (
    # up to this class, colour, width in points
    (RoadClass.MOTORWAY_LINK, "#b9a24a", 1.8),
    (RoadClass.PRIMARY_LINK, "#c9b98a", 1.4),
    (RoadClass.TERTIARY_LINK, "#bdbdbd", 0.9),
    (RoadClass.OTHER, "#dcdcdc", 0.5),
)
BRIDGE, BRIDGE_WIDTH = "#555555", 2.2
AROUND_DEG = 0.02
"""Roads that begin so far outside the frame are drawn: some of them lead in."""
FAR_DEG = 0.25
"""A frame wider than this shows a district: roads are drawn thinner, and bridges as thin."""
FAR_SHARE = 0.45
LEAST_MARGIN_DEG = 0.0005
"""Some 50 m: a map of one straight street has a frame as well."""

SAMPLE = "万州区网格员处置力量"
"""A font that has these letters has those of place names."""
FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "PingFang SC", "SimHei")
"""Tried first, in this order, for they are easy to read when small."""
NO_FONTS = ("Last Resort", "Last Resort High-Efficiency")
"""They have every letter there is, and draw each as a box."""


def draw_roads(axes: Axes, network: RoadNetwork, bounds: Bounds | None = None) -> None:
    """Draws the roads of a map, large ones above small ones, and its bridges."""
    lon, lat = network.point_lon_e7 / E7, network.point_lat_e7 / E7
    first = network.edge_first_point
    west, south, east, north = bounds or bounds_of(network)
    start = first[:-1]
    near = np.flatnonzero(
        (lon[start] > west - AROUND_DEG) & (lon[start] < east + AROUND_DEG)
        & (lat[start] > south - AROUND_DEG) & (lat[start] < north + AROUND_DEG)
    )  # fmt: skip
    thinner = FAR_SHARE if east - west > FAR_DEG else 1.0
    shapes: list[list[np.ndarray]] = [[] for _ in ROADS]
    bridges = []
    for edge in near.tolist():
        points = slice(first[edge], first[edge + 1])
        shape = np.stack([lon[points], lat[points]], axis=1)
        rank = next(k for k, road in enumerate(ROADS) if network.edge_class[edge] <= road[0])
        shapes[rank].append(shape)
        if network.edge_flags[edge] & EdgeFlag.BRIDGE:
            bridges.append(shape)
    for rank, (_, colour, width) in reversed(list(enumerate(ROADS))):
        lines = LineCollection(shapes[rank], colors=colour, linewidths=width * thinner, zorder=1)
        axes.add_collection(lines)
    over = LineCollection(bridges, colors=BRIDGE, linewidths=BRIDGE_WIDTH * thinner, zorder=3)
    axes.add_collection(over)


def printed_map(
    network: RoadNetwork,
    title: str = "",
    bounds: Bounds | None = None,
    *,
    axes: Axes | None = None,
    width_inches: float = 6.5,
) -> Axes:
    """Axes with the roads of a map in a frame, its title, and whom to credit below.

    Without `axes`, a figure of its own is made, as high as the frame asks for. Layers are drawn
    upon it with a ``zorder`` of 2 to lie between roads and bridges, or more.
    """
    use_chinese_font()
    bounds = bounds or bounds_of(network)
    west, south, east, north = bounds
    aspect = 1.0 / np.cos(np.radians((south + north) / 2.0))
    if axes is None:
        high = width_inches * (north - south) * aspect / (east - west)
        figure = matplotlib.pyplot.figure(figsize=(width_inches, high + 0.6), layout="constrained")
        axes = figure.add_subplot()
    draw_roads(axes, network, bounds)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(aspect)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_ylabel(" ")  # GeoPandas writes "Geodetic latitude" where it finds none
    axes.set_title(readable(title, title), loc="left", fontsize=11)
    credit = f"{network.title}\n{network.attribution}"
    axes.set_xlabel(readable(credit, network.attribution), fontsize=6.5, loc="left")
    return axes


def bounds_of(network: RoadNetwork, margin: float = 0.02) -> Bounds:
    """The frame of a whole map, with a margin of this share of its sides."""
    west, east = network.point_lon_e7.min() / E7, network.point_lon_e7.max() / E7
    south, north = network.point_lat_e7.min() / E7, network.point_lat_e7.max() / E7
    aside, above = (max(margin * side, LEAST_MARGIN_DEG) for side in (east - west, north - south))
    return west - aside, south - above, east + aside, north + above


def use_chinese_font() -> str | None:
    """Makes matplotlib write Chinese; the name of the font, None where this machine has none."""
    name = chinese_font()
    if name is not None:
        known = matplotlib.rcParams["font.sans-serif"]
        if name not in known[:1]:
            matplotlib.rcParams["font.sans-serif"] = [name, *known]
        matplotlib.rcParams["font.family"] = "sans-serif"
        matplotlib.rcParams["axes.unicode_minus"] = False  # many Chinese fonts lack that minus
    return name


def readable(text: str, otherwise: str) -> str:
    """The text, if the fonts of this machine have its letters; else what to write instead, with
    every letter left out that they do not have."""
    if chinese_font() is not None or all(ord(letter) < FIRST_EAST_ASIAN for letter in text):
        return text
    return "".join(letter for letter in otherwise if ord(letter) < FIRST_EAST_ASIAN)


FIRST_EAST_ASIAN = 0x2E80
"""The Unicode block from which on letters are Chinese, Japanese or Korean."""


@cache
def chinese_font() -> str | None:
    """Name of a font of this machine that has Chinese letters; None where there is none."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for file in font_manager.findSystemFonts():
        if file not in known:  # came after matplotlib made its list
            try:
                font_manager.fontManager.addfont(file)
            except (OSError, RuntimeError):
                continue
    known = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    for name in (*FONTS, *sorted(known)):
        if name in known and name not in NO_FONTS and _writes_chinese(known[name]):
            return name
    return None


def _writes_chinese(file: str) -> bool:
    try:
        letters = FT2Font(Path(file)).get_charmap()
    except (OSError, RuntimeError):  # gone since the list was made, or no font that can be read
        return False
    return all(ord(letter) in letters for letter in SAMPLE)
