"""Generated edits of a program: one thing about it is another, as an author could have made it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import msgspec

from rtj.ir import expr as x
from rtj.ir import journey as j
from rtj.ir.program import Program
from tests.oracle.build import const

replace = msgspec.structs.replace
Path: TypeAlias = tuple[str | int, ...]
CONDITIONS = frozenset(("when", "where", "condition"))
FLIPPED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
EDGED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "and": "or", "or": "and", "==": "!=", "!=": "=="}

# ---- places in a program


def inside(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every part of a program, each with its address."""
    yield path, value
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from inside(getattr(value, name), (*path, name))
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            yield from inside(part, (*path, place))


def put(value: Any, path: Path, new: Any) -> Any:
    """The same with another part at an address."""
    if not path:
        return new
    head, *rest = path
    if isinstance(head, int):
        return (*value[:head], put(value[head], tuple(rest), new), *value[head + 1 :])
    return replace(value, **{head: put(getattr(value, head), tuple(rest), new)})


def one_of(program: Program, rnd: random.Random, wanted: Callable[[Path, Any], bool]) -> tuple[Path, Any] | None:
    """Some part of the journeys or audiences that is wanted."""
    found = [
        (path, part)
        for path, part in inside(program)
        if path and path[0] in ("journeys", "audiences", "caps") and wanted(path, part)
    ]
    return rnd.choice(found) if found else None


# ---- values


