"""Whatever is shown of an incident or an assignment changes with an event that tells of it.

``forestall ledger verify`` stands on that: it takes a row that is not as the last event tells for
one that somebody has changed by hand.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from services.incidents.views import assignment_view, incident_view
from tests.dispatch.incidents.life import Life, an_alert
from tests.dispatch.incidents.test_life_model import PEOPLE, LifeMachine

Shown = dict[str, Any]


def shown_of(life: Life) -> dict[str, Shown]:
    """The incident and its assignments as they are shown, by id."""
    case = life.case
    views = [assignment_view(one, case.incident.incident_id) for one in case.assignments.values()]
    return {
        one["id"]: one for one in map(msgspec.to_builtins, [incident_view(case.incident), *views])
    }


def untold(life: Life, before: dict[str, Shown]) -> list[str]:
    """What has changed since ``before`` although nothing that happened tells of it."""
    incident_id = life.case.incident.incident_id
    told = {one.assignment_id for one in life.case.happenings}
    if life.case.happenings:
        told.add(incident_id)
    found = []
    for id_, now in shown_of(life).items():
        was = before.get(id_)
        if id_ not in told and now != was:
            changed = "all of it" if was is None else {n for n in now if now[n] != was[n]}
            found.append(f"{id_}: {changed}")
    return found


@pytest.fixture
def watched(monkeypatch):
    """Every change is looked at when it is written down."""
    commit = Life.commit
    last: dict[int, tuple[Life, dict[str, Shown]]] = {}

    def look(life: Life) -> None:
        _, before = last.get(id(life), (life, None))
        if before is not None:
            assert not untold(life, before)
        last[id(life)] = (life, shown_of(life))  # with the life, so that its id stays its own
        commit(life)

    monkeypatch.setattr(Life, "commit", look)
    yield
    last.clear()


def test_nothing_that_is_shown_changes_untold(watched):
    """Whatever sequence of commands and deadlines."""
    run_state_machine_as_test(
        LifeMachine,
        settings=settings(max_examples=30, stateful_step_count=40, deadline=None, database=None),
    )


def test_what_changes_untold_is_found(watched):
    """The check itself."""
    life = Life.begin(an_alert(), PEOPLE)
    life.case.incident.amount_yuan = 1.0
    with pytest.raises(AssertionError, match="amount_yuan"):
        life.commit()
