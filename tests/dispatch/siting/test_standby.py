"""Standby: the fewest moves that are worth it, each plan the best with so many moves."""

from itertools import combinations, permutations

import numpy as np
import pytest

from dispatch.coverage.doors import Doors
from dispatch.coverage.people import People
from dispatch.coverage.survey import survey
from dispatch.errors import PlanningError
from dispatch.siting.standby import standby
from tests.dispatch.coverage.river_town import people, points, river_town

TOWN = river_town()
DOORS = Doors.along_roads(TOWN, 11)
POSTS = points(TOWN, ("A-B", 0.5), ("C-D", 0.5), ("E-F", 0.5), ("G-H", 0.5)).assign(
    name=["西北", "东北", "西南", "东南"]
)
TARGET_S = 75.0
BUSY = 0.3


def force(*where):
    return people(
        TOWN, *(("officer", leg, share, {"id": f"MJ{k}"}) for k, (leg, share) in enumerate(where))
    )


CROWDED = (("A-B", 0.1), ("A-B", 0.15), ("A-B", 0.2))
"""Three units in one corner of the town."""


def reach_of(frame) -> np.ndarray:
    """bool[unit, cell]: who is where in time, one survey each."""
    everybody = People.of_frame(TOWN, frame)
    return np.stack(
        [
            survey(TOWN, everybody.take([k]), doors=DOORS).cells.any_s <= TARGET_S
            for k in range(len(everybody))
        ]
    )


def cover_of(count) -> float:
    weight = DOORS.cell_weight
    return float((weight * (1 - BUSY**count) * (count > 0)).sum() / weight.sum())


def test_each_plan_is_the_best_with_so_many_moves():
    """Against all ways to send so many of the three to different posts."""
    told = standby(
        TOWN, force(*CROWDED), POSTS, DOORS, TARGET_S, busy=BUSY, most_moves=3, least_gain=0.0
    )
    stays = reach_of(force(*CROWDED))
    waits = reach_of(POSTS.assign(kind="officer").drop(columns="name"))
    for moves, cover in zip(told.frontier.moves, told.frontier.cover, strict=True):
        best = max(
            cover_of(
                stays[[k for k in range(3) if k not in gone]].sum(axis=0)
                + waits[list(where)].sum(axis=0)
            )
            for fewer in range(moves + 1)
            for gone in combinations(range(3), fewer)
            for where in permutations(range(4), fewer)
        )
        assert cover == pytest.approx(best, rel=1e-5)
    assert told.frontier.proven.all()


def test_moves_stop_when_the_next_one_is_not_worth_it():
    """A high price of a move leaves fewer, and the last one tried is still told."""
    free = standby(TOWN, force(*CROWDED), POSTS, DOORS, TARGET_S, least_gain=0.0)
    first, second = np.diff(free.frontier.cover)[:2]
    assert first > second
    price = (first + second) / 2
    dear = standby(TOWN, force(*CROWDED), POSTS, DOORS, TARGET_S, least_gain=price)
    assert len(dear.moves) == 1 < len(free.moves)
    assert dear.frontier.moves.tolist() == [0, 1, 2]


def test_moves_are_told_most_valuable_first_and_add_up():
    """From what there is now to what there will be."""
    told = standby(TOWN, force(*CROWDED), POSTS, DOORS, TARGET_S, least_gain=0.0)
    assert told.cover_before + told.moves.gain.sum() == pytest.approx(told.cover_after)
    assert told.moves.cover.iloc[-1] == pytest.approx(told.cover_after)
    assert told.moves.gain.iloc[0] == told.moves.gain.max()
    assert set(told.moves.post) <= set(POSTS.name)
    assert told.moves.post.is_unique
    before = told.cells.units_before.to_numpy()
    assert cover_of(before) == pytest.approx(told.cover_before)
    assert cover_of(told.cells.units_after.to_numpy()) == pytest.approx(told.cover_after)


def test_of_two_equal_units_the_nearer_one_drives():
    """The same cover, less driving."""
    told = standby(TOWN, force(("A-B", 0.1), ("A-B", 0.12)), POSTS, DOORS, TARGET_S, most_moves=1)
    (move,) = told.moves.itertuples()
    assert move.responder_id == "MJ1"


def test_whoever_stands_well_stays():
    """One on each bank's middle, and nobody moves."""
    told = standby(TOWN, force(("A-B", 0.95), ("F-H", 0.1)), POSTS, DOORS, 600.0)
    assert len(told.moves) == 0
    assert told.cover_before == told.cover_after


def test_nobody_is_sent_farther_than_is_sensible():
    """Thirty seconds is no way to any post on the other bank."""
    told = standby(TOWN, force(*CROWDED), POSTS, DOORS, TARGET_S, farthest_s=30.0)
    assert set(told.moves.post) <= {"西北"}
    assert (told.moves.drive_s <= 30.0).all()


def test_busy_units_are_not_moved_and_cover_nothing():
    """As the frame says."""
    frame = force(*CROWDED).assign(status=["busy", "available", "on_scene"])
    told = standby(TOWN, frame, POSTS, DOORS, TARGET_S)
    assert set(told.moves.responder_id) <= {"MJ1"}
    assert told.cells.units_before.max() == 1


def test_questions_without_sense_are_refused():
    """With the range, or with who is missing."""
    for wrong in ({"busy": 1.0}, {"most_moves": -1}, {"farthest_s": 0.0}):
        with pytest.raises(PlanningError):
            standby(TOWN, force(*CROWDED), POSTS, DOORS, TARGET_S, **wrong)
    with pytest.raises(PlanningError, match="nobody of the kinds that count"):
        standby(TOWN, force(*CROWDED), POSTS, DOORS, TARGET_S, kinds=("rider",))
