"""Which nodes of a flat machine come after which, and which of them at the same instant."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from rtj.ir import journey as irj


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
    todo, seen = [first], set[str]()
    while todo:
        name = todo.pop()
        if name is None or name in seen:
            continue
        if name in wanted:
            return name
        seen.add(name)
        todo += _next_at_once(nodes[name])
    return None


def follows_at_once(journey: irj.Journey, node: str, others: Iterable[str]) -> bool:
    """May another of these nodes come after this one without a rest?"""
    nodes = {one.id: one for one in journey.nodes}
    wanted = set(others) - {node}
    return any(reached_at_once(nodes, following, wanted) is not None for following in _next_at_once(nodes[node]))


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
