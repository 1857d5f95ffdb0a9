"""The field page from the offer to the proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.pages.browsers import Visit
from tests.pages.conftest import Centre
from tests.pages.field_unit import Order, Unit, Watch, moves_to, phone

DRAWN_MS = 2_500
"""Time that the software renderer has for a map."""
WORDS = {
    "zh-CN": ("接警", "已到达", "反馈结果", "劝阻成功"),
    "en-GB": ("Accept", "Arrived", "Report", "Dissuaded"),
}


def take(centre: Centre, browser: Browser, folder: Path) -> list[Path]:
    """All of it in both languages, light and dark; four of the pictures are for the README."""
    taken: dict[str, Path] = {}
    for locale, scheme in (
        ("zh-CN", "light"),
        ("en-GB", "dark"),
        ("en-GB", "light"),
        ("zh-CN", "dark"),
    ):
        album = _Album(folder, f"field_{locale[:2]}_{scheme}", taken)
        accept, arrived, report, dissuaded = WORDS[locale]
        unit = Unit(centre, tier="critical")
        with _open(browser, unit, locale, scheme) as (visit, page):
            page.wait_for_timeout(DRAWN_MS)
            album.take(page, "offered")
            page.get_by_role("button", name=accept, exact=True).click()
            unit.comes_to("accepted")
            way = unit.way()
            moves_to(visit, *way[len(way) // 3])
            page.wait_for_selector(".sharing.on")
            page.wait_for_timeout(DRAWN_MS)
            album.take(page, "going")
            album.take(page, "whole", full_page=True)
            page.get_by_role("button", name=arrived, exact=True).click()
            unit.comes_to("on_scene")
            page.get_by_role("button", name=report, exact=True).click()
            page.get_by_text(dissuaded).click()
            page.wait_for_timeout(DRAWN_MS)
            album.take(page, "report")
            unit.do("POST", f"{unit.path}/release", {"reason": "needed at the bridge"})
            page.get_by_role("alertdialog").wait_for()
            page.wait_for_selector(".over")
            album.take(page, "stood_down")
        watch = Watch(centre)
        with _open(browser, watch, locale, scheme) as (_, page):
            page.wait_for_timeout(DRAWN_MS)
            album.take(page, "checkpoint")
        assert centre.client.delete(watch.interception).status_code == 200
    return [
        taken[name]
        for name in (
            "field_zh_light_going",
            "field_en_dark_report",
            "field_en_light_checkpoint",
            "field_zh_dark_stood_down",
        )
    ]


class _Album:
    def __init__(self, folder: Path, name: str, taken: dict[str, Path]) -> None:
        self._folder = folder
        self._name = name
        self._taken = taken

    def take(self, page: Page, what: str, **options: bool) -> None:
        name = f"{self._name}_{what}"
        self._taken[name] = self._folder / f"{name}.png"
        page.screenshot(path=self._taken[name], **options)


@contextmanager
def _open(browser: Browser, unit: Order, locale: str, scheme: str) -> Iterator[tuple[Visit, Page]]:
    with phone(browser, unit, locale, color_scheme=scheme) as opened:
        opened[1].wait_for_selector(".address")
        yield opened
