"""Figures of a place and a time: how many alerts, how soon the victims were reached, how many were
dissuaded, whether the proof came, how much money was kept.

What is counted, once, for all figures:

- An incident counts where it was opened in the time. Those joined with another one are left out:
  a victim's case counts once. False alarms count in how soon somebody was there, but not in what
  was achieved.
- *First contact* is when the victim was first spoken to, by call, by message or in person; its time
  runs from the first alert, its target is the policy's ``contact_within_s``.
- *Face to face* is when somebody first stood in front of the victim; its time runs from the first
  alert, its target is the policy's ``visit_within_s`` from the first usable place on. Only tiers
  that want a visit are due one.
- Something is *due* once it was done, or once its target has passed with the incident open. What
  was closed before its target is not held against anybody.
- Targets are those of the tier that the incident is answered as.
- Quantiles are linearly interpolated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec
import numpy as np
import pandas as pd
from sqlalchemy import Connection

from dispatch.incidents.policy import Policies
from dispatch.incidents.words import (
    TIERS,
    AssignmentState,
    ClosingReason,
    Purpose,
    Tier,
    VisitOutcome,
)
from services.review.rows import Scope, alert_counts, assignment_rows, incident_rows
from services.views import moment

F = TypeVar("F", bound="IncidentFigures")


class Spread(msgspec.Struct, kw_only=True):
    """How long something took."""

    count: int
    median_s: float | None
    p90_s: float | None
    """Nine of ten took no longer; none where nothing was measured."""


class Timeliness(Spread, kw_only=True):
    """How long something took, and whether that was in time."""

    due: int
    in_time: int
    share_in_time: float | None
    """Of those due; none where none was."""


class Share(msgspec.Struct, kw_only=True):
    """How many of how many."""

    of: int
    count: int
    share: float | None


class IncidentFigures(msgspec.Struct, kw_only=True):
    """A group of incidents."""

    incidents: int
    open: int
    """Not closed and not only followed up."""
    false_alarms: int
    first_contact: Timeliness
    face_to_face: Timeliness
    dissuaded: Share
    """Of those whom somebody stood in front of."""
    evidence_in_time: Share
    """Of first visits whose evidence came or was overdue."""
    second_visits: Share
    """Of the incidents that somebody was sent to or in front of: more than one visit."""
    follow_ups: Share
    """Done, of those planned."""
    amount_at_risk_yuan: float
    """Where it was told."""
    amount_kept_yuan: float
    """Where it was told."""
    share_kept: float | None
    """Of the incidents where both were told."""


class KindFigures(msgspec.Struct, kw_only=True):
    """One kind of responder, sent to the incidents of the group; follow-ups left out."""

    offered: int
    accepted: Share
    """Of those that were answered or ran out; offers withdrawn before say nothing."""
    to_accept: Spread
    """From the offer."""
    to_arrive: Spread
    """From accepting."""
    late: Share
    """Of those that arrived."""
    first_there: int
    """Incidents where one of this kind was the first in front of the victim."""
    dissuaded: Share
    """Of the visits reported on."""


class PartFigures(IncidentFigures, kw_only=True):
    """The incidents of one part of the place."""

    jurisdiction: str


class Figures(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    """A place and a time looked back on."""

    jurisdiction: str | None
    """None: everything that the caller holds."""
    from_: datetime
    to: datetime
    alerts: int
    alerts_by_tier: dict[str, int]
    alerts_by_source: dict[str, int]
    total: IncidentFigures
    by_tier: dict[str, IncidentFigures]
    by_kind: dict[str, KindFigures]
    by_part: list[PartFigures]
    """By the jurisdictions one level below, those with incidents only; incidents that are known no
    nearer stand under the jurisdiction itself."""


def figures(connection: Connection, scope: Scope, policies: Policies, now_s: float) -> Figures:
    """The figures, as the rows are now."""
    alerts = alert_counts(connection, scope)
    incidents = with_targets(incident_rows(connection, scope), policies, now_s)
    sent = assignment_rows(connection, scope)
    sent = sent[sent["purpose"] != Purpose.FOLLOW_UP.value].merge(
        incidents[["incident_id", "first_face_at_s"]], on="incident_id"
    )
    tiers = list(TIERS)[::-1]
    return Figures(
        jurisdiction=scope.within,
        from_=moment(scope.from_s),
        to=moment(scope.to_s),
        alerts=int(alerts["alerts"].sum()),
        alerts_by_tier={
            word: int(alerts.loc[alerts["tier"] == int(TIERS[word]), "alerts"].sum())
            for word in tiers
        },
        alerts_by_source={
            str(source): int(count)
            for source, count in alerts.groupby("source")["alerts"].sum().items()
        },
        total=_incident_figures(incidents, IncidentFigures),
        by_tier={
            word: _incident_figures(
                incidents[incidents["tier"] == int(TIERS[word])], IncidentFigures
            )
            for word in tiers
        },
        by_kind={str(kind): _kind_figures(rows) for kind, rows in sent.groupby("kind")},
        by_part=[
            _incident_figures(rows, PartFigures, jurisdiction=str(part))
            for part, rows in incidents.groupby(_part_of(incidents["jurisdiction"], scope))
        ],
    )


def with_targets(incidents: pd.DataFrame, policies: Policies, now_s: float) -> pd.DataFrame:
    """The incidents with their times and whether these were due and in time.

    New columns: ``to_contact_s``, ``contact_due``, ``contact_in_time``, ``to_face_s``,
    ``face_due``, ``face_in_time``, ``is_open``, ``false_alarm``.
    """
    table = incidents.copy()
    opened_s, placed_s = table["opened_at_s"], table["placed_at_s"]
    targets = [
        policies.of(centre).of(Tier(tier))
        for centre, tier in zip(table["centre"], table["answer_tier"], strict=True)
    ]
    contact_within_s = np.array([target.contact_within_s for target in targets], dtype=float)
    visit_within_s = np.array([target.visit_within_s for target in targets], dtype=float)
    wants_visit = np.array([target.wants_visit for target in targets], dtype=bool)
    end_s = table["closed_at_s"].fillna(now_s)

    contact_s = np.fmin(table["first_contact_at_s"], table["first_face_at_s"])
    table["to_contact_s"] = contact_s - opened_s
    table["contact_in_time"] = contact_s <= opened_s + contact_within_s
    table["contact_due"] = contact_s.notna() | (end_s > opened_s + contact_within_s)

    face_s = table["first_face_at_s"]
    table["to_face_s"] = face_s - opened_s
    # Whoever was met before the place was known was met in time.
    from_s = placed_s.fillna(math.inf)
    table["face_in_time"] = wants_visit & (face_s <= from_s + visit_within_s)
    table["face_due"] = wants_visit & (face_s.notna() | (end_s > from_s + visit_within_s))

    table["false_alarm"] = table["closing_reason"] == ClosingReason.FALSE_ALARM.value
    table["is_open"] = ~table["state"].isin(["closed", "following_up"])
    return table


def spread(seconds: pd.Series) -> dict[str, float | int | None]:
    """Members of a :class:`Spread`."""
    known = seconds.dropna().to_numpy(dtype=float)
    return {
        "count": len(known),
        "median_s": _quantile(known, 0.5),
        "p90_s": _quantile(known, 0.9),
    }


def share(count: int, of: int) -> Share:
    return Share(of=int(of), count=int(count), share=_ratio(count, of))


def _timeliness(rows: pd.DataFrame, name: str) -> Timeliness:
    due = rows[rows[f"{name}_due"]]
    in_time = int(due[f"{name}_in_time"].sum())
    return Timeliness(
        **spread(rows[f"to_{name}_s"]),
        due=len(due),
        in_time=in_time,
        share_in_time=_ratio(in_time, len(due)),
    )


def _incident_figures(rows: pd.DataFrame, make: Callable[..., F], **more: str) -> F:
    real = rows[~rows["false_alarm"]]
    met = real[real["first_face_at_s"].notna()]
    proven = real["evidence_in_time"].dropna().astype(bool)
    visited = real[real["first_face_at_s"].notna() | (real["visit_number"] > 1)]
    known = real[real["amount_yuan"].notna() & real["amount_kept_yuan"].notna()]
    return make(
        **more,
        incidents=len(rows),
        open=int(rows["is_open"].sum()),
        false_alarms=int(rows["false_alarm"].sum()),
        first_contact=_timeliness(rows, "contact"),
        face_to_face=_timeliness(rows, "face"),
        dissuaded=share(met["dissuaded_at_s"].notna().sum(), len(met)),
        evidence_in_time=share(proven.sum(), len(proven)),
        second_visits=share((visited["visit_number"] > 1).sum(), len(visited)),
        follow_ups=share(real["follow_ups_done"].sum(), real["follow_ups_planned"].sum()),
        amount_at_risk_yuan=_sum(real["amount_yuan"]),
        amount_kept_yuan=_sum(real["amount_kept_yuan"]),
        share_kept=_ratio(_sum(known["amount_kept_yuan"]), _sum(known["amount_yuan"])),
    )


def _kind_figures(rows: pd.DataFrame) -> KindFigures:
    accepted = rows["accepted_at_s"].notna()
    refused = ~accepted & rows["state"].isin(
        [AssignmentState.DECLINED.value, AssignmentState.EXPIRED.value]
    )
    arrived = rows[rows["arrived_at_s"].notna()]
    told = rows[rows["outcome"].notna()]
    first = arrived[arrived["arrived_at_s"] == arrived["first_face_at_s"]]
    return KindFigures(
        offered=len(rows),
        accepted=share(accepted.sum(), accepted.sum() + refused.sum()),
        to_accept=Spread(**spread(rows["accepted_at_s"] - rows["offered_at_s"])),
        to_arrive=Spread(**spread(rows["arrived_at_s"] - rows["accepted_at_s"])),
        late=share(arrived["late"].astype(bool).sum(), len(arrived)),
        first_there=int(first["incident_id"].nunique()),
        dissuaded=share((told["outcome"] == VisitOutcome.DISSUADED.value).sum(), len(told)),
    )


def _part_of(paths: pd.Series, scope: Scope) -> pd.Series:
    """The path one level below the place that is asked about; the centre where none is."""
    words = 1 if scope.within is None else scope.within.count("/") + 2
    return paths.map(lambda path: "/".join(path.split("/")[:words]))


def _quantile(known: np.ndarray, level: float) -> float | None:
    return round(float(np.quantile(known, level)), 3) if len(known) else None


def _ratio(part: float, whole: float) -> float | None:
    return round(float(part) / float(whole), 6) if whole else None


def _sum(amounts: pd.Series) -> float:
    return round(float(amounts.sum()), 2)
