"""The types of what can happen: each is used, described, and its members are explained."""

from __future__ import annotations

import re
from pathlib import Path

from dispatch.incidents.happenings import MEMBERS as MEMBERS_OF_INCIDENTS
from dispatch.interceptions.happenings import MEMBERS, TYPES

SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in (Path(__file__).parents[3] / "dispatch" / "interceptions").glob("*.py")
    if path.name != "happenings.py"
)


def test_every_type_is_used_and_every_used_one_is_described():
    """By the commands of ``dispatch.interceptions``."""
    used = set(re.findall(r'happened\(\s*"([a-z_.]+)"', SOURCE))
    assert used == set(TYPES)


def test_every_member_is_explained_and_every_explained_one_is_a_member():
    """Whoever reads an event finds each word, here or among those of incidents, and once."""
    used = {member for one in TYPES.values() for member in one.members}
    assert used <= set(MEMBERS) | set(MEMBERS_OF_INCIDENTS)
    assert set(MEMBERS) <= used
    assert not set(MEMBERS) & set(MEMBERS_OF_INCIDENTS)


def test_every_type_is_said_in_chinese_and_english():
    """One clause of one language, one sentence of the other."""
    for name, one in TYPES.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name)
        assert one.english.endswith(".")
        assert re.search(r"[\u4e00-\u9fff]", one.chinese)
