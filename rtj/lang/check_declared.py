"""Declarations lowered to the program's form, and what this version reads without applying it."""

from __future__ import annotations

import datetime
import math

from rtj.base.diagnostic import Diagnostic
from rtj.base.zones import is_zone
from rtj.ir import expr as ir
from rtj.ir.program import EVERYONE, Audience, EventField, EventType, Mapping, SourceMap, Webhook
from rtj.ir.records import RECEIPTS
from rtj.ir.types import ENVELOPE
from rtj.ir.walk import walk
from rtj.lang import syntax as s
from rtj.lang.check_base import Context, check_condition, exact_ms
from rtj.lang.check_delivery import check_delivery
from rtj.lang.check_environments import check_environments
from rtj.lang.check_formulas import check_formulas
from rtj.lang.check_gates import check_caps, check_channels, check_consents, check_holdout, check_messages, check_quiet_hours
from rtj.lang.check_identity import check_identity
from rtj.lang.check_privacy import check_policies, check_retention, labels_of_fields
from rtj.lang.check_tables import check_tables
from rtj.lang.check_time import report_zone
from rtj.lang.check_world import fields_of
from rtj.lang.checked import Declared, Files
from rtj.lang.likeness import nearest
from rtj.lang.mending import respelt
from rtj.lang.name_habits import INSIDE
from rtj.lang.reading_order import around, in_order
from rtj.lang.scope import Scope, World
from rtj.lang.types import BOOL, NUMBER, STRING, fits, is_unknown, show, some

EPOCH = datetime.date(1970, 1, 1)


def check_declared(cx: Context, project: s.Project, files: Files) -> Declared:
    """Lower the whole project file."""
    _not_yet(cx, project)
    check_delivery(cx, project)
    check_environments(cx.report, project, cx.world.events, cx.world.journeys)
    if project.timezone is not None and not is_zone(project.timezone.value):
        report_zone(cx, project.timezone.value, project.timezone)
    check_formulas(cx)
    return Declared(
        project=project.name.text if project.name is not None else "",
        timezone=cx.world.timezone,
        namespaces=check_identity(cx, project),
        events=_events(cx, project),
        mappings=tuple(m for m in (_mapping(cx, decl) for decl in project.profile) if m is not None),
        audiences=_audiences(cx, project, files),
        channels=check_channels(cx, project),
        consents=check_consents(cx, project.consents),
        messages=check_messages(cx, project),
        caps=check_caps(cx, project),
        quiet_hours=check_quiet_hours(cx, project.quiet_hours),
        holdout=check_holdout(project.holdout),
        suppressed=files.suppressed,
        policies=check_policies(cx, project),
        retention=check_retention(cx, project),
        webhooks=tuple(_webhook(cx, decl) for decl in project.webhooks),
        sources=tuple(_source(cx, decl) for decl in project.sources),
        tables=check_tables(cx, project, files),
        dedupe_ms=exact_ms(cx, project.dedupe, "`dedupe`", 86_400_000),
        max_skew_ms=exact_ms(cx, project.max_skew, "`max_skew`", 3_600_000),
        secret=project.secret.value if project.secret is not None else "",
        currency=project.currency.value if project.currency is not None else "",
    )


# ---- not applied yet


def _not_yet(cx: Context, project: s.Project) -> None:
    """One report for each section that this version cannot run (error) or reads without applying (which only informs)."""
    refused: tuple[tuple[str, str, tuple[s.Spanned, ...]], ...] = (
        ("E903", "offers", project.offers),
        ("E903", "decisions", project.decisions),
        ("E905", "models", project.models),
    )
    for code, what, found in refused:
        if found:
            cx.report.error(
                code, f"{what} are not there yet: this version cannot run a project that declares them", found[0].span
            )
    rates = tuple(c for c in project.channels if c.rate is not None)
    if rates:
        message = "rates of channels hold where messages really go out (`rtj run`); a simulation sends at once"
        cx.report.found.append(Diagnostic("W705", message, rates[0].span, severity="info"))
    for rule in project.replaces:
        if rule.event.text not in cx.world.events:
            cx.report.unknown("E317", "event type", rule.event.text, rule.event.span, cx.world.events)
        if rule.namespace.text not in cx.world.namespaces:
            cx.report.unknown("E315", "kind of identifier", rule.namespace.text, rule.namespace.span, cx.world.namespaces)


