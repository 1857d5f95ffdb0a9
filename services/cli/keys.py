"""``forestall keys``: API keys for systems and secrets for phones."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from services import keys as keyring
from services.cli.screen import out
from services.errors import KeyRingError
from services.ledger.database import Ledger, open_ledger
from services.settings import Settings

app = typer.Typer(help="API keys for systems, secrets for phones.", no_args_is_help=True)


def _ledger() -> Ledger:
    return open_ledger(Settings().ledger_url)


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What it may do; all scopes if left out.")
    ] = None,
    jurisdiction: Annotated[
        list[str] | None, typer.Option(help="Whose people it sees; everybody's if left out.")
    ] = None,
    days: Annotated[float | None, typer.Option(min=0, help="Days until it expires.")] = None,
) -> None:
    """Make an API key and print it once."""
    made = keyring.make_key(
        _ledger(),
        name,
        scopes=scope or tuple(keyring.SCOPES),
        jurisdictions=jurisdiction or (keyring.EVERYTHING,),
        expires_at_s=None if days is None else time.time() + days * 86_400,
    )
    out.print(made.text, markup=False, soft_wrap=True)


@app.command()
def device(
    responder: Annotated[str, typer.Argument(help="Id of the responder who carries the phone.")],
    jurisdiction: Annotated[str, typer.Option(help="The responder's jurisdiction.")],
    crs: Annotated[str, typer.Option(help="wgs84, gcj02 or bd09: what the app sends.")] = "wgs84",
) -> None:
    """Make the secret that a phone's tracking app sends as its id, and print it once."""
    made = keyring.make_device(_ledger(), responder, jurisdiction, crs)
    out.print(made.text, markup=False, soft_wrap=True)


@app.command("list")
def list_all() -> None:
    """List keys and devices, without their secrets."""
    ledger = _ledger()
    table = Table("id", "name or responder", "may", "jurisdictions", "made", "state")
    for key in keyring.list_keys(ledger):
        state = (
            "usable" if key.usable(time.time()) else "revoked" if key.revoked_at_s else "expired"
        )
        scopes = "everything" if key.scopes >= set(keyring.SCOPES) else " ".join(sorted(key.scopes))
        table.add_row(
            key.key_id, key.name, scopes, " ".join(sorted(key.jurisdictions.names)),
            _day(key.created_at_s), state,
        )  # fmt: skip
    for phone in keyring.list_devices(ledger):
        state = "revoked" if phone.revoked_at_s else "usable"
        table.add_row(
            phone.device_id, phone.responder_id, "send its own position", phone.jurisdiction,
            _day(phone.created_at_s), state,
        )  # fmt: skip
    out.print(table)


@app.command()
def revoke(identifier: Annotated[str, typer.Argument(help="Id of a key or a device.")]) -> None:
    """Revoke a key or a device; from the next request on it opens nothing."""
    ledger = _ledger()
    if not (keyring.revoke_key(ledger, identifier) or keyring.revoke_device(ledger, identifier)):
        raise KeyRingError(f"No key or device has the id {identifier}; see: forestall keys list")
    out.print(f"{identifier} is revoked.", markup=False)


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d")
