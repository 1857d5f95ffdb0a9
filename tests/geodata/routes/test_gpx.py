"""GPX 1.1: the schema's structure, escaping, and that nothing is lost."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from geodata.routes.gpx import NAMESPACE, route_gpx
from tests.geodata.drives import drive
from tests.towns import town

ORDER = {
    "gpx": ("metadata", "wpt", "rte", "trk", "extensions"),
    "metadata": (
        "name", "desc", "author", "copyright", "link", "time", "keywords", "bounds", "extensions",
    ),
    "copyright": ("year", "license"),
    "rte": ("name", "cmt", "desc", "src", "link", "number", "type", "extensions", "rtept"),
    "trk": ("name", "cmt", "desc", "src", "link", "number", "type", "extensions", "trkseg"),
    "trkseg": ("trkpt", "extensions"),
    "rtept": (
        "ele", "time", "magvar", "geoidheight", "name", "cmt", "desc", "src", "link", "sym", "type",
        "fix", "sat", "hdop", "vdop", "pdop", "ageofdgpsdata", "dgpsid", "extensions",
    ),
}  # fmt: skip
ORDER["trkpt"] = ORDER["rtept"]
"""Children of each element in the order that the GPX 1.1 schema prescribes."""

REQUIRED = {
    "gpx": {"version", "creator"},
    "copyright": {"author"},
    "rtept": {"lat", "lon"},
    "trkpt": {"lat", "lon"},
}
REPEATED = {"wpt", "rte", "trk", "rtept", "trkpt", "trkseg", "link"}

TOWN = town(
    """
    A----B----C
         |
         D
    """,
    [
        ("A-B", {"highway": "primary", "name": '建设路 <"A & B">'}),
        "B-C primary",
        "B-D primary name=人民路",
    ],
)


def check(element: ET.Element) -> None:
    """The element and all below it have the schema's structure."""
    assert element.tag.startswith(f"{{{NAMESPACE}}}")
    tag = element.tag.split("}")[1]
    own = {name for name in element.attrib if not name.startswith("{")}
    assert own == REQUIRED.get(tag, set())
    children = [child.tag.split("}")[1] for child in element]
    allowed = ORDER.get(tag, ())
    places = [allowed.index(child) for child in children]
    assert places == sorted(places)
    assert all(children.count(child) == 1 for child in children if child not in REPEATED)
    if tag in ("rtept", "trkpt"):
        assert -180 <= float(element.get("lon")) < 180
        assert -90 <= float(element.get("lat")) <= 90
    for child in element:
        check(child)


@pytest.mark.parametrize("steps", [True, False])
def test_a_document_has_the_structure_of_the_schema(steps):
    """Elements, their order, their attributes, whether steps were asked for or not."""
    root = ET.fromstring(route_gpx(drive(TOWN, "A-B-D", "D-B-C", steps=steps)))
    check(root)
    assert (root.get("version"), root.get("creator")) == ("1.1", "Forestall")
    assert len(root.findall(f".//{{{NAMESPACE}}}rte")) == int(steps)
    assert len(root.findall(f".//{{{NAMESPACE}}}trkseg")) == 2


def test_the_track_holds_every_point_and_the_route_every_step():
    """Coordinates to the last digit stored; instructions in the language asked for."""
    route = drive(TOWN, "A-B-D")
    root = ET.fromstring(route_gpx(route, "en"))
    track = root.findall(f".//{{{NAMESPACE}}}trkpt")
    lon, lat = route.points()
    assert [float(point.get("lon")) for point in track] == pytest.approx(lon.tolist(), abs=1e-9)
    assert [float(point.get("lat")) for point in track] == pytest.approx(lat.tolist(), abs=1e-9)
    said = [point.findtext(f"{{{NAMESPACE}}}desc") for point in root.iter(f"{{{NAMESPACE}}}rtept")]
    assert said[1] == "Turn right onto 人民路 and drive 80 m"
    assert len(said) == 3


def test_what_xml_cannot_carry_is_escaped_or_left_out():
    """Angle brackets and quotes in names; control characters and lone surrogates nowhere."""
    route = drive(TOWN, "A-B-D")
    credited = replace(route.network, attribution='© "A" & <B>\x00\x0b')
    metric = replace(route.metric, network=credited)
    root = ET.fromstring(route_gpx(replace(route, metric=metric), "zh", name="a\x01<b>\ud800&c"))
    assert root.findtext(f"{{{NAMESPACE}}}metadata/{{{NAMESPACE}}}name") == "a<b>&c"
    copyright_line = root.find(f"{{{NAMESPACE}}}metadata/{{{NAMESPACE}}}copyright")
    assert copyright_line.get("author") == '© "A" & <B>'
    names = [point.findtext(f"{{{NAMESPACE}}}name") for point in root.iter(f"{{{NAMESPACE}}}rtept")]
    assert names[0] == '建设路 <"A & B">'


def test_a_track_without_a_name_of_its_own_is_called_after_its_roads():
    """The summary of the legs."""
    root = ET.fromstring(route_gpx(drive(TOWN, "B-D")))
    assert root.findtext(f"{{{NAMESPACE}}}trk/{{{NAMESPACE}}}name") == "人民路"
