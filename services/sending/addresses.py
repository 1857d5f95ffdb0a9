"""Where messages may be sent to."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from fnmatch import fnmatchcase

import httpx

from services.errors import ProblemError

URL_LIMIT_CHARACTERS = 2_000
LAST_PORT = 65_535


def checked_url(text: str, allowed_hosts: Sequence[str] = ()) -> str:
    """The address as it will be called. Raises ProblemError in one sentence."""
    if len(text) > URL_LIMIT_CHARACTERS:
        raise ProblemError("invalid-value", f"'url' has {URL_LIMIT_CHARACTERS} characters at most.")
    try:
        url = httpx.URL(text)
        usable = url.port is None or 0 < url.port <= LAST_PORT
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise ProblemError("invalid-value", "'url' is not an address.")
    if url.scheme not in ("http", "https") or not url.host:
        raise ProblemError("invalid-value", "'url' begins with https:// or http:// and a host.")
    if url.userinfo or url.fragment:
        raise ProblemError(
            "invalid-value",
            "'url' holds no user, password or fragment: requests are proved by their signature.",
        )
    if not host_allowed(url.host, allowed_hosts):
        raise ProblemError(
            "invalid-value",
            "'url' leads to a host that the setting webhook_hosts does not allow.",
        )
    return str(url)


def host_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Whether a message may be sent to a host.

    Parameters
    ----------
    allowed : host names, patterns such as ``*.centre.example``, and networks such as
        ``10.0.0.0/8`` for hosts that are given as an address; empty: any host.
    """
    return not allowed or any(_matches(host, pattern) for pattern in allowed)


def _matches(host: str, pattern: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return fnmatchcase(host.lower(), pattern.lower())
