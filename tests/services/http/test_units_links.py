"""A field unit's link opens the paths of its own assignment and nothing else."""

from __future__ import annotations

import time
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Request

from services.app import ROUTERS, create_app
from services.field_tokens import FieldTokens
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.settings import Settings
from tests.services.asgi_client import asgi_client
from tests.services.town import Office, office

router = APIRouter()


@router.get("/test/assignments/{assignment_id}")
async def whoever_comes(
    request: Request, caller: Annotated[Caller, Depends(needs("field", token=True))]
):
    """Who the service takes the caller for."""
    return json_answer(
        {
            "caller_id": caller.caller_id,
            "assignment_id": caller.assignment_id,
            "sees": [name for name in ("wanzhou", "kaizhou") if caller.may_see(name)],
        }
    )


@pytest.fixture
def link_office(map_folder, tmp_path, redis_url):
    """A service with an endpoint that links open."""
    settings = Settings(
        _env_file=None,
        map=map_folder,
        data_dir=tmp_path,
        redis_url=redis_url,
        redis_region=f"links-{tmp_path.name}",
        unit_requests_per_s=2.0,
    )
    app = create_app(settings)
    app.include_router(router)
    with asgi_client(app) as client:
        yield Office(client, app.state.service, settings)


def link(running: Office, assignment_id: str, lasts_s: float = 60.0) -> dict[str, str]:
    token = running.service.field_tokens.make(assignment_id, time.time() + lasts_s)
    return {"Authorization": f"Bearer {token}"}


def test_a_link_opens_its_own_assignment(link_office):
    """The caller is the assignment, and sees no jurisdiction because of it."""
    answer = link_office.client.get("/test/assignments/a-1", headers=link(link_office, "a-1"))
    assert answer.json() == {"caller_id": "fld:a-1", "assignment_id": "a-1", "sees": []}


def test_another_assignment_is_absent(link_office):
    """Whether it exists or not is not told."""
    answer = link_office.client.get("/test/assignments/a-2", headers=link(link_office, "a-1"))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_a_link_that_has_ended_or_was_made_elsewhere_opens_nothing(link_office):
    """401, as for a key that is unknown."""
    foreign = FieldTokens(b"another secret").make("a-1", time.time() + 60)
    for headers in (link(link_office, "a-1", -1.0), {"Authorization": f"Bearer {foreign}"}):
        answer = link_office.client.get("/test/assignments/a-1", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/key-required")


def test_a_key_needs_the_scope_where_a_link_needs_none(link_office):
    """And sees its jurisdictions as everywhere."""
    client = link_office.client
    with_it = link_office.key("wanzhou", scopes=["field"])
    answer = client.get("/test/assignments/a-1", headers=with_it).json()
    assert (answer["assignment_id"], answer["sees"]) == (None, ["wanzhou"])
    without = link_office.key("wanzhou", scopes=["plan"])
    assert client.get("/test/assignments/a-1", headers=without).status_code == 403


def test_a_link_has_a_limit_of_its_own(link_office):
    """One phone that runs wild does not slow down the next."""
    headers = link(link_office, "a-1")
    statuses = [
        link_office.client.get("/test/assignments/a-1", headers=headers).status_code
        for _ in range(25)
    ]
    assert statuses[:20] == [200] * 20
    assert set(statuses[20:]) <= {200, 429}
    assert statuses[-1] == 429
    other = link_office.client.get("/test/assignments/a-2", headers=link(link_office, "a-2"))
    assert other.status_code == 200


def test_two_processes_open_each_other_s_links(map_folder, tmp_path, redis_url):
    """Whichever process a phone reaches."""
    with (
        office(map_folder, tmp_path, redis_url) as one,
        office(map_folder, tmp_path, redis_url) as other,
    ):
        token = one.service.field_tokens.make("a-1", time.time() + 60)
        assert other.service.field_tokens.read(token, time.time()).assignment_id == "a-1"


def test_a_link_opens_no_endpoint_that_is_not_its_assignment_s(link_office):
    """Every path of the application that takes no link refuses one, whatever it is asked."""
    headers = link(link_office, "x")
    tried = 0
    for part in ROUTERS:
        for route in part.routes:
            guard = next(
                (one.call for one in route.dependant.dependencies if one.name == "caller"), None
            )
            if guard is None or guard.takes_token:
                continue
            address = route.path
            for name in route.param_convertors:
                address = address.replace(f"{{{name}:path}}", "x").replace(f"{{{name}}}", "x")
            for method in route.methods - {"HEAD"}:
                link_office.service.rates._units = None
                answer = link_office.client.request(method, address, headers=headers)
                assert answer.status_code == 403, (method, route.path)
                tried += 1
    assert tried > 20


def test_every_endpoint_that_takes_a_link_names_the_assignment_in_its_path():
    """Without it nobody could tell whose link it is."""
    for part in ROUTERS:
        for route in part.routes:
            for one in route.dependant.dependencies:
                if getattr(one.call, "takes_token", False):
                    assert "{assignment_id}" in route.path, route.path
