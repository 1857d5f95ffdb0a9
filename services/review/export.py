"""Incidents, assignments and positions at decisions as GeoParquet, for planners' notebooks.

Nobody is named. Victim references, addresses, notes, findings and evidence stay in the ledger;
responders have pseudonyms, the same in every export of an installation and meaningless without its
secret; and points are moved to the middle of their H3 cell, about 130 m across, unless exact ones
are asked for. Distances and times by road were computed from the exact ones before.

==============  ================================================================================
table           one row for
==============  ================================================================================
``incidents``   each incident opened in the time; geometry: the likeliest place of the victim
``assignments`` each assignment to one of these; geometry: where the responder was when asked
``positions``   everybody considered in a decision on one of these: offered, spare or passed over,
                and why; geometry: where they were then
==============  ================================================================================

Joined with another one, an incident is left out: a victim's case counts once. Times are UTC,
amounts yuan, coordinates WGS-84.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import geopandas
import msgspec
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, Text, cast, select

from dispatch.incidents.words import Tier
from geodata.cells import cells_of, centres_of
from services.ledger.tables import decisions, incidents
from services.review.rows import ROWS_AT_ONCE, Scope, each_assignment, each_incident, opened

CRS = "EPSG:4326"
CELL_RESOLUTION = 10
"""H3 cells of 0.015 km²: a block of houses and not a door."""
SECRET_NAME = "export"
"""Of the installation's secret that pseudonyms are made with."""
PSEUDONYM_BYTES = 8

WORD, NUMBER, WHOLE, YES = "string", "float64", "Int64", "boolean"
TIME = "datetime64[ms, UTC]"

INCIDENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "incident_id": WORD,
        "jurisdiction": WORD,
        "district": WORD,
        "station": WORD,
        "village": WORD,
        "grid": WORD,
        "state": WORD,
        "tier": WORD,
        "answer_tier": WORD,
        "source": WORD,
        "fraud_type": WORD,
        "alert_count": WHOLE,
        "opened_at": TIME,
        "placed_at": TIME,
        "first_contact_at": TIME,
        "first_face_at": TIME,
        "dissuaded_at": TIME,
        "closed_at": TIME,
        "closing_reason": WORD,
        "outcome": WORD,
        "visit_number": WHOLE,
        "evidence_in_time": YES,
        "follow_ups_planned": WHOLE,
        "follow_ups_done": WHOLE,
        "amount_yuan": NUMBER,
        "amount_kept_yuan": NUMBER,
        "money_state": WORD,
        "place_count": WHOLE,
        "accuracy_m": NUMBER,
        "cell": WORD,
    }
)
"""Columns of ``incidents`` beside the geometry."""

ASSIGNMENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "assignment_id": WORD,
        "incident_id": WORD,
        "jurisdiction": WORD,
        "responder": WORD,
        "kind": WORD,
        "mode": WORD,
        "role": WORD,
        "purpose": WORD,
        "visit_number": WHOLE,
        "state": WORD,
        "offered_at": TIME,
        "accepted_at": TIME,
        "departed_at": TIME,
        "promised_at": TIME,
        "arrived_at": TIME,
        "reported_at": TIME,
        "ended_at": TIME,
        "outcome": WORD,
        "late": YES,
        "evidence_count": WHOLE,
        "offered_eta_s": NUMBER,
        "distance_m": NUMBER,
        "fix_age_s": NUMBER,
        "cell": WORD,
    }
)
"""Columns of ``assignments``."""

POSITION_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "decision_id": WORD,
        "incident_id": WORD,
        "decided_at": TIME,
        "considered": WORD,
        "assignment_id": WORD,
        "jurisdiction": WORD,
        "responder": WORD,
        "kind": WORD,
        "mode": WORD,
        "role": WORD,
        "eta_s": NUMBER,
        "distance_m": NUMBER,
        "line_m": NUMBER,
        "chance": NUMBER,
        "cause": WORD,
        "fix_age_s": NUMBER,
        "cell": WORD,
    }
)
"""Columns of ``positions``; ``considered`` is offered, spare or passed_over, ``cause`` why somebody
was passed over."""

CONSIDERED = ("offered", "spare", "passed_over")

Pseudonym = Callable[[str, str], str]
Point = tuple[float | None, float | None]
Row = tuple[dict[str, Any], Point]


