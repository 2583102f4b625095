"""What nobody ever comes to: nodes below what everybody leaves at, and receipts of messages that were not sent yet."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Label
from rtj.lang import syntax as s
from rtj.lang.node_ids import blocks, statements
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.graph import graph, leaving

LABELS_MAX = 5  # of one report


def unreachable(_: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W360: the first node of a block to which nobody gets. Where something could not be read, only what stands below an `exit`
    is surely not reached."""
    yield from _unreachable(journey.tree.nodes, whole=journey.tree.whole)


def _unreachable(block: tuple[s.Node, ...], *, whole: bool) -> Iterator[Diagnostic]:
    for place, node in enumerate(block):
        for inner in blocks(node):
            yield from _unreachable(inner.nodes, whole=whole)
        out = leaving(node) if whole or isinstance(node, s.Exit) else ()
        if out and place + 1 < len(block):
            labels = tuple(Label(one.name.span if isinstance(one, s.Share) else one.word, "leaves here") for one in out)
            what = "the node above it leaves the journey"
            if not isinstance(node, s.Exit):
                name = f"`{node.id.text}`" if node.id is not None else f"the `{node.word.text}` in line {node.word.line}"
                what = f"everybody who comes to {name} leaves the journey there"
            yield Diagnostic("W360", f"never reached: {what}", block[place + 1].word, "", labels[:LABELS_MAX], "warning")
        if out:
            return


def receipt_too_early(_: Facts, journey: JourneyFacts) -> Iterator[Diagnostic]:
    """W418: a wait for a receipt of a message that cannot have been sent on any way to that wait."""
    if not journey.tree.whole:
        return
    waits = [(number, ref) for number, node in enumerate(statements(journey.tree.nodes)) for ref in _receipts(node)]
    if not waits:
        return
    ways = graph(journey.tree)
    sends = {journey.ids[id(node)]: number for number, node in enumerate(ways.nodes) if isinstance(node, s.Send)}
    marked = list(dict.fromkeys([*(number for number, _ in waits), *(sends.get(ref.of.text, 0) for _, ref in waits if ref.of)]))
    passed, bit = ways.before(marked), {number: 1 << place for place, number in enumerate(marked)}
    for number, ref in waits:
        sent = sends.get(ref.of.text) if ref.of is not None else None
        if sent is None or passed[number] & bit[sent]:
            continue
        name = journey.ids[id(ways.nodes[sent])]
        where = "only below" if passed[sent] & bit[number] else "on another way"
        message = f"`{name}.{ref.name.text}` can never come here: `{name}` is sent {where}"
        yield Diagnostic("W418", message, ref.span, "", (Label(ways.nodes[sent].word, "sent here"),), "warning")


def _receipts(node: s.Node) -> Iterator[s.EventRef]:
    """The receipts of one send that a node waits for."""
    if isinstance(node, s.WaitFor):
        for case in node.cases:
            if isinstance(case, s.EventCase):
                yield from (ref for step in case.pattern.steps for ref in step.events if ref.of is not None)
