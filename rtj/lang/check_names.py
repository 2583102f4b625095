"""Names: roots, what a journey has bound, attributes, audiences, fields and items."""

from __future__ import annotations

from collections.abc import Mapping

from rtj.base.diagnostic import Diagnostic, Edit, Fix, Label
from rtj.ir import expr as ir
from rtj.ir.types import ENVELOPE
from rtj.lang import syntax as s
from rtj.lang.check_base import WRONG, Context, Typed, expect, shorten
from rtj.lang.check_formulas import read_formula
from rtj.lang.likeness import nearest
from rtj.lang.mending import respelt
from rtj.lang.name_habits import CONSENT, CONSENT_HINT, GOES_ALONG, OF_A_PERSON, field_behind, field_hint, name_hint, root_meant
from rtj.lang.scope import ROOTS, Scope, World
from rtj.lang.types import (
    BOOL,
    DATE,
    INSTANT,
    NUMBER,
    STRING,
    is_optional,
    is_unknown,
    may_equal,
    optional,
    show,
    some,
    widen,
)

LITERALS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "NULL": "null", "nil": "null",
            "yes": "true", "Yes": "true", "no": "false", "No": "false"}  # fmt: skip
JOURNEY_FACTS: dict[str, ir.Type] = {"name": STRING, "entered_at": INSTANT, "entries": NUMBER}


def check_name(cx: Context, scope: Scope, e: s.Name) -> Typed:
    name = e.text
    if name in scope.names:
        binding = scope.names[name]
        return Typed(binding.type, ir.Name(name, is_optional(binding.type) or binding.unsure))
    if name in scope.of_events:
        assert scope.event is not None
        return Typed(scope.event, ir.Name("event"))
    if name == "event":
        if scope.event is not None:
            return Typed(scope.event, ir.Name("event"))
        cx.report.error(
            "E312",
            f"`event` is not known in {scope.place}",
            e.span,
            "it is the event being tested: in `where`, `same`, `key` and the `when` of an `on`; `entry` is what let one in",
        )
        return WRONG
    if name in ("entry", "first_entry"):
        if scope.entry is not None:
            return Typed(scope.entry, ir.Name(name, is_optional(scope.entry)))
        cx.report.error("E312", f"`{name}` is not known in {scope.place}: {scope.no_entry}", e.span)
        return WRONG
    if name in cx.world.tables:
        cx.report.error("E312", f"`{name}` alone is no value: it is a table", e.span, f"name the row by its key: `{name}[…].…`")
        return WRONG
    if name in ("profile", "audience", "journey"):
        cx.report.error("E312", f"`{name}` alone is no value", e.span, f"read one of its fields: `{name}.…`")
        return WRONG
    _unknown_name(cx, scope, e)
    return WRONG


def _unknown_name(cx: Context, scope: Scope, e: s.Name) -> None:
    name, world = e.text, cx.world
    if not cx.report.guesses:
        cx.report.error("E310", f"unknown name `{name}` in {scope.place}", e.span)
        return
    if name in scope.elsewhere:
        brought = scope.elsewhere[name]
        message = f"`{name}` is not known in {scope.place}, only {brought.where}"
        cx.report.error("E310", message, e.span, "", (Label(brought.span, "it is brought here"),))
        return
    known = {*scope.names, *scope.of_events, "profile", "audience"}
    known |= {"journey"} if scope.journey else set()
    known |= cx.world.tables.keys()
    known |= {"event"} if scope.event is not None else set()
    known |= {"entry", "first_entry"} if scope.entry is not None else set()
    if (told := _told_elsewhere(cx, scope, e)) is not None:
        told_hint, instead = told
        fix = respelt(e.span, name, instead) if instead else None
        cx.report.found.append(Diagnostic("E310", f"unknown name `{name}` in {scope.place}", e.span, told_hint, fix=fix))
        return
    elsewhere = [f"{owner}.{name}" for owner in sorted(scope.names) if _has_field(world, scope.names[owner].type, name)]
    if scope.event is not None and _has_field(world, scope.event, name):
        elsewhere.insert(0, f"event.{name}")
    if name in world.attributes:
        elsewhere.insert(0, f"profile.{name}")
    if name in world.audiences:
        elsewhere.append(f"audience.{name}")
    if elsewhere:
        cx.report.guess("E310", f"unknown name `{name}` in {scope.place}", e.span, name, elsewhere[0])
        return
    elif name in world.events:
        of_event = scope.event is not None and name in scope.event.types
        past = f"past events are counted: `count({name}) over 30d`; one to come is waited for: `wait_for: [{{on: {name}}}]`"
        hint = "the event being tested is called `event`" if of_event else past
    else:
        near = LITERALS.get(name) or root_meant(e, scope) or nearest(name, known)
        if near is None and not field_behind(e) and (attribute := nearest(name, world.attributes)) is not None:
            near = f"profile.{attribute}"
        if near is not None:
            cx.report.guess("E310", f"unknown name `{name}` in {scope.place}", e.span, name, near)
            return
        hint = name_hint(e, scope)
    cx.report.error("E310", f"unknown name `{name}` in {scope.place}", e.span, hint)


