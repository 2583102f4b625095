"""Edits of what is known of people: attributes, windows, audiences and types of event that come and go, one after the other."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from rtj.engine.backfill import reads
from rtj.ir import expr as x
from rtj.ir.program import Aggregate, Audience, EventField, EventType, Mapping, Program, Tracker, canonical

T = TypeVar("T", Aggregate, Audience, Mapping, Tracker)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu")
replace = msgspec.structs.replace


def another_layout(program: Program, first: Program, rnd: random.Random) -> Program:
    """The same journeys over other facts; those of the `first` program come back sooner or later."""
    match rnd.randrange(8):
        case 0:
            return _more(program, rnd)
        case 1:
            kind = EventType(f"fresh_{rnd.randrange(100)}", (EventField("what", x.Optional(x.Scalar("string"))),))
            others = [one for one in program.events if one.name != kind.name]
            return replace(program, events=tuple(sorted((*others, kind), key=lambda one: one.name)))
        case 2:
            field = EventField(f"fresh_{rnd.randrange(100)}", x.Optional(x.Scalar("number")))
            place = rnd.randrange(len(program.events))
            more = tuple(
                replace(one, fields=tuple(sorted((*one.fields, field), key=lambda f: f.name)))
                if number == place and field.name not in {f.name for f in one.fields}
                else one
                for number, one in enumerate(program.events)
            )
            return replace(program, events=more)
        case 3:
            return replace(program, timezone=rnd.choice(ZONES))
        case _:
            return _come_and_go(program, first, rnd)


def _more(program: Program, rnd: random.Random) -> Program:
    """An attribute that some event brings."""
    sources = [(kind.name, one) for kind in program.events if not kind.business for one in kind.fields]
    event, field = rnd.choice(sources)
    kind = field.type if isinstance(field.type, x.Optional) else x.Optional(field.type)
    fresh = Mapping(f"from_{field.name}", kind, event, field.name)
    others = [one for one in program.mappings if one.name != fresh.name]
    return replace(program, mappings=(*others, fresh))


def _come_and_go(program: Program, first: Program, rnd: random.Random) -> Program:
    """Some of what no journey reads is gone, and some of what was gone is there again."""
    fixed = canonical((program.journeys, program.messages, program.channels, program.consents, program.caps, program.policies))
    every: tuple[Any, ...] = (*first.mappings, *first.aggregates, *first.trackers, *first.audiences)
    kept = {one.name for one in every if f'"{one.name}"'.encode() in fixed or f' {one.name}"'.encode() in fixed}
    kept |= {one.name for one in (*first.mappings, *first.aggregates) if rnd.random() < 0.6}
    kept |= {one.name for one in first.audiences if rnd.random() < 0.5}
    now = {one.name: one for one in (*program.mappings, *program.aggregates, *program.trackers, *program.audiences)}
    while more := {name for one in every if one.name in kept for name in reads(now.get(one.name, one)) if name not in kept}:
        kept |= more
    kept |= {one.name for one in first.mappings if one.name == "timezone"} if rnd.random() < 0.7 else set()

    def chosen(mine: Iterable[T], its: Iterable[T]) -> tuple[T, ...]:
        had = {one.name: one for one in mine}
        order = [one.name for one in its]
        return (
            *(had.get(one.name, one) for one in its if one.name in kept),
            *(one for name, one in had.items() if name not in order),
        )

    return replace(
        program,
        mappings=chosen(program.mappings, first.mappings),
        aggregates=chosen(program.aggregates, first.aggregates),
        trackers=chosen(program.trackers, first.trackers),
        audiences=chosen(program.audiences, first.audiences),
    )
