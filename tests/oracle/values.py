"""Expressions by walking the tree: the operators, the functions, the history."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rtj.ir import expr as x
from rtj.ir.journey import Journey
from rtj.ir.program import Aggregate, Program, canonical
from rtj.ir.records import Event, attr_name
from tests.oracle.calendar import day_number, from_day_number, local, local_date, shift, unit_start, zone_named
from tests.oracle.state import END, Instance, Profile, Stamp

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


Rows = dict[tuple[str, Any], tuple[Stamp, dict[str, Any]]]


@dataclass
class Shelf:
    """The rows that business events have brought so far, by table and key, and how all of that was when an event was worked."""

    rows: Rows = field(default_factory=dict)
    then: dict[int, Rows] = field(default_factory=dict)

    def put(self, program: Program, event: Event) -> set[str]:
        """Take a business event; the tables that such events fill."""
        filled = [t for t in program.tables if t.event == event.type]
        for table in filled:
            key = getattr(event.props, attr_name(table.key.name))
            stamp = (event.ts, event.source, event.pos)
            old = self.rows.get((table.name, key))
            if key is not None and (old is None or old[0] < stamp):
                row = {f.name: getattr(event.props, attr_name(f.name)) for f in (table.key, *table.fields)}
                self.rows = {**self.rows, (table.name, key): (stamp, row)}
        return {table.name for table in filled}

    def row(self, program: Program, name: str, key: Any, now: int) -> dict[str, Any] | None:
        """The row of a key (S3.7)."""
        table = next(t for t in program.tables if t.name == name)
        if table.event is not None:
            found = self.rows.get((name, key))
            return None if found is None else found[1]
        rows = [r for r in table.rows if r[0] == key and (r[2] is None or r[2] <= now)]
        if not rows:
            return None
        newest = max(rows, key=lambda r: -END if r[2] is None else r[2])
        return {table.key.name: key, **dict(zip((f.name for f in table.fields), newest[1], strict=True))}


@dataclass(frozen=True)
class Sight:
    """What an expression can see."""

    program: Program
    profile: Profile
    now: int
    names: dict[str, Any]
    journey: Journey | None = None
    instance: Instance | None = None
    shelf: Shelf = field(default_factory=Shelf)

    def with_names(self, **names: Any) -> Sight:
        return replace(self, names={**self.names, **names})


def zone_of(program: Program, profile: Profile) -> ZoneInfo:
    """D14: the attribute `timezone`, else the project's zone."""
    return zone_named(attribute(program, profile, "timezone"), program.timezone)


def attribute(program: Program, profile: Profile, name: str) -> Any:
    """The value of a mapped attribute; its default stands while it is missing."""
    for mapping in program.mappings:
        if mapping.name == name:
            value = profile.attributes[name][1] if name in profile.attributes else None
            return mapping.default if value is None else value
    return None


def holds(test: x.Expr | None, sight: Sight) -> bool:
    return test is None or value(test, sight) is True


def value(e: x.Expr, s: Sight) -> Any:
    """The value of an expression."""
    match e:
        case x.Const():
            return e.value
        case x.Now():
            return s.now
        case x.Name():
            return s.names.get(e.name)
        case x.Attribute():
            found = [a for a in s.program.aggregates if a.name == e.name]
            return aggregate(found[0], None, s) if found else attribute(s.program, s.profile, e.name)
        case x.Member():
            return e.audience in s.profile.members
        case x.JourneyFact():
            return journey_fact(e, s)
        case x.Field():
            return read_field(value(e.base, s), e)
        case x.Item():
            items, index = value(e.base, s), value(e.index, s)
            return items[index] if items is not None and index is not None and -len(items) <= index < len(items) else None
        case x.Unary():
            return unary(e.op, value(e.of, s))
        case x.Binary():
            return binary(e, s)
        case x.Shift():
            return shifted(e, s)
        case x.Choose():
            return value(e.then if value(e.test, s) is True else e.otherwise, s)
        case x.Items():
            return tuple(value(item, s) for item in e.items)
        case x.Call():
            return call(e.function, [value(a, s) for a in e.args], s)
        case x.Each():
            return each(e, s)
        case x.History():
            return aggregate(next(a for a in s.program.aggregates if a.name == e.aggregate), e.where, s)
        case x.Row() | x.Held():
            return looked_up(e, s)


