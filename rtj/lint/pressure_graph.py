"""Which nodes of a flat machine come after which, and which of them at the same instant."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping

from rtj.ir import journey as irj

STEPS_MAX = 100_000  # from node to node, in one journey


def followed_by(node: irj.Node) -> tuple[str | None, ...]:
    """All nodes that may come after a node."""
    match node:
        case irj.WaitUntil(body=body, otherwise=otherwise, next=following):
            return body, otherwise, following
        case irj.WaitFor(cases=cases, next=following):
            return *(case.body for case in cases), following
        case irj.Branch(arms=arms, otherwise=otherwise, next=following):
            return *(arm.body for arm in arms), otherwise, following
        case irj.Split(arms=shares, next=following):
            return *(share.body for share in shares), following
        case irj.Repeat(body=body, next=following):
            return body, following
        case irj.Send(otherwise=otherwise, next=following) | irj.CallWebhook(otherwise=otherwise, next=following):
            return otherwise, following
        case irj.Exit():
            return ()
        case _:
            return (node.next,)


def reached_at_once(nodes: Mapping[str, irj.Node], first: str | None, wanted: Container[str]) -> str | None:
    """One of the wanted nodes that may be come to from `first` without a rest."""
    return next((name for name in _at_once(nodes, [first]) if name in wanted), None)


def any_at_once(journey: irj.Journey, nodes: Collection[str]) -> bool:
    """May one of these nodes come after another without a rest? If that takes long to see: yes."""
    known = {one.id: one for one in journey.nodes}
    left = STEPS_MAX
    for node in nodes:
        for name in _at_once(known, _next_at_once(known[node])):
            left -= 1
            if (name in nodes and name != node) or left < 0:
                return True
    return False


def _at_once(nodes: Mapping[str, irj.Node], first: Iterable[str | None]) -> Iterator[str]:
    """These nodes, and all that may be come to from them without a rest."""
    todo, seen = list(first), set[str]()
    while todo:
        name = todo.pop()
        if name is not None and name not in seen:
            seen.add(name)
            yield name
            todo += _next_at_once(nodes[name])


def _next_at_once(node: irj.Node) -> tuple[str | None, ...]:
    match node:
        case irj.Branch() | irj.Split() | irj.Repeat():
            return followed_by(node)
        case irj.WaitFor(cases=cases, next=following):
            return tuple(case.body or following for case in cases if case.condition is not None)
        case irj.Send(next=following) | irj.SetAttributes(next=following) | irj.Emit(next=following):
            return (following,)
        case irj.StartJourney(next=following):
            return (following,)
        case _:
            return ()