def _told_elsewhere(cx: Context, scope: Scope, e: s.Name) -> tuple[str, str] | None:
    """Of a name before a dot that is an event type or consent: a hint, and what stands in its place, if that is clear."""
    name, behind = e.text, field_behind(e)
    if not behind:
        return None
    if name not in cx.world.events:
        return (CONSENT_HINT, "") if name.lower() in CONSENT else None
    if scope.event is not None and name in scope.event.types:
        return None
    brought = [other for other, binding in scope.names.items() if some(binding.type) == ir.EventOf((name,))]
    if brought:
        return f"it is called `{brought[0]}` here: `{brought[0]}.{behind}`", brought[0]
    if scope.entry is not None and some(scope.entry) == ir.EventOf((name,)) and scope.event is None:
        return f"what let in is `entry.{behind}`, or give it a name: `enter: {{on: {name}, as: {name[0]}}}`", "entry"
    return None


def _has_field(world: World, kind: ir.Type, name: str) -> bool:
    match some(kind):
        case ir.EventOf(types=types):
            return name in world.event_fields(types)
        case ir.Record(fields=fields):
            return name in dict(fields)
        case _:
            return False


def check_field(cx: Context, scope: Scope, e: s.Field) -> Typed:
    if isinstance(e.base, s.Name) and e.base.text not in scope.names:
        match e.base.text:
            case "profile":
                return read_attribute(cx, e.name)
            case "audience":
                return read_audience(cx, e.name)
            case "journey":
                return _journey_fact(cx, scope, e.name)
    return field_of(cx, cx.check(scope, e.base), e.name, e.base)


def field_of(cx: Context, base: Typed, name: s.Name | s.Text, of: s.Expr) -> Typed:
    """A field of an event or record; of a `T?` it is missing when the whole is."""
    text = name.text if isinstance(name, s.Name) else name.value
    match some(base.type):
        case ir.Scalar(name="any"):
            return WRONG
        case ir.EventOf(types=types):
            fields = cx.world.event_fields(types)
            if not cx.world.knows_events(types):
                return WRONG
            if text not in fields and text in ENVELOPE:
                kind = ENVELOPE[text]
                return _read(base, kind, ir.Field(base.expr, text, True, is_optional(kind)))
            known = {**ENVELOPE, **fields}
        case ir.Record(fields=pairs):
            known = fields = dict(pairs)
        case ir.ListOf():
            list_hint = f"one item: `{shorten(of)}[0]`; or ask of all: `any(i.{text} … for i in {shorten(of)})`"
            message = f"`{shorten(of)}` is a list {show(base.type)}, which has no field `{text}`"
            cx.report.error("E325", message, name.span, list_hint)
            return WRONG
        case other:
            hint = f"`length({shorten(of)})` counts it" if text in ("length", "size", "count", "len") else ""
            cx.report.error("E325", f"`{shorten(of)}` is {show(other)}, which has no field `{text}`", name.span, hint)
            return WRONG
    if text not in fields:
        _unknown_field(cx, base, name, of, known)
        return WRONG
    return _read(base, fields[text], ir.Field(base.expr, text, False, is_optional(fields[text])))


def _unknown_field(cx: Context, base: Typed, name: s.Name | s.Text, of: s.Expr, known: Mapping[str, ir.Type]) -> None:
    text = name.text if isinstance(name, s.Name) else name.value
    what = f"field of `{shorten(of)}` ({show(some(base.type))})"
    if isinstance(name, s.Name) and isinstance(some(base.type), ir.EventOf) and nearest(text, known) is None:
        hint, meant = field_hint(text, shorten(of), field_behind(name), cx.world.namespaces)
        if hint:
            fix = respelt(name.span, text, meant) if meant is not None else None
            cx.report.found.append(Diagnostic("E311", f"unknown {what} `{text}`", name.span, hint, fix=fix))
            return
    if nearest(text, known) is None and (hint := _answer_hint(cx, base, text, of)):
        cx.report.error("E311", f"unknown {what} `{text}`", name.span, hint)
        return
    cx.report.unknown("E311", what, text, name.span, known)


def _answer_hint(cx: Context, base: Typed, text: str, of: s.Expr) -> str:
    """Where the fields of the answer of a webhook are declared, for a name that has the type of one."""
    kind = some(base.type)
    if not isinstance(kind, ir.Record) or not isinstance(of, s.Name) or of.text in ROOTS:
        return ""
    answering = [webhook for webhook, answer in cx.world.webhooks.items() if answer == kind]
    if not answering:
        return ""
    webhook = answering[0] if len(answering) == 1 else "…"
    return f"what a call brings is declared in rtj.yaml: `webhooks: {{{webhook}: {{returns: {{{text}: string?}}}}}}`"


