"""Small numbers for values that repeat."""

import numpy as np

from dispatch.interning import SPARE_VALUES, Interned


def test_a_value_keeps_its_code():
    """Codes and values go both ways, and a predicate is asked once for each value."""
    words = Interned()
    codes = [words.code(word) for word in ("a", "b", "a")]
    assert codes == [0, 1, 0]
    assert [words[code] for code in codes] == ["a", "b", "a"]
    assert list(words.which("b".__eq__)) == [False, True]


def test_values_that_nobody_uses_are_let_go():
    """Their codes get new meanings, and the version says so."""
    words = Interned()
    for number in range(SPARE_VALUES + 2):
        words.code(f"word {number}")
    words.keep(np.array([5]))
    assert len(words) == 1
    before = words.version
    code = words.code("new")
    assert code != 5
    assert code <= SPARE_VALUES + 1
    assert words.version == before + 1
    assert (words[5], words[code]) == ("word 5", "new")
    assert np.flatnonzero(words.which(lambda word: True)).tolist() == sorted([5, code])


def test_a_few_unused_values_are_not_worth_the_work():
    """Below the limit nothing changes."""
    words = Interned()
    words.code("a")
    words.keep(np.array([], dtype=np.int32))
    assert words.code("a") == 0
