"""What a deadline does when its time has come. Each may come late, or after the world has changed:
then it does nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dispatch.incidents import contacts, evidence, follow_ups, progress, visits
from dispatch.incidents.case import Case, Deadline
from dispatch.incidents.policy import Policy
from dispatch.incidents.words import DeadlineKind

Firing = Callable[[Case, Deadline, Policy, float], None]


def _acknowledge(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    assignment = case.assignments.get(deadline.assignment_id or "")
    if assignment is not None:
        visits.expire(case, assignment, policy, now_s)


def _arrive(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    assignment = case.assignments.get(deadline.assignment_id or "")
    if assignment is not None:
        visits.arrive_overdue(case, assignment, policy, now_s)


def _report(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    assignment = case.assignments.get(deadline.assignment_id or "")
    if assignment is not None:
        visits.report_overdue(case, assignment, policy, now_s)


def _evidence(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    evidence.overdue(case, deadline.number, policy, now_s)


def _follow_up(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    follow_ups.due(case, deadline.number, policy, now_s)


def _contact(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    contacts.overdue(case, policy, now_s)


def _unattended(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    progress.unattended_still(case, policy, now_s)


def _unresolved(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    progress.unresolved_still(case, policy, now_s)


FIRINGS: Mapping[DeadlineKind, Firing] = MappingProxyType(
    {
        DeadlineKind.ACKNOWLEDGE: _acknowledge,
        DeadlineKind.ARRIVE: _arrive,
        DeadlineKind.REPORT: _report,
        DeadlineKind.EVIDENCE: _evidence,
        DeadlineKind.FOLLOW_UP: _follow_up,
        DeadlineKind.CONTACT: _contact,
        DeadlineKind.UNATTENDED: _unattended,
        DeadlineKind.UNRESOLVED: _unresolved,
    }
)
"""By kind; ``staff`` needs the live picture and is fired by whoever has it."""


def fire(case: Case, deadline: Deadline, policy: Policy, now_s: float) -> None:
    """Do what the deadline is for."""
    FIRINGS[deadline.kind](case, deadline, policy, now_s)
