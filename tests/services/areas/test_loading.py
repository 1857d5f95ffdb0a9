"""Loading areas: all that fit together, or none; what does not fit is told."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
import shapely

from geodata.coordinates import from_wgs84
from geodata.sketch import sketch_areas
from services.areas import loading
from services.areas.checks import Misfit, area_m2
from services.areas.geojson import read_collection
from services.areas.loading import load_areas, remove_areas
from services.areas.lookup import Areas
from services.errors import LoadError
from services.jurisdictions import Jurisdictions
from services.ledger.database import Ledger
from tests.services.areas.squares import UNIT, WHOLE, box, collection, feature, lon_lat

UNIT_M2 = (111_195.08 * UNIT) ** 2 * np.cos(np.radians(30.005))
"""Ground of one unit squared, to within 0.1 %."""


@pytest.fixture
def ledger(ledger_url):
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


def found(*features, crs=None, **members):
    return read_collection(json.dumps(collection(*features, **members)).encode(), "x.geojson", crs)


def paths(ledger: Ledger) -> list[str]:
    return [area.jurisdiction for area in Areas.load(ledger)]


def test_areas_that_fit_are_loaded_and_found_again(ledger):
    """What is in the file is in the ledger, and a place finds its grid."""
    report = load_areas(ledger, found(*WHOLE))
    assert (report.loaded, report.removed, report.total) == (5, 0, 5)
    areas = Areas.load(ledger)
    assert [area.jurisdiction for area in areas] == [
        "w", "w/east", "w/west", "w/west/v", "w/west/v/g",
    ]  # fmt: skip
    assert areas.at(*lon_lat(2, 2)).jurisdiction == "w/west/v/g"
    assert areas.get("w").code == "500101"
    assert shapely.equals_exact(
        areas.get("w/west").geometry.normalize(), box(0, 0, 5, 10).normalize(), 0.0
    )


def test_gaps_and_overlaps_are_told_in_square_metres_and_where(ledger):
    """A grid that leaves half a village over; two stations that claim the same strip."""
    report = load_areas(
        ledger, found(*WHOLE[:2], feature("w/east", "station", 4, 0, 10, 9), *WHOLE[3:])
    )
    gaps = {gap.jurisdiction: gap for gap in report.fit.of(Misfit.GAP)}
    assert set(gaps) == {"w", "w/west", "w/west/v"}
    assert gaps["w"].area_m2 == pytest.approx(5 * UNIT_M2, rel=1e-3)
    assert box(5, 9, 10, 10).contains(shapely.Point(gaps["w"].lon, gaps["w"].lat))
    assert gaps["w/west/v"].share == pytest.approx(16 / 25, rel=1e-3)
    (overlap,) = report.fit.of(Misfit.OVERLAP)
    assert {overlap.jurisdiction, overlap.other} == {"w/west", "w/east"}
    assert overlap.area_m2 == pytest.approx(9 * UNIT_M2, rel=1e-3)
    assert box(4, 0, 5, 9).contains(shapely.Point(overlap.lon, overlap.lat))
    assert "m²" in overlap.sentence


def test_a_child_that_leaves_its_parent_is_told_with_the_share_outside(ledger):
    """A tenth of the station lies beyond the district's border."""
    report = load_areas(ledger, found(WHOLE[0], feature("w/s", "station", 5, 0, 10.5, 10)))
    (outside,) = report.fit.of(Misfit.OUTSIDE_PARENT)
    assert (outside.jurisdiction, outside.other) == ("w/s", "w")
    assert outside.share == pytest.approx(0.5 / 5.5, rel=1e-3)


def test_slivers_are_counted_and_not_told(ledger):
    """Borders drawn a hand's breadth apart are no news."""
    report = load_areas(
        ledger, found(WHOLE[0], WHOLE[1], feature("w/east", "station", 5.0001, 0, 10, 10))
    )
    assert report.fit.findings == ()
    assert report.fit.slivers == 1
    assert 5 < report.fit.slivers_m2 < 20


def test_an_area_outside_its_parent_is_refused(ledger):
    """Somebody who forgot the coordinate system or mistook the parent."""
    with pytest.raises(LoadError, match=r"100% outside its parent w.*crs"):
        load_areas(ledger, found(WHOLE[0], feature("w/s", "station", 20, 0, 30, 10)))


def test_a_shifted_file_says_its_coordinate_system(ledger):
    """GCJ-02 in, WGS-84 kept: said by the collection, or by the caller."""
    corners = shapely.get_coordinates(box(0, 0, 5, 10))
    shifted = feature("w", "district", 0, 0, 1, 1)
    shifted["geometry"]["coordinates"] = [
        np.column_stack(from_wgs84(corners[:, 0], corners[:, 1], "gcj02")).tolist()
    ]
    for said in ({"crs": "gcj02"}, None):
        one = found(shifted, **said) if said else found(shifted, crs="gcj02")
        load_areas(ledger, one)
        kept = Areas.load(ledger).get("w").geometry
        assert shapely.hausdorff_distance(kept, box(0, 0, 5, 10)) < 1e-8


