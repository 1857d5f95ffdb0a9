"""Every route of the application, asked by those whom it does not concern.

A jurisdiction has one of everything. Others, with keys that may do all that a key may do, ask for
each of these things by its real id, and get byte for byte what they get for an id that there is
not. Lists tell them what they told before there was anything. A route without a case here fails.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.app import ROUTERS
from services.http.access import OPEN_PATHS
from services.http.evidence_uploads import PART_TYPE
from services.ids import new_id
from tests.services.http.furnished import FILM, areas, furnish
from tests.services.town import Office, at, office, position

OWNER = "wanzhou/longbao"
OUTSIDERS = {
    "another centre": "kaizhou",
    "a sister station": "wanzhou/baiyan",
    "a name that begins alike": "wanzhou/long",
    "a village of the owner": "wanzhou/longbao/gate",
}
NO_PEOPLE = {
    *(f"GET {path}" for path in OPEN_PATHS),
    "GET /v1/session",  # tells about the key that asks
    "POST /v1/session",  # tells about the key that is sent
    "DELETE /v1/session",
    "GET /osmand",  # opened by a phone's own secret, and answers about that phone only
    "POST /osmand",
    "POST /v1/peers/messages",  # opened by a signature: tests/services/peers
    "GET /route/v1/{mode}/{coordinates:path}",  # roads have no border
    "GET /table/v1/{mode}/{coordinates:path}",
    "GET /nearest/v1/{mode}/{coordinates:path}",
    *(
        f"GET /{word}/{{rest:path}}"
        for word in ("route", "table", "nearest", "match", "trip", "tile")
    ),
    "GET /metrics",  # of the whole installation, to keys that hold all of it
    *(f"OPTIONS /{word}/{{rest:path}}" for word in ("route", "table", "nearest")),
}
"""Routes that know of nobody."""
BY_ID = {
    "GET /v1/responders/{responder_id:path}",
    "DELETE /v1/responders/{responder_id:path}",
    "GET /v1/closures/{closure_id:path}",
    "DELETE /v1/closures/{closure_id:path}",
    "GET /v1/branches/{branch_id:path}",
    "DELETE /v1/branches/{branch_id:path}",
    "GET /v1/jurisdictions/{jurisdiction:path}",
    "DELETE /v1/jurisdictions/{jurisdiction:path}",
    "GET /v1/incidents/{incident_id}",
    "PATCH /v1/incidents/{incident_id}",
    *(
        f"POST /v1/incidents/{{incident_id}}/{word}"
        for word in (
            "place", "tier", "contacts", "findings", "visits", "staff", "close", "reopen"
        )
    ),
    "GET /v1/incidents/{incident_id}/timeline",
    "GET /v1/interceptions/{interception_id}",
    "DELETE /v1/interceptions/{interception_id}",
    "POST /v1/interceptions/{interception_id}/sightings",
    "GET /v1/interceptions/{interception_id}/plan",
    "POST /v1/interceptions/{interception_id}/commit",
    "POST /v1/interceptions/{interception_id}/hand-over",
    "POST /v1/interceptions/{interception_id}/hand-over/accept",
    "POST /v1/interceptions/{interception_id}/hand-over/refuse",
    *(
        f"POST /v1/interceptions/{{interception_id}}/checkpoints/{{checkpoint_id}}/{word}"
        for word in ("manned", "clear", "caught", "missed")
    ),
    "GET /v1/assignments/{assignment_id}",
    *(
        f"POST /v1/assignments/{{assignment_id}}/{word}"
        for word in (
            "accept", "decline", "depart", "arrive", "report", "release", "position", "evidence",
            "uploads",
        )
    ),
    *(f"GET /v1/assignments/{{assignment_id}}/{word}" for word in ("events", "route.gpx", "cot")),
    "OPTIONS /v1/assignments/{assignment_id}/uploads",
    "HEAD /v1/assignments/{assignment_id}/uploads/{upload_id}",
    "PATCH /v1/assignments/{assignment_id}/uploads/{upload_id}",
    "DELETE /v1/assignments/{assignment_id}/uploads/{upload_id}",
    "GET /v1/evidence/{evidence_id}",
    "POST /v1/evidence/{evidence_id}/judgement",
    "GET /v1/webhooks/{webhook_id}",
    "DELETE /v1/webhooks/{webhook_id}",
    "POST /v1/webhooks/{webhook_id}/rotate",
    "POST /v1/webhooks/{webhook_id}/enable",
    "GET /v1/webhooks/{webhook_id}/deliveries",
    "POST /v1/webhooks/{webhook_id}/deliveries/{position}/replay",
    "POST /v1/webhooks/{webhook_id}/replay",
}  # fmt: skip
"""Routes whose path names one thing: with a real id and with none the answer is the same 404."""
WITHOUT_END = "GET /v1/assignments/{assignment_id}/events"
"""What it is answered goes on; ``test_units_stream`` reads it."""
NAMED = {
    "GET /v1/responders/{responder_id:path}",
    "DELETE /v1/responders/{responder_id:path}",
    "GET /v1/closures/{closure_id:path}",
    "DELETE /v1/closures/{closure_id:path}",
    "GET /v1/branches/{branch_id:path}",
    "DELETE /v1/branches/{branch_id:path}",
}
"""Those of them that can be told whose thing is meant: to others that is the same 403."""
_SOON, _LATELY = (
    (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (1, -1)
)
_THESE_DAYS = f"?from={_LATELY}&to={_SOON}"
LISTS = {
    "GET /v1/responders": ["?near={lon},{lat}&with_lost=true&count=1000"],
    "GET /v1/cells/{h3}": ["?with_lost=true"],
    "GET /v1/closures": [""],
    "GET /v1/queue": [""],
    "GET /v1/ways": [""],
    "GET /v1/picture": [""],
    "GET /v1/incidents": ["", "?state=responding", "?tier=high&limit=100"],
    "GET /v1/interceptions": ["", "?state=open"],
    "GET /v1/jurisdictions": ["", "?at={lon},{lat}", "?below=wanzhou", "?level=station"],
    "GET /v1/branches": [""],
    "GET /v1/figures": [_THESE_DAYS],
    "GET /v1/figures/contributions": [_THESE_DAYS],
    "GET /v1/export/{table}": [_THESE_DAYS],
    "GET /v1/events": ["?wait=false", "?wait=false&incident={incident_id}"],
    "GET /v1/webhooks": [""],
}
"""Routes that list things, and questions to them: the answer is what it was with nothing there."""
WRITES = {
    "POST /v1/positions",
    "PUT /v1/responders",
    "PUT /v1/responders/{responder_id:path}",
    "PUT /v1/closures/{closure_id:path}",
    "PUT /v1/branches/{branch_id:path}",
    "PUT /v1/jurisdictions",
    "POST /v1/alerts",
    "POST /v1/alarms/bank",
    "POST /v1/interceptions",
    "POST /v1/webhooks",
    "POST /v1/recommendations",
    "GET /v1/response-times",
}
"""Routes that make something or ask with a body; each has a test of its own below."""


def routes() -> dict[str, Any]:
    """Every route of the application."""
    return {
        f"{method} {route.path}": route
        for router in ROUTERS
        for route in router.routes
        for method in route.methods
    } | {"GET /openapi.json": None}


def test_every_route_has_a_case():
    """Whoever adds a route says here what others may learn from it."""
    cases = [NO_PEOPLE, BY_ID, set(LISTS), WRITES]
    assert set().union(*cases) == set(routes())
    assert sum(len(case) for case in cases) == len(routes())
    with_a_name = {name for name in routes() if re.search(r"{\w+_id", name)}
    assert with_a_name <= BY_ID | WRITES


@dataclass
class Place:
    """A furnished office, and what outsiders were told before it was furnished."""

    office: Office
    known: dict[str, str]
    outsiders: dict[str, dict[str, str]]
    told_before: dict[tuple[str, str, str], bytes]

    def ask(self, who: dict[str, str], method: str, path: str, **more: Any):
        headers = who | more.pop("headers", {})
        return self.office.client.request(method, path, headers=headers, **more)


@pytest.fixture(scope="module")
def place(map_folder, tmp_path_factory, redis_url):
    with office(map_folder, tmp_path_factory.mktemp("data"), redis_url) as running:
        outsiders = {name: running.key(jurisdiction) for name, jurisdiction in OUTSIDERS.items()}
        made = Place(running, {}, outsiders, {})
        cell = "89401a4dddbffff"
        before = {"h3": cell, "incident_id": new_id(), "table": "incidents"}
        for name, who in outsiders.items():
            for label, query, address in questions(before):
                made.told_before[name, label, query] = facts(made.ask(who, "GET", address))
        everybody, owner = running.key("*"), running.key(OWNER)
        assert made.ask(everybody, "PUT", "/v1/jurisdictions", json=areas(OWNER)).status_code == 200
        made.known = furnish(lambda *args, **more: made.ask(owner, *args, **more), OWNER)
        assert made.known["h3"] == cell
        yield made


def questions(known: dict[str, str]):
    """Label, query and address of every question to a list."""
    for label, queries in LISTS.items():
        path = label.removeprefix("GET ")
        for query in queries:
            yield label, query, (path + query).format(**known, **at("C"))


def facts(answer) -> bytes:
    """What an answer tells, but for the end of the stream of events, whose positions are numbered
    through for all."""
    assert answer.status_code == 200, answer.text
    if b'"events":[]' in answer.content:
        return re.sub(rb'"next":\d+', b"", answer.content)
    return answer.content


def example(label: str) -> dict[str, Any]:
    """A request that the description shows, so that it is refused for nothing else."""
    described = routes()[label].openapi_extra or {}
    content = described.get("requestBody", {}).get("content", {})
    if "video/mp4" in content:
        return {"content": FILM, "headers": {"Content-Type": "video/mp4"}}
    if PART_TYPE in content:
        return {"content": FILM, "headers": {"Content-Type": PART_TYPE, "Upload-Offset": "0"}}
    if label.endswith("/uploads"):
        return {"headers": {"Upload-Length": str(len(FILM))}}
    more: dict[str, Any] = {"headers": {"If-Match": "*"}}
    if content:
        more["json"] = content["application/json"]["example"]
    return more


def address(label: str, known: dict[str, str]) -> str:
    return label.split(" ")[1].replace(":path}", "}").format(**known)


@pytest.mark.parametrize("outsider", OUTSIDERS)
@pytest.mark.parametrize("label", sorted(BY_ID))
def test_what_another_one_owns_is_absent_byte_for_byte(place, label, outsider):
    """The same status, body and headers for a real id as for one that there is not."""
    who = place.outsiders[outsider]
    absent = {name: new_id() for name in place.known} | {
        "position": "999999",
        "jurisdiction": "wanzhou/nowhere",
    }
    method = label.split(" ")[0]
    real = place.ask(who, method, address(label, place.known), **example(label))
    none = place.ask(who, method, address(label, absent), **example(label))
    assert real.status_code == 404, real.text
    assert (real.status_code, real.content) == (none.status_code, none.content)
    assert sorted(real.headers.items()) == sorted(none.headers.items())
    if label in NAMED:
        named = f"?jurisdiction={OWNER}"
        real = place.ask(who, method, address(label, place.known) + named)
        none = place.ask(who, method, address(label, absent) + named)
        assert (real.status_code, real.content) == (none.status_code, none.content)
        assert real.status_code == 403


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_lists_tell_what_they_told_before_there_was_anything(place, outsider):
    """Also counts, figures, exports and events: not one byte more."""
    known = place.known | {"table": "incidents"}
    who = place.outsiders[outsider]
    for label, query, path in questions(known):
        told = facts(place.ask(who, "GET", path))
        assert told == place.told_before[outsider, label, query], path


def test_the_owner_sees_all_of_it(place):
    """So that the tests above compare something with nothing."""
    owner = place.office.key(OWNER)
    for label in BY_ID - {WITHOUT_END}:
        if label.startswith("GET "):
            assert place.ask(owner, "GET", address(label, place.known)).status_code == 200, label
    for label, query, path in questions(place.known | {"table": "incidents"}):
        told = place.ask(owner, "GET", path)
        assert told.status_code == 200
        before = place.told_before["another centre", label, query]
        assert facts(told) != before, path


def test_the_link_of_another_assignment_opens_nothing(place):
    """A unit that knows the id of a colleague's assignment learns nothing from it."""
    token = place.office.service.field_tokens.make(new_id(), 4e9)
    who = {"Authorization": f"Bearer {token}"}
    tried = 0
    for label in sorted(BY_ID):
        if "{assignment_id}" in label:
            method = label.split(" ")[0]
            real = place.ask(who, method, address(label, place.known), **example(label))
            absent = {"assignment_id": new_id(), "upload_id": new_id()}
            none = place.ask(who, method, address(label, absent), **example(label))
            assert (real.status_code, real.content) == (none.status_code, none.content)
            assert real.status_code in (403, 404)
            tried += 1
    assert tried > 5


