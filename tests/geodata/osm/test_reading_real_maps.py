"""Real maps, against counts that were taken from the same files by other means."""

from __future__ import annotations

import osmium
import pytest
from osmium.filter import KeyFilter

from geodata.modes import (
    CAR,
    FOOT,
    MODES,
    describe_node,
    describe_way,
    judge_node,
    judge_way,
    node_tag_keys,
)
from geodata.network import E7, PlaceKind
from geodata.osm.reader import read_roads
from geodata.osm.verdicts import node_judgements, way_descriptions, way_verdicts


@pytest.mark.parametrize(
    ("name", "restrictions"),
    [("heidelberg.osm.pbf", 476), ("monaco.osm.pbf", 27), ("helsinki.osm.pbf", 45)],
)
def test_every_turn_restriction_is_read_or_counted(data_dir, name, restrictions):
    """The number of restriction relations is known for these maps; for cars each is either
    there, or counted as one that cannot be told, or does not bind cars."""
    roads = read_roads([data_dir / "maps" / name], [CAR])
    left_out = sum(count for sentence, count in roads.warnings.items() if "restriction" in sentence)
    assert restrictions * 0.95 <= len(roads.restrictions) + left_out <= restrictions * 1.05


def test_monaco_has_its_nine_toll_booths(data_dir):
    """On the motorway above the town."""
    roads = read_roads([data_dir / "maps" / "monaco.osm.pbf"], [CAR])
    booths = roads.place_kind == int(PlaceKind.TOLL_BOOTH)
    assert booths.sum() == 9
    assert roads.place_lat_e7[booths].min() > 43.7 * E7


def test_chengdu_has_its_streets_by_their_chinese_names(data_dir):
    """The names of the core's main streets, and police stations with theirs."""
    roads = read_roads([data_dir / "maps" / "chengdu_core.osm.gz"], list(MODES.values()))
    assert {"人民中路一段", "顺城大街", "三环路", "上东大街段"} <= set(roads.texts)
    chinese = sum(any("一" <= sign <= "鿿" for sign in text) for text in roads.texts)
    assert chinese > 300
    assert (roads.place_kind == int(PlaceKind.POLICE_STATION)).sum() == 9


def test_wuhan_keeps_every_segment(data_dir):
    """92,667 segments, 82,891 points, as its description says."""
    roads = read_roads([data_dir / "maps" / "wuhan.osm.pbf"], list(MODES.values()))
    assert (roads.way_count, roads.node_count) == (92_667, 82_891)


def test_judges_look_at_no_key_that_they_do_not_name(data_dir):
    """Verdicts are filed under the keys that judges name: on every set of tags of a real map the
    verdict on those keys alone is the verdict on all tags."""
    modes = list(MODES.values())
    path = str(data_dir / "maps" / "chengdu_core.osm.gz")
    ways, descriptions, nodes = way_verdicts(modes), way_descriptions(), node_judgements(modes)
    for entry in osmium.FileProcessor(path, osmium.osm.WAY).with_filter(KeyFilter("highway")):
        tags = dict(entry.tags)
        assert ways.verdict(tags) == tuple(judge_way(tags, mode) for mode in modes)
        assert descriptions.verdict(tags) == describe_way(tags)
    keys = sorted(node_tag_keys(modes))
    for entry in osmium.FileProcessor(path, osmium.osm.NODE).with_filter(KeyFilter(*keys)):
        tags = dict(entry.tags)
        judged = nodes.verdict(tags)
        assert judged.flags == describe_node(tags)
        assert judged.verdicts == tuple(judge_node(tags, mode) for mode in modes)


def test_a_real_square_is_crossed(data_dir):
    """Helsinki's centre has squares; walkers cross them, and no line is longer than 500 m."""
    roads = read_roads([data_dir / "maps" / "helsinki.osm.pbf"], [FOOT])
    across = [
        way
        for way in range(roads.way_count)
        if roads.way_flags[way] & 32 and roads.way_forward_kph["foot"][way] > 0
    ]
    assert len(across) > 100
    for way in across:
        first, last = roads.way_first_node[way : way + 2]
        nodes = roads.way_node[first:last]
        assert len(nodes) == 2
        assert abs(int(roads.node_lat_e7[nodes[0]]) - int(roads.node_lat_e7[nodes[1]])) < 45_000
