"""Numbers as JSON text, against the json module."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.kernels.json_text import coordinate_lists, decimal_list, write_decimal, write_whole


def written(writer, *arguments) -> str:
    text = np.zeros(64, np.uint8)
    count = writer(*arguments, text, 0)
    return text[:count].tobytes().decode()


@settings(deadline=None)
@given(st.integers(-(10**17), 10**17))
def test_whole_numbers_are_written_as_python_writes_them(number):
    """Sign and every digit."""
    assert written(write_whole, np.int64(number)) == str(number)


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12), st.integers(0, 7))
def test_decimals_have_no_trailing_zeros_and_mean_the_same(units, decimals):
    """``-1234`` with two decimals is ``-12.34``, ``1200`` is ``12``."""
    text = written(write_decimal, np.int64(units), decimals)
    assert json.loads(text) == units / 10**decimals
    assert "." not in text or text[-1] not in "0."


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), max_size=8), st.integers(0, 4))
def test_lists_of_numbers_are_rounded(values, decimals):
    """Each to the decimals asked for; an empty list is one too."""
    text = decimal_list(np.array(values, np.float64), decimals).tobytes()
    half = 0.5000001 / 10**decimals
    assert all(
        abs(own - value) <= half for own, value in zip(json.loads(text), values, strict=True)
    )


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-1_800_000_000, 1_800_000_000), st.integers(-900_000_000, 900_000_000)
        ),
        min_size=2,
        max_size=20,
    ),
    st.data(),
)
def test_runs_of_points_are_lists_of_pairs(points, data):
    """Several runs in one text, each where its offset says, rounded to six decimals; a run of one
    point is that point twice."""
    cut = data.draw(st.integers(0, len(points) - 1))
    lon, lat = np.array(points, np.int32).T
    first, last = np.array([0, cut]), np.array([cut, len(points) - 1])
    text, offset = coordinate_lists(
        np.ascontiguousarray(lon), np.ascontiguousarray(lat), first, last
    )
    for run, part in enumerate((points[: cut + 1], points[cut:])):
        part = part if len(part) > 1 else part * 2
        pairs = json.loads(text[offset[run] : offset[run + 1]].tobytes())
        assert np.abs(np.array(pairs) - np.array(part) / 1e7).max() <= 0.50001e-6
