"""Reads areas from GeoJSON: a FeatureCollection of polygons with a few agreed properties.

======================  ===========================================================================
property                meaning
======================  ===========================================================================
``jurisdiction``        the path, such as ``wanzhou/gaosuntang/grid-7``; or else:
``code``, ``parent``    a code (GB/T 2260 or finer; ``adcode`` is read too) and the code or path of
                        the area that contains it: the path is the parent's with the code added
``name``                what people call it
``level``               ``city``, ``district``, ``station``, ``village`` or ``grid``
======================  ===========================================================================

The collection may say ``"crs": "gcj02"`` or ``"bd09"``; the object that older programs write there
is understood where it names WGS-84 or CGCS2000, which agree to centimetres.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import shapely
from msgspec import Meta

from geodata.coordinates import Crs, to_wgs84
from geodata.errors import RequestError
from services.accepted_words import with_accepted_words
from services.areas.levels import Level
from services.errors import LoadError

SAME_AS_WGS84 = re.compile(r"CRS84|EPSG:+(?:[\d.]*:)?(?:4326|4490)$", re.IGNORECASE)
"""Names of coordinate systems that are WGS-84 for our purpose; 4490 is CGCS2000."""

_PLACE_IN_FEATURE = re.compile(r"(.*) - at `\$\.features\[(\d+)\](.*)`", re.DOTALL)
"""How msgspec says where in a collection something is wrong; it counts from 0."""
_MISSING = re.compile(r"Object missing required field `(\w+)`")

Code = Annotated[str, Meta(min_length=1, max_length=32)] | Annotated[int, Meta(ge=0)]
Position = Annotated[list[float], Meta(min_length=2, max_length=4)]
Ring = Annotated[list[Position], Meta(min_length=3)]
Rings = Annotated[list[Ring], Meta(min_length=1)]


class PolygonBody(msgspec.Struct, tag_field="type", tag="Polygon"):
    """A polygon of GeoJSON: its outer ring, then its holes."""

    coordinates: Rings


class MultiPolygonBody(msgspec.Struct, tag_field="type", tag="MultiPolygon"):
    """Several polygons of GeoJSON."""

    coordinates: Annotated[list[Rings], Meta(min_length=1)]


class ParentBody(msgspec.Struct):
    """The containing area as some public collections write it."""

    adcode: Code


class AreaProperties(msgspec.Struct):
    """What is said of an area; further members are passed over."""

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    level: Level
    jurisdiction: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    code: Code | None = None
    adcode: Code | None = None
    parent: Annotated[str, Meta(min_length=1, max_length=128)] | int | ParentBody | None = None


class AreaFeature(msgspec.Struct):
    """One area."""

    type: Literal["Feature"]
    properties: AreaProperties
    geometry: PolygonBody | MultiPolygonBody


class AreaCollection(msgspec.Struct):
    """Areas as GeoJSON; further members are passed over."""

    type: Literal["FeatureCollection"]
    features: list[AreaFeature]
    crs: str | dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FoundArea:
    """One area as a collection has it, before it has its place among the others."""

    place: str
    """Where it was found, for messages."""
    jurisdiction: str | None
    code: str | None
    parent: str | None
    """Code or path of the area that contains it, as written."""
    name: str
    level: Level
    geometry: shapely.Polygon | shapely.MultiPolygon
    """Valid; degrees, WGS-84."""
    repaired: str
    """What was wrong with its rings; empty where nothing was."""


_decoder = msgspec.json.Decoder(AreaCollection)


def read_collection(content: bytes, source: str, crs: str | None = None) -> list[FoundArea]:
    """The areas of a GeoJSON document; ``crs`` counts where the document names none.

    Raises LoadError in one sentence that names the source and the place in it.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        collection = _decoder.decode(content)
    except msgspec.ValidationError as error:
        raise LoadError(_what_is_wrong(error, content, source)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LoadError(f"{source} is no GeoJSON FeatureCollection of areas: {error}.") from None
    return found_in(collection, source, crs)


def found_in(collection: AreaCollection, source: str, crs: str | None = None) -> list[FoundArea]:
    """The same of a document that is decoded already."""
    system = _crs_of(collection.crs, crs, source)
    return [
        _found(feature, f"{source}, feature {number} ({feature.properties.name})", system)
        for number, feature in enumerate(collection.features, 1)
    ]


def _what_is_wrong(error: msgspec.ValidationError, content: bytes, source: str) -> str:
    """The sentence about a document that is JSON, but no collection of areas: which feature it is,
    as whoever drew it would look for it."""
    found = _PLACE_IN_FEATURE.fullmatch(str(error))
    if found is None:
        return f"{source} is no GeoJSON FeatureCollection of areas: {error}."
    wrong, index, inside = found.groups()
    feature = msgspec.json.decode(content)["features"][int(index)]
    place = f"{source}, feature {int(index) + 1}"
    said = feature.get("properties") if isinstance(feature, dict) else None
    said = said if isinstance(said, dict) else {}
    told = (said.get(key) for key in ("jurisdiction", "code", "adcode", "name"))
    known = next((one for one in told if one and isinstance(one, str | int)), None)
    if known is not None:
        place += f" ({known})"
    missing = _MISSING.fullmatch(wrong)
    if missing is not None and inside == ".properties":
        return f"{place} has no '{missing[1]}' in its properties: give it one."
    where = f" - at {inside[1:]}" if inside else ""
    words = with_accepted_words(str(error), AreaCollection).removeprefix(str(error))
    return f"{place} cannot be read: {wrong}{where}{words or '.'}"


def _crs_of(written: str | dict[str, Any] | None, otherwise: str | None, source: str) -> Crs:
    if isinstance(written, dict):
        properties = written.get("properties")
        name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
        if SAME_AS_WGS84.search(name):
            return Crs(otherwise or Crs.WGS84)
        raise LoadError(
            f"{source} is in the coordinate system {name or 'that it does not name'}: convert it "
            "to WGS-84 (EPSG:4326), or say crs: gcj02 or bd09."
        )
    try:
        return Crs(written or otherwise or Crs.WGS84)
    except ValueError:
        raise LoadError(
            f"{source} names the coordinate system {written or otherwise!r}; known are "
            f"{', '.join(Crs)}."
        ) from None


def _found(feature: AreaFeature, place: str, crs: Crs) -> FoundArea:
    said = feature.properties
    code = said.code if said.code is not None else said.adcode
    parent = said.parent.adcode if isinstance(said.parent, ParentBody) else said.parent
    if said.jurisdiction is None and code is None:
        raise LoadError(f"{place} has neither 'jurisdiction' nor 'code': give it one of them.")
    geometry, repaired = _polygon(feature.geometry, place, crs)
    return FoundArea(
        place=place,
        jurisdiction=said.jurisdiction,
        code=None if code is None else str(code),
        parent=None if parent is None else str(parent),
        name=said.name,
        level=said.level,
        geometry=geometry,
        repaired=repaired,
    )


def _polygon(
    body: PolygonBody | MultiPolygonBody, place: str, crs: Crs
) -> tuple[shapely.Polygon | shapely.MultiPolygon, str]:
    """The polygon in WGS-84, and what had to be repaired."""
    several = body.coordinates if isinstance(body, MultiPolygonBody) else [body.coordinates]
    words: list[str] = []
    polygons = []
    for rings in several:
        converted = [_ring(ring, place, crs) for ring in rings]
        if any((ring[0] != ring[-1]).any() for ring in converted):
            words.append("a ring was not closed")
        polygons.append(shapely.Polygon(converted[0], converted[1:]))
    geometry = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    if not geometry.is_valid:
        words.append(shapely.is_valid_reason(geometry))
        geometry = _polygons_of(
            shapely.make_valid(geometry, method="structure", keep_collapsed=False)
        )
    if geometry.area <= 0.0:
        raise LoadError(f"{place} encloses no ground: its ring is a point or a line.")
    return geometry, "; ".join(dict.fromkeys(words))


def _ring(positions: list[list[float]], place: str, crs: Crs) -> np.ndarray:
    points = np.array([position[:2] for position in positions])
    try:
        lon, lat = to_wgs84(points[:, 0], points[:, 1], crs)
    except RequestError as error:
        raise LoadError(f"{place} is not on the globe: {error}.") from None
    if not np.isfinite(points).all():
        raise LoadError(f"{place} has a coordinate that is not a number.")
    return np.column_stack([lon, lat])


def _polygons_of(geometry: shapely.Geometry) -> shapely.Geometry:
    """What of a geometry encloses ground."""
    return shapely.union_all(
        [part for part in shapely.get_parts(geometry) if shapely.get_dimensions(part) == 2]
    )
