"""A plan as the demonstration prints and draws it, and the coach as it really drives."""

from __future__ import annotations

import io

import numpy as np
from rich.console import Console

from services.demo.chase import Coach
from services.demo.plan_picture import draw_plan
from services.demo.print_plan import print_plan, print_seal
from tests.services.town import TOWN

B, F = TOWN.lon_lat("B"), TOWN.lon_lat("F")
PLACE = {
    "feature": "checkpoint",
    "id": "toll_gate-1",
    "kind": "toll_gate",
    "name": "开州南收费站",
    "layer": 1,
    "share": 0.63,
    "ready_at": "2026-10-12T01:40:00Z",
    "earliest_at": "2026-10-12T01:51:44Z",
    "margin_s": 704.0,
    "holders": [{"holder": "neighbour", "jurisdiction": "500154", "offer_id": "o"}],
}


def point(place: tuple[float, float], **properties) -> dict:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": list(place)},
        "properties": properties,
    }


def plan() -> dict:
    """One place held by Kaizhou, and one exit that stays open."""
    exit_at = "2026-10-12T02:06:43Z"
    return {
        "number": 2,
        "features": [
            point(B, feature="sighting", seen_at="2026-10-12T01:30:00Z"),
            point(F, **PLACE),
            point(B, feature="open_exit", name="S209", reason="nobody_in_time", at=exit_at),
        ],
        "share": 0.89,
        "worst_behaviour": "random",
        "worst_share": 0.34,
        "first": {"proven": True, "bound": 0.98},
        "notes": ["No road near the sighting has its heading."],
        "seal": {
            "sealed": False,
            "proven": True,
            "units": 1,
            "open_exits": [
                {
                    "name": "S209",
                    "lon": B[0],
                    "lat": B[1],
                    "reason": "nobody_in_time",
                    "at": exit_at,
                }
            ],
        },
    }


def test_a_plan_reads_as_a_command_room_wants_it():
    """Where, who, by when and how long before; in the time of China; and what stays open, why."""
    out = Console(file=io.StringIO(), width=140)
    print_plan(out, plan())
    print_seal(out, plan())
    told = out.file.getvalue()
    for word in (
        "开州南收费站 · toll gate", "开州 Kaizhou 承接", "09:40:00", "09:51:44", "11:44", "63%",
        "Caught on 89%", "34% where the driver turns at random", "proven the best", "heading",
        "Cannot be sealed in", "S209", "10:06:43", "nobody can be there in time",
    ):  # fmt: skip
        assert word in told, word


def test_a_plan_is_drawn_with_and_without_the_way_that_the_coach_takes(tmp_path):
    """Two pictures, and they differ."""
    pictures = []
    for coach in (
        None,
        Coach(np.array([0.0, 60.0]), np.array([B[0], F[0]]), np.array([B[1], F[1]])),
    ):
        output = tmp_path / f"{len(pictures)}.png"
        draw_plan(TOWN.network, plan(), "大巴", [], coach, output)
        pictures.append(output.read_bytes())
    assert all(one.startswith(b"\x89PNG") for one in pictures)
    assert pictures[0] != pictures[1]


def test_the_coach_passes_what_lies_on_its_way():
    """By when, and by what it does not come."""
    coach = Coach(
        np.array([100.0, 160.0, 220.0]),
        np.array([108.30, 108.31, 108.32]),
        np.array([30.8, 30.8, 30.8]),
    )
    assert coach.passes(108.3105, 30.8) == 160.0
    assert coach.passes(108.31, 30.81) is None
