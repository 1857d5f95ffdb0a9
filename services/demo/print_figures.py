"""The figures of the demonstration's hour, as a centre would look at them (复盘)."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from dispatch.incidents.words import TIERS
from dispatch.responders import KINDS
from services.demo.hour import Hour
from services.demo.print_answer import clock

CONTRIBUTORS_SHOWN = 5


def print_figures(
    console: Console, figures: dict[str, Any], contributions: dict[str, Any], hour: Hour
) -> None:
    """Print the figures of ``/v1/figures`` and who contributed most."""
    total = figures["total"]
    console.print(
        f"\n{hour.alerts} alerts, {total['incidents']} incidents, {hour.events} events on the "
        f"record, {hour.refused_steps} answers that came too late"
    )
    console.print(_by_tier(figures))
    console.print(_by_kind(figures))
    console.print(
        f"Dissuaded 劝阻: {_share(total['dissuaded'])} of those met; evidence in time "
        f"{_share(total['evidence_in_time'])}; second visits {_share(total['second_visits'])}"
    )
    console.print(
        f"Amount at risk 涉险金额 {total['amount_at_risk_yuan']:,.0f} yuan, kept so far 保住 "
        f"{total['amount_kept_yuan']:,.0f} yuan ({total['open']} cases still open)"
    )
    best = contributions["responders"][:CONTRIBUTORS_SHOWN]
    if best:
        console.print("For recognition 表彰: " + "; ".join(_contribution(one) for one in best))


def _by_tier(figures: dict[str, Any]) -> Table:
    table = Table(title="By tier 分级 (times: half / nine of ten within)", title_justify="left")
    for column in ("tier", "alerts", "incidents", "first contact", "face to face", "in time"):
        table.add_column(column, justify="left" if column == "tier" else "right")
    for word in figures["alerts_by_tier"]:
        group = figures["by_tier"].get(word)
        cells = ["–"] * 4
        if group is not None:
            met = group["face_to_face"]
            cells = [
                str(group["incidents"]),
                _spread(group["first_contact"]),
                _spread(met),
                "–" if not met["due"] else f"{met['in_time']}/{met['due']}",
            ]
        label = f"{TIERS[word].chinese} {word}"
        table.add_row(label, str(figures["alerts_by_tier"][word]), *cells)
    return table


def _by_kind(figures: dict[str, Any]) -> Table:
    table = Table(
        title="By kind of responder 力量 (times: half / nine of ten within)", title_justify="left"
    )
    for column in ("kind", "offered", "accepted", "to accept", "on the way", "first there"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for name, kind in figures["by_kind"].items():
        table.add_row(
            f"{KINDS[name].chinese} {name}",
            str(kind["offered"]),
            _share(kind["accepted"]),
            _spread(kind["to_accept"]),
            _spread(kind["to_arrive"]),
            str(kind["first_there"]),
        )
    return table


def _spread(spread: dict[str, Any]) -> str:
    """The median, and the time within which nine of ten were done."""
    if not spread["count"]:
        return "–"
    return f"{clock(spread['median_s'])} / {clock(spread['p90_s'])}"


def _share(share: dict[str, Any]) -> str:
    if share["share"] is None:
        return "–"
    return f"{share['count']} of {share['of']}"


def _contribution(one: dict[str, Any]) -> str:
    return (
        f"{KINDS[one['kind']].chinese} {one['responder_id']}: {one['first_there']} first, "
        f"{one['dissuaded']} dissuaded"
    )
