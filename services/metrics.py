"""What the service counts for Prometheus. No label ever holds an id, a name or a place."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

METRICS_MEDIA_TYPE = CONTENT_TYPE_LATEST
DURATION_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The counters of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "forestall_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "forestall_http_request_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ["route"],
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.positions = Counter(
            "forestall_positions",
            "Positions received, by outcome: accepted, quarantined or rejected.",
            ["outcome"],
            registry=self.registry,
        )
        self.positions_refused = Counter(
            "forestall_positions_refused",
            "Positions quarantined or rejected, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.responders = Gauge(
            "forestall_responders",
            "Responders in the live picture, by kind.",
            ["kind"],
            registry=self.registry,
        )
        self.redis_up = Gauge(
            "forestall_redis_up",
            "1 while Redis answers and positions are shared.",
            registry=self.registry,
        )
        self.unshared_fixes = Gauge(
            "forestall_unshared_fixes",
            "Fixes accepted while Redis was absent and not shared yet.",
            registry=self.registry,
        )
        self.mirror_lag_seconds = Gauge(
            "forestall_mirror_lag_seconds",
            "Age of the last batch of another process when it was taken over.",
            registry=self.registry,
        )
        self.closures = Gauge(
            "forestall_closures_in_force", "Standing closures in force.", registry=self.registry
        )
        self.plan_seconds = Histogram(
            "forestall_plan_seconds",
            "Time from when a plan of an interception was begun to when it was written.",
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.webhook_attempts = Counter(
            "forestall_webhook_attempts",
            "Events sent to webhooks: delivered, failed (will be tried again) or gave_up.",
            ["outcome"],
            registry=self.registry,
        )
        self.events_sealed = Counter(
            "forestall_events_sealed",
            "Events that this process gave their place in the stream.",
            registry=self.registry,
        )
        self.event_streams = Gauge(
            "forestall_event_streams", "Event streams that are open.", registry=self.registry
        )
        self.offers = Counter(
            "forestall_offers",
            "Assignments offered by this process, by kind of responder.",
            ["kind"],
            registry=self.registry,
        )
        self.deadline_lateness_seconds = Histogram(
            "forestall_deadline_lateness_seconds",
            "How much later than due deadlines were fired by this process.",
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "forestall_calls_under_way",
            "Calls running in or waiting for a pool of threads.",
            ["pool"],
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
