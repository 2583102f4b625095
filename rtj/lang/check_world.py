"""The project's declarations: what exists, with which type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rtj.base.diagnostic import Label
from rtj.base.span import Span
from rtj.ir import expr as ir
from rtj.ir.program import EVERYONE
from rtj.ir.records import RECEIPTS
from rtj.lang import syntax as s
from rtj.lang.checked import Files
from rtj.lang.scope import AttributeKind, EventKind, Report, TableKind, World
from rtj.lang.types import BOOL, STRING, UNKNOWN, optional, some


def type_of(tree: s.TypeTree) -> ir.Type:
    """The type that an author wrote."""
    kind: ir.Type
    match tree:
        case s.TypeName(name=name):
            kind = ir.Scalar(name)
        case s.OneOfType(values=values):
            kind = ir.OneOf(tuple(sorted({v.value for v in values})))
        case s.ListType(item=item):
            kind = ir.ListOf(type_of(item))
        case s.RecordType(fields=fields):
            kind = ir.Record(fields_of(fields))
    return optional(kind) if tree.optional else kind


def fields_of(fields: Iterable[s.FieldDecl]) -> tuple[tuple[str, ir.Type], ...]:
    """Fields by name, each once."""
    return tuple(sorted({f.name.text: type_of(f.type) for f in fields}.items()))


def check_twice(report: Report, what: str, names: Iterable[s.Name]) -> None:
    """Report what is declared twice."""
    seen: dict[str, Span] = {}
    for name in names:
        if name.text in seen:
            label = Label(seen[name.text], "first here")
            report.error("E318", f"{what} `{name.text}` is declared twice", name.span, "", (label,))
        else:
            seen[name.text] = name.span


def build_world(report: Report, project: s.Project, journeys: Iterable[s.Journey], files: Files) -> World:
    """Everything that can be named, by name."""
    _check_doubles(report, project)
    events = _events(report, project, files)
    names: dict[str, None] = {}
    startable = set()
    for journey in journeys:
        names[journey.name.text] = None
        if any(isinstance(entry.trigger, s.OnStart) for entry in journey.entries):
            startable.add(journey.name.text)
    return World(
        events=events,
        attributes=_attributes(project, events),
        audiences=frozenset({EVERYONE, *(a.name.text for a in project.audiences)}),
        channels=tuple(sorted({c.name.text for c in project.channels})),
        webhooks={w.name.text: ir.Record(fields_of(w.returns)) for w in project.webhooks},
        journeys=tuple(names),
        tables={decl.name.text: table_kind(decl, events) for decl in project.tables},
        namespaces=frozenset(n.name.text for n in project.identity),
        startable=frozenset(startable),
        timezone=project.timezone.value if project.timezone is not None else "UTC",
    )


def _check_doubles(report: Report, project: s.Project) -> None:
    check_twice(report, "event type", [e.name for e in project.events])
    check_twice(report, "attribute", [a.name for a in project.profile])
    check_twice(report, "audience", [a.name for a in project.audiences])
    check_twice(report, "channel", [c.name for c in project.channels])
    check_twice(report, "webhook", [w.name for w in project.webhooks])
    check_twice(report, "namespace", [n.name for n in project.identity])
    check_twice(report, "source", [x.name for x in project.sources])
    check_twice(report, "table", [t.name for t in project.tables])
    for table in project.tables:
        check_twice(report, f"field of table `{table.name.text}`", [f.name for f in table.fields])
    for event in project.events:
        check_twice(report, f"field of event `{event.name.text}`", [f.name for f in event.fields])


def _events(report: Report, project: s.Project, files: Files) -> dict[str, EventKind]:
    events: dict[str, EventKind] = {}
    for decl in project.events:
        name = decl.name.text
        if name == "any":
            report.error("E313", "`any` is every event already", decl.name.span, "choose another name")
            continue
        fields = dict(files.schemas.get(name, ())) | dict(fields_of(decl.fields))
        unread = decl.schema is not None and name not in files.schemas
        events[name] = EventKind(fields, decl.business, decl.name.span, unread)
    for foreign in project.foreign_names:  # a spelling alone declares a type without fields
        events.setdefault(foreign.name.text, EventKind({}, False, foreign.name.span))
    for receipt in RECEIPTS:
        # Who unsubscribes or complains elsewhere than in a message names none.
        hard = {"hard": optional(BOOL)} if receipt == "failed" else {}  # the address is wrong for good
        events.setdefault(receipt, EventKind({"message": optional(STRING), **hard}))
    return events


def table_kind(decl: s.TableDecl, events: Mapping[str, EventKind]) -> TableKind:
    """The types of a table. A key that is not among its fields is of the type that it has in the event, else a text."""
    fields = dict(fields_of(decl.fields))
    key = fields.get(decl.key.text)
    if key is None and decl.source is not None and decl.source.text in events:
        key = events[decl.source.text].fields.get(decl.key.text)
    fields[decl.key.text] = some(key) if key is not None else STRING
    return TableKind(fields[decl.key.text], ir.Record(tuple(sorted(fields.items()))))


def _attributes(project: s.Project, events: Mapping[str, EventKind]) -> dict[str, AttributeKind]:
    return {decl.name.text: _attribute(decl, events) for decl in project.profile}


def _attribute(decl: s.AttributeDecl, events: Mapping[str, EventKind]) -> AttributeKind:
    if decl.formula is not None:
        return AttributeKind(UNKNOWN, None, decl.name.span, decl.formula)
    stored: ir.Type = STRING
    if decl.type is not None:
        stored = some(type_of(decl.type))
    elif decl.source is not None:
        stored = _source_type(decl.source, events)
    return AttributeKind(stored if decl.default is not None else optional(stored), stored, decl.name.span)


def _source_type(source: s.EventField, events: Mapping[str, EventKind]) -> ir.Type:
    event = events.get(source.event.text)
    kind = event.fields.get(source.path[0].text) if event is not None else None
    return some(kind) if kind is not None and len(source.path) == 1 else UNKNOWN
