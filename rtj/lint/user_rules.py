"""The project's own rules: their conditions are checked like any other expression, and evaluated by the code that runs journeys.

A rule looks at what is written. So it reads the records of `rtj.lint.user_records`, and neither people nor the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

import msgspec

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Span
from rtj.engine.calendar import find_zone
from rtj.engine.codegen import Evaluate, ExprCompiler
from rtj.engine.functions import to_text
from rtj.engine.tables import Lookup
from rtj.ir import expr as ir
from rtj.ir.functions import FUNCTIONS
from rtj.ir.records import attr_name, record_class
from rtj.ir.walk import parts
from rtj.lang import syntax as s
from rtj.lang.check_base import Context, Typed, check_condition
from rtj.lang.check_expr import check_expr
from rtj.lang.scope import Binding, Report, Scope, World, meant
from rtj.lang.types import is_unknown, some
from rtj.lint.facts import Facts
from rtj.lint.user_declared import project_values
from rtj.lint.user_records import IN_JOURNEYS, RECORDS, record_types
from rtj.lint.user_things import Survey, Thing
from rtj.lint.user_values import Values

STEPS_MAX = 10_000_000  # comparisons of things with each other, by all rules together
SIGNS = 100  # characters of a name, and items of a list, as far as texts made of them are judged
SIGNS_A_STEP = 10_000  # characters that take as long as a comparison
VALUE_MAX = 200  # characters of one value that a message quotes
LOOKS_AT_TEXT = "a rule looks at what is written, not at people or the time"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A value of a message: how it is computed, and as what it is printed."""

    value: ir.Expr
    type: ir.Type


@dataclass(frozen=True, slots=True)
class UserRule:
    """A rule without mistakes."""

    tree: s.RuleDecl
    when: ir.Expr | None
    require: ir.Expr | None
    quoted: tuple[Quoted, ...]


@dataclass(frozen=True, slots=True)
class UserRules:
    """`rules` can be run; `broken` are the names of those that cannot, for what `diagnostics` say."""

    rules: tuple[UserRule, ...]
    broken: frozenset[str]
    diagnostics: tuple[Diagnostic, ...]
    types: dict[str, ir.Record]


# ---- checking


def check_rules(facts: Facts) -> UserRules:
    """Check the rules of a project."""
    world, project = facts.checked.world, facts.project
    types = record_types(world)
    good: list[UserRule] = []
    broken: set[str] = set()
    found: list[Diagnostic] = []
    for tree in project.rules:
        report = Report()
        rule = _check_rule(report, world, types, tree)
        found += report.found
        if rule is not None and not report.found:
            good.append(rule)
        else:
            broken.add(tree.name.text)
    return UserRules(tuple(good), frozenset(broken), tuple(found), types)


def _check_rule(report: Report, world: World, types: dict[str, ir.Record], tree: s.RuleDecl) -> UserRule | None:
    kind = tree.each.value
    if kind not in RECORDS:
        known = ", ".join(f"`{one}`" for one in RECORDS)
        report.error("E105", f"`{kind}` is nothing that a rule can look at", tree.each.span, meant(kind, RECORDS) or known)
        return None
    names = {"project": Binding(types["project"], tree.name.span), kind: Binding(types[kind], tree.each.span)}
    if kind in IN_JOURNEYS:
        names["journey"] = Binding(types["journey"], tree.name.span)
    scope = Scope(names=names, place="a rule", no_entry="a rule looks at no event")
    cx = Context(world, report, check_expr)
    when = check_condition(cx, scope, tree.when) if tree.when is not None else None
    require = check_condition(cx, scope, tree.require) if tree.require is not None else None
    quoted = tuple(_quoted(cx.check(scope, value)) for value in tree.message.values)
    _refuse_living(report, cx)
    _refuse_whole(report, cx, names)
    return UserRule(tree, when, require, quoted)


def _quoted(typed: Typed) -> Quoted:
    return Quoted(typed.expr, typed.type)


def _refuse_living(report: Report, cx: Context) -> None:
    """Report what reads people or the clock."""
    told: list[Span] = []
    for tree, typed in cx.typed.values():
        inside = any(span.start <= tree.span.start and tree.span.end <= span.end for span in told)
        if _is_living(typed.expr) and not inside:
            text = " ".join(tree.span.text.split())
            report.error("E312", f"`{text}` is not known in a rule: {LOOKS_AT_TEXT}", tree.span)
            told.append(tree.span)


