"""Takes the addresses that the service is to listen on."""

from __future__ import annotations

import errno
import os
import socket

from services.errors import SettingsError

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)
"""A name often means an address of each family, and many machines have only one family."""


def bound_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address of a host that this machine has; nobody can connect to them yet.

    ``port`` 0 means any free one. Raises SettingsError in one sentence.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise cannot_listen(host, port, error) from None
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            sockets.append(_bound(family, kind, protocol, address))
        except OSError as error:
            if error.errno in _NOT_HERE:
                missing = error
                continue
            for one in sockets:
                one.close()
            raise cannot_listen(host, port, error) from None
    if not sockets:
        raise cannot_listen(host, port, missing)
    return sockets


def address_of(host: str, listening: socket.socket) -> str:
    """What to type into a browser of this machine."""
    shown = f"[{host}]" if ":" in host else host or "127.0.0.1"
    return f"http://{shown}:{listening.getsockname()[1]}"


def cannot_listen(host: str, port: int, error: BaseException | None) -> SettingsError:
    """The sentence that a service ends with which cannot listen."""
    why = getattr(error, "strerror", None) or "no such address"
    return SettingsError(
        f"The service cannot listen on {host!r}, port {port}: {why}. Choose others with --host "
        "and --port, or the settings host and port."
    )


def _bound(family: int, kind: int, protocol: int, address: tuple) -> socket.socket:
    one = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # where another one has just stopped, the port is free at once
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
    except OSError:
        one.close()
        raise
    return one
