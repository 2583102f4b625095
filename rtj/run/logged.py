"""`simulate --log`: the log of a live run, replayed: what it did, once more, to the byte (S11.5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rtj.base.errors import InputError
from rtj.connect.letters import letter_record
from rtj.engine.record import Level
from rtj.engine.standing import Onlooker
from rtj.ir.entries import Deployed, Entry
from rtj.ir.masking import Masker
from rtj.run.following import Follower, Programs, Retained
from rtj.run.following_trace import HeldLines, held_messages, held_trace
from rtj.run.memory import quiet_collector
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


def follow_log(
    programs: Programs, log: Callable[[], Iterable[Logged]], out: Outputs, on_progress: OnProgress | None, *, show_pii: bool
) -> SimulateResult:
    """Follow a log from its start, which `log` gives as often as it is asked. Raises
    InputError when it does not begin with a deployment; OutputError as `simulate` does."""
    began = time.monotonic()
    with quiet_collector(), opened(out) as sinks:
        replay: _Replay | None = None
        for logged in log():
            if replay is None:
                replay = _Replay(programs, (logged, log), sinks, show_pii=show_pii)
            replay.take(logged)
            if on_progress is not None:
                on_progress(Progress("working", 0, 0, "records", replay.follower.found.read))
        if replay is None:
            raise InputError("the log is empty: nothing was deployed yet")
        return replay.result(time.monotonic() - began)


class _Replay:
    def __init__(
        self, programs: Programs, log: tuple[Logged, Callable[[], Iterable[Logged]]], sinks: Sinks, *, show_pii: bool
    ) -> None:
        first, whole = log

        def retained(before: int) -> Iterable[Retained]:
            for one in whole():
                if one.seq >= before:
                    return
                yield Retained(one.seq, one.entry)

        if not isinstance(first.entry, Deployed):
            raise InputError(f"entry {first.seq} of the log is no deployment: what stood before it was let go (`retain`)")
        level = Level.TRACE if sinks.trace is not None else Level.MESSAGES if sinks.messages is not None else Level.COUNTS
        self.follower = Follower(programs, first.entry.program, level, retained)
        self._sinks, self._show = sinks, show_pii
        self._trace: HeldLines | None = None if sinks.trace is None else held_trace(self._masker())
        self._messages = None if sinks.messages is None else held_messages()

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
        records.clear()
        follower.kernel.outgoing.clear()
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
        for p in follower.world.profiles:
            for inst in p.instances.values():
                follower.world.kernel.count("inside", inst.journey.name)
        formats = tuple(Sniffed(s.name, s.format.name, s.format.why) for s in follower.streams.values() if s.format is not None)
        return result_of(found, formats, 1, seconds)
