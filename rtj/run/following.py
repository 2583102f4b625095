"""A log of inputs, followed entry by entry: whoever takes the same entries makes the same things happen, to the byte (S11.5).

A live run, its restart, a deployment while nobody runs and `rtj simulate --log` all drive a `Follower`. What it cannot know by
itself (which streams there are, what the time is, what was deployed) stands in the entries.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import msgspec

from rtj.connect.intake import NEVER, Door
from rtj.connect.letters import DeadLetter
from rtj.engine.backfill import History, bare
from rtj.engine.calendar import iso
from rtj.engine.machine import Machine
from rtj.engine.outgoing import OutgoingKernel
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import read_ahead
from rtj.engine.succeeding import succeed
from rtj.engine.world import World
from rtj.ir.entries import Answered, Closed, Deployed, Entry, Lines, Opened, Paused, Refused, Resumed, Tick
from rtj.ir.program import Program, fingerprint
from rtj.run.clockwork import Clockwork
from rtj.run.duplicates import Duplicates, Known
from rtj.run.following_streams import Stream, StreamState
from rtj.run.found import Found

INTERNAL = "internal"  # the reason of a dead letter at which the engine failed, not its author
NO_STREAM = -1
UNSTAMPED = (1 << 61) + 1  # stands for the arrival of events until the entry that brings them says when that was

Programs: TypeAlias = Callable[[str], Program]
"""The program of a fingerprint."""


@dataclass(frozen=True, slots=True)
class Retained:
    """An entry that the log still has: `before`, what its stream knew then, where the store keeps it."""

    seq: int
    entry: Entry
    before: StreamState | None = None


Log: TypeAlias = Callable[[int], Iterable[Retained]]
"""The entries before one of this number, as far back as the log is kept."""


class FollowerState(msgspec.Struct, frozen=True):
    """What a follower knows beside its world: `low` is the number of the first entry of which not all is worked; `generation` and
    `turned` are of what is remembered of copies; `counts`: events read, unread, out of order, late, copies, ids used again."""

    clock: int
    running: str
    streams: dict[int, StreamState]
    ended: dict[int, StreamState]
    low: int | None
    generation: int
    turned: int | None
    counts: tuple[int, int, int, int, int, int]
    dead: dict[str, int]
    unknown: dict[str, int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of which something may not be worked yet: its number in the log, what its stream knew before it, and the newest
    instant that it can have brought."""

    seq: int
    entry: Lines
    before: StreamState
    newest: int


