"""``forestall peers``: other centres that a centre works with."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.cli.screen import err, out
from services.errors import PeerError, ProblemError
from services.ledger.database import Ledger, open_ledger
from services.peers import registry
from services.sending.addresses import checked_url
from services.sending.signing import in_use
from services.settings import Settings

app = typer.Typer(
    help="Other centres that take part in interceptions: their addresses and secrets.",
    no_args_is_help=True,
)

Centre = Annotated[str, typer.Argument(help="Our own centre, such as 500101.")]
PeerCentre = Annotated[str, typer.Argument(help="The other centre.")]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        help="File with the secret that the other side printed, '-' for standard input; left out: "
        "a new one is made and printed."
    ),
]


def _ledger() -> Ledger:
    return open_ledger(Settings().ledger_url)


@app.command()
def add(
    centre: Centre,
    peer: PeerCentre,
    url: Annotated[
        str | None,
        typer.Option(help="Address of its service; left out: both centres are in this ledger."),
    ] = None,
    secret_file: SecretFile = None,
) -> None:
    """Add a peer. Its operator adds us with the secret that this prints."""
    settings = Settings()
    ledger = open_ledger(settings.ledger_url)
    if url is not None:
        try:
            url = checked_url(url, settings.allowed_webhook_hosts)
        except ProblemError as error:
            raise PeerError(error.detail) from None
    elif secret_file is not None:
        raise PeerError(
            "Centres in one ledger need no secret: leave out --secret-file or give --url."
        )
    secret = _secret(secret_file)
    made = ledger.transact(
        lambda connection: registry.add(
            connection, centre, peer, url, secret, ledger.time_s(connection)
        )
    )
    err.print(f"{centre} and {peer} are peers.", markup=False, soft_wrap=True)
    if made.secrets and secret is None:
        out.print(made.secrets[0].text, markup=False, soft_wrap=True)


@app.command("list")
def list_all() -> None:
    """List the peers, what waits for them, and what went wrong last."""
    ledger = _ledger()
    with ledger.read() as connection:
        found = registry.known(connection)
        counts = registry.counted(connection, [one.peer_id for one in found])
        now_s = ledger.time_s(connection)
    table = Table("centre", "peer", "address", "added", "secrets", "waiting", "last problem")
    for one in found:
        waiting, problem = counts[one.peer_id]
        day = datetime.fromtimestamp(one.created_at_s, UTC).strftime("%Y-%m-%d")
        table.add_row(
            one.centre, one.peer_centre, one.url or "in this ledger", day,
            str(len(in_use(one.secrets, now_s))), str(waiting), problem or "",
        )  # fmt: skip
    out.print(table, soft_wrap=True)


@app.command()
def rotate(centre: Centre, peer: PeerCentre, secret_file: SecretFile = None) -> None:
    """Give a peer a new secret; the one before counts as well for a day. The other side does the
    same with the secret that this prints."""
    ledger = _ledger()
    secret = _secret(secret_file)
    made = ledger.transact(
        lambda connection: registry.rotate(
            connection, centre, peer, secret, ledger.time_s(connection)
        )
    )
    err.print(
        f"{centre} signs to {peer} with a new secret, and with the old one for a day.",
        markup=False,
        soft_wrap=True,
    )
    if secret is None:
        out.print(made.secrets[0].text, markup=False, soft_wrap=True)


@app.command()
def remove(centre: Centre, peer: PeerCentre) -> None:
    """Remove a peer: nothing is sent to it or believed of it any more."""
    ledger = _ledger()
    ledger.transact(
        lambda connection: registry.remove(connection, centre, peer, ledger.time_s(connection))
    )
    out.print(f"{centre} and {peer} are no peers any more.", markup=False, soft_wrap=True)


def _secret(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return (sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise PeerError(f"The secret cannot be read from {file}: {why}.") from None
