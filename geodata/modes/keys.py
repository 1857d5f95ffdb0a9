"""Which tags matter: two ways that agree in these get the same verdict from every mode."""

from __future__ import annotations

from collections.abc import Iterable

from geodata.modes.mode import Mode
from geodata.modes.node_verdict import NODE_FIXED_KEYS
from geodata.modes.way_verdict import WAY_FIXED_KEYS

_BOTH_WAYS = ("", ":forward", ":backward")


def way_tag_keys(modes: Iterable[Mode]) -> frozenset[str]:
    """Every key that judge_way looks at for any of the modes."""
    keys = set(WAY_FIXED_KEYS)
    for mode in modes:
        for key in (*_access_keys(mode), "oneway", "maxspeed"):
            keys |= {key + way for way in _BOTH_WAYS}
            keys |= {f"{key}{way}:conditional" for way in _BOTH_WAYS}
        for kind in (*mode.one_way_keys, *mode.contraflow_keys):
            keys |= {f"oneway:{kind}", f"{kind}:oneway", f"{kind}:forward", f"{kind}:backward"}
            keys |= {f"oneway:{kind}{way}:conditional" for way in _BOTH_WAYS}
        keys |= set(mode.caps_kph)
    return frozenset(keys)


def node_tag_keys(modes: Iterable[Mode]) -> frozenset[str]:
    """Every key that judge_node and describe_node look at for any of the modes."""
    keys = set(NODE_FIXED_KEYS)
    for mode in modes:
        for key in _access_keys(mode):
            keys.add(key)
            keys |= {f"{key}{way}:conditional" for way in _BOTH_WAYS}
    return frozenset(keys)


def _access_keys(mode: Mode) -> tuple[str, ...]:
    overriding = (mode.overridden_by,) if mode.overridden_by else ()
    return ("access", *mode.access_keys, *mode.opened_by, *overriding)
