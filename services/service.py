"""The parts of a running service, as its endpoints see them."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from dispatch.live_picture import LivePicture
from geodata.base_map.archive import BaseMap
from services.engine import MapEngine
from services.events.flow import EventFlow
from services.evidence.intake import EvidenceIntake
from services.field_tokens import FieldTokens
from services.http.rate_limit import RateLimits
from services.incidents.desk import Desk
from services.incidents.engaged import Engaged
from services.incidents.staffer import Staffer
from services.interceptions.desk import InterceptionDesk
from services.ledger.database import Ledger
from services.ledger.shared_secrets import SharedSecrets
from services.metrics import Metrics
from services.page_files import PageFiles
from services.page_sessions import PageSessions
from services.peers.reception import Reception
from services.positions.intake import Intake
from services.positions.shared_fixes import SharedFixes
from services.settings import Settings
from services.standing import Standing
from services.workers import Workers


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that is wired together while the service runs."""

    settings: Settings
    metrics: Metrics
    ledger: Ledger
    standing: Standing
    engine: MapEngine
    picture: LivePicture
    shared: SharedFixes
    intake: Intake
    questions: Workers
    """Threads that answer who is where and who should go."""
    routing: Workers
    """Threads that answer routing requests, so that a large table holds up no recommendation."""
    receiving: Workers
    """The one thread that takes positions in, so that they keep their order."""
    bookkeeping: Workers
    """Threads that read the ledger, and that look whether it has changed."""
    writing: Workers
    """Threads that run the transactions of requests: one on SQLite, which has one writer."""
    flow: EventFlow
    """Seals, reads and tells events; ``flow.events`` has the newest ones in memory."""
    desk: Desk
    """Takes alerts and commands on incidents."""
    interceptions: InterceptionDesk
    """Takes commands on interceptions."""
    staffer: Staffer
    """Offers whoever is missing."""
    engaged: Engaged
    """Who has a live assignment."""
    evidence: EvidenceIntake
    """Receives files of evidence, and gives them out."""
    reception: Reception
    """Takes messages of other centres in."""
    secrets: SharedSecrets
    """Random bytes by name, the same in all processes; the first use of a name asks the ledger."""
    field_tokens: FieldTokens
    """Makes and reads the links of field units."""
    sessions: PageSessions
    """Makes and reads the cookies of who is logged in at a page."""
    base_map: BaseMap | None
    """Vector tiles of the roads; None where the map was compiled without."""
    pages: PageFiles
    """The files of the two pages."""
    rates: RateLimits
    """How often each caller has asked of late."""


def service_of(request: Request) -> Service:
    """The service that the request came to."""
    return request.app.state.service
