"""Keys that were made by an earlier version go on working, and gain nothing by it."""

from __future__ import annotations

import hashlib
import time

import pytest
from sqlalchemy import create_engine, insert

from services.keys import FORMER_SCOPES, SCOPES, KeyRing
from services.ledger.database import Ledger
from services.ledger.tables import METADATA, api_keys
from tests.services.town import coordinates, office

EVERYTHING_THEN = ["positions:write", *FORMER_SCOPES]
FORMER_TABLES = ("revisions", "api_keys", "devices", "responders", "closures")


def database_of_the_earlier_version(url: str, keys: dict[str, list[str]]) -> None:
    """Its tables, made without any steps, and some keys: secret text and scopes."""
    engine = create_engine(url)
    METADATA.create_all(engine, [METADATA.tables[name] for name in FORMER_TABLES])
    with engine.begin() as connection:
        for text, scopes in keys.items():
            connection.execute(
                insert(api_keys).values(
                    key_id=text.split("_")[1],
                    secret_sha256=hashlib.sha256(text.encode()).digest(),
                    name="made long ago",
                    scopes=sorted(scopes),
                    jurisdictions=["wanzhou"],
                    created_at_s=1_700_000_000.0,
                )
            )
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """A database without any table, once on each store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.sqlite3'}"
    return request.getfixturevalue("empty_postgres_url")


def test_a_key_that_could_do_everything_still_can(empty_url):
    """All of the former scopes become all of today's; part of them stays as it is."""
    database_of_the_earlier_version(
        empty_url, {"fst_1_all": EVERYTHING_THEN, "fst_2_some": EVERYTHING_THEN[1:]}
    )
    ledger = Ledger(empty_url)
    ring = KeyRing.load(ledger)
    ledger.close()
    assert ring.key("fst_1_all", time.time()).scopes == SCOPES.keys()
    assert ring.key("fst_2_some", time.time()).scopes == set(EVERYTHING_THEN[1:])


@pytest.fixture
def old_office(map_folder, tmp_path, redis_url):
    """A service on a database of the earlier version, with one key for each of its scopes."""
    (tmp_path / "data").mkdir()
    keys = {f"fst_{number}_x": [scope] for number, scope in enumerate(EVERYTHING_THEN)}
    database_of_the_earlier_version(f"sqlite:///{tmp_path / 'data' / 'forestall.sqlite3'}", keys)
    with office(map_folder, tmp_path / "data", redis_url) as running:
        yield running, {scopes[0]: text for text, scopes in keys.items()}


OPENED_THEN = [
    ("POST", "/v1/positions", "positions:write"),
    ("PUT", "/v1/responders", "responders:write"),
    ("PUT", "/v1/responders/x", "responders:write"),
    ("DELETE", "/v1/responders/x", "responders:write"),
    ("GET", "/v1/responders", "responders:read"),
    ("GET", "/v1/responders/x", "responders:read"),
    ("GET", "/v1/cells/8941a2a8d2bffff", "responders:read"),
    ("POST", "/v1/recommendations", "recommendations:ask"),
    ("PUT", "/v1/closures/x", "closures:write"),
    ("DELETE", "/v1/closures/x", "closures:write"),
    ("GET", "/v1/closures", "closures:read"),
    ("GET", "/v1/closures/x", "closures:read"),
    ("GET", f"/route/v1/car/{coordinates('A', 'B')}", "routes:read"),
    ("GET", f"/table/v1/car/{coordinates('A', 'B')}", "routes:read"),
    ("GET", f"/nearest/v1/car/{coordinates('A')}", "routes:read"),
    ("GET", "/metrics", "metrics:read"),
]


def test_every_former_scope_opens_what_it_opened_and_nothing_more(old_office):
    """Each key of the earlier version on each endpoint that the service has today."""
    running, keys = old_office
    then = {(method, path.partition("?")[0]): scope for method, path, scope in OPENED_THEN}
    for scope, text in keys.items():
        headers = {"X-API-Key": text}
        for (method, path), opened_by in then.items():
            status = running.client.request(method, path, headers=headers).status_code
            assert (status not in (401, 403)) == (scope == opened_by), (scope, method, path)


def test_endpoints_of_the_incidents_life_open_to_no_former_scope(old_office):
    """Whatever was not there then is closed to a key of then, but for asking what the key opens."""
    running, keys = old_office
    then = {(method, path.split("/x")[0]) for method, path, _ in OPENED_THEN}
    closed = [
        (method.upper(), path)
        for path, methods in running.client.get("/openapi.json").json()["paths"].items()
        for method, operation in methods.items()
        if operation.get("security") != []
        and (method.upper(), path.split("/{")[0]) not in then
        and path != "/v1/session"
        and not path.startswith(("/route/", "/table/", "/nearest/", "/v1/cells/"))
    ]
    for method, path in closed:
        address = path.replace("{", "").replace("}", "")
        for scope, text in keys.items():
            answer = running.client.request(method, address, headers={"X-API-Key": text})
            assert answer.status_code == 403, (scope, method, path)
