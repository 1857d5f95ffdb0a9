"""``/v1/jurisdictions``: the areas that decide who is responsible for a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import numpy as np
import shapely
from fastapi import APIRouter, Depends, Request
from msgspec import Meta
from starlette.responses import Response

from geodata.coordinates import to_wgs84
from services.areas.checks import Finding, Misfit, area_m2
from services.areas.geojson import AreaCollection, found_in
from services.areas.levels import LEVELS
from services.areas.loading import LoadReport, load_areas, remove_areas
from services.areas.lookup import LoadedArea
from services.errors import LoadError, ProblemError
from services.http.access import Caller, needs
from services.http.answers import json_answer
from services.http.bodies import Decoder, body_format
from services.http.openapi import operation, parameter
from services.http.query import Query
from services.jurisdictions import (
    JURISDICTION_LIMIT_CHARACTERS,
    Jurisdictions,
    is_jurisdiction,
)
from services.keys import CRS_NAMES
from services.service import Service, service_of

router = APIRouter(tags=["jurisdictions"])

MOST_LISTED = 1_000
MOST_FINDINGS = 200

_Reader = Annotated[Caller, Depends(needs("dispatch", "plan", "admin"))]
_Writer = Annotated[Caller, Depends(needs("admin"))]


class JurisdictionView(msgspec.Struct, kw_only=True):
    """An area."""

    jurisdiction: str
    name: str
    level: str
    code: str | None
    parent: str | None
    """Path of the area that contains it."""
    area_km2: float
    bounds: Annotated[list[float], Meta(min_length=4, max_length=4)]
    """West, south, east, north; degrees WGS-84."""
    geometry: dict[str, Any] | None = None
    """GeoJSON, WGS-84, where it was asked for."""


class JurisdictionList(msgspec.Struct):
    """Areas that the caller holds, each after those that contain it."""

    jurisdictions: list[JurisdictionView]
    next: str | None
    """Ask again with ``after`` set to this for those that follow; none: these are all."""


class MisfitView(msgspec.Struct, kw_only=True):
    """One thing about the areas that does not fit."""

    misfit: Misfit
    jurisdiction: str
    other: str | None
    """The area that it overlaps, or the parent that it leaves."""
    area_m2: float
    share: float
    """Of the area's own ground, 0 to 1."""
    lon: float
    lat: float
    sentence: str


class LoadView(msgspec.Struct, kw_only=True):
    """What loading areas did and found."""

    loaded: int
    removed: int
    misfits: list[MisfitView]
    """The largest of each kind first."""
    misfits_left_out: int
    slivers: int
    """Misfits of less than 100 m² each ..."""
    slivers_m2: float
    """... and of how much together."""


_decoder = Decoder(AreaCollection)

_SQUARE = [[108.37, 30.80], [108.39, 30.80], [108.39, 30.82], [108.37, 30.82], [108.37, 30.80]]
_BODY = {
    "type": "FeatureCollection",
    "crs": "wgs84",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "jurisdiction": "500101/gaosuntang",
                "name": "高笋塘派出所",
                "level": "station",
            },
            "geometry": {"type": "Polygon", "coordinates": [_SQUARE]},
        }
    ],
}
_EXAMPLE = {
    "jurisdiction": "500101/gaosuntang",
    "name": "高笋塘派出所",
    "level": "station",
    "code": None,
    "parent": "500101",
    "area_km2": 4.246,
    "bounds": [108.37, 30.80, 108.39, 30.82],
    "geometry": None,
}
_LOADED = {
    "loaded": 1,
    "removed": 0,
    "misfits": [
        {
            "misfit": "overlap",
            "jurisdiction": "500101/gaosuntang",
            "other": "500101/pailou",
            "area_m2": 1830.2,
            "share": 0.000431,
            "lon": 108.38012,
            "lat": 30.80007,
            "sentence": "500101/gaosuntang overlaps 500101/pailou by 1,830 m² (0.04%), at "
            "108.38012,30.80007",
        }
    ],
    "misfits_left_out": 0,
    "slivers": 3,
    "slivers_m2": 41.0,
}
_PATH = parameter(
    "jurisdiction",
    "Path of the area.",
    {"type": "string", "minLength": 1, "maxLength": JURISDICTION_LIMIT_CHARACTERS},
    where="path",
)
_CRS = {"type": "string", "enum": list(CRS_NAMES)}


