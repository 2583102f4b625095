"""An outbox in memory that behaves as that of a store, and what stands for the main thread of a run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from rtj.deliver.deliverer import Deliverer, Route, Routes
from rtj.deliver.port import Sink
from rtj.ir.entries import Answered
from rtj.store.port import OutboxRow, Outcome, WaitingRow


def row(number: int, profile: str = "", channel: str = "email", priority: int = 0, kind: str = "message") -> OutboxRow:
    who = profile or f"u:{number}"
    key = f"k{number:06d}"
    line: dict[str, object] = {"key": key, "profile": who, "n": number, "text": "héllo 日本 🦊"}
    if kind == "call":
        line = {"post": line, "names": [who, "d:1"]}
    body = json.dumps(line, ensure_ascii=False).encode()
    return OutboxRow(number, key, kind, who, channel, priority, 0, body)  # type: ignore[arg-type]


class Outbox:
    def __init__(self, rows: Iterable[OutboxRow] = ()) -> None:
        self.rows = {one.number: one for one in rows}
        self.states: dict[int, Outcome] = {}
        self.log: list[Outcome] = []
        self.answers: list[Answered] = []
        self.reads = 0

    def waiting(self, after: int, most: int) -> list[WaitingRow]:
        self.reads += 1
        found = []
        for number, one in sorted(self.rows.items()):
            state = self.states.get(number)
            if number > after and (state is None or state.state == "waiting") and len(found) < most:
                found.append(WaitingRow(one, state.tries if state else 0, state.next_ms if state else 0))
        return found

    def outbox_bodies(self, numbers: Sequence[int]) -> dict[int, bytes]:
        return {number: self.rows[number].body for number in numbers}

    def commit(self, outcomes: Sequence[Outcome], answers: Sequence[Answered] = ()) -> None:
        self.states |= {one.number: one for one in outcomes}
        self.log += outcomes
        self.answers += answers

    def ended(self, state: str = "") -> list[int]:
        return [n for n, one in self.states.items() if one.state == state or (not state and one.state != "waiting")]


def routes(sinks: Mapping[str, Sink], calls: Mapping[str, Sink] | None = None, per_second: float = 0.0) -> Routes:
    made = {name: Route(name, sink, per_second) for name, sink in sinks.items()}
    return Routes(made, {name: Route(f"call {name}", sink) for name, sink in (calls or {}).items()})


def run(deliverer: Deliverer, outbox: Outbox, until: Callable[[], bool], seconds: float = 60.0) -> None:
    """Pump and commit, as the main thread of a run does."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, (len(outbox.ended()), outbox.log[-5:], deliverer.tallies())
        outbox.commit(*deliverer.results())
        deliverer.pump(outbox)
        time.sleep(0.002)


def run_all(deliverer: Deliverer, outbox: Outbox, seconds: float = 60.0) -> None:
    """Until everything has come to an end."""
    run(deliverer, outbox, lambda: len(outbox.ended()) == len(outbox.rows), seconds)
