"""Reading one phrase: a located text and a start symbol in, syntax and diagnostics out. Never raises for an author's mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from rtj.base.diagnostic import Diagnostic
from rtj.lang.phrase_errors import phrase_error
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.phrase_grammar import phrase_parser
from rtj.lang.phrase_slips import mend_phrase
from rtj.lang.scalar_map import Located

if TYPE_CHECKING:
    from lark import Token, Tree

T = TypeVar("T")
MAX_LENGTH = 50_000  # characters of a phrase
MAX_DEPTH = 200  # levels of an expression; a chain of 200 operators is as deep
SPLIT = "split it: name parts as attributes or audiences"


def parse_phrase(
    located: Located,
    start: str,
    build: Callable[[FormBuilder, Tree[Token]], T],
    found: list[Diagnostic],
    *,
    mend: bool = True,
) -> T | None:
    """Parse a phrase from the start symbol `start`, e.g. `parse_phrase(text, "pattern", FormBuilder.pattern, found)`.
    None when the grammar does not take it; then `found` has grown by one. `mend`: look for a way out."""
    from lark.exceptions import UnexpectedInput

    if len(located.text) > MAX_LENGTH:
        message = f"a phrase of more than {MAX_LENGTH:,} characters"
        found.append(Diagnostic("E005", message, located.piece(0, len(located.text)), SPLIT))
        return None
    try:
        tree = phrase_parser().parse(located.text, start=start)
    except UnexpectedInput as error:
        fix = mend_phrase(located, start, build, phrase_parser(), error) if mend else None
        found.append(replace(phrase_error(located, error, start), fix=fix))
        return None
    if (deep := _too_deep(tree)) is not None:
        span = located.piece(deep.meta.start_pos, deep.meta.end_pos)
        hint = f"{SPLIT}; write `x in [a, b]` for many comparisons"
        found.append(Diagnostic("E302", f"an expression of more than {MAX_DEPTH} levels", span, hint))
        return None
    return build(FormBuilder(located, found), tree)


def _too_deep(tree: Tree[Token]) -> Tree[Token] | None:
    """A sub-tree below the limit, if there is one."""
    level: list[Tree[Token]] = [tree]
    for _ in range(MAX_DEPTH):
        level = [kid for t in level for kid in t.children if not isinstance(kid, str)]
        if not level:
            return None
    return level[0]
