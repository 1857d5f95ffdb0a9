"""An administrator has events sent somewhere, sees what becomes of them, and sends them again."""

from __future__ import annotations

import time

import pytest

from services.sending import sender
from services.time_source import time_to_ourselves
from services.webhooks import registry
from services.webhooks.deliveries import State
from tests.services.town import office
from tests.services.webhooks.post_office import PostOffice, later
from tests.services.webhooks.receiver import answers

ABSENT = "019a7b2c-53f1-7cc3-9b1e-0f5a2c6d7e8f"


@pytest.fixture
def running(map_folder, tmp_path, redis_url, store, monkeypatch):
    """A service, once on each store."""
    monkeypatch.setattr(sender, "LOOK_EVERY_S", 0.02)
    with (
        time_to_ourselves(),
        office(map_folder, tmp_path / "data", redis_url, database_url=store) as service,
    ):
        yield service


@pytest.fixture
def plain(map_folder, tmp_path, redis_url):
    """A service that lets webhooks lead to some hosts only."""
    data_dir = tmp_path / "data"
    hosts = "cad.example, *.centre.example, 10.1.0.0/16"
    with office(map_folder, data_dir, redis_url, webhook_hosts=hosts) as service:
        yield service


def make(running, headers, url="http://cad.example/events", **more) -> dict:
    answer = running.client.post("/v1/webhooks", json={"url": url, **more}, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/webhooks/{answer.json()['id']}"
    return answer.json()


def test_an_event_reaches_a_webhook_made_over_http_and_its_delivery_is_listed(running, inbox):
    """Signed with the secret that was shown once; the whole service is at work."""
    headers = running.key("wanzhou")
    made = make(running, headers, inbox.url, types=["forestall.incident.opened.v1"])
    happenings = PostOffice(running.service.ledger)
    happenings.happen("incident.opened", "incident.closed", jurisdiction="wanzhou/longbao")
    (request,) = inbox.wait_for(1)
    event = request.verify(made["secret"])
    path = f"/v1/webhooks/{made['id']}"
    webhook = next(iter(registered(running)))
    happenings.wait_until(webhook, State.DELIVERED)
    listed = running.client.get(f"{path}/deliveries", headers=headers).json()
    (delivery,) = listed["deliveries"]
    assert listed["next_before"] is None
    assert (delivery["event_id"], delivery["type"]) == (event["id"], "incident.opened")
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == (
        "delivered",
        1,
        204,
    )
    assert str(delivery["position"]) == event["position"]


def registered(running):
    with running.service.ledger.read() as connection:
        return registry.known(connection)


def test_a_secret_is_shown_when_it_is_made_and_never_again(running):
    """Not in the list, not by itself; a new one when it is replaced."""
    headers = running.key("wanzhou")
    made = make(running, headers)
    secret = made.pop("secret")
    path = f"/v1/webhooks/{made['id']}"
    listed = running.client.get("/v1/webhooks", headers=headers)
    one = running.client.get(path, headers=headers)
    assert listed.json() == {"webhooks": [made]}
    assert one.json() == made
    assert secret not in listed.text + one.text
    rotated = running.client.post(f"{path}/rotate", headers=headers).json()
    assert rotated["secret"] not in (secret, None)
    assert rotated["old_secret_signs_until"] is not None


def test_old_and_new_secret_both_verify_after_a_rotation(running, inbox):
    """The receiver may change over whenever it likes within the day."""
    headers = running.key("wanzhou")
    made = make(running, headers, inbox.url)
    fresh = running.client.post(f"/v1/webhooks/{made['id']}/rotate", headers=headers).json()
    PostOffice(running.service.ledger).happen("incident.opened")
    (request,) = inbox.wait_for(1)
    assert request.verify(made["secret"]) == request.verify(fresh["secret"])


def test_what_failed_is_listed_by_its_state_and_sent_again_when_asked(running, inbox):
    """One event by its position, or all from a position on; nothing that was not asked for."""
    headers = running.key("wanzhou")
    made = make(running, headers, inbox.url)
    (webhook,) = registered(running)
    path = f"/v1/webhooks/{made['id']}"
    happenings = PostOffice(running.service.ledger)
    happenings.happen(*["incident.opened"] * 3)
    happenings.wait_until(webhook, *[State.DELIVERED] * 3)
    inbox.behaviours = [answers(500)]
    again = running.client.post(f"{path}/deliveries/2/replay", headers=headers)
    assert (again.status_code, again.json()) == (202, {"deliveries": 1})
    inbox.wait_for(4)
    while happenings.deliveries(webhook)[1].last_status != 500:
        time.sleep(0.02)
    pending = running.client.get(f"{path}/deliveries?state=pending", headers=headers).json()
    assert [one["position"] for one in pending["deliveries"]] == [2]
    later(60.0)
    happenings.wait_until(webhook, *[State.DELIVERED] * 3)
    stretch = running.client.post(
        f"{path}/replay", json={"from_position": 2, "to_position": 3}, headers=headers
    )
    assert (stretch.status_code, stretch.json()) == (202, {"deliveries": 2})
    received = inbox.wait_for(7)
    happenings.wait_until(webhook, *[State.DELIVERED] * 3)
    positions = [request.event["position"] for request in received]
    assert sorted(positions[:3]) == ["1", "2", "3"]
    assert positions[3:5] == ["2", "2"]
    assert sorted(positions[5:]) == ["2", "3"]


def test_deliveries_come_in_pages(running, inbox):
    """The newest first; the pages meet."""
    headers = running.key("wanzhou")
    path = f"/v1/webhooks/{make(running, headers, inbox.url)['id']}/deliveries"
    PostOffice(running.service.ledger).happen(*["incident.opened"] * 5)
    seen, before = [], ""
    while before is not None:
        page = running.client.get(f"{path}?limit=2{before}", headers=headers).json()
        seen += [one["position"] for one in page["deliveries"]]
        before = page["next_before"] and f"&before={page['next_before']}"
    assert seen == [5, 4, 3, 2, 1]


def test_a_webhook_whose_receiver_is_gone_is_shown_so_and_can_be_enabled(running, inbox):
    """Why, and since when; enabled, it is as it was."""
    headers = running.key("wanzhou")
    path = f"/v1/webhooks/{make(running, headers, inbox.url)['id']}"
    inbox.behaviours = [answers(410)]
    PostOffice(running.service.ledger).happen("incident.opened")
    inbox.wait_for(1)
    while (shown := running.client.get(path, headers=headers).json())["active"]:
        time.sleep(0.02)
    assert (shown["disabled_because"], shown["pending"]) == ("Answered 410.", 1)
    assert shown["disabled_at"] is not None
    enabled = running.client.post(f"{path}/enable", headers=headers).json()
    assert (enabled["active"], enabled["disabled_because"]) == (True, None)


def test_a_removed_webhook_is_not_there(running):
    """As one that never was."""
    headers = running.key("wanzhou")
    path = f"/v1/webhooks/{make(running, headers)['id']}"
    assert running.client.delete(path, headers=headers).status_code == 204
    absent = running.client.get(f"/v1/webhooks/{ABSENT}", headers=headers)
    for answer in (
        running.client.get(path, headers=headers),
        running.client.delete(path, headers=headers),
        running.client.get(f"{path}/deliveries", headers=headers),
    ):
        assert (answer.status_code, answer.content) == (404, absent.content)
    assert running.client.get("/v1/webhooks", headers=headers).json() == {"webhooks": []}


def test_a_webhook_of_another_jurisdiction_is_as_if_it_were_not_there(plain):
    """Every path, byte for byte."""
    webhook_id = make(plain, plain.key("wanzhou"))["id"]
    stranger = plain.key("kaizhou")
    for method, form, body in (
        ("GET", "/v1/webhooks/{}", None),
        ("DELETE", "/v1/webhooks/{}", None),
        ("POST", "/v1/webhooks/{}/rotate", None),
        ("POST", "/v1/webhooks/{}/enable", None),
        ("GET", "/v1/webhooks/{}/deliveries", None),
        ("POST", "/v1/webhooks/{}/deliveries/1/replay", None),
        ("POST", "/v1/webhooks/{}/replay", {"from_position": 1}),
    ):
        theirs, absent, formless = (
            plain.client.request(method, form.format(one), json=body, headers=stranger)
            for one in (webhook_id, ABSENT, "x%00y")
        )
        assert theirs.status_code == 404, form
        assert theirs.content == absent.content == formless.content
    assert plain.client.get("/v1/webhooks", headers=stranger).json() == {"webhooks": []}
    assert plain.client.get("/v1/webhooks", headers=plain.key("wanzhou")).json()["webhooks"]


def test_webhooks_are_for_administrators(plain):
    """A dispatcher's key opens none of it."""
    answer = plain.client.get("/v1/webhooks", headers=plain.key("wanzhou", scopes=("dispatch",)))
    assert answer.status_code == 403


UNUSABLE = [
    ({"url": "ftp://cad.example/"}, "begins with https"),
    ({"url": "not an address"}, "begins with https"),
    ({"url": "https://"}, "begins with https"),
    ({"url": "https://user:word@cad.example/"}, "no user, password or fragment"),
    ({"url": "https://cad.example/#part"}, "no user, password or fragment"),
    ({"url": "https://cad.example:99999/"}, "not an address"),
    ({"url": "https://cad.example:port/"}, "not an address"),
    ({"url": "https://[::1/"}, "not an address"),
    ({"url": "https://elsewhere.example/"}, "webhook_hosts does not allow"),
    ({"url": "https://10.2.0.1/"}, "webhook_hosts does not allow"),
    ({"url": "https://centre.example.evil.example/"}, "webhook_hosts does not allow"),
    ({"url": "https://cad.example/" + "x" * 3000}, "2000"),
    ({"url": "https://cad.example/", "types": ["incident.exploded"]}, "incident.exploded"),
    ({"url": "https://cad.example/", "colour": "red"}, "colour"),
    ({}, "url"),
]


def test_a_webhook_that_cannot_work_is_refused_in_one_sentence(plain):
    """And nothing is made."""
    headers = plain.key("wanzhou")
    for body, words in UNUSABLE:
        answer = plain.client.post("/v1/webhooks", json=body, headers=headers)
        assert answer.status_code == 422, (body, answer.text)
        assert words in answer.json()["detail"], body
    assert plain.client.get("/v1/webhooks", headers=headers).json() == {"webhooks": []}


def test_hosts_that_the_setting_allows_are_allowed(plain):
    """A name, a name below another, an address of a network; capitals do not matter."""
    for url in (
        "http://cad.example",
        "https://a.b.centre.example:8443/x?y=1",
        "http://10.1.2.3/",
        "https://CAD.example/",
    ):
        make(plain, plain.key("wanzhou"), url)


def test_a_key_of_several_jurisdictions_says_which(plain):
    """And cannot name one that it does not hold."""
    headers = plain.key("wanzhou", "kaizhou")
    body = {"url": "https://cad.example/"}
    unsaid = plain.client.post("/v1/webhooks", json=body, headers=headers)
    assert unsaid.json()["type"] == "/problems/jurisdiction-required"
    foreign = plain.client.post(
        "/v1/webhooks", json=body | {"jurisdiction": "fengjie"}, headers=headers
    )
    assert foreign.status_code == 403
    assert make(plain, headers, jurisdiction="kaizhou/east")["jurisdiction"] == "kaizhou/east"


def test_copies_of_a_request_make_one_webhook(plain):
    """With an Idempotency-Key: the same answer, with the same secret."""
    headers = plain.key("wanzhou") | {"Idempotency-Key": "cad-1"}
    assert make(plain, headers) == make(plain, headers)
    assert len(plain.client.get("/v1/webhooks", headers=headers).json()["webhooks"]) == 1
