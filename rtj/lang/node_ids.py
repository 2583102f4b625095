"""Every node has an id: the author's `@id`, else what it names (S6.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtj.base.diagnostic import Diagnostic, Edit, Fix, Label
from rtj.base.span import Span
from rtj.lang import syntax as s
from rtj.lang.discover import in_dsl
from rtj.lang.key_fixes import with_id
from rtj.lang.scope import Report

WORDS_MAX = 20  # characters of what a suggested id says besides the word


def blocks(node: s.Node) -> tuple[s.Block, ...]:
    """The blocks of a node, in the order of the text."""
    found: tuple[s.Block | None, ...]
    match node:  # the most frequent first: everybody who looks at a journey comes by here
        case s.Send(otherwise=otherwise):
            return () if otherwise is None else (otherwise,)
        case s.Wait() | s.Exit() | s.SetAttributes() | s.Emit() | s.StartJourney():
            return ()
        case s.WaitFor(cases=cases):
            return tuple(case.body for case in cases)
        case s.WaitUntil(body=body, otherwise=otherwise):
            found = (body, otherwise)
        case s.Branch(arms=arms, otherwise=otherwise):
            found = (*(arm.body for arm in arms), otherwise)
        case s.Split(arms=shares):
            found = tuple(share.body for share in shares)
        case s.Repeat(body=body):
            found = (body,)
        case s.CallWebhook(otherwise=otherwise) | s.Decide(otherwise=otherwise) | s.Score(otherwise=otherwise):
            found = (otherwise,)
        case _:
            return ()
    return tuple(block for block in found if block is not None)


def statements(nodes: tuple[s.Node, ...]) -> Iterator[s.Node]:
    """All nodes below, in the order of the text."""
    for node in nodes:
        yield node
        for block in blocks(node):
            yield from statements(block.nodes)


def named_after(node: s.Node) -> s.Name | None:
    """What a node without an `@id` is called by."""
    match node:
        case s.Send(message=name) | s.CallWebhook(webhook=name) | s.Emit(event=name) | s.StartJourney(journey=name):
            return name
        case s.Decide(decision=name) | s.Score(model=name):
            return name
        case _:
            return None


def _word(node: s.Node) -> str:
    return node.word.text.split(":")[0].strip() or "node"


def node_ids(report: Report, journey: s.Journey) -> dict[int, str]:
    """The id of each node, by the identity of its tree. Reports ids that are missing or stand twice."""
    every = list(statements(journey.nodes))
    ids: dict[int, str] = {}
    taken = _Taken()
    for node in every:
        if node.id is not None:
            if (first := _first(taken, node.id)) is not None:
                message = f"the id `{node.id.text}` stands twice"
                hint = "choose another: people are found again by it"
                report.error("E341", message, node.id.span, hint, (Label(first, "first here"),))
            ids[id(node)] = node.id.text
    for node in every:
        name = named_after(node)
        if node.id is None and name is not None:
            if (first := _first(taken, name)) is not None:
                message = f"a second node called `{name.text}` needs an id of its own"
                labels = (Label(first, "first here"),)
                other = taken.free(name.text)
                taken[other] = node.word
                hint = "`@…` gives it one" if in_dsl(node.span) else "`id: …` gives it one"
                report.found.append(Diagnostic("E341", message, name.span, hint, labels, fix=_id_fix(node, other)))
            ids[id(node)] = name.text
    for node in every:
        if id(node) not in ids:
            ids[id(node)] = _numbered(report, taken, node)
    return ids


def _id_fix(node: s.Node, name: str) -> Fix | None:
    """The id before the blocks of the node, in the language of its file."""
    if not in_dsl(node.span):
        return with_id(node.span, name)
    inner = [part.span.start for part in _behind_id(node)]
    text = node.span.source.text
    brace = text.rfind("{", node.span.start, min(inner) + 1) if inner else -1
    end = brace if brace >= 0 else node.span.end
    at = len(text[:end].rstrip())
    return Fix(f"add `@{name}`", (Edit(at, at, f" @{name}"),))


def _behind_id(node: s.Node) -> tuple[s.Spanned, ...]:
    """What stands behind the id of a node in the journey language."""
    match node:
        case s.WaitFor(cases=cases):
            return cases
        case s.Branch(arms=arms):
            return arms
        case s.Split(arms=shares):
            return shares
        case _:
            return blocks(node)


def _first(taken: dict[str, Span], name: s.Name) -> Span | None:
    """Where the name stands already; None where this is the first, which then has it."""
    first = taken.setdefault(name.text, name.span)
    return first if first is not name.span and first != name.span else None


class _Taken(dict[str, Span]):
    """The names that nodes have, and where."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[str, int] = {}

    def free(self, base: str) -> str:
        """A name like `base` that no node has."""
        name, number = base, self._numbers.get(base, 1)
        while name in self:
            number += 1
            name = f"{base}_{number}"
        self._numbers[base] = number
        return name


def _numbered(report: Report, taken: _Taken, node: s.Node) -> str:
    match node:
        case s.SetAttributes():
            base = "set"
        case s.Branch():
            base = "branch"
        case s.Exit():
            base = "exit"
        case _:
            base = _word(node)
            message = f"`{base}` needs an id: people wait there when a new version comes"
            name = taken.free(_telling(node, base))
            hint = f"`{base} … @my_{base}`" if in_dsl(node.span) else f"`id: my_{base}`"
            report.found.append(Diagnostic("E340", message, node.word, hint, fix=_id_fix(node, name)))
            taken[name] = node.word
            return name
    name = taken.free(base)
    taken[name] = node.word
    return name


def _telling(node: s.Node, base: str) -> str:
    """What a node may be called by: its word and what it is about, if that is short."""
    about: s.Spanned | None
    match node:
        case s.Wait(length=about) | s.WaitUntil(moment=about) | s.Split(salt=about) | s.Repeat(times=about):
            pass
        case s.WaitFor(cases=(s.EventCase(pattern=pattern), *_)):
            about = pattern.steps[0].events[0].name
        case s.Collect(step=step):
            about = step.events[0].name
        case _:
            about = None
    words = re.sub(r"[^A-Za-z0-9]+", "_", about.span.text if about is not None else "").strip("_").lower()
    return f"{base}_{words}" if words and len(words) <= WORDS_MAX else base
