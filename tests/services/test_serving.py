"""``forestall serve`` that cannot start says why in one sentence, and never that it serves."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request

import pytest

from geodata.errors import MapFileError, MapFolderError
from geodata.osm import ImportOptions
from services import map_folder as maps
from services.errors import SettingsError
from services.http.listening import address_of, bound_sockets
from services.ledger.database import Ledger

START_LIMIT_S = 120.0

RUN_MAIN = """
import contextlib, io, json, os, sys
from services.cli import main
answers = {}
for name, (arguments, settings) in json.load(sys.stdin).items():
    sys.argv = ["forestall", "serve", *arguments]
    os.environ |= settings
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            main()
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        code = repr(error)
    answers[name] = [code, said.getvalue()]
    for setting in settings:
        del os.environ[setting]
json.dump(answers, sys.stdout)
"""
"""Runs the command several times in one process: loading the program takes longer than failing."""

FAILURES = {
    "a policy that is no TOML": "The policy is not TOML",
    "no such policy": "which is no file and no folder",
    "a lost index": "the index one_live_assignment_per_responder is missing",
    "an altered index": "the index one_open_incident_per_victim",
    "a ledger of a newer version": "a newer version of Forestall has changed it",
    "a file that is no ledger": "cannot be opened",
    "a data folder that cannot be": "cannot be opened",
    "a database of another kind": "only in SQLite, or in PostgreSQL",
    "a database with a port that is no number": "no address of a database",
    "a Redis that is none": "redis_url is no address of a Redis",
    "a taken port": "in use",
    "an address of another machine": "cannot listen on",
    "a host that there is not": "cannot listen on",
    "evidence in a file": "Evidence cannot be stored",
    "evidence in no bucket": "names no folder or bucket",
    "no map": "There is no map at",
    "a damaged map": "is damaged",
}


def ledger_file(folder, *changes: str) -> dict[str, str]:
    """A ledger in a folder, changed afterwards by hand; the setting that leads there."""
    file = folder / "forestall.sqlite3"
    Ledger(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        for change in changes:
            connection.execute(change)
    connection.close()
    return {"FORESTALL_DATA_DIR": str(folder)}


@pytest.fixture(scope="module")
def answers(tmp_path_factory, map_folder):
    """Exit code and words of each failing start."""
    new = tmp_path_factory.mktemp
    broken = new("policy") / "policy.toml"
    broken.write_text("visits_limit = [")
    no_ledger = new("no-ledger")
    (no_ledger / "forestall.sqlite3").write_text("no database at all " * 100)
    damaged = new("damaged")
    (damaged / "manifest.json").write_text("{")
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    served = ["--map", str(map_folder), "--port", "0"]
    another = "CREATE UNIQUE INDEX one_open_incident_per_victim ON incidents (victim_ref)"
    cases = {
        "a policy that is no TOML": (served, {"FORESTALL_POLICY": str(broken)}),
        "no such policy": (served, {"FORESTALL_POLICY": str(broken) + "s"}),
        "a lost index": (
            served,
            ledger_file(new("lost"), "DROP INDEX one_live_assignment_per_responder"),
        ),
        "an altered index": (
            served,
            ledger_file(new("other"), "DROP INDEX one_open_incident_per_victim", another),
        ),
        "a ledger of a newer version": (
            served,
            ledger_file(new("newer"), "UPDATE alembic_version SET version_num = '9999'"),
        ),
        "a file that is no ledger": (served, {"FORESTALL_DATA_DIR": str(no_ledger)}),
        "a data folder that cannot be": (served, {"FORESTALL_DATA_DIR": str(broken / "data")}),
        "a database of another kind": (served, {"FORESTALL_DATABASE_URL": "mysql://x/y"}),
        "a database with a port that is no number": (
            served,
            {"FORESTALL_DATABASE_URL": "postgresql://x:port/y"},
        ),
        "a Redis that is none": (served, {"FORESTALL_REDIS_URL": "localhost:6379"}),
        "a taken port": ([*served[:2], "--port", str(taken.getsockname()[1])], {}),
        "an address of another machine": ([*served, "--host", "192.0.2.1"], {}),
        "a host that there is not": ([*served, "--host", "nowhere.invalid"], {}),
        "evidence in a file": (served, {"FORESTALL_EVIDENCE_URL": str(broken / "films")}),
        "evidence in no bucket": (served, {"FORESTALL_EVIDENCE_URL": "file:///"}),
        "no map": (["--map", str(damaged / "nothing")], {}),
        "a damaged map": (["--map", str(damaged)], {}),
    }
    assert cases.keys() == FAILURES.keys()
    data_dir = {"FORESTALL_DATA_DIR": str(new("data"))}
    try:
        ran = subprocess.run(
            [sys.executable, "-c", RUN_MAIN],
            input=json.dumps({name: (one, data_dir | more) for name, (one, more) in cases.items()}),
            capture_output=True,
            text=True,
            timeout=START_LIMIT_S,
        )
    finally:
        taken.close()
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", FAILURES)
def test_what_keeps_it_from_serving_is_one_sentence(answers, name):
    """And exit code 2; nothing else is printed, no traceback and no word of serving."""
    code, said = answers[name]
    lines = said.strip().splitlines()
    assert (code, len(lines)) == (2, 1), said
    assert lines[0].startswith("forestall: ")
    assert FAILURES[name] in lines[0]
    assert "Serving" not in said


def test_it_says_where_it_serves_once_it_does(tmp_path, map_folder):
    """Whoever reads the line can connect; told to stop, it ends in order."""
    environment = os.environ | {"FORESTALL_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", "serve", "--map", str(map_folder), "--port", "0"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = None
        for line in process.stderr:
            if found := re.search(r"Serving .* at (http://127\.0\.0\.1:\d+);", line):
                address = found[1]
                break
        assert address is not None
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert "Traceback" not in rest
        assert process.wait(START_LIMIT_S) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_port_is_taken_for_as_long_as_it_is_listened_on():
    """And free at once afterwards."""
    (one,) = bound_sockets("127.0.0.1", 0)
    one.listen()
    port = one.getsockname()[1]
    assert address_of("127.0.0.1", one) == f"http://127.0.0.1:{port}"
    with pytest.raises(SettingsError, match=f"port {port}"):
        bound_sockets("127.0.0.1", port)
    one.close()
    (again,) = bound_sockets("127.0.0.1", port)
    again.close()


def test_a_name_of_several_addresses_is_bound_on_those_that_there_are(monkeypatch):
    """A machine without IPv6 still knows ``localhost`` by an address of it."""
    known = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: known)
    (one,) = bound_sockets("localhost", 0)
    assert one.getsockname()[0] == "127.0.0.1"
    one.close()


def test_a_map_that_cannot_be_compiled_where_it_should_is_said_before_it_is_read(
    tmp_path, monkeypatch
):
    """Compiling a province takes minutes; of this file it would be said that it has no roads."""
    map_file = tmp_path / "town.osm"
    map_file.write_text("<osm/>")
    with pytest.raises(MapFolderError, match="cannot be written"):
        maps.compiled(map_file, map_file / "data", ImportOptions())

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(maps, "_fingerprint", refuse)
    with pytest.raises(MapFileError, match="cannot be read: Permission denied"):
        maps.compiled(map_file, tmp_path, ImportOptions())
