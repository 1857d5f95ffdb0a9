"""What the reader makes of small map files: ways, points, verdicts, places, and what is wrong."""

from __future__ import annotations

import gzip
import re

import numpy as np
import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.errors import MapFileError
from geodata.modes import CAR, EBIKE, FOOT, MODES, POLICE
from geodata.network import NodeFlag, PlaceKind, RoadClass
from geodata.osm.reader import ImportOptions, read_roads
from tests.geodata.osm_drawings import (
    CROSS,
    CROSSING,
    STREET,
    ids,
    lines_of,
    map_file,
    node_id,
    osm_xml,
    positions,
    text,
)

ALL_MODES = tuple(MODES.values())


def places_of(roads) -> list[tuple[str, str, str]]:
    """(kind, name, ref) of every place."""
    return [
        (PlaceKind(kind).name, text(roads, name), text(roads, ref))
        for kind, name, ref in zip(roads.place_kind, roads.place_name, roads.place_ref, strict=True)
    ]


def test_a_street_is_read_with_its_points_name_and_class(tmp_path):
    """Points in the way's order, coordinates to the last digit, the name as written."""
    drawing = "A    B\n\n  C"
    roads = read_roads([map_file(tmp_path, drawing, {7: ("ABC", STREET)})], ALL_MODES)
    assert lines_of(roads) == [(7, ids("ABC"))]
    assert RoadClass(roads.way_class[0]) is RoadClass.RESIDENTIAL
    assert text(roads, roads.way_name[0]) == "南京路"
    assert roads.texts[0] == ""
    for letter, (lon, lat) in positions(drawing).items():
        node = roads.node_osm_id.tolist().index(node_id(letter))
        assert roads.node_lon_e7[node] == round(lon * 1e7)
        assert roads.node_lat_e7[node] == round(lat * 1e7)
    assert set(roads.modes) == {"police", "car", "ebike", "foot"}
    assert roads.way_forward_kph["car"][0] > 0
    assert roads.title == "town"
    assert "OpenStreetMap" in roads.attribution
    assert not roads.warnings


def test_the_same_town_reads_the_same_in_all_four_formats(tmp_path):
    """.osm, .osm.gz, .osm.bz2 and .osm.pbf hold the same roads."""
    xml = osm_xml("A  B\nC  D", {1: ("ABDC", STREET)}, {"B": {"highway": "traffic_signals"}})
    (tmp_path / "a.osm").write_text(xml, encoding="utf-8")
    for name in ("b.osm.gz", "c.osm.bz2", "d.osm.pbf"):
        with osmium.SimpleWriter(str(tmp_path / name)) as writer:
            for entry in osmium.FileProcessor(str(tmp_path / "a.osm")):
                writer.add(entry)
    read = [read_roads([path], [CAR]) for path in sorted(tmp_path.iterdir())]
    assert len(read) == 4
    for roads in read[1:]:
        assert lines_of(roads) == lines_of(read[0])
        np.testing.assert_array_equal(roads.node_lon_e7, read[0].node_lon_e7)
        np.testing.assert_array_equal(roads.node_flags, read[0].node_flags)


def test_ways_that_no_asked_mode_may_use_are_left_out_with_their_points(tmp_path):
    """A footpath is no road for cars, a building for nobody."""
    path = map_file(
        tmp_path,
        "A  B  C\nD  E  F",
        {1: ("AB", STREET), 2: ("BC", {"highway": "steps"}), 3: ("DEFD", {"building": "yes"})},
    )
    assert lines_of(read_roads([path], [CAR])) == [(1, ids("AB"))]
    assert lines_of(read_roads([path], [CAR, FOOT])) == [(1, ids("AB")), (2, ids("BC"))]


def test_each_mode_has_its_own_verdict_on_a_one_way_street(tmp_path):
    """Cars go one way, walkers both."""
    path = map_file(tmp_path, "A B", {1: ("AB", {**STREET, "oneway": "yes"})})
    roads = read_roads([path], ALL_MODES)
    assert roads.way_backward_kph["car"][0] == 0
    assert roads.way_backward_kph["foot"][0] > 0


def test_roads_that_lost_their_one_way_tags_are_one_way_by_option(tmp_path):
    """On a map of drawn directions the named classes run as drawn; a tag still decides."""
    trunk = {"highway": "trunk"}
    path = map_file(tmp_path, "A B C", {1: ("AB", trunk), 2: ("BC", {**trunk, "oneway": "no"})})
    plain = read_roads([path], [CAR])
    assert plain.way_backward_kph["car"].tolist() == plain.way_forward_kph["car"].tolist()
    drawn = read_roads([path], [CAR], options=ImportOptions(one_way_classes=frozenset({"trunk"})))
    assert drawn.way_backward_kph["car"][0] == 0
    assert drawn.way_backward_kph["car"][1] > 0


