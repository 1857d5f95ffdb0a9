"""A mode of travel as one table: what it may use, how fast, and what turns and signals cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from geodata.errors import RequestError
from geodata.tags.access import Access


def _nothing() -> Mapping:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Size:
    """The vehicle, against the signs that bar what is higher, wider, longer or heavier."""

    height_m: float
    width_m: float
    length_m: float
    weight_t: float


@dataclass(frozen=True, slots=True)
class TurnCosts:
    """Seconds that junctions take. Every number is for traffic that drives on the right."""

    right_s: float
    """A right turn of 90°; a sharper one costs up to twice as much, a slight bend almost none."""
    left_s: float
    """A left turn of 90°, which crosses oncoming traffic."""
    u_turn_s: float
    """Turning round on the road."""
    signals_s: float
    """Passing a traffic signal: the mean of red and green."""
    stop_s: float
    """Passing a stop sign."""
    give_way_s: float
    """Passing a give-way sign."""


@dataclass(frozen=True, slots=True)
class Barriers:
    """What stands in the way; kinds as :func:`geodata.tags.barriers.barrier_kind` names them."""

    delay_s: Mapping[str, float]
    """Barriers that let this mode pass, and the seconds they take."""
    blocks: frozenset[str]
    """Barriers that stop this mode unless their own tags open them."""
    otherwise_blocks: bool
    """Whether a barrier named in neither table stops this mode."""
    opened_s: float
    """Seconds at a barrier that its own tags open for this mode (a bollard is lowered, a gate
    opened)."""
    business_s: float
    """Seconds at a barrier for those who have business behind it (``access=private``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """One way of travelling. Speeds are means of free driving between junctions, in km/h.

    Keys of the speed tables are OSM's words: the ``highway`` value, or ``ferry``,
    ``shuttle_train``, ``platform``, ``pier``, ``parking`` for ways that are no highways.
    """

    name: str

    # --- what it may use -------------------------------------------------------------------
    road_kph: Mapping[str, float]
    """Kinds of road that are open unless a tag closes them, and the speed on each."""
    opened_kph: Mapping[str, float]
    """Kinds of road that are closed unless a tag names this mode, and the speed on each."""
    access_keys: tuple[str, ...]
    """Access keys that speak about this mode, the most specific first."""
    access_words: Mapping[str, Access]
    """What the words of those keys mean for this mode."""
    opened_by: tuple[str, ...] = ()
    """Keys whose ``yes`` opens what the hierarchy closes (``bus=yes`` for police)."""
    overridden_by: str = ""
    """Key that overrules the whole hierarchy either way (``emergency`` for police)."""
    traffic_ban_keys: tuple[str, ...] = ()
    """Keys whose ``no`` is a traffic sign that this mode may pass on business, not a wall."""
    no_through_kinds: frozenset[str] = frozenset()
    """Kinds of road that this mode uses only where its journey begins or ends."""
    no_through_services: frozenset[str] = frozenset()
    """The same for values of ``service``."""
    closed_services: frozenset[str] = frozenset()
    """Values of ``service`` that are closed to this mode."""
    carpool_lanes: bool = True
    """May use roads kept for cars with passengers (``hov=designated``); else only on business."""
    expressways: bool = True
    """May use roads for fast motor traffic only (``motorroad=yes``, a trunk road with separate
    carriageways)."""
    areas: bool = False
    """May cross areas (``area=yes``)."""
    construction_sites: bool = False
    """May pass roads on which something is being built (``construction=yes`` on an open road)."""
    path_keys: tuple[str, ...] = ()
    """``cycleway`` or ``sidewalk``: where it is mapped as a way of its own this mode is there, and
    where it is part of an expressway this mode may use it."""
    ferry_needs_tag: bool = False
    """A ferry that names its passengers must name this mode's vehicles too."""
    size: Size | None = None
    bus_lane_factor: float = 1.0
    """Speed gained on roads with a bus lane that this mode may use."""

    # --- one-way streets -------------------------------------------------------------------
    one_way_keys: tuple[str, ...] = ()
    """Vehicle kinds of ``oneway:KIND``, the most specific first."""
    one_way_holds: bool = True
    """Whether plain ``oneway`` and the one-way implied by motorways and roundabouts hold."""
    contraflow_keys: tuple[str, ...] = ()
    """Whose lane against a one-way street this mode may use (``bicycle``, ``bus``)."""
    against_one_way_kph: float = 0.0
    """Speed against a one-way street, 0 where it may not."""
    against_one_way_kinds: frozenset[str] = frozenset()
    """Kinds of road on which it may go against a one-way street."""

    # --- how fast ----------------------------------------------------------------------------
    max_kph: float = 0.0
    limit_share: float = 0.0
    """Mean speed as a share of a signed speed limit; 0: the limit only slows."""
    small_road_lift: float = 1.0
    """A signed limit lifts the speed on a small road at most by this factor."""
    small_kinds: frozenset[str] = frozenset()
    """Roads whose signed limit says little about how fast one can drive."""
    caps_kph: Mapping[str, Mapping[str, float]] = field(default_factory=_nothing)
    """Most on each value of a key: ``surface``, ``tracktype``, ``smoothness``, ``service`` ...;
    0 cannot be passed."""
    narrow_factor: float = 1.0
    """Factor on two-way roads with one lane."""
    alternating_factor: float = 0.5
    """Factor where the directions take turns (``oneway=alternating``)."""
    pushing_kph: float = 0.0
    """Speed on foot with the vehicle where riding is not allowed, 0 where it is left behind."""
    walks_as: Mode | None = None
    """The mode whose rules hold while pushing."""
    not_pushed_on: frozenset[str] = frozenset()
    """Kinds of way on which the vehicle is not pushed either."""
    pushes_up_steps: bool = False
    """Whether steps without a ramp can be climbed while pushing."""
    factors: Mapping[str, float] = field(default_factory=_nothing)
    """Factor on the speed by kind of road, to be calibrated; 1 where absent."""

    # --- junctions ---------------------------------------------------------------------------
    turns: TurnCosts = field(default_factory=lambda: TurnCosts(0, 0, 0, 0, 0, 0))
    barriers: Barriers = field(
        default_factory=lambda: Barriers({}, frozenset(), False, 0.0, 0.0),
    )
    node_delay_s: Mapping[str, float] = field(default_factory=_nothing)
    """Seconds at things that are no barrier: ``toll_booth``, ``level_crossing``, ``elevator``."""
    restriction_kinds: tuple[str, ...] = ()
    """Vehicle kinds of ``restriction:KIND`` that speak about this mode, most specific first."""
    plain_restrictions_hold: bool = True
    """Whether ``restriction`` without a vehicle kind binds."""
    exempt_as: frozenset[str] = frozenset()
    """Words of ``except`` that free this mode."""
    u_turn_kinds: frozenset[str] = frozenset()
    """Kinds of road on which it may turn round at a junction; at a dead end everyone may."""

    def with_factors(
        self,
        factors: Mapping[str, float] | None = None,
        *,
        turn_factor: float = 1.0,
        signals_factor: float = 1.0,
        bus_lane_factor: float | None = None,
        against_one_way_kph: float | None = None,
    ) -> Mode:
        """The same mode, calibrated.

        ``factors`` replaces the speed factors of the kinds of road it names, ``bus_lane_factor``
        and ``against_one_way_kph`` the table's numbers (0 km/h forbids going against one-way
        streets); ``turn_factor`` and ``signals_factor`` scale what turns and signals cost.
        Factors must be in 0.1..5.
        Raises RequestError for an unknown kind of road or a number out of range.
        """
        factors = dict(factors or {})
        for kind, factor in factors.items():
            if kind not in self.road_kph and kind not in self.opened_kph:
                raise RequestError(
                    f"mode {self.name} has no road class {kind!r}; it has "
                    + ", ".join(sorted({*self.road_kph, *self.opened_kph}))
                )
            _check_factor(f"speed factor of {kind}", factor)
        _check_factor("turn factor", turn_factor)
        _check_factor("signals factor", signals_factor)
        bus_lane = self.bus_lane_factor if bus_lane_factor is None else bus_lane_factor
        _check_factor("bus lane factor", bus_lane)
        against = self.against_one_way_kph if against_one_way_kph is None else against_one_way_kph
        if not 0 <= against <= 30:
            raise RequestError("the speed against a one-way street must be 0 to 30 km/h")
        costs = self.turns
        return replace(
            self,
            factors=MappingProxyType({**self.factors, **factors}),
            bus_lane_factor=bus_lane,
            against_one_way_kph=against,
            turns=replace(
                costs,
                right_s=costs.right_s * turn_factor,
                left_s=costs.left_s * turn_factor,
                u_turn_s=costs.u_turn_s * turn_factor,
                signals_s=costs.signals_s * signals_factor,
            ),
        )


def _check_factor(what: str, factor: float) -> None:
    if not 0.1 <= factor <= 5:
        raise RequestError(f"the {what} must be 0.1 to 5, not {factor!r}")
