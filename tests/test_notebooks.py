"""What the notebooks must be before they are run: `make test` runs them themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def cells_of(notebook: Path) -> list[dict]:
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_cleared(notebook):
    """What was computed on one machine says nothing in another's checkout."""
    for cell in cells_of(notebook):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "clear the outputs before committing"
            assert cell["execution_count"] is None, "clear the outputs before committing"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_begins_with_the_question_and_ends_with_the_decision(notebook):
    """A chapter, and one variable that switches to a real map."""
    cells = cells_of(notebook)
    words = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert "?" in words[0].splitlines()[0]
    assert "## The decision" in words[-1]
    assert sum(source.count("MAP = None") for source in code) == 1


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_is_fetched_from_the_internet(notebook):
    """No tiles, no web maps, no addresses."""
    source = notebook.read_text(encoding="utf-8")
    for word in ("http://", "https://", "contextily", "folium", ".explore("):
        assert word not in source
