"""`rtj diff`: two versions -> what is different, for whom, and what people would get."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from rtj.base.errors import UsageError
from rtj.base.plain import one_line
from rtj.cli.diff_writing import FORMATS, Found, write
from rtj.cli.outcome import FINDINGS, INTERRUPTED, OK
from rtj.cli.outputs import STDIO, Outputs, read_outputs, same_file
from rtj.cli.progress import Meter
from rtj.cli.render import Paper
from rtj.cli.screen import Piece, Screen, columns, line, shows_blocks
from rtj.cli.times import instant, read_time, zone_of
from rtj.cli.versions import Version, damage_told, versions
from rtj.cli.waiving import accept, waivers_beside
from rtj.connect.snapshots import opened_snapshot
from rtj.engine.calendar import shift
from rtj.ir.comparison import Comparison
from rtj.ir.expr import Length
from rtj.plan.changes import LEVELS, Diff, Level, at_least
from rtj.plan.diff import diff as differences
from rtj.plan.waivers import FILE, Waived, faulty, waive
from rtj.plan.weighed import unweighed, weighed, weighed_by, weighed_by_replay
from rtj.report.diff_places import Places
from rtj.report.moments import counted
from rtj.run.options import CompareOptions, SimulateOptions

__all__ = ["LEVELS", "Asked", "Replayed", "Screen", "diff"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What is replayed through both versions, as it was typed."""

    events: tuple[str, ...] = ()
    profile: str | None = None
    until: str | None = None
    drain: bool = False
    now: str | None = None
    format: str | None = None
    workers: int | None = None
    examples: int = 5
    show_pii: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.diff_arguments` for the meaning of each."""

    old: str | None = None
    new: str | None = None
    project: Path | None = None
    instances: Path | None = None
    replayed: Replayed = field(default_factory=Replayed)
    format: str | None = None
    outputs: tuple[str, ...] = ()
    fail_on: Level | None = "breaking"
    accept: str | None = None


def diff(asked: Asked, screen: Screen) -> int:
    """Tell what is different. FINDINGS when something that is not waived is as harmful as `fail_on`, or when a journey of the
    newer version does not compile."""
    outputs = read_outputs(asked.format, asked.outputs, FORMATS)
    _check(asked, outputs)
    both = versions(asked.old, asked.new, asked.project)
    with damage_told(both):
        if asked.replayed.profile is not None:
            return _tell_lives(asked, both, screen)
        return _tell(asked, both, outputs, screen)


def _tell(asked: Asked, both: tuple[Version, Version], outputs: Outputs, screen: Screen) -> int:
    old, new = both
    found, comparison = _weighed(asked, differences(old.side, new.side), (old, new), screen)
    remarks = (*old.remarks, *new.remarks, *found.remarks)
    waived = _waived(replace(found, remarks=remarks), new, screen)
    if asked.accept is not None:
        waived = _accept(asked, waived, new, screen)
    write(outputs, Found(waived.diff, comparison, Places(old.places, new.places), (old.side, new.side)), screen)
    if comparison is not None and comparison.read.interrupted:
        return INTERRUPTED
    if asked.fail_on is None:
        return OK
    if new.side.lost:  # nobody knows what of it would harm
        number = counted(len(new.side.lost), "journey")
        screen.talk(
            [line(Piece(f"{number} of {new.side.name} cannot be compared, which fails as what is breaking does", "warn"))]
        )
        return FINDINGS
    return FINDINGS if at_least(waived.diff.level, asked.fail_on) else OK


def _check(asked: Asked, outputs: Outputs) -> None:
    """Refuse calls that mean nothing, or would write over what is read."""
    events = asked.replayed.events
    if asked.replayed.profile is not None and not events:
        raise UsageError("--profile: say over which events, with --events FILE")
    if asked.replayed.profile is not None and not asked.replayed.profile.strip():
        raise UsageError("--profile: an empty name is nobody's")
    if asked.replayed.profile is not None and (outputs.stdout != "text" or outputs.files):
        raise UsageError("--profile: one person is told as text, and on stdout alone")
    if events.count(STDIO) + (asked.instances is not None and str(asked.instances) == STDIO) > 1:
        raise UsageError("stdin can be read only once")
    read = [*events, *([str(asked.instances)] if asked.instances is not None else [])]
    for _, path in outputs.files:
        if any(path != STDIO and same_file(path, name) for name in read):
            raise UsageError(f"--output: {path} is also read and would be overwritten")
    if asked.accept is not None and asked.fail_on is None:
        raise UsageError("--accept writes what is at or above --fail-on: say which level that is")


def _options(asked: Asked, version: Version) -> SimulateOptions:
    """How both versions are replayed; local times are those of the newer one."""
    replayed, zone = asked.replayed, zone_of(version.side.program)
    until = None if replayed.until is None else read_time("--until", replayed.until)
    now = None if replayed.now is None else read_time("--now", replayed.now)
    clock_ms = time.time_ns() // 1_000_000
    now_ms = clock_ms if now is None else shift(clock_ms, now, 1, zone) if isinstance(now, Length) else instant(now, zone)
    return SimulateOptions(
        events=replayed.events,
        until=until if until is None or isinstance(until, Length) else instant(until, zone),
        drain=replayed.drain,
        show_pii=replayed.show_pii,
        workers=replayed.workers,
        now_ms=now_ms,
        format=replayed.format,
    )


def _runnable(version: Version) -> None:
    if not version.side.runnable:
        first = version.diagnostics[0] if version.diagnostics else None
        why = f": {first.span.source.path}:{first.span.line}: {first.code} {one_line(first.message)}" if first else ""
        raise UsageError(f"--events: {version.side.name} does not compile, so it cannot be replayed{why}")


def _compared(asked: Asked, both: tuple[Version, Version], standings: str | None, screen: Screen) -> Comparison:
    old, new = both
    for version in both:
        _runnable(version)
    from rtj.run.comparing import compare  # the engine, which two programs that are only read do not need

    options = CompareOptions(_options(asked, new), asked.replayed.examples, _other_texts(old, new), standings)
    with Meter(screen, wanted=True) as meter:
        return compare(old.side.program, new.side.program, options, meter)


def _other_texts(old: Version, new: Version) -> frozenset[str]:
    """The messages whose text is another."""
    ours, theirs = old.side.templates, new.side.templates
    return frozenset(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def _weighed(asked: Asked, found: Diff, both: tuple[Version, Version], screen: Screen) -> tuple[Diff, Comparison | None]:
    """The levels after what is known of people inside, and what a replay shows. Who is inside is told by a snapshot; where there
    is none, by the end of the replay of the old version, unless that drains it."""
    old, new = both
    path, events = asked.instances or old.instances, asked.replayed.events
    if asked.instances is None and old.inside is not None:
        comparison = _compared(asked, both, None, screen) if events else None
        return weighed_by(found, old.side, new.side, old.inside.standings, old.inside.at), comparison
    if path is not None:
        with opened_snapshot(str(path)) as snapshot:  # first: it is soon known to be none
            comparison = _compared(asked, both, None, screen) if events else None
            return weighed(found, old.side, new.side, snapshot), comparison
    if not events:
        return unweighed(found, new.side), None
    if asked.replayed.drain or not found.every:
        return unweighed(found, new.side), _compared(asked, both, None, screen)
    with tempfile.TemporaryDirectory(prefix="rtj-") as folder:
        ends = str(Path(folder) / "instances")
        comparison = _compared(asked, both, ends, screen)
        with opened_snapshot(ends) as snapshot:
            if not any(tally.what == "entered" and tally.before for tally in comparison.tallies):
                return unweighed(found, new.side), comparison  # where nobody enters, that nobody is inside says nothing
            names = ["stdin" if name == STDIO else one_line(name) for name in events]
            return weighed_by_replay(found, old.side, new.side, snapshot, names), comparison


def _waived(found: Diff, new: Version, screen: Screen) -> Waived:
    if new.root is None:
        return Waived(found)
    waivers = waivers_beside(new.root)
    screen.talk([line(Piece(text, "warn")) for text in faulty(waivers, FILE)])
    waived = waive(found, waivers.waivers)
    screen.talk([line(Piece(f"{FILE}: {stale.message}", "warn")) for stale in waived.stale])
    return waived


def _accept(asked: Asked, waived: Waived, new: Version, screen: Screen) -> Waived:
    """Write what is at or above the level into the waiver file, and read it again."""
    if new.root is None or asked.fail_on is None or asked.accept is None:
        raise UsageError("--accept: the newer version has no folder in which waivers could stand")
    number = accept(new.root, waived, asked.fail_on, asked.accept)
    screen.talk([line(Piece(f"{FILE}: {counted(number, 'change')} accepted", "dim"))])
    return waive(waived.diff, waivers_beside(new.root).waivers)


def _tell_lives(asked: Asked, both: tuple[Version, Version], screen: Screen) -> int:
    """One person under both versions. FINDINGS when nobody of that name appears."""
    old, new = both
    for version in both:
        _runnable(version)
    from rtj.cli.render_lives import People, render_lives
    from rtj.run.comparing import compare_one

    who = asked.replayed.profile or ""
    options = CompareOptions(_options(asked, new), 0, _other_texts(old, new))
    lives = compare_one(old.side.program, new.side.program, options, who)
    if lives.interrupted:  # each version may have come as far as it liked: nothing can be said
        screen.talk([line(Piece("interrupted: nothing is told of lives that were not read to their end", "warn"))])
        return INTERRUPTED
    if not lives.pairs:
        screen.talk([line(f"nobody called {one_line(who)} appears in these events")])
        return FINDINGS
    paper = Paper(columns(sys.stdout), shows_blocks(sys.stdout))
    named = People(who, old.side.name, new.side.name)
    screen.answer(render_lives(lives, named, zone_of(new.side.program), paper))
    return OK
