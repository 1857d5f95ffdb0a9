"""Two centres of one installation, each with its own wall: who offers what, and who leads."""

from __future__ import annotations

import pytest

from services.ledger.database import open_ledger
from services.peers import registry
from services.settings import Settings
from tests.pages.browsers import visiting
from tests.pages.conftest import running_centre
from tests.pages.room import log_in, officer
from tests.pages.test_console_interception import AT_KAIZHOU

COACH = {
    "description": "blue coach",
    "sighting": {"lon": 108.348, "lat": 30.864, "heading_deg": 20},
    "destinations": [{"lon": 108.39, "lat": 31.16}],
}


@pytest.fixture
def neighbour(own_centre):
    """The centre up the valley, with three patrols; the lead has nobody there."""
    name = f"{own_centre.jurisdiction}-north"
    ledger = open_ledger(Settings(_env_file=None, data_dir=own_centre.data_dir).ledger_url)
    try:
        ledger.transact(
            lambda connection: registry.add(
                connection, own_centre.jurisdiction, name, None, None, ledger.time_s(connection)
            )
        )
    finally:
        ledger.close()
    with running_centre(own_centre.service, name) as centre:
        for number, (lon, lat) in enumerate(AT_KAIZHOU):
            officer(centre, f"KZ{number}", lon, lat)
        yield centre


def wall(visit, centre):
    """A page that is logged in and shows the only interception of the centre."""
    page = visit.open("/console")
    log_in(page, centre.key)
    page.click("header >> text=Interception")
    page.click(".panel .people >> text=blue coach")
    return page


def test_a_neighbour_offers_confirms_and_takes_the_lead(browser, own_centre, neighbour):
    """The lead sees what the neighbour can hold and by when, asks for it by committing, sees it
    confirmed; the neighbour refuses the lead once, then takes it."""
    own_centre.client.post("/v1/interceptions", json=COACH).raise_for_status()
    with (
        visiting(browser, own_centre.address) as visit,
        visiting(browser, own_centre.address) as their_visit,
    ):
        lead = wall(visit, own_centre)
        theirs = f"[data-centre='{neighbour.jurisdiction}']"
        lead.wait_for_selector(f"{theirs} >> text=Answered; units it can send")
        lead.wait_for_selector(f"{theirs} [data-offer] .state:has-text('Offered')")
        lead.wait_for_selector(f"{theirs} [data-offer]:has-text('Margin'):has-text('ready at')")
        lead.wait_for_selector(".plan .person:has-text('neighbour')")
        lead.click("text=Commit this plan")
        lead.wait_for_selector(f"{theirs} [data-offer] .state:has-text('Confirmed')")

        other = wall(their_visit, neighbour)
        other.wait_for_selector(f"text={own_centre.jurisdiction} leads this interception.")
        assert other.query_selector("text=Commit this plan") is None

        lead.click(".neighbours summary:has-text('Hand over the lead')")
        lead.fill(".neighbours input", "past the border")
        lead.click(".neighbours button:has-text('Ask')")
        lead.wait_for_selector(".neighbours .warning:has-text('was asked to lead')")
        assert lead.query_selector(".neighbours summary") is None
        other.wait_for_selector(".neighbours .warning:has-text('past the border')")
        other.click(".neighbours button:has-text('Refuse')")
        lead.wait_for_selector("text=will not take over")

        lead.click(".neighbours summary:has-text('Hand over the lead')")
        lead.click(".neighbours button:has-text('Ask')")
        other.click(".neighbours button:has-text('Take the lead')")
        lead.wait_for_selector("h3[data-interception] .state:has-text('Handed over')")
        other.wait_for_selector("text=Taken over from")
        other.wait_for_selector("text=Commit this plan")
