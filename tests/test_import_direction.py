"""Imports go services → dispatch → geodata and never back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ]
    return subprocess.run(
        [*command, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120
    )


def test_no_package_imports_one_above_it():
    """The contract in pyproject.toml holds for every module."""
    result = lint_imports(PROJECT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_contract_would_notice_an_import_that_goes_up(tmp_path):
    """A geodata that imports dispatch breaks it."""
    for package in ("geodata", "dispatch", "services"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "geodata/wrong.py").write_text("import dispatch\n")
    (tmp_path / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text())
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert "geodata.wrong -> dispatch" in result.stdout
