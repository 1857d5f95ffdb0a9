"""One incident while a command works on it: what it is, who is assigned, and what has happened.

Commands (``alerts``, ``contacts``, ``staffing``, ``visits``, ``evidence``, ``follow_ups``,
``closing``) change a :class:`Case` in memory and note every change with :meth:`Case.happened`,
:meth:`Case.set_deadline` and :meth:`Case.cancel_deadlines`. Whoever holds the ledger writes the
case, its happenings and its deadlines in one transaction, or none of it.

Times are UTC seconds since 1970, amounts yuan, coordinates WGS-84.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dispatch.incidents.words import (
    AssignmentState,
    ClosingReason,
    DeadlineKind,
    IncidentState,
    MoneyState,
    Purpose,
    Role,
    Source,
    Tier,
    VisitOutcome,
)
from dispatch.question import CandidatePlace

Key = tuple[str, str]
"""Jurisdiction and id of a responder."""
MOST_REFERENCE = 128
"""Characters of a victim's reference."""


@dataclass(frozen=True, slots=True)
class Area:
    """Which jurisdictions a place lies in, as paths; None where none of that level is known."""

    jurisdiction: str
    """The smallest."""
    district: str | None = None
    station: str | None = None
    village: str | None = None
    grid: str | None = None

    @property
    def centre(self) -> str:
        """First word of the path: whoever runs the dispatch."""
        return self.jurisdiction.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Alert:
    """A warning that somebody is being defrauded."""

    alert_id: str
    source: Source
    tier: Tier
    victim_ref: str
    """Opaque; never a name or a number."""
    received_at_s: float
    places: tuple[CandidatePlace, ...] = ()
    """Where the victim may be; empty: unknown."""
    address_text: str = ""
    """As the source wrote it; shown, never searched."""
    amount_yuan: float | None = None
    money_state: MoneyState | None = None
    fraud_type: str = ""
    note: str = ""
    branch_id: str | None = None
    """Of a bank's one-tap alarm."""

    @property
    def is_alarm(self) -> bool:
        """Whether somebody sees the victim at a bank's counter this very moment."""
        return self.branch_id is not None

    @property
    def at_counter(self) -> bool:
        """Whether it is about whoever is at a branch's counter, of whom nothing else is known."""
        return self.branch_id is not None and self.victim_ref == whoever_is_at(self.branch_id)


def whoever_is_at(branch_id: str) -> str:
    """Reference of the victim whom a bank's alarm does not name: whoever is at the counter."""
    return f"branch:{branch_id}"[:MOST_REFERENCE]


@dataclass(slots=True)
class Assignment:
    """One responder sent to one incident."""

    assignment_id: str
    jurisdiction: str
    """The responder's own."""
    responder_id: str
    kind: str
    mode: str
    role: Role
    purpose: Purpose
    visit_number: int
    """Which visit of the incident it belongs to, 1 for the first; of a follow-up, its number."""
    state: AssignmentState
    offered_at_s: float
    acknowledge_by_s: float
    offered_eta_s: float
    """Seconds until they are there, as computed when they were offered."""
    distance_m: float
    """By road, when they were offered."""
    lon: float
    """Where they were when they were offered ..."""
    lat: float
    fix_age_s: float
    """... and how old that fix was."""
    expected_at_s: float
    """When they should be there; follows their fixes."""
    promised_at_s: float | None = None
    """When they should be there, as told when they accepted: late is later than this. None before,
    and for follow-ups, which are made when it suits."""
    accepted_at_s: float | None = None
    departed_at_s: float | None = None
    arrived_at_s: float | None = None
    reported_at_s: float | None = None
    ended_at_s: float | None = None
    outcome: VisitOutcome | None = None
    decline_reason: str = ""
    note: str = ""
    late: bool = False
    off_route: bool = False
    elsewhere: bool = False
    """Whether they were or are where the victim is not any more: they fill no place of the visit,
    those who go after the victim not until they arrive."""
    turned_at_s: float | None = None
    """When they were last told, under way or on scene, that the victim is elsewhere ..."""
    turned_from: tuple[float, float] | None = None
    """... and longitude and latitude of their first fix after that; None: not known yet."""
    evidence_count: int = 0
    chance: float = 1.0
    """That they say yes in time, as estimated when they were offered."""
    replaces: str | None = None
    """Id of the assignment that was declined or not answered, and that this one stands in for."""
    named: bool = False
    """Whether a dispatcher named them; such an offer is not withdrawn because others accept."""
    suggested: Key | None = None
    """Who was last suggested in their place, being faster ..."""
    suggested_there_at_s: float | None = None
    """... and when they could have been there."""

    @property
    def key(self) -> Key:
        return self.jurisdiction, self.responder_id

    @property
    def live(self) -> bool:
        return self.state.live


