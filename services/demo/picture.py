"""One answer as a picture: the roads, the victim, who goes which way, and who looked nearer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from dispatch.responders import KINDS
from geodata.network import E7, EdgeFlag, RoadClass, RoadNetwork
from services.demo.alert import Alert

Place = tuple[float, float]

GOES, LOSES, VICTIM = "#1661be", "#c0392b", "#111111"
# Colour and width of roads by class, from large to small.
_ROADS = (
    (RoadClass.MOTORWAY_LINK, "#b9a24a", 1.8),
    (RoadClass.PRIMARY_LINK, "#c9b98a", 1.4),
    (RoadClass.TERTIARY_LINK, "#bdbdbd", 0.9),
    (RoadClass.OTHER, "#dcdcdc", 0.5),
)
MARGIN = 0.12


def draw_answer(
    network: RoadNetwork,
    alert: Alert,
    answer: Mapping[str, Any],
    whereabouts: Mapping[str, Place],
    output: Path,
) -> None:
    """Write a PNG of one answer whose routes are GeoJSON lines.

    ``whereabouts`` tells where each responder of the answer is.
    """
    goes = [want["chosen"][0] for want in answer["wants"] if want["chosen"]]
    loses = [who for want in answer["wants"] for who in want["passed_over"] if who["eta_s"]]
    lines = [choice["route"]["geometry"]["coordinates"] for choice in goes]
    seen = [(alert.lon, alert.lat), *(whereabouts[who["id"]] for who in [*goes, *loses])]
    seen += [tuple(point) for line in lines for point in line]
    west, south, east, north = _frame(np.array(seen))

    figure = Figure(figsize=(9, 7.2), layout="constrained")
    axes = figure.add_subplot()
    _draw_roads(axes, network, west, south, east, north)
    for who in loses:
        at = whereabouts[who["id"]]
        axes.plot([at[0], alert.lon], [at[1], alert.lat], ":", color=LOSES, lw=1.2, zorder=4)
        _mark(axes, at, LOSES, f"{who['id']}  {_minutes(who['eta_s'])}")
    for choice, line in zip(goes, lines, strict=True):
        axes.plot(*np.array(line).T, color=GOES, lw=2.6, zorder=5)
        _mark(axes, whereabouts[choice["id"]], GOES, f"{choice['id']}  {_minutes(choice['eta_s'])}")
    axes.plot(alert.lon, alert.lat, "*", color=VICTIM, ms=17, zorder=7)
    kinds = ", ".join(KINDS[choice["kind"]].name for choice in goes)
    axes.set_title(f"Who is there first by road: {kinds}", loc="left", fontsize=11)
    axes.set_xlabel(f"{network.title}   {network.attribution}", fontsize=6.5, loc="left")
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1 / np.cos(np.radians(alert.lat)))
    axes.set_xticks([])
    axes.set_yticks([])
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=90)


def _draw_roads(axes, network: RoadNetwork, west, south, east, north) -> None:
    lon, lat = network.point_lon_e7 / E7, network.point_lat_e7 / E7
    first = network.edge_first_point
    start = first[:-1]
    near = np.flatnonzero(
        (lon[start] > west - 0.02) & (lon[start] < east + 0.02)
        & (lat[start] > south - 0.02) & (lat[start] < north + 0.02)
    )  # fmt: skip
    shapes: dict[int, list[np.ndarray]] = {k: [] for k in range(len(_ROADS))}
    bridges = []
    for edge in near.tolist():
        points = slice(first[edge], first[edge + 1])
        shape = np.stack([lon[points], lat[points]], axis=1)
        rank = next(k for k, road in enumerate(_ROADS) if network.edge_class[edge] <= road[0])
        shapes[rank].append(shape)
        if network.edge_flags[edge] & EdgeFlag.BRIDGE:
            bridges.append(shape)
    for rank, (_, colour, width) in reversed(list(enumerate(_ROADS))):
        axes.add_collection(LineCollection(shapes[rank], colors=colour, linewidths=width))
    axes.add_collection(LineCollection(bridges, colors="#555555", linewidths=2.2, zorder=3))


def _frame(points: np.ndarray) -> tuple[float, float, float, float]:
    """West, south, east and north of the points, with a margin."""
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    side = max(east - west, north - south, 0.004)
    pad = MARGIN * side
    return west - pad, south - pad, east + pad, north + pad


def _mark(axes, at: Place, colour: str, text: str) -> None:
    axes.plot(*at, "o", color=colour, ms=7, mec="white", mew=1.2, zorder=6)
    axes.annotate(
        text,
        at,
        xytext=(7, 5),
        textcoords="offset points",
        color=colour,
        fontsize=9,
        zorder=8,
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
    )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
