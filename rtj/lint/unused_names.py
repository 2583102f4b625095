"""Names that `as` brings and that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.node_ids import blocks
from rtj.lint.facts import Facts
from rtj.lint.unused_reads import Reads


@dataclass(frozen=True, slots=True)
class Brought:
    """A name and the pieces of text in which it is known. `collected`: it is that of a `collect`, which needs one."""

    name: s.Name
    known: tuple[Span, ...]
    collected: bool = False


def unused_name(facts: Facts, found: Reads) -> Iterator[Diagnostic]:
    """W911: a name that is never read where it is known. One that begins with `_` says so itself."""
    journeys = [journey.tree for journey in facts.journeys if journey.machine is not None]
    for tree in journeys:
        yield from (_unused(one) for one in _brought(tree) if not one.name.text.startswith("_") and not _is_read(found, one))


def _is_read(found: Reads, one: Brought) -> bool:
    return any(found.within(one.name.text, span) for span in one.known)


def _unused(one: Brought) -> Diagnostic:
    hint = "" if one.collected else "leave the `as` out"
    message = f"`{one.name.text}` is never read" + (": the collect is only a wait" if one.collected else "")
    return Diagnostic("W911", message, one.name.span, hint, (), "warning")


def _brought(tree: s.Journey) -> Iterator[Brought]:
    inside = [node.span for node in tree.nodes]
    for watch in (*tree.goals, *tree.exits):
        inside += _pieces(watch.trigger, watch.when)
        if isinstance(watch.trigger, s.OnPattern):
            own = tuple(_pieces(watch.trigger, watch.when))
            yield from (Brought(step.bind, own) for step in watch.trigger.pattern.steps if step.bind is not None)
    for entry in tree.entries:
        own = (*_pieces(entry.trigger, entry.when), *([entry.key.span] if entry.key is not None else []), *inside)
        match entry.trigger:
            case s.OnPattern(pattern=pattern):
                yield from (Brought(step.bind, own) for step in pattern.steps if step.bind is not None)
            case s.OnStart(bind=s.Name() as name):
                yield Brought(name, own)
            case _:
                pass
    yield from _in_block(tree.nodes)


def _pieces(trigger: s.Trigger, when: s.Expr | None) -> list[Span]:
    """Where a trigger and its `when` read something."""
    found = [when.span] if when is not None else []
    match trigger:
        case s.OnPattern(pattern=pattern):
            found.append(pattern.span)
        case s.OnCondition(condition=condition):
            found.append(condition.span)
        case _:
            pass
    return found


def _in_block(block: tuple[s.Node, ...]) -> Iterator[Brought]:
    for place, node in enumerate(block):
        below = (node.span.to(block[-1].span),) if place + 1 < len(block) else ()
        match node:
            case s.Send(bind=s.Name() as name):
                yield Brought(name, _behind(node, below))
            case s.CallWebhook(bind=s.Name() as name):
                yield Brought(name, _behind(node, below))
            case s.Collect(bind=s.Name() as name):
                yield Brought(name, _behind(node, below), collected=True)
            case s.WaitFor(cases=cases):
                for case in cases:
                    if isinstance(case, s.EventCase):
                        known = (*(() if case.when is None else (case.when.span,)), case.body.span)
                        binds = [step.bind for step in case.pattern.steps if step.bind is not None]
                        yield from (Brought(bind, known) for bind in binds)
            case _:
                pass
        for inner in blocks(node):
            yield from _in_block(inner.nodes)


def _behind(node: s.Node, below: tuple[Span, ...]) -> tuple[Span, ...]:
    """What stands below a node in its block."""
    return tuple(Span(span.source, node.span.end, span.end) for span in below)
