"""The command page: watched, alerted, commanded, cut off and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.page_files import BUILT
from tests.pages.browsers import until, visiting
from tests.pages.room import MAP, log_in, look_at, officer, position, shown
from tests.pages.scene import wait_for

AXE = BUILT.parent / "node_modules" / "axe-core" / "axe.min.js"
DOOR = {"lon": 108.3925, "lat": 30.8105}
NAME = "<script>window.stolen=1</script><img src=x onerror=window.stolen=2>"


@pytest.fixture
def room(browser, own_centre):
    """A wall screen that is logged in, in English."""
    with visiting(browser, own_centre.address) as visit:
        page = visit.open("/console")
        log_in(page, own_centre.key)
        page.visit = visit
        yield page


def raise_alert(centre, **more) -> str:
    body = {"source": "city", "tier": "high", "victim_ref": "case-7", "place": DOOR, **more}
    answer = centre.client.post("/v1/alerts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]


def test_from_an_alert_on_the_map_to_the_closed_case(room, own_centre):
    """Raised by form with a click on the map; offered to somebody by one click; what the unit does
    is seen as it happens; closed here."""
    officer(own_centre, "MJ1", 108.3900, 30.8100)
    room.click("text=New alert")
    room.fill("label:has-text('Reference of the victim') + input", "case-1")
    room.click("text=Pick on the map")
    x, y = look_at(room, **DOOR, zoom=14)
    room.click(".map canvas", position={"x": x, "y": y})
    assert room.input_value("label:has-text('Longitude') + input")
    room.click("text=Raise the alert")
    room.wait_for_selector(".case-head:has-text('case-1')")
    room.wait_for_selector(".queue .entry:has-text('case-1')")
    room.wait_for_selector(".sign:has-text('case-1')")

    sent = room.wait_for_selector(".person[data-assignment]:has-text('Officer MJ1')")
    assignment = sent.get_attribute("data-assignment")
    for step, word in (("accept", "Accepted"), ("depart", "On the way"), ("arrive", "On scene")):
        own_centre.client.post(f"/v1/assignments/{assignment}/{step}").raise_for_status()
        room.wait_for_selector(f"[data-assignment='{assignment}'] .state:has-text('{word}')")
    report = {"outcome": "dissuaded"}
    own_centre.client.post(f"/v1/assignments/{assignment}/report", json=report).raise_for_status()
    room.wait_for_selector(f"[data-assignment='{assignment}']:has-text('Dissuaded')")
    room.wait_for_selector(".timeline li")

    room.click("summary:has-text('Close the case')")
    room.click("details[open] button:has-text('Close the case')")
    room.wait_for_selector(".queue .empty")


def test_whoever_is_suggested_is_offered_it_with_one_click(room, own_centre):
    """With the reason, and the ones who look nearer are told with theirs."""
    incident_id = raise_alert(own_centre)
    room.click(f"[data-incident='{incident_id}']")
    officer(own_centre, "MJ9", 108.3900, 30.8100)
    room.wait_for_selector("text=Suggest others")
    # The service asks the newcomer by itself unless they are taken: so they decline first.
    sent = room.wait_for_selector(".person[data-assignment]:has-text('MJ9')")
    assignment = sent.get_attribute("data-assignment")
    own_centre.client.post(f"/v1/assignments/{assignment}/decline", json={}).raise_for_status()
    room.wait_for_selector(f"[data-assignment='{assignment}']:has-text('Declined')")
    room.click("text=Suggest others")
    room.click("button[aria-label='Offer it to Officer MJ9']")
    room.wait_for_selector(".person:not(.ended)[data-assignment]:has-text('MJ9')")


def test_a_new_critical_alert_must_be_acknowledged(room, own_centre):
    """It is heard and seen in the title until somebody says so; a high one is not."""
    raise_alert(own_centre)
    room.wait_for_selector("[data-tier='high'].entry")
    assert room.query_selector(".alarms") is None
    raise_alert(own_centre, tier="critical", victim_ref="case-8")
    room.wait_for_selector(".alarms:has-text('case-8')")
    until(room, "document.title.includes('Critical alert')")
    room.click(".alarms button:has-text('Acknowledge')")
    room.wait_for_selector(".alarms", state="detached")
    until(room, "document.title === 'Forestall command room'")
    room.wait_for_selector(".case-head:has-text('case-8')")


def test_an_alert_rings_over_a_reload_until_it_is_acknowledged(room, own_centre):
    """One that came before the page was opened rings too; one acknowledged does not ring again,
    not even when its alert comes once more."""
    raise_alert(own_centre, tier="critical", victim_ref="case-1")
    raise_alert(own_centre, tier="critical", victim_ref="case-2")
    room.wait_for_selector(".alarms li >> nth=1")
    room.reload()
    room.wait_for_selector(".alarms li >> nth=1")
    room.click(".alarms li:has-text('case-1') >> text=Acknowledge")
    room.reload()
    room.wait_for_selector(".alarms:has-text('case-2')")
    assert "case-1" not in room.text_content(".alarms")
    room.click("text=Log out")
    room.wait_for_selector("form")
    until(room, "document.title === 'Forestall command room'")


def test_a_map_that_did_not_come_comes_when_the_line_is_back(browser, own_centre):
    """Its code, its worker, its tiles: each is asked for again, without a reload."""
    with visiting(browser, own_centre.address) as visit:
        visit.expected = ("ERR_INTERNET_DISCONNECTED",)
        lost = []

        def cut(route) -> None:
            lost.append(route.request.url)
            route.abort("internetdisconnected")

        parts = [re.compile(part) for part in (r"/assets/map.*js$", r"/v1/tiles$", r"/v1/tiles/")]
        for part in parts:
            visit.context.route(part, cut)
        page = visit.open("/console")
        log_in(page, own_centre.key)
        for part in parts:
            wait_for(lambda part=part: any(part.search(url) for url in lost) or _tick(page))
            visit.context.unroute(part)
        until(page, f"{MAP}?.map.queryRenderedFeatures({{layers: ['road']}}).length > 0")
        style = "getComputedStyle(document.querySelector('.map')).overflow"
        assert page.evaluate(style) == "hidden", "the map's own style is there"


def _tick(page) -> None:
    """Lets the page's requests be seen while a test waits."""
    page.wait_for_timeout(50)


