"""A dispatch system pushes where its people are."""

from __future__ import annotations

import json
import time

import msgspec
import pytest

from tests.services.town import at, position


def test_a_batch_is_accepted_and_everybody_is_seen(town_office):
    """What was acknowledged is there with the next request, as it was sent."""
    headers = town_office.key("wanzhou")
    answer = town_office.push(
        headers,
        position("r-1", "A-B", 0.5, status="available", accuracy_m=8, capabilities=["first_aid"]),
        position("o-1", "X", kind="officer"),
    )
    assert answer == {"accepted": 2, "quarantined": [], "rejected": [], "shared": True}
    seen = town_office.client.get("/v1/responders/r-1", headers=headers).json()
    assert seen["jurisdiction"] == "wanzhou"
    assert (seen["kind"], seen["mode"], seen["status"]) == ("rider", "ebike", "available")
    assert seen["capabilities"] == ["first_aid"]
    assert seen["registered"] is False
    assert seen["position"]["lon"] == pytest.approx(at("A-B", 0.5)["lon"], abs=1e-7)
    assert seen["position"]["on_road"] is True
    assert seen["position"]["freshness"] == "fresh"
    officer = town_office.client.get("/v1/responders/o-1", headers=headers).json()
    assert officer["mode"] == "police"


def test_messagepack_is_the_same(town_office):
    """The same batch in MessagePack, with its time as a time stamp or a number."""
    headers = town_office.key("wanzhou") | {"Content-Type": "application/msgpack"}
    body = msgspec.msgpack.encode({"positions": [position("r-1", "B")], "crs": "wgs84"})
    answer = town_office.client.post("/v1/positions", content=body, headers=headers)
    assert answer.json()["accepted"] == 1
    assert town_office.client.get("/v1/responders/r-1", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("lon", False),
        ("lon", "108.4"),
        ("lon", None),
        ("lon", 180.0001),
        ("lat", -90.5),
        ("lat", [30.8]),
        ("fixed_at", True),
        ("fixed_at", "yesterday"),
        ("fixed_at", "2026-10-12T09:15:02"),
        ("kind", "superhero"),
        ("kind", 3),
        ("mode", "helicopter"),
        ("status", "asleep"),
        ("accuracy_m", -1),
        ("capabilities", "first_aid"),
        ("id", ""),
        ("id", "x" * 129),
        ("id", 17),
        ("id", "r\u0000"),
        ("id", "r\u202e1"),
        ("jurisdiction", "<script>"),
        ("altitude", 200),
    ],
)
def test_one_bad_position_does_not_spoil_the_batch(town_office, field, wrong):
    """The bad one is told by its place, its id and its reason; the others count."""
    headers = town_office.key("wanzhou")
    bad = position("bad", "C") | {field: wrong}
    answer = town_office.push(headers, position("r-1", "B"), bad, position("r-2", "D"))
    assert answer["accepted"] == 2
    (told,) = answer["rejected"]
    assert told["index"] == 1
    assert told["reason"] == "malformed"
    assert told["detail"]
    listed = town_office.client.get(
        "/v1/responders", params={"near": "108.38,30.81"}, headers=headers
    ).json()["responders"]
    assert {one["id"] for one in listed} == {"r-1", "r-2"}


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_what_is_no_number_in_json_is_refused(town_office, word):
    """NaN and infinity are not JSON, whatever some libraries write."""
    headers = town_office.key("wanzhou") | {"Content-Type": "application/json"}
    body = json.dumps({"positions": [position("r-1", "B")]}).encode()
    lat = json.dumps(at("B")["lat"]).encode()
    answer = town_office.client.post(
        "/v1/positions", content=body.replace(lat, word), headers=headers
    )
    if answer.status_code == 200:
        assert answer.json()["accepted"] == 0
    else:
        assert answer.status_code == 400
        assert answer.json()["type"] == "/problems/malformed-request"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("field", ["lon", "lat", "fixed_at"])