@router.get(
    "/v1/jurisdictions",
    summary="Areas, or those that a place lies in",
    openapi_extra=operation(
        scopes=("dispatch", "plan", "admin"),
        parameters=[
            parameter(
                "at",
                "`lon,lat`: only the areas that cover it.",
                {"type": "string"},
                example="108.38,30.81",
            ),
            parameter("crs", "Of `at`.", _CRS),
            parameter("below", "Only this path and what is below it.", {"type": "string"}),
            parameter("level", f"One or several of {', '.join(LEVELS)}.", {"type": "string"}),
            parameter("geometry", "`true`: with the polygons.", {"type": "boolean"}),
            parameter(
                "count",
                f"At most so many, up to {MOST_LISTED}.",
                {"type": "integer", "minimum": 1, "maximum": MOST_LISTED},
            ),
            parameter("after", "Only what follows this path.", {"type": "string"}),
        ],
        answer=JurisdictionList,
        example={"jurisdictions": [_EXAMPLE], "next": None},
        problems=("invalid-value",),
    ),
)
async def list_areas(request: Request, caller: _Reader) -> Response:
    query = Query(request, ("at", "crs", "below", "level", "geometry", "count", "after"))
    service = service_of(request)
    return json_answer(await service.questions.run(_listed, service, caller, query))


def _listed(service: Service, caller: Caller, query: Query) -> JurisdictionList:
    areas = service.standing.areas
    if query.text("at") is not None:
        lon, lat = to_wgs84(*query.lon_lat("at"), query.word("crs", CRS_NAMES, "wgs84"))
        shown = areas.all_at(float(lon), float(lat))
    else:
        query.word("crs", CRS_NAMES, "wgs84")
        shown = list(areas)
    below = query.text("below")
    levels = query.words("level", LEVELS)
    after = query.text("after")
    count = query.whole("count", MOST_LISTED, 1, MOST_LISTED)
    within = None if below is None else Jurisdictions([below])
    shown = [
        area
        for area in shown
        if caller.may_see(area.jurisdiction)
        and (within is None or within.hold(area.jurisdiction))
        and (levels is None or area.level in levels)
        and (after is None or area.jurisdiction.split("/") > after.split("/"))
    ]
    page = shown[:count]
    return JurisdictionList(
        _views(page, query.flag("geometry")),
        page[-1].jurisdiction if len(shown) > count else None,
    )


@router.get(
    "/v1/jurisdictions/{jurisdiction:path}",
    summary="One area with its polygon",
    openapi_extra=operation(
        scopes=("dispatch", "plan", "admin"),
        parameters=[_PATH],
        answer=JurisdictionView,
        example=_EXAMPLE | {"geometry": _BODY["features"][0]["geometry"]},
        problems=("not-found", "invalid-value"),
    ),
)
async def get_area(request: Request, jurisdiction: str, caller: _Reader) -> Response:
    Query(request, ())
    service = service_of(request)
    area = service.standing.areas.get(jurisdiction)
    if area is None or not caller.may_see(jurisdiction):
        raise ProblemError("not-found", "There is no such area.")
    views = await service.questions.run(_views, [area], True)
    return json_answer(views[0])


