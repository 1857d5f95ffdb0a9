"""What the command line prints with: one console for answers, one for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

out = Console(highlight=False)
"""Answers, on standard output."""
err = Console(stderr=True, highlight=False)
"""Progress and complaints, on standard error."""


def complain(sentence: str) -> None:
    """Print one sentence on standard error."""
    err.print(f"forestall: {sentence}", style="bold red", markup=False, soft_wrap=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A function that shows how far a named stage is (0 to 1), as one bar a stage."""
    with Progress(
        TextColumn("{task.description:<32}"), BarColumn(), TimeElapsedColumn(), console=err
    ) as progress:
        bars: dict[str, int] = {}

        def show(stage: str, share: float) -> None:
            if stage not in bars:
                for earlier in bars.values():  # a stage that gives way to the next is done
                    progress.update(earlier, completed=1.0)
                bars[stage] = progress.add_task(stage, total=1.0)
            progress.update(bars[stage], completed=min(max(share, 0.0), 1.0))

        yield show
