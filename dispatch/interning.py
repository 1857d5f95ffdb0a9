"""Small numbers for values that repeat: jurisdictions, sets of capabilities."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import numpy as np

Value = TypeVar("Value", bound=Hashable)

SPARE_VALUES = 1024
"""As many unused values as this are not worth clearing away."""


class Interned(Generic[Value]):
    """Values by code and codes by value."""

    def __init__(self) -> None:
        self._values: list[Value | None] = []
        self._codes: dict[Value, int] = {}
        self._free: list[int] = []
        self.version = 0
        """Rises whenever a code gets a new meaning."""

    def __getitem__(self, code: int) -> Value:
        return self._values[code]

    def __len__(self) -> int:
        """How many values have a code."""
        return len(self._codes)

    def code(self, value: Value) -> int:
        """The code of a value, a new one if need be."""
        code = self._codes.get(value)
        if code is None:
            if self._free:
                code = self._free.pop()
                self._values[code] = value
            else:
                code = len(self._values)
                self._values.append(value)
            self._codes[value] = code
            self.version += 1
        return code

    def which(self, holds: Callable[[Value], bool]) -> np.ndarray:
        """bool[code]: the values for which `holds` is true; codes without a value are not."""
        values = list(self._values)
        return np.array([value is not None and bool(holds(value)) for value in values], dtype=bool)

    def keep(self, used: np.ndarray) -> None:
        """Lets go of the values whose codes are not among these, once there are many of them.

        So a service that runs for years keeps no more than it uses.
        """
        kept = set(used.tolist())
        if len(self._codes) <= len(kept) + SPARE_VALUES:
            return
        for code, value in enumerate(self._values):
            if value is not None and code not in kept:
                del self._codes[value]
                self._values[code] = None
                self._free.append(code)
