"""`simulate --log`: the log of a live run, replayed: what it did, once more, to the byte (S11.5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from rtj.base.errors import InputError
from rtj.connect.letters import letter_record
from rtj.engine.calendar import iso
from rtj.engine.record import Level
from rtj.engine.standing import Onlooker
from rtj.ir.entries import Deployed, Entry
from rtj.ir.masking import Masker
from rtj.run.following import Follower, Programs, Retained
from rtj.run.following_trace import HeldLines, held_messages, held_trace
from rtj.run.memory import collect_seldom, quiet_collector
from rtj.run.meter import OnProgress
from rtj.run.options import Outputs, Progress, SimulateResult, Sniffed
from rtj.run.output import Sinks, encode_line, header_line, opened, snapshot_header, standing_rows
from rtj.run.simulate import result_of


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of a log with its number, and when it was taken by the clock of the machine."""

    seq: int
    taken_ms: int
    entry: Entry
    clock: int = 0  # the instant before which all was worked when it was taken


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a replay begins: `follower` has taken all entries up to `entry`. `deployed_ms`: when its program took over, by the
    clock of the machine, None: that is still to come; `held`: lines of the live trace that waited then, "" where none did."""

    follower: Follower
    entry: int
    deployed_ms: int | None = None
    held: bytes = b""


Log: TypeAlias = Callable[[], Iterable[Logged]]
"""The entries from where a replay begins, as often as they are asked for."""


def level_of(out: Outputs) -> Level:
    """What has to be recorded for these outputs."""
    return Level.TRACE if out.trace is not None else Level.MESSAGES if out.messages is not None else Level.COUNTS


def follow_log(
    start: Programs | Checkpoint, log: Log, out: Outputs, on_progress: OnProgress | None, *, show_pii: bool
) -> SimulateResult:
    """Follow a log to its end, from its beginning or from a checkpoint, behind which `log` goes on then. Raises InputError when
    it has no beginning; OutputError as `simulate` does."""
    began = time.monotonic()
    with quiet_collector(), opened(out) as sinks:
        collect_seldom()
        replay = _Replay(start, sinks, show_pii=show_pii) if isinstance(start, Checkpoint) else None
        for logged in log():
            if replay is None:
                assert not isinstance(start, Checkpoint)
                replay = _Replay(beginning(start, (logged, log), level_of(out)), sinks, show_pii=show_pii)
            replay.take(logged)
            if on_progress is not None:
                on_progress(Progress("working", 0, 0, "records", replay.follower.found.read))
        if replay is None:
            raise InputError("the log is empty: nothing was deployed yet")
        return replay.result(time.monotonic() - began)


def beginning(programs: Programs, log: tuple[Logged, Log], level: Level) -> Checkpoint:
    """Before the first entry of a whole log, of which it and all are given. Raises InputError when it is not whole."""
    first, whole = log

    def retained(before: int) -> Iterable[Retained]:
        for one in whole():
            if one.seq >= before:
                return
            yield Retained(one.seq, one.entry)

    if not isinstance(first.entry, Deployed) or first.seq != 1:
        raise InputError(
            f"the log begins at entry {first.seq:,}, of {iso(first.taken_ms)}: what was before it was let go (`retain`);"
            " --from BACKUP begins with what a backup has"
        )
    return Checkpoint(Follower(programs, first.entry.program, level, retained), 0)


def passed(start: Checkpoint, log: Log, entry: int) -> Checkpoint:
    """The same, further on: when it has taken all up to this entry, of which nothing is told. Raises InputError when the log ends
    before it."""
    follower, last, deployed_ms = start.follower, start.entry, start.deployed_ms
    for logged in log():
        if logged.seq > entry:
            break
        follower.take(logged.entry, logged.seq)
        last = logged.seq
        if isinstance(logged.entry, Deployed):
            deployed_ms = logged.taken_ms
        _told(follower)
        follower.letters.clear()
    if last < entry:
        raise InputError(f"the log ends with entry {last:,}: there is none with number {entry:,}")
    return Checkpoint(follower, entry, deployed_ms)


def _told(follower: Follower) -> None:
    """What a follower has to tell was taken away."""
    follower.recorder.records.clear()
    follower.kernel.outgoing.clear()
    follower.kernel.forgotten.clear()


class _Replay:
    def __init__(self, start: Checkpoint, sinks: Sinks, *, show_pii: bool) -> None:
        self.follower = start.follower
        self._sinks, self._show = sinks, show_pii
        self._trace: HeldLines | None = None if sinks.trace is None else held_trace(self._masker())
        self._messages = None if sinks.messages is None else held_messages()
        if self._trace is not None and start.deployed_ms is not None:
            self._trace.head(header_line(start.follower.program, start.deployed_ms))
            if start.held:
                self._trace.hold(start.held)

    def _masker(self) -> Masker:
        return Masker(self.follower.program, show=self._show)

    def take(self, logged: Logged) -> None:
        follower = self.follower
        follower.take(logged.entry, logged.seq)
        if isinstance(logged.entry, Deployed) and self._trace is not None:
            self._trace.head(header_line(follower.program, logged.taken_ms))
            self._trace.rows = held_trace(self._masker()).rows
        records = follower.recorder.records
        for held, sink in ((self._trace, self._sinks.trace), (self._messages, self._sinks.messages)):
            if held is not None and sink is not None:
                held.add(records, follower.clock)
                sink.write(held.take())
        _told(follower)
        if follower.letters:
            masker = self._masker()
            for number, letter in follower.letters:
                if self._sinks.dead_letters is not None:
                    name = follower.streams[number].name if number in follower.streams else ""
                    self._sinks.dead_letters.write(encode_line(letter_record(name, letter, masker)))
            follower.letters.clear()

    def result(self, seconds: float) -> SimulateResult:
        follower = self.follower
        found = follower.found
        found.end = follower.clock if found.last_ts is not None else None
        if self._sinks.instances is not None:
            self._sinks.instances.write(snapshot_header(follower.program, found.end, interrupted=False))
            standings = Onlooker(follower.machine, follower.clock).standings(follower.world.inside())
            for row in sorted(standing_rows(standings, self._masker()), key=lambda row: row[:3]):
                self._sinks.instances.write(row[3])
        for p in follower.world.inside():
            for inst in p.instances.values():
                follower.world.kernel.count("inside", inst.journey.name)
        formats = tuple(Sniffed(s.name, s.format.name, s.format.why) for s in follower.streams.values() if s.format is not None)
        return result_of(found, formats, 1, seconds)
