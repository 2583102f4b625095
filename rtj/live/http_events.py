"""`POST /v1/events/{source}`: events in, an answer once they are durable. Also the paths of Segment's API, for its SDKs.

The same events sent again, because an answer was lost, are copies by their ids, and copies are dropped (S1.8): so every answer
but 202, 200, 207 and 400 may be followed by the same request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from rtj.live.http_bodies import BODY_MAX, RefusalError, encoding_of, kind_of, too_large, unpacked
from rtj.live.http_gate import Gate, now_ms, overloaded
from rtj.live.http_keys import Caller, Keys
from rtj.live.http_records import Call, Clerk, Sorted
from rtj.live.journal import Journal
from rtj.live.vitals import Vitals

BODY_S = 30.0  # a body must be here after so long
TYPES_MAX = 20  # unknown types that an answer names
DRAIN_S = 1.0  # so long a refused body is still read, so that its sender sees the answer
FLIGHT_BYTES = 64_000_000  # of bodies that are being read, of all requests
REQUESTS_MAX = 2_000  # at once
CALLS: tuple[Call, ...] = ("track", "identify", "page", "screen", "group", "alias")


@dataclass(slots=True)
class Source:
    """What one HTTP source has in the loop."""

    name: str
    keys: Keys
    clerk: Clerk
    gate: Gate | None = None


@dataclass(slots=True)
class Counter:
    """Where all sources of one door meet: who they are, and what is under way."""

    vitals: Vitals
    journal: Journal
    sources: dict[str, Source] = field(default_factory=dict)
    flight: int = 0  # bytes
    requests: int = 0
    body_s: float = BODY_S


def answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """JSON. Nothing of it is for caches."""
    more = {"cache-control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(body), status, more, "application/json")


def headers_of(request: Request) -> dict[str, str]:
    """By their names in lower case; of several the first counts."""
    found: dict[str, str] = {}
    for name, value in request.scope["headers"]:
        found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return found


class EventsDoor:
    """The requests that bring events."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def events(self, request: Request) -> Response:
        """One event or many, in any of the formats."""
        return await self._guarded(request, self._events)

    async def call(self, request: Request) -> Response:
        """A call of Segment's API."""
        return await self._guarded(request, self._call)

    async def _guarded(self, request: Request, work: Callable[[Request, Source], Awaitable[Response]]) -> Response:
        """Count, refuse in our words, and leave no body half read."""
        counter, began = self._counter, time.monotonic()
        counter.requests += 1
        try:
            if counter.requests > REQUESTS_MAX:
                raise overloaded("overloaded", "too many requests at once")
            response = await work(request, self._source(request))
        except RefusalError as refusal:
            response = await _refused(request, refusal)
        except ClientDisconnect:
            response = Response(status_code=400)  # nobody reads it
        finally:
            counter.requests -= 1
        counter.vitals.requests.add(1, "events", str(response.status_code))
        counter.vitals.request_seconds.observe(time.monotonic() - began)
        return response

    def _source(self, request: Request) -> Source:
        """Whose events they are, once the sender has a key for it."""
        sources, headers = self._counter.sources, headers_of(request)
        name = request.path_params.get("source")
        if name is None and len(sources) == 1:
            name = next(iter(sources))
        source = sources.get(name) if name is not None else None
        caller = source.keys.caller(headers) if source is not None else None
        if source is not None and caller is not None:
            request.state.caller = caller
            return source
        known = any(one.keys.caller(headers) is not None for one in sources.values())
        self._counter.journal.warning("key_refused", where="events", known=known)
        if not known:
            raise (source or next(iter(sources.values()))).keys.refusal(headers)
        if source is not None:
            raise RefusalError(403, "forbidden", "this key is for something else")
        raise RefusalError(404, "unknown_source", "there is no such source here; the path is /v1/events/{source}")

    async def _events(self, request: Request, source: Source) -> Response:
        headers = headers_of(request)
        kind = kind_of(headers)
        body = await self._body(request, headers)
        if kind == "binary":
            lines = source.clerk.binary(body, headers, now_ms())
        else:
            lines = source.clerk.read(body, kind, now_ms())
        shed = await self._enter(source, lines, request.state.caller)
        return answer(_status(lines), _told(lines, shed, source.clerk))

    async def _call(self, request: Request, source: Source) -> Response:
        """Its SDKs hold only 200 for good, and send the rest again or never."""
        headers = headers_of(request)
        name = request.path_params["call"]
        call = next((one for one in CALLS if one == name), None)
        if call is None and name not in ("batch", "import"):
            raise RefusalError(404, "unknown_call", "there is no such call")
        if kind_of(headers) != "json":
            raise RefusalError(415, "media_type", "the content type must be application/json")
        body = await self._body(request, headers)
        lines = source.clerk.read(body, "json", now_ms(), call=call or "track")
        shed = await self._enter(source, lines, request.state.caller)
        return answer(200 if lines.good else 400, {"success": lines.good > 0, **_told(lines, shed)})

    async def _enter(self, source: Source, lines: Sorted, caller: Caller) -> int:
        gate = source.gate
        if gate is None:
            raise overloaded("starting", "this run is starting")
        if lines.broken:
            self._counter.journal.warning("events_rejected", where=source.name, caller=caller.name, count=lines.broken)
        if not lines.good:
            gate.leave(lines)
            return 0
        return await gate.hand(lines)

    async def _body(self, request: Request, headers: Mapping[str, str]) -> bytes:
        """The body, unpacked. Raises RefusalError 413, 408, 503."""
        encoding = encoding_of(headers)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > BODY_MAX:
            raise too_large("the body", BODY_MAX)
        counter, found, size = self._counter, [], 0
        try:
            async with asyncio.timeout(counter.body_s):
                async for chunk in request.stream():
                    size += len(chunk)
                    counter.flight += len(chunk)
                    if size > BODY_MAX:
                        raise too_large("the body", BODY_MAX)
                    if counter.flight > FLIGHT_BYTES:
                        raise overloaded("overloaded", "too many bodies at once")
                    found.append(chunk)
            counter.vitals.request_bytes += size
            return unpacked(b"".join(found), encoding)
        except TimeoutError:
            raise RefusalError(408, "slow", f"the body was not whole after {counter.body_s:g} s") from None
        finally:
            counter.flight -= size


