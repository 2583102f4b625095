"""Files as people break them: a key lost, misspelt or from elsewhere, a value of another kind, an item too many."""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import yaml

from rtj.lang import (
    read_delivery,
    read_environments,
    read_gates,
    read_journey,
    read_lint,
    read_nodes,
    read_privacy,
    read_sections,
    read_triggers,
    read_versions,
)
from rtj.scenario import read as read_tests
from tests.schema.corpus import corpus
from tests.schema.editor import documents, reported, unreadable

READERS: dict[str, tuple[ModuleType, ...]] = {
    "project": (read_sections, read_delivery, read_gates, read_privacy, read_lint, read_environments),
    "journey": (read_journey, read_triggers, read_nodes, read_versions),
    "test": (read_tests,),
}
VALUES: list[Any] = [
    None, "", "x", "exit", "yes", "true", "NULL", "é", "名前", "a b", "a-b", "a.b", "a = 1", "*", "no*where", "7", "-0", "007",
    5, -1, 0, 1.5, 10**19, True, False, [], {}, [None], [[]], ["a"], ["a", "b"], [1], {"a": "b"}, {"a": None}, {"x?": "string?"},
    "45%", "101%", "100%", "30m", "30m # a while", "1 day", "1day", "2 per 24h", "5 in total", "22:00", "22:00 to 23:00",
    "2026-03-01", "2026-02-30", "2026-03-01T10:00Z", "+3m", "+1 day", "+3m a", "20m a", "never", "after 3d", "until 09:00",
    "from 2026-01-01", "string", "string?", "integer", ["string"], {"one_of": ["a"]}, {"one_of": []}, {"one_of": "string"},
    {"schema": "a.json"}, {"schema": "string"}, "a then b as c", "3 times", "env:NAME",
    "env:1", "$X", "a:1", "a:99999", ":80", "http://a/b", "redis://a", "mysql://a", "sqlite:a", "5 per 1s", "stdin",
    "profile.a = 1", "a else b", "a == b",
]  # fmt: skip
Path = tuple[Any, ...]


@cache
def _bodies() -> tuple[tuple[str, Any], ...]:
    """The documents to begin with."""
    return tuple(
        (file.kind, document)
        for file in corpus()
        if not unreadable(reported(file.kind, file.text))
        for document in documents(file.text)
        if isinstance(document, dict)
    )


@cache
def _seen() -> tuple[dict[str, list[str]], dict[tuple[str, str], list[Any]]]:
    """By kind of file: all keys, and what stands behind them."""
    keys: dict[str, set[str]] = defaultdict(set)
    values: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for kind, modules in READERS.items():
        keys[kind] |= set(read_nodes.CLAUSES) if kind == "journey" else set()
        for module in modules:
            for name, legal in vars(module).items():
                if name.isupper() and isinstance(legal, tuple):
                    keys[kind] |= {word for word in legal if isinstance(word, str)}
    for kind, body in _bodies():
        for path in _paths(body):
            if path and isinstance(path[-1], str):
                keys[kind].add(path[-1])
                values[kind, path[-1]].append(_at(body, path))
    return {kind: sorted(words) for kind, words in keys.items()}, values


def _paths(body: Any, above: Path = ()) -> Iterator[Path]:
    yield above
    for key in body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ():
        yield from _paths(body[key], (*above, key))


def _at(body: Any, path: Path) -> Any:
    for key in path:
        body = body[key]
    return body


def mutant(chance: random.Random) -> tuple[str, str]:
    """A kind of file, and the text of one that was broken one to three times."""
    kind, body = chance.choice(_bodies())
    body = copy.deepcopy(body)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        _break(chance, kind, body)
    return kind, yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=10**6)


def _break(chance: random.Random, kind: str, body: Any) -> None:
    path = chance.choice(list(_paths(body)))
    node = _at(body, path)
    keys, values = _seen()
    way = chance.randrange(6)
    if isinstance(node, dict) and way == 0 and node:
        del node[chance.choice(list(node))]
    elif isinstance(node, dict) and way == 1:
        key = chance.choice(keys[kind])
        known = values.get((kind, key), VALUES)
        node[key] = copy.deepcopy(chance.choice(known if chance.random() < 0.7 else VALUES))
    elif isinstance(node, dict) and way == 2 and node:
        old = chance.choice(list(node))
        words = (old[:-1], old + "s", old.upper(), "a b", "a-b", "+3m x", "20m x", "", "?", "x?", "??", chance.choice(keys[kind]))
        new = chance.choice(words)
        pairs = [(new if key == old else key, value) for key, value in node.items()]
        node.clear()
        node.update(pairs)
    elif isinstance(node, list) and way == 3:
        node.insert(chance.randrange(len(node) + 1), copy.deepcopy(chance.choice(VALUES)))
    elif isinstance(node, list) and way == 4 and node:
        node.pop(chance.randrange(len(node)))
    elif path:
        parent, key = _at(body, path[:-1]), path[-1]
        wrapped = ([parent[key]], {"x": parent[key]})
        parent[key] = copy.deepcopy(chance.choice(VALUES)) if chance.random() < 0.8 else chance.choice(wrapped)
