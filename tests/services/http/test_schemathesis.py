"""Whatever the description of the API allows, and whatever it forbids, is answered as described.

Schemathesis makes requests out of ``/openapi.json``, acceptable ones and broken ones, sends them to
a service behind a real socket and compares the answers with the description.
"""

from __future__ import annotations

import json
import os

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from services.app import create_app
from services.http.evidence_uploads import PART_TYPE
from services.keys import make_key
from services.settings import Settings
from tests.services.http.furnished import areas, furnish
from tests.services.live_server import live_server
from tests.services.town import another_process

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
"""Requests of each kind to each endpoint; more of them by hand, when something has changed."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    missing_required_header,
    unsupported_method,
    ignored_auth,
    negative_data_rejection,
]
LIMIT_S = 20.0
ANSWERED_ONE_BY_ONE = {"POST /v1/positions"}
"""A batch whose members may be wrong: each is refused for itself, and the batch is answered 200."""

schemathesis.serializer.alias(PART_TYPE, "application/octet-stream")
API = schemathesis.openapi.from_dict(
    json.loads(json.dumps(create_app(Settings(_env_file=None)).openapi()))
)
API.config.generation.update(with_security_parameters=False)
OPERATIONS = {one.ok().label: one.ok() for one in API.get_all_operations()}
# The service runs in threads of this process, and what it draws at random is no part of a case.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
NAMES = sorted(OPERATIONS, key=lambda label: label.startswith("DELETE"))
"""What is taken away is taken away last."""


class Asking:
    """A running service with one of everything, and who asks it."""

    def __init__(self, url: str, headers: dict[str, str], session: requests.Session) -> None:
        self.url, self.headers, self.session = url, headers, session
        self.plainly("PUT", "/v1/jurisdictions", json=areas("wanzhou")).raise_for_status()
        self.known = furnish(self.plainly, "wanzhou")

    def plainly(self, method: str, path: str, headers=None, json=None, content=None):
        return self.session.request(
            method,
            self.url + path,
            headers=self.headers | (headers or {}),
            json=json,
            data=content,
            timeout=LIMIT_S,
        )

    def check(self, case) -> None:
        """Send a case, and compare the answer with the description."""
        answer = case.call(
            base_url=self.url, headers=self.headers, session=self.session, timeout=LIMIT_S
        )
        checks = list(CHECKS)
        refused = answer.status_code == 412  # the check does not take it for a refusal
        if refused or case.operation.label in ANSWERED_ONE_BY_ONE:
            checks.remove(negative_data_rejection)
        case.validate_response(answer, checks=checks, headers=self.headers)


@pytest.fixture(scope="module")
def asking(tmp_path_factory, map_folder, redis_url):
    data_dir = tmp_path_factory.mktemp("data")
    with (
        live_server(
            map_folder, data_dir, redis_url, redis_region="schemathesis", requests_per_s=0
        ) as url,
        requests.Session() as session,
    ):
        ledger = another_process(data_dir)
        headers = {"X-API-Key": make_key(ledger, "test", jurisdictions=["wanzhou"]).text}
        ledger.close()
        described = session.get(f"{url}/openapi.json", timeout=LIMIT_S).json()
        assert described == API.raw_schema, "the running service describes itself otherwise"
        yield Asking(url, headers, session)


def every_case_of(operation, mode: GenerationMode, check) -> None:
    """Check some cases of one endpoint, the same in every run."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def each(case):
        check(case)

    each()


@pytest.mark.parametrize("label", NAMES)
def test_what_the_description_allows_is_answered_as_it_says(asking, label):
    """No 5xx, and no status, type, header or body that is not described."""
    every_case_of(OPERATIONS[label], GenerationMode.POSITIVE, asking.check)


@pytest.mark.parametrize(
    "label",
    [name for name in NAMES if any(OPERATIONS[name].iter_parameters()) or OPERATIONS[name].body],
)
def test_what_the_description_forbids_is_refused_as_it_says(asking, label):
    """Broken bodies, parameters and headers, and requests without a key: never a success."""
    every_case_of(OPERATIONS[label], GenerationMode.NEGATIVE, asking.check)


@pytest.mark.parametrize("label", [name for name in NAMES if "{" in name])
def test_things_that_there_are_are_answered_as_described(asking, label):
    """The same with ids of real incidents, assignments and all the rest."""

    def check(case) -> None:
        for name in set(case.path_parameters) & set(asking.known):
            case.path_parameters[name] = asking.known[name]
        asking.check(case)

    every_case_of(OPERATIONS[label], GenerationMode.POSITIVE, check)