def lengths(program: Program, rnd: random.Random) -> Program | None:
    """A length is another."""
    found = one_of(program, rnd, lambda path, part: isinstance(part, x.Length) and part != x.Length() and path[-1] != "gap")
    if found is None:
        return None
    path, length = found
    if length.ms:
        return put(program, path, x.Length(ms=rnd.choice((length.ms * 2, length.ms + 60_000, max(60_000, length.ms // 2)))))
    longer = replace(length, months=length.months + 1) if length.months else replace(length, days=length.days + 1)
    return put(program, path, rnd.choice((longer, x.Length(ms=86_400_000))))


def conditions(program: Program, rnd: random.Random) -> Program | None:
    """A condition is another, or the same in other words."""
    found = one_of(program, rnd, lambda path, part: path[-1] in CONDITIONS and part is not None)
    if found is None:
        return None
    path, condition = found
    return put(program, path, rewritten(condition, rnd))


def rewritten(e: x.Expr, rnd: random.Random) -> x.Expr:
    """Another condition in place of one."""
    match rnd.randrange(9):
        case 0:
            return x.Unary("not", e)
        case 1:
            return x.Binary("and", e, const(True))
        case 2:
            return x.Unary("not", x.Unary("not", e))
        case 3:
            return x.Binary("or", e, x.Binary("and", e, const(True)))
        case 4:
            return x.Binary(rnd.choice(("and", "or")), e, const(rnd.random() < 0.5))
        case 5 | 6:
            return turned(e, rnd)
        case 7 if isinstance(e, x.Binary) and e.op in FLIPPED:
            return x.Unary("not", x.Binary(FLIPPED[e.op], e.left, e.right))  # type: ignore[arg-type]
        case _:
            found = [(path, part) for path, part in inside(e) if isinstance(part, x.Const) and part.type in ("number", "string")]
            if not found:
                return x.Unary("not", e)
            path, part = rnd.choice(found)
            number = part.type == "number" and isinstance(part.value, int | float)
            value = part.value + rnd.choice((-1, 1, 2)) if number else rnd.choice(("a", "b", "gold"))
            return put(e, path, replace(part, value=value)) if number == (part.type == "number") else e


def turned(e: x.Expr, rnd: random.Random) -> x.Expr:
    """Sides that are swapped, or an operator that is another."""
    match e:
        case x.Binary(op="and" | "or" as op, left=left, right=right):
            return rnd.choice((x.Binary(op, right, left), left, right, x.Binary(EDGED[op], left, right)))  # type: ignore[arg-type]
        case x.Binary(op=op) if op in EDGED:
            return replace(e, op=EDGED[op])
        case x.Unary(op="not", of=of):
            return of
        case _:
            return x.Unary("not", e)


# ---- nodes


def led(node: j.Node, turn: Callable[[str | None], str | None]) -> j.Node:
    """The node with its ways leading elsewhere."""
    changed: dict[str, Any] = {
        name: turn(getattr(node, name)) for name in ("next", "body", "otherwise") if name in node.__struct_fields__
    }
    for name in ("cases", "arms"):
        if name in node.__struct_fields__:
            changed[name] = tuple(
                replace(one, body=turn(one.body)) if one.body is not None else one for one in getattr(node, name)
            )
    return replace(node, **changed)


def redirected(journey: j.Journey, turn: Callable[[str | None], str | None]) -> j.Journey:
    """All ways of a journey lead where they are turned to."""
    return replace(journey, nodes=tuple(led(node, turn) for node in journey.nodes), first=turn(journey.first))


def of_journey(edit: Callable[[j.Journey, random.Random, Program], j.Journey | None]) -> Edit:
    """An edit of one journey, as one of a program."""

    def made(program: Program, rnd: random.Random) -> Program | None:
        place = rnd.randrange(len(program.journeys))
        other = edit(program.journeys[place], rnd, program)
        if other is None:
            return None
        return replace(program, journeys=(*program.journeys[:place], other, *program.journeys[place + 1 :]))

    return made


def a_node(journey: j.Journey, rnd: random.Random, *kinds: type) -> j.Node | None:
    found = [node for node in journey.nodes if not kinds or isinstance(node, kinds)]
    return rnd.choice(found) if found else None


def with_node(journey: j.Journey, old: j.Node, *new: j.Node) -> j.Journey:
    """Others in the place of a node."""
    place = journey.nodes.index(old)
    return replace(journey, nodes=(*journey.nodes[:place], *new, *journey.nodes[place + 1 :]))


def inserted(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """A node before another one."""
    node = a_node(journey, rnd)
    if node is None:
        return None
    made: j.Node = rnd.choice(
        (
            j.Wait("anew", length=x.Length(ms=600_000), next=node.id),
            j.Send("anew", "anew", ("email",), next=node.id),
            j.Exit("anew", "anew"),
            j.Branch("branch_9", (j.Arm(const(True), None),), next=node.id),
        )
    )
    led_here = redirected(journey, lambda to: made.id if to == node.id else to)
    return with_node(led_here, next(n for n in led_here.nodes if n.id == node.id), made, led(node, lambda to: to))


STRAIGHT = (j.Wait, j.Send, j.CallWebhook, j.Collect, j.SetAttributes, j.Emit, j.StartJourney)


def removed(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """A node is gone; where it stood, what followed follows. At times it is said where its people go."""
    node = a_node(journey, rnd, *STRAIGHT)
    if node is None:
        return None
    onward = getattr(node, "next", None)
    rest = tuple(other for other in journey.nodes if other.id != node.id)
    found = redirected(replace(journey, nodes=rest), lambda to: onward if to == node.id else to)
    if rnd.random() < 0.4:
        found = replace(found, dropped=(j.Dropped(node.id, rnd.choice((None, onward))),))
    return found


def retargeted(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """A way leads further on than it did."""
    node = a_node(journey, rnd)
    if node is None:
        return None
    places = {other.id: number for number, other in enumerate(journey.nodes)}
    ahead = [None, *(other.id for other in journey.nodes if places[other.id] > places[node.id])]
    inside_of_repeat = any(isinstance(other, j.Repeat) for other in journey.nodes)
    to = rnd.choice(ahead)
    turned_once = [False]

    def turn(old: str | None) -> str | None:
        if turned_once[0] or inside_of_repeat or rnd.random() < 0.4:
            return old
        turned_once[0] = True
        return to

    return with_node(journey, node, led(node, turn))


def swapped(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """Two nodes that follow each other change places."""
    names = {node.id: node for node in journey.nodes}
    pairs = [
        (one, names[one.next])
        for one in journey.nodes
        if isinstance(one, STRAIGHT) and one.next in names and isinstance(names[one.next], STRAIGHT)
    ]
    if not pairs:
        return None
    first, second = rnd.choice(pairs)
    places = {first.id: second.id, second.id: first.id}
    around = redirected(journey, lambda to: second.id if to == first.id else to)
    nodes = {node.id: node for node in around.nodes}
    nodes[first.id] = replace(nodes[first.id], next=second.next)  # type: ignore[call-arg]
    nodes[second.id] = replace(nodes[second.id], next=first.id)  # type: ignore[call-arg]
    return replace(around, nodes=tuple(nodes[places.get(node.id, node.id)] for node in journey.nodes))


def repeated(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """A node stands in a repeat of its own."""
    node = a_node(journey, rnd, *STRAIGHT)
    if node is None or any(isinstance(other, j.Repeat) for other in journey.nodes):
        return None
    around = j.Repeat("again", rnd.choice((1, 2)), body=node.id, next=getattr(node, "next", None))
    led_here = redirected(journey, lambda to: "again" if to == node.id else to)
    mine = next(n for n in led_here.nodes if n.id == node.id)
    return with_node(led_here, mine, around, replace(mine, next="again"))  # type: ignore[call-arg]


def renamed(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """A node has another id; mostly it is said that it has moved."""
    node = a_node(journey, rnd)
    if node is None:
        return None
    found = under_other_ids(journey, {node.id: f"{node.id}_now"})
    return found if rnd.random() < 0.7 else replace(found, moved=())


def under_other_ids(journey: j.Journey, names: dict[str, str]) -> j.Journey:
    """Nodes under other ids, with `moved`."""
    found = redirected(journey, lambda to: names.get(to, to) if to is not None else None)

    def step(part: Any) -> Any:
        return replace(part, of_node=names.get(part.of_node, part.of_node)) if isinstance(part, j.Step) and part.of_node else part

    nodes = tuple(replace(node, id=names.get(node.id, node.id)) for node in found.nodes)
    found = replace(found, nodes=nodes, moved=tuple(j.Moved(old, new) for old, new in sorted(names.items())))
    for path, part in list(inside(found)):
        if isinstance(part, j.Step) and part.of_node in names:
            found = put(found, path, step(part))
    return found


def of_another_kind(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """A node is one of another kind."""
    node = a_node(journey, rnd, j.Wait, j.Send, j.Exit, j.Emit)
    if node is None:
        return None
    following = getattr(node, "next", None)
    kinds: tuple[j.Node, ...] = (
        j.Wait(node.id, length=x.Length(ms=600_000), next=following),
        j.Send(node.id, "anew", ("push",), next=following),
        j.Exit(node.id, "anew"),
    )
    return with_node(journey, node, rnd.choice([one for one in kinds if type(one) is not type(node)]))


def of_node(journey: j.Journey, rnd: random.Random, _: Program) -> j.Journey | None:
    """One thing that a node does is another."""
    node = a_node(journey, rnd)
    other = None if node is None else done_otherwise(node, rnd)
    return None if node is None or other is None else with_node(journey, node, other)


def done_otherwise(node: j.Node, rnd: random.Random) -> j.Node | None:
    """The same node, but for one thing; None: there is nothing about it to edit."""
    match node:
        case j.WaitFor(cases=cases):
            left = cases[: rnd.randrange(len(cases))] or cases[::-1]
            later = j.Case(after=x.Length(ms=rnd.choice((300_000, 3_600_000))))
            return replace(node, cases=rnd.choice((left, cases[::-1], (*cases, later))))
        case j.Send(message=message, channels=channels):
            return rnd.choice((replace(node, message=f"{message}_anew"), replace(node, channels=(*channels, "sms")[-2:])))
        case j.Exit():
            return replace(node, reason="another")
        case j.Branch(arms=arms):
            return replace(node, arms=rnd.choice((arms[::-1], (*arms, j.Arm(const(True), arms[0].body)), arms[1:] or arms)))
        case j.Split(arms=arms, salt=salt):
            if rnd.random() < 0.3:
                return replace(node, salt=f"{salt}_anew")
            return replace(node, arms=(replace(arms[0], share=arms[1].share), replace(arms[1], share=arms[0].share), *arms[2:]))
        case j.Repeat(times=times):
            return replace(node, times=times + 1)
        case j.CallWebhook(pairs=pairs) | j.Emit(pairs=pairs) | j.SetAttributes(pairs=pairs) | j.StartJourney(pairs=pairs):
            return replace(node, pairs=rnd.choice((pairs[1:], pairs[::-1])))
        case j.Collect(max=most):
            return replace(node, max=max(1, most + rnd.choice((-1, 1))))
        case j.WaitUntil(moment=moment) if moment.clock is not None:
            return replace(node, moment=replace(moment, clock=(moment.clock + 60) % 1440))
        case _:
            return None


Edit: TypeAlias = Callable[[Program, random.Random], Program | None]
OF_NODES: dict[str, Edit] = {
    "inserted": of_journey(inserted),
    "removed": of_journey(removed),
    "retargeted": of_journey(retargeted),
    "swapped": of_journey(swapped),
    "repeated": of_journey(repeated),
    "renamed": of_journey(renamed),
    "of another kind": of_journey(of_another_kind),
    "a node": of_journey(of_node),
}
OF_VALUES: dict[str, Edit] = {"lengths": lengths, "conditions": conditions}
EDITS = {**OF_NODES, **OF_VALUES}
