"""Puts areas into the ledger: all of them, checked against each other and those before, or none.

Running processes take them over from their next request on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import shapely
from sqlalchemy import Connection, bindparam, delete, select

from services.areas.checks import Finding, Fit, Misfit, area_m2, fit_of
from services.areas.geojson import FoundArea
from services.areas.lookup import Areas, LoadedArea
from services.errors import LoadError
from services.jurisdictions import EVERYTHING, Jurisdictions, is_jurisdiction
from services.ledger.database import Ledger, now_s
from services.ledger.tables import jurisdictions

MOST_OUTSIDE_SHARE = 0.5
"""An area with more ground than this outside its parent has the wrong parent or the wrong
coordinate system, and is refused; less is told."""
EVERYWHERE = Jurisdictions([EVERYTHING])
ATTEMPTS = 5
"""Tries when others load areas at the same time."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading did and found."""

    loaded: int
    """Areas that are new or were replaced."""
    removed: int
    total: int
    """Areas there are now."""
    fit: Fit


def load_areas(
    ledger: Ledger,
    found: Sequence[FoundArea],
    replacing: Iterable[str] = (),
    held: Jurisdictions = EVERYWHERE,
) -> LoadReport:
    """Take the areas in; those at or below a path in ``replacing`` that are not in them go away.

    Raises LoadError, and changes nothing, where an area has no parent, a path twice, a level that
    does not fit, or lies outside ``held``.
    """
    replacing = Jurisdictions(replacing)
    for _ in range(ATTEMPTS):
        revision = ledger.revisions()["jurisdictions"]
        before = Areas.load(ledger)
        new = _placed(found, before, held)
        _check_held(new, held)
        gone = {
            area.jurisdiction
            for area in before
            if replacing.hold(area.jurisdiction) and area.jurisdiction not in new
        }
        if not all(held.hold(path) for path in [*replacing.names, *gone]):
            raise LoadError("Areas outside the jurisdictions of the key cannot be replaced.")
        after = {area.jurisdiction: area for area in before if area.jurisdiction not in gone}
        after |= {path: area for path, (area, _) in new.items()}
        _check_tree(new, after, gone)
        fit = fit_of(after.values(), new.keys() | gone)
        _check_outside(new, fit)
        fit = replace(fit, findings=(*_repairs(new), *fit.findings))
        if _write(ledger, [area for area, _ in new.values()], gone, revision):
            return LoadReport(len(new), len(gone), len(after), fit)
    raise LoadError("Somebody else keeps loading areas; nothing was changed. Try again.")


def remove_areas(ledger: Ledger, jurisdiction: str) -> int:
    """Forget an area and everything below it: how many there were."""
    below = Jurisdictions([jurisdiction])

    def write(connection: Connection) -> int:
        every = connection.scalars(select(jurisdictions.c.jurisdiction))
        paths = [path for path in every if below.hold(path)]
        if paths:
            ledger.raise_revision(connection, "jurisdictions")
            _delete(connection, paths)
        return len(paths)

    return ledger.transact(write)


Placed = dict[str, tuple[LoadedArea, FoundArea]]


