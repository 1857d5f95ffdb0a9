"""Cursor on Target 2.0: what a tactical map app needs to show a place and a way."""

import xml.etree.ElementTree as ET
from datetime import datetime

from geodata.routes.cursor_on_target import place_event, route_event
from tests.geodata.drives import drive
from tests.towns import town

TOWN = town(
    """
    A----B----C
         |
         D
    """,
    ["A-B-C residential name=北滨路", "B-D residential name=断头路"],
)
AT_S, UNTIL_S = 1_791_796_500.25, 1_791_800_100.25


def read(document: str) -> ET.Element:
    """The event, with everything that the protocol wants of one."""
    event = ET.fromstring(document)
    assert event.tag == "event"
    assert {"version", "uid", "type", "how", "time", "start", "stale"} <= set(event.keys())
    assert event.get("version") == "2.0"
    point = event.find("point")
    assert set(point.keys()) == {"lat", "lon", "hae", "ce", "le"}
    start, stale = (datetime.fromisoformat(event.get(name)) for name in ("start", "stale"))
    assert (start.timestamp(), stale.timestamp()) == (AT_S, UNTIL_S)
    return event


def test_a_place_is_one_event_with_its_accuracy_and_name():
    """Words that would end the XML, and letters that it cannot carry, end nothing."""
    event = read(
        place_event(
            "case-1", 108.391, 30.809, 'B"<&>栋\x00', accuracy_m=30, remarks="a < b",
            at_s=AT_S, until_s=UNTIL_S,
        )
    )  # fmt: skip
    point = event.find("point")
    assert (event.get("uid"), event.get("type")) == ("case-1", "b-m-p-w-GOTO")
    assert (float(point.get("lon")), float(point.get("lat"))) == (108.391, 30.809)
    assert float(point.get("ce")) == 30
    assert event.find("detail/contact").get("callsign") == 'B"<&>栋'
    assert event.find("detail/remarks").text == "a < b"


def test_a_place_of_unknown_accuracy_says_so():
    """In the protocol's own number for it."""
    event = read(place_event("case-1", 0, 0, "", at_s=AT_S, until_s=UNTIL_S))
    assert event.find("point").get("ce") == "9999999.0"


def test_a_route_is_its_line_with_words_at_its_steps():
    """Every point of the line is there in order; those of the steps say what to do."""
    route = drive(TOWN, "A-B-D", language="zh")
    event = read(route_event("way-1", route, "to D", "zh", at_s=AT_S, until_s=UNTIL_S))
    links = event.findall("detail/link")
    (leg,) = route.legs
    line = [(round(lat / 1e7, 7), round(lon / 1e7, 7))
            for lon, lat in zip(leg.lon_e7.tolist(), leg.lat_e7.tolist(), strict=True)]  # fmt: skip
    assert [tuple(map(float, one.get("point").split(","))) for one in links] == line
    assert len({one.get("uid") for one in links}) == len(links)
    told = [one.get("callsign") for one in links if one.get("type") == "b-m-p-w"]
    assert len(told) == len(leg.steps) == 3
    assert all(told)
    assert "断头路" in told[1]
    assert event.get("type") == "b-m-r"
    assert event.find("detail/contact").get("callsign") == "to D"
