"""Logging in at a page: what the session opens, when it ends, and who cannot use it."""

from __future__ import annotations

import pytest

from services.http.access import PAGE_HEADER
from services.keys import SCOPES, make_key, revoke_key
from services.page_sessions import COOKIE, IDLE_S, LIMIT_S, SECURE_COOKIE, PageSessions
from tests.services.town import office

OURS = {PAGE_HEADER: "1"}


def log_in(office, key: str) -> str:
    """The cookie that the key is changed for."""
    answer = office.client.post("/v1/session", json={"key": key})
    assert answer.status_code == 200, answer.text
    office.client._client.cookies.clear()
    return answer.cookies[COOKIE]


def asks(office, cookie: str, method: str = "GET", path: str = "/v1/session", **more):
    headers = {"Cookie": f"{COOKIE}={cookie}", **OURS, **more.pop("headers", {})}
    return office.client.request(method, path, headers=headers, **more)


@pytest.fixture
def key(town_office) -> str:
    made = make_key(town_office.service.ledger, "wall", ["dispatch", "alerts:write"], ["wanzhou"])
    return made.text


def test_a_session_opens_what_its_key_opens(town_office, key):
    """And tells what that is, so that a page shows nothing else."""
    cookie = log_in(town_office, key)
    told = asks(town_office, cookie).json()
    assert told["scopes"] == ["alerts:write", "dispatch"]
    assert told["jurisdictions"] == ["wanzhou"]
    assert told["name"] == "wall"
    assert asks(town_office, cookie, path="/v1/incidents").status_code == 200
    refused = asks(town_office, cookie, path="/v1/webhooks")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/missing-scope")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(town_office, key):
    """HttpOnly, SameSite=Strict, for half an hour; and it does not hold the key."""
    answer = town_office.client.post("/v1/session", json={"key": key})
    said = answer.headers["set-cookie"].lower()
    for word in ("httponly", "samesite=strict", "path=/", f"max-age={IDLE_S}"):
        assert word in said or f"max-age={IDLE_S - 1}" in said, word
    assert key.split("_")[2] not in answer.headers["set-cookie"]


def test_under_https_the_cookie_is_this_hosts_alone(town_office, key):
    """A neighbouring host, or somebody on the line, cannot put a session of theirs in its place."""
    address = "https://office/v1/session"
    answer = town_office.client.post(address, json={"key": key})
    town_office.client._client.cookies.clear()
    said = answer.headers["set-cookie"]
    assert said.startswith(f"{SECURE_COOKIE}=")
    for word in ("; secure", "; path=/"):
        assert word in said.lower()
    assert "domain=" not in said.lower()
    cookie = said.partition("=")[2].partition(";")[0]
    mine = {"Cookie": f"{SECURE_COOKIE}={cookie}", **OURS}
    assert town_office.client.get(address, headers=mine).status_code == 200
    theirs = {"Cookie": f"{COOKIE}={cookie}", **OURS}
    assert town_office.client.get(address, headers=theirs).status_code == 401
    gone = town_office.client.delete(address, headers=mine).headers["set-cookie"].lower()
    assert gone.startswith(f'{SECURE_COOKIE.lower()}=""')
    assert "; secure" in gone


def test_a_page_of_another_origin_cannot_use_the_cookie(town_office, key):
    """Without the header, which a browser lets only our own pages set, it opens nothing."""
    cookie = log_in(town_office, key)
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    for method, path in (("GET", "/v1/incidents"), ("POST", "/v1/alerts")):
        answer = town_office.client.request(method, path, headers=headers, json={})
        assert answer.status_code == 401
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    allowed = town_office.client.options("/v1/alerts", headers=asked)
    assert "access-control-allow-origin" not in allowed.headers


def test_a_revoked_key_ends_its_sessions_at_once(town_office, key, map_folder):
    """Although another process revoked it."""
    cookie = log_in(town_office, key)
    assert asks(town_office, cookie).status_code == 200
    revoke_key(town_office.service.ledger, key.split("_")[1])
    answer = asks(town_office, cookie)
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/key-required"


def test_a_wrong_key_opens_no_session(town_office, key):
    """Nor does half of one, or another thing."""
    for wrong in ("", "x", key[:-1], key + "x", "fst_0000000000_" + "x" * 43):
        answer = town_office.client.post("/v1/session", json={"key": wrong})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
    assert town_office.client.post("/v1/session", json={"token": key}).status_code == 422


def test_a_forged_cookie_opens_nothing(town_office, key):
    """Another key's id, another end, another signature."""
    cookie = log_in(town_office, key)
    other = make_key(town_office.service.ledger, "other", tuple(SCOPES), ["kaizhou"])
    key_id, begun, end, signature = cookie.split(".")
    for forged in (
        f"{other.id}.{begun}.{end}.{signature}",
        f"{key_id}.{begun}.{int(end) + 1}.{signature}",
        f"{key_id}.{begun}.{end}.{signature[:-2]}",
        f"{key_id}.{begun}.{end}",
        "x" * 5000,
    ):
        assert asks(town_office, forged).status_code == 401, forged


def test_no_cache_on_the_way_keeps_what_a_session_is_told(town_office, key):
    """It would not know whose cookie opened it."""
    cookie = log_in(town_office, key)
    for path in ("queue", "ways", "picture", "incidents", "closures", "session", "incidents/x"):
        answer = asks(town_office, cookie, path=f"/v1/{path}")
        assert answer.headers["cache-control"] == "no-store", path


def test_logging_out_takes_the_cookie_away(town_office, key):
    """The browser is told to forget it."""
    cookie = log_in(town_office, key)
    answer = asks(town_office, cookie, method="DELETE")
    assert answer.status_code == 204
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    assert "max-age=0" in answer.headers["set-cookie"].lower()


def test_a_key_beside_the_cookie_counts_before_it(town_office, key):
    """A program that sends a key is that key's, whatever its browser adds."""
    cookie = log_in(town_office, key)
    answer = asks(town_office, cookie, headers={"X-API-Key": "fst_0000000000_wrong"})
    assert answer.status_code == 401


def test_a_session_lasts_while_it_is_used_and_a_day_at_most():
    """Idle for half an hour it ends; renewed, it ends a day after it began."""
    sessions = PageSessions(b"a secret")
    session = sessions.begin("k1", 1_000.7)
    text = sessions.text(session)
    assert sessions.read(text, 1_000 + IDLE_S - 1) == session
    assert sessions.read(text, 1_000 + IDLE_S) is None
    at_s, renewed = 1_000, session
    while at_s < 1_000 + LIMIT_S:
        assert sessions.read(sessions.text(renewed), at_s) == renewed
        renewed = sessions.renewed(renewed, at_s)
        at_s += 600
    assert renewed.ends_at_s == 1_000 + LIMIT_S
    assert PageSessions(b"another secret").read(text, 1_001) is None


def test_every_process_reads_every_session(town_office, key, map_folder, redis_url):
    """A secret in the ledger signs them, so that any process of the service knows them."""
    cookie = log_in(town_office, key)
    with office(map_folder, town_office.service.settings.data_dir, redis_url) as other:
        assert asks(other, cookie).status_code == 200
