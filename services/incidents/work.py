"""What a process does for incidents of its own accord, put together."""

from __future__ import annotations

from collections.abc import Callable

from dispatch.incidents.policy import Policies
from dispatch.live_picture import LivePicture
from services.engine import RoadsNow
from services.events.log import EventLog
from services.incidents.clock import Clock
from services.incidents.desk import Desk
from services.incidents.engaged import Engaged
from services.incidents.experience import Experience
from services.incidents.follower import Follower
from services.incidents.staffer import Staffer
from services.ledger.database import Ledger
from services.metrics import Metrics


class IncidentWork:
    """Desk, staffer, clock and follower of one process."""

    def __init__(
        self,
        ledger: Ledger,
        policies: Policies,
        picture: LivePicture,
        roads: Callable[[], RoadsNow],
        events: EventLog,
        metrics: Metrics,
        staffing_threads: int = 1,
        staffing_window_s: float = 0.0,
    ) -> None:
        self.desk = Desk(ledger, policies)
        self.engaged = Engaged(ledger)
        experience = Experience(ledger, policies)
        self.staffer = Staffer(
            self.desk,
            picture,
            roads,
            self.engaged,
            metrics,
            staffing_threads,
            experience,
            staffing_window_s,
        )
        self.clock = Clock(self.desk, self.staffer.ask, metrics)
        self.follower = Follower(self.desk, picture, roads, self.engaged, experience)
        self._events = events
        self._stop_following: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Read who is engaged, then begin to work."""
        self._stop_following = self._events.follow(self.engaged.follow)
        self.engaged.reload()
        self.staffer.start()
        self.clock.start()
        self.follower.start()

    def stop(self) -> None:
        """End after what is under way."""
        self.follower.stop()
        self.clock.stop()
        self.staffer.stop()
        self._stop_following()