@router.put(
    "/v1/jurisdictions",
    summary="Load areas",
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[
            parameter(
                "replace",
                "Paths between commas: what was loaded at or below them and is not in the body is "
                "forgotten.",
                {"type": "string"},
            ),
        ],
        body=AreaCollection,
        body_example=_BODY,
        answer=LoadView,
        example=_LOADED,
        meaning="All of them are in force from the next request on, in every process; what does "
        "not fit is told",
    ),
)
async def load(request: Request, caller: _Writer) -> Response:
    replacing = Query(request, ("replace",)).text("replace")
    paths = [] if replacing is None else replacing.split(",")
    if not all(is_jurisdiction(path) for path in paths):
        raise ProblemError("invalid-value", "'replace' is one or several paths of areas.")
    collection: AreaCollection = _decoder.decode(await request.body(), body_format(request))
    service = service_of(request)
    # A city's areas take seconds to check: nobody who asks who should go waits behind them.
    report = await service.routing.run(_load, service, caller, collection, paths)
    await service.bookkeeping.run(service.standing.refresh)
    return json_answer(_report_view(report, caller.jurisdictions))


@router.delete(
    "/v1/jurisdictions/{jurisdiction:path}",
    summary="Forget an area and all below it",
    status_code=204,
    openapi_extra=operation(
        scopes=("admin",),
        parameters=[_PATH],
        status=204,
        meaning="Forgotten; incidents keep the area that they were given",
        problems=("not-found", "invalid-value"),
    ),
)
async def delete(request: Request, jurisdiction: str, caller: _Writer) -> Response:
    Query(request, ())
    service = service_of(request)
    if not caller.may_see(jurisdiction) or not await service.writing.run(
        remove_areas, service.ledger, jurisdiction
    ):
        raise ProblemError("not-found", "There is no such area.")
    await service.bookkeeping.run(service.standing.refresh)
    return Response(status_code=204)


def _load(
    service: Service, caller: Caller, collection: AreaCollection, replacing: Sequence[str]
) -> LoadReport:
    try:
        found = found_in(collection, "The body")
        return load_areas(service.ledger, found, replacing, caller.jurisdictions)
    except LoadError as error:
        raise ProblemError("invalid-value", str(error)) from None


def _views(areas: Sequence[LoadedArea], with_geometry: bool) -> list[JurisdictionView]:
    shapes = np.array([area.geometry for area in areas], dtype=object)
    sizes_m2, bounds = area_m2(shapes), shapely.bounds(shapes)
    return [
        JurisdictionView(
            jurisdiction=area.jurisdiction,
            name=area.name,
            level=area.level.value,
            code=area.code,
            parent=area.parent,
            area_km2=round(float(size_m2) / 1e6, 3),
            bounds=[float(edge) for edge in box],
            geometry=msgspec.json.decode(shapely.to_geojson(area.geometry))
            if with_geometry
            else None,
        )
        for area, size_m2, box in zip(areas, sizes_m2, bounds, strict=True)
    ]


def _report_view(report: LoadReport, held: Jurisdictions) -> LoadView:
    told = [finding for finding in report.fit.findings if _may_be_told(finding, held)]
    return LoadView(
        loaded=report.loaded,
        removed=report.removed,
        misfits=[
            MisfitView(
                misfit=finding.misfit,
                jurisdiction=finding.jurisdiction,
                other=finding.other,
                area_m2=round(finding.area_m2, 1),
                share=round(finding.share, 6),
                lon=round(finding.lon, 6),
                lat=round(finding.lat, 6),
                sentence=finding.sentence,
            )
            for finding in told[:MOST_FINDINGS]
        ],
        misfits_left_out=max(0, len(told) - MOST_FINDINGS),
        slivers=report.fit.slivers,
        slivers_m2=round(report.fit.slivers_m2, 1),
    )


def _may_be_told(finding: Finding, held: Jurisdictions) -> bool:
    """What a neighbour's border is, is the neighbour's to see; what contains an area is known."""
    if finding.misfit is Misfit.OVERLAP:
        return held.hold(finding.jurisdiction) and held.hold(finding.other or "")
    return held.hold(finding.jurisdiction)