def test_messagepack_can_say_nan_and_is_not_believed(town_office, field, value):
    """A coordinate or a time that is no number never reaches the picture."""
    headers = town_office.key("wanzhou") | {"Content-Type": "application/msgpack"}
    body = msgspec.msgpack.encode({"positions": [position("r-1", "B") | {field: value}]})
    answer = town_office.client.post("/v1/positions", content=body, headers=headers).json()
    assert answer["accepted"] == 0
    assert len(answer["rejected"]) + len(answer["quarantined"]) == 1
    assert town_office.client.get("/v1/responders/r-1", headers=headers).status_code == 404


def test_a_jump_and_a_fix_from_the_future_are_quarantined(town_office):
    """They are counted and told, not believed."""
    headers = town_office.key("wanzhou")
    town_office.push(headers, position("r-1", "A"), position("r-2", "B"))
    answer = town_office.push(
        headers,
        position("r-1", "A") | {"lon": 109.5, "fixed_at": time.time() + 5},
        position("r-2", "B") | {"fixed_at": time.time() + 3600},
    )
    assert answer["accepted"] == 0
    assert [(one["index"], one["id"], one["reason"]) for one in answer["quarantined"]] == [
        (0, "r-1", "jump"),
        (1, "r-2", "future"),
    ]
    seen = town_office.client.get("/v1/responders/r-1", headers=headers).json()
    assert seen["position"]["lon"] == pytest.approx(at("A")["lon"], abs=1e-7)


def test_an_old_position_does_not_replace_a_newer_one(town_office):
    """Late and repeated positions are told apart: the first is refused, the second is known."""
    headers = town_office.key("wanzhou")
    now = position("r-1", "B")
    town_office.push(headers, now)
    answer = town_office.push(headers, now, now | {"fixed_at": now["fixed_at"] - 10, **at("A")})
    assert answer["accepted"] == 1
    assert [one["reason"] for one in answer["rejected"]] == ["out_of_order"]


def test_a_position_in_gcj02_is_converted(town_office):
    """The shift of Chinese map apps is taken out at the border."""
    from geodata.coordinates import from_wgs84

    headers = town_office.key("wanzhou")
    lon, lat = from_wgs84(at("B")["lon"], at("B")["lat"], "gcj02")
    sent = position("r-1", "B") | {"lon": float(lon), "lat": float(lat)}
    town_office.push(headers, sent, crs="gcj02")
    seen = town_office.client.get("/v1/responders/r-1", headers=headers).json()["position"]
    assert seen["lon"] == pytest.approx(at("B")["lon"], abs=1e-6)
    assert seen["lat"] == pytest.approx(at("B")["lat"], abs=1e-6)


def test_somebody_unknown_needs_a_kind_and_a_registered_one_does_not(town_office):
    """Registering once is enough; so is saying the kind, with every position or the first."""
    headers = town_office.key("wanzhou")
    bare = position("o-7", "C")
    del bare["kind"]
    answer = town_office.push(headers, bare)
    assert [one["reason"] for one in answer["rejected"]] == ["unknown_responder"]
    put = town_office.client.put(
        "/v1/responders/o-7",
        json={"kind": "officer", "capabilities": ["chinese_sign_language"]},
        headers=headers,
    )
    assert put.status_code == 200
    assert put.json()["position"] is None
    assert town_office.push(headers, bare)["accepted"] == 1
    seen = town_office.client.get("/v1/responders/o-7", headers=headers).json()
    assert (seen["kind"], seen["mode"], seen["registered"]) == ("officer", "police", True)
    assert seen["capabilities"] == ["chinese_sign_language"]
    assert town_office.push(headers, position("r-1", "A"))["accepted"] == 1
    again = position("r-1", "A", 0.1)
    del again["kind"]
    assert town_office.push(headers, again)["accepted"] == 1


