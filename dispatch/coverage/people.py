"""Who can go, as a planner gives them: from the live picture, or as a frame of points."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import shapely

from dispatch.errors import PlanningError
from dispatch.frames import CRS, in_degrees, points_of, words_of
from dispatch.interception.checkpoints import STOPPING_KINDS
from dispatch.interception.units import Roads, Unit
from dispatch.live_picture import LivePicture
from dispatch.responders import KIND_NAMES, KINDS, MODE_NAMES, STATUS_CODES, Status
from dispatch.sight import EVERYTHING, Held
from geodata.positions import RoadPositions

ID_COLUMNS = ("responder_id", "responder", "id", "name")
"""Where a frame says who somebody is; the first of these that it has."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Responders on the roads, one row each. Immutable."""

    responder_id: list[str]
    kind: list[str]
    mode: list[str]
    road: RoadPositions
    """In the network of each one's mode; whoever is near no road reaches nothing."""
    lon: np.ndarray
    """float64[row], degrees WGS-84."""
    lat: np.ndarray
    delay_ms: np.ndarray
    """int64[row]: turn-out, and doubt about a stale fix."""

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def of_frame(
        cls, roads: Roads, frame: geopandas.GeoDataFrame, *, what: str = "people"
    ) -> People:
        """People of a frame of points.

        The column `kind` says what they are. Optional columns: `mode` (else that of the kind),
        `turn_out_s` (else that of the kind), `status` (whoever is not available stays out), and who
        they are: `responder_id`, `responder`, `id` or `name`, else "officer 1", "officer 2" ...
        Raises PlanningError with the remedy.
        """
        frame = in_degrees(frame, what)
        frame = frame[are_available(frame, what)]
        if not len(frame):
            raise PlanningError(f"None of the {what} has the status available.")
        lon, lat = points_of(frame, what)
        kinds = words_of(frame, "kind", what, KIND_NAMES)
        modes = modes_of(frame, kinds, what)
        turn_out_s = np.array([KINDS[kind].turn_out_s for kind in kinds])
        if "turn_out_s" in frame.columns:
            given = pd.to_numeric(frame["turn_out_s"], errors="coerce").to_numpy(np.float64)
            unread = np.isnan(given) & frame["turn_out_s"].notna().to_numpy()
            if unread.any() or (given < 0).any() or np.isinf(given).any():
                raise PlanningError(
                    f"turn_out_s of the {what} is 0 or more seconds; leave it empty for what is "
                    "usual for the kind."
                )
            turn_out_s = np.where(np.isnan(given), turn_out_s, given)
        return cls(
            _names(frame, kinds),
            kinds,
            modes,
            _snapped(roads, lon, lat, modes, what),
            lon,
            lat,
            np.rint(1_000 * turn_out_s).astype(np.int64),
        )

    @classmethod
    def of_picture(
        cls,
        picture: LivePicture,
        now_s: float,
        *,
        held: Held = EVERYTHING,
        statuses: Collection[Status] = (Status.AVAILABLE,),
    ) -> People:
        """Whoever the live picture would consider now; who is lost stays out."""
        with picture.reading():
            roster = picture.everybody(now_s)
            muster = picture.muster(held, now_s, statuses=statuses)
            rows = np.flatnonzero(muster.eligible[roster.slot])
            delay_ms = muster.delay_ms[roster.slot[rows]].astype(np.int64)
        if not len(rows):
            raise PlanningError("Nobody in the live picture is available now.")
        on_road = RoadPositions.on_edges(roster.edge[rows], roster.fraction[rows])
        return cls(
            [roster.responder_id[row] for row in rows.tolist()],
            [KIND_NAMES[code] for code in roster.kind[rows].tolist()],
            [MODE_NAMES[code] for code in roster.mode[rows].tolist()],
            on_road,
            roster.lon[rows],
            roster.lat[rows],
            delay_ms,
        )

    @classmethod
    def of(cls, roads: Roads, people: People | geopandas.GeoDataFrame) -> People:
        """People as they are, or of a frame."""
        return people if isinstance(people, People) else cls.of_frame(roads, people)

    def frame(self) -> geopandas.GeoDataFrame:
        """One row each: responder_id, kind, mode, on_road and the point."""
        table = {
            "responder_id": self.responder_id,
            "kind": self.kind,
            "mode": self.mode,
            "turn_out_s": self.delay_ms / 1_000.0,
            "on_road": self.road.found,
        }
        points = shapely.points(self.lon, self.lat)
        return geopandas.GeoDataFrame(pd.DataFrame(table), geometry=points, crs=CRS)

    def groups(self) -> Iterator[tuple[str, str, np.ndarray]]:
        """(kind, mode, int64[] rows) of everybody on a road, one group for each search."""
        pairs = np.array([f"{k} {m}" for k, m in zip(self.kind, self.mode, strict=True)])
        for kind in KIND_NAMES:
            for mode in MODE_NAMES:
                rows = np.flatnonzero((pairs == f"{kind} {mode}") & self.road.found)
                if len(rows):
                    yield kind, mode, rows

    def units(self) -> list[Unit]:
        """Those who may stop vehicles, as :func:`dispatch.make_plan` and its kin take them."""
        return [
            Unit(
                self.responder_id[row],
                self.kind[row],
                self.mode[row],
                float(self.lon[row]),
                float(self.lat[row]),
                int(self.road.edge[row]),
                float(self.road.fraction[row]),
                float(self.delay_ms[row]) / 1_000.0,
            )
            for row in range(len(self))
            if self.kind[row] in STOPPING_KINDS
        ]

    def take(self, rows: np.ndarray) -> People:
        """The people in these rows."""
        rows = np.asarray(rows, dtype=np.int64)
        chosen = rows.tolist()
        return People(
            [self.responder_id[row] for row in chosen],
            [self.kind[row] for row in chosen],
            [self.mode[row] for row in chosen],
            self.road.take(rows),
            self.lon[rows],
            self.lat[rows],
            self.delay_ms[rows],
        )


