"""The live picture: what comes in, what is believed, who is seen."""

from __future__ import annotations

import h3.api.basic_int as h3
import numpy as np
import pytest

from dispatch.errors import ResponderError
from dispatch.fixes import FixBatch, Verdict
from dispatch.live_picture import EVERYTHING, kind_bits
from dispatch.responders import KINDS, Freshness, Status
from geodata.metric import Metric
from geodata.search import nearest_occupants
from tests.dispatch.villages import (
    NETWORK,
    NOON_S,
    SNAPPER,
    VILLAGES,
    Only,
    at,
    empty_picture,
    names,
    one_fix,
    tell,
)

# ------------------------------------------------------------------------------------ one responder


def test_a_fix_puts_its_responder_on_the_road():
    """All that is known of them comes back."""
    picture = empty_picture()
    fix = one_fix("r1", 500, 20, accuracy_m=8.0, status="busy", capabilities=["drone"])
    assert picture.apply(fix, NOON_S + 5)[0] == Verdict.ACCEPTED
    seen = picture.get("wanzhou", "r1", NOON_S + 10)
    assert (seen.kind, seen.mode, seen.status) == ("rider", "ebike", Status.BUSY)
    assert seen.capabilities == {"drone"}
    assert (seen.lon, seen.lat) == at(500, 20)
    assert (seen.fixed_at_s, seen.age_s, seen.accuracy_m) == (NOON_S, 10.0, 8.0)
    assert seen.freshness is Freshness.FRESH
    assert seen.cell == h3.latlng_to_cell(seen.lat, seen.lon, 9)
    assert seen.edge == VILLAGES.edge("A-B")
    assert seen.fraction == pytest.approx(0.5, abs=1e-3)
    assert seen.road_distance_m == pytest.approx(20, abs=0.1)
    assert len(picture) == 1


def test_who_is_far_from_any_road_is_in_the_picture_but_out_of_network():
    """They are seen in their cell, but no search finds them."""
    picture = empty_picture()
    assert tell(picture, "o1", 2000, 3000, kind="officer") is Verdict.ACCEPTED
    seen = picture.get("wanzhou", "o1", NOON_S)
    assert seen.edge == -1
    assert seen.road_distance_m == pytest.approx(3000, rel=0.01)
    assert picture.occupants["police"].edge[0] == -1


def test_a_new_mode_moves_a_responder_to_that_modes_roads():
    """On foot the nearest way is the footpath; an officer gets off the car without moving."""
    picture = empty_picture()
    tell(picture, "o1", 1010, 400, kind="officer")
    assert picture.get("wanzhou", "o1", NOON_S).edge in (
        VILLAGES.edge("A-B"),
        VILLAGES.edge("B-C"),
    )
    # the same fix again: a duplicate, but it tells how they travel now
    assert tell(picture, "o1", 1010, 400, kind="officer", mode="foot") is Verdict.DUPLICATE
    seen = picture.get("wanzhou", "o1", NOON_S)
    assert (seen.mode, seen.edge) == ("foot", VILLAGES.edge("B-H"))
    slot = 0
    assert picture.occupants["police"].edge[slot] == -1
    assert picture.occupants["foot"].edge[slot] == VILLAGES.edge("B-H")


def test_a_fix_that_says_nothing_of_the_status_keeps_it():
    """Newcomers are available; later fixes may leave status and capabilities out."""
    picture = empty_picture()
    tell(picture, "r1", 500, 0)
    assert picture.get("wanzhou", "r1", NOON_S).status is Status.AVAILABLE
    tell(picture, "r1", 500, 0, 10, status="off_duty", capabilities=["drone"])
    tell(picture, "r1", 510, 0, 20)
    seen = picture.get("wanzhou", "r1", NOON_S + 20)
    assert (seen.status, seen.capabilities) == (Status.OFF_DUTY, {"drone"})