def test_a_barrier_and_a_signal_are_noted_at_their_nodes(tmp_path):
    """A bollard stops cars but not walkers; a signal is a flag; elsewhere nothing stands."""
    path = map_file(
        tmp_path,
        "A B C D",
        {1: ("ABCD", STREET)},
        {"B": {"barrier": "bollard"}, "C": {"highway": "traffic_signals"}},
    )
    roads = read_roads([path], [CAR, FOOT])
    at = {osm_id: i for i, osm_id in enumerate(roads.node_osm_id.tolist())}
    assert roads.node_blocked["car"][at[node_id("B")]]
    assert not roads.node_blocked["foot"][at[node_id("B")]]
    assert roads.node_flags[at[node_id("C")]] & NodeFlag.SIGNALS
    assert roads.node_flags[at[node_id("A")]] == 0
    assert roads.node_blocked["car"].sum() == 1


def test_a_ferry_is_as_fast_as_its_timetable_says(tmp_path):
    """Half an hour for the way across, whatever its length."""
    path = map_file(
        tmp_path,
        "A" + " " * 200 + "B",
        {1: ("AB", {"route": "ferry", "duration": "00:30", "motor_vehicle": "yes"})},
    )
    roads = read_roads([path], [CAR])
    length_km = 201 * 0.0001 * 111.195 * np.cos(np.radians(31.0))
    assert roads.way_forward_kph["car"][0] == pytest.approx(length_km / 0.5, rel=1e-3)


def test_places_are_kept_with_name_and_number(tmp_path):
    """Toll booths, junctions, services as points or areas, police, and barriers on roads only."""
    path = map_file(
        tmp_path,
        "A B C D E\nP Q   F\nS R   G",
        {
            1: ("ABCDE", {"highway": "motorway"}),
            2: ("PQRSP", {"highway": "services", "name": "长岭服务区"}),
        },
        {
            "B": {"highway": "motorway_junction", "name": "万州", "ref": "1521"},
            "C": {"barrier": "toll_booth", "name": "万州收费站"},
            "D": {"barrier": "gate"},
            "F": {"amenity": "police", "name": "派出所"},
            "G": {"barrier": "gate"},
        },
    )
    roads = read_roads([path], ALL_MODES)
    assert places_of(roads) == [
        ("TOLL_BOOTH", "万州收费站", ""),
        ("MOTORWAY_JUNCTION", "万州", "1521"),
        ("SERVICE_AREA", "长岭服务区", ""),
        ("POLICE_STATION", "派出所", ""),
        ("BARRIER", "", ""),
    ]
    nodes = [int(node) for node in roads.place_node]
    assert [int(roads.node_osm_id[node]) if node >= 0 else None for node in nodes] == [
        node_id("C"),
        node_id("B"),
        None,
        None,
        node_id("D"),
    ]
    assert roads.place_osm_id[2] == -2
    square = positions("\nP Q\nS R")
    assert roads.place_lon_e7[2] == pytest.approx(
        sum(lon for lon, _ in square.values()) / 4 * 1e7, abs=1
    )


def test_a_police_station_drawn_with_a_hole_is_one_place(tmp_path):
    """A multipolygon's place stands at its outline, under the outline's id."""
    path = map_file(
        tmp_path,
        "A B\nP  Q\n pq\n sr\nS  R",
        {1: ("AB", STREET), 5: ("PQRSP", {}), 6: ("pqrsp", {})},
        relations={
            9: (
                ["outer:w5", "inner:w6"],
                {"type": "multipolygon", "amenity": "police", "name": "公安局"},
            )
        },
    )
    roads = read_roads([path], [CAR])
    assert places_of(roads) == [("POLICE_STATION", "公安局", "")]
    assert roads.place_osm_id.tolist() == [-5]


# --- what may be wrong with a file and can be lived with -----------------------------------------


def test_a_way_that_lacks_points_keeps_the_runs_it_has(tmp_path):
    """A hole in the middle makes two ways of one id, and is counted."""
    path = map_file(tmp_path, "A B C D E F", {4: ("ABCDEF", STREET)}, without="C")
    roads = read_roads([path], [CAR])
    assert lines_of(roads) == [(4, ids("AB")), (4, ids("DEF"))]
    assert roads.warnings["a way lacks some of its points; the rest of it was kept"] == 1