def test_counters_of_the_whole_installation_are_for_who_holds_it(place):
    """They would tell how much there is elsewhere."""
    for who in (*place.outsiders.values(), place.office.key(OWNER)):
        assert place.ask(who, "GET", "/metrics").status_code == 403
    assert place.ask(place.office.key("*"), "GET", "/metrics").status_code == 200


def masked(answer) -> str:
    """An answer without what is new in every one: ids and times."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", answer.text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>", text)


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_writing_to_an_id_that_another_one_has_makes_one_of_one_s_own(place, outsider):
    """The answer is that for a new id, and the other one's thing stays as it was."""
    who, owner = place.outsiders[outsider], place.office.key(OWNER)
    bodies = {
        "responders": ("responder_id", {"kind": "rider"}),
        "closures": ("closure_id", {"near": [at("Y")], "reason": "market"}),
        "branches": ("branch_id", {"name": "Ours", **at("X")}),
    }
    for kind, (name, body) in bodies.items():
        theirs = f"/v1/{kind}/{place.known[name]}"
        before = place.ask(owner, "GET", f"{theirs}?jurisdiction={OWNER}")
        with_it = place.ask(who, "PUT", theirs, json=body)
        without = place.ask(who, "PUT", f"/v1/{kind}/new-one", json=body)
        assert with_it.status_code == 200, with_it.text
        assert masked(with_it).replace(place.known[name], "new-one") == masked(without)
        after = place.ask(owner, "GET", f"{theirs}?jurisdiction={OWNER}")
        assert without_age(after) == without_age(before)
        for path in (theirs, f"/v1/{kind}/new-one"):
            assert place.ask(who, "DELETE", path).status_code == 204
    named = {"jurisdiction": OWNER}
    for method, path, body in (
        ("PUT", "/v1/responders/x", {"kind": "rider", **named}),
        ("PUT", "/v1/responders", {"responders": [{"id": "x", "kind": "rider", **named}]}),
        ("PUT", "/v1/closures/x", {"near": [at("Y")], **named}),
        ("PUT", "/v1/branches/x", {"name": "Ours", **at("X"), **named}),
        ("POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/", **named}),
    ):
        refused = place.ask(who, method, path, json=body)
        assert (refused.status_code, refused.json()["type"]) == (
            403,
            "/problems/wrong-jurisdiction",
        ), path


