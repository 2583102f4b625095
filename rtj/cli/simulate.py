"""`rtj simulate`: what was asked for -> a run -> a summary, or the story of one person."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rtj.base.errors import UsageError
from rtj.base.plain import one_line
from rtj.cli.option_sets import Replayed
from rtj.cli.outcome import FINDINGS, INTERRUPTED, OK
from rtj.cli.outputs import STDIO, same_file
from rtj.cli.progress import Meter
from rtj.cli.project import narrow, program_named, sort_out, usable
from rtj.cli.render import Paper, render_story, render_summary
from rtj.cli.screen import Piece, Screen, columns, line, shows_blocks
from rtj.cli.times import Typed, instant, read_time, zone_of
from rtj.engine.calendar import shift
from rtj.ir.expr import Length
from rtj.ir.masking import Masker
from rtj.ir.program import Program
from rtj.report.moments import counted
from rtj.report.summary import summarize
from rtj.report.timeline import read_trace, tell
from rtj.run.options import Order, Outputs, SimulateOptions, SimulateResult
from rtj.run.simulate import simulate as run

__all__ = ["Asked", "Screen", "simulate"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.arguments` for the meaning of each."""

    events: tuple[str, ...]
    replayed: Replayed = Replayed()  # noqa: RUF009
    journeys: tuple[str, ...] = ()
    project: Path | None = None
    until: str | None = None
    drain: bool = False
    messages: str | None = None
    trace: str | None = None
    profile: str | None = None
    dead_letters: str | None = None
    instances: str | None = None
    strict: bool = False
    order: Order | None = None
    now: str | None = None
    format: str | None = None
    workers: int | None = None
    show_pii: bool = False


def simulate(asked: Asked, screen: Screen) -> int:
    """Run the simulation and print what came of it."""
    if asked.replayed.log is not None:
        return _replay(asked, screen)
    if asked.replayed.base is not None or asked.replayed.after is not None or asked.replayed.verify:
        raise UsageError("--from, --after and --verify are about a log: --log ENV is missing")
    if not asked.events:
        raise UsageError("--events FILE or --log ENV is missing: what shall be replayed?")
    named = sort_out(asked.journeys)
    until = None if asked.until is None else read_time("--until", asked.until)
    now = None if asked.now is None else read_time("--now", asked.now)
    _check_files(asked)
    program = usable(program_named(named, asked.project), screen)
    if program is None:
        return FINDINGS
    program = narrow(program, named.names)
    options = _options(asked, program, until, now)
    if STDIO in asked.events and sys.stdin.isatty():
        screen.talk([line("reading events from the terminal, one JSON line each; Ctrl-D ends")])
    with _outputs(asked) as outputs:
        with Meter(screen, wanted=not (_lines_to_stdout(asked) and sys.stdout.isatty())) as meter:
            result = run(program, options, meter, outputs)
        _tell_sources(asked, result, screen)
        told = _tell_story(asked, program, outputs, screen) if asked.profile else _tell_summary(asked, program, result, screen)
    return INTERRUPTED if result.interrupted else told


def _replay(asked: Asked, screen: Screen) -> int:
    """What a run has logged is all that is worked: nothing else can be asked for."""
    from rtj.cli.logged import Wanted, replay

    allowed = replace(
        Asked(asked.events, asked.replayed), project=asked.project, messages=asked.messages, trace=asked.trace, until=asked.until,
        dead_letters=asked.dead_letters, instances=asked.instances, profile=asked.profile, show_pii=asked.show_pii,
    )  # fmt: skip
    if asked != allowed or asked.events:
        raise UsageError("--log replays what was logged as it was: no events, journeys, order or format can stand beside it")
    until = None if asked.until is None else read_time("--until", asked.until)
    if isinstance(until, Length):
        raise UsageError("--until: a log ends with its last entry; expected an instant such as 2026-03-31T09:00:00Z")
    if until is not None and asked.replayed.verify:
        raise UsageError("--verify compares with the store at the end of the log: --until cannot stand beside it")
    _check_files(asked)
    with _outputs(asked) as outputs:
        with Meter(screen, wanted=not (_lines_to_stdout(asked) and sys.stdout.isatty())) as meter:
            done = replay(Wanted(asked.replayed, asked.project, until, asked.show_pii), outputs, meter)
        screen.talk([line(Piece(note, "dim")) for note in done.notes])
        told = (
            _tell_story(asked, done.program, outputs, screen)
            if asked.profile
            else _tell_summary(asked, done.program, done.result, screen)
        )
    if done.equal:
        (screen.talk if _lines_to_stdout(asked) else screen.answer)([(), line(Piece(done.equal, "good"))])
    screen.complain([line(Piece(one, "bad")) for one in done.differing])
    return FINDINGS if done.differing else told


