"""Messages are posted as JSON, signed in the way of Standard Webhooks; calls of journeys are posted alike, and answered.

`webhook-id` is the key: whoever has seen it answers as before and does nothing. Answers of 408, 425, 429 and 5xx, and no answer
at all, are tried again, later if `Retry-After` says so; every other answer that is not 2xx is final. Redirects are not followed:
what is known about a person goes where the author said and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from rtj.base.errors import MissingExtra, UsageError
from rtj.deliver.port import Again, Done, Parcel, Refused, Sent, short
from rtj.ir.outgoing import pause_ms
from rtj.ir.program import Webhook

if TYPE_CHECKING:
    import httpx

IN_FLIGHT = 16  # requests of one sink at once
ANSWER_BYTES_MAX = 256_000  # of an answer; a longer one is none
FIRST_PAUSE_MS = 1_000  # of messages; each further pause is four times the one before
PAUSE_MAX_MS = 3_600_000
AFTER_MAX_MS = 6 * 3_600_000  # so long `Retry-After` is obeyed at most
AGAIN = frozenset((408, 425, 429))
PREFIX = "whsec_"
NO_ADDRESS = "expected the address of a webhook, such as https://crm.example/book"  # not what was found: it may hold a token


def signing_key(secret: str) -> bytes:
    """The key of a secret: `whsec_` and base64, or any text. Raises UsageError when it is neither."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise UsageError("the secret of a webhook begins with `whsec_`, and base64 does not follow") from error


def signature(key: bytes, name: str, seconds: int, body: bytes) -> str:
    """The header `webhook-signature`."""
    signed = hmac.digest(key, f"{name}.{seconds}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signed).decode()


class _Post:
    """Posts to one address over connections that stay open."""

    width, most = IN_FLIGHT, 1
    reads = False  # does the body of an answer count?

    def __init__(self, url: str, secret: str, timeout_ms: int, clock: Callable[[], float] = time.time) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtra("a webhook", "webhook") from error
        self._httpx = httpx
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise UsageError(NO_ADDRESS) from error
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise UsageError(NO_ADDRESS)
        self._key = signing_key(secret)
        self._seconds = timeout_ms / 1000
        self._clock = clock
        limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT, keepalive_expiry=30)
        self._client = httpx.Client(timeout=httpx.Timeout(self._seconds), limits=limits, follow_redirects=False)

    def send(self, parcels: Sequence[Parcel]) -> list[Sent]:
        """Post one after the other."""
        return [self._send(parcel) for parcel in parcels]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, parcel: Parcel) -> Sent:
        seconds = int(self._clock())
        headers = {"content-type": "application/json", "webhook-id": parcel.key, "webhook-timestamp": str(seconds)}
        if self._key:
            headers["webhook-signature"] = signature(self._key, parcel.key, seconds, parcel.body)
        httpx = self._httpx
        until = time.monotonic() + self._seconds
        try:
            with self._client.stream("POST", self._url, content=parcel.body, headers=headers) as answer:
                body = _read(answer, until)
                if not self.reads and answer.is_success:
                    return Done()
        except httpx.TimeoutException:
            return Again("no answer in time")
        except httpx.TransportError as error:
            return Again(short(f"no connection: {error}" if str(error) else "no connection"))
        except (httpx.HTTPError, httpx.StreamError, UnicodeError) as error:
            return Again(short(f"no answer: {error}"))
        return _result(answer, body, self._clock())


def _read(answer: httpx.Response, until: float) -> bytes | Again | Refused:
    """The body, or why there is none."""
    found = bytearray()
    for part in answer.iter_bytes():
        found += part
        if len(found) > ANSWER_BYTES_MAX:
            return Refused(f"the answer is longer than {ANSWER_BYTES_MAX:,} bytes")
        if time.monotonic() > until:
            return Again("the answer came too slowly")
    return bytes(found)


def _result(answer: httpx.Response, body: bytes | Again | Refused, now: float) -> Sent:
    status = answer.status_code
    if answer.is_success:
        return Done(body) if isinstance(body, bytes) else body
    if status in AGAIN or status >= 500:
        return Again(f"answered {status}", retry_after_ms(answer.headers.get("retry-after", ""), now))
    return Refused(f"answered {status}")


def retry_after_ms(text: str, now: float) -> int:
    """What `Retry-After` asks for: seconds, or a date. Nonsense is 0."""
    if text.isascii() and text.isdigit():
        return min(int(text[:9]) * 1000, AFTER_MAX_MS)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return 0
    seconds = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() - now
    return max(0, min(int(seconds * 1000), AFTER_MAX_MS))


class Poster(_Post):
    """Messages of a channel. Of the answer only the status counts."""

    def __init__(self, url: str, secret: str, *, timeout_ms: int, retries: int) -> None:
        super().__init__(url, secret, timeout_ms)
        self.retries = retries

    def pause_ms(self, tries: int) -> int:
        """A second at first, an hour at last: eight retries reach over two hours."""
        return min(FIRST_PAUSE_MS << 2 * min(tries - 1, 10), PAUSE_MAX_MS)


class Caller(_Post):
    """Calls of a webhook of the project (S6.5). Whoever asked rests until the answer, so pauses are short."""

    reads = True

    def __init__(self, webhook: Webhook) -> None:
        super().__init__(webhook.url, "", webhook.timeout_ms)
        self.retries = webhook.retries

    def pause_ms(self, tries: int) -> int:
        """As the deadline of the call counts them."""
        return pause_ms(tries)

    def _send(self, parcel: Parcel) -> Sent:
        sent = super()._send(parcel)
        return Again(sent.error, min(sent.after_ms, pause_ms(30))) if isinstance(sent, Again) else sent
