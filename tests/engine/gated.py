"""Small projects whose messages pass gates: every case runs in the order of work and grouped, with the same result."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from rtj.compile import compile_text
from rtj.engine.calendar import iso
from rtj.engine.machine import Machine
from rtj.engine.record import Level, Recorder
from rtj.engine.world import World
from rtj.ir.program import Program
from rtj.ir.records import Event

PROJECT = """
project: t
secret: s3
identity:
  u: {kind: person, priority: 1, unique: true}
  d: {kind: device, priority: 2}
events:
  go: {n: number?}
  say: {ok: bool?, any: bool?, news: bool?, sure: bool?, mail: string?, timezone: string?, since: instant?}
profile:
  ok: {from: say.ok, type: bool}
  any: {from: say.any, type: bool}
  news: {from: say.news, type: bool}
  sure: {from: say.sure, type: bool}
  mail: {from: say.mail, type: string}
  timezone: {from: say.timezone, type: string}
  since: {from: say.since, type: instant}
"""
ONE = "journey: a\nenter: {on: go, again: always}\ndo: [{id: m, send: hello, by: email}]"
Call = tuple[str, str, str, dict[str, Any]]  # when, kind, who, fields


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def at(when: str) -> int:
    """`1 10:00` is the first of March 2026 at ten, UTC."""
    day, _, clock = when.partition(" ")
    return ms(f"2026-03-{int(day):02d}T{clock or '00:00'}:00") if len(when) < 10 else ms(when)


def compiled(gates: str, *journeys: str) -> Program:
    done = compile_text(PROJECT + gates, *(journeys or (ONE,)))
    assert done.program is not None, [(d.code, d.message) for d in done.diagnostics]
    return done.program


def events(program: Program, *calls: Call) -> list[Event]:
    """Identifiers are `u1`, `d1` or both with a blank between, the best first."""
    machine = Machine(program)
    spaces = {n.name: place for place, n in enumerate(program.ranked)}
    made = []
    for number, (when, kind, who, fields) in enumerate(calls):
        ids = tuple((spaces[one[0]], one[1:]) for one in who.split())
        made.append(Event(at(when), 0, number, kind, f"e{number}", at(when), ids, machine.record(kind)(**fields)))
    return sorted(made, key=lambda e: (e.ts, e.pos))


def run(program: Program, *calls: Call, end: str = "") -> Recorder:
    """The records, the same in the order of work and grouped."""
    work = events(program, *calls)
    return run_events(program, work, at(end) if end else (work[-1].at if work else 0))


def run_events(program: Program, work: list[Event], last: int) -> Recorder:
    """The same of events that are made already, in the order of work."""
    ordered = Recorder()
    world = World(Machine(program, Level.TRACE), ordered)
    for instant in sorted({e.at for e in work}):
        world.advance(instant)
        for event in work:
            if event.at == instant:
                world.feed(event)
        world.close(instant)
    world.finish(last, drain=False)
    replayed = Recorder()
    World(Machine(program, Level.TRACE), replayed).replay(work, last, drain=False)
    ordered.records.sort(key=lambda r: r[:3])
    replayed.records.sort(key=lambda r: r[:3])
    assert ordered.records == replayed.records
    assert Counter(ordered.counts) == Counter(replayed.counts)
    return ordered


TOLD = ("sent", "blocked", "held", "withdrawn", "suppressed", "unsubscribed", "goes", "refused")


def told(recorder: Recorder, *what: str) -> list[str]:
    """The records of gates in a line each."""
    lines = []
    for instant, _, _, record in recorder.records:
        if record["what"] not in (what or TOLD):
            continue
        when = iso(instant)[8:16].replace("T", " ").lstrip("0")
        words = [str(record[k]) for k in ("channel", "gate", "rule", "to", "of", "reason", "cap", "cause") if k in record]
        until = [str(record["until"])[8:16].replace("T", " ").lstrip("0")] if "until" in record else []
        lines.append(" ".join([when, str(record["what"]), *words, *until]))
    return lines


def key_of(recorder: Recorder, number: int = 0) -> str:
    """The key of a message that was sent."""
    return str([r[3] for r in recorder.records if r[3]["what"] == "sent"][number]["key"])
