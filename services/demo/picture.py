"""One answer as a picture: the roads, the victim, who goes which way, and who looked nearer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dispatch.responders import KINDS
from geodata.network import RoadNetwork
from geodata.printed_map import draw_roads
from services.demo.alert import Alert

Place = tuple[float, float]

GOES, LOSES, VICTIM = "#1661be", "#c0392b", "#111111"
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
    draw_roads(axes, network, (west, south, east, north))
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