def test_a_way_of_one_point_or_none_is_left_out_and_counted(tmp_path):
    """One point, none, or twice the same are no road."""
    path = map_file(
        tmp_path,
        "A B",
        {1: ("AB", STREET), 2: ("A", STREET), 3: ("", STREET), 4: ("BB", STREET)},
    )
    roads = read_roads([path], [CAR])
    assert lines_of(roads) == [(1, ids("AB"))]
    assert roads.warnings["a way of fewer than two points was left out"] == 3


def test_a_point_repeated_in_a_row_counts_once(tmp_path):
    """ABBC is ABC."""
    roads = read_roads([map_file(tmp_path, "A B C", {1: ("ABBC", STREET)})], [CAR])
    assert lines_of(roads) == [(1, ids("ABC"))]


def test_a_point_outside_the_world_is_left_out_and_counted(tmp_path):
    """Longitude 181 can be written down but not stood upon."""
    xml = osm_xml("A B C D", {1: ("ABCD", STREET)})
    path = tmp_path / "town.osm"
    path.write_text(xml.replace('lon="108.0004000"', 'lon="181.0"'), encoding="utf-8")
    roads = read_roads([path], [CAR])
    assert lines_of(roads) == [(1, ids("AB"))]
    assert any("outside -180..180" in sentence for sentence in roads.warnings)


@pytest.mark.parametrize("value", ["nan", "1000", "here", "1e40", "-inf"])
def test_a_coordinate_that_is_no_number_of_degrees_ends_in_one_sentence(tmp_path, value):
    """Such a file was damaged by a program; it is refused with the value."""
    xml = osm_xml("A B", {1: ("AB", STREET)})
    path = tmp_path / "town.osm"
    path.write_text(xml.replace('lon="108.0000000"', f'lon="{value}"'), encoding="utf-8")
    with pytest.raises(MapFileError, match=r"town\.osm .*coordinate"):
        read_roads([path], [CAR])


@pytest.mark.parametrize("points_at_once", [1, 2, 1000])
def test_a_point_with_two_positions_is_counted(tmp_path, monkeypatch, points_at_once):
    """The last one counts, whether both are looked at together or one after the other."""
    monkeypatch.setattr("geodata.osm.points.POINTS_AT_ONCE", points_at_once)
    xml = osm_xml("A B", {1: ("AB", STREET)})
    again = '<node id="1" version="1" lon="108.5" lat="31.5"/><way id="1"'
    path = tmp_path / "town.osm"
    path.write_text(xml.replace('<way id="1"', again), encoding="utf-8")
    roads = read_roads([path], [CAR])
    assert roads.node_lon_e7[roads.node_osm_id == 1].tolist() == [1_085_000_000]
    assert roads.warnings["a point has two positions; the last one was taken"] == 1


def test_objects_not_uploaded_yet_are_read_by_their_negative_ids(tmp_path):
    """Editors number new objects downwards from -1."""
    xml = osm_xml("A B", {5: ("AB", STREET)})
    for old, new in (('id="1"', 'id="-1"'), ('ref="1"', 'ref="-1"'), ('id="5"', 'id="-5"')):
        xml = xml.replace(old, new)
    path = tmp_path / "town.osm"
    path.write_text(xml, encoding="utf-8")
    assert lines_of(read_roads([path], [CAR])) == [(-5, [-1, 2])]


def test_ids_of_any_size_take_no_more_memory(tmp_path):
    """An index by id would be petabytes long."""
    huge = 4_611_686_018_427_387_000
    xml = osm_xml("A B", {5: ("AB", STREET)}).replace('"1"', f'"{huge}"')
    path = tmp_path / "town.osm"
    path.write_text(xml.replace(f'version="{huge}"', 'version="1"'), encoding="utf-8")
    assert lines_of(read_roads([path], [CAR])) == [(5, [huge, 2])]


@pytest.mark.parametrize("number", ["9" * 30, "abc", "9223372036854775807"])
def test_an_id_that_is_no_id_ends_in_one_sentence(tmp_path, number):
    """Larger than 64 bits, or no number at all."""
    xml = osm_xml("A B", {5: ("AB", STREET)}).replace('<node id="1"', f'<node id="{number}"')
    path = tmp_path / "town.osm"
    path.write_text(xml, encoding="utf-8")
    with pytest.raises(MapFileError, match=r"town\.osm is damaged: illegal id"):
        read_roads([path], [CAR])


