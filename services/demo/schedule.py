"""An hour's alerts of one district: when, where, how urgent, from whom.

The rates are those of published reports: a district of a large municipality sees some hundreds of
alerts a day in bursts (STORIES 3, 4); an hour of them is a few dozen. Most are for a call and a
neighbour's visit; about one in ten is for running.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from services.demo.people import one_of

ALERTS_AN_HOUR = 40
REPEATED = 0.15
"""Share of victims about whom a second source sends an alert too: the city and the bank, say."""
WITHOUT_PLACE = 0.10
"""Share of alerts whose place has to be worked out first."""
PLACE_FOUND_AFTER_S = (60.0, 300.0)
SECOND_SOURCE_AFTER_S = (20.0, 240.0)
QUIET_AT_THE_END_S = 900.0
"""No new alert in the last quarter, so that the hour's cases can be seen to their visits."""

TIERS = {"critical": 0.10, "high": 0.30, "medium": 0.40, "low": 0.20}
SOURCES = {"ministry": 0.15, "city": 0.45, "district": 0.25, "bank": 0.10, "grid_worker": 0.05}
MONEY = {"in_account": 0.55, "transferring": 0.25, "cash_withdrawn": 0.15, "in_vehicle": 0.05}
FRAUDS = ("shop_deposit", "false_officer", "investment", "part_time_job", "loan_fee")
MEDIAN_AMOUNT_YUAN = 40_000.0
AMOUNT_SPREAD = 1.0
"""Standard deviation of the logarithm: a few lose ten times the median."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the outside world does at a time of the hour."""

    at_s: float
    """Seconds from the start of the hour."""
    what: str
    """``alert`` or ``place``."""
    victim_ref: str
    body: dict[str, Any]


def hour_of_alerts(
    places: np.ndarray, rng: np.random.Generator, length_s: float = 3600.0
) -> list[Step]:
    """What happens in an hour, in order.

    ``places`` is float64[place, 2], longitude and latitude of where victims may live.
    """
    steps: list[Step] = []
    starts = np.sort(rng.uniform(0.0, length_s - QUIET_AT_THE_END_S, ALERTS_AN_HOUR))
    for number, start_s in enumerate(starts.tolist(), start=1):
        lon, lat = places[rng.integers(len(places))].tolist()
        place = {"lon": round(lon, 6), "lat": round(lat, 6), "accuracy_m": 30.0}
        body = _alert(rng, number)
        victim_ref = body["victim_ref"]
        if rng.random() < WITHOUT_PLACE:
            found_s = start_s + rng.uniform(*PLACE_FOUND_AFTER_S)
            steps.append(Step(found_s, "place", victim_ref, {"place": place}))
        else:
            body["place"] = place
        steps.append(Step(start_s, "alert", victim_ref, body))
        if rng.random() < REPEATED:
            again = {**_alert(rng, number), "place": place}
            again_s = start_s + rng.uniform(*SECOND_SOURCE_AFTER_S)
            steps.append(Step(again_s, "alert", victim_ref, again))
    return sorted(steps, key=lambda step: step.at_s)


def _alert(rng: np.random.Generator, number: int) -> dict[str, Any]:
    amount_yuan = MEDIAN_AMOUNT_YUAN * float(np.exp(rng.normal(0.0, AMOUNT_SPREAD)))
    return {
        "source": one_of(SOURCES, rng),
        "tier": one_of(TIERS, rng),
        "victim_ref": f"sketch-victim-{number:03d}",
        "amount_yuan": round(amount_yuan, -3),
        "money_state": one_of(MONEY, rng),
        "fraud_type": FRAUDS[rng.integers(len(FRAUDS))],
    }
