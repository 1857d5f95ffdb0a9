"""Ways and relations as lines of text: whatever a mapper typed comes out as it went in."""

from __future__ import annotations

import os

import osmium
from hypothesis import given, settings
from hypothesis import strategies as st
from osmium.filter import KeyFilter
from osmium.osm import RELATION, WAY

from geodata.modes import CAR
from geodata.osm import read_roads
from geodata.osm.opl import (
    decode_members,
    decode_refs,
    decode_tags,
    picked_lines,
    read_line,
)
from tests.geodata.osm_drawings import map_file

# what XML can carry: no control characters, no surrogates
words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufffe\uffff"),
    max_size=20,
)
tag_sets = st.dictionaries(words.filter(lambda key: key not in ("", "highway")), words, max_size=4)
node_ids = st.integers(-(2**62), 2**62).filter(bool)


def lines_of(folder, objects):
    """What comes out for the objects, by way of a .osm.pbf file."""
    path = folder / "some.osm.pbf"
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for entry in objects:
            writer.add(entry)
    with picked_lines(osmium.io.File(str(path)), WAY | RELATION) as lines:
        return [read_line(line) for line in lines]


@given(tag_sets, st.lists(node_ids, max_size=12), node_ids, st.integers(0, 2**31 - 1))
@settings(max_examples=80, deadline=None)
def test_a_way_comes_out_as_it_went_in(tmp_path_factory, tags, refs, osm_id, version):
    """Any text, any ids, empty or not; tags under one key twice cannot be."""
    way = osmium.osm.mutable.Way(id=osm_id, version=version, tags=tags, nodes=refs)
    (line,) = lines_of(tmp_path_factory.mktemp("opl"), [way])
    assert (line.osm_id, line.version) == (osm_id, version)
    assert decode_tags(line.tags) == tags
    assert decode_refs(line.refs).tolist() == refs


@given(st.lists(st.tuples(st.sampled_from("nwr"), st.integers(1, 2**60), words), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_relation_comes_out_as_it_went_in(tmp_path_factory, members):
    """Members keep their order, their types and their roles."""
    relation = osmium.osm.mutable.Relation(id=5, tags={"type": "x"}, members=members)
    (line,) = lines_of(tmp_path_factory.mktemp("opl"), [relation])
    assert decode_members(line.members) == tuple(members)


def test_an_object_that_was_deleted_is_no_object(tmp_path):
    """``dD`` in its line."""
    path = tmp_path / "some.osm"
    path.write_text(
        '<osm version="0.6"><way id="1"><nd ref="1"/></way><way id="2" visible="false"/></osm>'
    )
    with picked_lines(osmium.io.File(str(path)), WAY) as lines:
        entries = [read_line(line) for line in lines]
    assert [entry and entry.osm_id for entry in entries] == [1, None]


def test_only_what_passes_the_filters_becomes_a_line(tmp_path):
    """Buildings never reach Python."""
    path = map_file(
        tmp_path, "A B", {1: ("AB", {"highway": "path"}), 2: ("AB", {"building": "yes"})}
    )
    with picked_lines(osmium.io.File(str(path)), WAY, KeyFilter("highway")) as lines:
        assert [read_line(line).osm_id for line in lines] == [1]


def test_a_system_without_files_in_memory_uses_temporary_ones(tmp_path, monkeypatch):
    """Linux has memfd_create, others do not."""
    monkeypatch.delattr(os, "memfd_create")
    path = map_file(tmp_path, "A B", {1: ("AB", {"highway": "residential", "name": "a,b=c% 路"})})
    roads = read_roads([path], [CAR])
    assert roads.way_osm_id.tolist() == [1]
    assert "a,b=c% 路" in roads.texts
