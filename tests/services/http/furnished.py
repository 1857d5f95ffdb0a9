"""A centre in full work: one of everything that an address of the API can name."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.services.town import TOWN, at, position

WAIT_LIMIT_S = 15.0
FILM = b"what the body camera saw"

Ask = Callable[..., Any]
"""``ask(method, path, json=..., content=..., headers=...)`` with the centre's key."""


def furnish(ask: Ask, jurisdiction: str, victim_ref: str = "victim-1") -> dict[str, str]:
    """Make the things; their ids by the names that the API's paths have for them."""

    def done(method: str, path: str, **more: Any) -> Any:
        answer = ask(method, path, **more)
        assert answer.status_code in (200, 201, 202, 204), f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    known = {
        "jurisdiction": jurisdiction,
        "responder_id": f"officer-of-{victim_ref}",
        "closure_id": f"closure-of-{victim_ref}",
        "branch_id": f"branch-of-{victim_ref}",
    }
    officer = {"kind": "officer", "jurisdiction": jurisdiction}
    done("PUT", f"/v1/responders/{known['responder_id']}", json=officer)
    whereabouts = position(known["responder_id"], "B", kind="officer", jurisdiction=jurisdiction)
    done("POST", "/v1/positions", json={"positions": [whereabouts]})
    known["h3"] = done("GET", f"/v1/responders/{known['responder_id']}")["position"]["cell"]
    patrol = position(f"patrol-of-{victim_ref}", "Y", kind="officer", jurisdiction=jurisdiction)
    done("POST", "/v1/positions", json={"positions": [patrol]})
    chase = {
        "jurisdiction": jurisdiction,
        "sighting": at("B") | {"heading_deg": 90},
        "destinations": [at("U")],
        "slowest": 0.2,
        "fastest": 0.2,
    }
    known["interception_id"] = done("POST", "/v1/interceptions", json=chase)["interception"]["id"]
    path = f"/v1/interceptions/{known['interception_id']}"
    number = done("GET", f"{path}/plan")["number"]
    taken = done("POST", f"{path}/commit", json={"plan": number})["interception"]["checkpoints"]
    known["checkpoint_id"] = taken[0]["id"]
    closure = {"near": [at("Z")], "reason": "flood", "jurisdiction": jurisdiction}
    done("PUT", f"/v1/closures/{known['closure_id']}", json=closure)
    branch = {"name": "Branch at C", "jurisdiction": jurisdiction, **at("C")}
    done("PUT", f"/v1/branches/{known['branch_id']}", json=branch)
    webhook = {"url": "http://127.0.0.1:9/nobody-listens", "jurisdiction": jurisdiction}
    known["webhook_id"] = done("POST", "/v1/webhooks", json=webhook)["id"]

    alert = {"source": "city", "tier": "high", "victim_ref": victim_ref, "place": at("D")}
    known["incident_id"] = done("POST", "/v1/alerts", json=alert)["incident"]["id"]
    path = f"/v1/incidents/{known['incident_id']}"
    assignment = wait_for(lambda: done("GET", path)["assignments"])[0]
    assert assignment["responder_id"] == known["responder_id"]
    known["assignment_id"] = assignment["id"]
    path = f"/v1/assignments/{known['assignment_id']}"
    for step in ("accept", "depart"):
        done("POST", f"{path}/{step}")
    announced = ask("POST", f"{path}/uploads", headers={"Upload-Length": str(len(FILM))})
    known["upload_id"] = announced.headers["location"].rpartition("/")[2]
    film = {"content": FILM, "headers": {"Content-Type": "video/mp4"}}
    known["evidence_id"] = done("POST", f"{path}/evidence", **film)["id"]
    path = f"/v1/webhooks/{known['webhook_id']}/deliveries"
    known["position"] = str(wait_for(lambda: done("GET", path)["deliveries"])[0]["position"])
    return known


def areas(jurisdiction: str) -> dict[str, Any]:
    """The town as the area of a jurisdiction, and of all that contain it."""
    lons, lats = zip(*(TOWN.lon_lat(letter) for letter in "AZ"), strict=True)
    west, east, south, north = (
        min(lons) - 0.01,
        max(lons) + 0.01,
        min(lats) - 0.01,
        max(lats) + 0.01,
    )
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    words = jurisdiction.split("/")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {
                    "jurisdiction": "/".join(words[: depth + 1]),
                    "name": words[depth],
                    "level": ("district", "station", "village", "grid")[depth],
                },
            }
            for depth in range(len(words))
        ],
    }


def wait_for(look: Callable[[], Any]) -> Any:
    """What is seen as soon as there is something to see."""
    deadline_s = time.monotonic() + WAIT_LIMIT_S
    while not (seen := look()):
        assert time.monotonic() < deadline_s, "it never came"
        time.sleep(0.02)
    return seen
