"""Names and numbers as a driver reads them."""

import pytest

from geodata.routes.road_signs import is_same_street, listed, shares_number


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("人民南路一段", "人民南路二段", True),
        ("人民南路", "人民南路四段", True),
        ("一环路东三段", "一环路北一段", True),
        ("一环路(南一段)", "一环路(南二段)", True),
        ("一环路东段", "一环路西段", True),
        ("人民路", "人民南路", False),
        ("东街", "西街", False),
        ("一段", "二段", False),
        ("Main Street", "Main Street", True),
        ("Main Street", "", False),
        ("", "", True),
    ],
)
def test_sections_of_a_street_are_that_street(one, other, same):
    """Only the counted sections at the end may differ."""
    assert is_same_street(one, other) is same
    assert is_same_street(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("G50;G42", "G42", True),
        ("A 5", "a5", True),
        ("G5", "G50", False),
        ("", "", False),
        ("", "G50", False),
    ],
)
def test_numbers_are_compared_one_by_one(one, other, same):
    """A road may carry several; no number is no common number."""
    assert shares_number(one, other) is same


def test_lists_are_written_as_people_write_them():
    """OSM's semicolons become commas, or whatever is asked for."""
    assert listed("万州;开州; 云阳;") == "万州, 开州, 云阳"
    assert listed("G50;G42", "/") == "G50/G42"
    assert listed("") == ""