@dataclass(frozen=True, slots=True)
class Evidence:
    """Proof of a visit, as the incident knows it; the file itself is kept elsewhere."""

    evidence_id: str
    assignment_id: str
    visit_number: int
    received_at_s: float
    sha256_hex: str
    size_bytes: int
    media_type: str
    convincing: bool | None = None
    """None: not judged; it stands until somebody says that it does not convince."""
    note: str = ""
    """Of whoever judged it."""

    @property
    def stands(self) -> bool:
        return self.convincing is not False


@dataclass(frozen=True, slots=True)
class ToldShort:
    """That somebody is missing, as the centre was last told, for it is not told all the time."""

    purpose: Purpose
    number: int
    """Of the visit or follow-up."""
    role: Role
    missing: int
    at_s: float


@dataclass(slots=True)
class Incident:
    """One victim's case."""

    incident_id: str
    area: Area
    victim_ref: str
    state: IncidentState
    tier: Tier
    """Of the most urgent alert."""
    answer_tier: Tier
    """How it is answered: the tier, or more urgent."""
    source: Source
    """Of the first alert."""
    opened_at_s: float
    at_counter: bool = False
    """Whether the victim is whoever is at a branch's counter, so that another tap joins."""
    places: tuple[CandidatePlace, ...] = ()
    placed_at_s: float | None = None
    """When the first usable place was known."""
    address_text: str = ""
    amount_yuan: float | None = None
    money_state: MoneyState | None = None
    fraud_type: str = ""
    alert_count: int = 1
    visit_number: int = 1
    """Which visit is being made: 2 is the second one."""
    more_community: int = 0
    """Community responders wanted beyond the policy: the officer is far away."""
    visit_anew: bool = False
    """Whether the visit being made answers another emergency, not one that failed: as many go as
    the tier asks for."""
    contact_asked_at_s: float | None = None
    """Since when the victim is being called; None: nobody is asked to call them now."""
    contact_attempt: int = 1
    """Which time they are being called, 1 for the first."""
    first_contact_at_s: float | None = None
    """When the victim first answered."""
    first_face_at_s: float | None = None
    """When somebody first stood in front of the victim."""
    dissuaded_at_s: float | None = None
    evidence_due_at_s: float | None = None
    evidence_in_time: bool | None = None
    """None until the first visit's evidence came or was overdue."""
    evidence: tuple[Evidence, ...] = ()
    """Of all visits, oldest first."""
    findings: tuple[str, ...] = ()
    """What those who go should know: the teller's note, and what the intelligence task found."""
    visited_by: tuple[Key, ...] = ()
    """Everybody who stood in front of the victim in a visit that did not work; not sent again."""
    refused_by: tuple[Key, ...] = ()
    """Everybody who declined, let an offer expire or was stood down; not asked again for this
    visit or follow-up."""
    unattended_since_s: float | None = None
    """Since when a visit is wanted and nobody has said yes; None: somebody goes, or nobody need."""
    unresolved_since_s: float | None = None
    """Since when as many visits as the policy allows have failed and a person must decide; nobody
    is offered by itself then."""
    outcome: VisitOutcome | None = None
    closing_reason: ClosingReason | None = None
    closing_note: str = ""
    closed_at_s: float | None = None
    amount_kept_yuan: float | None = None
    follow_ups_planned: int = 0
    follow_ups_done: int = 0
    follow_up_settled: int = 0
    """Number of the latest follow-up that was made or given up."""
    follow_up_attempts: int = 0
    """How often somebody was looked for, of the one after it."""
    follow_up_due: int = 0
    """Number of the follow-up that somebody is to make now, 1 for the first; 0: none. Where it is
    not 0 it is more than are done."""
    told_short: tuple[ToldShort, ...] = ()
    """What staffing said is missing of the visit or follow-up being made."""
    version: int = 0
    """Rises with every change that is written."""

    @property
    def centre(self) -> str:
        return self.area.centre

    @property
    def is_open(self) -> bool:
        """Whether alerts about the victim join this incident. A victim who is only followed up and
        is caught again starts a new one."""
        return self.state not in (IncidentState.CLOSED, IncidentState.FOLLOWING_UP)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, to be written as one event."""

    type: str
    """Past tense, such as ``assignment.accepted``; every type is in ``happenings.TYPES``."""
    at_s: float
    data: dict[str, Any]
    """What is particular to it; the state of the incident and assignment is added when written."""
    assignment_id: str | None = None
    jurisdiction: str | None = None
    """Who may read it, where that is not the incident's jurisdiction."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """What must happen by when."""

    kind: DeadlineKind
    due_at_s: float
    assignment_id: str | None = None
    number: int = 0
    """Of several of one kind, such as follow-ups: which."""
    deadline_id: str = ""
    """Given when it is set."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Pending deadlines that no longer matter; None: whatever it is."""

    kind: DeadlineKind | None = None
    assignment_id: str | None = None

    def covers(self, deadline: Deadline) -> bool:
        """Whether the deadline is one of these."""
        return self.kind in (None, deadline.kind) and self.assignment_id in (
            None,
            deadline.assignment_id,
        )


