"""The composition root: the whole application on one screen."""

from __future__ import annotations

from fastapi import FastAPI

import services.http.alerts
import services.http.assignment_downloads
import services.http.assignment_events
import services.http.assignments
import services.http.branches
import services.http.cells
import services.http.checkpoints
import services.http.closures
import services.http.deliveries
import services.http.events
import services.http.evidence
import services.http.evidence_uploads
import services.http.export
import services.http.figures
import services.http.hand_over
import services.http.health
import services.http.incident_commands
import services.http.incidents
import services.http.interception_plans
import services.http.interceptions
import services.http.jurisdictions
import services.http.osmand
import services.http.pages
import services.http.peers
import services.http.picture
import services.http.positions
import services.http.queue
import services.http.recommendations
import services.http.reference
import services.http.responders
import services.http.response_times
import services.http.routing
import services.http.session
import services.http.tiles
import services.http.timeline
import services.http.webhooks
from services.http.answers import install_problem_answers
from services.http.body_limit import BodyLimit
from services.http.counting import Counting
from services.http.openapi import API_VERSION, DESCRIPTION, TITLE, install_openapi
from services.lifespan import lifespan
from services.metrics import Metrics
from services.settings import Settings

ROUTERS = (
    services.http.health.router,
    services.http.positions.router,
    services.http.osmand.router,
    services.http.peers.router,
    services.http.responders.router,
    services.http.cells.router,
    services.http.recommendations.router,
    services.http.closures.router,
    services.http.alerts.router,
    services.http.incidents.router,
    services.http.incident_commands.router,
    services.http.assignments.router,
    services.http.assignment_events.router,
    services.http.assignment_downloads.router,
    services.http.interceptions.router,
    services.http.interception_plans.router,
    services.http.hand_over.router,
    services.http.checkpoints.router,
    services.http.jurisdictions.router,
    services.http.branches.router,
    services.http.timeline.router,
    services.http.figures.router,
    services.http.export.router,
    services.http.events.router,
    services.http.routing.router,
    services.http.evidence.router,
    services.http.evidence_uploads.router,
    services.http.webhooks.router,
    services.http.deliveries.router,
    services.http.reference.router,
    services.http.picture.router,
    services.http.queue.router,
    services.http.response_times.router,
    services.http.session.router,
    services.http.tiles.router,
    services.http.pages.router,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service as an ASGI application. Nothing is opened before it starts."""
    settings = settings or Settings()
    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version=API_VERSION,
        lifespan=lifespan(settings),
        docs_url=None,  # FastAPI's pages load scripts from elsewhere; ours are in http/reference
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.metrics = Metrics()
    for router in ROUTERS:
        app.include_router(router)
    install_problem_answers(app)
    install_openapi(app, ROUTERS)
    app.add_middleware(BodyLimit, settings.body_limit_bytes, settings.body_timeout_s)
    app.add_middleware(Counting, app.state.metrics)
    return app
