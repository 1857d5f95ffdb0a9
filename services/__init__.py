"""How anyone asks, and what is remembered.

:func:`create_app` makes the HTTP service from :class:`Settings`; ``forestall`` is the command line.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "create_app": "services.app",
    "Settings": "services.settings",
}
"""Module of each public name; it is imported when the name is first asked for."""

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
