"""Where in the structure of its file an offset stands: the journey, and a JSON pointer to the innermost node."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from rtj.base.memory import Memory
from rtj.base.span import Source, Span
from rtj.lang import yaml_nodes as y
from rtj.lang.discover import is_dsl
from rtj.lang.dsl_outline import outline


@dataclass(frozen=True, slots=True)
class Place:
    """`journey`: empty outside one. `path`: `/do/0/wait_for/1/when`; empty at the top. `stable`: the same with the ids of list
    items for their numbers, so that an item put before them changes nothing."""

    journey: str = ""
    path: str = ""
    stable: str = ""


class Outline:
    """The nodes of one file, read once, for looking up offsets. A journey has the same in both spellings."""

    def __init__(self, source: Source) -> None:
        self.documents = outline(source) if is_dsl(source.path) else y.read_documents(source, [])
        self._top = _Parts([document.span] for document in self.documents)
        self._parts: dict[int, _Parts] = {}
        self._called: dict[tuple[int, tuple[str, ...]], str] = {}

    def place(self, offset: int) -> Place:
        """Where `offset` stands. What lies between nodes belongs to the one around it."""
        number = self._top.at(offset)
        if number is None:
            return Place()
        document = self.documents[number]
        steps = list(self._steps(document, offset))
        path = "".join(f"/{_escaped(step)}" for step, _ in steps)
        stable = "".join(f"/{_escaped(name)}" for _, name in steps)
        return Place(self._name(document, ("journey",)), path, stable)

    def _steps(self, node: y.YamlNode, offset: int) -> Iterator[tuple[str, str]]:
        """The keys and numbers on the way down, each as it is and as it is called when the item has an id."""
        while isinstance(node, y.Mapping | y.Sequence):
            number = self._parts_of(node).at(offset)
            if number is None:
                return
            if isinstance(node, y.Sequence):
                node = node.items[number]
                yield str(number), self._name(node, ("id", "name", "arm")) or str(number)
                continue
            pair = node.pairs[number]
            yield pair.key.value, pair.key.value
            if offset < pair.value.span.start:
                return
            node = pair.value

    def _parts_of(self, node: y.Mapping | y.Sequence) -> _Parts:
        if id(node) not in self._parts:
            if isinstance(node, y.Mapping):
                self._parts[id(node)] = _Parts([pair.key.span, pair.value.span] for pair in node.pairs)
            else:
                self._parts[id(node)] = _Parts([item.span] for item in node.items)
        return self._parts[id(node)]

    def _name(self, node: y.YamlNode, keys: tuple[str, ...]) -> str:
        """What a mapping is called by: the text behind the first of these keys; empty if there is none."""
        if not isinstance(node, y.Mapping):
            return ""
        known = id(node), keys
        if known not in self._called:
            named = (p.value.value for p in node.pairs if p.key.value in keys and isinstance(p.value, y.Scalar))
            self._called[known] = next(named, "")
        return self._called[known]


class _Parts:
    """Where the parts of a collection stand, for looking one up among thousands. What an alias stands for is elsewhere, and is
    found there."""

    def __init__(self, spans: Iterable[list[Span]]) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.numbers: list[int] = []
        for number, parts in enumerate(spans):
            start, end = parts[0].start, max(part.end for part in parts)
            if not self.ends or start >= self.ends[-1]:
                self.starts.append(start)
                self.ends.append(end)
                self.numbers.append(number)

    def at(self, offset: int) -> int | None:
        """The number of the first part that contains the offset or ends there."""
        place = bisect_right(self.starts, offset) - 1
        if place < 0 or self.ends[place] < offset:
            return None
        while place > 0 and self.ends[place - 1] >= offset:
            place -= 1
        return self.numbers[place]


class Outlines:
    """Those of the files of a project, each read when it is first asked for."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def of(self, source: Source) -> Outline:
        """The outline of a text."""
        return self._memory.recall("outline", (source,), partial(Outline, source))


def _escaped(step: str) -> str:
    """As RFC 6901 has it."""
    return step.replace("~", "~0").replace("/", "~1")
