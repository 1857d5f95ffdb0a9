"""Factors of a mode fitted to drives that really happened.

A drive is what the map expected, split by kind of road, and what the clock said. The fit finds the
factors under which expectation and clock agree best, and stays near the present ones where the
drives say little.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from scipy.optimize import lsq_linear

from geodata.errors import RequestError
from geodata.modes.mode import Mode
from geodata.modes.way_description import ROAD_KIND_BY_CLASS
from geodata.network import RoadNetwork

_FASTEST, _SLOWEST = 0.25, 4.0
"""A fit never makes a road more than four times as fast or as slow as the table: beyond that the
drives are wrong, or the map is."""

_PRIOR_SHARE = 0.001
"""Weight of the present factors: as much as drives of this share of all the time on a road ..."""
_USUAL_CHANGE = 0.25
"""... and as much as a centre's roads, which take a quarter more or less than the table says, weigh
against the scatter of the drives: a kind of road that a few drives touched stays as it was."""


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive, as expected and as it was."""

    driving_s: Mapping[str, float]
    """Seconds expected on each kind of road, by the words of the mode's table."""
    junctions_s: float
    """Seconds expected for turns and signals."""
    observed_s: float
    """Seconds by the clock, between leaving and arriving."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Factors that fit, and how well the mode fitted before and fits after (root mean square)."""

    factors: Mapping[str, float]
    junction_factor: float
    error_before_s: float
    error_after_s: float

    def slower(self, mode: Mode, kind: str) -> float:
        """By how much longer a kind of road takes than by the mode's table."""
        return mode.factors.get(kind, 1.0) / self.factors[kind] if kind in self.factors else 1.0

    def expected_s(self, mode: Mode, drive: Drive) -> float:
        """Seconds that a drive of the mode takes with these factors."""
        driving_s = sum(s * self.slower(mode, kind) for kind, s in drive.driving_s.items())
        return driving_s + drive.junctions_s * self.junction_factor

    def applied_to(self, mode: Mode) -> Mode:
        """The mode with these factors."""
        return mode.with_factors(
            self.factors,
            turn_factor=self.junction_factor,
            signals_factor=self.junction_factor,
        )


def expected_driving_s(
    network: RoadNetwork, mode_name: str, arcs: np.ndarray, share: np.ndarray | None = None
) -> dict[str, float]:
    """Seconds that the map expects on each kind of road along a path of arcs; ``share`` is
    float64[arc], which share of each is driven, all of it where not given."""
    base = network.arc_base[np.asarray(arcs)]
    time_s = network.modes[mode_name].travel_time_ms[base] / 1000.0
    if share is not None:
        time_s = time_s * share
    by_class = np.bincount(
        network.edge_class[base >> 1], weights=time_s, minlength=len(ROAD_KIND_BY_CLASS)
    )
    return {
        kind: float(seconds)
        for kind, seconds in zip(ROAD_KIND_BY_CLASS, by_class, strict=True)
        if seconds > 0
    }


def fit_factors(mode: Mode, drives: Sequence[Drive]) -> Calibration:
    """The factors of the mode under which the drives take as long as they took.

    Bounded linear least squares in the time per metre of each kind of road and one factor for all
    junctions, with a pull to the present values: that of a normal prior (ridge regression, Hoerl
    and Kennard, Technometrics 12, 1970), whose weight follows from the scatter of a first fit.
    Raises RequestError without drives, or where
    a drive took no time.
    """
    if not drives:
        raise RequestError("a calibration needs at least one drive")
    if any(not 0 < drive.observed_s < 86_400 for drive in drives):
        raise RequestError(
            "every drive of a calibration must take more than 0 s and less than a day"
        )
    driven = {kind for drive in drives for kind, seconds in drive.driving_s.items() if seconds > 0}
    kinds = sorted(driven & {*mode.road_kph, *mode.opened_kph})
    expected_s = np.array(
        [
            [drive.driving_s.get(kind, 0.0) for kind in kinds] + [drive.junctions_s]
            for drive in drives
        ]
    )
    # what the table cannot be calibrated for (a ferry) is taken as expected
    fixed_s = np.array(
        [sum(s for kind, s in drive.driving_s.items() if kind not in kinds) for drive in drives]
    )
    observed_s = np.array([drive.observed_s for drive in drives]) - fixed_s
    weak = np.sqrt(_PRIOR_SHARE * (expected_s**2).sum(axis=0)) + 1e-9
    slower = _pulled(expected_s, observed_s, weak)
    scatter_s = _root_mean_square(expected_s @ slower - observed_s)
    slower = _pulled(expected_s, observed_s, np.maximum(weak, scatter_s / _USUAL_CHANGE))
    return Calibration(
        factors=MappingProxyType(
            {
                kind: float(np.clip(mode.factors.get(kind, 1.0) / slow, 0.1, 5.0))
                for kind, slow in zip(kinds, slower[:-1], strict=True)
            }
        ),
        junction_factor=float(slower[-1]),
        error_before_s=_root_mean_square(expected_s.sum(axis=1) - observed_s),
        error_after_s=_root_mean_square(expected_s @ slower - observed_s),
    )


