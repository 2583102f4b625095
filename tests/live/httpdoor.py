"""A run as the doors see it: a thread that takes from the inbox and commits, when it is told to, and answers questions."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from rtj.connect.inbox import Delivery, Idle, Inbox, Item
from rtj.connect.lanes import Lanes
from rtj.engine.machine import Machine
from rtj.ir.environments import HttpSource
from rtj.ir.program import Program
from rtj.live.http_doors import Doors, HttpFeeder
from rtj.live.http_gate import Patience
from rtj.live.journal import Journal
from rtj.live.vitals import Answer, ProfileAsked, Questions, Vitals
from tests.run.shop import program

WAIT_S = 30.0  # generous: machines may be busy
KEY = "k-0123456789abcdef"
KEYS = f"shop={KEY}"
EVENT = {"id": "e1", "type": "purchase", "ts": "2026-03-01T10:00:00Z", "email": "ada@example.com", "properties": {"total": 39}}


class Run:
    """`hold`: while it is set nothing is taken. `committed`: the deliveries so far. `answer`: what questions get."""

    def __init__(
        self, *sources: str, keys: str = KEYS, lanes: Lanes | None = None, patience: Patience | None = None, **bounds: Any
    ):
        self.journal_text = io.StringIO()
        self.vitals, self.inbox = Vitals("test", "0"), Inbox(lanes, **bounds)
        self.questions = Questions(self.inbox.wake)
        self.doors = Doors(self.vitals, self.questions, Journal(self.journal_text), patience or Patience())
        self.hold, self._holds, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.committed: list[Delivery] = []
        self.notices: list[Item] = []
        self.answer: Callable[[ProfileAsked], Answer] = lambda _: None
        self.program: Program = program()
        self.lanes = lanes or Lanes()
        self.keys = keys
        self.status = self.doors.serve("127.0.0.1:0", "")
        self.listen = f"127.0.0.1:{self.status.port}"
        self.feeders = [self.source(name) for name in sources or ("shop",)]
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def source(self, name: str, keys: str | None = None, listen: str | None = None) -> HttpFeeder:
        feed = HttpSource(listen or self.listen, self.keys if keys is None else keys)
        feeder = self.doors.source(name, feed, self.program, Machine(self.program), self.lanes)
        feeder.start(self.inbox, {})
        return feeder

    def _work(self) -> None:
        while not self.ended.is_set():
            self.questions.serve(self.answer)
            if self.hold.is_set():
                self._holds.set()
                time.sleep(0.005)
                continue
            for item in self.inbox.take(1 << 20, 0.05):
                if isinstance(item, Delivery):
                    self.committed.append(item)
                    item.done()
                else:
                    self.notices.append(item)

    def pause(self) -> None:
        """From now on nothing is taken, until `hold` is cleared."""
        self._holds.clear()
        self.hold.set()
        assert self._holds.wait(WAIT_S)

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.005)

    def lines(self) -> list[Any]:
        """Every committed line, as JSON."""
        return [json.loads(line) for one in self.committed for line in one.text.splitlines()]

    def idles(self) -> list[Idle]:
        return [one for one in self.notices if isinstance(one, Idle)]

    @property
    def url(self) -> str:
        return f"http://{self.listen}"

    def post(self, body: Any, path: str = "/v1/events", key: str | None = KEY, **headers: str) -> httpx.Response:
        """JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["authorization"] = f"Bearer {key}"
        return httpx.post(self.url + path, content=data, headers=named, timeout=20)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=20)

    def raw(self, data: bytes, wait_s: float = 5.0) -> bytes:
        """Bytes to the door, and all that comes back until it closes or says nothing for so long."""
        with self.wire() as wire:
            wire.settimeout(wait_s)
            found = b""
            try:
                wire.sendall(data)
                while chunk := wire.recv(65_536):
                    found += chunk
            except (TimeoutError, ConnectionError):
                pass
            return found

    def wire(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.status.port), 5)

    def close(self) -> None:
        for feeder in self.feeders:
            feeder.stop()
        self.hold.clear()
        for feeder in self.feeders:
            feeder.close()
        self.questions.close()
        self.doors.close()
        self.ended.set()
        self.thread.join(5)
