"""Places and routes as Cursor on Target 2.0, the XML of tactical map apps such as ATAK.

A document is one event (MITRE, "Cursor on Target Message Router User's Guide", 2009): what it is
(``type``), where (``point``, WGS-84), from when until when it holds, and a free ``detail``. The
types and the ``link`` elements of a route are those that ATAK reads and writes itself.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from geodata.routes.gpx import ILLEGAL_IN_XML
from geodata.routes.instructions import instruction
from geodata.routes.route import Route

MEDIA_TYPE = "application/xml"
VERSION = "2.0"
GO_TO = "b-m-p-w-GOTO"
"""Type of a place to go to."""
ROUTE = "b-m-r"
WAY_POINT, CONTROL_POINT = "b-m-p-w", "b-m-p-c"
"""Types of a route's points: with words, and without."""
BY_MACHINE = "m-g"
"""``how`` it is known: found by a machine."""
UNKNOWN_M = "9999999.0"
"""What stands for a height or an error that is not known."""
METHODS = {"foot": "Walking", "ebike": "Driving"}


def place_event(
    uid: str,
    lon: float,
    lat: float,
    name: str,
    *,
    accuracy_m: float | None = None,
    remarks: str = "",
    at_s: float,
    until_s: float,
) -> str:
    """A WGS-84 place to go to, as one event.

    ``uid`` names the thing: an event with the same one replaces it. It holds from ``at_s`` until
    ``until_s``, UTC seconds since 1970.
    """
    event, detail = _event(uid, GO_TO, lon, lat, accuracy_m, at_s, until_s)
    _named(detail, name, remarks)
    return _text(event)


def route_event(
    uid: str, route: Route, name: str, language: str = "zh", *, at_s: float, until_s: float
) -> str:
    """A route as one event: a point with words for each step, the line's others without."""
    first = route.legs[0]
    begin = float(first.lon_e7[0]) / 1e7, float(first.lat_e7[0]) / 1e7
    event, detail = _event(uid, ROUTE, *begin, None, at_s, until_s)
    for number, leg in enumerate(route.legs):
        words = {step.first_point: instruction(step, language) for step in leg.steps}
        for point, (lon, lat) in enumerate(
            zip((leg.lon_e7 / 1e7).tolist(), (leg.lat_e7 / 1e7).tolist(), strict=True)
        ):
            told = words.get(point, "")
            ET.SubElement(
                detail,
                "link",
                uid=f"{uid}.{number}.{point}",
                type=WAY_POINT if told else CONTROL_POINT,
                callsign=_legal(told),
                point=f"{lat:.7f},{lon:.7f}",
                relation="c",  # connected
                remarks="",
            )
    ET.SubElement(
        detail,
        "link_attr",
        method=METHODS.get(route.metric.mode, "Driving"),
        direction="Infil",
        routetype="Primary",
        order="Ascending Check Points",
    )
    _named(detail, name, f"{route.distance_m / 1000:.1f} km, {route.duration_s / 60:.0f} min")
    return _text(event)


def _event(
    uid: str,
    type_: str,
    lon: float,
    lat: float,
    accuracy_m: float | None,
    at_s: float,
    until_s: float,
) -> tuple[ET.Element, ET.Element]:
    """An event and its detail, which is empty so far."""
    event = ET.Element(
        "event",
        version=VERSION,
        uid=_legal(uid),
        type=type_,
        how=BY_MACHINE,
        time=_moment(at_s),
        start=_moment(at_s),
        stale=_moment(until_s),
    )
    ET.SubElement(
        event,
        "point",
        lat=f"{lat:.7f}",
        lon=f"{lon:.7f}",
        hae=UNKNOWN_M,
        ce=UNKNOWN_M if accuracy_m is None else f"{accuracy_m:.1f}",
        le=UNKNOWN_M,
    )
    return event, ET.SubElement(event, "detail")


def _named(detail: ET.Element, name: str, remarks: str) -> None:
    ET.SubElement(detail, "contact", callsign=_legal(name))
    ET.SubElement(detail, "remarks").text = _legal(remarks)


def _text(event: ET.Element) -> str:
    body = ET.tostring(event, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _legal(text: str) -> str:
    return text.translate(ILLEGAL_IN_XML)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
