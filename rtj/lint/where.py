"""Where in the structure of its file an offset stands: the journey, and a JSON pointer to the innermost node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from rtj.base.memory import Memory
from rtj.base.span import Source
from rtj.lang import yaml_nodes as y


@dataclass(frozen=True, slots=True)
class Place:
    """`journey`: empty outside one. `path`: `/do/0/wait_for/1/when`; empty at the top. `stable`: the same with the ids of list
    items for their numbers, so that an item put before them changes nothing."""

    journey: str = ""
    path: str = ""
    stable: str = ""


class Outline:
    """The YAML of one file, read once, for looking up offsets."""

    def __init__(self, source: Source) -> None:
        self.documents = y.read_documents(source, [])

    def place(self, offset: int) -> Place:
        """Where `offset` stands. What lies between nodes belongs to the one around it."""
        for document in self.documents:
            if document.span.start <= offset <= document.span.end:
                steps = list(_steps(document, offset))
                path = "".join(f"/{_escaped(step)}" for step, _ in steps)
                stable = "".join(f"/{_escaped(name)}" for _, name in steps)
                return Place(_journey(document), path, stable)
        return Place()


class Outlines:
    """Those of the files of a project, each read when it is first asked for."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def of(self, source: Source) -> Outline:
        """The outline of a text."""
        return self._memory.recall("outline", (source,), partial(Outline, source))


def _steps(node: y.YamlNode, offset: int) -> Iterator[tuple[str, str]]:
    """The keys and numbers on the way down, each as it is and as it is called when the item has an id."""
    while True:
        match node:
            case y.Mapping(pairs=pairs):
                pair = next((p for p in pairs if p.key.span.start <= offset <= max(p.key.span.end, p.value.span.end)), None)
                if pair is None:
                    return
                yield pair.key.value, pair.key.value
                if offset < pair.value.span.start:
                    return
                node = pair.value
            case y.Sequence(items=items):
                found = next(((i, n) for i, n in enumerate(items) if n.span.start <= offset <= n.span.end), None)
                if found is None:
                    return
                number, node = found
                yield str(number), _id(node) or str(number)
            case _:
                return


def _id(node: y.YamlNode) -> str:
    """What a list item is called by: its id, name or arm."""
    if isinstance(node, y.Mapping):
        for pair in node.pairs:
            if pair.key.value in ("id", "name", "arm") and isinstance(pair.value, y.Scalar):
                return pair.value.value
    return ""


def _journey(document: y.YamlNode) -> str:
    if isinstance(document, y.Mapping):
        for pair in document.pairs:
            if pair.key.value == "journey" and isinstance(pair.value, y.Scalar):
                return pair.value.value
    return ""


def _escaped(step: str) -> str:
    """As RFC 6901 has it."""
    return step.replace("~", "~0").replace("/", "~1")