class Follower:
    """Works entries. `clock`: every instant before it is worked. `recorder` has what was recorded and `kernel.outgoing` what must
    go out; whoever drives it takes both away. `letters`: dead letters with the number of their stream."""

    def __init__(self, programs: Programs, first: str, level: Level, log: Log, world: World | None = None) -> None:
        self._programs, self._level, self._log = programs, level, log
        self.recorder = world.kernel.recorder if world is not None else Recorder()
        self.found = Found(counts=self.recorder.counts)
        self.letters: list[tuple[int, DeadLetter]] = []
        self.streams: dict[int, Stream] = {}
        self.latest: list[Any] = []  # the events of the entry of lines that was taken last
        self.waiting: deque[Waiting] = deque()
        self.clock = -NEVER
        self.ended: dict[int, StreamState] = {}  # streams that are closed
        if world is None:
            machine = Machine(programs(first), level)
            world = World(machine, self.recorder, OutgoingKernel(machine, self.recorder, level))
        self._begin(world, Duplicates(world.machine.program.dedupe_ms))

    def _begin(self, world: World, duplicates: Duplicates) -> None:
        """Go on in this world."""
        assert isinstance(world.kernel, OutgoingKernel)
        self.world, self.machine, self.kernel = world, world.machine, world.kernel
        self.program = world.machine.program
        self.running = fingerprint(self.program)
        self._door = Door(self.program, self.machine, UNSTAMPED)
        duplicates.reach(self.program.dedupe_ms, self.program.secret)
        self.clockwork = Clockwork(world, self.found, NEVER, duplicates)

    # ---- entries

    def take(self, entry: Entry, seq: int) -> None:
        """Work an entry, whose number in the log is `seq`."""
        match entry:
            case Lines():
                self._read(entry, seq)
            case Refused(stream=number):
                self.streams[number].refuse(entry)
            case Opened(stream=number):
                self.streams[number] = self._stream(entry)
            case Tick(stream=number, at=at):
                if number in self.streams:
                    self.streams[number].wait_no_longer(at)
            case Closed(stream=number):
                stream = self.streams.pop(number, None)
                if stream is not None:
                    self.ended[number] = stream.state()
            case Deployed():
                self._deploy(entry, seq)
            case Paused(journey=journey):
                self.world.pause(journey, self._now())
            case Resumed(journey=journey, then=then, over_ms=over_ms):
                self.world.resume_journey(journey, self._now(), then, over_ms)
            case Answered():
                self.world.answer(entry, self._now())
        self._work()
        if self.kernel.mishaps:
            self._tell_mishaps()

    def _tell_mishaps(self) -> None:
        """Where the engine failed is told as a dead letter, of the event at which it did or of none (S1.9)."""
        for one in self.kernel.mishaps:
            event, found = one.event, self.found
            found.dead[INTERNAL] = found.dead.get(INTERNAL, 0) + 1
            text = f"{event.type} {event.id}" if event is not None else ""
            source = event.source if event is not None and event.source in self.streams else NO_STREAM
            self.letters.append((source, DeadLetter(0, INTERNAL, f"{one.kind} at {iso(one.at)}", text)))
        self.kernel.mishaps.clear()

    def wants(self, at: int) -> bool:
        """Would something be worked if the clock went to this instant?"""
        return self.clockwork.holds or self.world.timers.first(at) < at

    def _now(self) -> int:
        """The instant of what comes from no stream."""
        return max(self.clock, 0)

    def _stream(self, opened: Opened) -> Stream:
        former = self.ended.pop(opened.stream, None)
        stream = self._made(opened)
        if former is not None:
            stream.restore(former)
        stream.floor = max(stream.floor, self.clock)
        return stream

    def _made(self, opened: Opened) -> Stream:
        number, found = opened.stream, self.found

        def keep(letter: DeadLetter) -> None:
            found.dead[letter.reason] = found.dead.get(letter.reason, 0) + 1
            self.letters.append((number, letter))

        return Stream(opened, self._door, keep, found.unknown)

    def _read(self, entry: Lines, seq: int) -> None:
        stream, found = self.streams[entry.stream], self.found
        before, (read, unread, turned) = stream.state(), stream.counts
        events = self.latest = stream.take(entry)
        now = stream.counts
        found.read += now[0] - read
        found.unread += now[1] - unread
        found.out_of_order += now[2] - turned
        found.see(stream.span)
        alone = len(self.streams) == 1 and not stream.lateness_ms and not entry.holes
        if alone and self.clockwork.waits_only_at(stream.newest):
            read_ahead(self.world, _named(events), max(stream.newest, stream.span[1]))
            stream.newest = self.clockwork.flow(events, stream.newest)
        else:
            stream.newest = self.clockwork.admit(events, stream.newest, stream.lateness_ms)
        self.waiting.append(Waiting(seq, entry, before, stream.newest))

    def _work(self) -> None:
        """Work every instant that no stream holds back any more."""
        clock = min((stream.watermark for stream in self.streams.values()), default=self.clock)
        if clock > self.clock:
            self.clock = clock
            read_ahead(self.world, _named(self.clockwork.listed(clock)), clock)
            self.clockwork.work(clock)
        waiting = self.waiting
        while waiting and waiting[0].newest < self.clock:
            waiting.popleft()

    # ---- what is read twice

    def retake(self, waiting: Iterable[Waiting]) -> None:
        """Read entries again of which not all was worked, under the program of now. Nothing of them is worked, counted or told
        twice."""
        kept = list(waiting)
        self.waiting.clear()
        self.clockwork.forget_waiting()
        late, counts = self.found.late, dict(self.recorder.counts)
        streams: dict[int, Stream] = {}
        for one in kept:
            number, before = one.entry.stream, one.before
            stream = streams.get(number)
            if stream is None:
                stream = streams[number] = Stream(Opened(number, before.name, before.pinned), self._door, _unheard, {})
            stream.restore(before)
            events = stream.take(one.entry)
            newest = self.clockwork.admit(events, stream.newest, stream.lateness_ms, self.clock)
            self.waiting.append(replace(one, newest=newest))
        self.found.late = late
        self.recorder.counts.clear()
        self.recorder.counts.update(counts)

    def _deploy(self, entry: Deployed, seq: int) -> None:
        """Another program takes over, for everybody and for what is read but not worked."""
        if entry.program == self.running and self.clock == -NEVER:
            return  # the first of all, with which it was begun
        machine = Machine(self._programs(entry.program), self._level)
        at = self._now()
        kernel = OutgoingKernel(machine, self.recorder, self._level)
        history = self._history(machine.program, at, (entry.since, seq)) if entry.filled else None
        world = succeed(self.world, kernel, entry.crossing, at, history)
        world.close(at)
        self._begin(world, self.clockwork.duplicates)
        for number, stream in list(self.streams.items()):
            state = stream.state()
            self.streams[number] = self._made(Opened(number, state.name, state.pinned))
            self.streams[number].restore(state)
        self.retake(self.waiting)

    def _history(self, program: Program, at: int, span: tuple[int, int]) -> History:
        """What the entries of the log in a span of numbers tell of facts that are new in a program: they are followed without
        journeys, as far as this one has come."""
        facts = bare(program)
        other = Follower(lambda _: facts, "", Level.COUNTS, _nothing)
        for one in self._log(span[1]):
            if one.seq < span[0]:
                continue  # a replay may have more than the run had
            match one.entry:
                case Lines(stream=number) | Refused(stream=number):
                    if number not in other.streams and one.before is not None:  # it was opened before the log begins
                        other.streams[number] = other._made(Opened(number, one.before.name, one.before.pinned))
                        other.streams[number].restore(one.before)
                    if number in other.streams:
                        other.take(one.entry, one.seq)
                case Opened() | Tick() | Closed():
                    other.take(one.entry, one.seq)
                case _:
                    pass  # concerns journeys alone
            other.letters.clear()
        other.world.advance(at)
        return History(other.world)

    # ---- over a restart

    def state(self) -> FollowerState:
        """What is to be known after a restart, beside the world and the entries that wait."""
        found, duplicates = self.found, self.clockwork.duplicates
        return FollowerState(
            self.clock, self.running, {number: stream.state() for number, stream in self.streams.items()}, self.ended,
            self.waiting[0].seq if self.waiting else None, duplicates.generation, duplicates.turned,
            (found.read, found.unread, found.out_of_order, found.late, found.duplicates, found.id_reused),
            found.dead, found.unknown,
        )  # fmt: skip

    def restore(self, state: FollowerState, known: Iterable[Known]) -> None:
        """Go on where another one was: in a world that is as its was, with `known` of copies. What waits is to be retaken."""
        self.clock = state.clock
        found = self.found
        found.read, found.unread, found.out_of_order, found.late, found.duplicates, found.id_reused = state.counts
        found.dead.update(state.dead)
        found.unknown.update(state.unknown)
        self.ended = dict(state.ended)
        for number, one in state.streams.items():
            self.streams[number] = self._made(Opened(number, one.name, one.pinned))
            self.streams[number].restore(one)
        self.clockwork.duplicates.recall(state.generation, state.turned, known)


def _nothing(_seq: int) -> Iterable[Retained]:
    """The log of whoever follows no deployments."""
    return ()


def _named(events: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """The identifiers of events that something reads."""
    for event in events:
        if event.read:
            yield from event.ids or ((0, event.n0),)


def _unheard(_letter: DeadLetter) -> None:
    """Takes dead letters that were told before."""
