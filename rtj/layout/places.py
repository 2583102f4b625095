"""Where the words of a journey stand in its file, by the keys that they have in YAML: the same for both spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lang.dsl_nodes import kids_of
from rtj.lang.phrase_build import ends

if TYPE_CHECKING:
    from lark import Token, Tree

ITEM = re.compile(r"(?:- *)?$")
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Place:
    """A word and all that belongs to it: offsets [start, end). `head`: where the word itself ends. `parts`: what it holds by key,
    `items`: in order. `first`: where its contents begin. `column`: of the items of a block list, counted from 0; None where
    brackets hold them. `value`: the scalar that stands there in YAML."""

    start: int
    end: int
    head: int
    parts: Mapping[str, Place] = field(default_factory=dict)
    items: tuple[Place, ...] = ()
    first: int = 0
    column: int | None = None
    value: y.Scalar | None = None


# ---- YAML


def places_of_nodes(source: Source, document: y.YamlNode) -> Place:
    """The places of one document, read without errors."""
    return _of_node(source, document, document.span.start, document.span.start)


def _of_node(source: Source, node: y.YamlNode, start: int, head: int) -> Place:
    """`start` and `head`: of the key before the node, if there is one."""
    span = node.span
    if span.start < start:  # an alias: what it names stands elsewhere
        return Place(start, head, head, first=head)
    match node:
        case y.Mapping(pairs=pairs):
            parts = {p.key.value: _of_node(source, p.value, p.key.span.start, p.key.span.end) for p in pairs}
            column = None if node.flow else _column(source, span.start)
            return Place(start, span.end, head, parts, (), span.start, column)
        case y.Sequence(items=items):
            inner = tuple([_of_node(source, item, item.span.start, item.span.start) for item in items])
            return Place(start, span.end, head, {}, inner, span.start, None if node.flow else _column(source, span.start))
        case y.Scalar():
            return Place(start, max(span.end, head), head, first=span.start, column=_column(source, start) + 1, value=node)
        case _:
            return Place(start, span.end, head, first=span.start)


def _column(source: Source, offset: int) -> int:
    """The column of an offset, counted from 0, less the `- ` of a list item before it."""
    line = source.text[source.line_starts()[source.line_col(offset)[0] - 1] : offset]
    return len(ITEM.sub("", line))


# ---- the journey language

CLAUSES = {
    "when": "when", "key": "key", "again_clause": "again", "while_inside": "while_inside", "backfill": "backfill",
    "goal_within": "within", "for_members": "for", "channels": "by", "with_pairs": "with", "take": "take", "max": "max",
    "collect_for": "for", "collect_until": "until", "id": "id", "bind": "as",
}  # fmt: skip
HEADS = {
    "wait_node": "wait", "wait_until_node": "wait", "wait_for": "wait_for", "branch": "branch", "split": "split",
    "repeat": "repeat", "send": "send", "decide": "decide", "score": "score", "call_node": "call", "collect": "collect",
    "set": "set", "emit": "emit", "start": "start", "exit": "exit", "event_case": "on", "condition_case": "when",
    "after_case": "after", "until_case": "until", "arm": "when", "share": "share", "otherwise": "else",
    "on_pattern": "on", "every": "every", "once_at": "once", "by_start": "by", "when": "when",
}  # fmt: skip
HEADERS = {
    "priority": "priority", "runs_header": "runs", "max_duration": "max_duration", "on_resume": "on_resume",
    "catch_up": "catch_up", "stability": "stability", "formerly": "formerly", "on_deploy": "on_deploy", "timers": "timers",
    "moved": "moved", "dropped": "dropped", "enter": "enter", "goal": "goal", "exit_header": "exit",
}  # fmt: skip
SEVERAL = frozenset(("moved", "dropped", "enter", "goal", "exit"))  # headers that a journey may have more than once
LISTS = {"wait_for": "wait_for", "branch": "branch", "split": "arms"}
ITEMS = frozenset(("event_case", "condition_case", "after_case", "until_case", "arm", "share"))
TOKENS = {"PER_ENTRY": "per", "STAY": "stay"}


def places_of_tree(tree: Tree[Token]) -> list[Place]:
    """The places of the journeys of a file of the journey language, read without errors."""
    return [_journey(kid) for kid in kids_of(tree)]


def _at(start: int, end: int) -> Place:
    return Place(start, end, end, first=end)


def _journey(tree: Tree[Token]) -> Place:
    start, end = ends(tree)
    name: Any = tree.children[0]
    parts: dict[str, Place] = {"journey": _at(start, name.end_pos)}
    headers: dict[str, list[Place]] = {}
    nodes: list[Place] = []
    for kid in tree.children[1:]:
        if isinstance(kid, str):
            token: Any = kid
            parts["title"] = _at(token.start_pos, token.end_pos)
        elif str(kid.data) in HEADERS:
            headers.setdefault(HEADERS[str(kid.data)], []).append(_trigger(kid) if kids_of(kid) else _at(*ends(kid)))
        else:
            nodes.append(_unit(kid))
    for key, places in headers.items():
        parts[key] = replace(places[0], items=tuple(places)) if key in SEVERAL else places[0]
    parts["do"] = Place(end, end - 1, end, {}, tuple(nodes), nodes[0].start if nodes else end - 1)
    return Place(start, end, end, parts)


def _trigger(tree: Tree[Token]) -> Place:
    """A header. Its clauses stand beside its trigger, which has clauses too."""
    start, end = ends(tree)
    first, *others = kids_of(tree)
    parts = dict(_unit(first).parts)
    for kid in others:
        parts[CLAUSES.get(str(kid.data), str(kid.data))] = _at(*ends(kid))
    _add_tokens(parts, tree)
    return Place(start, end, end, parts)


def _add_tokens(parts: dict[str, Place], tree: Tree[Token]) -> None:
    for kid in tree.children:
        token: Any = kid
        if isinstance(kid, str) and token.type in TOKENS:
            parts[TOKENS[token.type]] = _at(token.start_pos, token.end_pos)


def _unit(tree: Tree[Token]) -> Place:
    """A statement, a case, an arm or a trigger."""
    start, end = ends(tree)
    rule = str(tree.data)
    parts: dict[str, Place] = {}
    items: list[Place] = []
    others: list[Tree[Token]] = []
    for kid in kids_of(tree):
        name = str(kid.data)
        if name in ITEMS or (name == "otherwise" and rule == "branch"):
            items.append(_unit(kid))
        elif name == "block":
            parts["do"] = _block(kid, NOWHERE)
        elif name == "otherwise":
            parts["else"] = _block(kids_of(kid)[0], ends(kid)[0])
        elif name == "on_pattern":
            parts.update(_pattern(kid))
        elif name in CLAUSES and name != rule:
            parts[CLAUSES[name]] = _at(*ends(kid))
        else:
            others.append(kid)
    if rule == "on_pattern":
        parts.update(_pattern(tree))
    if rule == "otherwise":
        parts["else"] = replace(parts.pop("do"), start=start)
    if rule == "repeat" and len(others) > 1:
        parts["until"] = _at(*ends(others.pop()))
    if rule == "share":
        name_: Any = tree.children[1]
        parts["arm"] = _at(name_.start_pos, name_.end_pos)
    _add_tokens(parts, tree)
    head = HEADS.get(rule, rule)
    if rule in LISTS:
        parts[LISTS[rule]] = Place(start, end - 1, start, {}, tuple(items), items[0].start if items else end - 1)
    if head not in parts or rule in LISTS:
        inner = min((place.start for key, place in parts.items() if place.start > start), default=end)
        named: list[Any] = [kid for kid in tree.children if isinstance(kid, str)]
        stop = ends(others[0])[1] if others else named[0].end_pos if named else start + 1
        head_place = _at(start, max(start + 1, min(stop, inner)))
        parts[head] = replace(parts[head], head=head_place.end) if head in parts else head_place
    return Place(start, end, end, parts)


def _block(tree: Tree[Token], start: int) -> Place:
    """A block in braces. `start`: of the word before it, NOWHERE if there is none."""
    first, end = ends(tree)
    return Place(start, end - 1, first, {}, tuple([_unit(kid) for kid in kids_of(tree)]), first)


def _pattern(tree: Tree[Token]) -> dict[str, Place]:
    """`on`, and `as` where the last step brings a name."""
    start, end = ends(tree)
    steps = kids_of(kids_of(tree)[0])
    last = kids_of(steps[-1]) if str(steps[-1].data) == "step" else []
    if last and str(last[-1].data) == "bind":
        at, behind = ends(last[-1])
        return {"on": _at(start, ends(last[-2])[1]), "as": _at(at, behind)}
    return {"on": _at(start, end)}
