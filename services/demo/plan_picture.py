"""A plan as a picture: where the coach can be by when, who waits where, which ways cars take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from geodata.network import RoadNetwork
from geodata.printed_map import printed_map, readable
from services.demo.centres import KAIZHOU, Json
from services.demo.chase import Car, Coach, checkpoints
from services.demo.print_plan import KINDS, clock, minutes

WANZHOU_BLUE, KAIZHOU_GREEN, SUBJECT, OPEN = "#1661be", "#1e8449", "#111111", "#c0392b"
AREA = "#e08e0b"
LEAST_WIDTH = 0.75
"""Of a picture, as a share of its height."""
MOST_LABELS = 7
LABELS_AT = ((12, 10), (12, -30), (12, 40), (12, -60))
"""Beside a place, in points: places near each other are written above and below."""


def draw_plan(
    network: RoadNetwork,
    plan: Json,
    title: str,
    cars: Sequence[Car],
    coach: Coach | None,
    output: Path,
) -> None:
    """Write a PNG of a plan."""
    shown = [one for one in plan["features"] if one["properties"]["feature"] in _FRAMED]
    shapes = [shapely.geometry.shape(one["geometry"]) for one in shown]
    shapes += [car.line for car in cars]
    frame = _frame(shapely.total_bounds(np.array(shapes, dtype=object)))
    axes = printed_map(
        network,
        title,
        frame,
        axes=Figure(figsize=(8.5, 9.5), layout="constrained").add_subplot(),
    )
    _draw_areas(axes, plan)
    for car in cars:
        colour = _colour(car.centre.code)
        axes.plot(*car.line.xy, color=colour, lw=2.6, zorder=6)
        axes.plot(*car.line.coords[0], "o", color=colour, ms=6, mec="white", zorder=7)
    if coach is not None:
        axes.plot(coach.lon, coach.lat, ":", color="white", lw=3.4, zorder=6.5)
        axes.plot(coach.lon, coach.lat, ":", color=SUBJECT, lw=2.0, zorder=6.6)
    _draw_sightings(axes, plan)
    _draw_checkpoints(axes, plan)
    if coach is None:
        _draw_exits(axes, plan)
    axes.legend(handles=_legend(coach), loc="lower right", fontsize=8, framealpha=0.9)
    output.parent.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(output, dpi=100)


_FRAMED = ("sighting", "checkpoint", "open_exit", "seal_checkpoint")


def _frame(bounds: np.ndarray) -> tuple[float, float, float, float]:
    """Bounds with a margin, and wide enough for what is written beside the places."""
    west, south, east, north = bounds
    scale = np.cos(np.radians((south + north) / 2))
    pad = 0.06 * max((east - west) * scale, north - south)
    south, north = south - pad, north + pad
    lack = (LEAST_WIDTH * (north - south) / scale - (east - west)) / 2
    aside = max(pad / scale, lack)
    return west - aside, south, east + aside, north


def _draw_areas(axes, plan: Json) -> None:
    areas = [one for one in plan["features"] if one["properties"]["feature"] == "reachable_area"]
    for number, one in enumerate(areas):  # the widest first
        shape = shapely.geometry.shape(one["geometry"])
        for part in getattr(shape, "geoms", [shape]):
            axes.fill(*part.exterior.xy, color=AREA, alpha=0.10, lw=0, zorder=1)
            axes.plot(*part.exterior.xy, color=AREA, lw=0.7, alpha=0.3 + 0.1 * number, zorder=2)


def _draw_sightings(axes, plan: Json) -> None:
    for one in plan["features"]:
        if one["properties"]["feature"] == "sighting":
            at = one["geometry"]["coordinates"]
            axes.plot(*at, "*", color=SUBJECT, ms=17, mec="white", zorder=9)
            _label(axes, at, f"seen {clock(one['properties']['seen_at'])}", SUBJECT, (9, -12))


def _draw_checkpoints(axes, plan: Json) -> None:
    for number, one in enumerate(checkpoints(plan)):
        place, at = one["properties"], one["geometry"]["coordinates"]
        theirs = any(holder["holder"] == "neighbour" for holder in place["holders"])
        colour = KAIZHOU_GREEN if theirs else WANZHOU_BLUE
        staff = any(holder["holder"] == "staff" for holder in place["holders"])
        axes.plot(*at, "D" if staff else "s", color=colour, ms=10, mec="white", mew=1.3, zorder=11)
        if number < MOST_LABELS:
            kind = KINDS[place["kind"]]
            name = readable(place["name"], "") or kind
            said = (
                f"{name}\nready {clock(place['ready_at'])[:5]}, margin {minutes(place['margin_s'])}"
            )
            side = LABELS_AT[number % len(LABELS_AT)]
            _label(axes, at, f"{said}, {place['share']:.0%}", colour, side)


def _draw_exits(axes, plan: Json) -> None:
    for one in plan["features"]:
        if one["properties"]["feature"] == "open_exit":
            axes.plot(*one["geometry"]["coordinates"], "x", color=OPEN, ms=9, mew=2.2, zorder=8)


def _legend(coach: Coach | None) -> list[Line2D]:
    def mark(shape: str, colour: str, label: str) -> Line2D:
        return Line2D([], [], marker=shape, color=colour, ls="", ms=8, label=label)

    handles = [
        mark("*", SUBJECT, "subject seen"),
        mark("s", WANZHOU_BLUE, "Wanzhou's car waits"),
        mark("s", KAIZHOU_GREEN, "Kaizhou's offer, held"),
        mark("D", WANZHOU_BLUE, "toll gate's own staff"),
        Line2D([], [], color=AREA, lw=3, alpha=0.4, label="where it can be, by time"),
    ]
    if coach is None:
        handles.append(mark("x", OPEN, "exit that stays open"))
    else:
        handles.append(Line2D([], [], color=SUBJECT, ls=":", lw=2, label="the way it really takes"))
    return handles


def _label(axes, at, text: str, colour: str, offset: tuple[int, int]) -> None:
    west, east = axes.get_xlim()
    right = at[0] > (west + east) / 2  # it is written towards the middle
    axes.annotate(
        text,
        at,
        xytext=(-offset[0] if right else offset[0], offset[1]),
        ha="right" if right else "left",
        textcoords="offset points",
        color=colour,
        fontsize=8,
        zorder=10,
        bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8},
    )


def _colour(code: str) -> str:
    return KAIZHOU_GREEN if code == KAIZHOU else WANZHOU_BLUE
