"""Figures and contributions: equal to a slow twin, and right where a reader can count along."""

from __future__ import annotations

import msgspec
import pytest

from dispatch.incidents.case import Area
from dispatch.incidents.policy import Policies, Policy, default_policy
from dispatch.incidents.words import (
    TIERS,
    AssignmentState,
    ClosingReason,
    IncidentState,
    Purpose,
    Tier,
    VisitOutcome,
)
from services.jurisdictions import Jurisdictions
from services.ledger.database import Ledger
from services.review.contributions import contributions
from services.review.figures import figures
from services.review.rows import Scope
from tests.services.review import slow_figures as slow
from tests.services.review.cases import NOON_S, alert, assignment, incident, random_past, write

HOUR_S = 3_600.0
NOW_S = NOON_S + 2 * HOUR_S
QUICK = "visit_within_s = 300\ncontact_within_s = 60\n"
POLICIES = Policies(default_policy(), {"k": Policy.parse(f"[critical]\n{QUICK}[high]\n{QUICK}")})
EVERYTHING = Jurisdictions(["*"])


@pytest.fixture
def ledger(ledger_url):
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


def figures_of(ledger, held=EVERYTHING, within=None, from_s=NOON_S, to_s=NOON_S + HOUR_S):
    with ledger.snapshot() as connection:
        found = figures(connection, Scope(held, from_s, to_s, within), POLICIES, NOW_S)
    return msgspec.to_builtins(found)


def contributions_of(ledger, held=EVERYTHING, within=None, count=1_000, from_s=NOON_S):
    with ledger.snapshot() as connection:
        scope = Scope(held, from_s, NOON_S + HOUR_S, within)
        found = contributions(connection, scope, count)
    return msgspec.to_builtins(found)


@pytest.mark.parametrize(
    ("held", "within", "names"),
    [
        (("*",), None, ("w", "k")),
        (("*",), "w/west", ("w/west",)),
        (("w/west", "k"), None, ("w/west", "k")),
        (("w/west/v",), "w", ("w/west/v",)),
    ],
)
def test_all_figures_equal_those_counted_by_hand(ledger, held, within, names):
    """Total, by tier, by kind and by part; of what is held, within what is asked, in the time."""
    past = random_past(seed=11, count=150)
    for told, sent, alerts in past:
        write(ledger, told, *sent, alerts=tuple(alerts))
    found = figures_of(ledger, Jurisdictions(held), within)
    window = (NOON_S, NOON_S + HOUR_S)
    mine = slow.counted(past, names, *window)
    cases = [case for case, _, _ in mine]
    assert len(cases) > 10
    by_tier = slow.alerts_by(past, names, *window, "tier")
    by_source = slow.alerts_by(past, names, *window, "source")
    assert found["alerts"] == sum(by_tier.values())
    assert found["alerts_by_tier"] == {word: by_tier.get(TIERS[word], 0) for word in TIERS}
    assert found["alerts_by_source"] == {str(key): count for key, count in by_source.items()}
    assert found["total"] == slow.group(cases, POLICIES, NOW_S)
    assert found["by_tier"] == slow.by_tier(cases, POLICIES, NOW_S)
    kinds = {o.kind for _, s, _ in mine for o in s if o.purpose is not Purpose.FOLLOW_UP}
    assert found["by_kind"] == {name: slow.kind(mine, name) for name in kinds}
    words = 1 if within is None else within.count("/") + 2
    parts: dict[str, list] = {}
    for case in cases:
        path = "/".join(case.area.jurisdiction.split("/")[:words])
        parts.setdefault(path, []).append(case)
    assert found["by_part"] == [
        {**slow.group(parts[path], POLICIES, NOW_S), "jurisdiction": path} for path in sorted(parts)
    ]


@pytest.mark.parametrize(
    ("held", "names"), [(("*",), ("w", "k")), (("w/west",), ("w/west",)), (("k",), ("k",))]
)
def test_all_contributions_equal_those_counted_by_hand(ledger, held, names):
    """Per responder and per unit, by the responder's jurisdiction, wherever they were sent."""
    past = random_past(seed=12, count=120)
    for told, sent, _ in past:
        write(ledger, told, *sent)
    found = contributions_of(ledger, Jurisdictions(held))
    window = (NOON_S, NOON_S + HOUR_S)
    everybody = {
        one.key
        for _, sent, _ in past
        for one in sent
        if slow.is_within(one.jurisdiction, names) and window[0] <= one.offered_at_s < window[1]
    }
    assert {(one["jurisdiction"], one["responder_id"]) for one in found["responders"]} == everybody
    for told in found["responders"]:
        key = told.pop("jurisdiction"), told.pop("responder_id")
        told.pop("kind")
        assert told == slow.contribution(past, lambda one, k=key: one.key == k, *window)
    assert {unit["jurisdiction"] for unit in found["units"]} == {key[0] for key in everybody}
    for told in found["units"]:
        unit = told.pop("jurisdiction")
        assert told.pop("responders") == len({key for key in everybody if key[0] == unit})
        assert told == slow.contribution(past, lambda one, u=unit: one.jurisdiction == u, *window)


