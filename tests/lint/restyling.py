"""A phrase of a good project written anew in another style of YAML, with the place of each of its characters known beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lang.scalar_map import Located, locate
from tests.lint.mistakes import Token, good_projects, tokens

STYLES = ("", "'", '"', "|", ">")
WIDE = {  # what may stand before a phrase without a change of its meaning, and is wider or more than it looks
    "when": "length('日本 👨‍👩‍👧 e\u0301') > 0 and ",
    "with": "wide = '日本 😀 é ｆｕｌｌ', ",
}
PLAIN_START = re.compile(r"[\w(]")
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A value of a key, and the tokens in it, each with its place in the value. `before`: what may be put before it. `indent`:
    the column of the key, from 0; None where no block of text can stand: within {…}, or before a comment."""

    source: Source
    before: str
    scalar: y.Scalar
    tokens: tuple[tuple[Token, int], ...]
    indent: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """A value in YAML. `places`: where each character of the value was written, [start, end) within `text`."""

    text: str
    places: tuple[tuple[int, int], ...]


@cache
def phrases(name: str) -> tuple[Phrase, ...]:
    """The phrases of a project that have a token of their own."""
    by_source: dict[str, list[Token]] = {}
    for token in tokens(name):
        if token.kind != "key":
            by_source.setdefault(token.source.path, []).append(token)
    sources = {token.source.path: token.source for token in tokens(name)}
    assert good_projects()[name]
    return tuple(phrase for path, mine in by_source.items() for phrase in _of(sources[path], mine))


def _of(source: Source, mine: list[Token]) -> Iterator[Phrase]:
    todo: list[tuple[y.YamlNode, bool]] = [(document, False) for document in y.read_documents(source, [])]
    while todo:
        node, flow = todo.pop()
        if isinstance(node, y.Sequence):
            todo += ((item, flow or node.flow) for item in node.items)
        elif isinstance(node, y.Mapping):
            for pair in node.pairs:
                todo.append((pair.value, flow or node.flow))
                if isinstance(pair.value, y.Scalar) and " " in pair.value.value and not pair.value.properties:
                    found = tuple(_inside(source, pair.value, mine))
                    behind = source.line_text(source.line_col(pair.value.span.end)[0])
                    alone = source.text[: pair.value.span.end].endswith(behind)
                    indent = source.line_col(pair.key.span.start)[1] - 1 if alone and not flow and not node.flow else None
                    if found:
                        emits = any(other.key.value == "emit" for other in node.pairs)
                        yield Phrase(source, "" if emits else WIDE.get(pair.key.value, ""), pair.value, found, indent)


def _inside(source: Source, scalar: y.Scalar, mine: list[Token]) -> Iterator[tuple[Token, int]]:
    located: Located = locate(source, scalar.span, scalar.value, scalar.style)
    for token in mine:
        if token.within(scalar.span):
            place = next((i for i in range(len(scalar.value)) if located.piece(i, i + 1).start == token.start), None)
            if place is not None and scalar.value.startswith(token.text, place):
                yield token, place


def written(value: str, style: str, phrase: Phrase, dice: Random) -> Written | None:
    """The value in a style, in one line or several; None where it cannot stand so."""
    if "\n" in value and style != "|":  # elsewhere it would be a blank
        return None
    if style in ("|", ">"):
        return _block(value, style, phrase.indent, dice) if phrase.indent is not None else None
    if style == "" and not _may_be_plain(value, phrase):
        return None
    blank = " " * ((phrase.indent or 0) + dice.choice((1, 2, 5)))
    text, places = style, list[tuple[int, int]]()
    folds = _folds(value, dice) if phrase.indent is not None else frozenset()
    for at, sign in enumerate(value):
        piece = sign
        if at in folds:
            piece = f"\n{blank}"
        elif style == "'" and sign == "'":
            piece = "''"
        elif style == '"':
            piece = _in_double_quotes(sign, dice)
        places.append((len(text), len(text) + len(piece)))
        text += piece
    return Written(text + style, tuple(places))


def _may_be_plain(value: str, phrase: Phrase) -> bool:
    safe = PLAIN_START.match(value) is not None and not re.search(r": | #|:$|\n|^\s|\s$", value)
    return safe and (phrase.indent is not None or not re.search(r"[\[\]{},]", value))


def _folds(value: str, dice: Random) -> frozenset[int]:
    """Some of the blanks at which a line may end: single ones that stand in no text."""
    if "#" in value:  # a comment of the phrase ends with its line
        return frozenset()
    texts = [found.span() for found in QUOTED.finditer(value)]
    apart = (m.start() for m in re.finditer(r"(?<=[^\s]) (?=[^\s#])", value) if not any(a < m.start() < b for a, b in texts))
    return frozenset(at for at in apart if dice.random() < 0.25)


def _in_double_quotes(sign: str, dice: Random) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    if ord(sign) > 0x7F and ord(sign) < 0x10000 and dice.random() < 0.3:
        return f"\\u{ord(sign):04x}"
    return f"\\x{ord(sign):02X}" if sign.isascii() and sign.isalpha() and dice.random() < 0.05 else sign


def _block(value: str, style: str, indent: int, dice: Random) -> Written:
    """In a literal block a blank may be a line end: the grammar takes them alike. In a folded one it is one again."""
    wide = indent + dice.choice((1, 2, 4))
    folds = _folds(value, dice)
    text, places = f"{style}{dice.choice(('', '-', '+'))}\n{' ' * wide}", list[tuple[int, int]]()
    for at, sign in enumerate(value):
        piece = f"\n{' ' * wide}" if at in folds or sign == "\n" else sign
        places.append((len(text), len(text) + len(piece)))
        text += piece
    return Written(text, tuple(places))


def moved(text: str, offset: int) -> int:
    """Where an offset of a text with line ends of one sign is when they have two."""
    return offset + text.count("\n", 0, offset)
