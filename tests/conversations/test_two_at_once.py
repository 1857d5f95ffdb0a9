"""Two victims in the same moment: whom each gets is decided with regard to the other."""

from __future__ import annotations

import pytest

from services.time_source import time_to_ourselves
from tests.conversations.centre import Centre
from tests.services.town import office

WINDOW_S = 3.0
"""Real seconds, far more than the service takes by default: a busy machine must not part them."""


@pytest.fixture
def centre(map_folder, tmp_path, redis_url, ledger_url):
    more = {"database_url": ledger_url, "staffing_window_s": WINDOW_S}
    with (
        time_to_ourselves(),
        office(map_folder, tmp_path / "data", redis_url, **more) as service,
    ):
        yield Centre(service, "rivertown")


def test_two_alerts_at_once_get_the_pairing_that_taking_them_in_turn_would_miss(centre):
    """One officer is the nearest to both shops. The other is hardly slower to the first shop, and
    four streets from the second: who came first must not cost the second victim three minutes."""
    between = centre.unit("MJ-1", "officer", "B")
    beyond = centre.unit("MJ-2", "officer", "E")
    first = centre.alert("C", victim_ref="shop-1")["incident"]["id"]
    second = centre.alert("A", victim_ref="shop-2")["incident"]["id"]
    to_first, to_second = centre.is_offered(beyond, between)
    assert (to_first["incident_id"], to_second["incident_id"]) == (first, second)
