"""The tables of kinds, modes and verdicts hold together."""

import pytest

from dispatch.errors import ResponderError
from dispatch.fixes import Verdict
from dispatch.kernels import judging, mustering
from dispatch.live_picture import KEPT_S
from dispatch.responders import (
    KIND_CODES,
    KIND_NAMES,
    KINDS,
    MODE_NAMES,
    Authority,
    Freshness,
    Kind,
    kind_named,
)
from dispatch.sight import kind_bits
from geodata.modes import MODES


def test_only_officers_stop_vehicles_and_everyone_can_persuade():
    """The glossary's rule of authority."""
    for kind in KINDS.values():
        assert (Authority.STOP_VEHICLE in kind.authority) == (kind.name == "officer")
        assert Authority.PERSUADE in kind.authority


def test_the_kinds_are_those_of_the_glossary():
    """One word for one thing."""
    assert set(KINDS) == {
        "officer", "auxiliary", "grid_worker", "building_chief", "property_chief",
        "area_chief", "rider", "safety_volunteer", "bank_guard",
    }  # fmt: skip


def test_everybody_travels_in_a_way_the_map_knows():
    """And each of the map's modes has a top speed."""
    assert {kind.mode for kind in KINDS.values()} <= set(MODE_NAMES)
    assert set(MODE_NAMES) == set(MODES)


def test_nobody_is_lost_later_than_positions_are_kept():
    """Whoever is not lost is still in the picture."""
    assert max(kind.lost_after_s for kind in KINDS.values()) <= KEPT_S


def test_bits_of_kinds_are_told_apart():
    """One bit each, within the 32 of a search."""
    bits = [kind_bits([kind]) for kind in KINDS]
    assert sum(bits) == kind_bits(None) < 2**32
    assert [1 << KIND_CODES[name] for name in KIND_NAMES] == bits
    assert kind_bits([]) == 0
    with pytest.raises(ResponderError, match="no kind 'knight'; the kinds are officer"):
        kind_bits(["knight"])


def test_kernels_and_tables_number_alike():
    """Kernels hold plain numbers; they are those of the enumerations."""
    for verdict in Verdict:
        assert getattr(judging, verdict.name) == verdict
    assert len(Verdict) == judging.VERDICTS
    for freshness in Freshness:
        assert getattr(mustering, freshness.name) == freshness


@pytest.mark.parametrize("limits", [(-1.0, 1.0, 2.0), (0.0, 0.0, 2.0), (0.0, 3.0, 2.0)])
def test_a_kind_checks_its_limits(limits):
    """Nonsense is refused where it is written."""
    with pytest.raises(ResponderError, match="knight"):
        Kind("knight", "骑士", Authority.OBSERVE, "foot", *limits)


def test_an_unknown_kind_is_refused_with_the_known_ones():
    """The message names what there is."""
    assert kind_named("rider").chinese == "外卖骑手"
    with pytest.raises(ResponderError, match="officer, auxiliary"):
        kind_named("knight")
