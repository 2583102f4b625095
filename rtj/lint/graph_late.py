"""W213: a message that was meant for a time before something, and that those who come late get at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rtj.base.diagnostic import Diagnostic, Label
from rtj.ir import expr as ir
from rtj.lang import syntax as s
from rtj.lang.discover import in_dsl
from rtj.lang.node_ids import blocks, statements
from rtj.lang.types import is_unknown, some
from rtj.lint.facts import Facts, JourneyFacts

CODE = "W213"
HAPPENED = frozenset({"ts", "received_at"})  # a moment before what has happened is past for everybody
CLOCK = ("now()", "today(")
IN_BLOCK = "`do: […]` runs at that moment only; who comes later goes on behind it"
IN_BRACES = "a block behind it, `{ … }`, runs at that moment only; who comes later goes on behind it"


def late_at_once(facts: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W213, of journeys that neither look at the clock where they read the moment nor give a wait a block: who has written one
    knows what it is for."""
    nodes = list(statements(journey.tree.nodes))
    waits = [node for node in nodes if isinstance(node, s.WaitUntil)]
    if not journey.tree.whole or not waits or any(node.body is not None or node.otherwise is not None for node in waits):
        return
    for rows in (journey.tree.nodes, *(block.nodes for node in nodes for block in blocks(node))):
        for node, following in pairwise(rows):
            if isinstance(node, s.WaitUntil) and isinstance(following, s.Send):
                yield from _late(facts, journey, node, following)


def _late(facts: Facts, journey: JourneyFacts, node: s.WaitUntil, send: s.Send) -> Iterator[Diagnostic]:
    match node.moment:
        case s.ExprMoment(at=at) | s.ClockMoment(on=s.Binary() as at):
            field = _before(facts, at)
        case _:
            return
    if field is None or _looks_at_the_clock(journey, field):
        return
    shown = " ".join(node.moment.span.text.split())
    message = f"who comes here after `{shown}` gets `{send.message.text}` at once: a moment that is past is passed"
    hint = IN_BRACES if in_dsl(node.span) else IN_BLOCK
    yield Diagnostic(CODE, message, node.moment.span, hint, (Label(send.message.span, "sent at once"),), "info")


def _before(facts: Facts, tree: s.Expr) -> s.Field | None:
    """The field of an event, some length before which a moment lies."""
    if not isinstance(tree, s.Binary) or tree.op != "-" or not isinstance(tree.right, s.Length):
        return None
    field = tree.left
    while isinstance(field, s.Binary) and field.op == "??":
        field = field.left
    if not isinstance(field, s.Field) or field.name.text in HAPPENED:
        return None
    whole, base = facts.checked.of(tree), facts.checked.of(field.base)
    if whole is None or base is None or is_unknown(whole.type):  # a mistake was reported in it
        return None
    return field if isinstance(some(base.type), ir.EventOf) else None


def _looks_at_the_clock(journey: JourneyFacts, field: s.Field) -> bool:
    """Does a line of the journey name both the field and now? Then late comers were thought of."""
    name = field.name.text
    lines = journey.tree.span.source.text.splitlines()
    return any(f".{name}" in line and any(word in line for word in CLOCK) for line in lines)
