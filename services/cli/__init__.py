"""``forestall``: the command line.

Entry points only translate: they read arguments, call the packages, and print. A known error ends
in one sentence on standard error and exit code 2.
"""

from __future__ import annotations

import signal
import sys

import typer
from pydantic import ValidationError

from geodata.errors import GeodataError
from services.cli import (
    branches,
    calibrate,
    demo,
    export,
    jurisdictions,
    keys,
    ledger,
    maps,
    peers,
    policy,
    serving,
)
from services.cli.screen import complain
from services.errors import ServiceError
from services.settings import ENVIRONMENT_PREFIX

app = typer.Typer(
    name="forestall",
    help="Who can be with a fraud victim first, by road, and the way there.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(maps.app, name="map")
app.add_typer(keys.app, name="keys")
app.add_typer(ledger.app, name="ledger")
app.add_typer(jurisdictions.app, name="jurisdictions")
app.add_typer(branches.app, name="branches")
app.add_typer(peers.app, name="peers")
app.command("sample")(maps.sample)
app.command("serve")(serving.serve)
app.command("export")(export.export)
app.command("calibrate")(calibrate.calibrate)
app.command("policy")(policy.policy)
app.command("demo")(demo.demo)

BAD_INPUT = 2
INTERRUPTED = 130


def main() -> None:
    """Run the command line; the console script's entry."""
    signal.signal(signal.SIGTERM, _stop)  # so that what was begun is cleared away
    try:
        app()
    except (GeodataError, ServiceError) as error:
        complain(str(error))
        sys.exit(BAD_INPUT)
    except ValidationError as error:
        complain(" ".join(_told(problem) for problem in error.errors()))
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _stop(number: int, frame: object) -> None:
    """Leave every block on the way out, as after Ctrl-C."""
    sys.exit(128 + number)


def _told(problem: dict) -> str:
    """One sentence about a setting that cannot be read."""
    name = ENVIRONMENT_PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
    return f"The setting {name} is not acceptable: {problem['msg']}."