@dataclass(slots=True)
class Case:
    """An incident, its assignments, and what a command did to them. Not shared between threads."""

    incident: Incident
    new_id: Callable[[], str]
    assignments: dict[str, Assignment] = field(default_factory=dict)
    """By id, oldest first; all of them, ended ones too."""
    happenings: list[Happening] = field(default_factory=list)
    deadline_changes: list[Deadline | Cancelled] = field(default_factory=list)
    """In the order in which they are to be carried out."""
    open_elsewhere: str | None = None
    """Id of another incident of the same victim in this centre that is open; whoever loads an
    incident that is not open fills it, for this one cannot be opened again beside it."""

    def happened(
        self,
        type_: str,
        at_s: float,
        assignment: Assignment | None = None,
        jurisdiction: str | None = None,
        **data: Any,
    ) -> None:
        """Note that something happened."""
        self.happenings.append(
            Happening(
                type_,
                at_s,
                data,
                None if assignment is None else assignment.assignment_id,
                jurisdiction,
            )
        )

    def set_deadline(
        self,
        kind: DeadlineKind,
        due_at_s: float,
        assignment: Assignment | None = None,
        number: int = 0,
    ) -> None:
        """Ask to be told at a time; it is told once."""
        self.deadline_changes.append(
            Deadline(
                kind,
                due_at_s,
                None if assignment is None else assignment.assignment_id,
                number,
                self.new_id(),
            )
        )

    def cancel_deadlines(
        self, kind: DeadlineKind | None = None, assignment: Assignment | None = None
    ) -> None:
        """Do not be told any more."""
        cancelled = Cancelled(kind, None if assignment is None else assignment.assignment_id)
        # What this command itself has set and does not want any more need never be written.
        self.deadline_changes = [
            change
            for change in self.deadline_changes
            if change != cancelled
            and not (isinstance(change, Deadline) and cancelled.covers(change))
        ]
        self.deadline_changes.append(cancelled)

    def live(self, role: Role | None = None) -> Iterator[Assignment]:
        """Assignments that keep their responder taken."""
        for assignment in self.assignments.values():
            if assignment.live and (role is None or assignment.role is role):
                yield assignment

    def in_state(self, *states: AssignmentState) -> Iterator[Assignment]:
        for assignment in self.assignments.values():
            if assignment.state in states:
                yield assignment
