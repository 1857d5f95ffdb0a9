"""The service describes its own API, without the internet."""

from __future__ import annotations

import re

import msgspec
import pytest

from services.app import ROUTERS, create_app
from services.closures import ClosureBody
from services.http.access import OPEN_PATHS
from services.http.bodies import JSON_TYPES, MSGPACK_TYPES
from services.http.responders import RegistrationBody, RegistrationsBody
from services.positions.wire import PositionsBody
from services.problems import PROBLEMS
from services.recommendations import RecommendationBody
from services.settings import Settings


@pytest.fixture(scope="module")
def api():
    return create_app(Settings(_env_file=None)).openapi()


def operations(api):
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_it_is_openapi_3_1_with_every_endpoint(api):
    """Version, title, licence, and each path that is served for callers."""
    assert api["openapi"].startswith("3.1")
    assert api["info"]["title"] == "Forestall"
    assert api["info"]["license"]["identifier"] == "Apache-2.0"
    served = {
        (method.lower(), route.path.replace(":path}", "}"))
        for router in ROUTERS
        for route in router.routes
        for method in route.methods
        if route.include_in_schema and router.include_in_schema
    }
    described = {(method, path) for path, methods in api["paths"].items() for method in methods}
    assert served == described
    assert len(described) > 18


def test_every_endpoint_and_every_parameter_is_told_once(api):
    """Programs that are generated from the description need a name for each."""
    ids = [operation["operationId"] for _, operation in operations(api)]
    assert len(set(ids)) == len(ids)
    for name, operation in operations(api):
        told = [(one["in"], one["name"].lower()) for one in operation.get("parameters", [])]
        assert len(set(told)) == len(told), name
        in_path = {one for where, one in told if where == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", name)), name


def test_every_reference_leads_somewhere(api):
    """No schema is named that is not there."""
    text = msgspec.json.encode(api).decode()
    schemas = api["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/([^"]+)"', text):
        assert name in schemas, name
    for name in re.findall(r'"#/components/examples/([^"]+)"', text):
        assert name in api["components"]["examples"], name
    assert len(schemas) > 15


def test_everything_needs_a_key_in_the_description_too(api):
    """Both ways to send one, and only the open paths without."""
    assert {"bearer", "header"} <= api["components"]["securitySchemes"].keys()
    assert api["security"] == [{"bearer": []}, {"header": []}]
    without = {name.split(" ")[1] for name, one in operations(api) if one.get("security") == []}
    signed = {"/osmand", "/v1/peers/messages"}
    pages = {"/v1/session", "/v1/tiles", "/v1/tiles/{z}/{x}/{y}"}
    assert without == {"/healthz", "/readyz", *signed, *pages}
    assert without - signed <= set(OPEN_PATHS)


def test_every_endpoint_has_a_summary_an_answer_and_its_problems(api):
    """And what takes a body shows an example of it."""
    for name, operation in operations(api):
        assert operation["summary"], name
        assert any(status.startswith("2") for status in operation["responses"]), name
        assert "HTTPValidationError" not in str(operation), name
        if "requestBody" in operation:
            for kind, content in operation["requestBody"]["content"].items():
                assert content.get("example") or kind not in JSON_TYPES + MSGPACK_TYPES, name
        if operation.get("security") != []:
            assert {"401", "403"} <= operation["responses"].keys(), name


@pytest.mark.parametrize(
    ("path", "method", "type_"),
    [
        ("/v1/positions", "post", PositionsBody),
        ("/v1/recommendations", "post", RecommendationBody),
        ("/v1/closures/{closure_id}", "put", ClosureBody),
        ("/v1/responders/{responder_id}", "put", RegistrationBody),
        ("/v1/responders", "put", RegistrationsBody),
    ],
)
def test_the_examples_are_accepted_by_the_service(api, path, method, type_):
    """What the description shows can be sent."""
    content = api["paths"][path][method]["requestBody"]["content"]["application/json"]
    msgspec.json.decode(msgspec.json.encode(content["example"]), type=type_)


def test_the_answers_examples_have_the_answers_shape(api):
    """Required members are there, and there are no others."""
    schemas = api["components"]["schemas"]
    checked = 0
    for name, operation in operations(api):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/json")
            if not status.startswith("2") or content is None or "$ref" not in content["schema"]:
                continue
            schema = schemas[content["schema"]["$ref"].rsplit("/", 1)[1]]
            members = set(content["example"])
            assert set(schema.get("required", [])) <= members, name
            assert members <= set(schema["properties"]), name
            checked += 1
    assert checked > 8


def test_the_pages_load_nothing_from_elsewhere(town_office):
    """Police networks have no internet: no script, style, font or picture by address."""
    client = town_office.client
    pages = ["/docs", *(f"/problems/{name}" for name in PROBLEMS)]
    for path in pages:
        page = client.get(path)
        assert page.status_code == 200, path
        assert page.headers["content-type"].startswith("text/html")
        assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", page.text)
        assert "<script" not in page.text
        assert "@import" not in page.text
    docs = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in docs
    assert client.get("/problems/nonsense").status_code == 404


def test_every_type_of_problem_leads_to_its_page(town_office):
    """A caller who follows `type` reads what to do."""
    answer = town_office.client.get("/v1/closures").json()
    page = town_office.client.get(answer["type"])
    assert page.status_code == 200
    assert answer["title"] in page.text
