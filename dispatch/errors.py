"""Everything dispatch raises on purpose.

DispatchError
├── QuestionError    a question that cannot be answered as asked
└── ResponderError   a responder or a batch of fixes that cannot be as described
"""


class DispatchError(Exception):
    """Base of everything this package raises on purpose; its text is fit to show to a user."""


class QuestionError(DispatchError):
    """A question that cannot be answered as asked."""


class ResponderError(DispatchError):
    """A kind, mode, status or batch of fixes that cannot be as described."""
