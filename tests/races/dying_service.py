"""``python -m tests.races.dying_service ALERTS ARGUMENT...`` is ``forestall``, but dies.

It kills itself by SIGKILL right after the transaction of so many alerts is committed, before
anybody is answered; 0: it does not. A copy of a request whose process died waits for a second
instead of half a minute. On SIGUSR1, and when it crashes, it writes what each of its threads is
doing.
"""

from __future__ import annotations

import faulthandler
import itertools
import os
import signal
import sys

import services.idempotency
from services.cli import main
from services.incidents.desk import Desk
from services.ledger.database import Ledger

HOLD_S = 1.0
TAKEN = "alert taken"

raise_alert, open_ledger = Desk.raise_alert, Ledger.__init__
taken = itertools.count(1)


def raise_alert_and_note(desk, connection, *arguments, **named):
    desk.ledger.after_commit(connection, TAKEN)
    return raise_alert(desk, connection, *arguments, **named)


def open_and_listen(ledger, url):
    open_ledger(ledger, url)
    ledger.listen(TAKEN, die_in_time)


def die_in_time() -> None:
    if next(taken) == alerts_until_death:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    alerts_until_death = int(sys.argv.pop(1))
    services.idempotency.HOLD_S = HOLD_S
    Desk.raise_alert = raise_alert_and_note
    Ledger.__init__ = open_and_listen
    main()
