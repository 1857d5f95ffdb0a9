"""Bank branches from tables."""

from __future__ import annotations

import json

import pytest

from services.areas.lookup import Areas
from services.branch_files import read_branches
from services.branches import Branch, BranchBook, put_branches, remove_branch
from services.errors import LoadError
from services.jurisdictions import Jurisdictions
from services.ledger.database import Ledger
from tests.services.areas.squares import four_squares, lon_lat

LON, LAT = lon_lat(8, 8)
AREAS = four_squares()


def table(*rows: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(("id,name,lon,lat,jurisdiction", *rows)).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read_in_the_encodings_that_spreadsheets_write(encoding):
    """And a branch without a jurisdiction belongs to the area that it lies in."""
    content = table(f"1,工行高笋塘支行,{LON},{LAT},", f'2,"A, B",{LON},{LAT},k', encoding=encoding)
    assert read_branches(content, "b.csv", AREAS) == [
        Branch("w/east", "1", "工行高笋塘支行", LON, LAT),
        Branch("k", "2", "A, B", LON, LAT),
    ]


def test_json_is_read_too():
    """A list, or an object with the list; ids may have a leading zero, so they are texts."""
    rows = [{"id": "01", "name": "x", "lon": LON, "lat": LAT}]
    for document in (rows, {"branches": rows}):
        found = read_branches(json.dumps(document).encode(), "b.json", AREAS, "w")
        assert found == [Branch("w", "01", "x", LON, LAT)]


def test_shifted_coordinates_are_converted():
    """Said for the whole file or by a row."""
    by_file = read_branches(table(f"1,x,{LON},{LAT},w"), "b.csv", AREAS, crs="gcj02")
    rows = [{"id": "1", "name": "x", "lon": LON, "lat": LAT, "crs": "gcj02"}]
    by_row = read_branches(json.dumps(rows).encode(), "b.json", AREAS, "w")
    assert by_file == by_row
    assert by_file[0].lon != pytest.approx(LON, abs=1e-4)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (table("1,x,200,30,w"), "row 2 cannot be read.*<= 180"),
        (table("1,x,nan,30,w"), "row 2 cannot be read"),
        (table(f",x,{LON},{LAT},w"), "row 2 cannot be read.*id"),
        (table("1,x,0,0,"), r"row 2 \(x\) lies in no loaded area"),
        (table(f"1,x,{LON},{LAT},a b"), "'a b', which is no path"),
        (table(f"1,x,{LON},{LAT},w,more"), "row 2 cannot be read"),
        (table(f"1,x,{LON},{LAT},w", f"1,y,{LON},{LAT},w"), "row 3 has the id 1 a second time"),
        (b"id,name\n1,x", "no column lat, lon"),
        (b"", "no column"),
        (b"\xff\xff\xff", "neither UTF-8 nor GB 18030"),
        (b'id,name,lon,lat\n"1,x', "is no CSV"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_in_one_sentence(content, sentence):
    """And the row is named."""
    with pytest.raises(LoadError, match=sentence):
        read_branches(content, "b.csv", AREAS)


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"not json", b'{"branches": 1}'])
def test_json_that_is_no_list_of_branches_is_refused(content):
    """In one sentence."""
    with pytest.raises(LoadError, match=r"b\.json is no"):
        read_branches(content, "b.json", Areas())


def test_branches_are_kept_replaced_and_found_by_id(ledger_url):
    """By id within a jurisdiction; a caller finds those of the jurisdictions held."""
    ledger = Ledger(ledger_url)
    put = [Branch("w", "1", "a", LON, LAT), Branch("w/east", "1", "b", LON, LAT)]
    assert put_branches(ledger, put) == 2
    put_branches(ledger, [Branch("w", "1", "c", LON + 1, LAT), Branch("k", "1", "d", LON, LAT)])
    book = BranchBook.load(ledger)
    names = {path: [one.name for one in book.find("1", Jurisdictions([path]))] for path in "wk"}
    assert names == {"w": ["c", "b"], "k": ["d"]}
    assert book.find("2", Jurisdictions(["*"])) == []
    assert remove_branch(ledger, "w", "1")
    assert not remove_branch(ledger, "w", "1")
    assert [one.name for one in BranchBook.load(ledger)] == ["d", "b"]
    ledger.close()