def _refuse_whole(report: Report, cx: Context, names: Collection[str]) -> None:
    """Report a record that is used as a value."""
    trees = [tree for tree, _ in cx.typed.values()]
    bases = {id(tree.base) for tree in trees if isinstance(tree, s.Field | s.Index)}
    for tree in trees:
        if isinstance(tree, s.Name) and tree.text in names and id(tree) not in bases:
            report.error("E312", f"`{tree.text}` alone is no value", tree.span, f"read one of its fields: `{tree.text}.…`")


def _is_living(expr: ir.Expr) -> bool:
    match expr:
        case ir.Attribute() | ir.Member() | ir.History() | ir.Row() | ir.Held() | ir.Now() | ir.JourneyFact():
            return True
        case ir.Call(function=name):
            return name == "chance" or FUNCTIONS[name].reads_clock
        case _:
            return False


# ---- running


class _NoFacts:
    """What generated code may ask of a program, where there is none."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def attribute_source(self, name: str) -> str:
        raise AssertionError(f"no rule reads an attribute: {name}")

    def member_mask(self, audience: str) -> int:
        raise AssertionError(f"no rule reads an audience: {audience}")

    def tracker_slot(self, tracker: str) -> int:
        raise AssertionError(f"no rule reads a tracker: {tracker}")

    def gives_event(self, aggregate: str) -> bool:
        raise AssertionError(f"no rule looks back: {aggregate}")

    def table_row(self, table: str) -> Lookup:
        raise AssertionError(f"no rule reads a table: {table}")

    def is_mapped_field(self, name: str) -> bool:
        return False

    def namespace(self) -> dict[str, Any]:
        return {"zone": lambda _: self._zone}


class _Bound(msgspec.Struct, frozen=True):
    """A record under a name: generated code reads the fields of names from `props`, as it does for events."""

    props: Any


def run_rules_of_project(facts: Facts, checked: UserRules, path_of: Callable[[str], str]) -> Iterator[Diagnostic]:
    """What the project's own rules have to say. `path_of`: the path of a source within the project."""
    if not checked.rules:
        return
    compiler = ExprCompiler(_NoFacts(find_zone(facts.checked.world.timezone) or UTC))
    records = _Records(checked.types)
    project = records.bound("project", project_values(facts))
    survey = Survey(facts, path_of)
    seen: dict[str, list[Thing]] = {}
    left = STEPS_MAX
    for rule in checked.rules:
        kind = rule.tree.each.value
        if kind not in seen:
            seen[kind] = list(survey.things(kind))
        left -= _steps(rule, seen[kind], len(facts.journeys))
        if left < 0:
            message = f"the project's own rules would compare more than {STEPS_MAX:,} things with each other"
            yield Diagnostic("E005", message, rule.tree.name.span, "this rule and those below are not looked at")
            return
        test = _test(compiler, rule)
        for thing in seen[kind]:
            names = {"project": project}
            if thing.journey is not None:
                names["journey"] = records.bound("journey", thing.journey)
            names[kind] = event = records.bound(kind, thing.values)
            if test(event, names):
                yield _finding(compiler, rule, thing.span, names)