def _status(lines: Sorted) -> int:
    if not lines.good:
        return 400
    return 207 if lines.broken else 202


def _told(lines: Sorted, shed: int, clerk: Clerk | None = None) -> dict[str, Any]:
    """What became of the records of a request. With `clerk` also which types nobody has declared: SDKs, of which some of each
    call are never declared, do not ask."""
    found: dict[str, Any] = {"accepted": lines.good - shed}
    if shed:
        found["shed"] = shed
    hints = []
    if lines.unknown and clerk is not None:
        found["unknown_types"] = dict(list(lines.unknown.items())[:TYPES_MAX])
        near = clerk.near(next(iter(lines.unknown)))
        meant = f"; did you mean {near}?" if near else ""
        hints.append(f"no journey can hear of unknown_types, which the project does not declare{meant}")
    if lines.broken:
        found["rejected"] = lines.broken
        found["errors"] = [{"index": one.index, "reason": one.reason, "detail": one.detail} for one in lines.rejected]
        hints.append("what was rejected is kept as a dead letter: `rtj status --dead-letters` shows it")
    if hints:
        found["hint"] = "; ".join(hints)
    return found


async def _refused(request: Request, refusal: RefusalError) -> Response:
    """Say no. A body that was not read is read on for a moment, for a connection that is cut under a sender tells it nothing."""
    headers = dict(refusal.headers)
    if not await _drained(request):
        headers["connection"] = "close"
    return answer(refusal.status, {"error": refusal.word, "detail": refusal.detail}, headers)


async def _drained(request: Request) -> bool:
    """Read what is left, and forget it. False: there is more than is worth reading."""
    if getattr(request, "_stream_consumed", False):
        return True
    size = 0
    try:
        async with asyncio.timeout(DRAIN_S):
            while True:
                message = await request.receive()
                if message["type"] != "http.request":
                    return False
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return True
                if size > 2 * BODY_MAX:
                    return False
    except TimeoutError:
        return False
