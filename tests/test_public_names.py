"""What the packages say they offer can be had from them."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.parametrize("package", ["geodata", "dispatch", "services"])
def test_every_public_name_is_there_and_described(package):
    """Each name of ``__all__`` can be imported and stands in the package's docstring."""
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None
        if name != "ImportOptions":
            assert f"`{name}`" in module.__doc__


def test_a_name_that_is_not_there_is_refused():
    """As from any module."""
    geodata = importlib.import_module("geodata")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        geodata.nothing  # noqa: B018