def test_when_the_line_breaks_the_page_says_so_and_catches_up(room, own_centre):
    """Nobody takes old for new; what happened meanwhile is there when the line is back."""
    room.visit.expected = ("ERR_INTERNET_DISCONNECTED",)
    room.wait_for_selector(".liveness.on")
    until(room, f"!!{MAP}?.map.loaded()")
    room.visit.context.set_offline(True)
    room.wait_for_selector(".not-live")
    room.wait_for_selector(".liveness.off")
    raise_alert(own_centre, tier="critical", victim_ref="meanwhile")
    assert room.query_selector(".entry:has-text('meanwhile')") is None
    room.visit.context.set_offline(False)
    room.wait_for_selector(".liveness.on")
    room.wait_for_selector(".not-live", state="detached")
    room.wait_for_selector(".entry:has-text('meanwhile')")
    room.wait_for_selector(".alarms:has-text('meanwhile')")  # replayed, not lost


def test_a_name_that_looks_like_a_script_is_shown_as_text(room, own_centre):
    """In the list of who goes, in the queue, on the map: markup is only letters."""
    officer(own_centre, NAME, 108.3900, 30.8100)
    incident_id = raise_alert(own_centre, address_text=NAME, fraud_type="<b>bold</b>")
    room.click(f"[data-incident='{incident_id}']")
    room.wait_for_selector(".person strong:has-text('<script>')")
    assert NAME in room.text_content(".facts")
    x, y = look_at(room, 108.39, 30.81, zoom=15)
    wait_for(lambda: room.evaluate(f"{MAP}.responders.at({x}, {y})") == 0)
    room.click(".map canvas", position={"x": x, "y": y})
    room.wait_for_selector(".maplibregl-popup-content:has-text('<script>')")
    assert room.evaluate("window.stolen === undefined")


