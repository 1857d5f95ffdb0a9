"""Everything dispatch raises on purpose.

DispatchError
├── QuestionError    a question that cannot be answered as asked
├── ResponderError   a responder or a batch of fixes that cannot be as described
├── InterceptionError  a subject, a sighting or units that nothing can be planned for
├── PlanningError    a frame or a question of a planner that nothing can be computed from
│   └── RehearsalError   habits, days or a bound that a rehearsal cannot be made of
├── PolicyError      a tier policy that cannot be read or makes no sense
└── IncidentError    a command about an incident that lacks something or has a bad value
    └── ConflictError  a command that the state of the incident or assignment does not allow
"""


class DispatchError(Exception):
    """Base of everything this package raises on purpose; its text is fit to show to a user."""


class QuestionError(DispatchError):
    """A question that cannot be answered as asked."""


class ResponderError(DispatchError):
    """A kind, mode, status or batch of fixes that cannot be as described."""


class InterceptionError(DispatchError):
    """A subject, a sighting or units that nothing can be planned for, or an unreadable instance."""


class PlanningError(DispatchError):
    """A frame or a question of a planner that nothing can be computed from; says what to change."""


class RehearsalError(PlanningError):
    """Habits, days or a bound that a rehearsal cannot be made of; names what would do."""


class PolicyError(DispatchError):
    """A tier policy that cannot be read or makes no sense; names the table, key and range."""


class IncidentError(DispatchError):
    """A command about an incident that lacks something or has a bad value."""


class ConflictError(IncidentError):
    """A command that the state of the incident, assignment or interception does not allow."""
