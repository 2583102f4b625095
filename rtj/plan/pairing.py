"""Which node of the new version is which node of the old one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import msgspec

from rtj.ir import journey as j
from rtj.ir.crossing import moved_nodes
from rtj.ir.program import canonical

LIKE = 0.8  # from which likeness on a node may be a renamed one
GUESSES_MAX = 200  # nodes of one version that are looked at for renames
_NUMBERED = re.compile(r"(branch|set|exit)(_\d+)?")  # ids that the compiler gives where nobody rests


@dataclass(frozen=True, slots=True)
class Pairing:
    """`nodes`: new id by old id; `moved`: those among them that the author has renamed; `dropped`: where people go who rest at a
    node that is gone (None: they leave); `removed` and `added`: ids without a partner, in the order of the text. `guesses`:
    removed nodes that look like an added one."""

    nodes: Mapping[str, str]
    moved: Collection[str]
    dropped: Mapping[str, str | None]
    removed: tuple[str, ...]
    added: tuple[str, ...]
    guesses: Mapping[str, str]

    def is_same(self, old: str | None, new: str | None) -> bool:
        """Do two ways lead to the same node, or both to the end?"""
        return new is None if old is None else new is not None and self.nodes.get(old) == new


def pair(old: j.Journey, new: j.Journey) -> Pairing:
    """Pair the nodes of two versions: by `moved`, by id, and where the compiler has numbered them by what they do."""
    was, now = {n.id: n for n in old.nodes}, {n.id: n for n in new.nodes}
    moved = moved_nodes(old, new)
    nodes = dict(moved)
    taken = set(moved.values())
    for node in old.nodes:
        if node.id not in nodes and node.id in now and node.id not in taken and not _is_numbered(node, now[node.id]):
            nodes[node.id] = node.id
            taken.add(node.id)
    nodes |= _behind(old.nodes, new.nodes, nodes)
    nodes |= _in_order(old.nodes, new.nodes, nodes)
    taken = set(nodes.values())
    removed = tuple(node.id for node in old.nodes if node.id not in nodes)
    added = tuple(node.id for node in new.nodes if node.id not in taken)
    dropped = {drop.node: drop.to for drop in new.dropped if drop.node in removed}
    undecided = [was[name] for name in removed if name not in dropped]
    return Pairing(nodes, frozenset(moved), dropped, removed, added, _guesses(undecided, [now[name] for name in added]))


def _is_numbered(old: j.Node, new: j.Node) -> bool:
    """Is the id one that the compiler has given, so that it says nothing?"""
    kinds = (j.Branch, j.SetAttributes, j.Exit)
    return isinstance(old, kinds) and isinstance(new, kinds) and _NUMBERED.fullmatch(old.id) is not None


def _behind(old: Sequence[j.Node], new: Sequence[j.Node], nodes: Mapping[str, str]) -> dict[str, str]:
    """Pairs of numbered nodes that are equal, directly behind the same node: of several equal ones these are the same."""
    places = {node.id: place for place, node in enumerate(new)}
    found: dict[str, str] = {}
    for before, node in pairwise(old):
        place = places.get(found.get(before.id) or nodes.get(before.id, ""), len(new)) + 1
        if node.id not in nodes and place < len(new) and _mark(node, "-") == _mark(new[place], "+"):
            found[node.id] = new[place].id
    return found


def _in_order(old: Sequence[j.Node], new: Sequence[j.Node], nodes: Mapping[str, str]) -> dict[str, str]:
    """Pairs of numbered nodes: equal ones in the order of the text, between nodes that are paired; then what is left of one kind
    between the same two."""
    names = {target: f"@{source}" for source, target in nodes.items()}
    ours = [f"@{node.id}" if node.id in nodes else _mark(node, "-") for node in old]
    theirs = [names.get(node.id) or _mark(node, "+") for node in new]
    if not any(mark[0] == "{" for mark in ours):
        return {}
    found: dict[str, str] = {}
    for tag, start, stop, begin, end in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            for one, other in zip(range(start, stop), range(begin, end), strict=True):
                if ours[one][0] == "{":
                    found[old[one].id] = new[other].id
        elif tag == "replace":
            found |= dict(
                _of_one_kind(_numbered(old[start:stop], ours[start:stop]), _numbered(new[begin:end], theirs[begin:end]))
            )
    return found


def _numbered(nodes: Sequence[j.Node], marks: Sequence[str]) -> list[j.Node]:
    return [node for node, mark in zip(nodes, marks, strict=True) if mark[0] == "{"]


def _mark(node: j.Node, sign: str) -> str:
    """What a node without a partner is known by: what it does if only the compiler has named it."""
    kinds = (j.Branch, j.SetAttributes, j.Exit)
    return content(node) if isinstance(node, kinds) and _NUMBERED.fullmatch(node.id) else f"{sign}{node.id}"


def _of_one_kind(ours: Sequence[j.Node], theirs: Sequence[j.Node]) -> Iterator[tuple[str, str]]:
    left = list(theirs)
    for node in ours:
        other = next((one for one in left if type(one) is type(node)), None)
        if other is not None:
            left.remove(other)
            yield node.id, other.id


def content(node: j.Node) -> str:
    """What a node does, whatever it is called and wherever it leads."""
    return canonical(msgspec.structs.replace(bare(node), id="")).decode()


def bare(node: j.Node) -> j.Node:
    """The node without the nodes to which it leads."""
    replace = msgspec.structs.replace
    match node:
        case j.WaitFor(cases=cases):
            return replace(node, cases=tuple(replace(case, body=None) for case in cases), next=None)
        case j.Branch(arms=arms):
            return replace(node, arms=tuple(replace(arm, body=None) for arm in arms), otherwise=None, next=None)
        case j.Split(arms=shares):
            return replace(node, arms=tuple(replace(share, body=None) for share in shares), next=None)
        case j.Repeat():
            return replace(node, body=None, next=None)
        case j.WaitUntil():
            return replace(node, body=None, otherwise=None, next=None)
        case j.Send() | j.CallWebhook():
            return replace(node, otherwise=None, next=None)
        case j.Exit():
            return node
        case j.Wait() | j.Collect() | j.SetAttributes() | j.Emit() | j.StartJourney():
            return replace(node, next=None)


def _guesses(removed: Sequence[j.Node], added: Sequence[j.Node]) -> dict[str, str]:
    """Nodes that were probably renamed: of one kind, and alike in what they do and what they are called."""
    found: dict[str, str] = {}
    free = list(added[:GUESSES_MAX])
    for node in removed[:GUESSES_MAX]:
        rated = [(likeness(node, other), other.id) for other in free if type(other) is type(node)]
        best = max(rated, default=(0.0, ""))
        if best[0] > LIKE and sum(1 for rate, _ in rated if rate == best[0]) == 1:
            found[node.id] = best[1]
            free = [other for other in free if other.id != best[1]]
    return found


def likeness(one: j.Node, other: j.Node) -> float:
    """From 0 to 1: what two nodes do counts three times as much as what they are called."""
    deed = shared(words_of(content(one)), words_of(content(other)))
    name = SequenceMatcher(None, one.id, other.id, autojunk=False).ratio()
    return (3 * deed + name) / 4


def words_of(text: str) -> Counter[str]:
    """The words of a text, each as often as it stands there."""
    return Counter(re.findall(r"\w+", text))


def shared(one: Counter[str], other: Counter[str]) -> float:
    """The share of words that two have in common, from 0 to 1."""
    return 2 * (one & other).total() / max(1, one.total() + other.total())
