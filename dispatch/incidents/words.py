"""The words of an incident: tiers, sources, states, outcomes. One word for one thing."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Tier(IntEnum):
    """How urgent an alert is; a larger one is more urgent."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The tier as JSON spells it."""
        return self.name.lower()

    @property
    def chinese(self) -> str:
        return ("低危", "中危", "高危", "特危")[self - 1]

    @property
    def raised(self) -> Tier:
        """The next more urgent tier; critical stays critical."""
        return Tier(min(self + 1, Tier.CRITICAL))


TIERS = {tier.word: tier for tier in Tier}


class Source(StrEnum):
    """Who found it."""

    MINISTRY = "ministry"
    CITY = "city"
    DISTRICT = "district"
    BANK = "bank"
    GRID_WORKER = "grid_worker"


class MoneyState(StrEnum):
    """Where the money is."""

    IN_ACCOUNT = "in_account"
    TRANSFERRING = "transferring"
    CASH_WITHDRAWN = "cash_withdrawn"
    IN_VEHICLE = "in_vehicle"
    HANDED_OVER = "handed_over"


class IncidentState(StrEnum):
    """Where an incident stands."""

    LOCATING = "locating"  # no usable place yet; contact goes on
    CONTACTING = "contacting"  # the tier wants no visit; contact goes on
    RESPONDING = "responding"  # somebody is to stand in front of the victim
    VISITED = "visited"  # the victim is dissuaded; the evidence is outstanding
    FOLLOWING_UP = "following_up"  # the case is done but for the later visits
    CLOSED = "closed"


class Role(StrEnum):
    """What somebody is sent as."""

    ENFORCEMENT = "enforcement"  # police
    COMMUNITY = "community"  # social force: riders, grid workers and the like


class Purpose(StrEnum):
    """What somebody is sent for."""

    VISIT = "visit"
    SECOND_VISIT = "second_visit"
    FOLLOW_UP = "follow_up"


class AssignmentState(StrEnum):
    """Where an assignment stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    REPORTED = "reported"
    DECLINED = "declined"
    EXPIRED = "expired"
    RELEASED = "released"

    @property
    def live(self) -> bool:
        """Whether the responder is taken: nobody has two such assignments."""
        return self in LIVE_STATES

    @property
    def going(self) -> bool:
        """Whether the responder has said yes and has not ended yet."""
        return self.live and self is not AssignmentState.OFFERED


LIVE_STATES = frozenset(
    {
        AssignmentState.OFFERED,
        AssignmentState.ACCEPTED,
        AssignmentState.EN_ROUTE,
        AssignmentState.ON_SCENE,
    }
)


class VisitOutcome(StrEnum):
    """What a unit reports of a visit."""

    DISSUADED = "dissuaded"
    NOT_CONVINCED = "not_convinced"
    NOT_FOUND = "not_found"
    REFUSED = "refused"


class Channel(StrEnum):
    """How the victim is reached without going there."""

    MESSAGE = "message"
    VOICE = "voice"  # machine voice
    CALL = "call"  # 96110


class ContactOutcome(StrEnum):
    """How an attempt to reach the victim ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class DeadlineKind(StrEnum):
    """What must happen by when."""

    STAFF = "staff"  # somebody must be offered: due at once, fired by whoever comes first
    ACKNOWLEDGE = "acknowledge"  # an offer must be accepted
    ARRIVE = "arrive"  # a unit must be there
    REPORT = "report"  # a unit on scene must have told how it went
    EVIDENCE = "evidence"  # proof of the visit must be in
    FOLLOW_UP = "follow_up"  # a later visit must be ordered
    CONTACT = "contact"  # the victim must have been reached
    UNATTENDED = "unattended"  # somebody must have said that they go
    UNRESOLVED = "unresolved"  # somebody at the centre must have taken a hand in it


class ClosingReason(StrEnum):
    """Why an incident was closed."""

    DISSUADED = "dissuaded"  # all visits and follow-ups are done
    CONTACTED = "contacted"  # the tier wanted no visit, and the victim was reached
    FALSE_ALARM = "false_alarm"
    MONEY_LOST = "money_lost"
    JOINED = "joined"  # another incident of the same victim goes on
    OTHER = "other"
