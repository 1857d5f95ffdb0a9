"""A town with a centre, for tests of incidents over HTTP."""

from __future__ import annotations

import time
from typing import Any

from services.branches import Branch, put_branches
from tests.services.town import TOWN, Office, at, position

CENTRE = "rivertown"
PATIENCE_S = 15.0


def put_area(office: Office, jurisdiction: str, west: str, east: str) -> None:
    """An area from one letter's meridian to another's, all of the town from north to south."""
    left, right = TOWN.lon_lat(west)[0] - 0.0002, TOWN.lon_lat(east)[0] + 0.0002
    south, north = TOWN.lon_lat("U")[1] - 0.01, TOWN.lon_lat("A")[1] + 0.01
    ring = [[left, south], [right, south], [right, north], [left, north], [left, south]]
    feature = {
        "type": "Feature",
        "properties": {
            "jurisdiction": jurisdiction,
            "name": jurisdiction,
            "level": "district" if "/" not in jurisdiction else "station",
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    answer = office.client.put(
        "/v1/jurisdictions",
        json={"type": "FeatureCollection", "features": [feature]},
        headers=office.key("*"),
    )
    assert answer.status_code in (200, 201), answer.text


def put_branch(office: Office, branch_id: str, leg: str, jurisdiction: str = CENTRE) -> None:
    lon, lat = TOWN.lon_lat(leg)
    put_branches(office.service.ledger, [Branch(jurisdiction, branch_id, "北滨路支行", lon, lat)])


def an_alert(leg: str | None = "A", **more: Any) -> dict[str, Any]:
    """An alert as a source sends it."""
    body = {"source": "city", "tier": "high", "victim_ref": f"v-{time.time_ns()}", **more}
    return body if leg is None else {"place": at(leg), **body}


def raised(office: Office, headers: dict[str, str], leg: str | None = "A", **more: Any) -> str:
    """Id of the incident that an alert opened."""
    answer = office.client.post("/v1/alerts", json=an_alert(leg, **more), headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]


def offered(office: Office, headers: dict[str, str], incident_id: str, name: str) -> dict[str, Any]:
    """The live assignment of somebody, as soon as they are offered it."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        answer = office.client.get(f"/v1/incidents/{incident_id}", headers=headers)
        for one in answer.json()["assignments"]:
            if one["responder_id"] == name and one["ended_at"] is None:
                return one
        time.sleep(0.01)
    raise AssertionError(f"{name} was never offered it: {answer.text}")


def on_duty(office: Office, headers: dict[str, str], name: str, kind: str, leg: str) -> None:
    office.push(headers, position(name, leg, kind=kind))
