"""What a process does for interceptions of its own accord, put together."""

from __future__ import annotations

from collections.abc import Callable

from dispatch.live_picture import LivePicture
from services.engine import RoadsNow
from services.incidents.desk import Desk
from services.incidents.engaged import Engaged
from services.interceptions.desk import InterceptionDesk
from services.interceptions.follower import InterceptionFollower
from services.interceptions.planner import Planner
from services.metrics import Metrics


class InterceptionWork:
    """Desk, planner and follower of one process."""

    def __init__(
        self,
        incidents: Desk,
        picture: LivePicture,
        roads: Callable[[], RoadsNow],
        engaged: Engaged,
        metrics: Metrics,
        planning_threads: int = 1,
    ) -> None:
        self.desk = InterceptionDesk(incidents)
        self.planner = Planner(self.desk, picture, roads, engaged, metrics, planning_threads)
        self.follower = InterceptionFollower(self.desk, self.planner, picture, roads)

    def start(self) -> None:
        self.planner.start()
        self.follower.start()

    def stop(self) -> None:
        """End after what is under way."""
        self.follower.stop()
        self.planner.stop()
