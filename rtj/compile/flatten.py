"""Blocks become a flat table of nodes that point at each other."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rtj.ir.journey import (
    Branch,
    CallWebhook,
    Collect,
    Emit,
    Exit,
    Journey,
    Node,
    Repeat,
    Send,
    SetAttributes,
    Split,
    StartJourney,
    Wait,
    WaitFor,
    WaitUntil,
)
from rtj.lang.checked import Block, CheckedJourney, Placed

replace = msgspec.structs.replace


def flatten(journey: CheckedJourney) -> Journey:
    """The journey with its nodes in the order of the text. After a block it goes on below the node that has the block."""
    nodes = tuple(_block(journey.body, None))
    return replace(journey.frame, nodes=nodes, first=nodes[0].id if nodes else None)


def _block(block: Block, after: str | None) -> Iterator[Node]:
    for place, placed in enumerate(block):
        following = block[place + 1].node.id if place + 1 < len(block) else after
        yield from _placed(placed, following)


def _placed(placed: Placed, following: str | None) -> Iterator[Node]:
    node = placed.node
    heads = [body[0].node.id if body else None for body in placed.bodies]
    otherwise = placed.otherwise[0].node.id if placed.otherwise else None
    yield _pointed(node, heads, otherwise, following)
    back = node.id if isinstance(node, Repeat) else following
    for body in (*placed.bodies, placed.otherwise):
        if body:
            yield from _block(body, back)


def _pointed(node: Node, heads: list[str | None], otherwise: str | None, following: str | None) -> Node:
    match node:
        case WaitUntil():
            return replace(node, body=heads[0], otherwise=otherwise, next=following)
        case WaitFor(cases=cases):
            bodied = tuple(replace(case, body=head) for case, head in zip(cases, heads, strict=True))
            return replace(node, cases=bodied, next=following)
        case Branch(arms=arms):
            led = tuple(replace(arm, body=head) for arm, head in zip(arms, heads, strict=True))
            return replace(node, arms=led, otherwise=otherwise, next=following)
        case Split(arms=shares):
            led_shares = tuple(replace(share, body=head) for share, head in zip(shares, heads, strict=True))
            return replace(node, arms=led_shares, next=following)
        case Repeat():
            return replace(node, body=heads[0], next=following)
        case Send() | CallWebhook():
            return replace(node, otherwise=otherwise, next=following)
        case Wait() | Collect() | SetAttributes() | Emit() | StartJourney():
            return replace(node, next=following)
        case Exit():
            return node
