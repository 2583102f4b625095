"""A replay that begins with a backup: the state as the backup has it, and from there on the log as the store has it.

    base = Base(backup, store)        # both are only read
    start = checkpoint(base, level, show_pii=True)
    follow_log(start, base.further, outputs, None, show_pii=True)
    differences(start.follower, store)

The state is taken up as a run takes up its own after a restart (`live.session`), and nothing is committed: what changes is kept
in memory, as rows, for as long as the replay lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import Any, NamedTuple

from rtj.base.errors import InputError, RefusedError
from rtj.base.plain import one_line
from rtj.connect.intake import NEVER
from rtj.engine.calendar import iso
from rtj.engine.identity import Identifier
from rtj.engine.record import Level
from rtj.engine.reviving import Stored, keep
from rtj.engine.timers import earliest
from rtj.ir.addresses import address_hash
from rtj.ir.entries import Erasure, Lines, decode_entry
from rtj.live.session import COUNTERS, Counters, Session, SessionOptions, decode_counters
from rtj.run.following import Follower
from rtj.run.logged import Checkpoint, Logged, beginning
from rtj.store.port import LogRow, Store, StreamRow

AWAKE_MAX = 100_000  # profiles in memory as such, of the others as rows
SETTLED_EACH = 256  # entries, after which it is looked whether they are more
COMPARED_AT_ONCE = 512  # people
TOLD_MAX = 5  # who differs, by name


class Base:
    """A store as a session reads it: the state is that of the backup (None: there was none yet), programs and log are those of
    the store that went on, with what the backup has of the log in front."""

    def __init__(self, backup: Store | None, store: Store) -> None:
        self._backup, self._store = backup, store
        self._rows: dict[int, bytes] = {}  # of people who have changed since
        self.keeper_of: Follower | None = None

    @property
    def entry(self) -> int:
        """The last entry that the state has taken."""
        return 0 if self._backup is None else self._backup.last_entry()

    def last_entry(self) -> int:
        """As of a store."""
        return self.entry

    def program(self, fingerprint: str) -> bytes:
        """A program; of those that were let go since, as the backup has it."""
        try:
            return self._store.program(fingerprint)
        except InputError:
            if self._backup is None:
                raise
            return self._backup.program(fingerprint)

    def leftovers(self, prefix: str = "") -> Iterator[tuple[str, bytes]]:
        """As the backup has them."""
        return iter(()) if self._backup is None else self._backup.leftovers(prefix)

    def streams(self) -> list[StreamRow]:
        """As the backup has them."""
        return [] if self._backup is None else self._backup.streams()

    def heads(self) -> Iterator[Any]:
        """As the backup has them."""
        return iter(()) if self._backup is None else self._backup.heads()

    def bodies(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """Of people, as they are by now."""
        found = {number: self._rows[number] for number in numbers if number in self._rows}
        missing = [number for number in numbers if number not in found]
        return found if self._backup is None or not missing else found | self._backup.bodies(missing)

    def log(self, first: int = 0) -> Iterator[LogRow]:
        """Entries as the store has them, for it knows who was erased since; before those, as the backup has them."""
        kept = next(iter(self._store.log()), None)
        begins = self.entry + 1 if kept is None else kept.seq
        for row in self._backup.log(first) if self._backup is not None and first < begins else ():
            if row.seq >= begins:
                break
            yield row
        yield from self._store.log(max(first, begins))

    def further(self, entry: int | None = None) -> Iterator[Logged]:
        """What was logged since, or after this entry. People who are too many to stay in memory are put to rest in between."""
        for count, row in enumerate(self._store.log(1 + (self.entry if entry is None else entry))):
            yield Logged(row.seq, row.taken_ms, decode_entry(row.body), row.clock)
            if count % SETTLED_EACH == 0:
                self._settle()

    def _settle(self) -> None:
        keeper = None if self.keeper_of is None else self.keeper_of.world.keeper
        if keeper is not None and keeper.awake_count > AWAKE_MAX:
            changes = keeper.changes()
            self._rows.update((row.number, row.body) for row in changes.profiles)
            for number in changes.gone:
                self._rows.pop(number, None)
            keeper.committed()


def checkpoint(base: Base, level: Level, *, show_pii: bool) -> Checkpoint:
    """The state of the base, from which a replay begins. Raises InputError where it cannot be read, or has nothing."""
    session = Session(_as_store(base), SessionOptions(AWAKE_MAX, level=level), None)
    follower = session.follower
    if follower is None:
        follower = _from_nothing(base, session, level)
        return Checkpoint(follower, 0)
    base.keeper_of = follower
    _unmeet(follower, base)
    kept = counters_of(base)
    known = kept.trace and kept.trace_shows == show_pii and kept.trace_bytes
    return Checkpoint(follower, base.entry, kept.deployed_ms, (kept.trace_held or b"") if known else b"")


def _from_nothing(base: Base, session: Session, level: Level) -> Follower:
    first = next(base.further(), None)
    if first is None:
        raise InputError("the log is empty: nothing was deployed yet")
    follower = beginning(session.program, (first, base.further), level).follower
    keep(follower.world, Stored((), (), base.bodies, AWAKE_MAX, programs=session.program))
    base.keeper_of = follower
    return follower


def _as_store(base: Any) -> Store:
    found: Store = base  # a session that commits nothing asks for no more than a base has
    return found


def counters_of(store: Store | Base) -> Counters:
    """The numbers of the session that committed last."""
    return next((decode_counters(value) for name, value in store.leftovers(COUNTERS) if name == COUNTERS), Counters())


def _unmeet(follower: Follower, base: Base) -> None:
    """Who was erased since, and is swept out of the log, is not known from the beginning, as in a replay of the whole log. The
    event that erased may have been read when the backup was made, and wait."""
    waiting = (event.props for event in follower.clockwork.listed(NEVER))
    further = (hole.erasure for one in base.further() if isinstance(one.entry, Lines) for hole in one.entry.holes)
    erased = {hashed for left in chain(waiting, further) if isinstance(left, Erasure) and left.nobody for hashed, _ in left.seen}
    if not erased:
        return
    identities, secret = follower.world.identities, follower.program.secret
    for p in list(follower.world.profiles):
        if any(address_hash(secret, identities.spell(name)) in erased for name in p.identifiers):
            identities.unmeet(p)


# ---- do they belong together


def refuse_strangers(backup: Store, store: Store, called: str) -> None:
    """Raises RefusedError where the log of a store does not go on from a backup (`called` so): it is of another store, of a time
    that a restore has undone, newer, or there is a gap."""
    mine, theirs = store.identity(), backup.identity()
    if not theirs.serial or not backup.last_entry():
        raise InputError(f"{called}: nothing was ever deployed in this store")
    _refuse_other_past(backup, store, called)
    last, newest = backup.last_entry(), store.last_entry()
    if last > newest:
        raise RefusedError(
            f"{called}: this backup is newer than the log: it has {last:,} entries, and the store {newest:,};"
            " was an older backup put back since?"
        )
    first = next(iter(store.log()), None)
    if first is not None and first.seq > last + 1:
        until = f" of {iso(row.taken_ms)}" if (row := _entry(backup, last)) is not None else ""
        raise RefusedError(
            f"{called}: this backup ends with entry {last:,}{until}, and the log begins with entry {first.seq:,} of"
            f" {iso(first.taken_ms)}: what was in between was let go (`retain`); take a newer backup"
        )
    ours = _entry(store, last)
    if ours is None:
        if mine.lineage != theirs.lineage:
            raise RefusedError(
                f"{called}: the store was put back from a backup since, and its log no longer tells which; take a newer"
            )
    elif (row := _entry(backup, last)) is not None and (row.clock, row.taken_ms) != (ours.clock, ours.taken_ms):
        raise RefusedError(
            f"{called}: entry {last:,} is another one in the log of the store: an older backup was put back since; take that one,"
            " or a newer one"
        )


def _refuse_other_past(backup: Store, store: Store, called: str) -> None:
    """The audit log of a backup is the beginning of that of its store, also when a restore has given that a new lineage."""
    ours = iter(store.audit())
    for line in backup.audit():
        other = next(ours, None)
        if other is None or other.hash != line.hash:
            name = one_line(store.identity().environment)
            raise RefusedError(
                f"{called}: this is a backup of another store: line {line.number:,} of its audit log is not that of {name}"
            )


def _entry(store: Store, number: int) -> LogRow | None:
    return next(iter(store.entries([number])), None)


# ---- is it the same


def differences(follower: Follower, store: Store) -> list[str]:
    """What is not as the store has it, as of its last commit, whose entries the follower has taken: a line each, of people those
    born first. None: all is the same, person by person, to the byte."""
    session = Session(store, SessionOptions(AWAKE_MAX), None)
    other = session.follower
    if other is None:
        return ["nothing has begun in the store"]
    found = []
    if follower.clock != other.clock:
        found.append(f"the clock is at {iso(follower.clock)}, in the store at {iso(other.clock)}")
    if follower.running != other.running:
        found.append(f"{follower.running} runs, in the store {other.running}")
    mine, theirs = follower.state(), other.state()
    found += [f"the streams that are {how} differ" for how, one, two in (
        ("open", mine.streams, theirs.streams), ("closed", mine.ended, theirs.ended)) if one != two]  # fmt: skip
    spell, count = follower.world.identities.spell, 0
    for one, two in zip_longest(_people(follower), _people(other)):
        if one == two and one is not None and not one.late:
            continue
        count += 1
        if count <= TOLD_MAX:
            found.append(_told(one, two, spell))
    if count > TOLD_MAX:
        found.append(f"and {count - TOLD_MAX:,} people more")
    return found


class _Person(NamedTuple):
    """All that a store has of somebody, as the program of now writes it: but for the number, which a sweep may have moved, and
    for when to look next, which follows from the rest and may stand too early where nobody has looked since. `late`: it stands
    too late, so that something would be missed."""

    identifiers: tuple[Identifier, ...]
    members: int
    body: bytes
    late: bool


def _people(follower: Follower) -> Iterator[_Person]:
    """Everybody by birth, as they are at the instant of the clock: when what has left a window is let go depends on who looks,
    and how long somebody is in memory; how many records an instant has had, and which names of passages were computed, on what
    is recorded. Whoever is looked at stays as they are."""
    keeper = follower.world.keeper
    assert keeper is not None, "a world that is compared is kept"
    waiting = iter(list(follower.world.profiles))
    while chunk := list(islice(waiting, COMPARED_AT_ONCE)):
        keeper.prefetch(chunk)
        for p in chunk:
            copy = keeper.peek(p)
            late = copy.due > earliest(copy)
            for window in follower.machine.aggregates.values():
                window.value(copy, follower.clock)
            copy.n, copy.n_at = 0, -1
            for inst in copy.instances.values():
                inst.id = None
            body = keeper.codec.encode(copy)
            yield _Person(tuple(p.identifiers), p.members, body, late)


def _told(one: _Person | None, two: _Person | None, spell: Callable[[Identifier], str]) -> str:
    if one is None or two is None or one.identifiers != two.identifiers:
        names = [spell(each.identifiers[0]) if each is not None and each.identifiers else "nobody" for each in (one, two)]
        return f"{names[0]} stands where the store has {names[1]}"
    if one.late or two.late:
        what = f"looked at too late, {'in the replay' if one.late else 'in the store'}"
    else:
        what = "other audiences" if one.members != two.members else "another record"
    return f"{spell(one.identifiers[0]) if one.identifiers else 'somebody'}: {what}"