def _steps(rule: UserRule, things: Sequence[Thing], journeys: int) -> int:
    """How often something is compared at most: lists within lists, for each thing."""
    every = [e for e in (rule.when, rule.require, *(quoted.value for quoted in rule.quoted)) if e is not None]
    levels, signs = max(map(_levels, every)), max(map(_signs, every))
    if not levels:
        return len(things) * (1 + signs // SIGNS_A_STEP)
    homes = {id(thing.journey): _longest(thing.journey) for thing in things if thing.journey is not None}
    sizes = (max(journeys, homes.get(id(thing.journey), 1), _longest(thing.values)) for thing in things)
    return sum(min(size**levels * (1 + signs // SIGNS_A_STEP), STEPS_MAX + 1) for size in sizes)


def _longest(values: Values) -> int:
    return max((len(value) for value in values.values() if isinstance(value, tuple)), default=1)


def _signs(expr: ir.Expr) -> int:
    """How many characters a text may have that is made on the way, told high."""
    inner = [_signs(part) for part in parts(expr)]
    match expr:
        case ir.Const(value=str() as text):
            return len(text)
        case ir.Call(function="replace"):
            return max(inner[0], 1) * max(inner[2], 1)
        case ir.Call(function="join"):
            return inner[0] + SIGNS * max(inner[1], 1)
        case _:
            return sum(inner) or SIGNS


def _levels(expr: ir.Expr) -> int:
    """How many lists are gone through within each other."""
    below = max((_levels(part) for part in parts(expr)), default=0)
    return below + 1 if isinstance(expr, ir.Each) else below


def _test(compiler: ExprCompiler, rule: UserRule) -> Callable[[Any, dict[str, Any]], bool]:
    """Is the rule broken by a thing?"""
    when = _condition(compiler, rule.when)
    require = _condition(compiler, rule.require)

    def broken(event: Any, names: dict[str, Any]) -> bool:
        if when is not None and not when(None, 0, event, names):
            return False
        return require is None or not require(None, 0, event, names)

    return broken


def _condition(compiler: ExprCompiler, expr: ir.Expr | None) -> Evaluate | None:
    return compiler.condition(expr) if expr is not None else None


def _finding(compiler: ExprCompiler, rule: UserRule, span: Span, names: dict[str, Any]) -> Diagnostic:
    tree = rule.tree
    event = names.get("event")
    parts = [tree.message.texts[0]]
    for quoted, text in zip(rule.quoted, tree.message.texts[1:], strict=True):
        value = _printed(compiler.function(quoted.value)(None, 0, event, names), some(quoted.type))
        parts += (value if len(value) <= VALUE_MAX else value[: VALUE_MAX - 1] + "…", text)
    message = " ".join("".join(parts).split())
    label = Label(tree.name.span, "the project's own rule")
    return Diagnostic(tree.name.text, message, span, "", (label,), tree.severity)


def _printed(value: Any, kind: ir.Type) -> str:
    """A value as people read it: a list with commas."""
    if value is None:
        return "nothing"
    match kind:
        case ir.ListOf(item=item):
            return ", ".join(_printed(one, some(item)) for one in value)
        case ir.Scalar(name=name) if not is_unknown(kind):
            return to_text(value, name)
        case ir.Record(fields=fields):
            shown = (f"{name}: {_printed(getattr(value, attr_name(name)), some(of))}" for name, of in fields)
            return "{" + ", ".join(shown) + "}"
        case _:
            return str(value)


class _Records:
    """Values of records as the objects that generated code reads."""

    def __init__(self, types: dict[str, ir.Record]) -> None:
        self._types = types
        self._makers: dict[ir.Record, tuple[type[msgspec.Struct], tuple[tuple[str, str, ir.Record | None], ...]]] = {}
        self._kept: dict[int, tuple[Values, _Bound]] = {}  # a journey is bound once for all its nodes

    def bound(self, kind: str, values: Values) -> _Bound:
        known = self._kept.get(id(values))
        if known is None:
            known = self._kept[id(values)] = (values, _Bound(self._made(self._types[kind], values)))
        return known[1]

    def _made(self, record: ir.Record, values: Values) -> msgspec.Struct:
        made, fields = self._maker(record)
        return made(**{attr: values[name] if of is None else self._each(of, values[name]) for attr, name, of in fields})

    def _each(self, record: ir.Record, values: Sequence[Values]) -> tuple[msgspec.Struct, ...]:
        return tuple(self._made(record, one) for one in values)

    def _maker(self, record: ir.Record) -> tuple[type[msgspec.Struct], tuple[tuple[str, str, ir.Record | None], ...]]:
        """The class of a record, and for each field its attribute, its name, and the record of its items if it is a list of
        such."""
        if record not in self._makers:
            fields = tuple((attr_name(name), name, _items(kind)) for name, kind in record.fields)
            self._makers[record] = (record_class("Thing", record.fields), fields)
        return self._makers[record]


def _items(kind: ir.Type) -> ir.Record | None:
    return kind.item if isinstance(kind, ir.ListOf) and isinstance(kind.item, ir.Record) else None
