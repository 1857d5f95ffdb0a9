"""Ways and relations as lines of text: whatever a mapper typed comes out as it went in."""

from __future__ import annotations

import os

import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import MapFileError
from geodata.modes import CAR
from geodata.osm import parsing, read_roads
from geodata.osm.map_file import check_map_file
from geodata.osm.opl import (
    decode_members,
    decode_refs,
    decode_tags,
    read_line,
    read_node_line,
)
from geodata.osm.parsing import Parsings
from tests.geodata.osm_drawings import map_file

# what XML can carry: no control characters, no surrogates
words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufffe\uffff"),
    max_size=20,
)
tag_sets = st.dictionaries(words.filter(lambda key: key not in ("", "highway")), words, max_size=4)
node_ids = st.integers(-(2**62), 2**62).filter(bool)


def lines_of(folder, objects):
    """What comes out for the objects, by way of a .osm.pbf file and the parser's process."""
    path = folder / "some.osm.pbf"
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for entry in objects:
            writer.add(entry)
    return parsed_lines(path, "ways", ["highway"])


def parsed_lines(path, task, keys):
    with Parsings([(check_map_file(path), task, keys)]) as parsings:
        found = parsings.finish_next(lambda share: None).found["lines"].readlines()
    return [read_node_line(line) if line[:1] == b"n" else read_line(line) for line in found]


@given(tag_sets, st.lists(node_ids, max_size=12), node_ids, st.integers(0, 2**31 - 1))
@settings(max_examples=40, deadline=None)
def test_a_way_comes_out_as_it_went_in(tmp_path_factory, tags, refs, osm_id, version):
    """Any text, any ids, empty or not; tags under one key twice cannot be."""
    way = osmium.osm.mutable.Way(
        id=osm_id, version=version, tags={**tags, "highway": "path"}, nodes=refs
    )
    (line,) = lines_of(tmp_path_factory.mktemp("opl"), [way])
    tags["highway"] = "path"
    assert (line.osm_id, line.version) == (osm_id, version)
    assert decode_tags(line.tags) == tags
    assert decode_refs(line.refs).tolist() == refs


@given(st.lists(st.tuples(st.sampled_from("nwr"), st.integers(1, 2**60), words), max_size=6))
@settings(max_examples=30, deadline=None)
def test_a_relation_comes_out_as_it_went_in(tmp_path_factory, members):
    """Members keep their order, their types and their roles."""
    relation = osmium.osm.mutable.Relation(id=5, tags={"type": "restriction"}, members=members)
    (line,) = lines_of(tmp_path_factory.mktemp("opl"), [relation])
    assert decode_members(line.members) == tuple(members)


@given(
    tag_sets,
    st.integers(1, 2**60),
    st.integers(-1_800_000_000, 1_800_000_000),
    st.integers(-900_000_000, 900_000_000),
)
@settings(max_examples=30, deadline=None)
def test_a_node_comes_out_where_it_went_in(tmp_path_factory, tags, osm_id, lon_e7, lat_e7):
    """To the last digit."""
    folder = tmp_path_factory.mktemp("opl")
    node = osmium.osm.mutable.Node(
        id=osm_id, tags={**tags, "highway": "stop"}, location=(lon_e7 / 1e7, lat_e7 / 1e7)
    )
    with osmium.SimpleWriter(str(folder / "some.osm.pbf")) as writer:
        writer.add(node)
    (line,) = parsed_lines(folder / "some.osm.pbf", "points", ["highway"])
    assert (line.osm_id, line.lon_e7, line.lat_e7) == (osm_id, lon_e7, lat_e7)
    assert decode_tags(line.tags) == {**tags, "highway": "stop"}


def test_an_object_that_was_deleted_is_no_object(tmp_path):
    """``dD`` in its line, or a node that stands nowhere."""
    assert read_line(b"w1 v1 dV Thighway=path Nn1,n2\n").osm_id == 1
    assert read_line(b"w1 v1 dD T N\n") is None
    assert read_node_line(b"n1 v1 dV T x1.5 y2.5\n").lat_e7 == 25_000_000
    assert read_node_line(b"n1 v1 dD T x1.5 y2.5\n") is None
    assert read_node_line(b"n1 v1 dV T x y\n") is None


def test_only_what_is_asked_for_becomes_a_line(tmp_path):
    """Buildings never reach this process."""
    path = map_file(
        tmp_path, "A B", {1: ("AB", {"highway": "path"}), 2: ("AB", {"building": "yes"})}
    )
    assert [way.osm_id for way in parsed_lines(path, "ways", ["highway"])] == [1]


def test_a_crash_of_the_parser_ends_in_one_sentence(tmp_path, monkeypatch):
    """The parser is made to end as by a segmentation fault."""
    crashing = tmp_path / "parser.py"
    crashing.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(parsing, "_PARSER", crashing)
    path = map_file(tmp_path, "A B", {1: ("AB", {"highway": "path"})})
    with pytest.raises(MapFileError, match="makes the parser crash"):
        read_roads([path], [CAR])


def test_no_parser_is_left_running_when_another_one_fails(tmp_path, monkeypatch):
    """The run ahead is ended, whatever it does."""
    sleeping = tmp_path / "parser.py"
    sleeping.write_text(
        "import json, sys, time\n"
        "if json.loads(sys.argv[1])['task'] == 'points': time.sleep(600)\n"
        "sys.exit(1)\n"
    )
    monkeypatch.setattr(parsing, "_PARSER", sleeping)
    file = check_map_file(map_file(tmp_path, "A B", {1: ("AB", {"highway": "path"})}))
    with Parsings([(file, "ways", []), (file, "points", [])]) as parsings:
        with pytest.raises(MapFileError):
            parsings.finish_next(lambda share: None)
        running = [run._process for run in parsings._runs]
        assert running[1].poll() is None
    assert all(process.poll() is not None for process in running)


def test_a_system_without_files_in_memory_uses_temporary_ones(tmp_path, monkeypatch):
    """Linux has memfd_create, others do not."""
    monkeypatch.delattr(os, "memfd_create")
    path = map_file(tmp_path, "A B", {1: ("AB", {"highway": "residential", "name": "a,b=c% 路"})})
    roads = read_roads([path], [CAR])
    assert roads.way_osm_id.tolist() == [1]
    assert "a,b=c% 路" in roads.texts