# ---- who and what


def _events(cx: Context, project: s.Project) -> tuple[EventType, ...]:
    late = {rule.event.text: rule.rule for rule in project.late}
    spelled: dict[str, tuple[str, ...]] = {}
    for rule in project.late:
        if rule.event.text not in cx.world.events:
            cx.report.unknown("E317", "event type", rule.event.text, rule.event.span, cx.world.events)
    for foreign in project.foreign_names:
        texts = tuple(sorted({text.value for text in foreign.spelled}))
        spelled[foreign.name.text] = texts
    labels = labels_of_fields(cx, project)
    return tuple(
        EventType(
            name=name,
            fields=tuple(EventField(f, t, labels.get((name, f), ())) for f, t in sorted(kind.fields.items())),
            business=kind.business,
            late=late.get(name, "facts"),
            replaces=tuple(sorted(r.namespace.text for r in project.replaces if r.event.text == name)),
            spelled=spelled.get(name, ()),
        )
        for name, kind in cx.world.events.items()
    )


# ---- attributes


def _mapping(cx: Context, decl: s.AttributeDecl) -> Mapping | None:
    kind = cx.world.attributes[decl.name.text]
    if kind.stored is None:
        return None
    event = field = None
    if decl.source is not None:
        event, field = _check_source(cx, decl, decl.source, kind.stored)
    default = _default(cx, decl, kind.stored) if decl.default is not None else None
    codes = tuple(sorted((raw.value, value.value) for raw, value in decl.codes))
    if decl.codes and not fits(kind.stored, STRING):
        cx.report.error("E351", f"codes replace texts; `{decl.name.text}` is {show(kind.stored)}", decl.codes[0][0].span)
    if isinstance(kind.stored, ir.OneOf):
        for _, value in decl.codes:
            if value.value not in kind.stored.values:
                near = nearest(value.value, kind.stored.values)
                message = f"`{value.value}` is not one of {show(kind.stored)}"
                cx.report.guess("E323", message, value.span, value.value, near)
    if decl.name.text == "timezone" and not fits(kind.stored, STRING):
        message = f"`timezone` is where a person's zone is looked up: expected string, got {show(kind.stored)}"
        cx.report.error("E320", message, decl.name.span)
    labels = tuple(sorted({label.text for label in decl.labels}))
    return Mapping(decl.name.text, kind.type, event, field, default, codes, labels)


def _check_source(cx: Context, decl: s.AttributeDecl, source: s.EventField, stored: ir.Type) -> tuple[str | None, str | None]:
    event = cx.world.events.get(source.event.text)
    field = source.path[0]
    if event is None:
        _unknown_source(cx, decl, source)
        return None, None
    if event.business:
        cx.report.error("E346", f"`{source.event.text}` is about no person: it changes no attribute", source.event.span)
    if len(source.path) > 1:
        within = field.text in INSIDE and source.path[1].text in event.fields
        hint = f"write `{source.event.text}.{source.path[1].text}`" if within else ""
        cx.report.error("E351", "an attribute comes from a field of an event, not from inside it", source.path[1].span, hint)
        return None, None
    if field.text not in event.fields and event.unread:
        return None, None
    if field.text not in event.fields:
        message = f"unknown field `{field.text}` of event `{source.event.text}`"
        if field.text in ENVELOPE:
            cx.report.error("E311", message, field.span, f"`{decl.name.text}: last({source.event.text}.{field.text})`")
        else:
            cx.report.guess("E311", message, field.span, field.text, nearest(field.text, event.fields))
        return None, None
    given = some(event.fields[field.text])
    as_text = isinstance(stored, ir.OneOf) and fits(given, STRING)
    coded = bool(decl.codes) and given in (NUMBER, BOOL)
    if not fits(given, stored) and not as_text and not coded:
        message = f"`{decl.name.text}` is {show(stored)}; `{source.event.text}.{field.text}` is {show(given)}"
        cx.report.error("E320", message, field.span)
    return source.event.text, field.text


