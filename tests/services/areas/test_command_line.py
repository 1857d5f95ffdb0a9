"""``forestall jurisdictions`` and ``forestall branches``."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from services.areas.lookup import Areas
from services.branches import BranchBook
from services.cli import branches, jurisdictions
from services.errors import LoadError
from services.ledger.database import Ledger
from tests.services.areas.squares import WHOLE, collection, feature, lon_lat


@pytest.fixture
def url(tmp_path, monkeypatch):
    address = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    monkeypatch.setenv("FORESTALL_DATABASE_URL", address)
    return address


def file_of(tmp_path, *features, name="areas.geojson", **members):
    path = tmp_path / name
    path.write_text(json.dumps(collection(*features, **members)), encoding="utf-8")
    return str(path)


def run(app, *arguments) -> str:
    done = CliRunner().invoke(app, arguments)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def paths(url: str) -> list[str]:
    return [area.jurisdiction for area in Areas.load(Ledger(url))]


def test_several_files_are_loaded_together_and_their_misfits_told(tmp_path, url):
    """A child in one file, its parent in the other."""
    first = file_of(tmp_path, *WHOLE[1:], name="1.geojson")
    second = file_of(tmp_path, WHOLE[0], name="2.geojson")
    told = run(jurisdictions.app, "load", first, second)
    assert told.startswith("5 areas loaded, 0 removed; there are 5.")
    assert "w/west/v has no part for" in told
    assert paths(url) == ["w", "w/east", "w/west", "w/west/v", "w/west/v/g"]
    listed = run(jurisdictions.app, "list", "--below", "w/west")
    assert "w/west/v" in listed
    assert "w/east" not in listed


def test_a_long_list_of_misfits_is_cut_unless_all_is_asked_for(tmp_path, url):
    """The largest come first."""
    strips = [feature(f"w/s{x:02d}", "station", x / 4, 0, x / 4 + 0.1, 10) for x in range(40)]
    file = file_of(tmp_path, WHOLE[0], *strips)
    cut = run(jurisdictions.app, "load", file)
    assert cut.count("has no part for") == jurisdictions.MOST_TOLD
    assert "and 20 more of this kind: --all" in cut
    assert run(jurisdictions.app, "load", file, "--all").count("has no part for") == 40


def test_what_is_replaced_or_removed_is_gone(tmp_path, url):
    """And what has no such path is an error."""
    run(jurisdictions.app, "load", file_of(tmp_path, *WHOLE))
    told = run(jurisdictions.app, "load", file_of(tmp_path, *WHOLE[:3]), "--replace", "w")
    assert told.startswith("3 areas loaded, 2 removed; there are 3.")
    assert run(jurisdictions.app, "remove", "w/east") == "1 areas removed.\n"
    with pytest.raises(LoadError, match="No area has the path w/east"):
        run(jurisdictions.app, "remove", "w/east")


def test_a_bad_file_ends_in_one_sentence_and_leaves_the_old_areas(tmp_path, url):
    """Exit code 2; a good file beside it is not loaded either."""
    run(jurisdictions.app, "load", file_of(tmp_path, *WHOLE))
    good = file_of(tmp_path, feature("k", "district", 50, 50, 60, 60), name="good.geojson")
    bad = file_of(tmp_path, feature("q/s", "station", 0, 0, 1, 1), name="bad.geojson")
    for file in (bad, str(tmp_path / "absent.geojson")):
        with pytest.raises(LoadError):
            run(jurisdictions.app, "load", good, file)
    assert "k" not in paths(url)


def test_branches_are_loaded_with_the_areas_that_they_lie_in(tmp_path, url):
    """CSV and JSON; those in no area need their jurisdiction said."""
    run(jurisdictions.app, "load", file_of(tmp_path, *WHOLE))
    lon, lat = lon_lat(2, 2)
    table = tmp_path / "branches.csv"
    table.write_text(f"id,name,lon,lat\n1,工行高笋塘支行,{lon},{lat}\n", encoding="gb18030")
    assert run(branches.app, "load", str(table)) == "1 branches loaded.\n"
    (branch,) = BranchBook.load(Ledger(url))
    assert (branch.jurisdiction, branch.name) == ("w/west/v/g", "工行高笋塘支行")
    assert "工行高笋塘支行" in run(branches.app, "list")
    table.write_text("id,name,lon,lat\n2,x,0,0\n", encoding="utf-8")
    with pytest.raises(LoadError, match="in no loaded area"):
        run(branches.app, "load", str(table))
    run(branches.app, "load", str(table), "--jurisdiction", "k")
    assert len(BranchBook.load(Ledger(url))) == 2


def test_the_sketch_comes_with_its_areas(tmp_path, url):
    """From the installed command: written, loaded, and errors end in exit code 2."""

    def forestall(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments], capture_output=True, text=True
        )

    areas = tmp_path / "a" / "areas.geojson"
    drawn = forestall("sample", str(tmp_path / "sketch.osm.pbf"), "--areas", str(areas))
    assert drawn.returncode == 0, drawn.stderr
    loaded = forestall("jurisdictions", "load", str(areas))
    assert loaded.returncode == 0, loaded.stderr
    assert "500101/gaosuntang/community-1/grid-1" in paths(url)
    areas.write_text("{}", encoding="utf-8")
    refused = forestall("jurisdictions", "load", str(areas))
    assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (2, 1)
