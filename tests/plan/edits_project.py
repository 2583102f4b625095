"""Generated edits of what a project declares, of ways in and out, of headers and of names."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Audience, Cap, Channel, Consents, EventField, Holdout, Mapping, Message, Program, QuietHours, SourceMap
from tests.oracle.build import NUMBER, STRING, attribute, const, event_type, that
from tests.plan.edits import Edit, inside, of_journey, put

replace = msgspec.structs.replace


def one_changed(items: tuple[Any, ...], rnd: random.Random, change: Callable[[Any], Any]) -> tuple[Any, ...]:
    """One of several is another."""
    if not items:
        return items
    place = rnd.randrange(len(items))
    return (*items[:place], change(items[place]), *items[place + 1 :])


# ---- ways in and out, and headers


def headers(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey:
    other: dict[str, Any] = rnd.choice(
        (
            {"title": "Anew"},
            {"priority": journey.priority + 1},
            {"max_duration": x.Length(ms=rnd.choice((600_000, 86_400_000, 92 * 86_400_000)))},
            {"runs_from": "2026-03-02"},
            {"on_resume": "leave"},
            {"on_deploy": rnd.choice(("pin", "boundary"))},
            {"timers": rnd.choice(("rebase", "restart"))},
            {"moved": (j.Moved("long_gone", journey.nodes[0].id if journey.nodes else "x"),)},
        )
    )
    return replace(journey, **other)


def entries(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey:
    def change(entry: j.Entry) -> j.Entry:
        other: dict[str, Any] = rnd.choice(
            (
                {"again": j.Again(rnd.choice(("never", "always", "exit")))},
                {"again": j.Again("after", x.Length(ms=rnd.choice((60_000, 86_400_000))))},
                {"while_inside": "restart" if entry.while_inside == "ignore" else "ignore"},
                {"when": None},
                {"when": that("==", attribute("tier"), "gold")},
                {"key": attribute("item")},
                {"trigger": j.OnEvents((j.Step((rnd.choice(("buy", "view", "note")),)),)), "bind": "entry"},
                {"bind": None},
            )
        )
        return replace(entry, **other)

    if rnd.random() < 0.3:
        another = j.Entry(j.OnEvents((j.Step(("note",), bind="entry"),)), bind="entry")
        return replace(journey, entries=rnd.choice(((*journey.entries, another), journey.entries[1:] or journey.entries[::-1])))
    return replace(journey, entries=one_changed(journey.entries, rnd, change))


def watches(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey:
    name = rnd.choice(("goals", "exits"))
    found = journey.goals if name == "goals" else journey.exits
    anew = j.Watch(j.OnEvents((j.Step((rnd.choice(("buy", "note")),)),)), stay=rnd.random() < 0.5)
    other: tuple[j.Watch, ...] = rnd.choice(
        (
            (*found, anew),
            found[1:],
            found[::-1],
            one_changed(found, rnd, lambda watch: replace(watch, stay=not watch.stay)),
            one_changed(found, rnd, lambda watch: replace(watch, within=x.Length(ms=3_600_000))),
        )
    )
    return replace(journey, **{name: other})


def names(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """A name that is brought along is called otherwise, at times only where it is read."""
    found = sorted({part.name for _, part in inside(journey) if isinstance(part, x.Name)} - {"event", "item"})
    if not found:
        return None
    name, only_read = rnd.choice(found), rnd.random() < 0.5
    for path, part in list(inside(journey)):
        if isinstance(part, x.Name) and part.name == name:
            journey = put(journey, path, replace(part, name=f"{name}_anew"))
        elif not only_read and path and path[-1] == "bind" and part == name:
            journey = put(journey, path, f"{name}_anew")
    return journey


def bound(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """What a send or a call answers is given a name."""
    sends = [place for place, node in enumerate(journey.nodes) if isinstance(node, j.Send) and node.bind is None]
    if not sends:
        return None
    return put(journey, ("nodes", rnd.choice(sends), "bind"), "answered")


def whole(program: Program, rnd: random.Random) -> Program | None:
    """A journey is new, gone, or called otherwise."""
    first = program.journeys[0]
    anew = replace(first, name=f"{first.name}_anew")
    if any(isinstance(node, j.StartJourney) and node.journey == first.name for one in program.journeys for node in one.nodes):
        return None
    rest = program.journeys[1:]
    found = rnd.choice(((*program.journeys, anew), rest, (replace(anew, formerly=first.name), *rest), (anew, *rest)))
    return replace(program, journeys=tuple(sorted(found, key=lambda one: one.name)))


# ---- declarations


def facts(program: Program, rnd: random.Random) -> Program | None:
    """Attributes, audiences and tables."""
    match rnd.randrange(7):
        case 0:
            return replace(program, mappings=one_changed(program.mappings, rnd, lambda m: replace(m, labels=("pii",))))
        case 1:
            kind = x.Optional(NUMBER)
            return replace(program, mappings=(*program.mappings, Mapping("zeal", kind)))
        case 2:
            other = that("==", attribute("tier"), rnd.choice(("gold", "silver")))
            return replace(
                program,
                audiences=one_changed(program.audiences, rnd, lambda a: replace(a, condition=other, needs=(), members=())),
            )
        case 3:
            return replace(program, audiences=(*program.audiences, Audience("zealous", const(True))))
        case 4:
            return replace(program, tables=one_changed(program.tables, rnd, lambda t: replace(t, rows=t.rows[1:])))
        case 5:
            codes = (("2", "gold"),)
            return replace(program, mappings=one_changed(program.mappings, rnd, lambda m: replace(m, codes=codes)))
        case _:
            wider = x.Optional(x.OneOf(("bronze", "gold", "platinum", "silver")))
            return replace(program, mappings=tuple(replace(m, type=wider) if m.name == "tier" else m for m in program.mappings))


def gates(program: Program, rnd: random.Random) -> Program:
    """What decides whether a message goes."""
    quiet = QuietHours(1320, rnd.choice((360, 480)), then=rnd.choice(("hold", "drop")))
    other: dict[str, Any] = rnd.choice(
        (
            {"quiet_hours": quiet if program.quiet_hours is None or rnd.random() < 0.5 else None},
            {"caps": (*program.caps, Cap("zeal", 1, over=x.Length(ms=3_600_000)))},
            {"caps": program.caps[1:]},
            {"caps": one_changed(program.caps, rnd, lambda cap: replace(cap, at_most=cap.at_most + 1))},
            {"holdout": Holdout(rnd.choice((100_000, 500_000)), rnd.choice("ab"))},
            {"holdout": None},
            {"consents": Consents(that("==", attribute("tier"), "gold"))},
            {"channels": one_changed(program.channels, rnd, lambda c: replace(c, cost=c.cost + 1))},
            {"channels": one_changed(program.channels, rnd, lambda c: replace(c, granted=not c.granted))},
            {"channels": (*program.channels, Channel("zeal"))},
            {"messages": (*(m for m in program.messages if m.name != "message"), Message("message", "transactional"))},
            {"webhooks": one_changed(program.webhooks, rnd, lambda hook: replace(hook, url="https://other.example"))},
        )
    )
    return replace(program, **other)


def rules(program: Program, rnd: random.Random) -> Program:
    """What is decided once for all."""
    spaces = program.namespaces
    other: dict[str, Any] = rnd.choice(
        (
            {"project": "another"},
            {"timezone": "Asia/Tokyo"},
            {"secret": "another"},
            {"currency": "EUR"},
            {"dedupe_ms": program.dedupe_ms * 2},
            {"max_skew_ms": program.max_skew_ms * 2},
            {"namespaces": one_changed(spaces, rnd, lambda space: replace(space, unique=not space.unique))},
            {"namespaces": one_changed(spaces, rnd, lambda space: replace(space, priority=space.priority + 3))},
            {"sources": (SourceMap("log", "csv"),)},
        )
    )
    return replace(program, **other)


def events(program: Program, rnd: random.Random) -> Program:
    """Event types and their fields."""

    def change(kind: Any) -> Any:
        fields = kind.fields
        other: dict[str, Any] = rnd.choice(
            (
                {"fields": (*fields, EventField("zeal", x.Optional(STRING)))},
                {"fields": (*fields, EventField("zeal", STRING))},
                {"fields": fields[1:]},
                {"fields": one_changed(fields, rnd, lambda field: replace(field, type=x.Optional(x.Scalar("bool"))))},
                {"late": "reject" if kind.late == "facts" else "facts"},
                {"spelled": ("another",)},
            )
        )
        return replace(kind, **other)

    if rnd.random() < 0.2:
        return replace(program, events=(*program.events, event_type("zeal")))
    return replace(program, events=one_changed(program.events, rnd, change))


OF_JOURNEYS: dict[str, Edit] = {
    "headers": of_journey(headers),
    "entries": of_journey(entries),
    "watches": of_journey(watches),
    "names": of_journey(names),
    "bound": of_journey(bound),
}
OF_PROJECTS: dict[str, Edit] = {"journeys": whole, "facts": facts, "gates": gates, "rules": rules, "events": events}
