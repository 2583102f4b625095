"""Which path leads where."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rtj.live.http_events import Counter, EventsDoor, Source, answer
from rtj.live.http_gate import Gate
from rtj.live.http_keys import Keys
from rtj.live.http_status import StatusDoor
from rtj.live.journal import Journal
from rtj.live.vitals import Questions, Vitals

_WORDS = {404: ("unknown_path", "there is nothing here"), 405: ("method", "this path does not take this method")}


class Routes:
    """The application of one door. What is not added is not there: a door with sources alone shows no figures."""

    def __init__(self, vitals: Vitals, questions: Questions, journal: Journal) -> None:
        self.counter = Counter(vitals, journal)
        self._vitals, self._questions, self._journal = vitals, questions, journal
        events = EventsDoor(self.counter)
        # The first that fits is taken: Segment's paths come last, for the source before them may be called anything.
        self._events = [
            Route("/v1/events", events.events, methods=["POST"]),
            Route("/v1/events/{source}", events.events, methods=["POST"]),
            Route("/v1/{call}", events.call, methods=["POST"]),
            Route("/{source}/v1/{call}", events.call, methods=["POST"]),
        ]
        self.app = Starlette(routes=[], exception_handlers={HTTPException: _missing, Exception: self._broken})

    def add(self, source: Source, gate: Gate) -> None:
        """Let events of a source in. In the loop."""
        gate.open()
        source.gate = gate
        self.counter.sources[source.name] = source
        if not any(route is self._events[0] for route in self.app.router.routes):
            self.app.router.routes.extend(self._events)

    def show(self, keys: Keys) -> None:
        """Health, readiness, metrics, profiles, before any other path."""
        status = StatusDoor(keys, self._vitals, self._questions, self._journal)
        self.app.router.routes[:0] = [
            Route("/healthz", status.health),
            Route("/readyz", status.ready),
            Route("/metrics", status.metrics),
            Route("/v1/profiles/{id:path}", status.profile),
        ]

    async def _broken(self, _: Request, error: Exception) -> Response:
        """A fault of ours. The sender hears nothing of it, the journal its kind."""
        self._journal.error("request_failed", error=type(error).__name__)
        return answer(500, {"error": "failed", "detail": "the request failed; the log of the run says more"})


async def _missing(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    word, detail = _WORDS.get(status, ("refused", "this cannot be done"))
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return answer(status, {"error": word, "detail": detail}, {**headers, "connection": "close"})
