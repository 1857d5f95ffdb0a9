"""Routes as GeoJSON features."""

import json

from geodata.routes.geojson import route_feature
from tests.geodata.drives import drive
from tests.towns import town

TOWN = town("A----B----C", ["A-B primary name=东街", "B-C primary name=西街"])


def test_a_feature_holds_the_line_and_what_is_known_of_it():
    """RFC 7946: longitude first, a bounding box, properties with units in their names."""
    route = drive(TOWN, "A-B-C")
    feature = json.loads(json.dumps(route_feature(route)))
    assert feature["type"] == "Feature"
    assert feature["geometry"]["type"] == "LineString"
    lon, lat = route.points()
    assert feature["geometry"]["coordinates"] == [
        [a, b] for a, b in zip(lon.tolist(), lat.tolist(), strict=True)
    ]
    assert feature["bbox"] == [lon.min(), lat.min(), lon.max(), lat.max()]
    properties = feature["properties"]
    assert properties["distance_m"] == round(route.distance_m, 1)
    assert properties["duration_s"] == round(route.duration_s, 1)
    assert properties["summary"] == "东街, 西街"
    assert properties["attribution"] == "drawn for a test"
    assert "steps" not in properties


def test_steps_come_with_a_language():
    """One entry a step, with its words and its place."""
    steps = route_feature(drive(TOWN, "A-B-C"), "zh")["properties"]["steps"]
    assert [step["instruction"] for step in steps] == [
        "沿东街向东行驶 100 米",
        "继续直行进入西街，行驶 100 米",
        "到达目的地",
    ]
    assert steps[0]["location"] == [108.38, 30.81]