def _options(asked: Asked, program: Program, until: Typed | None, now: Typed | None) -> SimulateOptions:
    zone = zone_of(program)
    clock_ms = time.time_ns() // 1_000_000
    now_ms = clock_ms
    if isinstance(now, Length):
        now_ms = shift(clock_ms, now, 1, zone)
    elif now is not None:
        now_ms = instant(now, zone)
    return SimulateOptions(
        events=asked.events,
        order=asked.order or _natural_order(asked.events),
        until=instant(until, zone) if isinstance(until, datetime) else until,
        drain=asked.drain,
        profile=asked.profile,
        strict=asked.strict,
        show_pii=asked.show_pii,
        workers=asked.workers,
        now_ms=now_ms,
        format=asked.format,
    )


def _natural_order(events: tuple[str, ...]) -> Order:
    """Files are worked by event time; a pipe as it comes, for its end may never come (S1.12)."""
    return "arrival" if any(path == STDIO or Path(path).is_fifo() for path in events) else "ts"


def _check_files(asked: Asked) -> None:
    """Refuse calls that would mix two outputs or write over an input."""
    outputs = [
        (option, path)
        for option, path in (
            ("--messages", asked.messages), ("--trace", asked.trace),
            ("--dead-letters", asked.dead_letters), ("--instances", asked.instances),
        )
        if path is not None
    ]  # fmt: skip
    for i, (option, path) in enumerate(outputs):
        if not path:
            raise UsageError(f"{option}: a file name is missing")
        for other, before in outputs[:i]:
            if same_file(path, before):
                raise UsageError(f"{option} and {other} cannot both go to {'stdout' if path == STDIO else path}")
        for events in asked.events:
            if STDIO not in (path, events) and same_file(path, events):
                raise UsageError(f"{option}: {path} is also read as --events and would be overwritten")
    if asked.events.count(STDIO) > 1:
        raise UsageError("--events -: stdin can be read only once")


@contextmanager
def _outputs(asked: Asked) -> Iterator[Outputs]:
    """The outputs; a story needs a trace, which goes to a file of its own when nobody else wants it."""
    outputs = Outputs(asked.messages, asked.trace, asked.dead_letters, asked.instances)
    if asked.profile is None or asked.trace is not None:
        yield outputs
        return
    with tempfile.TemporaryDirectory(prefix="rtj-") as folder:
        yield replace(outputs, trace=os.path.join(folder, "trace.jsonl"))


def _lines_to_stdout(asked: Asked) -> bool:
    return STDIO in (asked.messages, asked.trace, asked.dead_letters, asked.instances)


def _tell_sources(asked: Asked, result: SimulateResult, screen: Screen) -> None:
    """What each source was read as, and how to see what could not be read."""
    for found in result.formats:
        why = f" ({found.why})" if found.why else ""
        screen.talk([line(Piece(one_line(f"{found.source}: read as {found.format}{why}"), "dim"))])
    dead = sum(result.dead.values())
    if dead and asked.dead_letters is None:
        screen.talk(
            [line(Piece(f"{counted(dead, 'dead letter')}: --dead-letters FILE keeps each with its line and reason", "dim"))]
        )


def _tell_summary(asked: Asked, program: Program, result: SimulateResult, screen: Screen) -> int:
    summary = summarize(result, program, zone_of(program))
    if _lines_to_stdout(asked):
        screen.talk(render_summary(summary, Paper(columns(sys.stderr), shows_blocks(sys.stderr))))
    else:
        screen.answer(render_summary(summary, Paper(columns(sys.stdout), shows_blocks(sys.stdout))))
    return OK


def _tell_story(asked: Asked, program: Program, outputs: Outputs, screen: Screen) -> int:
    """The timeline of one person. FINDINGS when nobody of that name appears."""
    if outputs.trace is None or outputs.trace == STDIO:
        return OK
    records = read_trace(Path(outputs.trace).read_bytes())
    story = tell(records, zone_of(program))
    who = one_line(asked.profile or "")
    if not story:
        screen.talk([line(f"nobody called {who} appears in these events")])
        return FINDINGS
    names = {part for record in records for part in record.values() if isinstance(part, str)}
    who = Masker(program, show=asked.show_pii).asked(who, names)
    lines = render_story(who, program.timezone, story)
    if _lines_to_stdout(asked):
        screen.talk(lines)
    else:
        screen.answer(lines)
    screen.talk([(), line(Piece(f"{counted(len(story), 'thing')} happened to {who}", "dim"))])
    return OK
