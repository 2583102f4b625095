"""`rtj simulate --log`: the log of an environment, out of its store, replayed, from its beginning or from a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from rtj.base.errors import InputError, UsageError
from rtj.base.plain import one_line
from rtj.cli.deploy_place import opened
from rtj.cli.option_sets import Replayed
from rtj.cli.times import instant, zone_of
from rtj.engine.calendar import iso
from rtj.engine.record import Level
from rtj.ir.entries import decode_entry
from rtj.ir.environments import looked_up
from rtj.ir.program import Program, read_program
from rtj.report.moments import counted
from rtj.run.following import Programs
from rtj.run.logged import Checkpoint, Log, Logged, follow_log, level_of, passed
from rtj.run.meter import OnProgress
from rtj.run.options import Outputs, SimulateResult
from rtj.store.opening import POSTGRES, open_store
from rtj.store.port import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which log, where the replay ends, and is what it tells unmasked."""

    said: Replayed
    project: Path | None = None
    until: datetime | None = None
    show_pii: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """`program`: what runs at the end; `notes` are worth knowing; what was asked of the store: `equal` says that all is as there,
    or `differing` what is not."""

    result: SimulateResult
    program: Program
    notes: tuple[str, ...] = ()
    equal: str = ""
    differing: tuple[str, ...] = ()


def replay(wanted: Wanted, outputs: Outputs, on_progress: OnProgress | None) -> Done:
    """Follow the log to its end, or to where it is to end. Raises InputError and RefusedError where there is no such log, or it
    does not go on from the backup."""
    said = wanted.said
    with opened(said.log or None, wanted.project, reading=True) as place, place.store.still():
        store, name = place.store, place.environment.name
        newest = next(iter(store.deployments(1)), None)
        if newest is None:
            raise InputError(f"nothing was ever deployed in {name}")
        last = read_program(store.program(newest.running))
        with _backup(said.base, name, store) as backup:
            start, log = _start((backup, store), wanted, level_of(outputs))
            if wanted.until is not None:
                log = partial(_until, log, instant(wanted.until, zone_of(last)), store.clock() or 0)
            result = follow_log(start, log, outputs, on_progress, show_pii=wanted.show_pii)
            if not isinstance(start, Checkpoint):
                return Done(result, last, tuple(_began_late(store, outputs, 0)))
            done = Done(result, start.follower.program, (*_began_late(store, outputs, start.entry), *_begun(start)))
            return _compared(start, store, done) if said.verify else done


def entries(store: Store) -> Iterator[Logged]:
    """All entries of the log."""
    for row in store.log():
        yield Logged(row.seq, row.taken_ms, decode_entry(row.body), row.clock)


def _start(stores: tuple[Store | None, Store], wanted: Wanted, level: Level) -> tuple[Programs | Checkpoint, Log]:
    """Where the replay begins, with the backup or without one, and the log of the store from there on."""
    said, (backup, store) = wanted.said, stores
    if backup is None and said.after is None and not said.verify:
        return cache(lambda name: read_program(store.program(name))), lambda: entries(store)
    from rtj.live.replaying import Base, checkpoint  # the state of people, which a replay from the beginning makes itself

    base = Base(backup, store)
    start = checkpoint(base, level, show_pii=wanted.show_pii)
    if said.after is None:
        return start, base.further
    if said.after < start.entry:
        raise UsageError(f"--after {said.after}: the backup has taken {counted(start.entry, 'entry', 'entries')} already")
    return passed(start, base.further, said.after), partial(base.further, said.after)


@contextmanager
def _backup(where: str | None, environment: str, store: Store) -> Iterator[Store | None]:
    """The backup, which is only read, as of one instant."""
    if where is None:
        yield None
        return
    from rtj.live.replaying import refuse_strangers

    place = looked_up(where)
    called = one_line(where) if not place.startswith(POSTGRES) else "the backup"
    if not place.startswith(POSTGRES) and not Path(place).exists():
        raise InputError(f"{called}: there is no such backup")
    with closing(open_store(place, environment, reading=True)) as backup, backup.still():
        refuse_strangers(backup, store, called)
        yield backup


def _until(log: Log, until: int, clock: int) -> Iterator[Logged]:
    """Entries of a log, of which the last has brought the clock to `clock`, before the first that takes it beyond `until`."""
    before: Logged | None = None
    for one in log():
        if before is not None:
            if one.clock > until:
                return
            yield before
        before = one
    if before is not None and clock <= until:
        yield before


def _begun(start: Checkpoint) -> Iterator[str]:
    if start.entry:
        yield f"what was counted up to entry {start.entry:,} is in these numbers; what is written follows it"


def _began_late(store: Store, outputs: Outputs, entry: int) -> Iterator[str]:
    """The trace of a run may have begun later than its environment."""
    if outputs.trace is None:
        return
    from rtj.live.replaying import counters_of

    kept = counters_of(store)
    if kept.trace and kept.trace_entry > entry:
        name, began = one_line(Path(kept.trace).name), kept.trace_entry
        yield f"{name}, the trace of the run, began behind entry {began:,}: --after {began} gives the same"


def _compared(start: Checkpoint, store: Store, done: Done) -> Done:
    """The same, compared with the store."""
    from rtj.live.replaying import differences

    last = store.last_entry()
    found = differences(start.follower, store)
    when = next((f" of {iso(row.taken_ms)}" for row in store.entries([last])), "")
    at = f"at entry {last:,}{when}"
    if found:
        return replace(done, differing=(f"the state differs from that of the store {at}:", *found))
    people = counted(store.profile_count(), "person", "people")
    return replace(done, equal=f"the state equals that of the store {at}: {people}, to the byte")
