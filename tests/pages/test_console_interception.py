"""The coach to Kaizhou, as the command room sees it: from the request to the catch."""

from __future__ import annotations

import pytest

from tests.pages.browsers import until, visiting
from tests.pages.room import MAP, log_in, officer

AT_KAIZHOU = ((108.395, 31.150), (108.400, 31.160), (108.385, 31.140))


@pytest.fixture
def room(browser, own_centre):
    for number, (lon, lat) in enumerate(AT_KAIZHOU):
        officer(own_centre, f"KZ{number}", lon, lat)
    with visiting(browser, own_centre.address) as visit:
        page = visit.open("/console")
        log_in(page, own_centre.key)
        yield page


def drawn(page, what: str) -> int:
    """How many features of a sort are on the map."""
    source = "reach" if what == "reachable_area" else "plan"
    return page.evaluate(
        f"what => {MAP}.map.getSource('{source}').serialize().data.features"
        ".filter(one => one.properties.feature === what).length",
        what,
    )


def test_a_coach_is_sought_and_stopped(room, own_centre):
    """Where it can be spreads with the slider; the plan has margins and shares; nobody goes before
    it is committed; a checkpoint is manned, and the coach is caught there."""
    until(room, f"!!{MAP}?.map.loaded()")
    room.click("header >> text=Interception")
    room.fill("label:has-text('What to look for') + input", "blue coach")
    seen, goal = room.locator(".point").all()
    for place, (lon, lat) in ((seen, (108.348, 30.864)), (goal, (108.39, 31.16))):
        place.locator("input").first.fill(str(lon))
        place.locator("input").last.fill(str(lat))
    room.fill("label:has-text('Heading') + input", "20")
    room.click("button.main:has-text('Start an interception')")

    room.wait_for_selector(".plan:has-text('Plan 1')")
    room.wait_for_selector(".plan .person:has-text('of the drives')")
    assert drawn(room, "checkpoint") > 0
    assert drawn(room, "reachable_area") == 1
    slider = room.locator("input[type=range]")
    area = f"JSON.stringify({MAP}.map.getSource('reach').serialize().data).length"
    slider.fill(slider.get_attribute("min"))
    soon = room.evaluate(area)
    slider.fill(slider.get_attribute("max"))
    assert room.evaluate(area) > soon
    assert own_centre.client.get("/v1/interceptions").json()["interceptions"]
    assert room.query_selector("[data-checkpoint]") is None

    room.click("text=Commit this plan")
    post = room.wait_for_selector("[data-checkpoint]")
    checkpoint = post.get_attribute("data-checkpoint")
    held = f"[data-checkpoint='{checkpoint}']"
    room.click(f"{held} >> text=Manned")
    room.wait_for_selector(f"{held} .state:has-text('Manned')")
    room.click(f"{held} button:has-text('Caught')")
    room.wait_for_selector("h3[data-interception] .state:has-text('Caught')")
    (told,) = own_centre.client.get("/v1/interceptions").json()["interceptions"]
    assert told["state"] == "caught"


def test_standing_down_tells_everybody_at_once(room, own_centre):
    """Ended by somebody else, and seen here without asking."""
    body = {
        "description": "white van",
        "sighting": {"lon": 108.348, "lat": 30.864, "heading_deg": 20},
        "destinations": [{"lon": 108.39, "lat": 31.16}],
    }
    opened = own_centre.client.post("/v1/interceptions", json=body).json()["interception"]
    room.click("header >> text=Interception")
    room.click(".people >> text=white van")
    room.wait_for_selector(".plan")
    own_centre.client.delete(f"/v1/interceptions/{opened['id']}").raise_for_status()
    room.wait_for_selector("h3[data-interception] .state:has-text('Stood down')")
    assert room.query_selector("text=Commit this plan") is None
