"""The values of nodes, for the project's own rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.node_ids import blocks
from rtj.lint.facts import Facts, JourneyFacts
from rtj.lint.user_values import event_types, ms, once, shown, text


@dataclass(frozen=True, slots=True)
class _Around:
    """What a node stands within: how many nodes, and whether one of them repeats or splits."""

    depth: int = 0
    in_repeat: bool = False
    in_split: bool = False


AT_TOP = _Around()


def node_values(
    facts: Facts, journey: JourneyFacts, nodes: Sequence[s.Node], around: _Around = AT_TOP
) -> Iterator[tuple[Span, dict[str, Any]]]:
    """The nodes below, in the order of the text. Blocks nest no deeper than YAML may."""
    for place, node in enumerate(nodes):
        own = _own(facts, node)
        common = {
            "id": journey.ids[id(node)],
            "has_id": node.id is not None,
            "depth": around.depth,
            "in_repeat": around.in_repeat,
            "in_split": around.in_split,
            "last": place == len(nodes) - 1,
        }
        yield node.word, common | own
        repeats = around.in_repeat or isinstance(node, s.Repeat)
        inside = _Around(around.depth + 1, repeats, around.in_split or isinstance(node, s.Split))
        for block in blocks(node):
            yield from node_values(facts, journey, block.nodes, inside)


def _own(facts: Facts, node: s.Node) -> dict[str, Any]:
    """What a node of its kind has beside what all have."""
    match node:
        case s.Wait(length=length):
            return {"kind": "wait", "length": ms(length), "text": shown(length)}
        case s.WaitUntil(moment=moment, otherwise=otherwise):
            return {"kind": "wait_until", "has_else": otherwise is not None, "text": shown(moment)}
        case s.WaitFor(cases=cases):
            return _wait_for(cases)
        case s.Branch(arms=arms, otherwise=otherwise):
            return {"kind": "branch", "arms": len(arms), "has_else": otherwise is not None}
        case s.Split():
            return _split(node)
        case s.Repeat(times=times, until=until):
            return {"kind": "repeat", "times": times.value, "has_until": until is not None}
        case s.Send():
            return _send(facts, node)
        case s.CallWebhook(webhook=webhook):
            return {"kind": "call", "webhook": webhook.text, **_answered(node)}
        case s.Collect(step=step, bind=bind, length=length, max=most):
            number = most.value if most is not None else None
            return {"kind": "collect", "events": event_types((step,)), "length": ms(length), "max": number, "bind": text(bind)}
        case s.SetAttributes(assigns=assigns):
            return {"kind": "set", "attributes": once(assign.path[1].text for assign in assigns)}
        case s.Emit(event=event, pairs=pairs):
            return {"kind": "emit", "event": event.text, "values": _values(pairs)}
        case s.StartJourney(journey=started, pairs=pairs):
            return {"kind": "start", "starts": started.text, "values": _values(pairs)}
        case s.Exit(reason=reason):
            return {"kind": "exit", "reason": text(reason)}
        case s.Decide() | s.Score():
            raise AssertionError("a journey with what cannot run has an error, and nothing is told of it")


def _wait_for(cases: Sequence[s.Case]) -> dict[str, Any]:
    after = [length for case in cases if isinstance(case, s.AfterCase) and (length := ms(case.length)) is not None]
    events = (event for case in cases if isinstance(case, s.EventCase) for event in event_types(case.pattern.steps))
    timed = any(isinstance(case, s.AfterCase | s.UntilCase) for case in cases)
    return {
        "kind": "wait_for",
        "cases": len(cases),
        "events": once(events),
        "has_timeout": timed,
        "timeout": min(after, default=None),
    }


def _split(node: s.Split) -> dict[str, Any]:
    arms = tuple({"name": arm.name.text, "percent": _percent(arm.share)} for arm in node.arms)
    holds_out = any(arm.name.text == "holdout" for arm in node.arms)
    return {"kind": "split", "salt": node.salt.value, "per_entry": node.per_entry, "arms": arms, "has_holdout": holds_out}


def _percent(millionths: int) -> int | float:
    return millionths // 10_000 if millionths % 10_000 == 0 else millionths / 10_000


def _send(facts: Facts, node: s.Send) -> dict[str, Any]:
    named = tuple(channel.text for channel in node.channels)
    only = tuple(channel.name.text for channel in facts.project.channels)
    return {"kind": "send", "message": node.message.text, "channels": named or only[:1], **_answered(node)}


def _answered(node: s.Send | s.CallWebhook) -> dict[str, Any]:
    return {"values": _values(node.pairs), "has_else": node.otherwise is not None, "bind": text(node.bind)}


def _values(pairs: Sequence[s.Pair]) -> tuple[str, ...]:
    return tuple(pair.name.text for pair in pairs)