def test_codes_and_parents_make_the_path(ledger):
    """As public collections write them: adcode, and the parent's adcode."""
    features = [
        feature(None, "station", 0, 0, 5, 10, code="s1", parent=500101, name="West"),
        feature(None, "district", 0, 0, 10, 10, adcode=500101, name="W"),
        feature(None, "village", 0, 0, 5, 5, code=7, parent={"adcode": "s1"}, name="V"),
    ]
    load_areas(ledger, found(*features))
    assert paths(ledger) == ["500101", "500101/s1", "500101/s1/7"]
    load_areas(ledger, found(feature(None, "station", 5, 0, 10, 10, code="s2", parent="500101")))
    assert paths(ledger) == ["500101", "500101/s1", "500101/s1/7", "500101/s2"]


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ([feature("w/s", "station", 0, 0, 1, 1)], "needs its parent w"),
        (
            [feature(None, "station", 0, 0, 1, 1, code="s", parent="q")],
            "inside q, which is neither",
        ),
        ([feature(None, "station", 0, 0, 1, 1)], "neither 'jurisdiction' nor 'code'"),
        ([WHOLE[1], WHOLE[1]], "are both w/west"),
        ([WHOLE[0], feature("w/s", "district", 0, 0, 1, 1)], "is a district inside the district w"),
        ([feature("w x", "district", 0, 0, 1, 1)], "no usable path"),
        (
            [feature("w", "province", 0, 0, 1, 1)],
            r"value 'province' - at properties.level; accepted are city, district, station",
        ),
        ([feature("w", "district", 0, 0, 0, 1)], "encloses no ground"),
        ([feature("w", "district", 0, 0, 90_000, 1)], "not on the globe"),
        (
            [
                feature(None, "station", 0, 0, 1, 1, code="a", parent="b"),
                feature(None, "station", 0, 0, 1, 1, code="b", parent="a"),
            ],
            "inside itself",
        ),
        (
            [
                feature("a", "station", 0, 0, 1, 1, code="k"),
                feature("b", "station", 0, 0, 1, 1, code="k"),
            ],
            "have the code k",
        ),
        (
            [WHOLE[0], feature("w/a", "station", 0, 0, 1, 1, parent="w/b")],
            "inside w/b, which is neither",
        ),
    ],
)
def test_a_file_that_cannot_be_right_changes_nothing(ledger, features, sentence):
    """One sentence, and the areas of before."""
    before = [feature("k", "district", 50, 50, 60, 60)]
    load_areas(ledger, found(*before))
    with pytest.raises(LoadError, match=sentence):
        load_areas(ledger, found(*features))
    assert paths(ledger) == ["k"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not json", "no GeoJSON FeatureCollection"),
        (b'{"type": "Feature"}', "no GeoJSON FeatureCollection"),
        (b"[" * 100_000, "no GeoJSON FeatureCollection"),
        (b'{"type":"FeatureCollection","features":[],"crs":"utm"}', "wgs84, gcj02, bd09"),
        (
            b'{"type":"FeatureCollection","features":[],"crs":{"type":"name","properties":'
            b'{"name":"urn:ogc:def:crs:EPSG::32648"}}}',
            "EPSG::32648: convert it",
        ),
    ],
)
def test_what_is_no_collection_is_refused_in_one_sentence(content, sentence):
    """Anything may be in a file."""
    with pytest.raises(LoadError, match=sentence):
        read_collection(content, "x.geojson")


def test_a_feature_that_cannot_be_read_is_named_as_its_author_would_look_for_it():
    """By its number, counted from 1, and by its jurisdiction, else its code, else its name; not by
    where a program found it."""
    good = feature("w", "district", 0, 0, 10, 10)

    def refusal(change, **properties):
        bad = feature(None, "station", 0, 0, 5, 10)
        bad["properties"] = {"level": "station"} | properties
        change(bad)
        document = collection(good, good, bad)
        with pytest.raises(LoadError) as caught:
            read_collection(json.dumps(document).encode(), "x.geojson")
        return str(caught.value)

    def nothing(bad):
        pass

    assert refusal(nothing, jurisdiction="w/west") == (
        "x.geojson, feature 3 (w/west) has no 'name' in its properties: give it one."
    )
    assert "x.geojson, feature 3 (500101) has no 'name'" in refusal(nothing, adcode=500101)
    assert "x.geojson, feature 3 has no 'name'" in refusal(nothing)
    told = refusal(nothing, jurisdiction="w/west", name=None)
    assert "feature 3 (w/west) cannot be read: Expected `str`, got `null` - at " in told
    told = refusal(lambda bad: bad.pop("geometry"), name="West")
    assert "feature 3 (West) cannot be read: Object missing required field `geometry`." in told
    told = refusal(lambda bad: bad.update(properties=None))
    assert "x.geojson, feature 3 cannot be read: Expected `object`, got `null`" in told


@pytest.mark.parametrize(
    "name",
    ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4490"],
)
def test_older_programs_name_wgs84_in_their_own_ways(name):
    """CGCS2000 (EPSG:4490) is the same to centimetres."""
    crs = {"type": "name", "properties": {"name": name}}
    assert (
        len(
            found(WHOLE[0], crs=None)
            and read_collection(json.dumps(collection(WHOLE[0], crs=crs)).encode(), "x")
        )
        == 1
    )


