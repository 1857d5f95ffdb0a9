"""Whoever writes a word that there is not is told which ones there are."""

from __future__ import annotations

import msgspec
import pytest

from services.accepted_words import with_accepted_words
from services.errors import ProblemError
from services.http.bodies import Decoder
from services.incidents.bodies import AlertBody, TierBody
from services.positions.wire import PositionsBody, read_batch
from services.recommendations import RecommendationBody

ASKED = {"place": {"lon": 1, "lat": 1}, "wants": [{"kinds": ["officer"]}]}


@pytest.mark.parametrize(
    ("type_", "body", "accepted"),
    [
        (
            AlertBody,
            {"source": "police", "tier": "high", "victim_ref": "v"},
            "`$.source`; accepted are bank, city, district, grid_worker, ministry.",
        ),
        (TierBody, {"tier": "urgent"}, "`$.tier`; accepted are critical, high, low, medium."),
        (
            AlertBody,
            {"source": "city", "tier": "high", "victim_ref": "v", "money_state": "gone"},
            "in_account, in_vehicle, transferring.",
        ),
        (
            RecommendationBody,
            {
                "place": {"lon": 1, "lat": 1},
                "wants": [{"kinds": ["officer"]}],
                "route": {"of": "x"},
            },
            "`$.route.of`; accepted are all, best.",
        ),
        (
            RecommendationBody,
            {**ASKED, "wants": [{"kinds": ["soldier"]}]},
            "rider, safety_volunteer.",
        ),
        (PositionsBody, {"positions": [], "crs": "utm"}, "accepted are bd09, gcj02, wgs84."),
    ],
)
def test_a_body_with_another_word_is_told_the_words_that_there_are(type_, body, accepted):
    """Also inside lists and inside what may be left out."""
    with pytest.raises(ProblemError) as told:
        Decoder(type_).decode(msgspec.json.encode(body), "json")
    assert told.value.detail.startswith("Invalid enum value")
    assert told.value.detail.endswith(accepted)


def test_so_is_a_position_that_is_refused_alone():
    """The others of the batch are taken."""
    wrong = {"id": "r-1", "lon": 1, "lat": 1, "fixed_at": 1.0, "kind": "soldier"}
    body = msgspec.json.encode({"positions": [wrong, {**wrong, "kind": "rider"}]})
    batch, places, (refused,) = read_batch(body, "json", 10)
    assert (len(batch.positions), places, refused.index) == (1, [1], 0)
    assert refused.detail.endswith("rider, safety_volunteer.")


def test_other_complaints_stay_as_they_are():
    """A missing member says what is missing already."""
    complaint = "Object missing required field `tier`"
    assert with_accepted_words(complaint, AlertBody) == complaint
