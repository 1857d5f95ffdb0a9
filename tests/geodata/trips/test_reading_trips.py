"""Tables of trips: what is understood, what is left out and why, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geodata.errors import RequestError
from geodata.trips.records import LeftOut, modes_of, read_trips

HOUSE, BANK = (108.380, 30.810), (108.400, 30.820)


def drive(**changes) -> pd.DataFrame:
    """One drive from the house to the bank, twelve minutes."""
    row = {
        "origin_lon": HOUSE[0],
        "origin_lat": HOUSE[1],
        "destination_lon": BANK[0],
        "destination_lat": BANK[1],
        "departed_at": "2026-10-12T09:15:00+08:00",
        "arrived_at": "2026-10-12T09:27:00+08:00",
    }
    return pd.DataFrame([row | changes])


def track(minutes, lon=None, name="A") -> pd.DataFrame:
    """Fixes at these minutes, a kilometre apart unless said otherwise."""
    lon = [HOUSE[0] + 0.01 * k for k in range(len(minutes))] if lon is None else lon
    return pd.DataFrame(
        {"trip": name, "lon": lon, "lat": HOUSE[1], "time": [60.0 * m for m in minutes]}
    )


def test_the_ends_of_a_drive():
    """Where, how long, and in which hour by the clock on the wall in China."""
    left_out = LeftOut()
    (trip,) = read_trips(drive(), left_out, mode="car")
    assert (trip.lon.tolist(), trip.lat.tolist()) == (
        [HOUSE[0], BANK[0]],
        [HOUSE[1], BANK[1]],
    )
    assert trip.duration_s == 720.0
    assert (trip.hour, trip.mode, trip.tracked) == (9, "car", False)
    assert left_out.count == 0


def test_times_without_an_offset_are_china_s():
    said = drive()
    plain = drive(departed_at="2026-10-12 09:15:00", arrived_at="2026-10-12 09:27:00")
    (one,), (other,) = (read_trips(table, LeftOut()) for table in (said, plain))
    assert one.at_s.tolist() == other.at_s.tolist()


def test_a_column_says_who_went_how():
    table = pd.concat([drive(mode="car"), drive(mode="ebike"), drive(mode="car")])
    by_mode = modes_of(read_trips(table, LeftOut()))
    assert {mode: len(trips) for mode, trips in by_mode.items()} == {"car": 2, "ebike": 1}


def test_fixes_in_any_order_make_a_track():
    """By time, whatever the order of rows and the names of columns; a fix without a place or a
    time is passed over."""
    table = track([0, 1, 2, 3]).iloc[[2, 0, 3, 1]]
    lost = pd.DataFrame({"trip": "A", "lon": [np.nan, 1.0], "lat": 30.8, "time": [90.0, np.nan]})
    table = pd.concat([table, lost]).rename(
        columns={"trip": "TrackID", "lat": "Latitude", "lon": "Longitude", "time": "Time"}
    )
    (trip,) = read_trips(table, LeftOut())
    assert trip.tracked
    assert trip.at_s.tolist() == [0.0, 60.0, 120.0, 180.0]
    assert np.all(np.diff(trip.lon) > 0)


def test_waiting_at_either_end_is_no_driving():
    """Ten minutes at the post before, two at the door after; one fix of each is kept."""
    metre = 1.0 / 96_000.0
    post, door = HOUSE[0], HOUSE[0] + 0.03
    lon = [post, post + 10 * metre, post + 5 * metre, post + 0.015, door - 4 * metre, door]
    (trip,) = read_trips(track([0, 4, 8, 10, 12, 14], lon), LeftOut())
    assert trip.at_s.tolist() == [480.0, 600.0, 720.0]


def test_a_long_silence_makes_two_trips():
    trips = read_trips(track([0, 1, 2, 20, 21, 22]), LeftOut())
    assert [trip.name for trip in trips] == ["A part 1", "A part 2"]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (drive(arrived_at="2026-10-12T09:10:00+08:00"), "ends before it begins"),
        (drive(arrived_at="2026-10-12T09:15:20+08:00"), "less than"),
        (drive(arrived_at="2026-10-13T09:15:00+08:00"), "more than"),
        (drive(arrived_at="soon"), "no time"),
        (drive(arrived_at=None), "no time"),
        (drive(origin_lon="east"), "coordinate"),
        (drive(destination_lat=3_082_000.0), "coordinate"),
        (drive(destination_lat=np.inf), "coordinate"),
        (track([0, 1, 2], lon=[HOUSE[0]] * 3), "does not move"),
        (track([5]), "does not move"),
        (track([np.nan, np.nan]), "no time"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_the_reason(table, why):
    """The others are kept: one bad row loses nothing."""
    left_out = LeftOut()
    assert read_trips(table, left_out) == []
    (reason,) = left_out.names
    assert why in reason
    assert left_out.count == 1


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pd.DataFrame({"lon": [1.0]}), "origin_lon, origin_lat"),
        (pd.DataFrame(), "these have none"),
        (drive().assign(Arrived_At="x"), "two columns 'arrived_at'"),
        (
            pd.concat([drive(), drive(departed_at="2026-10-12T09:15:00+09:00")]),
            "different offsets",
        ),
    ],
)
def test_a_table_that_is_none_is_refused_in_one_sentence(table, says):
    with pytest.raises(RequestError, match=says):
        read_trips(table, LeftOut())


def test_real_traces_without_times_are_left_out_one_by_one(data_dir):
    """132 tracks of a city, none of them with a time."""
    left_out = LeftOut()
    table = pd.read_csv(data_dir / "maps/berlin_gps_traces.csv.gz")
    assert read_trips(table, left_out) == []
    assert left_out.count == table["TrackID"].nunique()
    assert list(left_out.names) == ["a time is missing or no time"]
