"""What a way is, whatever the mode."""

import pytest

from geodata.modes import describe_way
from geodata.network import EdgeFlag, RoadClass


@pytest.mark.parametrize(
    ("tags", "road_class"),
    [
        *(
            ({"highway": road_class.name.lower()}, road_class)
            for road_class in RoadClass
            if road_class not in (RoadClass.FERRY, RoadClass.OTHER)
        ),
        ({"highway": "road"}, RoadClass.UNCLASSIFIED),
        ({"highway": "platform"}, RoadClass.OTHER),
        ({"railway": "platform"}, RoadClass.OTHER),
        ({"route": "ferry"}, RoadClass.FERRY),
        ({"route": "shuttle_train"}, RoadClass.OTHER),
        ({"route": "ferry", "highway": "primary"}, RoadClass.FERRY),
    ],
)
def test_the_class_is_the_highway_value(tags, road_class):
    """A ferry is a ferry whatever road it carries on."""
    assert describe_way(tags).road_class is road_class


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ({}, EdgeFlag(0)),
        ({"bridge": "yes"}, EdgeFlag.BRIDGE),
        ({"bridge": "viaduct"}, EdgeFlag.BRIDGE),
        ({"bridge": "no", "tunnel": "no", "toll": "no"}, EdgeFlag(0)),
        ({"tunnel": "yes"}, EdgeFlag.TUNNEL),
        ({"tunnel": "building_passage"}, EdgeFlag(0)),
        ({"toll": "yes"}, EdgeFlag.TOLL),
        ({"toll:motorcar": "yes"}, EdgeFlag.TOLL),
        ({"junction": "roundabout"}, EdgeFlag.ROUNDABOUT),
        ({"junction": "circular"}, EdgeFlag.CIRCULAR),
        ({"area": "yes"}, EdgeFlag.AREA),
        ({"surface": "gravel"}, EdgeFlag.UNPAVED),
        ({"surface": "asphalt", "tracktype": "grade3"}, EdgeFlag(0)),
        ({"tracktype": "grade3"}, EdgeFlag.UNPAVED),
        ({"bridge": "yes", "toll": "yes"}, EdgeFlag.BRIDGE | EdgeFlag.TOLL),
    ],
)
def test_flags_say_what_the_road_is_like(tags, flags):
    """Bridge, tunnel, toll, ring, area, ground."""
    assert describe_way({"highway": "service", **tags}).edge_flags == flags


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ({"name": "万安大道"}, "万安大道"),
        ({"name": " ", "name:zh": "万安大道"}, "万安大道"),
        ({"name:en": "Wan'an Avenue"}, "Wan'an Avenue"),
        ({"name": "Wan'an Ave", "name:en": "Wan'an Ave", "name:zh": "万安大道"}, "万安大道"),
        ({"name": "Hauptstraße", "name:en": "Main Street", "name:zh": "主街"}, "Hauptstraße"),
        ({"highway": "footway", "is_sidepath:of:name": "江南大道"}, "江南大道"),
        ({"highway": "primary", "is_sidepath:of:name": "江南大道"}, ""),
        ({}, ""),
    ],
)
def test_a_way_has_its_name_or_that_of_the_road_beside(tags, name):
    """Pavements mapped on their own are known by their street."""
    assert describe_way({"highway": "primary", **tags}).name == name


def test_several_refs_are_a_list():
    """OpenStreetMap parts them by semicolons."""
    assert describe_way({"highway": "trunk", "ref": "G318;S103 "}).ref == "G318; S103"


@pytest.mark.parametrize(
    ("tags", "destination"),
    [
        ({"destination": "万州;开州"}, "万州, 开州"),
        ({"destination": "万州", "destination:ref": "G42;G5012"}, "G42, G5012: 万州"),
        ({"destination:ref": "G42"}, "G42"),
        ({"destination:street": "江南大道"}, "江南大道"),
        ({"oneway": "yes", "destination:forward": "万州"}, "万州"),
        ({"oneway": "-1", "destination:backward": "开州"}, "开州"),
        ({"destination:forward": "万州", "destination:backward": "开州"}, ""),
        ({}, ""),
    ],
)
def test_the_signs_at_its_beginning_are_one_line(tags, destination):
    """Ref before place; a two-way road has two beginnings and keeps only what holds for both."""
    assert describe_way({"highway": "motorway_link", **tags}).destination == destination