def test_roads_are_closed_with_the_mouse_and_opened_again(room, own_centre):
    """Drawn point by point, in force for the next route, on the list, lifted."""
    look_at(room, **DOOR, zoom=14)
    room.click("header >> text=Closures")
    room.click("text=Draw a closure")
    room.click(".map canvas", position={"x": 250, "y": 250})
    room.click(".map canvas", position={"x": 420, "y": 380})
    room.wait_for_selector("text=2 points")
    room.fill("label:has-text('Reason') + input", "flood")
    room.click("text=Close these roads")
    room.wait_for_selector(".person:has-text('flood')")
    (closure,) = own_centre.client.get("/v1/closures").json()["closures"]
    assert closure["closure"]["area"]["type"] == "LineString"
    assert closure["edges"] > 0
    room.click(".person:has-text('flood') >> text=Lift")
    room.wait_for_selector("text=No road is closed.")
    assert own_centre.client.get("/v1/closures").json()["closures"] == []


def test_the_most_urgent_comes_first_and_the_queue_can_be_searched(room, own_centre):
    """By the time that is left; filters and words narrow it."""
    for tier, ref in (("low", "case-a"), ("critical", "case-b"), ("medium", "case-c")):
        raise_alert(own_centre, tier=tier, victim_ref=ref, address_text=f"street of {ref}")
    room.wait_for_selector(".entry >> nth=2")
    until(room, "document.querySelector('.entry').textContent.includes('case-b')")
    room.fill("input[type=search]", "street case-c")
    assert shown(room) == ["case-c"]
    room.fill("input[type=search]", "")
    room.click(".tier-filter:has-text('Low')")
    assert shown(room) == ["case-a"]


def test_everybody_on_the_road_is_drawn_and_counted(room, own_centre):
    """By kind and state, with words beside the signs."""
    for number in range(3):
        officer(own_centre, f"MJ{number}", 108.39 + number / 1000, 30.81)
    position(own_centre, "QS1", "rider", 108.395, 30.812)
    room.click("header >> text=Layers")
    room.wait_for_selector("tr:has-text('Officer') td >> text=3")
    room.wait_for_selector("tr:has-text('Rider') td >> text=1")
    room.check("label:has-text('Response times') input")
    until(room, f"{MAP}.map.getSource('cells').serialize().data.features.length > 0")


def test_a_session_lasts_over_a_reload_and_ends_with_its_key(room, own_centre):
    """Nothing of the key is in the page; when it is revoked the page is empty at once."""
    room.reload()
    room.wait_for_selector(".queue")
    stored = room.evaluate("JSON.stringify([{...localStorage}, document.cookie])")
    assert "fst_" not in stored
    assert "forestall_session" not in stored
    raise_alert(own_centre)
    room.wait_for_selector(".entry")
    room.visit.expected = ("401",)
    own_centre.service.revoke(own_centre.key)
    room.evaluate("fetch('/v1/session')")
    room.reload()
    room.wait_for_selector("form >> text=API key")
    assert room.query_selector(".entry") is None


def test_what_the_key_may_not_do_is_not_shown(browser, own_centre):
    """A key for commanding alone cannot raise alerts; one without dispatch sees nothing."""
    with visiting(browser, own_centre.address) as visit:
        page = visit.open("/console")
        log_in(page, own_centre.another_key("dispatch"))
        assert page.query_selector("text=New alert") is None
        page.click("text=Log out")
        page.wait_for_selector("form")
        page.fill("input[type=password]", own_centre.another_key("alerts:write"))
        page.click("button[type=submit]")
        page.wait_for_selector("text=lacks the scope 'dispatch'")


