"""Tables: what may fill them, and the fields of their rows (S3.7)."""

from __future__ import annotations

from rtj.ir import expr as ir
from rtj.ir.program import EventField, Table
from rtj.lang import syntax as s
from rtj.lang.check_base import Context
from rtj.lang.checked import Files
from rtj.lang.likeness import nearest
from rtj.lang.scope import ROOTS
from rtj.lang.types import BOOL, DATE, DURATION, INSTANT, NUMBER, STRING, TYPE_NAMES, fits, is_unknown, show, some

CELLS = (STRING, NUMBER, BOOL, INSTANT, DATE, DURATION)
KEYS = (STRING, NUMBER, DATE)


def check_tables(cx: Context, project: s.Project, files: Files) -> tuple[Table, ...]:
    """Lower the declarations of tables, by name."""
    found = {decl.name.text: _table(cx, decl, files) for decl in project.tables}
    return tuple(found[name] for name in sorted(found))


def _table(cx: Context, decl: s.TableDecl, files: Files) -> Table:
    name = decl.name.text
    what = _taken(cx, name)
    if what:
        cx.report.error("E313", f"`{name}` is {what} already; a name hides nothing", decl.name.span, "choose another name")
    kind = cx.world.tables[name]
    if not _is_cell(kind.key, KEYS):
        cx.report.error("E354", f"a key is a text, a number or a date; `{decl.key.text}` is {show(kind.key)}", decl.key.span)
    event: str | None = None
    if decl.source is not None:
        event = _source(cx, decl, decl.source)
    else:
        _check_cells(cx, decl)
    fields = tuple(EventField(field, of) for field, of in kind.row.fields if field != decl.key.text)
    return Table(name, EventField(decl.key.text, kind.key), fields, event, files.tables.get(name, ()) if event is None else ())


def _taken(cx: Context, name: str) -> str:
    if name in ROOTS:
        return "a root"
    if name in TYPE_NAMES:
        return "a type"
    return "an event type" if name in cx.world.events or name == "any" else ""


def _is_cell(kind: ir.Type, kinds: tuple[ir.Type, ...]) -> bool:
    return some(kind) in kinds or isinstance(some(kind), ir.OneOf) or is_unknown(kind)


def _check_cells(cx: Context, decl: s.TableDecl) -> None:
    fields = dict(cx.world.tables[decl.name.text].row.fields)
    for field in decl.fields:
        kind = fields.get(field.name.text, STRING)
        if not _is_cell(kind, CELLS):
            cx.report.error("E354", f"a column holds single values; `{field.name.text}` is {show(kind)}", field.name.span)


def _source(cx: Context, decl: s.TableDecl, source: s.Name) -> str | None:
    """The business event that fills a table, if it can."""
    event = cx.world.events.get(source.text)
    if event is None:
        cx.report.unknown("E317", "event type", source.text, source.span, cx.world.events)
        return None
    if not event.business:
        message = f"`{source.text}` is about a person; rows of a table come from business events"
        hint = f"what was last said of a person is an attribute: `profile: {{…: {{from: {source.text}.…}}}}`"
        cx.report.error("E354", message, source.span, hint)
        return None
    if event.unread:
        return source.text
    given = cx.world.tables[decl.name.text]
    for name in (decl.key, *(field.name for field in decl.fields if field.name.text != decl.key.text)):
        field = name.text
        if field not in event.fields:
            message = f"unknown field `{field}` of event `{source.text}`"
            cx.report.guess("E311", message, name.span, field, nearest(field, event.fields))
            continue
        wanted, brought = some(dict(given.row.fields)[field]), some(event.fields[field])
        if not is_unknown(brought) and not fits(brought, wanted):
            message = f"`{field}` of table `{decl.name.text}` is {show(wanted)}; `{source.text}.{field}` is {show(brought)}"
            cx.report.error("E320", message, name.span)
    return source.text
