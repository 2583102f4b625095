"""What a world knows beside profiles, as named values of bytes: only those that have changed since the last commit.

    leftovers = Leftovers(world, parts)      # `load` first what a store has
    leftovers.changes() -> {name: bytes, or None: no more}
    leftovers.committed()

Each name begins with the name of its part and a slash. Something that a kernel remembers across instants becomes a `Part` of its
own, given to `revive`.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Callable, Container, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rtj.engine.mail import Mail
from rtj.engine.stored_frame import MARSHAL, StoredError, seal, unseal
from rtj.engine.stored_values import Reading, Shapes, Writing
from rtj.engine.tables import Filled

if TYPE_CHECKING:
    from rtj.engine.kernel import Kernel
    from rtj.engine.world import World

OF_KEEPER = ("births", "layer")  # parts of whoever keeps the world, of whom each program has another
K = TypeVar("K")
V = TypeVar("V")


class Part(Protocol):
    """One thing that is remembered. `load` is told each name behind the slash with its value, before anything else happens;
    `changes` gives those that changed, None: no more; `committed`: they are stored."""

    name: str

    def load(self, name: str, value: bytes) -> None: ...
    def changes(self) -> dict[str, bytes | None]: ...
    def committed(self) -> None: ...


class NotedDict(dict[K, V]):
    """A dict that notes which keys have changed. Only ways of changing it that are used are noted; others are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[K] = set()

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.changed.add(key)

    def __delitem__(self, key: K) -> None:
        super().__delitem__(key)
        self.changed.add(key)

    def pop(self, key: K, *default: Any) -> Any:
        if key in self:
            self.changed.add(key)
        return super().pop(key, *default)

    def _refused(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("a change that nobody would note")

    update = setdefault = popitem = clear = __ior__ = _refused


class NotedSet(set[K]):
    """A set that notes what was added."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[K] = set()

    def add(self, one: K) -> None:
        if one not in self:
            super().add(one)
            self.changed.add(one)

    def _refused(self, *_: Any) -> Any:
        raise AssertionError("a change that nobody would note")

    update = discard = remove = pop = clear = __ior__ = _refused


class DictPart:
    """A dict by key. `write` makes a value plain, `read` undoes it; keys are plain."""

    def __init__(
        self,
        name: str,
        noted: NotedDict[Any, Any],
        write: Callable[[Any], Any] = lambda v: v,
        read: Callable[[Any], Any] = lambda v: v,
    ) -> None:
        self.name, self._noted, self._write, self._read = name, noted, write, read

    def load(self, name: str, value: bytes) -> None:
        key, told = unseal(value)
        dict.__setitem__(self._noted, key, self._read(told))

    def changes(self) -> dict[str, bytes | None]:
        noted = self._noted
        return {named(key): seal((key, self._write(noted[key]))) if key in noted else None for key in noted.changed}

    def committed(self) -> None:
        self._noted.changed.clear()


class SetPart:
    """A set of plain things."""

    def __init__(self, name: str, noted: NotedSet[Any]) -> None:
        self.name, self._noted = name, noted

    def load(self, name: str, value: bytes) -> None:
        set.add(self._noted, unseal(value))

    def changes(self) -> dict[str, bytes | None]:
        return {named(one): seal(one) for one in self._noted.changed}

    def committed(self) -> None:
        self._noted.changed.clear()


class ValuePart:
    """A few plain values that change often: `ask` gives them all by name, `put` takes one back."""

    def __init__(self, name: str, ask: Callable[[], dict[str, Any]], put: Callable[[str, Any], None]) -> None:
        self.name, self._ask, self._put = name, ask, put
        self._known: dict[str, Any] = {}
        self._told: dict[str, Any] = {}

    def follow(self, former: ValuePart) -> None:
        """A store has what another part has told."""
        self._known = former._known

    def load(self, name: str, value: bytes) -> None:
        self._known[name] = unseal(value)
        self._put(name, self._known[name])

    def changes(self) -> dict[str, bytes | None]:
        known, now = self._known, self._ask()
        self._told = now
        found: dict[str, bytes | None] = {n: seal(v) for n, v in now.items() if n not in known or known[n] != v}
        return found | dict.fromkeys(n for n in known if n not in now)

    def committed(self) -> None:
        self._known = self._told


class TablePart:
    """The rows of one table that events fill (S3.7). Fields are kept by name."""

    def __init__(self, table: Filled, shapes: Shapes) -> None:
        self.name = f"row {table.name}"
        self._table, self._shapes = table, shapes
        self._noted: NotedDict[Any, Any] = NotedDict()
        table.keep(self._noted)  # rows that it has taken over by now are new to a store

    def load(self, name: str, value: bytes) -> None:
        key, stamp, fields, values, events = unseal(value)
        reading = Reading(self._shapes, events)
        row = dict(zip(fields, map(reading.value, values), strict=True))
        dict.__setitem__(self._noted, reading.value(key), (stamp, self._table.make(row)))

    def changes(self) -> dict[str, bytes | None]:
        return {named(_canonical(key)): self._row(key) for key in self._noted.changed}

    def names(self) -> Iterator[str]:
        """Of all rows."""
        return (named(_canonical(key)) for key in self._noted)

    def _row(self, key: Any) -> bytes:
        stamp, row = self._noted[key]
        writing, fields = Writing(self._shapes), self._table.names
        values = [writing.value(getattr(row, field)) for field in fields]
        return seal((writing.value(key), stamp, fields, values, writing.events))

    def committed(self) -> None:
        self._noted.changed.clear()


class Known:
    """What is known of identifiers, and of those who were erased. It outlives a program."""

    def __init__(self) -> None:
        self.lost: NotedDict[Any, int] = NotedDict()
        self.met: NotedDict[Any, tuple[str, ...]] = NotedDict()
        self.junk: NotedSet[Any] = NotedSet()
        self.kept: NotedDict[str, Mail] = NotedDict()
        self.seen: NotedDict[str, int] = NotedDict()
        self.asked: NotedSet[str] = NotedSet()


class Leftovers:
    """All parts of one world, those of whoever runs it included."""

    _known: Known

    def __init__(self, world: World, more: Iterable[Part] = (), former: Leftovers | None = None) -> None:
        identities, kernel, machine = world.identities, world.kernel, world.machine
        counts, paused = kernel.recorder.counts, kernel.paused
        shapes = Shapes(machine)
        who = Known() if former is None else former._known
        identities.keep(who.lost, who.met, who.junk)
        identities.erased.kept, identities.erased.seen, identities.erased.asked = who.kept, who.seen, who.asked
        every: list[Part] = [
            DictPart("lost", who.lost),
            DictPart("met", who.met),
            SetPart("junk", who.junk),
            DictPart("refused", who.kept, _refusals, _refused),
            DictPart("erased", who.seen),
            SetPart("asked", who.asked),
            ValuePart("count", lambda: _told_counts(counts), lambda name, n: _count(counts, name, n)),
            ValuePart("folds", lambda: {"": list(machine.folds)}, lambda _, names: machine.folds.extend(names)),
            ValuePart("paused", paused.copy, paused.__setitem__),
            ValuePart("told", lambda: {"": (kernel.told_at, kernel.told)}, lambda _, told: _tell(kernel, told)),
            *(TablePart(table, shapes) for tables in machine.tables.filled.values() for table in tables),
            *more,
        ]
        self._known, self.more = who, tuple(part for part in more if part.name not in OF_KEEPER)
        self._parts = {part.name: part for part in every}
        self._over: dict[str, bytes | None] = {}  # rows of tables that are no more
        if former is not None:
            self._over = former.over(self._parts)
            for part in every:
                before = former._parts.get(part.name)
                if isinstance(part, ValuePart) and isinstance(before, ValuePart):
                    part.follow(before)

    def load(self, stored: Iterable[tuple[str, bytes]]) -> None:
        """Take what a store has. Raises StoredError for what no part of this program knows."""
        for name, value in stored:
            part, _, rest = name.partition("/")
            if part not in self._parts:
                raise StoredError(f"the store has something that this program knows nothing of: {part}")
            self._parts[part].load(rest, value)

    def changes(self) -> dict[str, bytes | None]:
        """What has changed since the last commit, by name; None: no more."""
        told = {f"{part.name}/{name}": value for part in self._parts.values() for name, value in part.changes().items()}
        return self._over | told

    def over(self, parts: Container[str]) -> dict[str, bytes | None]:
        """The names of what an heir with these parts has no place for."""
        tables = (part for part in self._parts.values() if isinstance(part, TablePart) and part.name not in parts)
        return self._over | {f"{part.name}/{name}": None for part in tables for name in part.names()}

    def committed(self) -> None:
        """A store has all that `changes` told."""
        self._over = {}
        for part in self._parts.values():
            part.committed()


def named(key: Any) -> str:
    """A name for a plain key; the same for equal ones."""
    match key:
        case str():
            text = key
        case (int(space), str(value)):
            text = f"{space}:{value}"
        case _:
            text = ""
    if text and text.isprintable() and text.isascii():
        return text
    return "#" + hashlib.blake2b(marshal.dumps(key, MARSHAL), digest_size=16).hexdigest()


def _canonical(key: Any) -> Any:
    """Keys that a table takes for one are one."""
    if type(key) is float and key.is_integer():
        return int(key)
    return int(key) if isinstance(key, int) and type(key) is not bool else key


def _refusals(mail: Mail) -> Any:
    return sorted(mail.suppressed), mail.withdrawn


def _refused(told: Any) -> Mail:
    mail = Mail()
    mail.suppressed, mail.withdrawn = frozenset(told[0]), told[1]
    return mail


def _tell(kernel: Kernel, told: tuple[int, int]) -> None:
    kernel.told_at, kernel.told = told


def _told_counts(counts: dict[tuple[str, ...], int]) -> dict[str, int]:
    return {json.dumps(key): count for key, count in counts.items()}


def _count(counts: dict[tuple[str, ...], int], name: str, count: int) -> None:
    counts[tuple(json.loads(name))] = count
