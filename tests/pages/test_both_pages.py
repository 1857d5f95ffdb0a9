"""One case on two screens: the command room's wall and the phone of who goes."""

from __future__ import annotations

import pytest

from geodata.coordinates import distance_m
from tests.pages.browsers import until, visiting
from tests.pages.conftest import open_centre
from tests.pages.field_unit import HOME, STATION, Order, moves_to, on_duty, phone
from tests.pages.room import MAP, log_in, look_at

A_WALK_M = 120.0
"""Nobody is believed who has gone farther than a car could."""


@pytest.fixture
def centre(sketch_map, tmp_path):
    with open_centre(sketch_map, tmp_path / "data") as running:
        yield running


def test_from_the_alert_on_the_wall_to_the_report_on_the_phone_and_back(browser, centre):
    """Raised by a click on the map; offered, accepted on the phone, seen moving and arriving on the
    wall; reported on the phone; closed on the wall."""
    on_duty(centre, "MJ-7", *STATION)
    with visiting(browser, centre.address) as visit:
        wall = visit.open("/console")
        log_in(wall, centre.key)
        x, y = look_at(wall, *HOME, zoom=14)
        wall.click("header >> text=New alert")
        wall.fill("label:has-text('Reference of the victim') + input", "case-1")
        wall.click("text=Pick on the map")
        wall.click(".map canvas >> nth=0", position={"x": x, "y": y})
        wall.click("text=Raise the alert")
        sent = wall.wait_for_selector(".person[data-assignment]:has-text('MJ-7')")
        order = Order(centre, sent.get_attribute("data-assignment"))
        on_wall = f"[data-assignment='{order.order}']"
        with phone(browser, order, locale="en-GB") as (pocket, page):
            page.get_by_role("button", name="Accept", exact=True).click()
            wall.wait_for_selector(f"{on_wall} .state:has-text('Accepted')")
            wall.wait_for_selector(f"{on_wall}:has-text('Expected at')")
            place = next(one for one in order.way() if distance_m(*STATION, *one) > A_WALK_M)
            x, y = look_at(wall, *place, zoom=17)
            seen = f"{MAP}.responders.at({x}, {y})"
            assert wall.evaluate(seen) == -1
            moves_to(pocket, *place)
            until(wall, f"{seen} === 0")
            page.get_by_role("button", name="Arrived", exact=True).click()
            wall.wait_for_selector(f"{on_wall} .state:has-text('On scene')")
            page.get_by_role("button", name="Report", exact=True).click()
            page.get_by_text("Dissuaded", exact=True).click()
            page.get_by_role("button", name="Send: Dissuaded", exact=True).click()
            wall.wait_for_selector(f"{on_wall}:has-text('Dissuaded')")
        wall.click("summary:has-text('Close the case')")
        wall.click("details[open] button:has-text('Close the case')")
        wall.wait_for_selector(".queue .empty")
