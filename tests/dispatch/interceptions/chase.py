"""An interception in memory on a small map, with units that can be sent; nothing else is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dispatch.incidents.case import Happening
from dispatch.interception.subject import Destination, Sighting
from dispatch.interception.units import Unit
from dispatch.interceptions import committing, planning, posts, sighting
from dispatch.interceptions.case import Interception, InterceptionCase, Post, Sought, unit_id_of
from dispatch.interceptions.committing import Who
from dispatch.interceptions.planned import Planned
from tests.dispatch.interception.ground import Ground

NOON_S = 1_760_260_500.0
CENTRE = "wanzhou"
QUICK = {"safety_s": 0.0, "scenario_count": 60, "limit_s": 5.0}


@dataclass
class Chase:
    """One case, its plans, and the people who can be sent."""

    ground: Ground
    case: InterceptionCase
    now_s: float = NOON_S
    units: dict[str, Unit] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    """Units that something else has."""
    planned: Planned | None = None
    history: list[Happening] = field(default_factory=list)

    @staticmethod
    def begin(ground: Ground, destinations: tuple[Destination, ...] = (), **settings: Any) -> Chase:
        """Open an interception; nobody has been seen yet."""
        numbers = count(1)
        sought = Sought("蓝色大巴", slowest=1.0, fastest=1.0, destinations=destinations)
        case = sighting.open_interception(
            CENTRE,
            sought,
            QUICK | settings,
            None,
            "",
            NOON_S,
            "interception",
            lambda: f"id{next(numbers):04}",
        )
        chase = Chase(ground, case)
        chase.note()
        return chase

    @property
    def interception(self) -> Interception:
        return self.case.interception

    def unit(self, name: str, leg: str, share: float = 0.0, **more: Any) -> Unit:
        """Somebody is on duty at a place."""
        unit = self.ground.unit(unit_id_of(CENTRE, name), leg, share, **more)
        self.units[name] = unit
        return unit

    def seen(self, leg: str, share: float = 0.0, ago_s: float = 0.0, **more: Any) -> None:
        at = self.ground.sighting(leg, share)
        told = Sighting(
            at.lon, at.lat, self.now_s - ago_s, radius_m=0.0, **{"heading_deg": None, **more}
        )
        self.do(sighting.see, told, "camera")

    def do(self, command: Callable[..., Any], *values: Any, **more: Any) -> Any:
        answer = command(self.case, *values, self.now_s, **more)
        self.note()
        return answer

    def note(self) -> None:
        """Write down what happened, as whoever holds the ledger does."""
        self.history += self.case.happenings
        self.case.happenings = []

    def plan(self) -> Planned:
        """Make the plan that is wanted, and show it."""
        free = [unit for name, unit in self.units.items() if name not in self.taken]
        what = planning.asked(self.interception, free, None, self.now_s)
        made = planning.plan(self.ground, what, self.now_s)
        assert self.do(planning.take_over, made, "")
        self.planned = made
        return made

    def commit(self, number: int | None = None, choice: str = "coverage") -> list[str]:
        """Send whoever the plan says."""
        wanted = self.interception.plan_number if number is None else number
        taken = committing.commit(
            self.case, self.planned, wanted, choice, self._who, self._take, self.now_s
        )
        self.note()
        return taken

    def post_of(self, name: str) -> Post:
        """The latest post of a unit."""
        return [one for one in self.interception.posts if one.responder_id == name][-1]

    def goes(self, name: str) -> Post:
        post = self.post_of(name)
        self.do(posts.accept, post)
        self.do(posts.depart, post)
        return post

    def holds(self, name: str) -> Post:
        """They are there and ready."""
        post = self.goes(name)
        self.do(posts.man, post)
        return post

    def where(self) -> dict[str, str]:
        """The letter of the junction that each unit of the plan holds."""
        assert self.planned is not None
        return {
            one.unit_id.rpartition(":")[2]: self.letter(one.place.checkpoint_id)
            for one in self.planned.posts
        }

    def letter(self, checkpoint_id: str) -> str:
        """Where a checkpoint is on the drawing."""
        osm_id = int(checkpoint_id.rpartition("-")[2])
        known = {number: letter for letter, number in self.ground.town.osm_id.items()}
        return known[osm_id]

    def types(self) -> list[str]:
        return [one.type for one in self.history]

    def _who(self, unit_id: str) -> Who | None:
        unit = self.units.get(unit_id.rpartition(":")[2])
        return None if unit is None else Who(unit.kind, unit.mode)

    def _take(self, post: Post) -> bool:
        return post.responder_id not in self.taken
