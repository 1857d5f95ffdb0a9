"""A unit hears within moments what the centre does with its assignment, and nothing else."""

from __future__ import annotations

import json
from contextlib import ExitStack

import httpx
import pytest

from services.events.types import TYPES
from services.http.events import LINK_STREAMS
from services.incidents.unit_news import NOTICES, ROUTINE
from services.keys import SCOPES, make_key
from services.ledger.database import Ledger
from tests.services.event_listener import listening
from tests.services.http.incident_room import CENTRE, offered, on_duty, raised
from tests.services.live_server import live_server
from tests.services.town import Office, at

SECRETS = ("secret street 7", "54321", "secret finding", "victim-17", "MJ-2")


class Centre:
    """A centre behind a real socket, with an officer who was sent to a victim."""

    def __init__(self, url: str, client, ledger: Ledger) -> None:
        self.url = url
        self.client = client
        made = make_key(ledger, "test", tuple(SCOPES), [CENTRE])
        self.key = {"Authorization": f"Bearer {made.text}"}
        self.office = Office(client, None, None)
        on_duty(self.office, self.key, "MJ-1", "officer", "C")
        self.incident = raised(
            self.office, self.key, "A",
            address_text=SECRETS[0], amount_yuan=54321, victim_ref=SECRETS[3],
        )  # fmt: skip
        self.order = offered(self.office, self.key, self.incident, "MJ-1")["id"]
        token = self.do("GET", f"/v1/assignments/{self.order}")["token"]
        self.link = {"Authorization": f"Bearer {token}"}

    def do(self, method: str, path: str, body: dict | None = None, headers=None):
        more = {} if body is None else {"json": body}
        answer = self.client.request(method, path, headers=headers or self.key, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def step(self, name: str, body: dict | None = None) -> None:
        self.do("POST", f"/v1/assignments/{self.order}/{name}", body, self.link)

    def listening(self, last_id: str = "", headers: dict[str, str] | None = None):
        path = f"/v1/assignments/{self.order}/events"
        return listening(self.url, headers or self.link, last_id, path)


@pytest.fixture
def centre(map_folder, tmp_path, redis_url):
    where = (map_folder, tmp_path / "data", redis_url)
    settings = {"redis_region": f"units-{tmp_path.name}"}
    with live_server(*where, **settings) as url, httpx.Client(base_url=url, timeout=30.0) as client:
        ledger = Ledger(f"sqlite:///{tmp_path / 'data' / 'forestall.sqlite3'}")
        try:
            yield Centre(url, client, ledger)
        finally:
            ledger.close()


def test_a_unit_hears_that_it_is_stood_down(centre):
    """As a sentence in both languages that must be confirmed; what it did itself needs none."""
    with centre.listening() as listener:
        listener.wait(lambda it: it.comments)
        centre.step("accept")
        centre.do("POST", f"/v1/assignments/{centre.order}/release", {"reason": "at the bridge"})
        listener.count(2)
    accepted, released = listener.events
    assert listener.types == ["assignment.accepted", "assignment.released"]
    assert accepted["notice"] is None
    assert set(released["notice"]) == {"zh", "en"}
    assert set(released) == {"type", "at", "notice"}


def test_nothing_of_what_the_centre_knows_is_in_the_stream(centre):
    """Not the victim, not the sum, not who else is there: the unit asks for what it may know."""
    on_duty(centre.office, centre.key, "MJ-2", "officer", "F")
    centre.step("accept")
    with centre.listening(last_id="0") as listener:
        incident = f"/v1/incidents/{centre.incident}"
        centre.do("POST", f"{incident}/findings", {"text": SECRETS[2]})
        centre.do("POST", f"{incident}/place", {"place": at("B")})
        centre.do("POST", f"{incident}/tier", {"tier": "critical", "reason": "cash"})
        centre.step("depart")
        listener.wait(lambda it: "assignment.departed" in it.types)
    assert {"intelligence.found", "assignment.accepted"} <= set(listener.types)
    assert {"incident.placed", "assignment.redirected"} & set(listener.types)
    assert "incident.opened" not in listener.types
    told = json.dumps(listener.events)
    assert not [one for one in SECRETS if one in told]


def test_after_a_break_it_hears_what_happened_meanwhile(centre):
    """From the last position on, each once."""
    with centre.listening() as listener:
        listener.wait(lambda it: it.last_id)
    centre.step("accept")
    centre.do("POST", f"/v1/assignments/{centre.order}/release", {"reason": "at the bridge"})
    with centre.listening(last_id=listener.last_id) as again:
        again.count(2)
    assert again.types == ["assignment.accepted", "assignment.released"]


def test_a_closed_road_is_told_so_that_the_way_is_asked_for_again(centre):
    """Roads are nobody's event; the stream tells it beside them."""
    with centre.listening() as listener:
        listener.wait(lambda it: it.comments)
        closure = {"near": [at("B")], "reason": "flood", "jurisdiction": CENTRE}
        centre.do("PUT", "/v1/closures/flood-1", closure)
        listener.wait(lambda it: "roads" in it.types)


def test_another_unit_s_link_hears_nothing_and_one_link_has_so_many_streams(centre):
    """Absent for others; and a phone that runs wild does not hold all connections."""
    stranger = make_stranger(centre)
    with centre.listening(headers=stranger) as refused:
        refused.wait(lambda it: it.status)
    assert refused.status == 404
    with ExitStack() as open_ones:
        for _ in range(LINK_STREAMS):
            one = open_ones.enter_context(centre.listening())
            one.wait(lambda it: it.comments)
        with centre.listening() as too_many:
            too_many.wait(lambda it: it.status)
        assert too_many.status == 429


def make_stranger(centre: Centre) -> dict[str, str]:
    """The link of another unit, to another victim."""
    on_duty(centre.office, centre.key, "MJ-9", "officer", "E")
    other = raised(centre.office, centre.key, "F")
    order = offered(centre.office, centre.key, other, "MJ-9")["id"]
    token = centre.do("GET", f"/v1/assignments/{order}")["token"]
    return {"Authorization": f"Bearer {token}"}


def test_all_that_is_told_to_units_are_things_that_happen():
    """And a happening is either noticed or routine."""
    assert set(NOTICES) | ROUTINE <= TYPES.keys()
    assert not set(NOTICES) & ROUTINE
    for sentence in NOTICES.values():
        assert sentence.zh
        assert sentence.en
