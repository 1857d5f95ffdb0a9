"""The one table of problems that a request can end in (RFC 9457).

A problem's ``type`` is ``/problems/<name>`` on the same server: stable, and readable there without
the internet. Names are never reused for another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PROBLEM_MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One way a request can fail."""

    name: str
    status: int
    title: str
    meaning: str
    """What happened and what to do about it, for the reader of ``/problems/<name>``."""

    @property
    def type_uri(self) -> str:
        return f"/problems/{self.name}"

    def document(self, detail: str, **extra: Any) -> dict[str, Any]:
        """The members of the answer; ``extra`` adds to the standard ones."""
        return {
            "type": self.type_uri,
            "title": self.title,
            "status": self.status,
            "detail": detail,
            **extra,
        }


PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        Problem(
            "malformed-request",
            400,
            "The request cannot be read",
            "The body is not JSON or MessagePack, or the path or query cannot be decoded. "
            "Nothing was done. Correct the request; repeating it does not help.",
        ),
        Problem(
            "invalid-value",
            422,
            "A value is not acceptable",
            "The request can be read, but a value has the wrong type, lies outside its range, is "
            "unknown or is missing. Nothing was done. The detail names the value and what is "
            "accepted.",
        ),
        Problem(
            "key-required",
            401,
            "A valid API key is required",
            "No key came with the request, or it is unknown, revoked or past its end. Send it as "
            "'Authorization: Bearer <key>' or 'X-API-Key: <key>'. 'forestall keys make' makes one.",
        ),
        Problem(
            "missing-scope",
            403,
            "The key may not do this",
            "The key is valid but lacks the scope that the detail names. Make another key with "
            "'forestall keys make --scope'.",
        ),
        Problem(
            "wrong-jurisdiction",
            403,
            "The key does not hold this jurisdiction",
            "The request names a jurisdiction that the key was not made for. The answer is the "
            "same whether anything exists there or not.",
        ),
        Problem(
            "jurisdiction-required",
            422,
            "The jurisdiction must be said",
            "The key holds several jurisdictions, so the request must say which one it means "
            "with 'jurisdiction'.",
        ),
        Problem(
            "not-found",
            404,
            "There is no such thing",
            "The path is unknown, or what it names does not exist, or the key may not see it. "
            "The answer does not tell these cases apart.",
        ),
        Problem(
            "method-not-allowed",
            405,
            "The path does not take this method",
            "The 'Allow' header lists the methods that the path takes.",
        ),
        Problem(
            "ambiguous-responder",
            409,
            "Several responders have this id",
            "The key holds several jurisdictions, and more than one of them has a responder with "
            "this id. Say which with 'jurisdiction'; the answer lists them.",
        ),
        Problem(
            "request-in-flight",
            409,
            "A copy of the request is at work",
            "Another request with the same Idempotency-Key has not been answered yet. Wait a "
            "moment and repeat the request with the same key: its answer will be given again.",
        ),
        Problem(
            "idempotency-key-reused",
            422,
            "The Idempotency-Key belongs to another request",
            "The key came before with another path or body. Nothing was done. Use a new key for "
            "every new request, and the same one only to repeat it.",
        ),
        Problem(
            "not-possible-now",
            409,
            "What was asked for is not possible now",
            "The state of the incident or of the assignment does not allow it, or the responder "
            "has another assignment. Nothing was done. The detail says what stands in the way; "
            "read the incident again before deciding anew.",
        ),
        Problem(
            "version-changed",
            412,
            "It has changed since that version",
            "Somebody else changed it after the version that 'If-Match' names. Nothing was done. "
            "Read it again, decide anew, and send the 'ETag' of what was read.",
        ),
        Problem(
            "version-required",
            428,
            "The version must be said",
            "Send 'If-Match' with the 'ETag' of what was read, so that nobody's change is "
            "overwritten unseen; '*' where any version will do.",
        ),
        Problem(
            "too-many-requests",
            429,
            "Too many requests from one caller",
            "The caller has asked more often than the settings requests_per_s or "
            "unit_requests_per_s allow. Nothing was done. Wait as long as 'Retry-After' says.",
        ),
        Problem(
            "head-too-slow",
            408,
            "The head of the request did not arrive in time",
            "Request line and headers must arrive within the setting header_timeout_s. Nothing was "
            "done. Send the request again over a better connection.",
        ),
        Problem(
            "head-too-large",
            431,
            "The head of the request is too large",
            "Request line and headers are longer than the service reads. Nothing was done. Send "
            "fewer or shorter headers, or fewer coordinates in one address.",
        ),
        Problem(
            "body-too-slow",
            408,
            "The body did not arrive in time",
            "The whole body must arrive within the setting body_timeout_s. Nothing was done. "
            "Send it again over a better connection or in smaller batches.",
        ),
        Problem(
            "body-too-large",
            413,
            "The body is too large",
            "The body is longer than the setting body_limit_bytes. Nothing was done. Send smaller "
            "batches.",
        ),
        Problem(
            "unsupported-media-type",
            415,
            "The body is of a kind that is not read here",
            "Send 'Content-Type: application/json' or 'application/msgpack', without content "
            "encoding.",
        ),
        Problem(
            "unknown-device",
            401,
            "The device is not known",
            "The 'id' of a position sent by a phone is the secret that 'forestall keys device' "
            "printed. This one is unknown or was revoked.",
        ),
        Problem(
            "wrong-signature",
            403,
            "The message is not signed by a peer",
            "No secret of a peer proves the message, or the two centres that it names are not "
            "those that the secret is for. Nothing was done. Compare 'forestall peers list' on "
            "both sides and give both the same secret with 'forestall peers rotate'.",
        ),
        Problem(
            "clock-differs",
            409,
            "The clocks of the two services differ",
            "The message is signed with a time that is more than 300 s from ours. Nothing was "
            "done. Have both machines keep the time of a time server; the message is sent again.",
        ),
        Problem(
            "digest-mismatch",
            422,
            "The file is not the one that was announced",
            "The bytes that arrived do not have the SHA-256 of the Content-Digest header. Nothing "
            "was kept. Send the file again.",
        ),
        Problem(
            "offset-mismatch",
            409,
            "The part begins elsewhere than the file ends so far",
            "So many bytes of the upload have come as the detail and 'offset_bytes' say. Nothing "
            "of the part was kept. Ask with 'HEAD' and go on from there.",
        ),
        Problem(
            "unsupported-version",
            412,
            "Another version of the protocol is spoken here",
            "Uploads in parts follow tus 1.0.0. Nothing was done. Send 'Tus-Resumable: 1.0.0'.",
        ),
        Problem(
            "range-outside",
            416,
            "The stretch lies outside the file",
            "The first byte of the 'Range' is beyond the end of the file, whose length the answer "
            "tells.",
        ),
        Problem(
            "evidence-store-away",
            503,
            "The store of evidence does not answer",
            "The folder or object store of the setting evidence_url is full, away or has lost the "
            "file. What was sent is not kept. Send it again later; the service's log says more.",
        ),
        Problem(
            "out-of-network",
            422,
            "The place is too far from every usable road",
            "No road that the asked mode may use lies within the snapping limit, or the place is "
            "not on the loaded map. The detail tells the distance where there is one.",
        ),
        Problem(
            "no-route",
            422,
            "No way leads there",
            "Both places are on roads, but no way that the mode may use joins them, given the "
            "closures in force and in the request.",
        ),
        Problem(
            "unknown-mode",
            422,
            "The map has no such mode",
            "The loaded map was compiled without this mode of travel. The detail lists its modes.",
        ),
        Problem(
            "overloaded",
            503,
            "Too many requests are waiting",
            "The queue of questions is full, or one address has too many connections open. Nothing "
            "was done. Wait as long as 'Retry-After' says and repeat the request.",
        ),
        Problem(
            "no-base-map",
            404,
            "The map has no base map",
            "The loaded map was compiled without a base map. Everything else works. Compile it "
            "again with 'forestall map build' and start the service with it.",
        ),
        Problem(
            "pages-not-built",
            503,
            "The pages are not built",
            "The service runs from a source checkout whose pages have not been built. The API "
            "answers nevertheless. Run 'make pages' and start the service again.",
        ),
        Problem(
            "not-ready",
            503,
            "The service is not ready",
            "The service is starting or stopping, or its database does not answer. 'GET /readyz' "
            "says what is missing.",
        ),
        Problem(
            "internal-error",
            500,
            "The service failed",
            "An error in the service itself. It is in the service's log with the same 'error_id'.",
        ),
    )
}
