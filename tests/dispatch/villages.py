"""Two villages, and how to put people into them: the world of the live picture's tests."""

from __future__ import annotations

import numpy as np

from dispatch.fixes import FixBatch, Verdict
from dispatch.live_picture import LivePicture
from geodata.snapping import Snapper
from tests.towns import CENTRE_LAT, CENTRE_LON, METRES_PER_DEGREE, town

# A main street through two villages 4 km apart, and a footpath from the first one to the hill.
#
#                 H (1000, 900)
#                 :            footpath
#   A ------------ B ------------------------------- C
#   (0, 0)         (1000, 0)                          (5000, 0)
VILLAGES = town(
    {"A": (0, 0), "B": (1000, 0), "C": (5000, 0), "H": (1000, 900)},
    ["A-B-C tertiary", "B-H footway"],
)
NETWORK = VILLAGES.network
SNAPPER = Snapper(NETWORK)
NOON_S = 1_760_000_000.0


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """Degrees of a place given in metres east and north of A."""
    narrowing = np.cos(np.radians(CENTRE_LAT))
    return (
        CENTRE_LON + east_m / METRES_PER_DEGREE / narrowing,
        CENTRE_LAT + north_m / METRES_PER_DEGREE,
    )


class Only:
    """The caller holds just these jurisdictions."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def hold(self, jurisdiction: str) -> bool:
        return jurisdiction in self.names


def empty_picture(**how) -> LivePicture:
    return LivePicture(NETWORK, SNAPPER, **how)


def one_fix(who, east_m, north_m, at_s=0.0, *, kind="rider", jurisdiction="wanzhou", **more):
    """A batch of one fix; times are seconds after noon."""
    more = {name: [value] for name, value in more.items()}
    return FixBatch.of(
        [who],
        *([c] for c in at(east_m, north_m)),
        NOON_S + at_s,
        kind=kind,
        jurisdiction=jurisdiction,
        **more,
    )


def tell(picture, *fix, now_s=None, **more) -> Verdict:
    """Applies one fix, at its own time unless told otherwise."""
    batch = one_fix(*fix, **more)
    now_s = batch.fixed_at_s[0] if now_s is None else NOON_S + now_s
    return Verdict(int(picture.apply(batch, now_s)[0]))


def names(roster) -> list[str]:
    return [responder.responder_id for responder in roster]