def _placed(found: Sequence[FoundArea], before: Areas, held: Jurisdictions) -> Placed:
    """Each area by its path. Of what was loaded before, only what is held can be referred to."""
    by_code = {
        area.code: area.jurisdiction
        for area in before
        if area.code and held.hold(area.jurisdiction)
    }
    mine: dict[str, FoundArea] = {}
    for one in found:
        if one.code and mine.setdefault(one.code, one) is not one:
            raise LoadError(f"{one.place} and {mine[one.code].place} have the code {one.code}.")
    known = {area.jurisdiction for area in before if held.hold(area.jurisdiction)} | {
        one.jurisdiction for one in found if one.jurisdiction
    }

    def path_of(one: FoundArea, within: tuple[FoundArea, ...] = ()) -> str:
        if one in within:
            raise LoadError(f"{one.place} is said to be inside itself: check 'parent'.")
        if one.parent is None:
            return one.jurisdiction or one.code
        if one.parent in mine and mine[one.parent] is not one:
            parent = path_of(mine[one.parent], (*within, one))
        elif one.parent in known:
            parent = one.parent
        elif one.parent in by_code:
            parent = by_code[one.parent]
        else:
            raise LoadError(
                f"{one.place} is said to be inside {one.parent}, which is neither in the files nor "
                "loaded: load that too, or leave 'parent' out."
            )
        if one.jurisdiction is None:
            return f"{parent}/{one.code}"
        if one.jurisdiction.rpartition("/")[0] != parent:
            raise LoadError(
                f"{one.place} has the path {one.jurisdiction}, but its parent is {parent}."
            )
        return one.jurisdiction

    placed: Placed = {}
    for one in found:
        path = path_of(one)
        if not is_jurisdiction(path):
            raise LoadError(
                f"{one.place} has no usable path: words of letters, digits, '.', '_' and '-' "
                "joined by '/', of 128 characters at most."
            )
        if path in placed:
            raise LoadError(f"{one.place} and {placed[path][1].place} are both {path}.")
        placed[path] = LoadedArea(path, one.name, one.level, one.code, one.geometry), one
    return placed


def _check_held(new: Placed, held: Jurisdictions) -> None:
    for path, (_, one) in new.items():
        if not held.hold(path):
            raise LoadError(f"{one.place} is {path}, outside the jurisdictions of the key.")


def _check_tree(new: Placed, after: dict[str, LoadedArea], gone: set[str]) -> None:
    """Every area has its parent, and the levels go down."""
    for path, area in after.items():
        place = new[path][1].place if path in new else path
        if area.parent is None:
            continue
        parent = after.get(area.parent)
        if parent is None and area.parent in gone:
            raise LoadError(f"{place} would lose its parent {area.parent}: replace that whole.")
        if parent is None:
            raise LoadError(
                f"{place} needs its parent {area.parent}, which is neither in the files nor loaded."
            )
        if parent.level.rank >= area.level.rank:
            raise LoadError(
                f"{place} is a {area.level} inside the {parent.level} {parent.jurisdiction}: the "
                "levels go city, district, station, village, grid."
            )


def _check_outside(new: Placed, fit: Fit) -> None:
    for finding in fit.of(Misfit.OUTSIDE_PARENT):
        if finding.share > MOST_OUTSIDE_SHARE:
            place = (
                new[finding.jurisdiction][1].place
                if finding.jurisdiction in new
                else finding.jurisdiction
            )
            raise LoadError(
                f"{place} lies {finding.share:.0%} outside its parent {finding.other}: check the "
                "parent and the coordinate system (crs)."
            )


def _repairs(new: Placed) -> list[Finding]:
    repairs = []
    for path, (area, one) in new.items():
        if one.repaired:
            point = shapely.point_on_surface(area.geometry)
            size_m2 = float(area_m2(area.geometry))
            repairs.append(
                Finding(Misfit.REPAIRED, path, size_m2, 1.0, point.x, point.y, word=one.repaired)
            )
    return repairs


def _write(ledger: Ledger, new: list[LoadedArea], gone: set[str], revision: int) -> bool:
    """Whether the areas were written: not, where others have changed since ``revision``."""
    rows = [
        {
            "jurisdiction": area.jurisdiction,
            "name": area.name,
            "level": area.level.value,
            "code": area.code,
            "geometry": shapely.to_geojson(area.geometry),
            "changed_at_s": now_s(),
        }
        for area in new
    ]

    def write(connection: Connection) -> None:
        # First the revision: whoever else loads areas waits for this row.
        if ledger.raise_revision(connection, "jurisdictions") != revision + 1:
            raise _OvertakenError
        _delete(connection, [*gone, *(area.jurisdiction for area in new)])
        if rows:
            connection.execute(jurisdictions.insert(), rows)

    try:
        ledger.transact(write)
    except _OvertakenError:
        return False
    return True


class _OvertakenError(Exception):
    """Somebody else has loaded areas meanwhile."""


def _delete(connection: Connection, paths: Sequence[str]) -> None:
    if paths:
        connection.execute(
            delete(jurisdictions).where(jurisdictions.c.jurisdiction == bindparam("path")),
            [{"path": path} for path in paths],
        )
