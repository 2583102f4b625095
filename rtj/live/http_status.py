"""What operations and service staff ask a run: does it live, is it ready, its figures, everything about one person."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from rtj.live.http_bodies import RefusalError
from rtj.live.http_events import answer, headers_of
from rtj.live.http_gate import overloaded
from rtj.live.http_keys import Caller, Keys
from rtj.live.journal import Journal
from rtj.live.meters import Exposition
from rtj.live.vitals import BusyError, ProfileAsked, Questions, Vitals

ANSWER_S = 2.0  # the run answers between two batches; who waits longer is sent away
ID_MAX = 1_100  # characters of an identifier with its namespace


@dataclass(slots=True)
class StatusDoor:
    """The requests that only look. `/healthz` and `/readyz` are for everybody who reaches the door, the others need a key where
    there are keys."""

    keys: Keys
    vitals: Vitals
    questions: Questions
    journal: Journal
    answer_s: float = ANSWER_S
    exposition: Exposition = field(init=False)

    def __post_init__(self) -> None:
        self.exposition = Exposition(self.vitals)

    async def health(self, _: Request) -> Response:
        """The process lives, and this thread of it."""
        still = round(time.monotonic() - self.vitals.beat, 3)
        return answer(200, {"status": "alive", "since_last_turn_seconds": still})

    async def ready(self, _: Request) -> Response:
        """May events be sent? With what is wrong, by part."""
        reasons = self.vitals.reasons()
        body = {"ready": not reasons, "reasons": reasons, "environment": self.vitals.environment, "serial": self.vitals.serial}
        return answer(503 if reasons else 200, body)

    async def metrics(self, request: Request) -> Response:
        """Every meter."""
        try:
            self._caller(request)
        except RefusalError as refusal:
            return self._refused("metrics", refusal)
        text, kind = self.exposition.text(headers_of(request).get("accept", ""))
        return Response(text, 200, {"content-type": kind, "cache-control": "no-store"})

    async def profile(self, request: Request) -> Response:
        """Everything about one person."""
        try:
            caller = self._caller(request)
            found = await self._asked(request.path_params["id"], caller)
        except RefusalError as refusal:
            return self._refused("profiles", refusal)
        self.vitals.requests.add(1, "profiles", "200")
        self.journal.info("profile_shown", where=caller.name, whole=caller.whole)
        return Response(found, 200, {"cache-control": "no-store"}, "application/json")

    async def _asked(self, name: str, caller: Caller) -> bytes:
        if not 0 < len(name) <= ID_MAX:
            raise RefusalError(404, "unknown", "nobody is called so")
        try:
            future = self.questions.ask(ProfileAsked(name, caller.whole))
        except BusyError:
            raise overloaded("busy", "too many questions at once") from None
        try:
            found = await asyncio.wait_for(asyncio.wrap_future(future), self.answer_s)
        except TimeoutError:
            raise overloaded("busy", "the run is busy") from None
        except BusyError:
            raise overloaded("draining", "this run is being stopped") from None
        except Exception as error:  # whatever a question met: the run goes on, and so does the door
            self.journal.error("profile_failed", error=type(error).__name__)
            raise RefusalError(500, "failed", "the question failed; the log of the run says more") from None
        if found is None:
            raise RefusalError(404, "unknown", "nobody is called so")
        return found

    def _caller(self, request: Request) -> Caller:
        caller = self.keys.caller(headers_of(request))
        if caller is None:
            self.journal.warning("key_refused", where="status")
            raise self.keys.refusal(headers_of(request))
        return caller

    def _refused(self, door: str, refusal: RefusalError) -> Response:
        self.vitals.requests.add(1, door, str(refusal.status))
        return answer(refusal.status, {"error": refusal.word, "detail": refusal.detail}, refusal.headers)
