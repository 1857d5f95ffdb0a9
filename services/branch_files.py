"""Reads bank branches from a table: CSV with a head, or JSON.

======================  ===========================================================================
column                  meaning
======================  ===========================================================================
``id``, ``name``        the bank's own id, and what people call the branch
``lon``, ``lat``        where it is; ``crs`` may be a column too
``jurisdiction``        whose it is; left out: the area that it lies in
======================  ===========================================================================

JSON is a list of objects with these members, or an object with that list as ``branches``. CSV may
be UTF-8 or, as spreadsheets in China write it, GB 18030.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from geodata.coordinates import to_wgs84
from geodata.errors import RequestError
from services.areas.lookup import Areas
from services.branches import Branch
from services.errors import LoadError
from services.jurisdictions import is_jurisdiction
from services.keys import is_responder_id

Name = Annotated[str, Meta(min_length=1, max_length=128)]


class BranchRow(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One branch as a table has it."""

    id: Name
    name: Name
    lon: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    crs: str | None = None
    jurisdiction: str | None = None


_to_row = partial(msgspec.convert, type=BranchRow, strict=False)


def read_branches(
    content: bytes, source: str, areas: Areas, jurisdiction: str | None = None, crs: str = "wgs84"
) -> list[Branch]:
    """The branches of a table; ``jurisdiction`` and ``crs`` count where a row says none.

    Raises LoadError in one sentence that names the row.
    """
    rows = _json_rows(content, source) if source.endswith(".json") else _csv_rows(content, source)
    found: dict[tuple[str, str], Branch] = {}
    for number, row in rows:
        place = f"{source}, row {number}"
        branch = _branch(row, place, areas, jurisdiction, crs)
        if (branch.jurisdiction, branch.branch_id) in found:
            raise LoadError(
                f"{place} has the id {branch.branch_id} a second time in {branch.jurisdiction}."
            )
        found[branch.jurisdiction, branch.branch_id] = branch
    return list(found.values())


def _json_rows(content: bytes, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        document = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LoadError(f"{source} is no JSON: {error}.") from None
    rows = document.get("branches") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LoadError(f"{source} is no list of branches.")
    yield from enumerate(rows, 1)


def _csv_rows(content: bytes, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise LoadError(f"{source} is neither UTF-8 nor GB 18030.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="too many")
    try:
        missing = {"id", "name", "lon", "lat"} - set(reader.fieldnames or ())
        if missing:
            raise LoadError(f"{source} has no column {', '.join(sorted(missing))} in its head.")
        for row in reader:
            # An empty cell says nothing.
            yield reader.line_num, {name: cell for name, cell in row.items() if cell}
    except csv.Error as error:
        raise LoadError(f"{source}, line {reader.line_num}, is no CSV: {error}.") from None


def _branch(
    row: dict[str, Any], place: str, areas: Areas, jurisdiction: str | None, crs: str
) -> Branch:
    try:
        said = _to_row(row)
        lon, lat = to_wgs84(said.lon, said.lat, said.crs or crs)
    except (msgspec.ValidationError, RequestError) as error:
        raise LoadError(f"{place} cannot be read: {error}.") from None
    if not is_responder_id(said.id):
        raise LoadError(f"{place} has an id with a control character.")
    owner = said.jurisdiction or jurisdiction
    if owner is None:
        area = areas.at(float(lon), float(lat))
        if area is None:
            raise LoadError(
                f"{place} ({said.name}) lies in no loaded area: say its jurisdiction, or load the "
                "areas first."
            )
        owner = area.jurisdiction
    if not is_jurisdiction(owner):
        raise LoadError(f"{place} has the jurisdiction {owner!r}, which is no path of words.")
    return Branch(owner, said.id, said.name, float(lon), float(lat))
