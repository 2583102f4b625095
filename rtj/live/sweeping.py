"""After an erasure is committed, the person is taken out of the retained log, the dead letters, and what is remembered of copies
(S10.1): in steps between the batches of a run, or all at once where nobody runs.

What is to be swept stands in the store since the commit of the erasure (`erase/…`), with the identifiers that the sweep needs. It
goes in the last step. Where a sweep has come to stands there too: what is to be done to which entries, as numbers (`sweep/…`).
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

import msgspec

from rtj.engine.identity import Identities
from rtj.ir.addresses import address_hash
from rtj.ir.concealing import concealed
from rtj.ir.entries import Erasure, decode_entry, encode_entry
from rtj.ir.program import Program, fingerprint
from rtj.live.copies import PREFIX as COPIES
from rtj.live.session import TASKS, Session
from rtj.run.duplicates import Known
from rtj.run.following_streams import StreamState
from rtj.run.sifted_log import Finder, Marked, Names, Seen, Task
from rtj.run.sweeping import Sweeper
from rtj.store.port import LogRow, Store, Swept

T = TypeVar("T")

HEAD = "sweep/head"
PLAN = "sweep/plan/"
LARGE = "compact/"  # a sweep is over, and the store is to be compacted, for which it may be too large between two batches
COMPACT_MOST = 32_000_000  # bytes of one that is not
STEP_BYTES = 256_000  # of entries that one step reads, unless one alone is longer
STEP_ENTRIES = 32  # that one step rewrites
STEP_LETTERS = 1_000
STEP_COPIES = 64  # rows of copies, of some hundred each
TASKS_MAX = 1_000  # people of one sweep; the others come with the next

_encode = msgspec.msgpack.Encoder().encode
_states = msgspec.msgpack.Decoder(StreamState)
_tasks = msgspec.msgpack.Decoder(Task)


class Head(msgspec.Struct):
    """Where a sweep is: the rows of its tasks, how many people they are, the program that reads the log, what is done, and up to
    which dead letter and which row of copies it was looked."""

    tasks: list[str]
    people: int
    program: str
    entries: int = 0
    letters: int = 0
    letter: int = 0
    copies: str = ""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """What is to be done to one entry; see `Marked`."""

    seq: int
    going: list[int]
    sharing: list[int]
    erasures: dict[int, Erasure]


NOTHING = _encode([])
_heads = msgspec.msgpack.Decoder(Head)
_plans = msgspec.msgpack.Decoder(list[Step])


class Sweeping:
    """The sweeps of one session, which must have nothing uncommitted whenever a step is taken."""

    def __init__(self, session: Session) -> None:
        self._session, self._store = session, session.store
        self._steps: Iterator[None] | None = None

    @property
    def pending(self) -> bool:
        """Is anybody to be swept?"""
        return self._session.sweeps

    def step(self) -> None:
        """Do a little. Raises OutputError when the store takes nothing: it begins where it was, at the next."""
        if self._steps is None:
            self._steps = self._sweep()
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
            self._session.sweeps = any(True for _ in self._store.leftovers(TASKS))
        except BaseException:
            self._steps = None
            raise

    def all(self) -> None:
        """Sweep all who are to be swept."""
        while self.pending:
            self.step()

    def compact(self) -> None:
        """Leave nothing in the files but what is there; where nobody waits, also of a large store."""
        if self._store.leftover(LARGE) is not None:
            self._store.compact()
            self._put(Swept(leftovers={LARGE: None}))

    # ---- one sweep

    def _sweep(self) -> Iterator[None]:
        follower = self._session.follower
        tasks = dict(islice(((name, _tasks.decode(row)) for name, row in self._store.leftovers(TASKS)), TASKS_MAX))
        if follower is None or not tasks:
            return
        program = follower.program
        begun = self._store.leftover(HEAD)
        if begun is not None:
            head = _heads.decode(begun)
            program = self._session.program(head.program)  # places of events are as that one tells them
            tasks = {name: task for name, task in tasks.items() if name in head.tasks}
        else:
            finder = Finder(program, tasks.values())
            yield from self._found(finder)
            head = self._planned(finder, tasks, follower.world.identities)
            yield
        names = Names(program, [name for t in tasks.values() for name in t.names], [o for t in tasks.values() for o in t.origins])
        yield from self._entries(program, names, head)
        yield from self._letters(names, head)
        yield from self._copies(program, names, head)
        self._end(head)

    def _found(self, finder: Finder) -> Iterator[None]:
        """Go through the log as often as need be."""
        while True:
            size = 0
            for row in self._store.log():
                if row.seq > finder.until:
                    break
                finder.read(seen_of(row))
                size += len(row.body)
                if size >= STEP_BYTES:
                    size = 0
                    yield
            if not finder.begin_again():
                return
            yield

    def _planned(self, finder: Finder, tasks: dict[str, Task], identities: Identities) -> Head:
        """Put down what is to be done."""
        marked = finder.marked()
        self._let_go(finder, marked, identities)
        head = Head(list(tasks), sum(bool(task.left.nobody) for task in tasks.values()), fingerprint(finder.program))
        rows: dict[str, bytes | None] = {HEAD: _encode(head)}
        steps = [Step(seq, one.going, one.sharing, one.erasures) for seq, one in marked.items()]
        for number, some in enumerate(_portions(steps, STEP_ENTRIES)):
            rows[f"{PLAN}{number:09}"] = _encode(some)
        self._session.note(rows)
        self._session.commit()  # together with what the world knows otherwise since
        return head

    def _let_go(self, finder: Finder, marked: dict[int, Marked], identities: Identities) -> None:
        """Identifiers that the people had let go of before are known by their hashes from now on."""
        secret = finder.program.secret
        for (seq, place), former in finder.former.items():
            births = [(identities.spell(one), identities.veil(one)) for one in sorted(former)]
            more = tuple((address_hash(secret, name), number) for name, number in births if number)
            left = marked[seq].erasures[place]
            marked[seq].erasures[place] = msgspec.structs.replace(left, seen=left.seen + more)

    def _entries(self, program: Program, names: Names, head: Head) -> Iterator[None]:
        sweeper = Sweeper(program, names)
        for name in [name for name, _ in self._store.leftovers(PLAN)]:
            steps = {step.seq: step for step in _plans.decode(self._store.leftover(name) or NOTHING)}
            swept, size = [], 0
            for seq, step in steps.items():
                for row in self._store.entries([seq]):
                    seen = seen_of(row)
                    entry = sweeper.swept(seen, Marked(step.going, step.sharing, step.erasures))
                    size += len(row.body)
                    if entry is not seen.entry:
                        swept.append(replace(row, body=encode_entry(entry)))
                if size >= STEP_BYTES:
                    self._rewritten(swept, head, {})
                    swept, size = [], 0
                    yield
            self._rewritten(swept, head, {name: None})
            yield

    def _rewritten(self, swept: list[LogRow], head: Head, over: dict[str, bytes | None]) -> None:
        head.entries += len(swept)
        self._put(Swept(entries=swept, leftovers={**over, HEAD: _encode(head)}))

    def _letters(self, names: Names, head: Head) -> Iterator[None]:
        while found := self._store.letters_after(head.letter, STEP_LETTERS):
            gone = [one for one, letter in found if names.mentions(f"{letter.text} {letter.reason}")]
            head.letter = found[-1][0]
            head.letters += len(gone)
            self._put(Swept(letters=gone, leftovers={HEAD: _encode(head)}))
            yield

    def _copies(self, program: Program, names: Names, head: Head) -> Iterator[None]:
        """Of copies hashes stay, by which they are known. What is in memory is known by what it was until the next start."""
        secret = program.secret

        def hashed(known: list[Known]) -> list[Known]:
            return [
                (age, concealed(secret, name), concealed(secret, best), ts) if best in names.bests else (age, name, best, ts)
                for age, name, best, ts in known
            ]

        self._session.copies.rewrite(hashed)
        for some in _portions(self._store.leftovers(COPIES), STEP_COPIES):
            if some[-1][0] <= head.copies:
                continue
            changed: dict[str, bytes | None] = {}
            for name, read in some:
                if _differs(read, hashed):
                    row = self._store.leftover(name)  # which may have grown since it was read
                    if row is not None:
                        changed[name] = marshal.dumps(hashed(marshal.loads(row)), 4)
            head.copies = some[-1][0]
            self._put(Swept(leftovers={**changed, HEAD: _encode(head)}))
            yield

    def _end(self, head: Head) -> None:
        """All is swept: nothing is known any more of whom it was about."""
        holder = self._store.leaseholder()
        told: dict[str, Any] = {"people": head.people, "entries": head.entries, "dead_letters": head.letters}
        note = (holder.who if holder is not None else "", "swept", json.dumps(told).encode(), self._session.options.now_ms())
        self._put(Swept(leftovers={HEAD: None, **dict.fromkeys(head.tasks), LARGE: b"1"}, note=note, over=True))
        if self._store.size() <= COMPACT_MOST:
            self.compact()

    def _put(self, swept: Swept) -> None:
        epoch = self._session.epoch
        assert epoch is not None, "a rehearsal sweeps nothing"
        self._store.sweep(swept, epoch)


def sweeps_by(store: Store) -> set[str]:
    """The fingerprint of the program by which a sweep was begun that is not over."""
    begun = store.leftover(HEAD)
    return set() if begun is None else {_heads.decode(begun).program}


def _differs(row: bytes, hashed: Callable[[list[Known]], list[Known]]) -> bool:
    known: list[Known] = marshal.loads(row)  # written by `rtj.live.copies`, under a checksum
    return hashed(known) != known


def _portions(every: Iterable[T], most: int) -> Iterator[list[T]]:
    rest = iter(every)
    while some := list(islice(rest, most)):
        yield some


def seen_of(row: LogRow) -> Seen:
    """An entry of the store as the log has it."""
    return Seen(row.seq, decode_entry(row.body), _states.decode(row.before) if row.before else None)
