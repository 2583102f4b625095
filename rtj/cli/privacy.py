"""`rtj privacy`: what is known of a person, taking a person out of files, letting go of old events."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rtj.base.errors import InputError, UsageError
from rtj.base.plain import one_line
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.outputs import STDIO, same_file, write_file
from rtj.cli.project import Named, program_named, usable
from rtj.cli.screen import Line, Piece, Screen, columns, line, width, wrap
from rtj.cli.times import instant, read_time, zone_of
from rtj.connect.intake import Door
from rtj.engine.calendar import shift
from rtj.engine.machine import Machine
from rtj.ir.expr import Length
from rtj.ir.program import Program
from rtj.report.moments import counted
from rtj.run.exporting import export as export_of
from rtj.run.privacy import Beside, Change, retain
from rtj.run.privacy import erase as erase_from
from rtj.run.rewriting import Rewriting, recover, stamps
from rtj.run.sources import FileSource, opened_files
from rtj.run.subject import find_subject

__all__ = ["Asked", "Beside", "Screen", "Wish", "erase", "export", "retain_events"]


@dataclass(frozen=True, slots=True)
class Wish:
    """`dry_run`: only tell; `yes`: do not ask; `json`: for programs."""

    dry_run: bool = False
    yes: bool = False
    json: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed. `now`: for `retain` and the time of the logged erasure."""

    events: tuple[str, ...]
    project: Path | None = None
    format: str | None = None
    now: str | None = None


def export(who: str, asked: Asked, output: str | None, screen: Screen) -> int:
    """Everything known about a person, to a file or stdout."""
    program = usable(program_named(Named((), ()), asked.project), screen)
    if program is None:
        return FINDINGS
    if output is not None and any(same_file(output, path) for path in asked.events):
        raise UsageError(f"--output: {output} is also read as --events and would be overwritten")
    with _opened(program, asked) as (files, door):
        subject = find_subject(program, door, files, who)
        if not subject.events:
            return _nobody(who, screen)
        content = (
            json.dumps(export_of(program, subject, files), ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass") + b"\n"
        )
    if output is None or output == STDIO:
        screen.exact(content)
    else:
        write_file(output, content)
    return OK


def erase(who: str, asked: Asked, beside: Beside, wish: Wish, screen: Screen) -> int:
    """Take a person out of files."""
    program = usable(program_named(Named((), ()), asked.project), screen)
    if program is None:
        return FINDINGS
    old = tuple(path for path in (beside.trace, beside.messages, beside.dead_letters) if path)
    given = (*asked.events, *old, *(path for path in (beside.suppressions, beside.log) if path))
    _check_files(given)
    if missing := next((path for path in old if not Path(path).exists()), None):
        raise InputError(f"{missing}: no such file")
    _recover(given, screen)
    read = stamps(given)
    with _opened(program, asked) as (files, door):
        subject = find_subject(program, door, files, who)
        changes, rewriting = erase_from(program, subject, (files, door), beside, _now(asked, program))
        rewriting.expect(read)
        if not any(change.total for change in changes):
            rewriting.abandon()
            return _nobody(who, screen)
        return _settle(changes, rewriting, wish, screen, "taken out")


def retain_events(asked: Asked, wish: Wish, screen: Screen) -> int:
    """Let go of events that are older than `retention:` says."""
    program = usable(program_named(Named((), ()), asked.project), screen)
    if program is None:
        return FINDINGS
    if not program.retention:
        raise UsageError("the project has no `retention:`; it says how long events are kept, for example {page_view: 90d}")
    _check_files(asked.events)
    _recover(asked.events, screen)
    read = stamps(asked.events)
    with _opened(program, asked) as (files, door):
        changes, rewriting = retain(program, (files, door), _now(asked, program))
        rewriting.expect(read)
        return _settle(changes, rewriting, wish, screen, "over")


@contextmanager
def _opened(program: Program, asked: Asked) -> Iterator[tuple[list[FileSource], Door]]:
    now_ms = _now(asked, program) if asked.now is not None else time.time_ns() // 1_000_000
    with (
        tempfile.TemporaryDirectory(prefix="rtj-") as folder,
        opened_files(asked.events, program, asked.format, Path(folder)) as files,
    ):
        yield files, Door(program, Machine(program), now_ms)


def _now(asked: Asked, program: Program) -> int:
    clock_ms = time.time_ns() // 1_000_000
    if asked.now is None:
        return clock_ms
    typed, zone = read_time("--now", asked.now), zone_of(program)
    return shift(clock_ms, typed, 1, zone) if isinstance(typed, Length) else instant(typed, zone)


def _check_files(given: tuple[str, ...]) -> None:
    """What is rewritten must be a file, and each only once."""
    for place, path in enumerate(given):
        if path == STDIO or (Path(path).exists() and not Path(path).is_file()):
            raise UsageError(f"{path}: only files can be rewritten")
        if any(same_file(path, other) for other in given[:place]):
            raise UsageError(f"{path}: given twice")


def _recover(given: tuple[str, ...], screen: Screen) -> None:
    first = sorted(given)[0] if given else "."
    events = Path(first)
    if not events.exists():
        raise InputError(f"{first}: no such file")
    for folder in sorted({Path(path).resolve().parent for path in given}):
        if recover(folder, given):
            screen.talk([line(Piece("an earlier run was cut off; what it had begun is finished now", "dim"))])


def _nobody(who: str, screen: Screen) -> int:
    screen.talk([line(f"nobody called {one_line(who)} appears in these files")])
    return FINDINGS


def _settle(changes: list[Change], rewriting: Rewriting, wish: Wish, screen: Screen, word: str) -> int:
    """Tell what goes, ask, and do it. For programs it is told when it is done, in the words of what came of it."""
    total = sum(change.total for change in changes if not change.adds)
    idle = wish.dry_run or not any(change.total for change in changes)
    if not wish.json:
        screen.answer(_table(changes))
    if idle or not (wish.yes or _agreed()):
        rewriting.abandon()
    else:
        rewriting.commit()
        if wish.json:
            screen.exact(_changes_json(changes, done=True))
        screen.talk([line(f"{counted(total, 'thing')} {word}")])
        return OK
    if wish.json:
        screen.exact(_changes_json(changes, done=False))
    if not idle:
        raise UsageError("nothing was changed; --yes does it without asking")
    screen.talk([line(f"{counted(total, 'thing')} would be {word}; nothing was changed" if total else "nothing to do")])
    return OK


def _changes_json(changes: list[Change], *, done: bool) -> bytes:
    rows = [{"file": c.path, "what": c.what, "adds": c.adds, "counts": c.counts} for c in changes]
    return json.dumps({"changes": rows, "done": done}, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass") + b"\n"


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Rewrite these files? They cannot be brought back. [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _table(changes: list[Change]) -> list[Line]:
    names = max(width(change.path) for change in changes)
    whats = max(width(change.what) for change in changes)
    lines: list[Line] = []
    for change in changes:
        parts = ", ".join(f"{n:,} {one_line(kind)}" for kind, n in change.counts.items())
        sign = "+" if change.adds else "-"
        told = f"{sign}{change.total:,}" if change.total else "0"
        pad = " " * (names - width(change.path) + 2)
        told_of = [
            Piece(f"  {change.path}{pad}"),
            Piece(f"{change.what:<{whats}}  ", "dim"),
            Piece(f"{told:>8}  ", "strong" if change.total else "dim"),
            Piece(parts, "dim"),
        ]
        lines += wrap(told_of, columns(sys.stdout), names + whats + 16)
    return lines
