"""What the demonstration prints: who goes, how long, which way, and who lost and why."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from dispatch.responders import KINDS

STEPS_SHOWN = 6


def print_recommendation(
    console: Console, chinese: dict[str, Any], english: dict[str, Any]
) -> None:
    """Print one answer that was asked for in both languages."""
    table = Table(title="Who goes 派谁去", title_justify="left")
    for column in ("kind 力量", "who", "by", "ETA", "by road", "in line", "fix age"):
        table.add_column(column)
    reasons: list[str] = []
    for zh, en in zip(chinese["wants"], english["wants"], strict=True):
        for zh_choice, en_choice in zip(zh["chosen"], en["chosen"], strict=True):
            kind = KINDS[en_choice["kind"]]
            table.add_row(
                f"{kind.name} {kind.chinese}",
                en_choice["id"],
                en_choice["mode"],
                clock(en_choice["eta_s"]),
                f"{en_choice['distance_m'] / 1000:.2f} km",
                f"{en_choice['line_m'] / 1000:.2f} km",
                f"{en_choice['fix_age_s']:.0f} s",
            )
            reasons.append(f"  {kind.chinese} {en_choice['id']}: {zh_choice['reason']}")
            reasons.append(f"     {en_choice['reason']}")
        if en["shortfall"] is not None:
            reasons.append(f"  {', '.join(en['kinds'])}: {zh['shortfall']['reason']}")
            reasons.append(f"     {en['shortfall']['reason']}")
    console.print(table)
    for line in reasons:
        console.print(line, markup=False, soft_wrap=True)
    print_first_steps(console, chinese, english)
    print_passed_over(console, chinese, english)


def print_first_steps(console: Console, chinese: dict, english: dict) -> None:
    """Print the first steps of the fastest officer's route in both languages."""
    fastest = next(
        ((zh["chosen"][0], en["chosen"][0]) for zh, en in _pairs(chinese, english) if en["chosen"]),
        None,
    )
    if fastest is None:
        return
    zh, en = fastest
    console.print(f"\nThe way of {en['id']} 行车路线 ({clock(en['drive_s'])} of driving)")
    steps = zip(_instructions(zh), _instructions(en), strict=True)
    for number, (in_chinese, in_english) in enumerate(list(steps)[:STEPS_SHOWN], start=1):
        console.print(f"  {number}. {in_chinese}", markup=False, soft_wrap=True)
        console.print(f"     {in_english}", markup=False, soft_wrap=True)
    more = len(_instructions(en)) - STEPS_SHOWN
    if more > 0:
        console.print(f"     … {more} more steps")


def print_passed_over(console: Console, chinese: dict, english: dict) -> None:
    """Print who looked nearer on the map and why they lost."""
    console.print("\nNearer on the map, and why not 看似更近者为何不派")
    nobody = True
    for zh, en in _pairs(chinese, english):
        for zh_who, en_who in zip(zh["passed_over"], en["passed_over"], strict=True):
            nobody = False
            kind = KINDS[en_who["kind"]]
            console.print(
                f"  {kind.chinese} {en_who['id']}: {zh_who['reason']}", markup=False, soft_wrap=True
            )
            console.print(f"     {en_who['reason']}", markup=False, soft_wrap=True)
    if nobody:
        console.print("  nobody: the nearest by line are also first by road")


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _pairs(chinese: dict, english: dict):
    return zip(chinese["wants"], english["wants"], strict=True)


def _instructions(choice: dict) -> list[str]:
    return [
        step["maneuver"]["instruction"] for leg in choice["route"]["legs"] for step in leg["steps"]
    ]