def _pulled(expected_s: np.ndarray, observed_s: np.ndarray, pull_s: np.ndarray) -> np.ndarray:
    """float64[kind]: by how much longer each kind takes; ``pull_s`` draws each towards 1."""
    fit = lsq_linear(
        np.vstack([expected_s, np.diag(pull_s)]),
        np.concatenate([observed_s, pull_s]),
        bounds=(_FASTEST, _SLOWEST),
    )
    return fit.x


def _root_mean_square(errors: np.ndarray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


_NUMBERS = ("turn_factor", "signals_factor", "bus_lane_factor", "against_one_way_kph")


def calibrated_modes(
    modes: Mapping[str, Mode], settings: Mapping[str, Mapping[str, object]]
) -> dict[str, Mode]:
    """The modes with the settings of a centre: for each mode the arguments of
    :meth:`Mode.with_factors`, as read from a TOML file such as::

        [police]
        turn_factor = 0.9
        [police.factors]
        primary = 1.3

    Raises RequestError for an unknown mode or setting, and for a number out of range.
    """
    calibrated = dict(modes)
    for name, given in settings.items():
        if name not in modes:
            raise RequestError(f"no mode {name!r} to calibrate; the modes are {', '.join(modes)}")
        if not isinstance(given, Mapping) or not isinstance(given.get("factors", {}), Mapping):
            raise RequestError(f"the calibration of {name} must be a table with a table 'factors'")
        unknown = sorted(set(given) - {"factors", *_NUMBERS})
        if unknown:
            raise RequestError(
                f"no setting {unknown[0]!r} in the calibration of {name}; there are factors, "
                + ", ".join(_NUMBERS)
            )
        numbers = {key: given[key] for key in _NUMBERS if key in given}
        for key, value in {**given.get("factors", {}), **numbers}.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise RequestError(f"{key} in the calibration of {name} must be a number")
        calibrated[name] = modes[name].with_factors(given.get("factors"), **numbers)
    return calibrated


def calibration_text(
    settings: Mapping[str, Mapping[str, object]], heading: Sequence[str] = ()
) -> str:
    """The TOML text of such settings, after some lines of comment: read again it gives them."""
    lines = [f"# {line}".rstrip() for line in heading]
    for name, given in settings.items():
        lines += ["", f"[{name}]"]
        lines += [f"{key} = {given[key]!r}" for key in _NUMBERS if key in given]
        if factors := given.get("factors"):
            lines += ["", f"[{name}.factors]"]
            lines += [f"{kind} = {factor!r}" for kind, factor in factors.items()]
    return "\n".join(lines).strip() + "\n"


def settings_of(file: Path) -> dict[str, dict[str, object]]:
    """What a centre's TOML file says; RequestError says what is wrong with it."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestError(f"cannot read the calibration {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"the calibration {file} is not TOML: {error}") from error


def read_calibration(file: Path, modes: Mapping[str, Mode]) -> dict[str, Mode]:
    """The modes as a centre's TOML file calibrates them; RequestError says what is wrong."""
    return calibrated_modes(modes, settings_of(file))