def test_broken_rings_are_repaired_and_said(ledger):
    """A bow tie, and a ring that does not close."""
    bow = feature("w", "district", 0, 0, 10, 10)
    bow["geometry"]["coordinates"] = [[lon_lat(*p) for p in ((0, 0), (10, 10), (10, 0), (0, 10))]]
    report = load_areas(ledger, found(bow))
    (repair,) = report.fit.of(Misfit.REPAIRED)
    assert "not closed" in repair.word
    assert "Self-intersection" in repair.word
    kept = Areas.load(ledger).get("w").geometry
    assert kept.is_valid
    assert float(area_m2(kept)) == pytest.approx(50 * UNIT_M2, rel=1e-3)


def test_loading_again_replaces_what_has_the_same_path_only(ledger):
    """A corrected file of one district leaves the next one alone."""
    load_areas(ledger, found(*WHOLE, feature("k", "district", 50, 50, 60, 60)))
    report = load_areas(ledger, found(feature("w/east", "station", 5, 0, 10, 9)))
    assert (report.loaded, report.removed, report.total) == (1, 0, 6)
    assert [gap.jurisdiction for gap in report.fit.of(Misfit.GAP)] == ["w"]


def test_what_is_replaced_as_a_whole_loses_what_is_not_in_the_new_file(ledger):
    """Grids that were dissolved; never an area whose children stay."""
    load_areas(ledger, found(*WHOLE, feature("k", "district", 50, 50, 60, 60)))
    with pytest.raises(LoadError, match=r"needs its parent w/west|lose its parent w/west"):
        load_areas(ledger, found(WHOLE[0], WHOLE[2], WHOLE[3]), replacing=["w"])
    report = load_areas(ledger, found(*WHOLE[:3]), replacing=["w"])
    assert (report.loaded, report.removed) == (3, 2)
    assert paths(ledger) == ["k", "w", "w/east", "w/west"]


def test_an_area_is_removed_with_all_below_it(ledger):
    """And only that."""
    load_areas(ledger, found(*WHOLE, feature("w-2", "district", 50, 50, 60, 60)))
    assert remove_areas(ledger, "w/west") == 3
    assert remove_areas(ledger, "w/west") == 0
    assert paths(ledger) == ["w", "w/east", "w-2"]


def test_nobody_loads_areas_outside_what_they_hold(ledger):
    """Nor replaces them, nor learns of a neighbour's codes."""
    load_areas(ledger, found(*WHOLE, feature("k", "district", 50, 50, 60, 60, code="500154")))
    held = Jurisdictions(["w"])
    with pytest.raises(LoadError, match="outside the jurisdictions"):
        load_areas(ledger, found(feature("k", "district", 50, 50, 61, 60)), held=held)
    with pytest.raises(LoadError, match="outside the jurisdictions"):
        load_areas(ledger, found(WHOLE[0]), replacing=["k"], held=held)
    stranger = feature(None, "station", 50, 50, 51, 51, code="s", parent="500154")
    with pytest.raises(LoadError, match="neither in the files nor loaded"):
        load_areas(ledger, found(stranger), held=held)
    load_areas(ledger, found(feature("w/east", "station", 5, 0, 10, 9)), held=held)
    assert paths(ledger) == ["k", "w", "w/east", "w/west", "w/west/v", "w/west/v/g"]


def test_two_who_load_at_once_do_not_make_orphans(ledger, monkeypatch):
    """The one that comes second checks again, with what the first one did."""
    load_areas(ledger, found(*WHOLE))
    reached, go_on = threading.Event(), threading.Event()
    checked = loading.fit_of

    def slow_fit(*arguments):
        reached.set()
        assert go_on.wait(30)
        return checked(*arguments)

    failures: list[str] = []

    def load_child():
        try:
            load_areas(ledger, found(feature("w/east/v", "village", 6, 1, 9, 9)))
        except LoadError as error:
            failures.append(str(error))

    monkeypatch.setattr(loading, "fit_of", slow_fit)
    child = threading.Thread(target=load_child)
    child.start()
    assert reached.wait(30)
    remove_areas(ledger, "w/east")
    go_on.set()
    child.join(30)
    assert failures == [
        "x.geojson, feature 1 (w/east/v) needs its parent w/east, which is neither in the files "
        "nor loaded."
    ]
    assert "w/east/v" not in paths(ledger)


def test_the_areas_of_the_sketch_fit_exactly(tmp_path):
    """Nothing overlaps, nothing is left over, and every level is there."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    report = load_areas(ledger, read_collection(json.dumps(sketch_areas()).encode(), "sketch"))
    assert report.total > 1_000
    assert report.fit.findings == ()
    assert report.fit.slivers_m2 < 1.0
    area = Areas.load(ledger).at(108.3760, 30.8160)
    assert (area.district, area.station) == ("500101", "500101/gaosuntang")
    assert area.grid.startswith(f"{area.village}/")
