"""The types of what can happen: each is used, described, and its members are explained."""

from __future__ import annotations

import re
from pathlib import Path

from dispatch.incidents.happenings import MEMBERS, TYPES

SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in (Path(__file__).parents[3] / "dispatch" / "incidents").glob("*.py")
    if path.name != "happenings.py"
)


def test_every_type_is_used_and_every_used_one_is_described():
    """By the commands of ``dispatch.incidents``."""
    used = set(re.findall(r'happened\(\s*"([a-z_.]+)"', SOURCE))
    assert used == set(TYPES)


def test_every_member_is_explained_and_every_explained_one_is_a_member():
    """Whoever reads an event finds each word."""
    assert {member for one in TYPES.values() for member in one.members} == set(MEMBERS)


def test_every_type_is_said_in_chinese_and_english():
    """One clause of one language, one sentence of the other."""
    for name, one in TYPES.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name)
        assert one.english.endswith(".")
        assert re.search(r"[\u4e00-\u9fff]", one.chinese)
