"""Where comments can stand in a file, and what stands behind them: texts that are no comments, and nodes to cover."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lang.discover import is_dsl
from rtj.lang.dsl_outline import texts

INDICATOR = re.compile(r"(?:[&!]\S*\s+)*[|>][^\r\n]*")


class Ground:
    """The nodes of one file, laid out for looking up offsets. `nodes` are the pairs of mappings, the items of lists and the
    plain values of pairs as (start, end), in the order of the text, the outermost first where several begin together."""

    def __init__(self, source: Source, documents: Iterable[y.YamlNode]) -> None:
        self.source = source
        self.nodes: list[tuple[int, int]] = []
        self._texts: list[tuple[int, int]] = []
        self._blocks: dict[int, tuple[int, int]] = {}
        self._collect(documents)
        if is_dsl(source.path):  # within a phrase `#` begins a comment, and only texts are texts
            self._texts = list(texts(source))
        self.nodes.sort(key=lambda node: (node[0], -node[1]))
        self._texts.sort()

    def _collect(self, documents: Iterable[y.YamlNode]) -> None:
        for node in y.each_node(documents):
            match node:
                case y.Scalar():
                    self._add_text(node)
                case y.Mapping(pairs=pairs):
                    for pair in pairs:
                        self.nodes.append((pair.key.span.start, max(pair.key.span.end, pair.value.span.end)))
                        if isinstance(pair.value, y.Scalar):
                            self.nodes.append((pair.value.span.start, pair.value.span.end))
                case y.Sequence(items=items):
                    self.nodes += ((item.span.start, item.span.end) for item in items)
                case y.Broken():
                    continue

    def _add_text(self, node: y.Scalar) -> None:
        start, end = node.span.start, node.span.end
        if node.style in ("|", ">") and (head := INDICATOR.match(self.source.text, start, end)) is not None:
            self._blocks[self.source.line_col(head.end())[0]] = (start, end)
            start = head.end()  # what stands behind the indicator is a comment
        self._texts.append((start, end))

    def in_text(self, offset: int) -> bool:
        """Does the offset lie within a value or key?"""
        place = bisect_right(self._texts, (offset, len(self.source.text) + 1)) - 1
        return place >= 0 and self._texts[place][0] <= offset < self._texts[place][1]

    def after(self, offset: int) -> tuple[int, int] | None:
        """The node that begins next."""
        place = bisect_right(self.nodes, offset, key=lambda node: node[0])
        return self.nodes[place] if place < len(self.nodes) else None

    def block_on(self, line: int) -> tuple[int, int] | None:
        """The block of text (`|`, `>`) whose indicator stands on this line."""
        return self._blocks.get(line)
