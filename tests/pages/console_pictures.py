"""Pictures of the command page: an evening in Wanzhou, watched, commanded, and a coach stopped."""

from __future__ import annotations

from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page

from geodata.maps.store import open_network
from services.keys import SCOPES
from tests.pages.browsers import visiting
from tests.pages.conftest import Centre
from tests.pages.room import log_in, look_at
from tests.pages.scene import CASES, CENTRE, DESK, ROAD_TO_KAIZHOU, Scene

SHOWN_WIDTH_PX = 880
"""Of the picture in the README."""
LOOKS = (("zh-CN", "light"), ("zh-CN", "dark"), ("en-GB", "light"), ("en-GB", "dark"))
SETTLED_MS = 3_500
BAR = {"alert": 1, "interception": 2, "closures": 3, "layers": 4}
"""Place of each button in the bar, whatever its language."""


def take(centre: Centre, browser: Browser, folder: Path) -> list[Path]:
    """All pictures; the room in English and light is for the README."""
    everywhere = {"Authorization": f"Bearer {centre.service.make_key(tuple(SCOPES), '*')}"}
    key = centre.service.make_key(tuple(SCOPES), CENTRE)
    with httpx.Client(base_url=centre.address, headers=everywhere, timeout=60.0) as client:
        scene = Scene(client, open_network(centre.map_folder))
        ids = scene.set_up()
        coach = scene.seek_coach()
        for locale, theme in LOOKS:
            with visiting(browser, centre.address, locale=locale, color_scheme=theme) as visit:
                scene.move(5.0)
                name = f"{locale[:2]}_{theme}"
                page = visit.open("/console")
                page.wait_for_selector("form")
                page.screenshot(path=folder / f"console_login_{name}.png")
                log_in(page, key)
                _room(page, ids[CASES[0]["victim_ref"]], folder, name)
                _interception(page, coach, folder, name)
    return [_small(folder / "console_room_en_light.png")]


def _room(page: Page, incident_id: str, folder: Path, name: str) -> None:
    page.click(f'[data-incident="{incident_id}"]')
    page.wait_for_selector(".person[data-assignment]")
    look_at(page, *DESK, zoom=13.2)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=folder / f"console_room_{name}.png")
    _press(page, "layers")
    page.locator(".switch input[type=checkbox]").last.check()
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=folder / f"console_layers_{name}.png")
    page.locator(".switch input[type=checkbox]").last.uncheck()
    _press(page, "alert")
    page.wait_for_selector(".alert-form")
    page.screenshot(path=folder / f"console_alert_{name}.png")


def _interception(page: Page, interception_id: str, folder: Path, name: str) -> None:
    _press(page, "interception")
    page.click(".panel .people .plain")
    page.wait_for_selector(f"[data-interception='{interception_id}']")
    page.wait_for_selector(".plan")
    look_at(page, *ROAD_TO_KAIZHOU, zoom=10.4)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=folder / f"console_interception_{name}.png")


def _press(page: Page, button: str) -> None:
    page.click(f"header nav button:nth-of-type({BAR[button]})")


def _small(path: Path) -> Path:
    with Image.open(path) as image:
        height = round(image.height * SHOWN_WIDTH_PX / image.width)
        small = image.convert("RGB").resize((SHOWN_WIDTH_PX, height), Image.Resampling.LANCZOS)
    to = path.with_name(f"small_{path.name}")
    small.save(to)
    return to