def _unknown_source(cx: Context, decl: s.AttributeDecl, source: s.EventField) -> None:
    """`from: any.ts`, `from: event.field`, or a type that is not declared."""
    name, field = source.event.text, source.path[0].text
    message = f"unknown event type `{name}`"
    if name == "any" and field in ENVELOPE:
        hint = f"of all events it is computed: `{decl.name.text}: last(any.{field})`"
        cx.report.error("E317", message, source.event.span, hint)
    elif name in ("any", "event", "entry"):
        carrying = [event for event, kind in cx.world.events.items() if field in kind.fields and event not in RECEIPTS]
        only = carrying[0] if len(carrying) == 1 else None
        hint = f"an attribute comes from one type of event, by its name: `{example_source(cx.world, field)}`"
        fix = respelt(source.event.span, name, only) if only is not None else None
        cx.report.found.append(Diagnostic("E317", message, source.event.span, hint, fix=fix))
    else:
        cx.report.unknown("E317", "event type", name, source.event.span, cx.world.events)


def example_source(world: World, field: str) -> str:
    """Where an attribute may come from, as it is written: the field of this name, or else any that is declared."""
    declared = {
        name: kind.fields for name, kind in world.events.items() if kind.fields and not kind.business and name not in RECEIPTS
    }
    for name, fields in declared.items():
        if field in fields:
            return f"from: {name}.{field}"
    for name, fields in declared.items():
        return f"from: {name}.{next(iter(fields))}"
    return "from: signed_up.birthday"


def _default(cx: Context, decl: s.AttributeDecl, stored: ir.Type) -> str | int | float | bool | None:
    assert decl.default is not None
    text = decl.default.value
    value: str | int | float | bool | None = None
    match stored:
        case ir.Scalar(name="string"):
            value = text
        case ir.OneOf(values=values) if text in values:
            value = text
        case ir.Scalar(name="bool") if text in ("true", "false"):
            value = text == "true"
        case ir.Scalar(name="number"):
            value = _number(text)
        case ir.Scalar(name="date"):
            value = _date(text)
        case _:
            pass
    if value is None and not is_unknown(stored):
        near = nearest(text, stored.values) if isinstance(stored, ir.OneOf) else None
        cx.report.guess("E351", f"the default `{text}` is not {show(stored)}", decl.default.span, text, near)
    return value


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str) -> int | None:
    try:
        return (datetime.date.fromisoformat(text) - EPOCH).days
    except ValueError:
        return None


# ---- audiences


def _audiences(cx: Context, project: s.Project, files: Files) -> tuple[Audience, ...]:
    found: dict[str, Audience] = {EVERYONE: Audience(EVERYONE, ir.Const(True, "bool"))}
    scope = Scope(place="an audience", clock="watched", no_entry="only a journey has one")
    spans = {}
    for decl in project.audiences:
        name = decl.name.text
        spans[name] = decl.name.span
        if name == EVERYONE:
            cx.report.error("E313", "`everyone` is an audience already", decl.name.span, "choose another name")
        elif decl.condition is None:
            found[name] = Audience(name, None, (), files.members.get(name, ()))
        else:
            condition = check_condition(cx, scope, decl.condition)
            needs = sorted({part.audience for part in walk(condition) if isinstance(part, ir.Member)})
            found[name] = Audience(name, condition, tuple(needs))
    order = in_order({name: found[name].needs for name in sorted(found)})
    if order.circle:
        first = order.circle[0]
        cx.report.error("E336", f"audience `{first}` reads itself: {around(order.circle)}", spans[first])
    return tuple(found[name] for name in order.names)


# ---- ways out and in


def _webhook(cx: Context, decl: s.WebhookDecl) -> Webhook:
    retries = int(decl.retries.value) if decl.retries is not None else 0
    returns = tuple(EventField(name, kind) for name, kind in fields_of(decl.returns))
    timeout = exact_ms(cx, decl.timeout, "`timeout`", 5_000)
    return Webhook(decl.name.text, decl.url.value, timeout, retries, returns)


def _source(cx: Context, decl: s.SourceDecl) -> SourceMap:
    return SourceMap(
        name=decl.name.text,
        format=decl.format.value if decl.format is not None else "auto",
        lateness_ms=exact_ms(cx, decl.lateness, "`lateness`", 0),
        sequence=decl.sequence.value if decl.sequence is not None else None,
        map=decl.map if decl.map != "{}" else "",
    )
