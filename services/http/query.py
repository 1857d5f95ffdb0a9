"""Reads query parameters strictly: unknown ones, repeated ones and wrong values are refused."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from datetime import datetime

from fastapi import Request

from services.errors import ProblemError

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


class Query:
    """The query parameters of one request."""

    def __init__(self, request: Request, known: Collection[str]) -> None:
        self._values: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name not in known:
                names = ", ".join(sorted(known))
                raise ProblemError(
                    "invalid-value", f"There is no such parameter; there are: {names}."
                )
            if name in self._values:
                raise ProblemError("invalid-value", f"'{name}' is given more than once.")
            self._values[name] = value

    def text(self, name: str) -> str | None:
        return self._values.get(name)

    def number(self, name: str, default: float, least: float, most: float) -> float:
        text = self._values.get(name)
        if text is None:
            return default
        return _number(name, text, least, most)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        text = self._values.get(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not least <= int(text[:18]) <= most:
            raise ProblemError("invalid-value", f"'{name}' is a whole number, {least} to {most}.")
        return int(text)

    def numbers(
        self, name: str, most_of_them: int, least: float, most: float
    ) -> list[float] | None:
        """Numbers between commas; None where the parameter is missing."""
        text = self._values.get(name)
        if text is None:
            return None
        parts = text.split(",")
        if len(parts) > most_of_them:
            raise ProblemError(
                "invalid-value", f"'{name}' is 1 to {most_of_them} numbers between commas."
            )
        return [_number(name, part, least, most) for part in parts]

    def flag(self, name: str) -> bool:
        text = self._values.get(name, "false")
        if text not in ("true", "false"):
            raise ProblemError("invalid-value", f"'{name}' is true or false.")
        return text == "true"

    def moment_s(self, name: str, default_s: float) -> float:
        """A time with its zone, such as 2026-10-12T09:15:02Z, as UTC seconds since 1970."""
        text = self._values.get(name)
        if text is None:
            return default_s
        try:
            # A '+' that was not encoded arrives as a space.
            moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
            if moment.tzinfo is not None:
                return moment.timestamp()
        except (ValueError, OverflowError):
            pass
        raise ProblemError(
            "invalid-value", f"'{name}' is a time with its zone, such as 2026-10-12T09:15:02Z."
        )

    def words(self, name: str, known: Collection[str]) -> list[str] | None:
        """Words between commas, each a known one; None where the parameter is missing."""
        text = self._values.get(name)
        if text is None:
            return None
        words = text.split(",")
        if any(word not in known for word in words):
            raise ProblemError(
                "invalid-value", f"'{name}' is one or several of {', '.join(known)}."
            )
        return words

    def word(self, name: str, known: Collection[str], default: str) -> str:
        text = self._values.get(name, default)
        if text not in known:
            raise ProblemError("invalid-value", f"'{name}' is one of {', '.join(known)}.")
        return text

    def lon_lat(self, name: str) -> tuple[float, float]:
        """A required ``lon,lat``."""
        parts = self._values.get(name, "").split(",")
        if len(parts) != 2:
            raise ProblemError("invalid-value", f"'{name}' is needed: longitude,latitude.")
        return (
            _number(f"{name} longitude", parts[0], -180.0, 180.0),
            _number(f"{name} latitude", parts[1], -90.0, 90.0),
        )


def _number(name: str, text: str, least: float, most: float) -> float:
    if _NUMBER.fullmatch(text) is not None:
        value = float(text)
        if math.isfinite(value) and least <= value <= most:
            return value
    raise ProblemError("invalid-value", f"'{name}' is a number, {least:g} to {most:g}.")