def test_a_wrong_key_is_refused_with_a_sentence(browser, own_centre):
    """And the field stays, so that it can be corrected."""
    with visiting(browser, own_centre.address) as visit:
        visit.expected = ("401",)
        page = visit.open("/console")
        page.fill("input[type=password]", "fst_0000000000_nonsense")
        page.click("button[type=submit]")
        page.wait_for_selector("[role=alert]:has-text('unknown, revoked or past its end')")


def test_chinese_comes_first_where_the_browser_says_so_and_can_be_switched(browser, own_centre):
    """Words, dates and the document's language; dark where the system is."""
    with visiting(browser, own_centre.address, locale="zh-CN", color_scheme="dark") as visit:
        page = visit.open("/console")
        log_in(page, own_centre.key)
        page.wait_for_selector("h2:has-text('警情队列')")
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.click("header >> text=English")
        page.wait_for_selector("h2:has-text('Queue')")
        assert page.evaluate("document.documentElement.lang") == "en"
        page.click("header >> text=Light")
        assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_sums_are_written_in_the_language_of_the_page(browser, own_centre):
    """Not in the browser's: a German's 12.000 is twelve to the English reader beside them."""
    incident_id = raise_alert(own_centre, amount_yuan=12000)
    with visiting(browser, own_centre.address, locale="de-DE") as visit:
        page = visit.open("/console")
        log_in(page, own_centre.key)
        page.click(f"[data-incident='{incident_id}']:has-text('¥12,000')")
        page.wait_for_selector(".facts:has-text('¥12,000')")
        page.click("summary:has-text('Report an attempt')")
        page.wait_for_selector("label:has-text('Channel') + select")
        page.wait_for_selector("label:has-text('Outcome') + select")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_anybody(browser, own_centre, theme):
    """axe finds no serious violation at the login, in the room, in any panel."""
    officer(own_centre, "MJ1", 108.3900, 30.8100)
    incident_id = raise_alert(own_centre, tier="critical")
    with visiting(browser, own_centre.address, color_scheme=theme, bypass_csp=True) as visit:
        page = visit.open("/console")
        page.wait_for_selector("form")
        assert violations(page) == []
        log_in(page, own_centre.key)
        page.click(f"[data-incident='{incident_id}']")
        page.wait_for_selector(".person[data-assignment]")
        assert violations(page) == []
        for name in ("New alert", "Interception", "Closures", "Layers"):
            page.click(f"header >> text={name}")
            page.wait_for_selector(".panel h2")
            assert violations(page) == [], name


def violations(page) -> list[str]:
    """What axe finds serious, with where."""
    page.add_script_tag(content=Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_the_keyboard_reaches_everything(room, own_centre):
    """An incident is opened, and the panel closed, without a mouse."""
    incident_id = raise_alert(own_centre)
    entry = room.wait_for_selector(f"[data-incident='{incident_id}']")
    entry.focus()
    room.keyboard.press("Enter")
    room.wait_for_selector(".case-head")
    until(room, "document.activeElement.matches('.panel')")
    room.keyboard.press("Tab")
    room.keyboard.press("Enter")
    room.wait_for_selector(".panel", state="detached")
    focused = "document.activeElement.dataset.incident"
    until(room, f"{focused} === '{incident_id}'")


def test_a_button_of_the_bar_tells_whether_its_panel_is_open(room):
    """And has the keyboard back when the panel is closed."""
    button = room.wait_for_selector("header >> text=Closures")
    assert button.get_attribute("aria-expanded") == "false"
    button.focus()
    room.keyboard.press("Enter")
    room.wait_for_selector("header button[aria-expanded=true]:has-text('Closures')")
    until(room, "document.activeElement.matches('.panel')")
    room.click(".panel .close")
    room.wait_for_selector("header button[aria-expanded=false]:has-text('Closures')")
    until(room, "document.activeElement.textContent === 'Closures'")
