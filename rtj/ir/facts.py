"""What expressions read, as facts of which labels tell what they are: attributes, fields of events, audiences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from rtj.ir.expr import Attribute, Binary, Choose, Each, Expr, Field, Held, History, Item, Member, Name, Row, Unary
from rtj.ir.walk import parts

Fact: TypeAlias = tuple[str, ...]
"""`("attribute", name)` (mapped, set or computed), `("field", event, name)`, `("event", type)` (all its fields together),
`("memory", name)` (which events an aggregate keeps whole), `("identifier", namespace)`, `("audience", name)`,
`("held", tracker)`, `("entry", journey)`, `("branch", journey, node)`, `("pair", journey, node, name)`,
`("key", journey)`, `("message", journey, node)`."""

Env: TypeAlias = Mapping[str, tuple[str, ...]]
"""The event types that a name may stand for; under `remembered` those that an aggregate keeps whole, under
`rows_of` those that fill a table."""


def started(journey: str) -> str:
    """What stands for the event of a journey that is entered by start."""
    return f"start {journey}"


def remembered(aggregate: str) -> str:
    """What stands for the events that an aggregate is: `last(purchase)`."""
    return f"remembered {aggregate}"


def rows_of(table: str) -> str:
    """What stands for the business events whose fields are the rows of a table."""
    return f"rows of {table}"


def facts_in(expr: Expr | None, env: Env) -> Iterator[Fact]:
    """The facts that an expression reads."""
    match expr:
        case None:
            return
        case Attribute(name=name):
            yield ("attribute", name)
        case Name(name=name):
            yield from _whole(env.get(name, ()))
        case Member(audience=name):
            yield ("audience", name)
        case Held(tracker=name):
            yield ("held", name)
        case History(aggregate=name, where=where):
            yield ("attribute", name)
            yield from facts_in(where, {**env, "event": env.get(remembered(name), ())})
        case Row(table=table, key=key):
            yield from facts_in(key, env)
            yield from _whole(env.get(rows_of(table), ()))
        case Unary(op="missing" | "empty", of=of):
            yield from _on_the_way(of, env)
        case Each(item=item, over=over, body=body, where=where):
            inside = {**env, item: _events_of(over, env)}
            yield from _on_the_way(over, env)
            yield from facts_in(body, inside)
            yield from facts_in(where, inside)
        case Field(base=base, name=name, envelope=envelope):
            for event in _events_of(base, env) if not envelope else ():
                yield ("field", event, name)
            yield from _on_the_way(base, env)
        case _:
            for part in parts(expr):
                yield from facts_in(part, env)


def _whole(events: tuple[str, ...]) -> Iterator[Fact]:
    for event in events:
        yield ("event", event)


def _on_the_way(expr: Expr, env: Env) -> Iterator[Fact]:
    """The facts that are read to come to an event, of which a field is then asked, or only whether it is there."""
    match expr:
        case Name():
            return
        case Attribute(name=name):
            yield ("memory" if remembered(name) in env else "attribute", name)
        case History(aggregate=name, where=where):
            yield ("memory" if remembered(name) in env else "attribute", name)
            yield from facts_in(where, {**env, "event": env.get(remembered(name), ())})
        case Row(key=key):
            yield from facts_in(key, env)
        case Item(base=base, index=index):
            yield from _on_the_way(base, env)
            yield from facts_in(index, env)
        case Choose(test=test, then=then, otherwise=otherwise):
            yield from facts_in(test, env)
            yield from _on_the_way(then, env)
            yield from _on_the_way(otherwise, env)
        case Binary(op="??", left=left, right=right):
            yield from _on_the_way(left, env)
            yield from _on_the_way(right, env)
        case Each(kind="first" | "last", item=item, over=over, body=body, where=where):
            inside = {**env, item: _events_of(over, env)}
            yield from _on_the_way(over, env)
            yield from _on_the_way(body, inside) if body is not None else ()
            yield from facts_in(where, inside)
        case _:
            yield from facts_in(expr, env)


def _events_of(expr: Expr, env: Env) -> tuple[str, ...]:
    """The types of the events, or of the items of a list of events, that an expression stands for."""
    match expr:
        case Name(name=name):
            return env.get(name, ())
        case Attribute(name=name) | History(aggregate=name):
            return env.get(remembered(name), ())
        case Row(table=table):
            return env.get(rows_of(table), ())
        case Item(base=base):
            return _events_of(base, env)
        case Choose(then=one, otherwise=other) | Binary(op="??", left=one, right=other):
            return tuple(dict.fromkeys((*_events_of(one, env), *_events_of(other, env))))
        case Each(kind="first" | "last", item=item, over=over, body=body):
            events = _events_of(over, env)
            return events if body is None else _events_of(body, {**env, item: events})
        case _:
            return ()
