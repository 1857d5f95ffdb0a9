"""Lengths, weights and durations as OpenStreetMap writes them."""

from __future__ import annotations

import re

_METRES_PER_FOOT = 0.3048
_METRES_PER_INCH = 0.0254
_TONNES_PER_POUND = 0.00045359237
_TONNES_PER_SHORT_TON = 0.90718474
_TONNES_PER_LONG_TON = 1.0160469088

_METRIC = re.compile(r"(\d+(?:[.,]\d+)?)\s*(m|metres?|meters?|cm|mm|km)?")
_FEET = re.compile(r"(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|''|in)?)?")
_INCHES = re.compile(r"(\d+(?:\.\d+)?)\s*(?:\"|''|in)")
_WEIGHT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(t|tonnes?|kg|lbs?|st|lt|cwt)?")
_ISO_DURATION = re.compile(
    r"P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_PLAIN_MINUTES = re.compile(r"(\d+(?:\.\d+)?)\s*(?:min(?:utes?)?)?")
_PLAIN_HOURS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:h|hours?)(?:\s*(\d+)\s*(?:min(?:utes?)?)?)?")

_METRES = {"": 1.0, "m": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0}
_LONGEST_DURATION_S = 7 * 86_400.0


def parse_metres(value: str) -> float | None:
    """Metres; None for ``default``, ``none`` and what is not understood.

    Reads ``2``, ``2.1 m``, ``2,1``, ``210 cm``, ``7'``, ``6'7"``, ``7 ft 6 in``.
    """
    value = value.strip().lower()
    if match := _METRIC.fullmatch(value):
        unit = match[2] or ""
        return float(match[1].replace(",", ".")) * _METRES.get(unit, 1.0)
    if match := _FEET.fullmatch(value):
        return float(match[1]) * _METRES_PER_FOOT + float(match[2] or 0) * _METRES_PER_INCH
    if match := _INCHES.fullmatch(value):
        return float(match[1]) * _METRES_PER_INCH
    return None


def parse_tonnes(value: str) -> float | None:
    """Tonnes; None for what is not understood. Reads ``3.5``, ``3,5 t``, ``1500 kg``, ``8000 lbs``,
    ``10 st`` (short tons)."""
    match = _WEIGHT.fullmatch(value.strip().lower())
    if match is None:
        return None
    number, unit = float(match[1].replace(",", ".")), match[2] or "t"
    match unit:
        case "kg":
            return number / 1000
        case "lb" | "lbs":
            return number * _TONNES_PER_POUND
        case "st":
            return number * _TONNES_PER_SHORT_TON
        case "lt":
            return number * _TONNES_PER_LONG_TON
        case "cwt":
            return number * _TONNES_PER_LONG_TON / 20
    return number


def parse_duration_s(value: str) -> float | None:
    """Seconds, more than 0 and at most a week; None for what is not understood.

    Reads ``20`` (minutes), ``20 min``, ``1:30`` and ``01:30`` (hours, minutes), ``00:20:30``,
    ``1 h 30 min``, and ISO 8601 such as ``PT1H30M``.
    """
    text = value.strip()
    seconds = _duration_s(text)
    if seconds is None or not 0 < seconds <= _LONGEST_DURATION_S:
        return None
    return seconds


def _duration_s(text: str) -> float | None:
    if ":" in text:
        parts = text.split(":")
        if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts):
            return None
        hours, minutes, seconds = (*map(int, parts), 0)[:3]
        return hours * 3600.0 + minutes * 60.0 + seconds if max(minutes, seconds) < 60 else None
    if match := _ISO_DURATION.fullmatch(text.upper()):
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if match := _PLAIN_MINUTES.fullmatch(text.lower()):
        return float(match[1]) * 60
    if match := _PLAIN_HOURS.fullmatch(text.lower()):
        return float(match[1]) * 3600 + float(match[2] or 0) * 60
    return None