@pytest.mark.parametrize(
    "responder_id",
    [
        "骑手-17",
        "Robert'); DROP TABLE responders;--",
        "<img src=x onerror=alert(1)>",
        "a/b/../c",
        "100% \\ ?#&=+",
        "🛵",
        "wanzhou:17",
        "é",
    ],
)
def test_any_printable_id_is_just_an_id(town_office, responder_id):
    """Ids are kept and given back letter by letter, whatever they look like."""
    from urllib.parse import quote

    headers = town_office.key("wanzhou")
    address = f"/v1/responders/{quote(responder_id, safe='')}"
    assert town_office.push(headers, position(responder_id, "B"))["accepted"] == 1
    assert town_office.client.get(address, headers=headers).json()["id"] == responder_id
    put = town_office.client.put(address, json={"kind": "rider"}, headers=headers)
    assert put.status_code == 200, put.text
    assert put.json()["id"] == responder_id
    assert town_office.client.delete(address, headers=headers).status_code == 204
    assert town_office.client.get(address, headers=headers).status_code == 404


def test_a_batch_that_is_no_batch_is_refused_whole(town_office):
    """Broken JSON, the wrong shape, the wrong media type and too many positions."""
    headers = town_office.key("wanzhou")
    client = town_office.client

    def post(content: bytes, kind: str = "application/json", **more: str):
        return client.post(
            "/v1/positions", content=content, headers=headers | {"Content-Type": kind} | more
        )

    cases = [
        (post(b'{"positions": ['), 400, "malformed-request"),
        (post(b"\xff\xfe"), 400, "malformed-request"),
        (post(b""), 400, "malformed-request"),
        (post(b"[]"), 422, "invalid-value"),
        (post(b'{"positions": {}}'), 422, "invalid-value"),
        (post(b'{"positions": [], "extra": 1}'), 422, "invalid-value"),
        (post(b'{"positions": [], "crs": "wgs72"}'), 422, "invalid-value"),
        (post(b'{"positions": ' + b"[" * 100_000), 400, "malformed-request"),
        (post(b'{"positions": [{"id": ' + b"[" * 100_000), 400, "malformed-request"),
        (post(b"{}", "text/plain"), 415, "unsupported-media-type"),
        (post(b"{}", "application/x-www-form-urlencoded"), 415, "unsupported-media-type"),
        (post(b"{}", **{"Content-Encoding": "gzip"}), 415, "unsupported-media-type"),
        (post(b"\x81", "application/msgpack"), 400, "malformed-request"),
    ]
    for answer, status, name in cases:
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{name}")
        assert answer.headers["content-type"] == "application/problem+json"
    many = {"positions": [position("r-1", "B")] * (town_office.settings.positions_limit + 1)}
    answer = client.post("/v1/positions", json=many, headers=headers)
    assert answer.status_code == 422


def test_a_key_of_several_jurisdictions_must_say_which(town_office):
    """The batch may say it for all, a position for itself; another's is refused."""
    headers = town_office.key("wanzhou", "kaizhou")
    answer = town_office.push(headers, position("r-1", "B"))
    assert [one["reason"] for one in answer["rejected"]] == ["jurisdiction_required"]
    answer = town_office.push(
        headers,
        position("r-1", "B"),
        position("r-2", "B", jurisdiction="wanzhou/longbao"),
        position("r-3", "B", jurisdiction="dazhou"),
        jurisdiction="kaizhou",
    )
    assert answer["accepted"] == 2
    assert [(one["index"], one["reason"]) for one in answer["rejected"]] == [
        (2, "wrong_jurisdiction")
    ]


def test_what_became_of_positions_is_counted_without_names(town_office):
    """Counters tell how many and why, and hold no id, no place and no secret."""
    headers = town_office.key("wanzhou")
    town_office.push(headers, position("zhang-san", "B"), position("li-si", "C") | {"lon": False})
    town_office.client.get("/v1/responders/zhang-san", headers=headers)
    text = town_office.client.get("/metrics", headers=town_office.key("*")).text
    assert 'forestall_positions_total{outcome="accepted"} 1.0' in text
    assert 'forestall_positions_total{outcome="rejected"} 1.0' in text
    assert 'forestall_positions_refused_total{reason="malformed"} 1.0' in text
    assert 'forestall_responders{kind="rider"} 1.0' in text
    assert 'route="/v1/responders/{responder_id:path}"' in text
    for secret in ("zhang-san", "li-si", "wanzhou", headers["Authorization"].split("_")[1]):
        assert secret not in text
