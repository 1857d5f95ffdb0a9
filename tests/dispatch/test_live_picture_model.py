"""The live picture equals a naive model after any batches, and stays whole between threads."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.fixes import FixBatch, Verdict
from dispatch.live_picture import EVERYTHING, FixLimits
from dispatch.responders import KINDS, TOP_SPEED_KPH, Status
from dispatch.sight import kind_bits
from geodata.coordinates import distance_m
from geodata.metric import Metric
from geodata.search import nearest_occupants
from tests.dispatch.villages import NETWORK, NOON_S, SNAPPER, Only, at, empty_picture, names

LIMITS = FixLimits()


@dataclass
class NaiveResponder:
    """One responder of the model."""

    kind: str = ""
    mode: str = ""
    status: Status = Status.AVAILABLE
    capabilities: frozenset = frozenset()
    fix: tuple | None = None  # lon, lat, time, radius
    doubts: list = field(default_factory=list)
    refused: dict = field(default_factory=dict)
    heard_at_s: float = 0.0


class NaivePicture:
    """The same rules on a dict of objects, one fix at a time."""

    def __init__(self) -> None:
        self.people: dict[tuple[str, str], NaiveResponder] = {}

    def apply(self, rows, now_s):
        return [self.apply_one(row, now_s) for row in rows]

    def apply_one(self, row, now_s):
        person = self.people.setdefault((row["jurisdiction"], row["who"]), NaiveResponder())
        person.heard_at_s = now_s
        verdict = self.judge(person, row, now_s)
        if verdict is Verdict.ACCEPTED:
            person.fix = (row["lon"], row["lat"], row["at_s"], self.radius(row))
            person.doubts = []
        else:
            person.refused[verdict.word] = person.refused.get(verdict.word, 0) + 1
        telling = (Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.JUMP, Verdict.COARSE)
        if person.fix is not None and verdict in telling:
            person.kind, person.mode = row["kind"], row["mode"] or KINDS[row["kind"]].mode
            if row["status"] is not None:
                person.status = Status[row["status"].upper()]
            if row["capabilities"] is not None:
                person.capabilities = frozenset(row["capabilities"])
        return verdict

    @staticmethod
    def radius(row):
        return LIMITS.unknown_accuracy_m if row["accuracy_m"] is None else row["accuracy_m"]

    def reachable(self, person, old, row):
        modes = {row["mode"] or KINDS[row["kind"]].mode, person.mode}
        top_kph = max(TOP_SPEED_KPH[mode] for mode in modes)
        reach_m = top_kph / 3.6 * (row["at_s"] - old[2] + LIMITS.clock_step_s)
        reach_m += LIMITS.accuracy_share * (old[3] + self.radius(row))
        return distance_m(old[0], old[1], row["lon"], row["lat"]) <= reach_m

    def judge(self, person, row, now_s):
        if not -90 <= row["lat"] <= 90:
            return Verdict.INVALID
        if row["at_s"] > now_s + LIMITS.future_s:
            return Verdict.FUTURE
        if row["at_s"] <= now_s - KINDS[row["kind"]].lost_after_s:
            return Verdict.TOO_OLD
        if person.fix is not None and row["at_s"] <= person.fix[2]:
            same = row["at_s"] == person.fix[2]
            return Verdict.DUPLICATE if same else Verdict.OUT_OF_ORDER
        if self.radius(row) > LIMITS.coarse_m:
            return Verdict.COARSE
        if person.fix is None or self.reachable(person, person.fix, row):
            return Verdict.ACCEPTED
        here = (row["lon"], row["lat"], row["at_s"], self.radius(row))
        if person.doubts and row["at_s"] <= person.doubts[-1][2]:
            return Verdict.JUMP
        if person.doubts and self.reachable(person, person.doubts[-1], row):
            person.doubts.append(here)
        else:
            person.doubts = [here]
        believed = len(person.doubts) >= LIMITS.believe_after
        return Verdict.ACCEPTED if believed else Verdict.JUMP

    def remove(self, key):
        self.people.pop(key, None)

    def expire(self, now_s, kept_s):
        for key, person in list(self.people.items()):
            last_s = person.heard_at_s if person.fix is None else person.fix[2]
            if last_s <= now_s - kept_s:
                del self.people[key]

    def seen(self, held, now_s, kinds=None, statuses=None, with_lost=True):
        """Keys and people in the picture, by the same filters."""
        return {
            key: person
            for key, person in self.people.items()
            if person.fix is not None
            and held.hold(key[0])
            and (kinds is None or person.kind in kinds)
            and (statuses is None or person.status in statuses)
            and (with_lost or now_s - person.fix[2] < KINDS[person.kind].lost_after_s)
        }


fixes = st.fixed_dictionaries(
    {
        "who": st.sampled_from("abcde"),
        "jurisdiction": st.sampled_from(["wanzhou", "kaizhou"]),
        "kind": st.sampled_from(["officer", "rider", "grid_worker"]),
        "mode": st.sampled_from([None, None, "foot", "car"]),
        "east_m": st.sampled_from([0, 90, 400, 1000, 1500, 5000, 9000]),
        "north_m": st.sampled_from([0, 5, 300, 880, 3000, 1e9]),
        "late_s": st.sampled_from([-40, -10, 0, 0, 1, 2, 30, 250, 500]),
        "accuracy_m": st.sampled_from([None, 5.0, 300.0, 1200.0]),
        "status": st.sampled_from([None, "available", "busy"]),
        "capabilities": st.sampled_from([None, [], ["drone"], ["drone", "english"]]),
    }
)
steps = st.one_of(
    st.tuples(st.just("apply"), st.lists(fixes, max_size=12)),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 30, 120, 900])),
    st.tuples(
        st.just("remove"), st.tuples(st.sampled_from(["wanzhou", "x"]), st.sampled_from("ab"))
    ),
    st.tuples(st.just("expire"), st.none()),
)


def check_lists(picture):
    """Every list of every edge holds exactly those whose column says so, forward and back."""
    columns = picture._columns
    for mode, occupants in picture.occupants.items():
        found = {}
        for edge, first in enumerate(occupants.first_on_edge.tolist()):
            previous, slot = -1, first
            while slot >= 0:
                assert slot not in found
                assert occupants.previous_on_edge[slot] == previous
                found[slot] = (edge, float(occupants.fraction[slot]))
                previous, slot = slot, int(occupants.next_on_edge[slot])
        everybody = picture.everybody(0.0)
        assert found == {
            int(everybody.slot[row]): (person.edge, person.fraction)
            for row, person in enumerate(everybody)
            if person.mode == mode and person.edge >= 0
        }
    assert columns.live.sum() == len(picture)


def check_equal(picture, model, now_s):
    """The picture and the model answer alike."""
    held = Only("wanzhou")
    for key, person in model.people.items():
        seen = picture.get(*key, now_s)
        assert picture.refusals(*key) == person.refused
        if person.fix is None:
            assert seen is None
            continue
        lon, lat, at_s, radius_m = person.fix
        assert (seen.lon, seen.lat, seen.fixed_at_s, seen.accuracy_m) == (lon, lat, at_s, radius_m)
        assert (seen.kind, seen.mode, seen.status) == (person.kind, person.mode, person.status)
        assert seen.capabilities == person.capabilities
        road = SNAPPER.snap(lon, lat, person.mode)
        assert (seen.edge, seen.fraction) == (road.edge[0], road.fraction[0])
    assert len(picture) == len(model.seen(EVERYTHING, now_s))

    shown = model.seen(held, now_s, ["rider", "officer"], [Status.AVAILABLE], with_lost=False)
    how = {"kinds": ["rider", "officer"], "statuses": [Status.AVAILABLE]}
    here = at(350, 20)
    near = picture.near(*here, 3, held, now_s, **how)
    lines_m = sorted(float(distance_m(*here, *person.fix[:2])) for person in shown.values())
    assert list(near.line_m) == pytest.approx(lines_m[:3], abs=1e-6)
    assert len(near) == min(3, len(lines_m))
    assert {(r.jurisdiction, r.responder_id) for r in near} <= set(shown)

    for resolution in (0, 5, 7, 8, 9, 10, 13):
        cells = {key: cell_at(person.fix, resolution) for key, person in shown.items()}
        for cell in {*cells.values(), h3.latlng_to_cell(here[1], here[0], resolution)}:
            inside = picture.in_cell(cell, held, now_s, **how)
            assert {(r.jurisdiction, r.responder_id) for r in inside} == {
                key for key in shown if cells[key] == cell
            }
    check_lists(picture)


def cell_at(fix, resolution):
    if resolution > 9:
        return h3.latlng_to_cell(fix[1], fix[0], resolution)
    return h3.cell_to_parent(h3.latlng_to_cell(fix[1], fix[0], 9), resolution)


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, min_size=1, max_size=12))
def test_after_any_batches_the_picture_is_that_of_a_naive_model(steps):
    """Batches with late, early, doubtful and repeated fixes, removals and forgetting."""
    picture, model, now_s = empty_picture(kept_s=1000.0), NaivePicture(), NOON_S
    for step, what in steps:
        if step == "wait":
            now_s += what
        elif step == "remove":
            picture.remove([what])
            model.remove(what)
        elif step == "expire":
            picture.expire(now_s)
            model.expire(now_s, picture.kept_s)
        else:
            rows = []
            for fix in what:
                lon, lat = at(fix["east_m"], fix["north_m"])
                rows.append(fix | {"lon": lon, "lat": lat, "at_s": now_s - fix["late_s"]})
            column = {name: [row[name] for row in rows] for name in fixes_columns}
            batch = FixBatch.of(
                column["who"],
                column["lon"],
                column["lat"],
                column["at_s"],
                jurisdiction=column["jurisdiction"],
                kind=column["kind"],
                mode=column["mode"],
                accuracy_m=[np.nan if a is None else a for a in column["accuracy_m"]],
                status=column["status"],
                capabilities=column["capabilities"],
            )
            assert [Verdict(v) for v in picture.apply(batch, now_s).tolist()] == model.apply(
                rows, now_s
            )
        check_equal(picture, model, now_s)


fixes_columns = (
    "who", "lon", "lat", "at_s", "jurisdiction", "kind", "mode",
    "accuracy_m", "status", "capabilities",
)  # fmt: skip


def test_many_responders_outgrow_the_first_arrays():
    """Three thousand, more than the picture starts with; slots are used again."""
    picture = empty_picture()
    for start in (0, 500):
        who = [f"r{i}" for i in range(start, start + 2500)]
        lon, lat = at(np.linspace(0, 5000, len(who)), np.zeros(len(who)))
        batch = FixBatch.of(who, lon, lat, NOON_S, kind="rider", jurisdiction="wanzhou")
        picture.apply(batch, NOON_S)
    assert len(picture) == 3000
    check_lists(picture)
    assert picture.remove([("wanzhou", f"r{i}") for i in range(0, 3000, 2)]) == 1500
    check_lists(picture)
    assert names(picture.near(*at(0, 0), 1, EVERYTHING, NOON_S)) == ["r1"]


def test_readers_never_see_half_a_batch():
    """While two threads move everybody back and forth, searches and queries stay whole."""
    picture = empty_picture()
    who = [f"r{i}" for i in range(300)]
    places = [at(np.full(300, east_m), np.zeros(300)) for east_m in (100.0, 900.0)]
    stop, broken = threading.Event(), []

    def move(turn_s):
        for round_ in range(25):
            batch = FixBatch.of(
                who,
                *places[round_ % 2],
                NOON_S + 100 * round_ + turn_s,
                kind="rider",
                jurisdiction="wanzhou",
            )
            picture.apply(batch, NOON_S + 100 * round_ + 60)

    def look():
        metric = Metric.base(NETWORK, "ebike")
        victim = SNAPPER.snap(*at(50, 0), "ebike")
        while not stop.is_set():
            with picture.reading():
                everybody = picture.everybody(NOON_S)
                mustered = picture.muster(EVERYTHING, NOON_S, with_lost=True)
                found = nearest_occupants(
                    metric, victim, picture.occupants["ebike"], 400, eligible=mustered.eligible,
                    all_of=kind_bits(["rider"]),
                )  # fmt: skip
                again = picture.everybody(NOON_S)
            whole = len(everybody) in (0, 300) and len(found) == len(everybody)
            still = np.array_equal(everybody.lon, again.lon)
            if not (whole and still and len(np.unique(found.eta_ms)) <= 1):
                broken.append((len(everybody), len(found), still, np.unique(found.eta_ms)))
                return

    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # threads change places within a batch, not only between two
    readers = [threading.Thread(target=look) for _ in range(2)]
    writers = [threading.Thread(target=move, args=(turn_s,)) for turn_s in (0, 30)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    sys.setswitchinterval(interval_s)
    assert broken == []
    check_lists(picture)
