"""What the project's own rules can read: for every kind of thing a record of typed fields, told in one table.

Types are written as authors write them; `[channel]`, `journey`, `event` and the like are texts out of what the project declares,
so that a rule that misspells one is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rtj.ir.expr import ListOf, OneOf, Record, Scalar, Type
from rtj.lang.scope import World
from rtj.lang.types import STRING, optional


@dataclass(frozen=True, slots=True)
class FieldOf:
    """One field of a record: `type` as authors write it."""

    name: str
    type: str
    meaning: str


def _fields(*rows: tuple[str, str, str]) -> tuple[FieldOf, ...]:
    return tuple(FieldOf(*row) for row in rows)


_NODE = _fields(
    ("id", "string", "its id, or what it is called by without one"),
    ("has_id", "bool", "was an `id` written?"),
    (
        "kind",
        "wait | wait_until | wait_for | branch | split | repeat | send | call | collect | set | emit | start | exit",
        "its word",
    ),
    ("depth", "number", "how many nodes it stands within"),
    ("in_repeat", "bool", "is one of them a `repeat`?"),
    ("in_split", "bool", "is one of them a `split`?"),
    ("last", "bool", "does nothing follow in its list?"),
)
_ELSE = ("has_else", "bool", "is there an `else`?")
_BIND = ("bind", "string?", "the name after `as`")
_VALUES = ("values", "[string]", "the names of what `with` gives")
_ON = ("on", "event | condition | schedule | start", "what it reacts to")
_EVENTS = ("events", "[event]", "the event types that it names")
_WHEN = ("has_when", "bool", "is there a `when`?")

RECORDS: dict[str, tuple[FieldOf, ...]] = {
    "journey": _fields(
        ("name", "string", "its name"),
        ("title", "string?", "what people call it"),
        ("file", "string", "its file, relative to the folder of rtj.yaml"),
        ("stability", "draft | beta | stable", "as its header says"),
        ("priority", "number", "0 if left out"),
        ("max_duration", "duration?", "as written"),
        ("runs_from", "date?", "the first day of `runs`"),
        ("runs_to", "date?", "the last day of `runs`"),
        ("events", "[event]", "the event types by which one enters"),
        ("entries", "number", "how many ways in"),
        ("goals", "number", "how many goals"),
        ("exits", "number", "how many `exit:` of the header"),
        ("nodes", "number", "how many nodes, those in blocks too"),
        ("sends", "number", "how many of them send"),
        ("messages", "[string]", "what they send"),
        ("channels", "[channel]", "by which channels"),
        ("starts", "[journey]", "the journeys that it starts"),
        ("ids", "[string]", "the ids of its nodes"),
    ),
    "enter": _fields(
        _ON,
        _EVENTS,
        _WHEN,
        ("has_key", "bool", "is there a `key`?"),
        ("again", "never | always | after | exit", "the rule of `again`; `after` if left out"),
        ("has_again", "bool", "was `again` written?"),
        ("while_inside", "ignore | restart", "`ignore` if left out"),
        ("backfill", "bool", ""),
    ),
    "goal": _fields(_ON, _EVENTS, _WHEN, ("within", "duration?", ""), ("stay", "bool", "")),
    "node": _NODE,
    "wait": _NODE + _fields(("length", "duration?", "null where it is computed"), ("text", "string", "as written")),
    "wait_until": _NODE + _fields(_ELSE, ("text", "string", "as written")),
    "wait_for": _NODE
    + _fields(
        ("cases", "number", "how many"),
        _EVENTS,
        ("has_timeout", "bool", "is one of them an `after` or `until`?"),
        ("timeout", "duration?", "the shortest `after`"),
    ),
    "branch": _NODE + _fields(("arms", "number", "how many"), _ELSE),
    "split": _NODE
    + _fields(
        ("salt", "string", ""),
        ("per_entry", "bool", ""),
        ("arms", "[{name: string, percent: number}]", "in order"),
        ("has_holdout", "bool", "is one of them called `holdout`?"),
    ),
    "repeat": _NODE + _fields(("times", "number", "the most rounds"), ("has_until", "bool", "is there an `until`?")),
    "send": _NODE
    + _fields(
        ("message", "string", ""),
        ("channels", "[channel]", "in order; the project's only one if none was written"),
        _VALUES,
        _ELSE,
        _BIND,
    ),
    "call": _NODE + _fields(("webhook", "webhook", ""), _VALUES, _ELSE, _BIND),
    "collect": _NODE + _fields(_EVENTS, ("length", "duration?", "of `for`"), ("max", "number?", "as written"), _BIND),
    "set": _NODE + _fields(("attributes", "[attribute]", "what it writes")),
    "emit": _NODE + _fields(("event", "event", ""), _VALUES),
    "start": _NODE + _fields(("starts", "journey", "the journey"), _VALUES),
    "exit": _NODE + _fields(("reason", "string?", "as written")),
    "event": _fields(
        ("name", "string", ""),
        ("business", "bool", "is it about no person?"),
        ("fields", "[string]", "its own"),
        ("optional", "[string]", "those of them that may be missing"),
        ("has_schema", "bool", "does a JSON Schema say its fields?"),
    ),
    "attribute": _fields(
        ("name", "string", ""),
        ("type", "string", "as authors write it: `number?`"),
        ("computed", "bool", "is it an expression?"),
        ("event", "event?", "the event of `from`"),
        ("has_default", "bool", ""),
        ("labels", "[string]", ""),
    ),
    "audience": _fields(("name", "string", ""), ("is_list", "bool", "is it a file of people?")),
    "channel": _fields(
        ("name", "string", ""),
        ("purpose", "(marketing | transactional)?", ""),
        ("default", "(granted | denied)?", ""),
        ("has_consent", "bool", ""),
        ("has_address", "bool", ""),
        ("has_rate", "bool", ""),
    ),
    "webhook": _fields(
        ("name", "string", ""),
        ("url", "string", "of `post`"),
        ("timeout", "duration?", ""),
        ("retries", "number?", ""),
        ("returns", "[string]", "the fields of its answer"),
    ),
    "cap": _fields(
        ("name", "string", ""),
        ("of", "messages | entries", ""),
        ("count", "number", "how many it allows"),
        ("per", "duration?", "of a rolling window; null for a calendar one"),
        ("channels", "[channel]", ""),
        ("journeys", "[journey]", ""),
    ),
    "source": _fields(("name", "string", ""), ("format", "string?", ""), ("lateness", "duration?", "")),
    "project": _fields(
        ("name", "string?", ""),
        ("timezone", "string?", "as written"),
        ("journeys", "[journey]", "all of them"),
        ("channels", "[channel]", ""),
        ("caps", "number", "how many"),
        ("has_quiet_hours", "bool", ""),
        ("has_holdout", "bool", ""),
    ),
}
NODES = ("node", *(kind for kind, fields in RECORDS.items() if fields[: len(_NODE)] == _NODE and kind != "node"))
IN_JOURNEYS = ("journey", "enter", "goal", *NODES)


def record_types(world: World) -> dict[str, Record]:
    """The types of all records in a project."""
    names: dict[str, tuple[str, ...]] = {
        "channel": world.channels,
        "journey": tuple(sorted(world.journeys)),
        "event": tuple(sorted({*world.events, "any"})),
        "attribute": tuple(sorted(world.attributes)),
        "webhook": tuple(sorted(world.webhooks)),
    }
    return {kind: Record(tuple((f.name, _type(f.type, names)) for f in fields)) for kind, fields in RECORDS.items()}


def _type(text: str, names: Mapping[str, tuple[str, ...]]) -> Type:
    """The type that a text of the table means."""
    if text.endswith("?"):
        return optional(_type(text[:-1].strip("()"), names))
    if text.startswith("["):
        return ListOf(_type(text[1:-1], names))
    if text.startswith("{"):
        pairs = (pair.split(": ") for pair in text[1:-1].split(", "))
        return Record(tuple((name, _type(of, names)) for name, of in pairs))
    if " | " in text:
        return OneOf(tuple(text.split(" | ")))
    if text in names:
        return OneOf(names[text]) if names[text] else STRING
    match text:
        case "string" | "number" | "bool" | "date" | "duration":
            return Scalar(text)
        case _:
            raise AssertionError(text)
