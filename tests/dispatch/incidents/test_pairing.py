"""Several incidents at once: the least weighted sum of arrivals, nobody twice, the urgent first."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.incidents.needs import Need
from dispatch.incidents.pairing import AGAIN_S, NOBODY_S, Waiting, pair
from dispatch.incidents.staffing import Candidate, Selection
from dispatch.incidents.words import Purpose, Role
from tests.dispatch.incidents.staffed import a_choice

TEN_MINUTES_S, HALF_AN_HOUR_S = 600.0, 1_800.0


def a_need(missing: int = 1, purpose: Purpose = Purpose.VISIT) -> Need:
    return Need(
        role=Role.ENFORCEMENT,
        purpose=purpose,
        number=1,
        kinds=frozenset({"officer"}),
        several_at_once=False,
        missing=missing,
        following=0,
        asked=(),
        vacant=(),
        vacant_chances=(),
        limit_s=3_600.0,
        acknowledge_s=60.0,
        refusal_s=60.0,
    )


def waits(
    *arrivals: tuple[str, float],
    places: int = 1,
    within_s: float = TEN_MINUTES_S,
    purpose: Purpose = Purpose.VISIT,
    again: tuple[str, ...] = (),
) -> Waiting:
    """An incident, and who could be there after how many seconds."""
    need = a_need(places, purpose)
    candidates = tuple(
        Candidate(
            role=need.role,
            purpose=purpose,
            number=1,
            choice=a_choice(who, "officer", eta_s),
            chance=0.98,
            rank=rank,
            acknowledge_s=60.0,
            again=who in again,
        )
        for rank, (who, eta_s) in enumerate(sorted(arrivals, key=lambda one: one[1]))
    )
    return Waiting((Selection(need, places, candidates),), within_s)


def asked(*waiting: Waiting) -> list[list[str]]:
    """Who is asked for each incident: nobody is asked twice, as the ledger sees to."""
    taken: set[str] = set()
    found = []
    for selections in pair(waiting):
        (selection,) = selections
        free = [one for one in selection.candidates if one.choice.responder_id not in taken]
        chosen = [one.choice.responder_id for one in free[: selection.at_once]]
        taken |= set(chosen)
        found.append(chosen)
    return found


def test_the_nearest_to_both_goes_where_the_other_one_is_far():
    first = waits(("Chen", 60), ("Li", 80))
    second = waits(("Chen", 70), ("Li", 300))
    assert asked(first, second) == [["Li"], ["Chen"]]


def test_a_second_counts_more_where_there_is_less_time():
    """Both are the nearest's; the sum of plain seconds would send him to the second victim."""
    urgent = waits(("Chen", 60), ("Li", 300), within_s=TEN_MINUTES_S)
    patient = waits(("Chen", 70), ("Li", 400), within_s=HALF_AN_HOUR_S)
    assert asked(urgent, patient) == [["Chen"], ["Li"]]
    assert asked(replace(urgent, within_s=HALF_AN_HOUR_S), patient) == [["Li"], ["Chen"]]


def test_with_one_person_for_two_the_more_urgent_gets_them():
    patient = waits(("Chen", 10), within_s=HALF_AN_HOUR_S)
    urgent = waits(("Chen", 500), within_s=TEN_MINUTES_S)
    assert asked(patient, urgent) == [[], ["Chen"]]


def test_everybody_who_can_be_filled_is_filled_before_anybody_is_quick():
    """Li can only go to the second; sending Chen there would leave the first with nobody."""
    first = waits(("Chen", 3_000))
    second = waits(("Chen", 10), ("Li", 3_500))
    assert asked(first, second) == [["Chen"], ["Li"]]


def test_whoever_let_an_offer_pass_comes_behind_all_others():
    first = waits(("Chen", 60), ("Li", 900), again=("Chen",))
    second = waits(("Wang", 50))
    assert asked(first, second) == [["Li"], ["Wang"]]


def test_a_follow_up_takes_nobody_whom_a_visit_needs():
    follow_up = waits(("Chen", 10), ("Li", 20), purpose=Purpose.FOLLOW_UP)
    visit = waits(("Chen", 500))
    assert asked(follow_up, visit) == [["Li"], ["Chen"]]


def test_spares_are_those_whom_nobody_was_given():
    """Where the one given is taken by somebody else, another victim's officer is not asked."""
    first = waits(("Chen", 60), ("Li", 80), ("Wang", 200))
    second = waits(("Chen", 70), ("Li", 300))
    (one,), _ = pair([first, second])
    assert [candidate.choice.responder_id for candidate in one.candidates] == ["Li", "Wang"]
    assert [candidate.choice.responder_id for candidate in one.given_away] == ["Chen"]


PEOPLE = ("Chen", "Li", "Wang", "Zhao")


@st.composite
def some_waiting(draw) -> list[Waiting]:
    count = draw(st.integers(1, 3))
    found = []
    for _ in range(count):
        who = draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=4))
        found.append(
            waits(
                *((name, float(draw(st.integers(10, 3_600)))) for name in who),
                places=draw(st.integers(1, 2)),
                within_s=draw(st.sampled_from([TEN_MINUTES_S, HALF_AN_HOUR_S])),
                again=tuple(draw(st.sets(st.sampled_from(PEOPLE), max_size=1))),
            )
        )
    return found


def cost_of(waiting: list[Waiting], chosen: list[list[str]]) -> float:
    total = 0.0
    for one, names in zip(waiting, chosen, strict=True):
        (selection,) = one.selections
        for name in names:
            (candidate,) = (
                each for each in selection.candidates if each.choice.responder_id == name
            )
            total += (candidate.choice.eta_s + AGAIN_S * candidate.again) / one.within_s
        total += (selection.at_once - len(names)) * NOBODY_S / one.within_s
    return total


@settings(deadline=None)
@given(some_waiting())
def test_no_other_way_of_sending_people_is_better(waiting):
    """Against every way in which the places can be filled or left empty."""
    places = [row for row, one in enumerate(waiting) for _ in range(one.selections[0].at_once)]
    best = float("inf")
    for sent in permutations([*PEOPLE, *(None for _ in places)], len(places)):
        chosen = [[] for _ in waiting]
        for row, name in zip(places, sent, strict=True):
            if name is not None:
                chosen[row].append(name)
        known = (
            name in {each.choice.responder_id for each in waiting[row].selections[0].candidates}
            for row, names in enumerate(chosen)
            for name in names
        )
        if all(known):
            best = min(best, cost_of(waiting, chosen))
    assert cost_of(waiting, asked(*waiting)) == pytest.approx(best)


@pytest.mark.parametrize(("here", "there"), [*product((1, 2), repeat=2)])
def test_nobody_is_given_to_two(here, there):
    """Four people are enough for any of these; each is asked once."""
    everybody = [(name, 60.0 + 10 * number) for number, name in enumerate(PEOPLE)]
    sent = asked(waits(*everybody, places=here), waits(*everybody, places=there))
    names = [name for one in sent for name in one]
    assert len(names) == len(set(names)) == here + there