def test_what_an_editor_deleted_is_not_read(tmp_path):
    """JOSM keeps deleted objects in the file, marked."""
    xml = osm_xml("A B C", {1: ("AB", STREET), 2: ("BC", STREET)})
    path = tmp_path / "town.osm"
    path.write_text(xml.replace('<way id="2"', '<way action="delete" id="2"'), encoding="utf-8")
    assert lines_of(read_roads([path], [CAR])) == [(1, ids("AB"))]
    path.write_text(xml.replace('<node id="3"', '<node action="delete" id="3"'), encoding="utf-8")
    assert lines_of(read_roads([path], [CAR])) == [(1, ids("AB"))]


def test_a_file_whose_ways_come_before_its_points_is_read(tmp_path):
    """The order of a file does not matter."""
    lines = osm_xml("A B", {1: ("AB", STREET)}).splitlines()
    path = tmp_path / "town.osm"
    path.write_text("\n".join([*lines[:2], *reversed(lines[2:-1]), lines[-1]]), encoding="utf-8")
    assert lines_of(read_roads([path], [CAR])) == [(1, ids("AB"))]


def test_xml_that_ends_in_the_middle_names_the_line(tmp_path):
    """A download that stopped."""
    xml = osm_xml("A B", {1: ("AB", STREET)})
    path = tmp_path / "town.osm"
    path.write_text(xml[:-40], encoding="utf-8")
    with pytest.raises(MapFileError, match=r"town\.osm is damaged: .*line \d+") as error:
        read_roads([path], [CAR])
    assert error.value.__cause__ is None


def test_a_name_that_says_nothing_does_not_matter(tmp_path):
    """The content tells the format, and the file is read by it."""
    path = map_file(tmp_path, "A B", {1: ("AB", STREET)}, name="town")
    assert lines_of(read_roads([path], [CAR])) == [(1, ids("AB"))]


def plain_pbf(folder):
    """A crossing as .osm.pbf without compression, so that changed bytes reach the decoder."""
    xml = osm_xml(
        CROSS,
        CROSSING,
        {"O": {"barrier": "gate"}},
        {8: (["from:w1", "via:nO", "to:w3"], {"type": "restriction", "restriction": "no_exit"})},
    )
    (folder / "crossing.osm").write_text(xml, encoding="utf-8")
    path = folder / "crossing.osm.pbf"
    target = osmium.io.File(str(path), "pbf,pbf_compression=none")
    with osmium.SimpleWriter(target, overwrite=True) as writer:
        for entry in osmium.FileProcessor(str(folder / "crossing.osm")):
            writer.add(entry)
    return path


@pytest.mark.parametrize("garbage", [b"ab\xe5", b"\xe5ab", b"\xff\xff\xff", b"\xed\xa0\x80"])
def test_text_that_is_not_utf8_ends_in_one_sentence_or_in_other_text(tmp_path, garbage):
    """What is read can be written again."""
    path = plain_pbf(tmp_path)
    data = path.read_bytes()
    assert data.count("路".encode()) == 1
    path.write_bytes(data.replace("路".encode(), garbage))
    try:
        roads = read_roads([path], [CAR])
    except MapFileError as error:
        assert "crossing.osm.pbf is damaged" in str(error)  # noqa: PT017 - it may be read
    else:
        assert "".join(roads.texts).encode()