def test_within_one_batch_the_last_word_counts_even_if_a_later_fix_is_silent():
    """Status from one fix, position from the next."""
    picture = empty_picture()
    batch = FixBatch.of(
        ["r1", "r1"],
        *np.transpose([at(500, 0), at(520, 0)]),
        [NOON_S, NOON_S + 5],
        kind="rider",
        jurisdiction="wanzhou",
        status=["busy", None],
        capabilities=[["drone"], None],
    )
    assert list(picture.apply(batch, NOON_S + 5)) == [Verdict.ACCEPTED] * 2
    seen = picture.get("wanzhou", "r1", NOON_S + 5)
    assert (seen.status, seen.capabilities) == (Status.BUSY, {"drone"})
    assert (seen.lon, seen.lat) == at(520, 0)


def test_the_status_can_be_set_from_outside():
    """Dispatch knows who is on the way."""
    picture = empty_picture()
    tell(picture, "r1", 500, 0)
    assert list(picture.set_status([("wanzhou", "r1"), ("x", "r1")], Status.EN_ROUTE)) == [
        True,
        False,
    ]
    assert picture.get("wanzhou", "r1", NOON_S).status is Status.EN_ROUTE


# --------------------------------------------------------------------------------- what is believed


@pytest.mark.parametrize(
    ("fix", "now_s", "verdict"),
    [
        (("r1", 500, 0, 0.0), 60, Verdict.DUPLICATE),
        (("r1", 900, 0, -1.0), 60, Verdict.OUT_OF_ORDER),
        (("r1", 500, 0, 91.0), 60, Verdict.FUTURE),
        (("r1", 500, 0, 90.0), 60, Verdict.ACCEPTED),  # clocks are up to 30 s wrong
        (("r1", 500, 0, 10.0), 310, Verdict.TOO_OLD),  # riders are lost after 300 s
        (("r1", 500, 0, 10.1), 310, Verdict.ACCEPTED),
        (("r1", 5000, 0, 60.0), 60, Verdict.JUMP),  # 4.5 km a minute
        (("r1", 1900, 0, 60.0), 60, Verdict.ACCEPTED),  # 84 km/h
        (("new", 5000, 0, 60.0), 60, Verdict.ACCEPTED),
    ],
)
def test_each_kind_of_doubt_has_its_verdict(fix, now_s, verdict):
    """Known is r1, at 500 m, at noon."""
    picture = empty_picture()
    tell(picture, "r1", 500, 0, now_s=-1)
    assert tell(picture, *fix, now_s=now_s) is verdict
    before = "wanzhou", "r1"
    if verdict is Verdict.ACCEPTED:
        assert picture.get("wanzhou", fix[0], NOON_S).fixed_at_s == NOON_S + fix[3]
        assert picture.refusals("wanzhou", fix[0]) == {}
    else:
        assert picture.get(*before, NOON_S).lon == at(500, 0)[0]
        assert picture.refusals(*before) == {verdict.word: 1}
        assert picture.verdict_counts()[verdict.word] == 1


def test_who_gets_out_of_the_car_did_not_run():
    """4 km in two minutes were driven, though the last fix comes from somebody on foot."""
    picture = empty_picture()
    tell(picture, "o1", 0, 0, kind="officer", mode="police")
    assert tell(picture, "o1", 4000, 0, 120, kind="officer", mode="foot") is Verdict.ACCEPTED
    assert tell(picture, "o1", 0, 0, 240, kind="officer", mode="foot") is Verdict.JUMP


@pytest.mark.parametrize(("accuracy_m", "verdict"), [(100, Verdict.JUMP), (500, Verdict.ACCEPTED)])
def test_a_rough_fix_may_seem_to_jump(accuracy_m, verdict):
    """1,000 m in ten seconds are impossible, unless both fixes are 500 m wrong."""
    picture = empty_picture()
    tell(picture, "r1", 0, 0, accuracy_m=float(accuracy_m))
    assert tell(picture, "r1", 1000, 0, 10, accuracy_m=float(accuracy_m)) is verdict


