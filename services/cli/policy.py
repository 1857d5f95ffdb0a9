"""``forestall policy``: the tier policy to begin with, and a check of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dispatch.incidents.default_policy import DEFAULT_POLICY
from services.cli.screen import out
from services.tier_policy import read_policies


def policy(
    check: Annotated[
        Path | None,
        typer.Option(help="Check this file or folder instead, as the service does at its start."),
    ] = None,
) -> None:
    """Print the tier policy that holds where a centre has none, to be saved and changed."""
    if check is None:
        out.print(DEFAULT_POLICY, end="", markup=False, soft_wrap=True)
        return
    policies = read_policies(check)
    own = ", ".join(policies.by_centre) or "no centre"
    out.print(
        f"The policy is acceptable. A file of its own has: {own}.", markup=False, soft_wrap=True
    )