@given(st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_changed_end_in_roads_or_in_one_sentence(tmp_path, data):
    """Whatever happens to a file on its way, nothing else than MapFileError comes out."""
    whole = plain_pbf(tmp_path).read_bytes()
    if data.draw(st.booleans(), "as XML"):
        whole = (tmp_path / "crossing.osm").read_bytes()
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4), "changes")):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "broken"
    path.write_bytes(broken[: data.draw(st.sampled_from([None, len(broken) // 2]))])
    try:
        roads = read_roads([path], [CAR, FOOT])
    except MapFileError as error:
        assert "\n" not in str(error)  # noqa: PT017 - reading may also succeed
    else:
        assert roads.way_count > 0


def test_a_history_file_is_refused_with_the_remedy(tmp_path):
    """Every version of every road at once is no map."""
    path = tmp_path / "town.osh.pbf"
    (tmp_path / "town.osm").write_text(osm_xml("A B", {1: ("AB", STREET)}), encoding="utf-8")
    header = osmium.io.Header()
    header.has_multiple_object_versions = True
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for entry in osmium.FileProcessor(str(tmp_path / "town.osm")):
            writer.add(entry)
    with pytest.raises(MapFileError, match="osmium time-filter"):
        read_roads([path], [CAR])


@pytest.mark.parametrize(
    ("ways", "says"),
    [
        ({}, "holds no road that may be used by car"),
        ({1: ("ABCA", {"building": "yes"})}, "holds no road"),
        ({1: ("AB", {"highway": "footway"})}, "holds no road"),
        ({1: ("XY", STREET)}, "not the points"),
        ({1: ("A", STREET), 2: ("", STREET)}, "no road of two points or more"),
    ],
)
def test_a_file_without_a_usable_road_says_what_to_do(tmp_path, ways, says):
    """Buildings only, footpaths only, ways without any of their points, or of one point."""
    with pytest.raises(MapFileError, match=says):
        read_roads([map_file(tmp_path, "A B C", ways)], [CAR])


def test_a_map_in_metres_is_told_so(tmp_path):
    """Coordinates of a national grid lie outside all degrees."""
    path = tmp_path / "town.osm"
    metres = re.sub(
        r'lon="[^"]+" lat="[^"]+"', 'lon="200" lat="95"', osm_xml("A B", {1: ("AB", STREET)})
    )
    path.write_text(metres, encoding="utf-8")
    with pytest.raises(MapFileError, match=r"points lie outside -180\.\.180.* in degrees"):
        read_roads([path], [CAR])


def test_progress_runs_from_nothing_to_all_in_every_step(tmp_path):
    """Shares never fall within a step and end at one."""
    told: dict[str, list[float]] = {}
    read_roads(
        [map_file(tmp_path, "A B", {1: ("AB", STREET)})],
        [CAR],
        lambda doing, share: told.setdefault(doing, []).append(share),
    )
    assert list(told) == ["checking files", "reading ways", "reading points", "joining"]
    for shares in told.values():
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


# --- several files -------------------------------------------------------------------------------


def test_extracts_that_overlap_become_one_map(tmp_path):
    """Roads in both come once; a point that one file lacks comes from the other."""
    drawing = "A B C D"
    both = (2, ("BC", STREET))
    west = map_file(
        tmp_path, drawing, dict([(1, ("AB", STREET)), both]), without="CD", name="west.osm"
    )
    east = map_file(
        tmp_path, drawing, dict([both, (3, ("CD", STREET))]), without="AB", name="east.osm.gz"
    )
    east.write_bytes(gzip.compress(east.read_bytes()))
    roads = read_roads([west, east], [CAR])
    assert sorted(lines_of(roads)) == [(1, ids("AB")), (2, ids("BC")), (3, ids("CD"))]
    assert roads.title == "west, east"
    assert not roads.warnings


def test_a_way_that_each_extract_cut_at_the_border_is_whole_again(tmp_path):
    """One file has ABC, the other CDE of the same way; where they overlap nothing doubles."""
    drawing = "A B C D E"
    west = map_file(tmp_path, drawing, {1: ("ABCD", STREET)}, name="west.osm")
    east = map_file(tmp_path, drawing, {1: ("CDE", STREET)}, name="east.osm")
    assert sorted(lines_of(read_roads([west, east], [CAR]))) == [
        (1, ids("ABCD")),
        (1, ids("DE")),
    ]


def test_of_two_versions_of_a_way_the_newer_one_counts(tmp_path):
    """In whichever order the files are given."""
    old = map_file(tmp_path, "A B C", {1: ("AB", STREET)}, name="old.osm", version=1)
    new = map_file(
        tmp_path,
        "A B C",
        {1: ("ABC", {"highway": "primary", "name": "新路"})},
        name="new.osm",
        version=2,
    )
    for files in ([old, new], [new, old]):
        roads = read_roads(files, [CAR])
        assert lines_of(roads) == [(1, ids("ABC"))]
        assert text(roads, roads.way_name[0]) == "新路"


def test_a_way_that_comes_twice_in_one_file_is_merged_and_counted(tmp_path):
    """That is damage, but nothing is lost."""
    xml = osm_xml("A B", {1: ("AB", STREET)})
    way = next(line for line in xml.splitlines() if line.startswith("<way"))
    path = tmp_path / "town.osm"
    path.write_text(xml.replace(way, way + way + way), encoding="utf-8")
    roads = read_roads([path], [CAR])
    assert lines_of(roads) == [(1, ids("AB"))]
    assert roads.warnings["a way that comes more than once was merged"] == 2


def test_police_and_ebikes_are_asked_like_all_others(tmp_path):
    """Every mode given gets arrays of its own, in the order given."""
    roads = read_roads([map_file(tmp_path, "A B", {1: ("AB", STREET)})], [EBIKE, POLICE])
    assert roads.modes == ("ebike", "police")
    assert set(roads.node_blocked) == {"ebike", "police"}
