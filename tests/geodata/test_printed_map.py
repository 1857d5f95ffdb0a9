"""Printed maps: our own roads, and letters that can be read whatever fonts there are."""

import matplotlib
import pytest

from geodata import printed_map as printing
from tests.towns import town

matplotlib.use("Agg")


@pytest.fixture
def fonts(monkeypatch):
    """Says which Chinese font the machine has, for as long as the test runs."""

    def has(name):
        monkeypatch.setattr(printing, "chinese_font", lambda: name)

    with matplotlib.rc_context():
        yield has


def test_a_map_shows_every_road_of_its_frame_and_whom_to_credit():
    """Bridges lie above the roads."""
    drawn = town("A---B---C", ["A-B primary", "B-C residential bridge=yes"])
    axes = printing.printed_map(drawn.network, "Two streets")
    lines = [path for layer in axes.collections for path in layer.get_paths()]
    assert len(lines) == 3  # two roads, and the bridge once more on top
    assert drawn.network.attribution in axes.get_xlabel()
    west, south, east, north = printing.bounds_of(drawn.network)
    assert axes.get_xlim() == pytest.approx((west, east))
    assert axes.get_ylim() == pytest.approx((south, north))
    matplotlib.pyplot.close(axes.figure)


def test_roads_far_outside_the_frame_are_left_out():
    """A map of a province does not slow a map of a street down."""
    drawn = town("A---B", ["A-B"])
    west, south, east, north = printing.bounds_of(drawn.network)
    axes = printing.printed_map(drawn.network, "", (west + 1, south, east + 1, north))
    assert not any(layer.get_paths() for layer in axes.collections)
    matplotlib.pyplot.close(axes.figure)


def test_chinese_is_written_where_a_font_has_it(fonts):
    """And comes first among the fonts."""
    fonts("Some Chinese Font")
    assert printing.readable("万州区", "Wanzhou") == "万州区"
    assert printing.use_chinese_font() == "Some Chinese Font"
    assert matplotlib.rcParams["font.sans-serif"][0] == "Some Chinese Font"


def test_without_a_chinese_font_something_else_is_written_and_no_boxes(fonts):
    """What both texts share of other letters stays."""
    fonts(None)
    assert printing.readable("万州区", "post 1") == "post 1"
    assert printing.readable("Gaps 空白区", "Gaps 空白区") == "Gaps "
    assert printing.readable("Gaps – plain", "") == "Gaps – plain"
    assert printing.use_chinese_font() is None


def test_a_font_of_boxes_is_no_chinese_font():
    """Matplotlib's own font of last resort has every letter, and draws none."""
    assert printing.chinese_font() not in printing.NO_FONTS
