"""The pages arrive whole, and load nothing from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from services.errors import ProblemError
from services.page_files import BUILT, PageFiles
from tests.pages.browsers import visiting


@pytest.mark.parametrize("path", ["/console", "/u/any-token"])
def test_a_page_comes_with_everything_it_names(browser, shared_service, path):
    """Every file that the page names is there and safe to run; what has its content in its name
    may be kept for ever."""
    page = httpx.get(shared_service.address + path)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-cache"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    names = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert names
    for name in names:
        file = httpx.get(shared_service.address + name)
        assert file.status_code == 200, name
        kept = "immutable" if name.startswith("/pages/assets/") else "no-cache"
        assert kept in file.headers["cache-control"]
        assert file.headers["x-content-type-options"] == "nosniff"
        again = httpx.get(
            shared_service.address + name, headers={"If-None-Match": file.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")


def test_the_licences_of_what_is_bundled_come_with_it(browser, shared_service):
    """Theirs want to go with every copy, and minified files have lost them."""
    text = httpx.get(f"{shared_service.address}/pages/licences.md").text
    bundled = json.loads(Path("services/pages/package.json").read_text())["dependencies"]
    for name, version in bundled.items():
        assert f"## {name} - {version} (" in text
    assert "Redistributions in binary form must reproduce the above copyright" in text


def test_a_page_runs_under_its_own_policy(browser, shared_service):
    """The browser refuses nothing of it, and it asks nobody else for anything."""
    with visiting(browser, shared_service.address) as visit:
        page = visit.open("/console")
        page.wait_for_selector("h1")
        assert page.evaluate("document.documentElement.lang") == "en"


def test_a_checkout_without_built_pages_says_what_to_do(tmp_path):
    """One clear sentence that names the command."""
    with pytest.raises(ProblemError, match="run 'make pages'"):
        PageFiles(tmp_path).file("console.html")


@pytest.mark.parametrize("name", ["../page_files.py", "..%2Fpage_files.py", "assets", ""])
def test_no_other_file_can_be_had(shared_service, name):
    """Only what was built has a name."""
    answer = httpx.get(f"{shared_service.address}/pages/{name}")
    assert answer.status_code in (404, 503)


def test_no_page_makes_markup_of_words():
    """Texts are put in as texts: nothing in the sources parses markup at run time."""
    sources = [
        path
        for folder in ("console", "field", "foundation")
        for path in (BUILT.parent / folder).rglob("*.ts*")
    ]
    assert len(sources) > 20
    for path in sources:
        text = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "setHTML"):
            assert word not in text, f"{path}: {word}"
