"""Everything services raises on purpose.

ServiceError
├── SettingsError          a setting has a value that cannot work
├── LedgerError            the database cannot be opened or written
├── RedisServerError       no Redis could be started
├── SharedFixesError       Redis does not answer; the service goes on alone
├── KeyRingError           a key or device cannot be made as asked
├── PeerError              a peer cannot be added or changed as asked
├── LoadError              a file of areas, branches or trips cannot be taken in
├── ExportError            an export cannot be written as asked
├── EvidenceStoreError     files of evidence cannot be written or read
├── ProblemError           a request that ends in an ``application/problem+json`` answer
└── OsrmError              a routing request that ends in one of OSRM's error objects
"""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """Base of everything this package raises on purpose; its text is fit to show to a user."""


class SettingsError(ServiceError):
    """A setting has a value that cannot work."""


class LedgerError(ServiceError):
    """The database cannot be opened or written."""


class RedisServerError(ServiceError):
    """No Redis could be started."""


class SharedFixesError(ServiceError):
    """Redis does not answer, or not as Redis 6.2 would."""


class KeyRingError(ServiceError):
    """A key or device cannot be made as asked."""


class PeerError(ServiceError):
    """A peer cannot be added or changed as asked."""


class LoadError(ServiceError):
    """A file of areas, branches or trips cannot be taken in; nothing was changed."""


class ExportError(ServiceError):
    """An export cannot be written as asked."""


class EvidenceStoreError(ServiceError):
    """Files of evidence cannot be written or read."""


class ProblemError(ServiceError):
    """A request that ends in a problem of the table in ``services.problems``.

    ``name`` is the problem's name there, ``detail`` one sentence about this occurrence, ``extra``
    further members of the answer.
    """

    def __init__(self, name: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.name = name
        self.detail = detail
        self.extra = extra


class OsrmError(ServiceError):
    """A routing request that ends in ``{"code": code, "message": message}``, status 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
