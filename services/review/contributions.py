"""What each responder and each unit contributed, for recognition and reward.

A contribution counts where it was offered in the time, to a responder of the place, whatever
incident it was for. A unit is a jurisdiction of responders. The money that a victim kept is shared
evenly among those who reported the victim dissuaded, so that it is counted once.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np
import pandas as pd
from sqlalchemy import Connection

from dispatch.incidents.words import AssignmentState, ClosingReason, Purpose, VisitOutcome
from services.review.figures import Share, Spread, share, spread
from services.review.rows import Scope, contribution_rows
from services.views import moment


class Contribution(msgspec.Struct, kw_only=True):
    """What somebody did."""

    offered: int
    accepted: Share
    """Of those that were answered or ran out; offers withdrawn before say nothing."""
    to_accept: Spread
    to_arrive: Spread
    """From accepting."""
    arrived: int
    late: int
    first_there: int
    """Visits in which nobody was in front of the victim before."""
    dissuaded: int
    """Visits reported as having worked."""
    follow_ups: int
    """Follow-ups reported on."""
    evidence: int
    """Files of proof."""
    kept_yuan: float
    distance_km: float
    """By road, of the ways that were gone."""
    engaged_h: float
    """From accepting until the assignment ended."""


class ResponderContribution(Contribution, kw_only=True):
    """What one responder did."""

    responder_id: str
    jurisdiction: str
    kind: str


class UnitContribution(Contribution, kw_only=True):
    """What the responders of one jurisdiction did together."""

    jurisdiction: str
    responders: int


class Contributions(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    """A place and a time: those first who dissuaded most, then who were there first most often."""

    jurisdiction: str | None
    from_: datetime
    to: datetime
    units: list[UnitContribution]
    responders: list[ResponderContribution]
    responders_left_out: int
    """Beyond those that were asked for."""


def contributions(connection: Connection, scope: Scope, count: int) -> Contributions:
    """The contributions, as the rows are now; of at most ``count`` responders."""
    rows = _prepared(contribution_rows(connection, scope))
    units = [
        UnitContribution(
            jurisdiction=str(unit), responders=int(own["responder_id"].nunique()), **_summed(own)
        )
        for unit, own in rows.groupby("jurisdiction")
    ]
    ranked = _ranking(rows)
    by_responder = rows.groupby(["jurisdiction", "responder_id"])
    responders = [
        ResponderContribution(
            responder_id=responder_id,
            jurisdiction=jurisdiction,
            kind=str(by_responder.get_group((jurisdiction, responder_id))["kind"].iloc[-1]),
            **_summed(by_responder.get_group((jurisdiction, responder_id))),
        )
        for jurisdiction, responder_id in ranked[:count]
    ]
    units.sort(key=lambda one: (-one.dissuaded, -one.first_there, -one.arrived, one.jurisdiction))
    return Contributions(
        jurisdiction=scope.within,
        from_=moment(scope.from_s),
        to=moment(scope.to_s),
        units=units,
        responders=responders,
        responders_left_out=max(0, len(ranked) - count),
    )


def _prepared(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with what is summed of each."""
    table = rows.copy()
    visit = table["purpose"] != Purpose.FOLLOW_UP.value
    gone = table["arrived_at_s"].notna()
    real = table["closing_reason"] != ClosingReason.FALSE_ALARM.value
    table["was_accepted"] = table["accepted_at_s"].notna()
    table["was_refused"] = ~table["was_accepted"] & table["state"].isin(
        [AssignmentState.DECLINED.value, AssignmentState.EXPIRED.value]
    )
    table["was_there"] = gone
    table["was_late"] = gone & table["late"].fillna(False).astype(bool)
    table["was_first"] = visit & gone & (table["arrived_at_s"] == table["first_face_at_s"])
    table["did_dissuade"] = visit & (table["outcome"] == VisitOutcome.DISSUADED.value)
    table["did_follow_up"] = ~visit & table["reported_at_s"].notna()
    table["kept_yuan"] = np.where(
        table["did_dissuade"] & real,
        table["amount_kept_yuan"].fillna(0.0) / table["dissuaders"].clip(lower=1),
        0.0,
    )
    table["way_km"] = np.where(gone, table["distance_m"] / 1_000.0, 0.0)
    table["engaged_s"] = (table["ended_at_s"] - table["accepted_at_s"]).fillna(0.0)
    return table


def _summed(rows: pd.DataFrame) -> dict[str, object]:
    """Members of a :class:`Contribution`."""
    accepted, refused = int(rows["was_accepted"].sum()), int(rows["was_refused"].sum())
    return {
        "offered": len(rows),
        "accepted": share(accepted, accepted + refused),
        "to_accept": Spread(**spread(rows["accepted_at_s"] - rows["offered_at_s"])),
        "to_arrive": Spread(**spread(rows["arrived_at_s"] - rows["accepted_at_s"])),
        "arrived": int(rows["was_there"].sum()),
        "late": int(rows["was_late"].sum()),
        "first_there": int(rows["was_first"].sum()),
        "dissuaded": int(rows["did_dissuade"].sum()),
        "follow_ups": int(rows["did_follow_up"].sum()),
        "evidence": int(rows["evidence_count"].fillna(0).sum()),
        "kept_yuan": round(float(rows["kept_yuan"].sum()), 2),
        "distance_km": round(float(rows["way_km"].sum()), 3),
        "engaged_h": round(float(rows["engaged_s"].sum()) / 3_600.0, 3),
    }


def _ranking(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Everybody, those first who dissuaded most."""
    sums = (
        rows.groupby(["jurisdiction", "responder_id"])[["did_dissuade", "was_first", "was_there"]]
        .sum()
        .reset_index()
        .sort_values(
            ["did_dissuade", "was_first", "was_there", "jurisdiction", "responder_id"],
            ascending=[False, False, False, True, True],
        )
    )
    return list(zip(sums["jurisdiction"], sums["responder_id"], strict=True))
