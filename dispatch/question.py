"""What a dispatcher asks and what they are told: the words of a recommendation.

Times are seconds, distances metres, coordinates WGS-84. Nothing here computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dispatch.errors import QuestionError
from dispatch.responders import Status
from geodata.changes import RoadChanges
from geodata.positions import RoadPositions
from geodata.road_path import RoadPath

MOST_PLACES = 16
"""Candidate places in one question: an address has a handful of readings, not dozens."""
MOST_WANTED = 100
"""Responders of one want: more is an operation, not a dispatch."""
MOST_ACCURACY_M = 2_000.0
"""A place known less well than this is a search area, not an address."""


@dataclass(frozen=True, slots=True)
class CandidatePlace:
    """One place where the victim may be."""

    lon: float
    lat: float
    accuracy_m: float = 0.0
    """The victim is within this radius."""
    weight: float = 1.0
    """How likely it is, compared with the other candidates."""

    def __post_init__(self) -> None:
        if not (-180.0 <= self.lon <= 180.0 and -90.0 <= self.lat <= 90.0):
            raise QuestionError("A place needs a longitude in -180..180 and a latitude in -90..90.")
        if not 0.0 <= self.accuracy_m <= MOST_ACCURACY_M:
            raise QuestionError(f"The accuracy of a place is 0 to {MOST_ACCURACY_M:.0f} metres.")
        if not 0.0 < self.weight < float("inf"):
            raise QuestionError("The weight of a place is a number above 0.")


@dataclass(frozen=True, slots=True)
class Want:
    """How many of which kinds."""

    kinds: frozenset[str]
    count: int = 1
    modes: frozenset[str] = frozenset()
    """Only those who travel like this; empty: however they travel."""
    within: tuple[str, ...] = ()
    """Only those of these jurisdictions and of what lies below them; empty: of any."""
    set_back_s: Mapping[str, float] = field(default_factory=dict)
    """Seconds by which a kind is ranked behind its arrival, for instance because many of that kind
    decline. Kinds that are not named are ranked by their arrival."""

    def __post_init__(self) -> None:
        if not self.kinds:
            raise QuestionError("A want names at least one kind of responder.")
        if not 1 <= self.count <= MOST_WANTED:
            raise QuestionError(f"A want asks for 1 to {MOST_WANTED} responders.")
        if not all(0.0 <= seconds <= 86_400.0 for seconds in self.set_back_s.values()):
            raise QuestionError("A kind is set back by 0 to 86,400 seconds.")


@dataclass(frozen=True, slots=True)
class Question:
    """Who should go?"""

    places: tuple[CandidatePlace, ...]
    wants: tuple[Want, ...]
    changes: RoadChanges | None = None
    """Closures and speeds of this question alone."""
    limit_s: float = 3_600.0
    """Nobody who takes longer, turn-out included."""
    without: frozenset[tuple[str, str]] = frozenset()
    """Jurisdiction and id of responders not to be considered, for instance who have declined."""
    capabilities: frozenset[str] = frozenset()
    """What everybody who goes must be able to do."""
    engaged: Mapping[tuple[str, str], Status] = field(default_factory=dict)
    """What responders are known to be doing, whatever the picture says of them: those who have an
    assignment. Nobody who is not available goes."""
    sent: frozenset[tuple[str, str]] = frozenset()
    """Who has been sent there already."""
    only: frozenset[tuple[str, str]] | None = None
    """Nobody but these is considered; None: everybody is."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.places) <= MOST_PLACES:
            raise QuestionError(f"A question has 1 to {MOST_PLACES} candidate places.")
        if not self.wants:
            raise QuestionError("A question has at least one want.")
        if not 0.0 < self.limit_s <= 86_400.0:
            raise QuestionError("The time limit is above 0 and at most 86,400 seconds.")


@dataclass(frozen=True, slots=True)
class Choice:
    """One responder who should go."""

    responder_id: str
    jurisdiction: str
    kind: str
    mode: str
    eta_s: float
    """Until they are there: the sum of the four below; over several places, the weighted mean."""
    turn_out_s: float
    doubt_s: float
    """Added because the fix is old."""
    drive_s: float
    """To the likeliest place."""
    elsewhere_s: float
    """What the other places where the victim may be add to the mean; 0 for one place, below 0
    where the others are nearer."""
    distance_m: float
    """By road, to the likeliest place."""
    line_m: float
    """In a straight line, to the likeliest place."""
    fix_age_s: float
    lon: float
    lat: float
    """Where that fix was."""
    path: RoadPath
    """The drive to the likeliest place."""
    edge: int
    """Where they are on the road now: the edge ..."""
    fraction: float
    """... and the share of its length before them."""
    set_back_s: float = 0.0
    """Added to ``eta_s`` in the ranking (see ``Want.set_back_s``)."""

    @property
    def origin(self) -> RoadPositions:
        """Where they are on the road now, one position."""
        return RoadPositions.on_edges([self.edge], [self.fraction])


class PassedOverReason(StrEnum):
    """Why somebody who looks nearer on the map does not go."""

    SLOWER_BY_ROAD = "slower_by_road"
    ACROSS_BRIDGE = "across_bridge"
    THROUGH_TUNNEL = "through_tunnel"
    BEYOND_LIMIT = "beyond_limit"
    NO_WAY = "no_way"
    OLD_FIX = "old_fix"
    BUSY = "busy"
    OUT_OF_NETWORK = "out_of_network"
    NOT_CAPABLE = "not_capable"
    EXCLUDED = "excluded"
    ENOUGH_CHOSEN = "enough_chosen"
    LESS_LIKELY = "less_likely"
    ALREADY_SENT = "already_sent"
    NEEDED_ELSEWHERE = "needed_elsewhere"
    """Another incident that waited at the same moment needs them more."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """One responder who is nearer in a straight line than somebody chosen, and why they lost."""

    responder_id: str
    jurisdiction: str
    kind: str
    line_m: float
    reason: PassedOverReason
    eta_s: float | None = None
    """None where it was not worth computing: see the reason."""
    distance_m: float | None = None
    landmark: str = ""
    """Name of the bridge or tunnel that the way leads over."""
    slower_than_s: float | None = None
    """For ``beyond_limit``: the time that they would take at least."""


class ShortfallReason(StrEnum):
    """Why there are not enough."""

    NONE_KNOWN = "none_known"
    NO_MORE_KNOWN = "no_more_known"
    NONE_IN_REACH = "none_in_reach"
    ALL_STALE = "all_stale"
    ALL_BUSY = "all_busy"
    OUT_OF_NETWORK = "out_of_network"
    ALL_ASKED = "all_asked"
    """Of an incident: all who could go were asked, and declined or did not answer."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How many are missing, and what those who could have filled the gap were doing."""

    missing: int
    reason: ShortfallReason
    counts: dict[str, int] = field(default_factory=dict)
    """How many of the wanted kinds are known, lost, busy and available."""


@dataclass(frozen=True, slots=True)
class WantAnswer:
    """The answer to one want: the best first."""

    want: Want
    chosen: tuple[Choice, ...]
    passed_over: tuple[PassedOver, ...]
    shortfall: Shortfall | None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Who should go."""

    question: Question
    doors: dict[str, RoadPositions]
    """By mode of travel, where the likeliest place meets the road: one position each, its
    ``distance_m`` telling how far the place lies from it. Modes without one near are left out."""
    answers: tuple[WantAnswer, ...]
