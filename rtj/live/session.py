"""The state of one environment in the hands of the one who writes it: entries in, a commit out, as often as wanted.

A run takes entries as they come; a deployment while nobody runs takes its own and leaves; a rehearsal takes them and commits
nothing. All three are this.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from rtj.base.errors import InputError, RefusedError
from rtj.deliver.rows import outbox_row
from rtj.engine.erasing import Departed, nobody
from rtj.engine.keeping import Keeper
from rtj.engine.machine import Machine
from rtj.engine.outgoing import OutgoingKernel
from rtj.engine.record import Level, Recorder
from rtj.engine.reviving import Stored, keep, revive
from rtj.ir.entries import Answered, Deployed, Entry, Lines, Opened, decode_entry, encode_entry
from rtj.ir.environments import Guardrail
from rtj.ir.masking import Masker
from rtj.ir.outgoing import OutgoingMessage
from rtj.ir.program import Program, fingerprint, read_program
from rtj.ir.standing import Takeover
from rtj.live.copies import PREFIX as COPIES
from rtj.live.copies import CopyBook
from rtj.live.guarding import KEPT, Guard
from rtj.live.tracing import TraceFile
from rtj.run.following import Follower, FollowerState, Retained, Waiting
from rtj.run.following_streams import StreamState
from rtj.run.sifted_log import Task
from rtj.store.port import Commit, Holder, LetterRow, LogRow, OutboxRow, Outcome, Store

FOLLOWER = "run/follower"
COUNTERS = "run/counters"
WORLD = "world/"
TASKS = "erase/"  # who was erased, and is to be swept
NO_STREAM = -1
LEASE_MS = 15_000  # a holder of the lease that gave no sign for so long was taken for gone

_encode = msgspec.msgpack.Encoder().encode
_states = msgspec.msgpack.Decoder(StreamState)
_followers = msgspec.msgpack.Decoder(FollowerState)


class Counters(msgspec.Struct):
    """Numbers of a session that go on over restarts: of the next row of the outbox, when the program of now took over (by the
    clock of the machine), and of the trace: its file ("" for none), is it unmasked, the entry behind which it began, what of it
    is committed."""

    outbox: int = 1
    deployed_ms: int = 0
    trace: str = ""
    trace_shows: bool = False
    trace_entry: int = 0
    trace_bytes: int = 0
    trace_held: bytes | None = None


decode_counters = msgspec.msgpack.Decoder(Counters).decode


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """`awake`: profiles kept in memory; `trace`: where the trace goes, None: nowhere, or with `goes_on` where that of the last
    run went; `show_pii`: it is not masked; `guardrails`: what is measured; `level`: what is
    recorded where no trace is written; `now_ms`: the clock of the machine."""

    awake: int = 100_000
    trace: Path | None = None
    show_pii: bool = False
    goes_on: bool = False
    guardrails: tuple[Guardrail, ...] = ()
    level: Level = Level.COUNTS
    now_ms: Callable[[], int] = field(default=lambda: time.time_ns() // 1_000_000)


class Session:
    """Use `open_session`. `epoch` is that of the lease, None for a rehearsal, which commits nothing."""

    def __init__(self, store: Store, options: SessionOptions, epoch: int | None) -> None:
        self.store, self.options, self.epoch = store, options, epoch
        self.follower: Follower | None = None
        self.numbers: dict[str, int] = {}  # stream -> number
        self.positions: dict[str, bytes] = {}
        self.sent: list[OutboxRow] = []  # committed by the last commit, to be delivered
        self.erased: frozenset[str] = frozenset()  # origins of those whom the last commit erased
        self.letters: list[LetterRow] = []  # the dead letters of the last commit
        self.messages: Counter[tuple[str, ...]] = Counter()  # that were asked for since it was opened, by journey and channel
        self._counters = Counters()
        self._seq = store.last_entry()
        self._programs: dict[str, Program] = {}
        self._commit: Commit | None = None
        self._next = self._fresh()
        self.sweeps = False  # is anybody to be swept who was erased? See `live.sweeping`
        self._trace: TraceFile | None = None
        self._load()

    def _fresh(self) -> Commit:
        return Commit(clock=0)

    # ---- what was

    def program(self, name: str) -> Program:
        """The program of a fingerprint, out of the store. Raises InputError when it is not what its name says."""
        found = self._programs.get(name)
        if found is None:
            try:
                found = read_program(self.store.program(name))
            except msgspec.MsgspecError as error:
                raise InputError(f"the program {name} in the store cannot be read: {error}") from error
            if fingerprint(found) != name:
                raise InputError(f"the program {name} in the store is not what its name says")
            self._programs[name] = found
        return found

    def _load(self) -> None:
        kept = dict(self.store.leftovers())
        self.guard = Guard(self.options.guardrails, {name: value for name, value in kept.items() if name.startswith(KEPT)})
        if COUNTERS in kept:
            self._counters = decode_counters(kept[COUNTERS])
        if self.epoch is not None:
            self._trace = self._traced()
        for row in self.store.streams():
            self.numbers[row.name] = row.number
            if row.position:
                self.positions[row.name] = row.position
        self.sweeps = any(name.startswith(TASKS) for name in kept)
        if FOLLOWER not in kept:
            return
        state = _followers.decode(kept[FOLLOWER])
        machine = Machine(self.program(state.running), self._level)
        recorder = Recorder()
        kernel = OutgoingKernel(machine, recorder, self._level)
        rest = [(name.removeprefix(WORLD), value) for name, value in kept.items() if name.startswith(WORLD)]
        world = revive(kernel, Stored(self.store.heads(), rest, self.store.bodies, self.options.awake, programs=self.program))
        self.follower = follower = Follower(self.program, state.running, self._level, self._retained, world)
        self._own(follower)
        follower.restore(state, self.copies.load({n: v for n, v in kept.items() if n.startswith(COPIES)}))
        self.copies.loaded()
        follower.retake(self._waiting(state.low))
        self.guard.take_over(follower)
        if self._trace is not None:
            self._trace.program(follower.program)
            if not self._counters.trace_bytes:
                self._trace.deployed(follower.program, self._counters.deployed_ms)

    def _traced(self) -> TraceFile | None:
        """The trace that is written. What a run does without one is missing in that of before, so that none goes on with it."""
        before, options = self._counters, self.options
        path, shows = options.trace, options.show_pii
        if path is None and options.goes_on and before.trace:
            path, shows = Path(before.trace), before.trace_shows
        same = path is not None and before.trace == str(path.absolute()) and before.trace_shows == shows
        if not same:
            before.trace = "" if path is None else str(path.absolute())
            before.trace_shows, before.trace_bytes, before.trace_held = shows, 0, None
            before.trace_entry = self._seq
        if path is None:
            return None
        trace = TraceFile(path, show_pii=shows)
        try:
            trace.go_on(before.trace_bytes, before.trace_held, ours=same)
            if not same:
                self._claim()
        except BaseException:
            trace.close()
            raise
        return trace

    def _claim(self) -> None:
        """Say that the trace is ours before anything is written into it. Who is killed in the middle of the first commit leaves
        lines in it that the next one must cut off, and would take for somebody else's."""
        clock = self.store.clock()
        assert self.epoch is not None
        if clock is not None:
            self.store.commit(Commit(clock, leftovers={COUNTERS: _encode(self._counters)}), self.epoch)

    @property
    def _level(self) -> Level:
        return Level.TRACE if self._trace is not None else self.options.level

    def _own(self, follower: Follower) -> None:
        """Keep what is needed of a follower's world between commits."""
        self.copies = CopyBook(follower.clockwork.duplicates)

    def _waiting(self, low: int | None) -> Iterable[Waiting]:
        """The entries of which not all is worked. A log that goes on behind the state, as behind a backup, has others too."""
        for row in self.store.log(low) if low is not None else ():
            if row.seq > self._seq:
                return
            entry = decode_entry(row.body)
            if isinstance(entry, Lines):
                before = _states.decode(row.before)
                yield Waiting(row.seq, entry, before, before.newest)

    def _retained(self, before: int) -> Iterable[Retained]:
        """What the store still has of the log. What was taken since the last commit is not there yet: deployments come first."""
        for row in self.store.log():
            if row.seq >= before:
                return
            state = _states.decode(row.before) if row.before else None
            yield Retained(row.seq, decode_entry(row.body), state)

    # ---- what happens

    def take(self, entry: Entry) -> None:
        """Work an entry. It counts once it is committed."""
        assert self._commit is None, "the last commit is not done yet"
        follower = self.follower
        if follower is None:
            if not isinstance(entry, Deployed):
                raise RefusedError("nothing is deployed yet: `rtj deploy` comes first")
            follower = self.follower = Follower(self.program, entry.program, self._level, self._retained)
            keep(follower.world, Stored((), (), self.store.bodies, self.options.awake, programs=self.program))
            self._own(follower)
        if isinstance(entry, Answered) and next(follower.world.concerned(entry), None) is None:
            entry = Answered("", "", ok=False)  # the log need not say whom it was to concern
        if isinstance(entry, Deployed) and entry.filled:
            first = next(iter(self.store.log()), None)
            entry = msgspec.structs.replace(entry, since=first.seq if first is not None else 0)
        self._seq += 1
        before = self._before(follower, entry)
        self._next.entries.append(
            LogRow(self._seq, entry.stream if isinstance(entry, Lines) else NO_STREAM, follower.clock,
                   self.options.now_ms(), before, encode_entry(entry))
        )  # fmt: skip
        follower.take(entry, self._seq)
        self._tell(follower, entry)

    def _before(self, follower: Follower, entry: Entry) -> bytes:
        return _encode(follower.streams[entry.stream].state()) if isinstance(entry, Lines) else b""

    def _tell(self, follower: Follower, entry: Entry) -> None:
        """Take away what an entry has caused to be told."""
        if isinstance(entry, Deployed):
            self._counters.deployed_ms = self._next.entries[-1].taken_ms
            if self._trace is not None:
                self._trace.deployed(follower.program, self._counters.deployed_ms)
        if self._trace is not None:
            self._trace.add(follower.recorder.records, follower.clock)
        follower.recorder.records.clear()
        self.guard.take(follower, entry, self._counters.outbox)
        for out in follower.kernel.outgoing:
            self._next.outbox.append(outbox_row(self._counters.outbox, out))
            self._counters.outbox += 1
            if isinstance(out, OutgoingMessage):
                self.messages[out.journey, out.channel] += 1
        follower.kernel.outgoing.clear()
        for gone in follower.kernel.forgotten:
            self._depart(follower.program, gone)
        follower.kernel.forgotten.clear()
        if follower.letters:
            masker = Masker(follower.program)
            for number, letter in follower.letters:
                words = f"{letter.reason}: {masker.detail(letter.detail)}" if letter.detail else letter.reason
                self._next.letters.append(LetterRow(number, letter.line, words, masker.broken_line(letter.text)))
            follower.letters.clear()

    def _depart(self, program: Program, gone: Departed) -> None:
        """Somebody was erased: what is kept of them goes with this commit, or is put down to be swept behind it."""
        self._next.erased.update((origin, nobody(program.secret, origin)) for origin in gone.origins)
        event, spaces = gone.event, program.ranked
        names = tuple((spaces[index].name, value) for index, value in gone.names)
        task = Task(self._seq, event.at, event.source, event.pos, gone.left, names, gone.origins)
        self._next.leftovers[f"{TASKS}{self._seq:016}/{len(self._next.leftovers):06}"] = _encode(task)

    def open_stream(self, name: str, pinned: str | None) -> int:
        """A stream begins, or begins again. Returns its number."""
        number = self.numbers.get(name)
        if number is None:
            number = self.numbers[name] = len(self.numbers)
            self._next.streams.append((number, name))
        if self.follower is None or number not in self.follower.streams:
            self.take(Opened(number, name, pinned))
        return number

    def move(self, stream: str, position: bytes) -> None:
        """The source of a stream is read on from here, once what was taken is committed."""
        self._next.positions[self.numbers[stream]] = position

    def name_of(self, number: int) -> str:
        """The name of a stream."""
        return next((name for name, one in self.numbers.items() if one == number), "")

    @property
    def entries(self) -> int:
        """How many were taken since the last commit."""
        return len(self._next.entries)

    def forget(self, retain_ms: int) -> None:
        """Let go of what was taken longer ago than the log is kept, as far as all of it is worked."""
        follower = self.follower
        if follower is not None:
            low = follower.waiting[0].seq if follower.waiting else self._seq + 1
            self.store.forget_log(low, self.options.now_ms() - retain_ms)
            self.store.forget_sent(follower.clock - retain_ms)

    def outcome(self, outcome: Outcome) -> None:
        """What became of a row of the outbox."""
        self._next.outcomes.append(outcome)
        self.guard.delivered(outcome, self.follower)

    def order_done(self, serial: int) -> None:
        """An order was taken, entry by entry, since the last commit."""
        self._next.orders.append(serial)

    def note(self, leftovers: Mapping[str, bytes | None]) -> None:
        """Have the next commit keep something else too, or (None) keep it no longer."""
        self._next.leftovers.update(leftovers)

    # ---- what is kept

    def freshen(self, most: int) -> bool:
        """Bring the records of so many people up to date, as far as they are of a layout of before (`engine.layers`). Nothing may
        wait to be committed. Is there something of that now?"""
        if self.follower is None or not _keeper(self.follower).layers.ways:
            return False
        _keeper(self.follower).freshen(most)
        return True

    @property
    def takeover(self) -> Takeover | None:
        """What it took until the program of now ran, if another one ran before it."""
        return None if self.follower is None else _keeper(self.follower).takeover

    @property
    def changed(self) -> bool:
        """Is there anything to commit?"""
        change = self._next
        if self._commit is not None:
            return True
        return bool(change.entries or change.outcomes or change.orders or change.streams or change.positions)

    def commit(self) -> None:
        """Commit all that was taken, durably. Raises OutputError when the store cannot take it: nothing may be taken then until
        the same call has succeeded. Raises RefusedError when somebody else writes now."""
        assert self.epoch is not None, "a rehearsal is not committed"
        if self._commit is None:
            self._commit = self._prepared()
        if self._trace is not None:
            self._trace.write()
        self.store.commit(self._commit, self.epoch)
        if self._trace is not None:
            self._trace.committed()
        if self.follower is not None:
            _keeper(self.follower).committed()
        done = self._commit
        self.erased, self.letters = frozenset(done.erased), done.letters
        self.sent = [row for row in done.outbox if row.profile not in self.erased]
        self.sweeps = self.sweeps or any(name.startswith(TASKS) for name in done.leftovers)
        self._commit, self._next = None, self._fresh()

    def _prepared(self) -> Commit:
        change, follower = self._next, self.follower
        if follower is not None:
            kept = _keeper(follower).changes()
            change.clock = follower.clock
            change.profiles, change.gone, change.owners = kept.profiles, kept.gone, kept.owners
            change.leftovers.update({WORLD + name: value for name, value in kept.leftovers.items()})
            change.leftovers.update(self.copies.changed())
            change.leftovers[FOLLOWER] = _encode(follower.state())
        if self._trace is not None:
            self._counters.trace_bytes, self._counters.trace_held = self._trace.pending()
        change.leftovers.update(self.guard.changes())
        change.leftovers[COUNTERS] = _encode(self._counters)
        return change

    def leave(self) -> None:
        """Let somebody else write."""
        if self._trace is not None:
            self._trace.close()
            self._trace = None
        if self.epoch is not None:
            self.store.leave_lease(self.epoch)
            self.epoch = None


def _keeper(follower: Follower) -> Keeper:
    keeper = follower.world.keeper
    assert keeper is not None, "the world of a session is kept"
    return keeper


def open_session(store: Store, options: SessionOptions, holder: Holder) -> Session:
    """Become the one who writes, and go on where the last one was. Raises RefusedError when somebody else writes, be it the trace
    alone, as one does that was stopped and does not know yet that its lease is over."""
    epoch = store.take_lease(holder, LEASE_MS)
    try:
        return Session(store, options, epoch)
    except BaseException:
        store.leave_lease(epoch)
        raise