def are_available(frame: pd.DataFrame, what: str) -> np.ndarray:
    """bool[row]: has the status available, or none."""
    status = words_of(frame, "status", what, tuple(STATUS_CODES), Status.AVAILABLE.word)
    return np.array([word == Status.AVAILABLE.word for word in status], dtype=bool)


def ids_of(frame: pd.DataFrame) -> list[str] | None:
    """str[row]: who each row is; None for a frame that does not say."""
    column = next((name for name in ID_COLUMNS if name in frame.columns), None)
    return None if column is None else [str(name) for name in frame[column]]


def modes_of(frame: pd.DataFrame, kinds: Sequence[str], what: str) -> list[str]:
    """str[row]: how each travels, where nothing is said as is usual for the kind."""
    said = words_of(frame, "mode", what, MODE_NAMES, otherwise="")
    return [own or KINDS[kind].mode for own, kind in zip(said, kinds, strict=True)]


def _names(frame: geopandas.GeoDataFrame, kinds: list[str]) -> list[str]:
    if (ids := ids_of(frame)) is not None:
        return ids
    counts: dict[str, int] = {}
    names = []
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
        names.append(f"{kind} {counts[kind]}")
    return names


def _snapped(
    roads: Roads, lon: np.ndarray, lat: np.ndarray, modes: list[str], what: str
) -> RoadPositions:
    road = RoadPositions.empty(len(lon))
    words = np.array(modes)
    for mode in np.unique(words).tolist():
        if mode in roads.network.modes:
            those = np.flatnonzero(words == mode)
            road.put(those, roads.snapper.snap(lon[those], lat[those], mode))
    if not road.found.any():
        raise PlanningError(
            f"None of the {what} is near a road of this map that they can use; is it the right "
            "map, and is the frame's coordinate system right?"
        )
    return road
