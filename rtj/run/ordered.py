"""The time-ordered run of pipes, or of files as they come: every source has a watermark, the smallest is the clock (S1.3), and
what an instant caused is written as soon as the clock has passed it (S1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rtj.base.errors import InputError
from rtj.connect.formats import Format, choose
from rtj.connect.intake import NEVER, Door, Feed, Intake
from rtj.connect.letters import DeadLetter, Letters, letter_record, letter_words
from rtj.connect.streams import LINE_MAX, Piece, Source, TooLong, source_lines
from rtj.engine.machine import Machine
from rtj.engine.record import Recorder
from rtj.engine.standing import Onlooker
from rtj.engine.world import World
from rtj.ir.masking import Masker
from rtj.ir.program import Program
from rtj.run.clockwork import Clockwork
from rtj.run.ends import end_of
from rtj.run.found import Found
from rtj.run.memory import collect_seldom
from rtj.run.meter import Meter
from rtj.run.options import SimulateOptions, Sniffed
from rtj.run.output import Books, Sinks, encode_line, snapshot_header
from rtj.run.people import level_of
from rtj.run.person import Person
from rtj.run.sources import first_lines, ordered_paths
from rtj.run.stop import Stop


class Stream:
    """One source as it comes; `newest` is the largest `ts` read. The format is decided by its first piece."""

    def __init__(self, source: Source, door: Door, number: int, pinned: str | None, letters: Letters) -> None:
        self.source, self.number, self.letters = source, number, letters
        self._door, self._pinned = door, pinned
        self._pieces: Iterator[Piece] = source_lines(source)
        self.format = Format("rtj", "there is no record to look at")
        self.intake: Intake | None = None
        self.newest = -NEVER

    @property
    def watermark(self) -> int:
        """Up to which instant everything is believed to have been read."""
        return self.newest - self.format.lateness_ms if self.intake is not None else -NEVER

    def next_piece(self, stop: Stop) -> Piece | None:
        """The next lines, or None at the end. Waits; Ctrl-C meanwhile raises KeyboardInterrupt."""
        stop.waiting = True
        try:
            return None if stop.is_set() else next(self._pieces, None)
        finally:
            stop.waiting = False

    def take(self, piece: Piece, clockwork: Clockwork, alone: bool) -> None:
        """Read lines and hand their events over. `alone`: there is no other source."""
        if self.intake is None:
            program = self._door.program
            self.format = choose(program, program.ranked, self.source.name, self._pinned, first_lines(iter([piece])))
            self.intake = Intake(self._door, Feed(self.number, self.format.shape, self.format.sequenced), self.letters)
        if isinstance(piece, TooLong):
            self.intake.refuse_line(piece.start, LINE_MAX)
        elif alone and not self.format.lateness_ms:
            self.newest = clockwork.flow(self.intake.take(piece), self.newest)
        else:
            self.newest = clockwork.admit(self.intake.take(piece), self.newest, self.format.lateness_ms)


class Scribe:
    """Writes what was recorded. For `--profile` it waits until the end, when it is known who the person was."""

    def __init__(self, sinks: Sinks, books: Books, recorder: Recorder, person: Person | None) -> None:
        self._sinks, self._books, self._recorder, self._person = sinks, books, recorder, person

    def write(self) -> None:
        """Write the records of closed instants and make them visible."""
        records = self._recorder.records
        if not records:
            return
        if self._person is not None:
            self._person.note(records)
        self._books.enter(records)
        records.clear()
        if self._person is None:
            for sink, ledger in self._books.timely(self._sinks):
                lines = ledger.take()
                if lines:
                    sink.write(lines, flush=True)

    def finish(self) -> None:
        """Write what was held back, and what is known only now."""
        self.write()
        origins = None if self._person is None else self._books.names(self._person.origins())
        for sink, ledger in self._books.pairs(self._sinks):
            for lines in ledger.sorted_lines(origins):
                sink.write(lines)


def run_ordered(
    program: Program, options: SimulateOptions, sinks: Sinks, folder: Path, meter: Meter, stop: Stop
) -> tuple[Found, tuple[Sniffed, ...]]:
    """Run the events in the order in which they come."""
    found = Found()
    person = None if options.profile is None else Person(options.profile, program.ranked)
    masker = Masker(program, show=options.show_pii)
    books = Books(folder, "ordered", sinks.wanted, masker)
    machine = Machine(program, level_of(books, person))
    recorder = Recorder()
    found.counts = recorder.counts
    until = options.until if isinstance(options.until, int) else NEVER
    world = World(machine, recorder)
    clockwork = Clockwork(world, found, until)
    scribe = Scribe(sinks, books, recorder, person)
    door = Door(program, machine, options.now_ms)
    collect_seldom()
    with ExitStack() as stack:
        streams: list[Stream] = []
        for number, path in enumerate(ordered_paths(options.events)):
            source = Source(path)
            stack.callback(source.close)
            keep = partial(_bury, source.name, sinks, options.strict, masker)
            streams.append(Stream(source, door, number, options.format, Letters(keep, NEVER)))
        try:
            _read(streams, clockwork, scribe, until, meter, stop)
        except KeyboardInterrupt:
            found.interrupted = True
        found.interrupted = found.interrupted or stop.is_set()
        for stream in streams:
            if stream.intake is not None:
                found.add_intake(stream.intake)
                found.add_dead(stream.letters.counts)
        found.end = end_of(options.until, found.last_ts, program)
        if found.end is not None:
            clockwork.finish(found.end, options.drain)
            if sinks.instances is not None:
                books.stand(Onlooker(machine, found.end).standings(world.inside()))
        if sinks.instances is not None:
            sinks.instances.write(snapshot_header(program, found.end, interrupted=found.interrupted))
        scribe.finish()
    return found, tuple(Sniffed(s.source.name, s.format.name, s.format.why) for s in streams)


def _read(streams: list[Stream], clockwork: Clockwork, scribe: Scribe, until: int, meter: Meter, stop: Stop) -> None:
    """Read until all sources have ended, always from the one that holds the clock back."""
    live = list(streams)
    clock = -NEVER
    while live and clock <= until:
        slowest = min(live, key=lambda stream: (stream.watermark, stream.number))
        piece = slowest.next_piece(stop)
        if piece is None:
            live.remove(slowest)
        else:
            before = slowest.intake.read if slowest.intake is not None else 0
            slowest.take(piece, clockwork, len(streams) == 1)
            assert slowest.intake is not None
            meter.read(0 if isinstance(piece, TooLong) else len(piece), slowest.intake.read - before)
        if stop.is_set():
            return
        clock = min((stream.watermark for stream in live), default=clock)
        clockwork.work(clock)
        scribe.write()


def _bury(name: str, sinks: Sinks, strict: bool, masker: Masker, letter: DeadLetter) -> None:
    """Write a dead letter, or end the run by it."""
    if strict:
        raise InputError(f"{name}:{letter.line}: {letter_words(letter, masker)}")
    if sinks.dead_letters is not None:
        sinks.dead_letters.write(encode_line(letter_record(name, letter, masker)), flush=True)