def without_age(answer) -> Any:
    told = answer.json()
    told.get("position", {}).pop("age_s", None)
    return told


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_positions_under_an_id_that_another_one_has_are_one_s_own(place, outsider):
    """The other's unit does not move, and a named jurisdiction is refused for each position."""
    who, owner = place.outsiders[outsider], place.office.key(OWNER)
    mine = place.known["responder_id"]
    path = f"/v1/responders/{mine}?jurisdiction={OWNER}"
    before = place.ask(owner, "GET", path).json()["position"]
    body = {"positions": [position(mine, "Z", kind="rider")]}
    told = place.ask(who, "POST", "/v1/positions", json=body).json()
    new = {"positions": [position("someone-new", "Z", kind="rider")]}
    assert told == place.ask(who, "POST", "/v1/positions", json=new).json()
    after = place.ask(owner, "GET", path).json()["position"]
    assert (after["lon"], after["lat"]) == (before["lon"], before["lat"])
    body["positions"][0]["jurisdiction"] = OWNER
    (refused,) = place.ask(who, "POST", "/v1/positions", json=body).json()["rejected"]
    assert refused["reason"] == "wrong_jurisdiction"
    for name in (mine, "someone-new"):
        assert place.ask(who, "DELETE", f"/v1/responders/{name}").status_code == 204


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_nobody_of_another_one_is_recommended_or_passed_over(place, outsider):
    """The answer knows nobody, however near the other's units are."""
    asked = {"place": at("B"), "wants": [{"kinds": ["officer"]}]}
    told = place.ask(place.outsiders[outsider], "POST", "/v1/recommendations", json=asked).json()
    (want,) = told["wants"]
    assert (want["chosen"], want["passed_over"]) == ([], [])
    assert want["shortfall"]["cause"] == "none_known"


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_areas_of_another_one_cannot_be_loaded(place, outsider):
    """Whether they are there already or not."""
    answers = []
    for jurisdiction in (OWNER, "wanzhou/nowhere"):
        body = {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [[[108, 30], [109, 30], [109, 31], [108, 30]]],
                    },
                    "properties": {"jurisdiction": jurisdiction, "name": "x", "level": "station"},
                }
            ],
        }
        answer = place.ask(place.outsiders[outsider], "PUT", "/v1/jurisdictions", json=body)
        assert answer.status_code in (403, 422), answer.text
        answers.append(masked(answer).replace(jurisdiction, "<jurisdiction>"))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_an_alert_does_not_tell_whether_the_victim_is_known(place, outsider):
    """About a victim whom another one is visiting, and about one whom nobody knows: the alert is
    taken, and the answer is the same."""
    who = place.outsiders[outsider]
    answers = []
    for victim_ref in ("victim-1", f"unheard-of-{new_id()}"):
        body = {"source": "bank", "tier": "low", "victim_ref": victim_ref, "place": at("D")}
        answer = place.ask(who, "POST", "/v1/alerts", json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        assert OWNER not in answer.text
        answers.append((answer.status_code, masked(answer).replace(victim_ref, "<victim>")))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_nobody_has_somebody_stopped_for_the_incident_of_another_one(place, outsider):
    """Refused as for an incident that there is not; and one of their own has none of the other's
    units in its plan, however near they are."""
    who = place.outsiders[outsider]
    answers = []
    for incident_id in (place.known["incident_id"], new_id()):
        body = {"incident_id": incident_id, "sighting": at("B")}
        answer = place.ask(who, "POST", "/v1/interceptions", json=body)
        answers.append((answer.status_code, answer.content))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    body = {"sighting": at("B"), "settings": {"call_staff": False}}
    opened = place.ask(who, "POST", "/v1/interceptions", json=body)
    assert opened.status_code == 201, opened.text
    path = f"/v1/interceptions/{opened.json()['interception']['id']}"
    plan = place.ask(who, "GET", f"{path}/plan")
    assert place.known["responder_id"] not in plan.text
    assert "patrol-of" not in plan.text
    assert place.ask(who, "DELETE", path).status_code == 200


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_a_branch_of_another_one_is_no_branch(place, outsider):
    """An alarm that names it is refused as for a branch that there is not."""
    who = place.outsiders[outsider]
    answers = []
    for branch_id in (place.known["branch_id"], "no-such-branch"):
        body = {"branch_id": branch_id, "victim_ref": "at-the-counter", "note": "he insists"}
        answer = place.ask(who, "POST", "/v1/alarms/bank", json=body)
        assert answer.status_code in (404, 422), answer.text
        answers.append((answer.status_code, answer.content.replace(branch_id.encode(), b"<id>")))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("outsider", ["another centre"])
def test_a_responder_of_another_centre_cannot_be_sent(place, outsider):
    """A dispatcher who names one gets the answer for one that there is not."""
    who = place.outsiders[outsider]
    body = {"source": "city", "tier": "low", "victim_ref": new_id(), "jurisdiction": "kaizhou"}
    made = place.ask(who, "POST", "/v1/alerts", json=body).json()
    path = f"/v1/incidents/{made['incident']['id']}"
    located = {"place": at("D"), "jurisdiction": "kaizhou"}
    example_of_staff = example("POST /v1/incidents/{incident_id}/staff")["json"]
    answers = []
    for responder_id in (place.known["responder_id"], "nobody"):
        named = json.dumps(example_of_staff | {"responder_id": responder_id})
        answer = place.ask(
            who, "POST", f"{path}/staff", content=named,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        answers.append((answer.status_code, answer.content.replace(responder_id.encode(), b"<id>")))
    assert answers[0] == answers[1], located
    assert answers[0][0] >= 400
