"""A journey as a graph: which nodes may come after which, and after which nobody goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rtj.lang import syntax as s
from rtj.lang.node_ids import blocks, statements

ACTS = (s.Send, s.CallWebhook, s.SetAttributes, s.Emit, s.StartJourney, s.Decide, s.Score)
"""Nodes that do something to somebody or to the world."""
RESTS = (s.Wait, s.WaitUntil, s.WaitFor, s.Collect)
"""Nodes at which people stay for some time."""


@dataclass(frozen=True, slots=True)
class Graph:
    """`nodes` in the order of the text; `after`: the numbers of the nodes that may come next (None: the journey is over)."""

    nodes: tuple[s.Node, ...]
    after: tuple[tuple[int | None, ...], ...]

    def reached(self, start: Iterable[int | None]) -> set[int]:
        """The nodes that can be come to from these, themselves included."""
        found: set[int] = set()
        todo = list(start)
        while todo:
            number = todo.pop()
            if number is not None and number not in found:
                found.add(number)
                todo += self.after[number]
        return found

    def leading_to(self, ends: Iterable[int]) -> set[int]:
        """The nodes from which one of these can be come to."""
        back: dict[int, list[int]] = {}
        for number, following in enumerate(self.after):
            for other in following:
                if other is not None:
                    back.setdefault(other, []).append(number)
        found: set[int] = set()
        todo = [before for end in ends for before in back.get(end, ())]
        while todo:
            number = todo.pop()
            if number not in found:
                found.add(number)
                todo += back.get(number, ())
        return found

    def before(self, marked: Iterable[int]) -> list[int]:
        """For each node those of the marked ones (a bit for each, in their order) that may have been passed on the way to it."""
        bits = {number: 1 << place for place, number in enumerate(marked)}
        passed = [0] * len(self.nodes)
        again = True
        while again:  # once for each repeat around a node, for the way back
            again = False
            for number, following in enumerate(self.after):
                here = passed[number] | bits.get(number, 0)
                for other in following:
                    if other is not None and here & ~passed[other]:
                        passed[other] |= here
                        again = again or other <= number
        return passed


def graph(journey: s.Journey) -> Graph:
    """The graph of a journey, from its tree. What `else` of a send or call leads to counts as a way."""
    nodes = tuple(statements(journey.nodes))
    numbers = {id(node): number for number, node in enumerate(nodes)}
    after: dict[int, tuple[int | None, ...]] = {}

    def lay(block: tuple[s.Node, ...], following: int | None) -> None:
        for place, node in enumerate(block):
            below = numbers[id(block[place + 1])] if place + 1 < len(block) else following
            after[numbers[id(node)]] = tuple(_heads(node, numbers, below))
            back = numbers[id(node)] if isinstance(node, s.Repeat) else below
            for inner in blocks(node):
                lay(inner.nodes, back)

    lay(journey.nodes, None)
    return Graph(nodes, tuple(after[number] for number in range(len(nodes))))


def _heads(node: s.Node, numbers: dict[int, int], below: int | None) -> Iterator[int | None]:
    """Where it goes from a node: into its blocks, or on below."""

    def head(block: s.Block | None) -> int | None:
        return numbers[id(block.nodes[0])] if block is not None and block.nodes else below

    match node:
        case s.Exit():
            yield None
        case s.WaitUntil(body=body, otherwise=otherwise):
            yield head(body)
            yield head(otherwise)
            yield below
        case s.WaitFor(cases=cases):
            yield from (head(case.body) for case in cases)
        case s.Branch(arms=arms, otherwise=otherwise):
            yield from (head(arm.body) for arm in arms)
            yield head(otherwise)
        case s.Split(arms=shares):
            yield from (None if share.name.text == "holdout" else head(share.body) for share in shares)
        case s.Repeat(body=body):
            yield head(body)
            yield below
        case s.Send(otherwise=otherwise) | s.CallWebhook(otherwise=otherwise):
            yield below
            yield head(otherwise)
        case s.Decide(otherwise=otherwise) | s.Score(otherwise=otherwise):
            yield below
            yield head(otherwise)
        case s.Wait() | s.Collect() | s.SetAttributes() | s.Emit() | s.StartJourney():
            yield below


# ---- after which nobody goes on


def leaving(node: s.Node) -> tuple[s.Node | s.Share, ...]:
    """What makes everybody leave at or inside a node, in the order of the text; nothing when somebody may go on below."""
    match node:
        case s.Exit():
            return (node,)
        case s.Branch(arms=arms, otherwise=otherwise):
            return _all_leave([*(arm.body for arm in arms), otherwise])
        case s.Split(arms=shares):
            found: list[s.Node | s.Share] = []
            for share in shares:
                out = (share,) if share.name.text == "holdout" else _all_leave([share.body])
                if not out:
                    return ()
                found += out
            return tuple(found)
        case s.WaitFor(cases=cases):
            return _all_leave([case.body for case in cases])
        case s.WaitUntil(moment=moment, body=body, otherwise=otherwise):
            return _all_leave([body] if surely_comes(moment) else [body, otherwise])
        case s.Repeat(body=body, until=None):
            return _all_leave([body])
        case _:
            return ()


def only_moment(rests: Sequence[s.Node]) -> s.ClockMoment | s.DayMoment | None:
    """The one moment for which all of these wait, if it stays reached while no time passes: now counts."""
    moments = [node.moment for node in rests if isinstance(node, s.WaitUntil)]
    if not moments or len(moments) < len(rests) or any(moment != moments[0] for moment in moments):
        return None
    match moments[0]:
        case s.DayMoment(next=False) as moment:
            return moment
        case s.ClockMoment(on=None) as moment:
            return moment
        case _:
            return None


def is_nothing(node: s.Node) -> bool:
    """A wait of no length."""
    return isinstance(node, s.Wait) and node.length == s.Length(node.length.span)


def surely_comes(moment: s.Moment) -> bool:
    """Is it a moment that is never missing and never past? The next one of a clock time is; now counts."""
    return isinstance(moment, s.DayMoment) or (isinstance(moment, s.ClockMoment) and moment.on is None)


def _all_leave(ways: list[s.Block | None]) -> tuple[s.Node | s.Share, ...]:
    """What makes people leave on each of these ways; nothing when one of them goes on."""
    found: list[s.Node | s.Share] = []
    for block in ways:
        out = next((out for node in block.nodes if (out := leaving(node))), ()) if block is not None else ()
        if not out:
            return ()
        found += out
    return tuple(found)
