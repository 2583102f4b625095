"""The LALR parsers of phrases and of journeys, built once and kept in the cache of this account. Lark is imported with the first
text that is parsed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rtj.base.places import cache_dir, grammar_file

if TYPE_CHECKING:
    from lark import Lark
    from lark.lexer import TerminalDef

STARTS = (
    "expr",
    "length",
    "date",
    "clock",
    "pattern",
    "collecting",
    "moment",
    "schedule",
    "once",
    "wait",
    "times",
    "channels",
    "pairs",
    "assigns",
    "again",
    "runs",
    "valid",
    "at_most",
    "table_rows",
    "path",
    "days",
)
FORMAT = "2"  # raised when what this module does to the grammar changes


def whole_words(terminal: TerminalDef) -> None:
    """Make a word of the grammar match whole words only, and win over NAME where the grammar can take it."""
    from lark.lexer import PatternRE, PatternStr

    if isinstance(terminal.pattern, PatternStr) and terminal.pattern.value.isidentifier():
        terminal.pattern = PatternRE(terminal.pattern.value + r"(?!\w)", terminal.pattern.flags)
        terminal.priority = 2


def build_parser(grammar: str) -> Lark:
    """Build the parser from the text of the grammar. Raises lark's GrammarError when it has conflicts of reductions."""
    from lark import Lark

    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        propagate_positions=True,
        maybe_placeholders=False,
        edit_terminals=whole_words,
    )


def build_journey_parser(grammar: str, folder: Path) -> Lark:
    """Build the parser of the journey language, whose grammar imports from files in `folder`. Raises lark's GrammarError."""
    from lark import Lark

    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start="file",
        propagate_positions=True,
        maybe_placeholders=False,
        edit_terminals=whole_words,
        import_paths=[str(folder)],
    )


@lru_cache(maxsize=1)
def phrase_parser() -> Lark:
    """The parser of phrases, from the cache if it is there. A cache that cannot be read or written is no error."""
    grammar = grammar_file("expr.lark").read_text(encoding="utf-8")
    return _kept("phrases", (grammar, *STARTS), lambda: build_parser(grammar))


@lru_cache(maxsize=1)
def journey_parser() -> Lark:
    """The parser of the journey language, likewise."""
    path = grammar_file("journey.lark")
    grammar, phrases = path.read_text(encoding="utf-8"), grammar_file("expr.lark").read_text(encoding="utf-8")
    return _kept("journeys", (grammar, phrases), lambda: build_journey_parser(grammar, path.parent))


def _kept(name: str, made_of: Sequence[str], build: Callable[[], Lark]) -> Lark:
    import lark

    key = "\0".join((FORMAT, lark.__version__, *map(str, sys.version_info[:2]), *made_of))
    path = cache_dir() / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:32]}.table"
    try:
        with path.open("rb") as file:
            return lark.Lark.load(file)
    except (OSError, EOFError, pickle.UnpicklingError, KeyError, TypeError, ValueError, AttributeError, ImportError):
        parser = build()
    _keep(parser, path)
    return parser


def _keep(parser: Lark, path: Path) -> None:
    """Write the table in one piece, so that another process never reads half of it."""
    with contextlib.suppress(OSError, pickle.PicklingError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
        try:
            with os.fdopen(handle, "wb") as file:
                parser.save(file)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
