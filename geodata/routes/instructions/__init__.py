"""Instructions: what a driver is told at each step, in words. One file for each language.

A language is a function from a :class:`geodata.routes.steps.Step` to a sentence; another one is
another small file and an entry in ``LANGUAGES``.
"""

from __future__ import annotations

from collections.abc import Callable

from geodata.errors import RequestError
from geodata.routes.instructions import en, zh
from geodata.routes.route import Route
from geodata.routes.steps import Step

LANGUAGES: dict[str, Callable[[Step], str]] = {"zh": zh.sentence, "en": en.sentence}
"""The sentence of a step by language."""


def instruction(step: Step, language: str) -> str:
    """What to tell at this step, in the language (``zh``, ``en``, or a tag such as ``zh-CN``)."""
    sentence = LANGUAGES.get(language) or LANGUAGES.get(language.split("-")[0].lower())
    if sentence is None:
        raise RequestError(
            f"Instructions come in {', '.join(sorted(LANGUAGES))}, not in {language!r}."
        )
    return sentence(step)


def instructions(route: Route, language: str) -> list[str]:
    """What to tell along the whole route, one sentence a step."""
    return [instruction(step, language) for step in route.steps]