def test_kept_money_is_counted_once_however_many_dissuaded(ledger):
    """Two who did it share it; their sums are what was kept."""
    done = {
        "state": AssignmentState.REPORTED,
        "accepted_at_s": NOON_S + 20,
        "arrived_at_s": NOON_S + 300,
        "reported_at_s": NOON_S + 900,
        "ended_at_s": NOON_S + 900,
        "outcome": VisitOutcome.DISSUADED,
    }
    told = incident(
        amount_yuan=90_000.0,
        amount_kept_yuan=90_000.0,
        first_face_at_s=NOON_S + 300,
        dissuaded_at_s=NOON_S + 900,
    )
    other = done | {"arrived_at_s": NOON_S + 420}
    write(
        ledger,
        told,
        assignment(**done),
        assignment(responder_id="g-1", jurisdiction="w/east", kind="grid_worker", **other),
        assignment(responder_id="r-1", kind="rider", state=AssignmentState.EXPIRED),
    )
    found = contributions_of(ledger)["responders"]
    assert [(one["responder_id"], one["kept_yuan"], one["first_there"]) for one in found] == [
        ("p-1", 45_000.0, 1),
        ("g-1", 45_000.0, 0),
        ("r-1", 0.0, 0),
    ]
    assert found[2]["accepted"] == {"of": 1, "count": 0, "share": 0.0}
    mine = contributions_of(ledger, Jurisdictions(["w/east"]))["responders"]
    assert [one["kept_yuan"] for one in mine] == [45_000.0]
    first = contributions_of(ledger, count=1)
    assert [one["responder_id"] for one in first["responders"]] == ["p-1"]
    assert first["responders_left_out"] == 2


def test_a_false_alarm_kept_nobodys_money(ledger):
    """However much somebody wrote into its report."""
    done = assignment(
        state=AssignmentState.REPORTED,
        accepted_at_s=NOON_S + 20,
        arrived_at_s=NOON_S + 300,
        reported_at_s=NOON_S + 900,
        ended_at_s=NOON_S + 900,
        outcome=VisitOutcome.DISSUADED,
    )
    told = incident(
        state=IncidentState.CLOSED,
        closing_reason=ClosingReason.FALSE_ALARM,
        closed_at_s=NOON_S + 1_000,
        amount_yuan=9_000.0,
        amount_kept_yuan=9_000.0,
    )
    write(ledger, told, done)
    (one,) = contributions_of(ledger)["responders"]
    assert (one["dissuaded"], one["kept_yuan"]) == (1, 0.0)
    assert figures_of(ledger)["total"]["amount_kept_yuan"] == 0.0


def test_time_runs_from_the_alert_and_the_target_from_the_first_usable_place(ledger):
    """Located after ten minutes, met eight minutes later: 18 minutes, and in time (15)."""
    placed_s, face_s = NOON_S + 600, NOON_S + 1_080
    write(ledger, incident(placed_at_s=placed_s, first_face_at_s=face_s))
    met = figures_of(ledger)["total"]["face_to_face"]
    assert (met["median_s"], met["due"], met["in_time"]) == (1_080.0, 1, 1)


def test_what_was_not_reached_counts_against_the_share_but_not_what_was_closed_before(ledger):
    """One met in time, one never met, one closed as a false alarm after five minutes."""
    write(ledger, incident(first_face_at_s=NOON_S + 600))
    write(ledger, incident())
    write(
        ledger,
        incident(
            state=IncidentState.CLOSED,
            closing_reason=ClosingReason.FALSE_ALARM,
            closed_at_s=NOON_S + 300,
        ),
    )
    total = figures_of(ledger)["total"]
    assert (total["incidents"], total["false_alarms"], total["open"]) == (3, 1, 2)
    assert total["face_to_face"]["share_in_time"] == 0.5
    assert total["first_contact"]["due"] == 2


def test_a_tier_that_wants_no_visit_is_due_none(ledger):
    """A low alert is answered by message; whoever was met all the same is measured."""
    write(ledger, incident(tier=Tier.LOW, answer_tier=Tier.LOW))
    write(ledger, incident(tier=Tier.LOW, answer_tier=Tier.LOW, first_face_at_s=NOON_S + 60))
    low = figures_of(ledger)["by_tier"]["low"]["face_to_face"]
    assert (low["count"], low["due"], low["share_in_time"]) == (1, 0, None)


def test_a_centres_own_targets_are_its_own(ledger):
    """Met after ten minutes: in time in one centre (15 minutes), late in the other (5)."""
    for path in ("w/west", "k/s"):
        write(ledger, incident(area=Area(path), first_face_at_s=NOON_S + 600))
    parts = {part["jurisdiction"]: part for part in figures_of(ledger)["by_part"]}
    assert parts["w"]["face_to_face"]["in_time"] == 1
    assert parts["k"]["face_to_face"]["in_time"] == 0


def test_a_case_that_was_joined_with_another_counts_once_its_alerts_twice(ledger):
    """The same victim, two incidents, one of them closed as joined."""
    write(ledger, incident(), alerts=(alert(),))
    joined = incident(
        state=IncidentState.CLOSED, closing_reason=ClosingReason.JOINED, closed_at_s=NOON_S + 60
    )
    write(ledger, joined, alerts=(alert(Tier.CRITICAL),))
    found = figures_of(ledger)
    assert (found["alerts"], found["total"]["incidents"]) == (2, 1)


def test_nothing_happened_is_an_answer_too(ledger):
    """Zero counts, no shares, no quantiles."""
    found = figures_of(ledger)
    assert found["total"] == slow.group([], POLICIES, NOW_S)
    assert (found["alerts"], found["by_kind"], found["by_part"]) == (0, {}, [])
    assert contributions_of(ledger)["responders"] == []