def test_a_fix_from_a_cell_tower_is_too_coarse():
    """But the status in it counts."""
    picture = empty_picture()
    tell(picture, "r1", 500, 0)
    assert tell(picture, "r1", 500, 0, 10, accuracy_m=1500.0, status="busy") is Verdict.COARSE
    seen = picture.get("wanzhou", "r1", NOON_S + 10)
    assert (seen.fixed_at_s, seen.status) == (NOON_S, Status.BUSY)


def test_after_three_jumps_to_one_neighbourhood_the_old_fix_was_wrong():
    """The first fix was a reflection; the third that contradicts it is believed."""
    picture = empty_picture()
    tell(picture, "r1", 5000, 0)
    verdicts = [tell(picture, "r1", 10 * i, 0, 10 * i) for i in (1, 2, 3, 4)]
    assert verdicts == [Verdict.JUMP, Verdict.JUMP, Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert picture.refusals("wanzhou", "r1") == {"jump": 2}


def test_jumps_here_and_there_prove_nothing():
    """Two phones with one id: the one that was believed first goes on, whatever the other says."""
    picture = empty_picture()
    tell(picture, "r1", 5000, 0)
    # jumps to places that contradict each other
    for i, east_m in enumerate((0, 2500, 0, 2500, 0), start=1):
        assert tell(picture, "r1", east_m, 0, 2 * i) is Verdict.JUMP
    assert tell(picture, "r1", 5000, 0, 20) is Verdict.ACCEPTED
    # jumps to one place, but good fixes in between
    for i in range(5):
        assert tell(picture, "r1", 0, 0, 30 + 2 * i) is Verdict.JUMP
        assert tell(picture, "r1", 5000, 0, 31 + 2 * i) is Verdict.ACCEPTED


def test_one_doubtful_fix_told_three_times_is_one_doubt():
    """A phone that repeats itself is no witness for itself."""
    picture = empty_picture()
    tell(picture, "r1", 5000, 0)
    assert [tell(picture, "r1", 0, 0, 10) for _ in range(4)] == [Verdict.JUMP] * 4


@pytest.mark.parametrize(
    "broken",
    [
        {"lon": np.nan},
        {"lon": 181.0},
        {"lat": np.nan},
        {"lat": -91.0},
        {"fixed_at_s": np.nan},
        {"fixed_at_s": -np.inf},
        {"fixed_at_s": np.inf},
    ],
)
def test_what_is_no_coordinate_or_no_time_is_invalid(broken):
    """And does no harm to the rest of the batch."""
    batch = FixBatch.of(
        ["bad", "good"],
        *np.transpose([at(0, 0), at(10, 0)]),
        [NOON_S, NOON_S],
        kind="rider",
        jurisdiction="wanzhou",
    )
    for name, value in broken.items():
        getattr(batch, name)[0] = value
    picture = empty_picture()
    assert list(picture.apply(batch, NOON_S)) == [Verdict.INVALID, Verdict.ACCEPTED]
    assert names(picture.everybody(NOON_S)) == ["good"]


def test_who_was_never_believed_is_not_in_the_picture_but_counted():
    """A device whose clock is a year ahead."""
    picture = empty_picture()
    for _ in range(2):
        assert tell(picture, "r1", 0, 0, 3e7, now_s=0) is Verdict.FUTURE
    assert picture.get("wanzhou", "r1", NOON_S) is None
    assert len(picture) == 0
    assert picture.refusals("wanzhou", "r1") == {"future": 2}
    assert picture.expire(NOON_S + 3601) == 0
    assert picture.refusals("wanzhou", "r1") == {}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"kind": "knight"}, "no kind 'knight'; it is one of officer, auxiliary"),
        ({"mode": "horse"}, "no mode 'horse'; it is one of police, car, ebike, foot"),
        ({"status": "asleep"}, "no status 'asleep'; it is one of available"),
        ({"kind": ["rider", "rider"]}, "equally long"),
        ({"accuracy_m": [1.0, 2.0]}, "equally long"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(columns, said):
    """One sentence that names what may be sent."""
    columns = {"kind": "rider", "jurisdiction": "wanzhou"} | columns
    with pytest.raises(ResponderError, match=said):
        FixBatch.of(["r1"], [108.0], [30.0], NOON_S, **columns)


def test_an_unknown_code_is_refused():
    """Columns made elsewhere are looked through too."""
    batch = one_fix("r1", 0, 0)
    batch.status[0] = 77
    with pytest.raises(ResponderError, match="unknown"):
        empty_picture().apply(batch, NOON_S)


# ------------------------------------------------------------------------------------- who is seen


def test_nobody_sees_the_people_of_another_jurisdiction():
    """In no query: they are as good as absent."""
    picture = empty_picture()
    tell(picture, "r1", 500, 0, jurisdiction="wanzhou")
    tell(picture, "r1", 510, 0, jurisdiction="kaizhou")
    ours = Only("kaizhou")
    cell = h3.latlng_to_cell(*at(510, 0)[::-1], 7)
    for roster in (
        picture.in_cell(cell, ours, NOON_S),
        picture.near(*at(500, 0), 10, ours, NOON_S),
        picture.find("r1", ours, NOON_S),
    ):
        assert [responder.jurisdiction for responder in roster] == ["kaizhou"]
    assert picture.tally(ours, NOON_S).of() == 1
    assert picture.tally(EVERYTHING, NOON_S).of() == 2
    assert np.count_nonzero(picture.muster(ours, NOON_S).eligible) == 1
    assert picture.find("r1", Only("dazhou"), NOON_S) == []
    assert picture.get("dazhou", "r1", NOON_S) is None


def test_a_search_finds_whom_the_muster_lets_through():
    """Jurisdiction, status, capabilities, refusals and kinds hold in the search by road."""
    picture = empty_picture()
    people = {
        "theirs": {"jurisdiction": "kaizhou"},
        "busy": {"status": "busy"},
        "declined": {},
        "plain": {},
        "able": {"capabilities": ["drone"]},
        "officer": {"kind": "officer", "mode": "ebike"},
    }
    for i, (who, what) in enumerate(people.items()):
        tell(picture, who, 100 + 10 * i, 0, **what)
    metric = Metric.base(NETWORK, "ebike")
    victim = SNAPPER.snap(*at(90, 0), "ebike")

    def soonest(kinds=None, **how):
        with picture.reading():
            mustered = picture.muster(Only("wanzhou"), NOON_S, **how)
            found = nearest_occupants(
                metric,
                victim,
                picture.occupants["ebike"],
                10,
                any_of=kind_bits(kinds),
                eligible=mustered.eligible,
                delay_ms=mustered.delay_ms,
            )
            return names(picture.roster(found.slot, NOON_S))

    without = [("wanzhou", "declined")]
    assert soonest(["rider"], without=without) == ["plain", "able"]
    assert soonest(["officer"]) == ["officer"]
    assert soonest(["rider"], capabilities=["drone"]) == ["able"]
    assert soonest(["rider"], statuses=[Status.BUSY]) == ["busy"]
    assert set(soonest(statuses=None)) == set(people) - {"theirs"}


def test_a_stale_fix_loses_rank_and_a_lost_one_drops_out():
    """A rider's fix is fresh for a minute, and lost after five."""
    picture = empty_picture()
    tell(picture, "r1", 500, 0)
    turn_out_ms = KINDS["rider"].turn_out_s * 1000
    for age_s, freshness, delay_ms in (
        (0, Freshness.FRESH, turn_out_ms),
        (59, Freshness.FRESH, turn_out_ms),
        (60, Freshness.STALE, turn_out_ms),
        (90, Freshness.STALE, turn_out_ms + 30_000),
        (299, Freshness.STALE, turn_out_ms + 239_000),
    ):
        assert picture.get("wanzhou", "r1", NOON_S + age_s).freshness is freshness
        mustered = picture.muster(EVERYTHING, NOON_S + age_s)
        assert (mustered.eligible[0], mustered.delay_ms[0]) == (kind_bits(["rider"]), delay_ms)
        assert len(picture.near(*at(0, 0), 5, EVERYTHING, NOON_S + age_s)) == 1
    late_s = NOON_S + 300
    assert picture.get("wanzhou", "r1", late_s).freshness is Freshness.LOST
    assert picture.muster(EVERYTHING, late_s).eligible[0] == 0
    assert len(picture.near(*at(0, 0), 5, EVERYTHING, late_s)) == 0
    assert len(picture.near(*at(0, 0), 5, EVERYTHING, late_s, with_lost=True)) == 1


def test_a_clock_that_is_a_little_ahead_makes_nobody_younger():
    """Age is never negative, and the delay no less than the turn-out."""
    picture = empty_picture()
    tell(picture, "r1", 500, 0, 20, now_s=0)
    assert picture.get("wanzhou", "r1", NOON_S).age_s == 0.0
    assert picture.muster(EVERYTHING, NOON_S).delay_ms[0] == KINDS["rider"].turn_out_s * 1000


def test_positions_are_forgotten_after_an_hour():
    """And with them their responders; who moved stays."""
    picture = empty_picture()
    tell(picture, "old", 500, 0, kind="officer")
    tell(picture, "new", 600, 0, 30, kind="officer")
    assert picture.expire(NOON_S + 3599) == 0
    assert picture.expire(NOON_S + 3600) == 1
    assert picture.get("wanzhou", "old", NOON_S) is None
    assert picture.get("wanzhou", "new", NOON_S).edge >= 0


def test_a_responder_can_be_removed_and_come_back():
    """Nothing of the old one is left in the slot."""
    picture = empty_picture()
    tell(picture, "r1", 5000, 0, status="busy", capabilities=["drone"])
    tell(picture, "r1", 5000, 0)
    assert picture.remove([("wanzhou", "r1"), ("wanzhou", "r1"), ("wanzhou", "nobody")]) == 1
    assert picture.get("wanzhou", "r1", NOON_S) is None
    assert tell(picture, "r1", 0, 0, -10) is Verdict.ACCEPTED  # neither a jump nor out of order
    seen = picture.get("wanzhou", "r1", NOON_S)
    assert (seen.status, seen.capabilities) == (Status.AVAILABLE, frozenset())
    assert picture.refusals("wanzhou", "r1") == {}


def test_the_tally_tells_who_is_missing_and_why():
    """Counts by kind, status, freshness and road."""
    picture = empty_picture()
    tell(picture, "r1", 500, 0)
    tell(picture, "r2", 500, 0, status="busy")
    tell(picture, "r3", 500, 0, -200, now_s=0)
    tell(picture, "o1", 0, 5000, kind="officer")
    tally = picture.tally(EVERYTHING, NOON_S + 100)
    assert tally.of() == 4
    assert tally.of(kinds=["rider"], statuses=[Status.AVAILABLE]) == 2
    assert tally.of(kinds=["rider"], freshness=[Freshness.LOST]) == 1
    assert tally.of(on_road=False) == tally.of(kinds=["officer"]) == 1
    assert tally.by_kind_and_status() == {
        "officer": {"available": 1},
        "rider": {"available": 1, "busy": 1},
    }


def test_a_thread_that_reads_is_told_not_to_write():
    """It would wait for itself for ever."""
    picture = empty_picture()
    with picture.reading(), pytest.raises(RuntimeError, match="leave the block"):
        tell(picture, "r1", 0, 0)
    assert tell(picture, "r1", 0, 0) is Verdict.ACCEPTED
