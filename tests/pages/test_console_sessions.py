"""Who is logged in at the command page: what goes with them, and what keeps them logged in."""

from __future__ import annotations

import pytest

from tests.pages.browsers import until, visiting
from tests.pages.conftest import CENTRE, running_centre
from tests.pages.room import log_in, officer

DOOR = {"lon": 108.3925, "lat": 30.8105}
UNSEEN = "Object.defineProperty(document, 'hidden', { get: () => true })"
SITE_DATA_BLOCKED = """Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('Access is denied for this document.', 'SecurityError') },
})"""


@pytest.fixture
def other_centre(shared_service):
    """A centre of another place on the same service."""
    with running_centre(shared_service, f"{CENTRE}-beyond") as centre:
        yield centre


def raise_alert(centre, **more) -> str:
    body = {"source": "city", "tier": "critical", "victim_ref": "case-7", "place": DOOR, **more}
    answer = centre.client.post("/v1/alerts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]


def test_the_next_key_at_a_screen_sees_nothing_of_the_one_before(browser, own_centre, other_centre):
    """Not its alarm, in the room or in the title, nor its interceptions, its line that was being
    drawn, its form half filled."""
    officer(own_centre, "MJ1", 108.3900, 30.8100)
    with visiting(browser, own_centre.address) as visit:
        page = visit.open("/console")
        log_in(page, own_centre.key)
        page.wait_for_selector(".liveness.on")
        incident_id = raise_alert(own_centre, address_text="street of case-7")
        page.wait_for_selector(".alarms:has-text('case-7')")
        page.click(f"[data-incident='{incident_id}']")
        page.click("text=Start an interception")
        page.fill("label:has-text('What to look for') + input", "a grey van")
        page.click("header >> text=Closures")
        page.click("text=Draw a closure")
        page.click(".map canvas", position={"x": 250, "y": 250})
        page.wait_for_selector("text=1 points")

        page.click("text=Log out")
        page.wait_for_selector("form >> text=API key")
        until(page, "document.title === 'Forestall command room'")
        log_in(page, other_centre.key)
        page.wait_for_selector(".liveness.on")
        assert page.query_selector(".alarms") is None
        assert page.query_selector(".panel") is None
        page.click("header >> text=Closures")
        page.wait_for_selector("text=Draw a closure")
        assert page.query_selector("text=1 points") is None
        page.click("header >> text=Interception")
        page.wait_for_selector("label:has-text('What to look for') + input")
        assert page.input_value("label:has-text('What to look for') + input") == ""
        assert "case-7" not in page.content()
        assert "‼" not in page.title()


def test_an_answer_that_comes_after_logging_out_is_shown_to_nobody(
    browser, own_centre, other_centre
):
    """A queue that was slow on its way is the former key's still."""
    raise_alert(own_centre)
    held = []

    def hold(route) -> None:
        held.append((route, route.fetch()))

    with visiting(browser, own_centre.address) as visit:
        page = visit.open("/console")
        log_in(page, own_centre.key)
        page.wait_for_selector(".entry:has-text('case-7')")
        page.route("**/v1/queue", lambda route: route.continue_() if held else hold(route))
        raise_alert(own_centre, victim_ref="case-8")
        page.wait_for_selector(".alarms:has-text('case-8')")
        for _ in range(100):
            if held:
                break
            page.wait_for_timeout(50)
        (route, answer) = held[0]
        page.click("text=Log out")
        page.wait_for_selector("form >> text=API key")
        log_in(page, other_centre.key)
        page.wait_for_selector(".queue .empty")
        with page.expect_response("**/v1/queue"):
            route.fulfill(response=answer)
        page.wait_for_timeout(100)
        assert page.query_selector(".entry") is None


def test_a_tab_that_nobody_looks_at_stays_logged_in(browser, own_centre):
    """Its session is renewed all the same: it has to be heard when something happens."""
    with visiting(browser, own_centre.address) as visit:
        visit.context.add_init_script(UNSEEN)
        visit.context.clock.install()
        page = visit.open("/console")
        log_in(page, own_centre.key)
        page.wait_for_selector(".liveness.on")
        for _ in range(2):
            with page.expect_response("**/v1/session") as renewal:
                visit.context.clock.fast_forward(61_000)
            assert renewal.value.ok


def test_what_cannot_be_had_at_first_is_asked_for_again(browser, own_centre):
    """Without a complaint: districts whose request was lost are on the map a moment later."""
    lost = []

    def lose(route) -> None:
        lost.append(route.request.url)
        route.abort()

    with visiting(browser, own_centre.address) as visit:
        visit.expected = ("ERR_FAILED",)
        visit.context.clock.install()
        page = visit.open("/console")
        page.route("**/v1/jurisdictions*", lose)
        page.route("**/v1/ways", lose)
        page.route("**/v1/picture", lose)
        log_in(page, own_centre.key)
        for _ in range(100):
            if len(lost) >= 3:
                break
            page.wait_for_timeout(50)
        assert any("jurisdictions" in url for url in lost)
        page.unroute_all()
        with page.expect_response("**/v1/jurisdictions*") as again:
            visit.context.clock.fast_forward(16_000)
        assert again.value.ok


@pytest.mark.parametrize("path", ["/console", "/u/wrong"])
def test_a_browser_that_keeps_nothing_shows_the_page_all_the_same(browser, shared_service, path):
    """Site data is blocked: what would have been kept lasts as long as the page."""
    with visiting(browser, shared_service.address) as visit:
        visit.context.add_init_script(SITE_DATA_BLOCKED)
        page = visit.open(path)
        page.wait_for_selector("h1")
        if path == "/console":
            log_in(page, shared_service.make_key(("dispatch",), CENTRE))
            page.click("header >> text=Dark")
            page.click("header >> text=中文")
            page.wait_for_selector("header >> text=退出")
