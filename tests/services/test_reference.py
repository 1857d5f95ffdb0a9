"""What is documented exists, and what exists is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dispatch.fixes import Verdict
from dispatch.incidents.words import DeadlineKind
from services.events.types import MEMBERS, TYPES
from services.keys import FORMER_SCOPES, SCOPES
from services.ledger.tables import TABLES
from services.metrics import Metrics
from services.positions.intake import OTHER_REASONS, REASONS
from services.problems import PROBLEMS
from services.redis_keys import RedisKeys
from services.settings import ENVIRONMENT_PREFIX, Settings

SERVICES = Path(__file__).parents[2] / "services"
PAGE = (SERVICES / "reference.md").read_text(encoding="utf-8")
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in SERVICES.rglob("*.py"))


def rows(title: str, table: int = 0) -> list[list[str]]:
    """The cells of a table under a heading of the page, without its head."""
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    lines = tables[table].strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(title: str, table: int = 0) -> list[str]:
    return [row[0].strip().strip("`") for row in rows(title, table)]


def default_of(name: str) -> str:
    default = Settings.model_fields[name].default
    if default is None:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_is_documented_with_its_default_and_meaning():
    """Name, default and description are those of the code."""
    assert names("Settings") == list(Settings.model_fields)
    for name, default, meaning in rows("Settings"):
        field = name.strip("`")
        assert default == default_of(field), field
        assert meaning == Settings.model_fields[field].description


@pytest.mark.parametrize(
    ("title", "existing"),
    [
        ("Scopes", list(SCOPES)),
        ("Problems", list(PROBLEMS)),
        ("Positions", [word for word, _ in REASONS.values()] + list(OTHER_REASONS)),
        ("Tier policy and deadlines", list(DeadlineKind)),
        ("Event types", list(TYPES)),
        ("Redis keys", list(RedisKeys("<region>").all())),
        ("Tables", list(TABLES)),
        ("Counters", [metric.name for metric in Metrics().registry.collect()]),
    ],
)
def test_every_name_is_documented_and_every_documented_name_exists(title, existing):
    """Scopes, problems, reasons, Redis keys, tables and counters, both ways."""
    assert names(title) == existing


def test_every_event_says_on_the_page_what_it_says_in_the_code():
    """In Chinese and English, with its members, and each member is explained."""
    for name, chinese, english, members in rows("Event types"):
        kind = TYPES[name.strip("`")]
        assert (chinese, english) == (kind.chinese, kind.english)
        assert members == (", ".join(f"`{one}`" for one in kind.members) or "none")
    explained = {row[0].strip("`"): row[1] for row in rows("Event types", table=1)}
    assert explained == {name: f"{text[0].upper()}{text[1:]}." for name, text in MEMBERS.items()}


def test_the_former_scopes_are_documented_too():
    """What keys of an earlier version may still do."""
    assert names("Scopes", table=1) == list(FORMER_SCOPES)


def test_every_problem_says_the_same_on_the_page():
    """Status and meaning are those of the table in the code."""
    for name, status, meaning in rows("Problems"):
        problem = PROBLEMS[name.strip("`")]
        assert (int(status), meaning) == (problem.status, problem.meaning)


def test_every_osrm_code_is_documented_and_used():
    """The code strings in the source are those on the page."""
    used = set(re.findall(r'OsrmError\(\s*"(\w+)"', SOURCE))
    used |= set(re.findall(r'"code": "(\w+)"', SOURCE)) - {"Ok"}
    used |= {"InvalidOptions"}  # raised through a helper in services.osrm.query
    assert set(names("Problems", table=1)) == used


def test_every_problem_is_used_and_none_is_used_that_is_not_in_the_table():
    """A problem that nothing raises would be a promise to nobody."""
    raised = set(re.findall(r'ProblemError\(\s*"([\w-]+)"', SOURCE))
    raised |= set(re.findall(r'\d{3}: "([\w-]+)"', SOURCE))  # by status, in answers.py
    assert raised - {"malformed"} <= set(PROBLEMS)
    assert set(PROBLEMS) <= raised


def test_every_verdict_that_does_not_accept_has_its_words():
    """A new verdict of the live picture needs a reason here."""
    silent = {Verdict.ACCEPTED, Verdict.DUPLICATE}
    assert set(REASONS) == set(Verdict) - silent


def test_no_environment_variable_is_read_that_is_not_a_setting():
    """FORESTALL_ names in the code are settings."""
    mentioned = set(re.findall(rf"{ENVIRONMENT_PREFIX}([A-Z_]+[A-Z])", SOURCE + PAGE))
    assert {name.lower() for name in mentioned} <= set(Settings.model_fields)


def test_a_setting_comes_from_the_environment(monkeypatch):
    """FORESTALL_ and the name in capitals."""
    monkeypatch.setenv("FORESTALL_PUBLIC_ROUTING", "true")
    monkeypatch.setenv("FORESTALL_REDIS_URL", "redis://user:secret@redis.example:6379/0")
    settings = Settings(_env_file=None)
    assert settings.public_routing is True
    assert "secret" not in repr(settings)
