"""A PostgreSQL server for the tests: private, on a unix socket, from what Debian installs.

The server's programs are looked for in ``/usr/lib/postgresql/*/bin`` and on ``PATH``. PostgreSQL
refuses to run as root; then it is run as the user ``postgres`` or ``nobody``. It ends with the
test run, however that ends.

The databases sort as people do (ICU), not by bytes: many installations are set up like that, and
code that relies on the order of bytes must not pass here.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from tests.quick_folders import quick_parent

START_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0
USER = "forestall"
PORT = 5432  # only part of the socket's name: nothing listens on the network
OLDEST = 15
PR_SET_PDEATHSIG = 1

NOT_INSTALLED = (
    f"PostgreSQL {OLDEST} or newer is not installed: 'apt-get install postgresql', or put initdb "
    "and postgres on PATH"
)


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres`` of the newest PostgreSQL here, or None."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    found = [(version, folder) for folder in folders if (version := _version(folder)) >= OLDEST]
    return max(found)[1] if found else None


class PostgresServer:
    """One private server. Started and stopped by one owner, in the main thread.

    Parameters
    ----------
    programs : the folder that ``find_programs`` returned.
    durable : whether a commit outlives the server. Tests that kill it want that; all others are
        faster without.
    settings : further settings of the server, such as ``max_connections="300"``.
    """

    def __init__(self, programs: Path, durable: bool = False, **settings: str) -> None:
        self._programs = programs
        self._server: subprocess.Popen[bytes] | None = None
        self._account = _unprivileged_account()
        self._numbers = itertools.count(1)
        self.folder = Path(tempfile.mkdtemp(prefix="forestall-pg-", dir=quick_parent()))
        if self._account:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        self._settings = {"listen_addresses": "", "unix_socket_directories": str(self.folder)}
        self._settings |= {"max_connections": "200", "shared_buffers": "64MB"}
        if not durable:
            self._settings |= {"fsync": "off", "full_page_writes": "off"}
            self._settings |= {"synchronous_commit": "off"}
        self._settings |= settings
        self._make_cluster()

    def url(self, database: str) -> str:
        """SQLAlchemy URL of a database on this server."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}&port={PORT}"

    def start(self) -> None:
        """Start the server and wait until it answers, also after ``kill``."""
        give_up_at_s = time.monotonic() + START_WITHIN_S
        while True:
            self._server = self._launch()
            while self._server.poll() is None:
                if self._answers():
                    return
                if time.monotonic() > give_up_at_s:
                    break
                time.sleep(0.02)
            # After a kill the old server's children may need a moment to notice and go.
            if time.monotonic() > give_up_at_s:
                self.kill()
                raise RuntimeError(f"PostgreSQL did not start: {self._log()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End the server as a power cut would end it, as far as a process can be: SIGKILL."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def freeze(self) -> None:
        """Keep the server from doing anything, connected as it is; ``thaw`` lets it go on."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def stop(self) -> None:
        """Stop the server and remove everything."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)  # at once; nothing here is to be kept
            try:
                self._server.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
            self._server = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_database(self, template: str | None = None) -> str:
        """Name of a new database: empty, or a copy of another one that nobody is connected to."""
        name = f"t{next(self._numbers)}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def __enter__(self) -> PostgresServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder),
            port=PORT,
            user=USER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _answers(self) -> bool:
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def _make_cluster(self) -> None:
        command = [str(self._programs / "initdb"), "-D", str(self.folder / "data"), "-U", USER]
        command += ["-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"]
        sorted_as_people_do = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        for locale in (sorted_as_people_do, ["--locale=C"]):  # built without ICU: the second
            made = subprocess.run([*command, *locale], capture_output=True, **self._as_account())
            if made.returncode == 0:
                return
            shutil.rmtree(self.folder / "data", ignore_errors=True)
        shutil.rmtree(self.folder)
        raise RuntimeError(f"initdb failed: {made.stderr.decode(errors='replace')}")

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = [part for item in self._settings.items() for part in ("-c", "=".join(item))]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_the_tests,
                **self._as_account(),
            )

    def _as_account(self) -> dict[str, object]:
        options: dict[str, object] = {"cwd": self.folder}
        if self._account:
            options |= {"user": self._account.pw_uid, "group": self._account.pw_gid}
            options |= {"extra_groups": []}
        return options

    def _signal_all(self, number: signal.Signals) -> None:
        assert self._server is not None
        for pid in (self._server.pid, *_children(self._server.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]


def _version(folder: Path) -> int:
    """Major version of the programs in a folder; 0 where there are none."""
    if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
        return 0
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    found = re.search(r"(\d+)", said.stdout)
    return int(found[1]) if found else 0


def _unprivileged_account() -> pwd.struct_passwd | None:
    """Whom to run the server as; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and there is no user to run it as.")


def _die_with_the_tests() -> None:
    """Runs in the child, as the server's user: a later change of user would undo it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()]
