"""A journey as a graph: the ways out of each node, where people may rest, and what lies ahead of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from rtj.ir import journey as j
from rtj.ir.program import Program, QuietHours

Way: TypeAlias = tuple[tuple[str, ...], str | None]
"""A way out of a node: its address within the node (("case", "1"), ("else",), ("next",) …), and the node to which it leads; None:
the journey ends there."""

Ids: TypeAlias = frozenset[str]


def ways(node: j.Node) -> tuple[Way, ...]:
    """The ways out of a node, in the order of the text. A case, arm or share without a block leads on behind the node."""
    match node:
        case j.Exit():
            return ()
        case j.WaitFor(cases=cases):
            return tuple((("case", str(n)), case.body or node.next) for n, case in enumerate(cases))
        case j.Branch(arms=arms):
            inner: list[Way] = [(("arm", str(n)), arm.body or node.next) for n, arm in enumerate(arms)]
            return (*inner, (("else",), node.otherwise or node.next))
        case j.Split(arms=shares):
            return tuple((("share", s.name), None if s.name == HOLDOUT else s.body or node.next) for s in shares)
        case j.Repeat(body=body):
            return ((("body",), body or node.next), (("next",), node.next))
        case j.WaitUntil(block=True):
            past = node.otherwise if node.has_otherwise else node.next
            return ((("body",), node.body or node.next), (("else",), past or node.next))
        case j.WaitUntil() | j.Send() | j.CallWebhook():
            straight: Way = (("next",), node.next)
            return (straight, (("else",), node.otherwise or node.next)) if node.has_otherwise else (straight,)
        case j.Wait() | j.Collect() | j.SetAttributes() | j.Emit() | j.StartJourney():
            return ((("next",), node.next),)


HOLDOUT = "holdout"  # the share that leaves the journey


def index(journey: j.Journey) -> dict[str, j.Node]:
    """The nodes by id, in the order of the text."""
    return {node.id: node for node in journey.nodes}


def resting(program: Program, journey: j.Journey) -> Ids:
    """The nodes at which people may be when a new version comes. A send holds people only in quiet hours that hold."""
    return frozenset(node.id for node in journey.nodes if _holds(program.quiet_hours, node))


def _holds(quiet: QuietHours | None, node: j.Node) -> bool:
    match node:
        case j.Wait() | j.WaitUntil() | j.WaitFor() | j.Collect() | j.CallWebhook():
            return True
        case j.Send(channels=channels):
            return (
                quiet is not None and quiet.then == "hold" and not (quiet.channels and set(channels).isdisjoint(quiet.channels))
            )
        case _:
            return False


def reached(nodes: Mapping[str, j.Node], starts: Iterable[str | None], *, stop: str | None = None) -> Ids:
    """The nodes at which those arrive who stand at the beginning of these, themselves included; nobody goes beyond `stop`."""
    found: set[str] = set()
    todo = [start for start in starts if start is not None]
    while todo:
        at = todo.pop()
        if at in found or at == stop or at not in nodes:
            continue
        found.add(at)
        todo += [target for _, target in ways(nodes[at]) if target is not None]
    return frozenset(found)


def ahead(nodes: Mapping[str, j.Node], occupied: Iterable[str]) -> Ids:
    """The nodes at which those may yet arrive who rest at the `occupied` ones. One of these is among them only if people can come
    there anew."""
    return reached(nodes, (target for at in occupied if at in nodes for _, target in ways(nodes[at])))


def scopes(nodes: Mapping[str, j.Node]) -> dict[str, tuple[str, ...]]:
    """The repeats around each node that is in one, the outermost first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for repeat in _repeats(nodes.values()):
        inside = reached(nodes, (repeat.body,), stop=repeat.id)
        for node in inside:
            found.setdefault(node, []).append((-len(inside), repeat.id))
    return {node: tuple(name for _, name in sorted(around)) for node, around in found.items()}


def _repeats(nodes: Iterable[j.Node]) -> Iterator[j.Repeat]:
    return (node for node in nodes if isinstance(node, j.Repeat) and node.body is not None)


def frontier(nodes: Mapping[str, j.Node], start: str | None, beyond: Ids) -> frozenset[str | None]:
    """The first nodes outside `beyond` at which a way arrives that begins at `start` (None: the end)."""
    found: set[str | None] = set()
    seen: set[str] = set()
    todo: list[str | None] = [start]
    while todo:
        at = todo.pop()
        if at is None or at not in beyond:
            found.add(at)
        elif at not in seen:
            seen.add(at)
            out = ways(nodes[at])
            todo += [target for _, target in out] if out else [None]
    return frozenset(found)
