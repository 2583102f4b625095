"""Rows of tables, as of the instant and of the place in the order of work (S3.7).

Tables from files stand in the program; rows with a `since` hold from then on. Tables that business events fill are of one world:
a run in the order of time changes them as it goes (`put`), a replay of one person after the other is given all of their events
beforehand (`record`) and looks at them from where it stands (`stand`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from rtj.engine.calendar import INFINITY
from rtj.ir.program import Program, Table
from rtj.ir.records import Event, attr_name, record_class

ROWS_MAX = 1_000_000  # keys of one table that events fill; further ones get no row, and are counted

Lookup: TypeAlias = Callable[[Any, int], Any]
Stand: TypeAlias = tuple[int, bool, int, int]
"""A place in the order of work: instant, not late, source, position."""


def stand_of(event: Event) -> Stand:
    return event.at, not event.late, event.source, event.pos


class Fixed:
    """A table from a file or a database."""

    def __init__(self, spec: Table) -> None:
        self._all = sorted({since for _, _, since in spec.rows if since is not None})
        self._only: dict[Any, Any] = {}  # the rows of a table in which each key has one, for ever
        self._instants: dict[Any, list[int]] = {}
        self._rows: dict[Any, list[Any]] = {}
        names = [attr_name(spec.key.name), *(attr_name(field.name) for field in spec.fields)]
        make = _row_class(spec)
        for key, values, since in spec.rows:
            row = make(**dict(zip(names, (key, *values), strict=True)))
            if not self._all:
                self._only[key] = row
                continue
            self._instants.setdefault(key, []).append(-INFINITY if since is None else since)
            self._rows.setdefault(key, []).append(row)

    def row(self, key: Any, at: int) -> Any:
        """The row of a key at an instant; None when there is none."""
        if not self._all:
            return self._only.get(key)
        instants = self._instants.get(key)
        if instants is None:
            return None
        place = bisect_right(instants, at)
        return self._rows[key][place - 1] if place else None

    @property
    def is_dated(self) -> bool:
        """Do rows change by time alone?"""
        return bool(self._all)

    def next_change(self, key: Any, at: int) -> int:
        """The first instant after `at` from which on another row holds for the key."""
        return _after(self._instants.get(key, ()), at)

    def next_of_any(self, at: int) -> int:
        """The same for whatever key."""
        return _after(self._all, at)


class Filled:
    """A table that business events of one type fill. The event with the latest (`ts`, source, position) is the row of its key,
    so that a late one does not bring back what a newer one has replaced."""

    def __init__(self, spec: Table) -> None:
        self.name = spec.name
        self._key = attr_name(spec.key.name)
        self._names = tuple(attr_name(field.name) for field in spec.fields)
        self.names = (self._key, *self._names)  # of a row: its key, its fields
        self._make = _row_class(spec)
        self.clear()

    def clear(self) -> None:
        """A world begins."""
        self._now: dict[Any, tuple[tuple[int, int, int], Any]] = {}
        self._places: dict[Any, list[Stand]] | None = None
        self._rows: dict[Any, list[Any]] = {}
        self.here: Stand = (-INFINITY, True, 0, 0)

    def keep(self, rows: dict[Any, tuple[tuple[int, int, int], Any]]) -> None:
        """From now on the rows are in this dict, by key, each with its stamp: a store keeps them. Those that are there move."""
        for key, row in self._now.items():
            rows[key] = row
        self._now = rows

    def make(self, values: dict[str, Any]) -> Any:
        """A row of values by name; those that the table has no field for are dropped, those that are not there are missing."""
        return self._make(**{name: values.get(name) for name in self.names})

    def take_over(self, other: Filled) -> None:
        """Go on with the rows of the same table under another program; fields that it did not have are missing."""
        for key, (stamp, row) in other._now.items():
            self._now[key] = stamp, self._make(**{name: getattr(row, name, None) for name in self.names})

    def put(self, event: Event) -> bool:
        """A row changes, now. False if the table is full."""
        key = getattr(event.props, self._key)
        stamp = (event.ts, event.source, event.pos)
        old = self._now.get(key)
        if key is None or (old is not None and old[0] > stamp):
            return True
        if old is None and len(self._now) >= ROWS_MAX:
            return False
        row = self._make(**{self._key: key, **{name: getattr(event.props, name) for name in self._names}})
        self._now[key] = (stamp, row)
        if self._places is not None:
            self._places.setdefault(key, []).append(stand_of(event))
            self._rows.setdefault(key, []).append(row)
        return True

    def record(self, events: Iterable[Event]) -> int:
        """Take all events of a run, in the order of work. Returns how many found the table full."""
        self.clear()
        self._places = {}
        refused = sum([not self.put(event) for event in events])
        self._now.clear()
        return refused

    def row(self, key: Any, at: int) -> Any:
        """The row of a key as of the event that is being worked; at any other instant, as of its end."""
        if self._places is None:
            found = self._now.get(key)
            return None if found is None else found[1]
        places = self._places.get(key)
        if places is None:
            return None
        place = bisect_right(places, self.here if self.here[0] == at else (at, True, INFINITY, INFINITY))
        return self._rows[key][place - 1] if place else None


class Tables:
    """All tables of a program. `filled`: those that a type of business events fills, by its name."""

    def __init__(self, program: Program) -> None:
        self._specs = {table.name: table for table in program.tables}
        self._made: dict[str, Fixed | Filled] = {}
        self.filled: dict[str, tuple[Filled, ...]] = {}
        for table in program.tables:
            if table.event is not None:
                made = self._made[table.name] = Filled(table)
                self.filled[table.event] = (*self.filled.get(table.event, ()), made)

    def of(self, name: str) -> Fixed | Filled:
        """A table by name; one from a file is made when first asked for."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Fixed(self._specs[name])
        return made

    def clear(self) -> None:
        """A world begins, in which no business event has come."""
        for tables in self.filled.values():
            for table in tables:
                table.clear()

    def take_over(self, other: Tables) -> None:
        """Go on with the rows that events have filled under another program."""
        for event, tables in self.filled.items():
            known = {table.name: table for table in other.filled.get(event, ())}
            for table in tables:
                if table.name in known:
                    table.take_over(known[table.name])

    def put(self, event: Event) -> tuple[str, ...]:
        """A business event is worked in the order of time. Returns the tables that were full."""
        return tuple([table.name for table in self.filled.get(event.type, ()) if not table.put(event)])

    def record(self, business: Iterable[Event]) -> dict[str, int]:
        """Take all business events of a run, in the order of work, to look back at them. Returns how many each table refused."""
        kept: dict[str, list[Event]] = {name: [] for name in self.filled}
        for event in business:
            if event.type in kept:
                kept[event.type].append(event)
        refused = {t.name: t.record(kept[name]) for name, tables in self.filled.items() for t in tables}
        return {name: count for name, count in refused.items() if count}

    def stand(self, event: Event) -> None:
        """From now on a recorded table is seen as of this event."""
        here = stand_of(event)
        for tables in self.filled.values():
            for table in tables:
                table.here = here

    def close(self) -> None:
        """The events of the instant have been worked: from now on it is seen whole."""
        for tables in self.filled.values():
            for table in tables:
                table.here = (table.here[0], True, INFINITY, INFINITY)


def table_fact(table: str) -> str:
    """How a table is called among the facts that conditions hang on; no attribute has a blank in its name."""
    return f"table {table}"


def _after(instants: list[int] | tuple[()], at: int) -> int:
    place = bisect_right(instants, at)
    return instants[place] if place < len(instants) else INFINITY


def _row_class(spec: Table) -> Callable[..., Any]:
    fields = ((spec.key.name, spec.key.type), *((field.name, field.type) for field in spec.fields))
    return record_class("Row", tuple(sorted(fields)))