def looked_up(e: x.Row | x.Held, s: Sight) -> Any:
    if isinstance(e, x.Row):
        return s.shelf.row(s.program, e.table, value(e.key, s), s.now)
    since = s.profile.since.get(e.tracker)
    return since is not None and s.now >= shift(since, e.length, zone_of(s.program, s.profile))


def journey_fact(e: x.JourneyFact, s: Sight) -> Any:
    assert s.journey is not None
    if e.field == "name":
        return s.journey.name
    if e.field == "entries":
        return s.instance.ordinal if s.instance is not None else s.profile.entries[s.journey.name]
    return s.instance.entered if s.instance is not None else None


def read_field(base: Any, e: x.Field) -> Any:
    if base is None:
        return None
    if isinstance(base, dict):
        return base.get(e.name)
    if isinstance(base, Event) and not e.envelope:
        base = base.props
    found = getattr(base, e.name if e.envelope else attr_name(e.name), None)
    return None if found is msgspec.UNSET else found


def unary(op: str, of: Any) -> Any:
    if op == "not":
        return of is not True
    if op == "missing":
        return of is None
    if op == "empty":
        return of is None or of == "" or of == ()
    return None if of is None else -of


def binary(e: x.Binary, s: Sight) -> Any:
    left = value(e.left, s)
    if e.op == "or":
        return left is True or value(e.right, s) is True
    if e.op == "and":
        return left is True and value(e.right, s) is True
    right = value(e.right, s)
    match e.op:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "??":
            return right if left is None else left
        case "in":
            return right is not None and left in right
    if left is None or right is None:
        return False if e.op in ("<", "<=", ">", ">=") else None
    match e.op:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return None if right == 0 else left / right


def shifted(e: x.Shift, s: Sight) -> Any:
    of = value(e.of, s)
    if of is None:
        return None
    if e.date:
        from tests.oracle.calendar import step_date

        return day_number(step_date(from_day_number(of), e.length, e.sign))
    return shift(of, e.length, zone_of(s.program, s.profile), e.sign)


def each(e: x.Each, s: Sight) -> Any:
    items = value(e.over, s) or ()
    seen = [s.with_names(**{e.item: item}) for item in items]
    kept = [i for i in seen if holds(e.where, i)]
    if e.kind == "count":
        return sum(e.body is None or value(e.body, i) is True for i in kept)
    if e.kind in ("any", "all"):
        tests = [e.body is None or value(e.body, i) is True for i in kept]
        return any(tests) if e.kind == "any" else all(tests)
    values = [value(e.body, i) if e.body is not None else i.names[e.item] for i in kept]
    return reduce(e.kind, values)


def reduce(function: str, values: list[Any]) -> Any:
    """An aggregate of values in the order of work (D11, S3.3)."""
    known = [v for v in values if v is not None]
    match function:
        case "count":
            return len(known)
        case "sum":
            return exact_sum(known)
        case "distinct":
            return tuple(v for i, v in enumerate(known) if v not in known[:i])
    if not known:
        return None
    match function:
        case "min":
            return min(known)
        case "max":
            return max(known)
        case "avg":
            return exact_sum(known) / len(known)  # equal to the whole number where it comes out even (D11)
        case "first":
            return known[0]
        case "last":
            return known[-1]
        case "previous":
            return known[-2] if len(known) > 1 else None
        case _:
            return max(known, key=lambda v: (known.count(v), max(i for i, w in enumerate(known) if w == v)))


