"""Journeys from their own language, `*.journey`: the same syntax tree as YAML gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang import syntax as s
from rtj.lang.dsl_build import JourneyBuilder
from rtj.lang.dsl_parse import parse_journeys
from rtj.lang.phrases import MAX_DEPTH, SPLIT
from rtj.lang.scalar_map import Located
from rtj.lang.yaml_nodes import NOT_TEXT

if TYPE_CHECKING:
    from lark import Token, Tree

IMPORTED = "expr__"  # what lark puts before names of the grammar of phrases
# Rules whose trees may hold one another to any number of blocks; below the others phrases begin.
AROUND = frozenset(
    (
        "file", "journey", "block", "otherwise", "wait_for", "branch", "split", "repeat", "arm", "share", "event_case",
        "condition_case", "after_case", "until_case", "wait_until_node", "send", "decide", "score", "call_node",
    )
)  # fmt: skip

# A whole file that is written otherwise: told once, instead of line by line.
OTHER = re.compile(r"(?:\s++|#[^\n]*+\n|---\s*\n)*+((journey\s*:(?=[^{\n]*(?:\n|\Z)))|[{\[]\s*(?:\{\s*)?(?=\"))")
OTHER_HINT = "YAML stands in *.journey.yaml, JSON too; here it is `journey welcome { … }`"


def read_dsl(source: Source, found: list[Diagnostic]) -> list[s.Journey]:
    """All journeys of a file. What is wrong goes to `found`."""
    return read_dsl_tree(source, found)[0]


def read_dsl_tree(source: Source, found: list[Diagnostic]) -> tuple[list[s.Journey], Tree[Token] | None]:
    """The same, with lark's tree of the file for those who look for the places of words; None when nothing could be used."""
    if not source.text.strip():
        hint = "for example `journey welcome { enter on signed_up }`"
        found.append(Diagnostic("E008", "the file is empty", Span(source, 0, 0), hint))
        return [], None
    if (bad := NOT_TEXT.search(source.text)) is not None:
        span = Span(source, bad.start(), bad.end())
        found.append(Diagnostic("E007", f"the character U+{ord(bad.group()):04X} cannot stand in a journey", span))
        return [], None
    if (pasted := OTHER.match(source.text)) is not None:
        span = Span(source, pasted.start(1), pasted.end(1))
        found.append(Diagnostic("E010", f"this is {'YAML' if pasted[2] else 'JSON'}, not the journey language", span, OTHER_HINT))
        return [], None
    before = len(found)
    tree = parse_journeys(source, found)
    if tree is None:
        return [], None
    located = Located(source.text, Span(source, 0, len(source.text)), style="dsl")
    if (deep := _plain_names(tree)) is not None:
        span = located.piece(deep.meta.start_pos, deep.meta.end_pos)
        hint = f"{SPLIT}; write `x in [a, b]` for many comparisons"
        found.append(Diagnostic("E302", f"an expression of more than {MAX_DEPTH} levels", span, hint))
        return [], None
    told = found[before:]
    builder = JourneyBuilder(located, told)
    journeys = builder.journeys(tree)
    if not journeys and not told:
        told.append(Diagnostic("E008", "the file has no journey", Span(source, 0, 0), "`journey welcome { … }`"))
    found[before:] = told
    return journeys, tree


def _plain_names(tree: Tree[Token]) -> Tree[Token] | None:
    """Give trees of phrases the names that they have in their own grammar. Returns a tree that lies too deep in its phrase."""
    todo: list[tuple[Tree[Token], int]] = [(tree, 0)]
    while todo:
        one, depth = todo.pop()
        name = str(one.data)
        if name.startswith(IMPORTED):
            one.data = name[len(IMPORTED) :]
        inner = 0 if name in AROUND else depth + 1
        if inner > MAX_DEPTH:
            return one
        todo += [(kid, inner) for kid in one.children if not isinstance(kid, str)]
    return None
