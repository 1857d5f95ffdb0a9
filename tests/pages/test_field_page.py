"""A unit on its way, with nothing but a phone and a link."""

from __future__ import annotations

import gzip
import hashlib
import re
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import httpx
import pytest

from geodata.routes.gpx import NAMESPACE
from services.http.own_assignment import LINK_KEPT_S
from services.page_files import BUILT
from tests.pages.browsers import until, visiting
from tests.pages.conftest import open_centre
from tests.pages.field_unit import (
    ADDRESS,
    HOME,
    PHONE,
    WAIT_S,
    Unit,
    Watch,
    moves_to,
    phone,
)

AXE = Path("services/pages/node_modules/axe-core/axe.min.js")
JAVASCRIPT_LIMIT_BYTES = 500_000
"""Of the page without the map, under gzip."""
NO_SIGNAL = ("net::ERR_", "Failed to fetch", "Worker failed to load")
BROKEN_OFF = (*NO_SIGNAL, "Service Worker", "409 (Conflict)")
"""A part of which the phone knows nothing any more may come in just before it is sent again."""
FILM = bytes(range(256)) * 14_000


@pytest.fixture(scope="module")
def centre(sketch_map, tmp_path_factory):
    """One service for all of them; each test has its own officer and victim."""
    with open_centre(sketch_map, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def unit(centre):
    return Unit(centre)


def button(page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def minutes_left(page) -> int:
    return int(re.search(r"\d+", page.locator(".minutes").inner_text())[0])


def test_a_unit_accepts_drives_arrives_and_reports_and_sends_its_film(browser, unit, tmp_path):
    """One tap each, two for the report; the centre sees every step and where they are."""
    with phone(browser, unit) as (visit, page):
        assert page.locator(".address").inner_text() == ADDRESS
        assert page.locator("header").inner_text().split() == ["▲", "高危", "待接警", "●", "实时"]
        assert "50,000 元" in page.locator(".facts").inner_text()
        assert "未共享位置" in page.locator(".sharing").inner_text()
        button(page, "接警").click()
        unit.comes_to("accepted")
        page.wait_for_selector(".sharing.on")
        before, first = minutes_left(page), page.locator(".instruction").inner_text()

        way = unit.way()
        moves_to(visit, *way[len(way) * 2 // 3])
        page.wait_for_function(
            "([before]) => parseInt(document.querySelector('.minutes').innerText) < before",
            arg=[before],
        )
        assert page.locator(".instruction").inner_text() != first
        assert page.locator(".steps li.passed").count() > 1
        assert page.locator(".steps li[aria-current=step]").count() == 1

        button(page, "已到达").click()
        unit.comes_to("on_scene")
        button(page, "反馈结果").click()
        page.get_by_text("劝阻成功").click()
        button(page, "确认：劝阻成功").click()
        unit.comes_to("reported")
        page.wait_for_selector(".over")
        page.wait_for_function("() => document.querySelector('.sharing') === null")
        assert ADDRESS not in page.content(), "whoever has reported need not know it any more"

        film = tmp_path / "film.mp4"
        film.write_bytes(FILM)
        page.locator("input[type=file]").set_input_files(film)
        page.get_by_text("已收到", exact=True).wait_for()
    (sent,) = unit.evidence()
    assert sent["sha256"] == hashlib.sha256(FILM).hexdigest()
    assert sent["media_type"] == "video/mp4"


def test_the_centre_sees_where_the_unit_is(browser, unit):
    """As a fix like any other; nobody is asked before the unit has said yes."""
    who = unit.do("GET", unit.path)["assignment"]["responder_id"]
    lon, lat = unit.way()[3]
    with phone(browser, unit) as (visit, page):
        moves_to(visit, lon, lat)
        button(page, "接警").click()
        page.wait_for_function(
            "() => /\\d\\d:\\d\\d/.test(document.querySelector('.sharing').innerText)"
        )
    seen = unit.do("GET", f"/v1/responders/{who}")["position"]
    assert (seen["lon"], seen["lat"]) == pytest.approx((lon, lat), abs=1e-5)


def test_being_stood_down_cannot_be_overlooked(browser, unit):
    """It lies over everything, no key passes it by, it survives a reload, and must be confirmed."""
    with phone(browser, unit) as (_, page):
        button(page, "接警").click()
        unit.comes_to("accepted")
        unit.do("POST", f"{unit.path}/release", {"reason": "needed at the bridge"})
        notice = page.get_by_role("alertdialog")
        notice.get_by_text("中心已撤回此次派警").wait_for()
        page.keyboard.press("Escape")
        assert notice.is_visible()
        page.reload()
        notice.get_by_text("中心已撤回此次派警").wait_for()
        width = notice.bounding_box()["width"]
        assert width == PHONE["viewport"]["width"]
        button(page, "知道了").click()
        notice.wait_for(state="hidden")
        assert "此次派警已结束" in page.locator(".over").inner_text()
        assert not button(page, "已到达").is_visible()


def test_a_closed_road_on_the_way_is_told(browser, unit):
    """The page has the new route, and the unit must say that it has seen it."""
    with phone(browser, unit) as (_, page):
        button(page, "接警").click()
        unit.comes_to("accepted")
        way = unit.way()
        lon, lat = way[len(way) // 2]
        closure = {"near": [{"lon": lon, "lat": lat}], "reason": "flood"}
        unit.do("PUT", "/v1/closures/flood", closure)
        try:
            page.get_by_role("alertdialog").get_by_text("路线已更新").wait_for()
        finally:
            assert unit.centre.client.delete("/v1/closures/flood").status_code == 204


def test_what_is_done_without_a_signal_is_sent_when_it_is_back(browser, unit):
    """The page opens in the tunnel, shows the last route, says what waits, and sends it once."""
    with phone(browser, unit) as (visit, page):
        visit.expected += NO_SIGNAL
        button(page, "接警").click()
        unit.comes_to("accepted")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        visit.context.set_offline(True)
        page.get_by_text("无信号。显示的是").wait_for()
        button(page, "已到达").click()
        waits = page.get_by_text("“到达”尚未发出")
        waits.wait_for()
        assert unit.state() == "accepted"
        page.reload()
        waits.wait_for()
        assert page.locator("h1").inner_text() == "已到达"
        assert page.locator(".address").inner_text() == ADDRESS
        visit.context.set_offline(False)
        unit.comes_to("on_scene")
        waits.wait_for(state="hidden")
        page.wait_for_selector(".live.on")
    happened = unit.do("GET", f"/v1/events?wait=false&incident={unit.incident}&limit=500")["events"]
    arrivals = [one for one in happened if one["type"] == "forestall.assignment.arrived.v1"]
    assert len(arrivals) == 1


def test_what_comes_too_late_is_said(browser, unit):
    """Who accepts in a tunnel what was withdrawn meanwhile does not go for nothing."""
    with phone(browser, unit) as (visit, page):
        visit.expected += (*NO_SIGNAL, "409")
        page.wait_for_selector(".live.on")
        visit.context.set_offline(True)
        button(page, "接警").click()
        page.get_by_text("“接警”尚未发出").wait_for()
        unit.do("POST", f"{unit.path}/release", {"reason": "needed at the bridge"})
        visit.context.set_offline(False)
        page.get_by_role("alertdialog").get_by_text("中心已撤回此次派警").wait_for()
        button(page, "知道了").click()
        page.get_by_text("派警状态已变化，此操作未执行").wait_for()
        assert page.locator("h1").inner_text() == "已撤回"
        assert not page.locator(".sharing").count()


def test_a_route_is_there_with_no_signal(browser, unit):
    """Steps, next manoeuvre and place, from a page that was opened once."""
    with phone(browser, unit) as (visit, page):
        visit.expected += NO_SIGNAL
        told = page.locator(".instruction").inner_text()
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        visit.context.set_offline(True)
        page.reload()
        page.wait_for_selector(".instruction")
        assert page.locator(".instruction").inner_text() == told
        assert page.locator(".steps li").count() > 3


def test_a_film_goes_on_where_the_signal_was_lost(browser, unit, tmp_path):
    """Also after the page was closed meanwhile; the file is chosen once and arrives whole."""
    film = tmp_path / "film.mp4"
    film.write_bytes(FILM)
    begun: list[str] = []
    come: list[int] = []
    lost: list[int] = []
    signal = False

    def watch(route):
        request = route.request
        if request.method == "POST":
            begun.append(request.url)
        if request.method == "PATCH":
            first_byte = int(request.headers["upload-offset"])
            if first_byte and not signal:
                lost.append(first_byte)
                route.abort()
                return
            come.append(first_byte)
        route.continue_()

    with phone(browser, unit, service_workers="block") as (visit, page):
        visit.expected += BROKEN_OFF
        button(page, "接警").click()
        unit.comes_to("accepted")
        button(page, "已到达").click()
        unit.comes_to("on_scene")
        page.route("**/uploads**", watch)
        page.locator("input[type=file]").set_input_files(film)
        while not lost:
            page.wait_for_timeout(20)
        page.reload()
        signal = True
        page.get_by_text("已收到", exact=True).wait_for()
    (sent,) = unit.evidence()
    assert sent["sha256"] == hashlib.sha256(FILM).hexdigest()
    assert len(begun) == 1, "one upload, gone on with"
    assert lost[0] in come
    assert come.count(0) == 1, "the first part came once"


def test_a_film_is_sent_though_the_next_assignment_has_come(browser, centre, tmp_path):
    """With the link of the visit that it proves."""
    film = tmp_path / "film.mp4"
    film.write_bytes(FILM)
    first = Unit(centre)
    for step in ("accept", "arrive"):
        first.do("POST", f"{first.path}/{step}")
    with phone(browser, first, service_workers="block") as (visit, page):
        visit.expected += BROKEN_OFF
        page.route("**/uploads", lambda route: route.abort())
        page.locator("input[type=file]").set_input_files(film)
        page.get_by_text("film.mp4").wait_for()
        page.unroute("**/uploads")
        second = Unit(centre)
        page.goto(centre.address + second.link)
        deadline_s = time.monotonic() + WAIT_S
        while not first.evidence():
            assert time.monotonic() < deadline_s, "the film never came"
            page.wait_for_timeout(100)
    assert first.evidence()[0]["sha256"] == hashlib.sha256(FILM).hexdigest()
    assert second.evidence() == []


def test_a_report_is_sent_though_the_next_assignment_has_come(browser, centre):
    """Nobody stays at a door on the centre's map because their report was overtaken."""
    first = Unit(centre)
    for step in ("accept", "arrive"):
        first.do("POST", f"{first.path}/{step}")
    with phone(browser, first, service_workers="block") as (visit, page):
        visit.expected += BROKEN_OFF
        page.route("**/report", lambda route: route.abort())
        button(page, "反馈结果").click()
        page.get_by_text("劝阻成功").click()
        button(page, "确认：劝阻成功").click()
        page.get_by_text("已反馈").wait_for()
        page.unroute("**/report")
        second = Unit(centre)
        page.goto(centre.address + second.link)
        first.comes_to("reported")
        until(page, f"!JSON.stringify(localStorage).includes('{first.order}')")
    assert second.state() == "offered"


def test_the_wrong_one_of_two_links_costs_nothing(browser, centre, unit):
    """An old message is opened by mistake: the visit under way, and what waits of it, stay."""
    other = Unit(centre)
    with phone(browser, unit, service_workers="block") as (visit, page):
        visit.expected += (*BROKEN_OFF, "401")
        page.route("**/accept", lambda route: route.abort())
        button(page, "接警").click()
        page.get_by_text("已接警").wait_for()
        page.unroute("**/accept")
        for wrong in ("fld_nonsense", f"fld_{other.order}.9999999999.forged"):
            page.goto(f"{centre.address}/u/{wrong}")
            page.get_by_text("链接无效或已过期").wait_for()
        page.goto(f"{centre.address}/u/")
        page.wait_for_selector(".address")
        unit.comes_to("accepted")


def test_a_unit_at_a_checkpoint_sees_whom_to_look_for(browser, centre):
    """Where, from when on, and the way; it holds the place and has no visit to report on."""
    unit = Watch(centre)
    with phone(browser, unit) as (_, page):
        assert "路口" in page.locator(".destination .address").inner_text()
        assert page.locator(".subject .address").inner_text() == "蓝色大巴"
        assert page.locator(".steps li").count() > 2
        button(page, "接警").click()
        unit.comes_to("accepted")
        button(page, "已到达").click()
        unit.comes_to("on_scene")
        page.get_by_text("请守住此处").wait_for()
        assert not button(page, "反馈结果").is_visible()
        assert centre.client.delete(unit.interception).status_code == 200
        page.get_by_role("alertdialog").wait_for()


@pytest.mark.parametrize("token", ["fld_nonsense", "fld_{order}.9999999999.forged", "expired"])
def test_a_wrong_or_expired_link_says_so_and_shows_nothing(
    browser,
    unit,
    token,
):
    """And the phone forgets it."""
    link = token.format(order=unit.order)
    if token == "expired":
        signed = unit.link.removeprefix("/u/fld_")
        order, _, signature = signed.split(".")
        link = f"fld_{order}.{int(time.time()) - 1}.{signature}"
    with visiting(browser, unit.centre.address, **PHONE, locale="zh-CN") as visit:
        visit.expected = ("401",)
        page = visit.open(f"/u/{link}")
        page.get_by_text("链接无效或已过期").wait_for()
        assert ADDRESS not in page.content()
        assert page.evaluate("localStorage.getItem('forestall.field.token')") is None


def test_a_link_that_ends_takes_what_the_phone_kept_with_it(browser, unit):
    """The address is on no lost phone."""
    with phone(browser, unit) as (visit, page):
        page.wait_for_selector(".address")
        visit.expected += ("401",)
        assert ADDRESS in page.evaluate("JSON.stringify(localStorage)")
        page.route("**/v1/assignments/**", lambda route: route.fulfill(status=401, body="{}"))
        page.reload()
        page.get_by_text("链接无效或已过期").wait_for()
        assert ADDRESS not in page.evaluate("JSON.stringify(localStorage)")


def test_a_lost_phone_forgets_in_time_although_it_has_no_signal(browser, unit):
    """Nobody can tell it that its link has ended; it knows."""
    with phone(browser, unit) as (visit, page):
        visit.expected += NO_SIGNAL
        page.wait_for_selector(".address")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        visit.context.set_offline(True)
        page.clock.set_fixed_time(time.time() + LINK_KEPT_S)
        page.reload()
        page.wait_for_selector(".empty")
        assert ADDRESS not in page.content()
        assert ADDRESS not in page.evaluate("JSON.stringify(localStorage)")


def test_the_token_is_told_to_nobody(browser, unit):
    """Not as the page that somebody comes from, not in an address, not in a counter."""
    token = unit.link.removeprefix("/u/")
    with phone(browser, unit) as (visit, page):
        told: list[str] = []
        page.on("request", lambda request: told.append(request.headers.get("referer", "")))
        page.reload()
        page.wait_for_selector(".map canvas")
        button(page, "接警").click()
        unit.comes_to("accepted")
        asked = [url for url in visit.requests if token in url]
    assert {url.removeprefix(unit.centre.address) for url in asked} == {unit.link}
    assert len(told) > 5
    assert set(told) == {""}
    everything = unit.centre.another_key("admin", jurisdiction="*")
    counters = httpx.get(
        f"{unit.centre.address}/metrics", headers={"Authorization": f"Bearer {everything}"}
    )
    assert counters.status_code == 200
    assert token not in counters.text


def test_words_of_others_are_words(browser, centre):
    """A script tag in an address shows as text, in the page as in the files."""
    script = "<script>window.broken=1</script><img src=x onerror='window.broken=1'>"
    unit = Unit(centre, address_text=script, fraud_type="<b>bold</b>")
    with phone(browser, unit) as (_, page):
        assert page.locator(".address").inner_text() == script
        assert "<b>bold</b>" in page.locator(".facts").inner_text()
        assert page.evaluate("window.broken") is None


def test_the_place_opens_in_other_apps_and_on_other_devices(browser, unit):
    """Amap and Baidu in their own coordinates, geo for others, GPX and CoT as files."""
    with phone(browser, unit, locale="en-GB") as (_, page):
        page.get_by_text("Open elsewhere").click()
        addresses = page.locator(".elsewhere a").evaluate_all("all => all.map(one => one.href)")
        schemes = [address.partition(":")[0] for address in addresses]
        assert schemes == ["amapuri", "bdapp", "geo"]
        assert f"{HOME[1]:.6f},{HOME[0]:.6f}" in addresses[2]
        for name, root in (("Download GPX", f"{{{NAMESPACE}}}gpx"), ("Download CoT", "event")):
            with page.expect_download() as download:
                button(page, name).click()
            assert ET.parse(download.value.path()).getroot().tag == root


def test_the_page_speaks_both_languages_and_works_with_the_keyboard(browser, unit):
    """What is chosen stays chosen; the service's sentences follow."""
    with phone(browser, unit, locale="en-GB") as (_, page):
        assert page.locator(".tier").inner_text() == "▲ High"
        english = page.locator(".instruction").inner_text()
        assert english.isascii() or re.search("[A-Za-z]{4}", english)
        button(page, "中文").click()
        page.wait_for_function(
            "before => document.querySelector('.instruction').innerText !== before", arg=english
        )
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        button(page, "深色").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.reload()
        page.wait_for_selector(".instruction")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        button(page, "拒接").focus()
        page.keyboard.press("Enter")
        button(page, "距离太远").focus()
        page.keyboard.press("Enter")
        unit.comes_to("declined")


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_axe_finds_nothing_serious(browser, centre, locale, scheme):
    """Offered, on the way, reporting, under a notice, over."""
    unit = Unit(centre)
    axe = AXE.read_text()
    say = {"zh-CN": ("接警", "已到达", "反馈结果"), "en-GB": ("Accept", "Arrived", "Report")}[
        locale
    ]

    def serious(page) -> list[str]:
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['html']}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    with phone(browser, unit, locale, color_scheme=scheme) as (_, page):
        page.wait_for_selector(".map canvas")
        page.evaluate(axe)
        assert serious(page) == []
        button(page, say[0]).click()
        page.wait_for_selector(".sharing.on")
        assert serious(page) == []
        button(page, say[1]).click()
        unit.comes_to("on_scene")
        button(page, say[2]).click()
        assert serious(page) == []
        unit.do("POST", f"{unit.path}/release", {"reason": "a rehearsal"})
        page.get_by_role("alertdialog").wait_for()
        page.wait_for_selector(".over")
        assert serious(page) == []


def test_the_page_can_be_installed(browser, centre):
    """A manifest with icons of ours, and a shell that answers without a signal."""
    with visiting(browser, centre.address, **PHONE) as visit:
        page = visit.open("/u/")
        manifest = page.evaluate(
            "fetch(document.querySelector('link[rel=manifest]').href).then(one => one.json())"
        )
        assert manifest["start_url"] == manifest["scope"] == "/u/"
        for icon in manifest["icons"]:
            file = centre.client.get(icon["src"])
            assert file.headers["content-type"] == "image/png"
            width = int.from_bytes(file.content[16:20])
            assert icon["sizes"] == f"{width}x{width}"
        scope = page.evaluate("navigator.serviceWorker.ready.then(one => one.scope)")
        assert scope == f"{centre.address}/u/"


def test_the_javascript_without_the_map_is_small():
    """What must be loaded before the page says where to go; the map comes after."""
    html = (BUILT / "field.html").read_text()
    names = re.findall(r'(?:src|href)="/pages/(assets/[^"]+\.m?js)"', html)
    size_bytes = sum(len(gzip.compress((BUILT / name).read_bytes())) for name in names)
    assert names
    assert not [name for name in names if "maplibre" in name]
    assert size_bytes <= JAVASCRIPT_LIMIT_BYTES / 5