def exact_sum(values: Iterable[Any]) -> Any:
    kept = list(values)
    return sum(kept) if all(isinstance(v, int) for v in kept) else math.fsum(kept)


def of_types(event: Event, types: tuple[str, ...]) -> bool:
    """Is it one of these, or is `any` among them and it came from a source about this profile (S3.6)?"""
    return event.type in types or ("any" in types and event.source < END and bool(event.ids))


def aggregate(spec: Aggregate, where: x.Expr | None, s: Sight) -> Any:
    """The value of an aggregate over everything that ever happened to the profile (S3.3, S1.11, D11)."""
    zone = zone_of(s.program, s.profile)
    history = sorted(s.profile.history, key=lambda h: h[0])
    newest: Stamp = max((stamp for stamp, e in history if e.type == spec.window.since), default=(-END, 0, 0))
    values = []
    for stamp, event in history:
        sight = s.with_names(event=event)
        worked = replace(sight, shelf=Shelf(s.shelf.then.get(id(event), s.shelf.rows)))
        if not of_types(event, spec.events) or not holds(spec.where, worked) or not holds(where, sight):
            continue
        if spec.window.over is not None and not s.now < shift(stamp[0], spec.window.over, zone):
            continue
        if spec.window.this is not None and stamp[0] < unit_start(s.now, spec.window.this, zone):
            continue
        if spec.window.since is not None and stamp <= newest:
            continue
        values.append(True if spec.value is None else value(spec.value, worked))
    return reduce(spec.function, values)


def message_key(program: Program, instance: Instance, node: str, visit: int) -> str:
    """S7.5, D15."""
    text = canonical([instance.id, node, visit])
    return hashlib.blake2b(text, digest_size=12, key=program.secret.encode()).hexdigest()


# ---- functions (rtj.ir.functions says what they mean)


def chance(salt: str, key: str) -> float:
    """D15."""
    text = json.dumps([salt, key], ensure_ascii=False, separators=(",", ":")).encode()
    return (int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 11) / 2**53


def call(name: str, args: list[Any], s: Sight) -> Any:
    zone = zone_of(s.program, s.profile)
    if name == "today":
        return day_number(local_date(s.now, zone))
    if name == "chance":
        return chance(args[0] or "", s.profile.origin)
    if name == "contains":
        return args[0] is not None and (args[1] is not None or not isinstance(args[0], str)) and args[1] in args[0]
    if name == "append":
        return tuple(args[0] or ()) if args[1] is None else (*(args[0] or ()), args[1])[-1000:]
    if None in args:
        return None
    return plain(name, args, s.now, zone)


def as_date(v: Any, zone: ZoneInfo) -> date:
    """An instant is larger than any day number of the years to come."""
    return from_day_number(v) if abs(v) < 10_000_000 else local_date(v, zone)


def plain(name: str, args: list[Any], now: int, zone: ZoneInfo) -> Any:
    match name:
        case "lower":
            return args[0].lower()
        case "upper":
            return args[0].upper()
        case "length":
            return len(args[0])
        case "text":
            return str(args[0])
        case "abs":
            return abs(args[0])
        case "quintile":
            rises = args[1][0] <= args[1][-1]
            return 1 + sum(args[0] >= bound if rises else args[0] <= bound for bound in args[1])
        case "min":
            return min(args)
        case "max":
            return max(args)
        case "date":
            return day_number(local_date(args[0], zone))
        case "days_between":
            return day_number(as_date(args[1], zone)) - day_number(as_date(args[0], zone))
        case "hours_between":
            return (args[1] - args[0]) / 3_600_000
        case "weekday":
            return WEEKDAYS[as_date(args[0], zone).weekday()]
        case "hour":
            return local(args[0], zone).hour
        case "day":
            return as_date(args[0], zone).day
        case "month":
            return as_date(args[0], zone).month
        case "year":
            return as_date(args[0], zone).year
    raise AssertionError(f"the oracle knows no function {name}")
