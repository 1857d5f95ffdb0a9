"""What a process does for interceptions of its own accord, put together."""

from __future__ import annotations

from collections.abc import Callable

from dispatch.live_picture import LivePicture
from services.engine import RoadsNow
from services.federation.correspondence import Correspondence
from services.federation.work import FederationWork
from services.incidents.desk import Desk
from services.incidents.engaged import Engaged
from services.interceptions.desk import InterceptionDesk
from services.interceptions.follower import InterceptionFollower
from services.interceptions.planner import Planner
from services.metrics import Metrics
from services.standing import Standing


class InterceptionWork:
    """Desk, planner and follower of one process, and its correspondence with other centres."""

    def __init__(
        self,
        incidents: Desk,
        picture: LivePicture,
        roads: Callable[[], RoadsNow],
        engaged: Engaged,
        metrics: Metrics,
        standing: Standing,
        planning_threads: int = 1,
    ) -> None:
        self.desk = InterceptionDesk(incidents)
        self.correspondence = Correspondence(self.desk, standing)
        self.desk.tell = self.correspondence.tell
        self.federation = FederationWork(self.desk, picture, roads, engaged)
        self.planner = Planner(
            self.desk, picture, roads, engaged, standing, metrics, planning_threads
        )
        self.follower = InterceptionFollower(self.desk, self.planner, picture, roads)

    def start(self) -> None:
        self.planner.start()
        self.follower.start()
        self.federation.start()

    def stop(self) -> None:
        """End after what is under way."""
        self.federation.stop()
        self.follower.stop()
        self.planner.stop()
