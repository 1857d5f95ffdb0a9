"""One request to one receiver, and what its answer means."""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from services.events.cloud_events import CLOUD_EVENT_MEDIA_TYPE
from services.sending.addresses import host_allowed
from services.sending.attempts import Message, Reply
from services.sending.signing import signed_headers

MEDIA_TYPE = f"{CLOUD_EVENT_MEDIA_TYPE}; charset=utf-8"
USER_AGENT = "Forestall-Webhooks/1"
TIMEOUT_S = 15.0
"""For all of it: connecting, sending, and the answer's head. The specification asks for 15 to
30 s."""
ANSWER_LIMIT_BYTES = 64 * 1024
"""A short answer is read to its end, so that the connection can be used again; of a long one the
connection is closed."""
MOST_CONNECTIONS = 128
GONE = 410
NOT_ACCEPTED = (400, 413, 415, 422)
"""What is sent cannot be read there: that does not change by sending it again."""
ASKING_TO_WAIT = (429, 502, 503, 504)
REST_S = 5.0
"""How long a receiver is left alone that answers one of these and does not say how long."""


class _Problem(msgspec.Struct):
    detail: str


_problem = msgspec.json.Decoder(_Problem)


def make_client() -> httpx.AsyncClient:
    """The client of one process. It trusts the certificates that the machine trusts, and reads no
    proxy or password from the environment."""
    return httpx.AsyncClient(
        verify=ssl.create_default_context(),
        trust_env=False,
        follow_redirects=False,
        timeout=TIMEOUT_S,
        limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=32),
        headers={"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
    )


async def post(
    client: httpx.AsyncClient,
    message: Message,
    allowed_hosts: Sequence[str] = (),
    timeout_s: float = TIMEOUT_S,
    with_detail: bool = False,
) -> Reply:
    """What came of sending a message once. Raises nothing.

    ``with_detail`` keeps the sentence of a problem that the receiver answers, for receivers that
    the installation knows and trusts.
    """
    url = httpx.URL(message.url or "")
    if not host_allowed(url.host, allowed_hosts):
        return Reply(problem="The setting webhook_hosts does not allow the host.")
    # The machine's own time even in a rehearsal: the receiver compares it with its own.
    headers = signed_headers(message.message_id, message.body, message.secrets, time.time())
    headers["Content-Type"] = MEDIA_TYPE
    try:
        async with asyncio.timeout(timeout_s):
            request = client.build_request(
                "POST", url, content=message.body.encode(), headers=headers
            )
            response = await client.send(request, stream=True)
            try:
                answer = await _read_a_little(response)
            finally:
                await response.aclose()
    except (TimeoutError, httpx.TimeoutException):
        return Reply(problem=f"No answer within {timeout_s:g} s.")
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        return Reply(problem=_why(error))
    return _judged(response, _detail(answer) if with_detail else "")


async def _read_a_little(response: httpx.Response) -> bytes:
    """The answer's body, as far as it is worth reading. That it breaks off changes nothing: the
    head has said what became of the message."""
    read = bytearray()
    try:
        async for chunk in response.aiter_raw():
            read += chunk
            if len(read) > ANSWER_LIMIT_BYTES:
                break
    except httpx.HTTPError:
        return b""
    return bytes(read)


def _detail(answer: bytes) -> str:
    """The sentence in a problem (RFC 9457); empty where it is none."""
    try:
        told = _problem.decode(answer).detail
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return "".join(letter for letter in told if letter.isprintable())


def _judged(response: httpx.Response, detail: str) -> Reply:
    status = response.status_code
    if response.is_success:
        return Reply(status)
    if response.has_redirect_location:
        problem = f"Answered {status}: redirects are not followed."
    else:
        problem = f"Answered {status}: {detail}" if detail else f"Answered {status}."
    retry_after_s = _retry_after_s(response.headers.get("retry-after"))
    if retry_after_s is None:
        retry_after_s = REST_S if status in ASKING_TO_WAIT else 0.0
    return Reply(status, problem, status == GONE, status in NOT_ACCEPTED, retry_after_s)


def _retry_after_s(text: str | None) -> float | None:
    """Seconds to wait by a ``Retry-After``, of either form; None where it says nothing."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = moment.timestamp() - time.time()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _why(error: Exception) -> str:
    """What went wrong, without anything that the receiver or the address could have put in."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate is not trusted: {cause.verify_message}."
        if isinstance(cause, ssl.SSLError):
            return "No secure connection could be made."
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return "No connection: refused, unknown host or no way there."
    if isinstance(error, httpx.RemoteProtocolError):
        return "The receiver broke off or did not answer in HTTP."
    return f"The request failed: {type(error).__name__}."