def pseudonyms(secret: bytes) -> Pseudonym:
    """What stands for a responder, by jurisdiction and id."""

    def pseudonym(jurisdiction: str, responder_id: str) -> str:
        name = f"{jurisdiction}\t{responder_id}".encode()
        return hmac.new(secret, name, hashlib.sha256).hexdigest()[: 2 * PSEUDONYM_BYTES]

    return pseudonym


def incident_table(
    connection: Connection, scope: Scope, pseudonym: Pseudonym, exact: bool = False
) -> geopandas.GeoDataFrame:
    """The incidents."""

    def rows() -> Iterator[Row]:
        for row in each_incident(connection, scope):
            area, places = row["area"], row["places"]
            likeliest = max(places, key=lambda place: place.weight, default=None)
            row |= {
                **msgspec.structs.asdict(area),
                "tier": Tier(row["tier"]).word,
                "answer_tier": Tier(row["answer_tier"]).word,
                "place_count": len(places),
                "accuracy_m": None if likeliest is None else likeliest.accuracy_m,
            }
            yield row, (None, None) if likeliest is None else (likeliest.lon, likeliest.lat)

    return _table(rows(), INCIDENT_TYPES, exact)


def assignment_table(
    connection: Connection, scope: Scope, pseudonym: Pseudonym, exact: bool = False
) -> geopandas.GeoDataFrame:
    """The assignments."""

    def rows() -> Iterator[Row]:
        for row in each_assignment(connection, scope):
            row["responder"] = pseudonym(row["jurisdiction"], row["responder_id"])
            yield row, (row["lon"], row["lat"])

    return _table(rows(), ASSIGNMENT_TYPES, exact)


def position_table(
    connection: Connection, scope: Scope, pseudonym: Pseudonym, exact: bool = False
) -> geopandas.GeoDataFrame:
    """Who was considered, and where they were."""
    question = (
        select(
            decisions.c.decision_id,
            decisions.c.incident_id,
            decisions.c.decided_at_s,
            cast(decisions.c.document, Text).label("document"),
        )
        .join(incidents, incidents.c.incident_id == decisions.c.incident_id)
        .where(opened(scope))
        .order_by(decisions.c.decision_id)
    )

    def rows() -> Iterator[Row]:
        found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(question)
        for row in found.mappings():
            decision = dict(row)
            document = msgspec.json.decode(decision.pop("document"))
            for considered in CONSIDERED:
                for one in document.get(considered, ()):
                    who = pseudonym(one["jurisdiction"], one["responder_id"])
                    told = decision | one | {"considered": considered, "responder": who}
                    yield told, (one.get("lon"), one.get("lat"))

    return _table(rows(), POSITION_TYPES, exact)


TABLES: Mapping[str, Callable[..., geopandas.GeoDataFrame]] = MappingProxyType(
    {"incidents": incident_table, "assignments": assignment_table, "positions": position_table}
)


def _table(rows: Iterable[Row], types: Mapping[str, str], exact: bool) -> geopandas.GeoDataFrame:
    """Only the named columns of the rows, each of its type, and the points."""
    columns: dict[str, list[Any]] = {name: [] for name in types}
    points: list[Point] = []
    for row, point in rows:
        for name, column in columns.items():
            column.append(_moment(row, name) if types[name] == TIME else row.get(name))
        points.append(point)
    geometry, cells = _places(points, exact)
    columns["cell"] = cells
    table = pd.DataFrame(
        {name: pd.Series(column, dtype=types[name]) for name, column in columns.items()}
    )
    return geopandas.GeoDataFrame(table, geometry=geometry, crs=CRS)


def _places(points: list[Point], exact: bool) -> tuple[np.ndarray, list[str | None]]:
    """Each point, or the middle of its cell, and the cell; None where there is no point."""
    lon = np.array([x for x, _ in points], dtype=float)
    lat = np.array([y for _, y in points], dtype=float)
    known = np.isfinite(lon) & np.isfinite(lat)
    geometry = np.full(len(points), None, dtype=object)
    cells: list[str | None] = [None] * len(points)
    if known.any():
        own = cells_of(lon[known], lat[known], CELL_RESOLUTION)
        shown = (lon[known], lat[known]) if exact else centres_of(own)
        geometry[known] = shapely.points(*shown)
        for place, cell in zip(np.flatnonzero(known), own, strict=True):
            cells[place] = f"{int(cell):x}"
    return geometry, cells


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    at_s = row.get(f"{name}_s")
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC)
