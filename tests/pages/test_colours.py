"""What the colours of both pages promise to eyes that see little contrast."""

from __future__ import annotations

import re

import pytest

from services.page_files import BUILT

THEME = BUILT.parent / "foundation" / "theme.css"


def colours(theme: str) -> dict[str, str]:
    """The named colours of a theme, as ``#rrggbb``."""
    light, dark = THEME.read_text(encoding="utf-8").split('[data-theme="dark"]')
    block = (light if theme == "light" else dark).split("}")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "surface", "surface-raised"])
def test_the_edge_of_a_control_is_seen(theme, ground):
    """3 to 1 against whatever it stands on or holds (WCAG 2.2, 1.4.11)."""
    known = colours(theme)
    assert contrast(known["control-line"], known[ground]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "surface", "surface-raised"])
@pytest.mark.parametrize("text", ["text", "text-quiet"])
def test_text_is_read_on_every_ground(theme, ground, text):
    """4.5 to 1 (WCAG 2.2, 1.4.3)."""
    known = colours(theme)
    assert contrast(known[text], known[ground]) >= 4.5