def _read(base: Typed, kind: ir.Type, expr: ir.Expr) -> Typed:
    return Typed(optional(kind) if is_optional(base.type) else kind, expr)


def read_attribute(cx: Context, name: s.Name) -> Typed:
    """`profile.NAME`. A formula that is not one aggregate is put in its place."""
    kind = cx.world.attributes.get(name.text)
    if kind is None:
        if name.text in cx.world.audiences:
            _audience_meant(cx, name)
        elif name.text.lower() in OF_A_PERSON:
            cx.report.error("E314", f"unknown attribute of profile `{name.text}`", name.span, GOES_ALONG)
        elif name.text in cx.world.namespaces and nearest(name.text, cx.world.attributes) is None:
            hint = field_hint(name.text, "profile", "", cx.world.namespaces)[0]
            cx.report.error("E314", f"unknown attribute of profile `{name.text}`", name.span, hint)
        else:
            cx.report.unknown("E314", "attribute of profile", name.text, name.span, cx.world.attributes)
        return WRONG
    if kind.formula is not None:
        return read_formula(cx, name, kind)
    return Typed(kind.type, ir.Attribute(name.text, is_optional(kind.type)))


def _audience_meant(cx: Context, name: s.Name) -> None:
    """`profile.NAME` where `audience.NAME` is declared."""
    source, start = name.span.source, name.span.start - len("profile.")
    fix: Fix | None = None
    if source.text.startswith(f"profile.{name.text}", start):
        edit = Edit(start, start + len("profile"), "audience")
        fix = Fix(f"change `profile.{name.text}` to `audience.{name.text}`", (edit,))
    hint = f"did you mean `audience.{name.text}`?"
    cx.report.found.append(Diagnostic("E314", f"unknown attribute `{name.text}` of profile", name.span, hint, fix=fix))


def read_audience(cx: Context, name: s.Name) -> Typed:
    """`audience.NAME`."""
    if name.text not in cx.world.audiences:
        cx.report.unknown("E315", "audience", name.text, name.span, cx.world.audiences)
        return WRONG
    return Typed(BOOL, ir.Member(name.text))


def _journey_fact(cx: Context, scope: Scope, name: s.Name) -> Typed:
    if not scope.journey:
        cx.report.error("E312", f"`journey` is not known in {scope.place}", name.span, "it is known to nodes, goals and exits")
        return WRONG
    match name.text:
        case "name" | "entered_at" | "entries" as fact:
            return Typed(JOURNEY_FACTS[fact], ir.JourneyFact(fact))
        case _:
            cx.report.unknown("E311", "field of `journey`", name.text, name.span, JOURNEY_FACTS)
            return WRONG


def _row(cx: Context, scope: Scope, e: s.Index, table: str) -> Typed:
    """`products[event.item]`: null when there is no such row."""
    kind, key = cx.world.tables[table], cx.check(scope, e.index)
    if not is_unknown(key.type) and not is_unknown(kind.key) and not may_equal(some(key.type), kind.key):
        given = widen(some(key.type))
        hint = "`number(…)` reads a number from a text" if (given, kind.key) == (STRING, NUMBER) else ""
        hint = "`text(…)` writes a number as a text" if (given, kind.key) == (NUMBER, STRING) else hint
        hint = f"the date of an instant: `date({shorten(e.index)})`" if (given, kind.key) == (INSTANT, DATE) else hint
        cx.report.error("E320", f"the key of `{table}` is {show(kind.key)}, not {show(key.type)}", e.index.span, hint)
    return Typed(optional(kind.row), ir.Row(table, key.expr))


def check_index(cx: Context, scope: Scope, e: s.Index) -> Typed:
    if isinstance(e.base, s.Name) and e.base.text in cx.world.tables and e.base.text not in scope.names:
        return _row(cx, scope, e, e.base.text)
    base = cx.check(scope, e.base)
    if isinstance(e.index, s.Text) and not isinstance(some(base.type), ir.ListOf):
        return field_of(cx, base, e.index, e.base)
    index = cx.check(scope, e.index)
    match some(base.type):
        case ir.ListOf(item=item):
            expect(cx, index, optional(NUMBER), e.index, "the place in a list")
            sure = _is_sure(scope, e.base, index.expr)
            return Typed(item if sure else optional(item), ir.Item(base.expr, index.expr))
        case kind:
            if not is_unknown(kind):
                cx.report.error("E325", f"`{shorten(e.base)}` is {show(base.type)}; only a list has items", e.index.span)
            return WRONG


def _is_sure(scope: Scope, base: s.Expr, index: ir.Expr) -> bool:
    """Is this an item of a counted pattern that is surely there?"""
    if not isinstance(base, s.Name) or base.text not in scope.names or not isinstance(index, ir.Const):
        return False
    least = scope.names[base.text].least
    return isinstance(index.value, int) and -least <= index.value < least
