"""Terms: the parts of a condition that are looked up or computed, and what each of them may be by its type and its meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from rtj.engine.windows import ENTRIES_MAX
from rtj.ir import expr as ir
from rtj.ir.functions import DATE, DURATION, FUNCTIONS, INSTANT, NUMBER, STRING, WEEKDAYS
from rtj.ir.program import Aggregate
from rtj.ir.types import ENVELOPE, is_optional, some
from rtj.logic.domains import ALL, PRESENT, TRUE_OR_FALSE, WHOLE, Domain, Values, between, meet, one_of, tidied

RANGES: dict[str, Values] = {
    "hour": between(0, 23),
    "day": between(1, 31),
    "month": between(1, 12),
    "year": WHOLE,
    "age": WHOLE,
    "days_between": WHOLE,
    "floor": WHOLE,
    "ceil": WHOLE,
    "length": between(0, None),
    "chance": Values(0, 1, high_open=True),
    "weekday": one_of(*WEEKDAYS),
}
"""What functions give, whatever they are given."""

STEPS_MAX = 30_000  # beyond, everything may be so
Look: TypeAlias = Callable[[ir.Expr], Domain]


@dataclass(frozen=True, slots=True)
class Known:
    """A name. `null`: it may be missing though its type says nothing of it. `least`, `most`: how many items a list has."""

    type: ir.Type
    null: bool = False
    least: int = 0
    most: int | None = None


class Effort:
    """How much may yet be tried to find out what can be so, by all who share it; of a journey, or of the declarations. A step is
    one thing learned or compared."""

    def __init__(self, steps: int = STEPS_MAX) -> None:
        self.left = steps

    def spent(self, steps: int = 1) -> bool:
        """Take some steps. Was there no room for them?"""
        self.left -= steps
        return self.left < 0


class Declarations(Protocol):
    """What terms stand on: a project as it was checked, or a program, or two of them."""

    @property
    def aggregates(self) -> Mapping[str, Aggregate]:
        """By the names that `History` calls them by."""
        ...

    def attribute_type(self, name: str) -> ir.Type | None:
        """What `profile.NAME` reads; None: not known."""
        ...

    def event_fields(self, types: tuple[str, ...]) -> Mapping[str, ir.Type]:
        """The properties that all these event types have, with the types they have in common."""
        ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of terms: the project's declarations and the names of the place where a condition stands."""

    declared: Declarations
    names: Mapping[str, Known]
    effort: Effort = field(default_factory=Effort, compare=False, repr=False)
    _types: dict[int, tuple[ir.Expr, ir.Type | None]] = field(default_factory=dict, compare=False, repr=False)
    _plain: dict[int, tuple[ir.Expr, Domain]] = field(default_factory=dict, compare=False, repr=False)

    # ---- types

    def type_of(self, e: ir.Expr) -> ir.Type | None:
        """The type of a value, without `?`; None where it is not known."""
        found = self._type(e)
        return None if found is None else some(found)

    def _type(self, e: ir.Expr) -> ir.Type | None:
        if not isinstance(e, ir.Binary | ir.Shift | ir.Choose):
            return self._type_of(e)
        known = self._types.get(id(e))
        if known is None:
            known = self._types[id(e)] = (e, self._type_of(e))
        return known[1]

    def _type_of(self, e: ir.Expr) -> ir.Type | None:
        match e:
            case ir.Const(type=name):
                return None if name == "null" else ir.Scalar(name)
            case ir.Now():
                return INSTANT
            case ir.Name(name=name):
                return self.names[name].type if name in self.names else None
            case ir.Attribute(name=name):
                return self.declared.attribute_type(name)
            case ir.History(aggregate=key):
                aggregate = self.declared.aggregates.get(key)
                return aggregate.type if aggregate is not None else None
            case ir.JourneyFact(field=field):
                return {"name": STRING, "entered_at": INSTANT, "entries": NUMBER}[field]
            case ir.Field(base=base, name=name, envelope=envelope):
                return self._field(base, name, envelope=envelope)
            case ir.Item(base=base):
                kind_of_list = self.type_of(base)
                return kind_of_list.item if isinstance(kind_of_list, ir.ListOf) else None
            case ir.Shift(of=of) | ir.Unary(op="-", of=of):
                return self._type(of)
            case ir.Choose(then=then):
                return self._type(then)
            case ir.Binary(op="+" | "-", left=left, right=right):
                return _added(e.op, self.type_of(left), self.type_of(right))
            case ir.Binary(op="*" | "/"):
                return NUMBER
            case ir.Binary(op="??", left=left):
                return self._type(left)
            case ir.Call(function=function):
                return self._called(function, e.args)
            case ir.Each(kind=kind_of_each):
                return self._each(e) if kind_of_each in ("min", "max", "first", "last") else None
            case _:
                return None

    def _field(self, base: ir.Expr, name: str, *, envelope: bool) -> ir.Type | None:
        match self.type_of(base):
            case ir.EventOf(types=types) if envelope:
                return ir.OneOf(types) if name == "type" and "any" not in types else ENVELOPE.get(name)
            case ir.EventOf(types=types):
                return self.declared.event_fields(types).get(name)
            case ir.Record(fields=fields):
                return dict(fields).get(name)
            case _:
                return None

    def _called(self, function: str, args: tuple[ir.Expr, ...]) -> ir.Type | None:
        if function in ("min", "max", "append"):
            return self._type(args[0])
        results = {signature.result for signature in FUNCTIONS[function].signatures}
        result = next(iter(results)) if len({some(r) for r in results if isinstance(r, ir.Type)}) == 1 else None
        return result if isinstance(result, ir.Type) else None

    def _each(self, e: ir.Each) -> ir.Type | None:
        return self._type(e.body) if e.body is not None else self.names[e.item].type if e.item in self.names else None

    # ---- domains

    def plain(self, e: ir.Expr) -> Domain:
        """What a term may be when nothing more is known."""
        known = self._plain.get(id(e))
        if known is None:
            known = self._plain[id(e)] = (e, self.domain(e, self.plain))
        return known[1]

    def is_whole(self, e: ir.Expr) -> bool:
        """Is this a whole number, and kept as one?"""
        return self.type_of(e) in (INSTANT, DURATION, DATE) or is_whole(self.plain(e).some)

    def domain(self, e: ir.Expr, look: Look) -> Domain:
        """What a term may be. `look` tells what is known of its parts."""
        match e:
            case ir.Const(value=value):
                return Domain(value is None, ALL) if value is None else Domain(False, one_of(value))
            case ir.Name(name=name) if name in self.names:
                known = self.names[name]
                return Domain(known.null or is_optional(known.type), of_type(some(known.type)))
            case ir.Attribute() | ir.JourneyFact() | ir.Now():
                return self._stored(e)
            case ir.History(aggregate=key):
                return self._history(key)
            case ir.Field(base=base):
                kind = self._type(e)
                null = kind is None or is_optional(kind) or look(base).null
                return Domain(null, of_type(kind))
            case ir.Item():
                return Domain(not self._surely_there(e) or look(e.base).null, of_type(self.type_of(e)))
            case ir.Held(length=length):
                return Domain(True, between(0, None)) if length == ir.Length() else Domain(False, TRUE_OR_FALSE)
            case ir.Member() | ir.Each(kind="any" | "all"):
                return Domain(False, TRUE_OR_FALSE)
            case ir.Each(kind="count"):
                return Domain(False, between(0, self._most(e.over)))
            case ir.Each(kind="sum"):
                return PRESENT
            case ir.Items():
                return PRESENT
            case ir.Call():
                return self._call(e, look)
            case ir.Unary(op="-", of=of):
                return _negated(look(of))
            case ir.Binary(op="+" | "-" | "*" | "/"):
                return self._arithmetic(e, look)
            case ir.Shift(of=of):
                return Domain(look(of).null, WHOLE)
            case ir.Unary() | ir.Binary(op="and" | "or" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in"):
                return Domain(False, TRUE_OR_FALSE)
            case _:
                return Domain(True, of_type(self.type_of(e)))

    def _stored(self, e: ir.Expr) -> Domain:
        kind = self._type(e)
        if kind is None:
            return Domain(True, ALL)
        if isinstance(e, ir.JourneyFact) and e.field == "entries":
            return Domain(False, between(0, None))
        return Domain(is_optional(kind), of_type(some(kind)))

    def _history(self, key: str) -> Domain:
        aggregate = self.declared.aggregates.get(key)
        if aggregate is None:
            return Domain(True, ALL)
        match aggregate.function:
            case "count":
                return Domain(False, between(0, None))
            case "sum" | "distinct":
                return PRESENT
            case _:
                return Domain(True, of_type(some(aggregate.type)))

    def _surely_there(self, e: ir.Item) -> bool:
        least = self.names[e.base.name].least if isinstance(e.base, ir.Name) and e.base.name in self.names else 0
        at = e.index.value if isinstance(e.index, ir.Const) else None
        return isinstance(at, int) and -least <= at < least

    def _most(self, over: ir.Expr) -> int | None:
        """How many items a list may have."""
        match over:
            case ir.Name(name=name) if name in self.names:
                return self.names[name].most
            case ir.Items(items=items):
                return len(items)
            case ir.History(aggregate=key) if key in self.declared.aggregates:
                return ENTRIES_MAX if self.declared.aggregates[key].function == "distinct" else None
            case _:
                return None

    def _length(self, over: ir.Expr) -> Values:
        """How long a list or a text may be by what it is."""
        least = self.names[over.name].least if isinstance(over, ir.Name) and over.name in self.names else 0
        return between(least, self._most(over))

    def _call(self, e: ir.Call, look: Look) -> Domain:
        function = FUNCTIONS[e.function]
        given = [look(arg) for arg in e.args]
        null = function.null == "null" and any(d.null for d in given)
        match e.function:
            case "contains" | "starts_with" | "ends_with":
                return Domain(False, TRUE_OR_FALSE)
            case "date":
                return Domain(null or self.type_of(e.args[0]) != INSTANT, WHOLE)
            case "number" | "mod":
                return Domain(True, ALL)
            case "length":
                return Domain(null, meet(self._length(e.args[0]), _lengths(given[0].some)))
            case "round" if len(e.args) == 1:
                return Domain(null, WHOLE)
            case "abs":
                return Domain(null, Values(0, whole=given[0].some.whole))
            case "min" | "max":
                return Domain(null, _extreme(e.function, [d.some for d in given]))
            case name if name in RANGES:
                return Domain(null, RANGES[name])
            case _:
                return Domain(null, of_type(self.type_of(e)))

    def _arithmetic(self, e: ir.Binary, look: Look) -> Domain:
        left, right = look(e.left), look(e.right)
        null = left.null or right.null
        if self.type_of(e) in (INSTANT, DURATION, DATE):
            return Domain(null, _moved(e.op, left.some, right.some) if e.op in "+-" else WHOLE)
        if fits_text(self.type_of(e)):
            return Domain(null, of_type(STRING))
        whole = is_whole(left.some) and is_whole(right.some) and e.op != "/"
        if not whole:  # doubles may leave their range, and a division may be by nothing
            return Domain(True, ALL)
        return Domain(null, _moved(e.op, left.some, right.some) if e.op in "+-" else _scaled(left.some, right.some))


def of_type(kind: ir.Type | None) -> Values:
    """All values of a type."""
    match kind:
        case ir.Optional(of=of):
            return of_type(of)
        case ir.OneOf(values=values):
            return one_of(*values)
        case ir.Scalar(name="bool"):
            return TRUE_OR_FALSE
        case ir.Scalar(name="instant" | "date" | "duration"):
            return WHOLE
        case ir.Scalar(name="string"):
            return Values(low="")
        case _:
            return ALL


def fits_text(kind: ir.Type | None) -> bool:
    return kind == STRING or isinstance(kind, ir.OneOf)


def is_whole(v: Values) -> bool:
    """Are these whole numbers (kept as such, so that sums of them are exact)?"""
    return v.whole or (v.only is not None and all(type(n) is int for n in v.only))


def _added(op: str, left: ir.Type | None, right: ir.Type | None) -> ir.Type | None:
    if left is None or right is None:
        return None
    if op == "-" and left == right and left in (INSTANT, DATE):
        return DURATION
    if INSTANT in (left, right):
        return INSTANT
    return STRING if fits_text(left) else left


def _ends(v: Values) -> tuple[int | None, int | None]:
    """The smallest and the largest of some whole numbers."""
    if v.only is not None:
        return (min(v.only), max(v.only)) if v.only else (None, None)
    return v.low, v.high


def _moved(op: str, left: Values, right: Values) -> Values:
    """Sums and differences of whole numbers."""
    (a, b), (c, d) = _ends(left), _ends(right)
    if op == "-":
        c, d = (None if d is None else -d), (None if c is None else -c)
    return Values(None if a is None or c is None else a + c, None if b is None or d is None else b + d, whole=True)


def _scaled(left: Values, right: Values) -> Values:
    """Products of whole numbers."""
    for one, other in ((left, right), (right, left)):
        if other.single is not None:
            (by,) = other.single
            low, high = _ends(one)
            ends = (None if low is None else low * by, None if high is None else high * by)
            return Values(*(ends if by >= 0 else ends[::-1]), whole=True)
    four = (*_ends(left), *_ends(right))
    if None in four:
        return WHOLE
    a, b, c, d = (end or 0 for end in four)
    products = (a * c, a * d, b * c, b * d)
    return between(min(products), max(products))


def _lengths(v: Values) -> Values:
    """How long texts or lists of a set may be."""
    if v.only is not None:
        return one_of(*(len(value) for value in v.only))
    return between(1 if v.without & {"", ()} else 0, None)


def _negated(d: Domain) -> Domain:
    v = d.some
    if v.only is not None:
        return Domain(d.null, one_of(*(-n for n in v.only)))
    low, high = None if v.high is None else -v.high, None if v.low is None else -v.low
    return Domain(d.null, tidied(Values(low, high, v.high_open, v.low_open, v.whole, None, frozenset(-n for n in v.without))))


def _extreme(function: str, given: list[Values]) -> Values:
    """The smallest or largest of several: bounded by each on one side."""
    if any(v.empty or v.low_open or v.high_open for v in given):
        return ALL
    ends = [(v.low, v.high) if v.only is None else (min(v.only), max(v.only)) for v in given]
    lows, highs = [low for low, _ in ends], [high for _, high in ends]
    if function == "min":
        low = None if None in lows else min(lows)
        high = min((high for high in highs if high is not None), default=None)
    else:
        high = None if None in highs else max(highs)
        low = max((low for low in lows if low is not None), default=None)
    return Values(low, high, whole=all(map(is_whole, given)))
