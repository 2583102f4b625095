"""YAML as the tokens of its scanner, each with the blocks around it and the column at which these will begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from rtj.base.span import Source

STEP = 2


@dataclass(frozen=True, slots=True)
class Block:
    """A block mapping or list: the column at which it begins, before and after. `real`: libyaml indents for it; a list that
    begins at the column of the key above it has no indent of its own."""

    is_list: bool
    before: int
    after: int
    real: bool = True


@dataclass(frozen=True, slots=True)
class Tok:
    """A token with text. `blocks`: those around it, the innermost last; `flow`: how many brackets are open before it; `column`:
    where it goes if it is the first of its line."""

    kind: str
    start: int
    end: int
    style: str
    blocks: tuple[Block, ...]
    flow: int
    column: int


def tokens_of(source: Source) -> list[Tok]:
    """The tokens of a text without errors."""
    return list(_Reader(source).tokens())


def _scanned(text: str) -> Iterator[Any]:
    if not yaml.__with_libyaml__:
        yield from yaml.scan(text, Loader=yaml.SafeLoader)
        return
    from yaml._yaml import CParser

    parser = CParser(text)
    try:
        while parser.check_token():
            yield parser.get_token()
    finally:
        parser.dispose()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.blocks: list[Block] = []
        self.flow = 0
        self.key = False  # a key follows

    def tokens(self) -> Iterator[Tok]:
        for token in _scanned(self.source.text):
            start, end = token.start_mark.index, token.end_mark.index
            column = self.source.line_col(start)[1]
            match token:
                case yaml.BlockMappingStartToken() | yaml.BlockSequenceStartToken():
                    self.begin(column - 1, is_list=isinstance(token, yaml.BlockSequenceStartToken))
                case yaml.BlockEndToken():
                    self.leave_bare_list()
                    self.blocks.pop()
                case yaml.KeyToken() if not self.flow:
                    self.leave_bare_list()
                    self.key = True
                case yaml.BlockEntryToken():
                    if not self.blocks[-1].is_list:  # at the column of the key above
                        self.begin(column - 1, is_list=True, real=False)
            if end > start and not isinstance(token, yaml.StreamStartToken | yaml.StreamEndToken):
                yield self.token(token, start, end)
                self.key = self.key and isinstance(token, yaml.KeyToken)
            if isinstance(token, yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken):
                self.flow += 1

    def token(self, token: Any, start: int, end: int) -> Tok:
        if isinstance(token, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken):
            self.flow -= 1
        kind = type(token).__name__.removesuffix("Token")
        style = (token.style or "") if isinstance(token, yaml.ScalarToken) else ""
        column = self.column(kind)
        return Tok(kind, start, end, style, tuple(self.blocks), self.flow, column)

    def column(self, kind: str) -> int:
        if not self.blocks or kind in ("DocumentStart", "DocumentEnd", "Directive"):
            return 0
        heads = self.key or kind in ("BlockEntry", "Key", "Value")
        return self.blocks[-1].after + (0 if heads else STEP)

    def begin(self, column: int, *, is_list: bool, real: bool = True) -> None:
        after = self.blocks[-1].after + STEP if self.blocks else 0
        self.blocks.append(Block(is_list, column, after, real))

    def leave_bare_list(self) -> None:
        if self.blocks and not self.blocks[-1].real:
            self.blocks.pop()
