"""What tests of the command page do again and again."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page

from tests.pages.browsers import until
from tests.pages.conftest import Centre

MAP = "document.querySelector('.map').forestall"
"""What the page has put on its map, for expressions of the page's."""


def log_in(page: Page, key: str) -> None:
    """Change a key for a session, and wait for the room."""
    page.fill("input[type=password]", key)
    page.click("button[type=submit]")
    page.wait_for_selector(".queue")


def position(centre: Centre, name: str, kind: str, lon: float, lat: float, **more: Any) -> None:
    """Somebody tells where they are."""
    told = {"id": name, "kind": kind, "lon": lon, "lat": lat, "fixed_at": time.time()}
    told["jurisdiction"] = centre.jurisdiction
    answer = centre.client.post("/v1/positions", json={"positions": [{**told, **more}]})
    assert answer.json()["accepted"] == 1, answer.text


def officer(centre: Centre, name: str, lon: float, lat: float, **more: Any) -> None:
    """A patrol tells where it is."""
    position(centre, name, "officer", lon, lat, **more)


def shown(page: Page) -> list[str]:
    """References of the incidents in the queue, in its order."""
    return page.locator(".entry-ref").all_text_contents()


def look_at(page: Page, lon: float, lat: float, zoom: float) -> tuple[float, float]:
    """Move the map; the pixel of the place on it, once what is there is drawn."""
    until(page, f"!!{MAP}?.map.loaded()")
    page.evaluate(f"view => {MAP}.map.jumpTo(view) && null", {"center": [lon, lat], "zoom": zoom})
    until(page, f"{MAP}.map.areTilesLoaded()")
    point = page.evaluate(f"place => {MAP}.map.project(place)", [lon, lat])
    return point["x"], point["y"]
