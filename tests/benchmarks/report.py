"""Rows of the benchmark table, and how time is taken."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, beside what."""

    what: str
    measured: str
    beside: str = ""
    ratio: str = ""
    must: str = ""
    reached: bool | None = None
    """None where nothing was demanded, or the peer is not installed."""


def milliseconds(run: Callable[[int], object], rounds: int, warm_up: int = 2) -> list[float]:
    """Time of each of ``rounds`` calls, which get numbers from 0; the warm-up is not counted."""
    for number in range(warm_up):
        run(number % rounds)
    times = []
    for number in range(rounds):
        started = time.perf_counter_ns()
        run(number)
        times.append((time.perf_counter_ns() - started) / 1e6)
    return times


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def percentile_99(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


def in_words(ms: float) -> str:
    """A time as people say it."""
    if ms < 1:
        return f"{ms * 1000:.0f} µs"
    if ms < 100:
        return f"{ms:.2f} ms"
    return f"{ms:.0f} ms" if ms < 10_000 else f"{ms / 1000:.1f} s"


def times_faster(peer_ms: float, own_ms: float) -> str:
    return f"{peer_ms / own_ms:,.1f}×" if own_ms else ""


def machine() -> str:
    """The machine in one line."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
        with open("/proc/meminfo", encoding="utf-8") as lines:
            memory_gib = int(lines.readline().split()[1]) / 2**20
    except (OSError, StopIteration, ValueError, IndexError):
        return f"{model}, {os.cpu_count()} cores"
    return (
        f"{model}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, Python {platform.python_version()}"
    )


def print_table(title: str, rows: list[Row]) -> None:
    console = Console(width=max(Console().width, 150), highlight=False)
    table = Table(title=title, title_justify="left")
    for column in ("what", "Forestall", "beside", "ratio", "must", ""):
        table.add_column(column, overflow="fold")
    for row in rows:
        mark = {True: "reached", False: "MISSED", None: ""}[row.reached]
        table.add_row(row.what, row.measured, row.beside, row.ratio, row.must, mark)
    console.print(table)
