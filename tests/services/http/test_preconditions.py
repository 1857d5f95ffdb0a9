"""The version that somebody has seen, as HTTP says it."""

from __future__ import annotations

import pytest
from fastapi import Request

from services.errors import ProblemError
from services.http.preconditions import etag_of, expected_version, hold_to_version


def request(*if_match: str) -> Request:
    headers = [(b"if-match", text.encode("latin-1")) for text in if_match]
    return Request({"type": "http", "headers": headers})


def problem(*if_match: str, required: bool = False) -> str:
    with pytest.raises(ProblemError) as caught:
        expected_version(request(*if_match), required=required)
    return caught.value.name


def test_the_tag_that_was_answered_is_understood():
    """For any version; blanks around it do not matter."""
    for version in (0, 1, 7, 10**15):
        assert expected_version(request(etag_of(version))) == version
        assert expected_version(request(f"  {etag_of(version)} ")) == version


def test_without_a_tag_any_version_will_do_unless_one_is_required():
    """A star says so in so many words."""
    assert expected_version(request()) is None
    assert expected_version(request("*")) is None
    assert expected_version(request("*"), required=True) is None
    assert problem(required=True) == "version-required"


@pytest.mark.parametrize("text", ['W/"3"', '"abc"', '""', '"3.0"', '"-1"', '"' + "9" * 30 + '"'])
def test_a_tag_that_was_never_ours_matches_no_version(text):
    """A weak one neither: If-Match compares strongly (RFC 9110, section 13.1.1)."""
    with pytest.raises(ProblemError, match="changed"):
        hold_to_version(expected_version(request(text)), 3)


@pytest.mark.parametrize("text", ["3", '"3', "'3'", "", '"3", "4"', '*, "3"', '"é\x00"'])
def test_what_is_no_tag_is_refused(text):
    """Also a list: it would not say which version was seen."""
    assert problem(text) == "invalid-value"


def test_two_headers_are_a_list():
    """HTTP allows to write it so; we want one."""
    assert problem('"3"', '"4"') == "invalid-value"


def test_only_the_seen_version_is_held():
    """And the answer tells the present one."""
    hold_to_version(3, 3)
    hold_to_version(None, 3)
    with pytest.raises(ProblemError) as caught:
        hold_to_version(2, 3)
    assert (caught.value.name, caught.value.extra) == ("version-changed", {"version": 3})
