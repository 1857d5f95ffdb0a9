"""A plan as a command room reads it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from rich.console import Console
from rich.table import Table

from services.demo.centres import NAMES, Json
from services.demo.chase import checkpoints

CHINA = timezone(timedelta(hours=8))
KINDS = {
    "toll_gate": "toll gate",
    "ramp": "ramp",
    "service_area": "service area",
    "motorway_junction": "junction of expressways",
    "tunnel_mouth": "tunnel mouth",
    "bridge": "bridge",
    "junction": "junction",
}
BEHAVIOURS = {
    "fastest": "takes the fastest way",
    "avoids_toll": "avoids toll gates",
    "big_roads": "prefers big roads",
    "small_roads": "prefers small roads",
    "random": "turns at random",
}
WHY = {
    "nobody_in_time": "nobody can be there in time",
    "too_few_units": "too few cars for all of them",
    "time_limit": "not decided within the time limit",
}
MOST_EXITS_TOLD = 8


def print_plan(out: Console, plan: Json) -> None:
    """Who waits where, by when, and which share of the coach's possible drives that catches."""
    table = Table(title=f"Plan {plan['number']} 拦截方案", title_justify="left", pad_edge=False)
    for name in ("where 拦截点", "who 由谁", "ready 到位", "coach 最早", "margin", "share"):
        table.add_column(name, justify="left" if name[0] == "w" else "right")
    for one in checkpoints(plan):
        place = one["properties"]
        where = f"{place['name'] or place['id']} · {KINDS[place['kind']]}"
        table.add_row(
            f"{where} · 2nd layer 接力" if place["layer"] == 2 else where,
            ", ".join(_who(holder) for holder in place["holders"]),
            clock(place["ready_at"]),
            clock(place["earliest_at"]),
            minutes(place["margin_s"]),
            f"{place['share']:.0%}",
        )
    if not table.row_count:
        out.print("Nobody can wait anywhere in time.")
    else:
        out.print(table)
    worst = BEHAVIOURS.get(plan["worst_behaviour"], plan["worst_behaviour"])
    proven = "proven the best" if plan["first"]["proven"] else "the best found in time"
    out.print(
        f"Caught on {plan['share']:.0%} of the drives that the subject may make; on "
        f"{plan['worst_share']:.0%} where the driver {worst}. The first layer is {proven} "
        f"(nobody could do better than {plan['first']['bound']:.0%}).",
        markup=False,
    )
    for note in plan["notes"]:
        out.print(note, markup=False)


def print_seal(out: Console, plan: Json) -> None:
    """Whether the subject can be sealed in, and if not, which exits stay open and why."""
    seal = plan["seal"]
    if seal is None:
        return
    if seal["sealed"]:
        out.print(f"Sealed in 封控: {seal['units']} cars leave no way out.", markup=False)
        return
    proof = "proven" if seal["proven"] else "as far as was looked"
    out.print(
        f"Cannot be sealed in 无法封控 ({proof}): {len(seal['open_exits'])} exits stay open past "
        f"the {seal['units']} cars that could close others.",
        markup=False,
    )
    table = Table(pad_edge=False)
    for name in ("open exit 未封出口", "coach can be out at", "why"):
        table.add_column(name)
    for one in sorted(seal["open_exits"], key=lambda one: one["at"])[:MOST_EXITS_TOLD]:
        table.add_row(
            one["name"] or f"{one['lon']:.4f}, {one['lat']:.4f}",
            clock(one["at"]),
            WHY.get(one["reason"], one["reason"]),
        )
    out.print(table)
    left = len(seal["open_exits"]) - MOST_EXITS_TOLD
    if left > 0:
        out.print(f"... and {left} more; all of them are in the GeoJSON.", markup=False)


def clock(moment: str | float) -> str:
    """A time of day in China."""
    if isinstance(moment, str):
        at = datetime.fromisoformat(moment)
    else:
        at = datetime.fromtimestamp(moment, CHINA)
    return at.astimezone(CHINA).strftime("%H:%M:%S")


def moment_text(at_s: float) -> str:
    """A time as the API takes it."""
    return datetime.fromtimestamp(at_s, CHINA).isoformat()


def minutes(seconds: float) -> str:
    sign = "-" if seconds < 0 else ""
    return f"{sign}{int(abs(seconds)) // 60}:{int(abs(seconds)) % 60:02d}"


def _who(holder: Json) -> str:
    if holder["holder"] == "unit":
        return holder["responder_id"]
    if holder["holder"] == "staff":
        return "its own staff"
    return f"{NAMES.get(holder['jurisdiction'], 'another centre')} 承接"
