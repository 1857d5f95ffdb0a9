"""What figures are made of: incidents, alerts and assignments of a place and a time, as tables.

Only the columns that figures need are taken out of the documents, in the database: a month of a
large district is a few megabytes then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, and_, func, select
from sqlalchemy.sql import ColumnElement

from dispatch.incidents.words import ClosingReason, Purpose, VisitOutcome
from services.incidents.search import within
from services.jurisdictions import Jurisdictions
from services.ledger.tables import alerts, assignments, incidents


@dataclass(frozen=True, slots=True)
class Scope:
    """Which place and which time are looked back on."""

    held: Jurisdictions
    """Only what lies in these is seen."""
    from_s: float
    """UTC seconds since 1970; the first moment that counts ..."""
    to_s: float
    """... and the first that does not."""
    within: str | None = None
    """Only this jurisdiction and what is below it."""

    def holds(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The condition that a column's jurisdiction is among those looked at."""
        conditions = []
        if not self.held.everything:
            conditions.append(within(column, self.held.names))
        if self.within is not None:
            conditions.append(within(column, (self.within,)))
        return and_(True, *conditions)

    def during(self, column: ColumnElement[float]) -> ColumnElement[bool]:
        return and_(column >= self.from_s, column < self.to_s)


def of_incident(name: str) -> Any:
    """A member of an incident's document."""
    return incidents.c.document[name]


def of_assignment(name: str) -> Any:
    """A member of an assignment's document."""
    return assignments.c.document[name]


INCIDENT_COLUMNS = (
    incidents.c.incident_id,
    incidents.c.centre,
    incidents.c.jurisdiction,
    incidents.c.state,
    incidents.c.tier,
    incidents.c.answer_tier,
    incidents.c.opened_at_s,
    incidents.c.closed_at_s,
    of_incident("source").as_string().label("source"),
    of_incident("placed_at_s").as_float().label("placed_at_s"),
    of_incident("first_contact_at_s").as_float().label("first_contact_at_s"),
    of_incident("first_face_at_s").as_float().label("first_face_at_s"),
    of_incident("dissuaded_at_s").as_float().label("dissuaded_at_s"),
    of_incident("evidence_in_time").as_boolean().label("evidence_in_time"),
    of_incident("visit_number").as_integer().label("visit_number"),
    of_incident("alert_count").as_integer().label("alert_count"),
    of_incident("amount_yuan").as_float().label("amount_yuan"),
    of_incident("amount_kept_yuan").as_float().label("amount_kept_yuan"),
    of_incident("money_state").as_string().label("money_state"),
    of_incident("closing_reason").as_string().label("closing_reason"),
    of_incident("outcome").as_string().label("outcome"),
    of_incident("follow_ups_planned").as_integer().label("follow_ups_planned"),
    of_incident("follow_ups_done").as_integer().label("follow_ups_done"),
)

ASSIGNMENT_COLUMNS = (
    assignments.c.assignment_id,
    assignments.c.incident_id,
    assignments.c.jurisdiction,
    assignments.c.responder_id,
    assignments.c.kind,
    assignments.c.purpose,
    assignments.c.state,
    assignments.c.offered_at_s,
    assignments.c.ended_at_s,
    of_assignment("mode").as_string().label("mode"),
    of_assignment("role").as_string().label("role"),
    of_assignment("visit_number").as_integer().label("visit_number"),
    of_assignment("offered_eta_s").as_float().label("offered_eta_s"),
    of_assignment("distance_m").as_float().label("distance_m"),
    of_assignment("promised_at_s").as_float().label("promised_at_s"),
    of_assignment("accepted_at_s").as_float().label("accepted_at_s"),
    of_assignment("departed_at_s").as_float().label("departed_at_s"),
    of_assignment("arrived_at_s").as_float().label("arrived_at_s"),
    of_assignment("reported_at_s").as_float().label("reported_at_s"),
    of_assignment("outcome").as_string().label("outcome"),
    of_assignment("late").as_boolean().label("late"),
    of_assignment("evidence_count").as_integer().label("evidence_count"),
)

_TIMES = ("_at_s", "_yuan", "_eta_s", "_m")


def not_joined() -> ColumnElement[bool]:
    """Leaves out incidents that go on as another one: each victim's case counts once."""
    reason = of_incident("closing_reason").as_string()
    return func.coalesce(reason, "") != ClosingReason.JOINED.value


def alert_counts(connection: Connection, scope: Scope) -> pd.DataFrame:
    """Alerts received in the time, by tier and source: columns tier, source, alerts."""
    return _frame(
        connection,
        select(alerts.c.tier, alerts.c.source, func.count().label("alerts"))
        .join(incidents, incidents.c.incident_id == alerts.c.incident_id)
        .where(scope.holds(incidents.c.jurisdiction), scope.during(alerts.c.received_at_s))
        .group_by(alerts.c.tier, alerts.c.source),
    )


def incident_rows(connection: Connection, scope: Scope) -> pd.DataFrame:
    """Incidents opened in the time, oldest first; those joined with another one are left out."""
    return _frame(connection, incidents_of(scope, *INCIDENT_COLUMNS))


def incidents_of(scope: Scope, *columns: Any) -> Select:
    """The question for columns of the incidents opened in the time."""
    return (
        select(*columns)
        .where(
            scope.holds(incidents.c.jurisdiction),
            scope.during(incidents.c.opened_at_s),
            not_joined(),
        )
        .order_by(incidents.c.incident_id)
    )


def assignment_rows(connection: Connection, scope: Scope) -> pd.DataFrame:
    """Whoever was sent to incidents opened in the time, and when each of these had somebody in
    front of the victim first."""
    return _frame(
        connection,
        incidents_of(
            scope,
            *ASSIGNMENT_COLUMNS,
            of_incident("first_face_at_s").as_float().label("first_face_at_s"),
        )
        .join(assignments, assignments.c.incident_id == incidents.c.incident_id)
        .order_by(None)
        .order_by(assignments.c.assignment_id),
    )


def contribution_rows(connection: Connection, scope: Scope) -> pd.DataFrame:
    """What responders of the place were offered in the time, wherever the incident was; and of how
    much kept money it shares with how many who dissuaded the victim too."""
    beside = assignments.alias("beside")
    dissuaders = (
        select(func.count())
        .select_from(beside)
        .where(
            beside.c.incident_id == assignments.c.incident_id,
            beside.c.purpose != Purpose.FOLLOW_UP.value,
            beside.c.document["outcome"].as_string() == VisitOutcome.DISSUADED.value,
        )
        .scalar_subquery()
    )
    return _frame(
        connection,
        select(
            *ASSIGNMENT_COLUMNS,
            of_incident("first_face_at_s").as_float().label("first_face_at_s"),
            of_incident("amount_kept_yuan").as_float().label("amount_kept_yuan"),
            of_incident("closing_reason").as_string().label("closing_reason"),
            dissuaders.label("dissuaders"),
        )
        .join(incidents, incidents.c.incident_id == assignments.c.incident_id)
        .where(scope.holds(assignments.c.jurisdiction), scope.during(assignments.c.offered_at_s))
        .order_by(assignments.c.assignment_id),
    )


def _frame(connection: Connection, question: Select) -> pd.DataFrame:
    """The answer as a table; what is not known is NaN in columns of numbers."""
    rows = connection.execute(question)
    table = pd.DataFrame(rows.all(), columns=list(rows.keys()))
    numbers = [name for name in table.columns if name.endswith(_TIMES)]
    return table.astype(dict.fromkeys(numbers, "float64"))
