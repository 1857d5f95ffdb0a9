"""What a neighbour offers: its own units, on its own map, each for one place."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.interception.situation import STAFF, PlanSettings, checkpoints_of
from dispatch.interceptions.messages import PlaceAsked, Requested, SightingTold
from services.federation.answering import (
    HURRY_WORTH,
    NO_PLACE,
    NOBODY,
    NOT_IN_TIME,
    _chosen,
    find_offers,
)
from services.federation.places import matched
from tests.dispatch.interception.ground import SLOW, Ground, ground

NOON_S = 1_760_260_500.0
SETTINGS = PlanSettings(safety_s=0.0)


def road() -> Ground:
    """A road with a toll gate at G; the police stand at U, the coach comes from S."""
    return ground(
        """
        S--------G--------E
                 |
        U--------V
        """,
        [f"S-G-E primary {SLOW}", f"G-V tertiary {SLOW}", f"U-V tertiary {SLOW}"],
        points={"G": {"barrier": "toll_booth", "name": "开州南收费站"}},
    )


def asked(town: Ground, letter: str = "G", in_s: float = 600.0, **more) -> PlaceAsked:
    lon, lat = town.town.lon_lat(letter)
    said = {
        "checkpoint_id": f"toll_gate-{town.town.osm_id[letter]}",
        "kind": "toll_gate",
        "name": "开州南收费站",
        "lon": lon,
        "lat": lat,
        "earliest_at_s": NOON_S + in_s,
        "share": 0.6,
    }
    return PlaceAsked(**{**said, **more})


def request(*places: PlaceAsked) -> Requested:
    return Requested(
        round=1,
        answer_by_s=NOON_S + 20.0,
        ends_at_s=NOON_S + 5_400.0,
        description="蓝色大巴",
        mode="car",
        sighting=SightingTold(
            lon=108.0, lat=31.0, seen_at_s=NOON_S, radius_m=50.0, time_error_s=0.0, heading_deg=None
        ),
        places=list(places),
    )


def test_the_car_that_can_be_there_in_time_is_offered():
    """Ready after the drive and a minute for setting up, rounded up to ten seconds."""
    town = road()
    found, reason = find_offers(
        request(asked(town)), town, [town.unit("MJ", "U")], SETTINGS, NOON_S
    )
    (offer,) = found
    assert (offer.unit_id, offer.place.name, reason) == ("MJ", "开州南收费站", "")
    assert offer.ready_at_s % 10.0 == 0.0
    assert NOON_S + 60.0 < offer.ready_at_s < NOON_S + 600.0


def test_a_gates_own_staff_is_offered_where_no_car_can_be_in_time():
    """Three minutes after the call; a car that would be too late is not the better offer."""
    town = road()
    found, _ = find_offers(request(asked(town, in_s=240.0)), town, [], SETTINGS, NOON_S)
    assert [one.unit_id for one in found] == [STAFF + asked(town).checkpoint_id]
    assert found[0].ready_at_s == pytest.approx(NOON_S + 180.0, abs=10.0)


def test_it_says_why_it_offers_nothing():
    """Nobody is free; nobody comes in time; the place is not on its map."""
    town = road()
    alone = PlanSettings(safety_s=0.0, call_staff=False)
    assert find_offers(request(asked(town)), town, [], alone, NOON_S) == ([], NOBODY)
    late = request(asked(town, in_s=-3_000.0))
    assert find_offers(late, town, [town.unit("MJ", "U")], alone, NOON_S) == ([], NOT_IN_TIME)
    elsewhere = request(asked(town, lon=109.5, lat=32.0))
    assert find_offers(elsewhere, town, [town.unit("MJ", "U")], alone, NOON_S) == ([], NO_PLACE)


def test_a_place_is_found_by_id_or_by_kind_and_nearness():
    """Another map's id for the same gate, drawn 80 m aside."""
    town = road()
    places = checkpoints_of(town.network, SETTINGS)
    same = asked(town)
    aside = asked(town, checkpoint_id="toll_gate-999", lat=same.lat + 0.0007)
    far = asked(town, checkpoint_id="toll_gate-998", lat=same.lat + 0.01)
    moved = asked(town, lat=same.lat + 0.01)  # the same id, but a kilometre away
    gate = places.id.index(same.checkpoint_id)
    assert matched(places, [same]).tolist() == [gate]
    assert matched(places, [aside]).tolist() == [gate]
    assert matched(places, [far]).tolist() == [-1]
    assert matched(places, [moved]).tolist() == [-1]
    assert sorted(matched(places, [aside, same]).tolist()) == [-1, gate], "no place twice"


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_the_choice_is_the_best_of_all(data):
    """Held against every possible choice: each unit at one place, places that need two with two or
    none, worth what they are worth to the lead."""
    units, places = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    ready_s = np.array(
        data.draw(
            st.lists(
                st.lists(
                    st.sampled_from([100.0, 250.0, 400.0, np.inf]),
                    min_size=places,
                    max_size=places,
                ),
                min_size=units,
                max_size=units,
            )
        )
    )
    shares = data.draw(
        st.lists(st.sampled_from([0.1, 0.25, 0.5, 0.8]), min_size=places, max_size=places)
    )
    town = [
        PlaceAsked(
            checkpoint_id=f"p{k}", kind="junction", name="", lon=0.0, lat=0.0,
            earliest_at_s=300.0, share=share,
        )
        for k, share in enumerate(shares)
    ]  # fmt: skip
    needed = np.ones(places, dtype=np.int64)

    def worth(choice) -> float:
        total = 0.0
        for unit, place in choice:
            on_time = ready_s[unit, place] <= 300.0
            total += shares[place] * (1.0 if on_time else HURRY_WORTH)
        return total

    best = 0.0
    for chosen in itertools.product(range(-1, places), repeat=units):
        pairs = [(unit, place) for unit, place in enumerate(chosen) if place >= 0]
        held = [place for _, place in pairs]
        if len(held) == len(set(held)) and all(np.isfinite(ready_s[pair]) for pair in pairs):
            best = max(best, worth(pairs))
    found = _chosen(ready_s, needed, town)
    assert len({unit for unit, _ in found}) == len({place for _, place in found}) == len(found)
    assert worth(found) == pytest.approx(best, abs=1e-4)


def test_a_place_that_takes_two_is_offered_with_two_or_not_at_all():
    """One car alone holds no service area; with two it is held."""
    town = [
        PlaceAsked(
            checkpoint_id=name, kind="service_area", name="", lon=0.0, lat=0.0,
            earliest_at_s=300.0, share=share,
        )
        for name, share in (("area", 0.9), ("gate", 0.3))
    ]  # fmt: skip
    needed = np.array([2, 1])
    assert _chosen(np.array([[100.0, 100.0]]), needed, town) == [(0, 1)]
    two = _chosen(np.array([[100.0, 100.0], [100.0, np.inf]]), needed, town)
    assert sorted(two) == [(0, 0), (1, 0)]
