"""Words for what the grammar of journeys does not take: within a phrase those of the phrase, else what could stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rtj.base.diagnostic import Diagnostic, Edit, Fix
from rtj.base.span import Source, Span
from rtj.lang.dsl_hints import hint_for
from rtj.lang.dsl_words import (
    ALONE,
    BEGINNINGS,
    BEHIND,
    HEADER_TYPES,
    OPENERS,
    PIECE,
    STATEMENT_TYPES,
    STATEMENTS,
    UNDER,
    begins_line,
)
from rtj.lang.likeness import nearest
from rtj.lang.phrase_errors import LEXEME, NEAR, WORDS, place
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.phrases import parse_phrase
from rtj.lang.scalar_map import Located

if TYPE_CHECKING:
    from lark import Token
    from lark.exceptions import UnexpectedInput

WHOLE = re.compile(r"@\w+|'[^'\\\n]*(?:\\.[^'\\\n]*)*'|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"")
NAMES_BACK = 3  # values of the parser among which a word taken for a name is looked for
SHOWN_MAX = 8  # things that could stand there
BUILD: dict[str, Callable[[FormBuilder, Any], object]] = {
    "expr": FormBuilder.expr, "pattern": FormBuilder.pattern, "pairs": FormBuilder.pairs, "channels": FormBuilder.channels,
    "again": FormBuilder.again, "schedule": FormBuilder.schedule, "once": FormBuilder.once, "moment": FormBuilder.moment,
    "length": FormBuilder.length, "wait": FormBuilder.wait, "assigns": FormBuilder.assigns, "times": FormBuilder.times,
    "collecting": FormBuilder.collecting, "runs": FormBuilder.runs,
}  # fmt: skip
SIGNS = {"LBRACE": "`{`", "RBRACE": "`}`", "SEMICOLON": "`;`", "ID": "`@id`", "PERCENT": "a share such as 45%",
         "ELSE_BLOCK": "`else { … }`", "PER_ENTRY": "`per entry`", "JOURNEY": "`journey`", "$END": "the end"}  # fmt: skip
OF_YAML = re.compile(r"a key of its own|a line of its own|`[a-z_]+: ")
# A word that opens a phrase, but may stand within one that another word has opened.
AROUND = {"ON": ("UNTIL",), "AT": ("EVERY", "UNTIL"), "AFTER": ("AGAIN",)}
CASE_TYPES = {"ON", "WHEN", "AFTER", "UNTIL"}
ANEW = STATEMENT_TYPES | HEADER_TYPES | CASE_TYPES | {"RBRACE", "JOURNEY", "PERCENT", "ELSE_BLOCK", "KEY", "AGAIN", "$END"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was told, and from where to look for a place to go on. `lost`: from which of the parser's values on nothing can be
    used, since a phrase in it is broken; None when all can."""

    found: list[Diagnostic]
    at: int
    lost: int | None = None


def mistake(
    source: Source, text: str, error: UnexpectedInput, values: Sequence[Any], legal: set[str], before: Token | None
) -> Mistake:
    """Make lark's error diagnostics. `text` is that of the source with its signs straightened; `values`: what the parser holds,
    `legal`: the terminals that it could take, `before`: the last that it took."""
    at = place(error, text)
    found: list[Diagnostic]
    if before is not None and (taken := _taken_for_a_name(text, values)) is not None:
        at = taken.start_pos or 0
        word = str(taken)
        message = f"expected what belongs to the statement above; found `{word}`, which begins another"
        found = [Diagnostic("E010", message, Span(source, at, at + len(word)), _unfinished(text, at))]
        return Mistake(found, at, _statement(values))
    anew = _begins_anew(text, at, legal)
    legal = legal & ANEW if anew else legal
    region = None if anew else _region(text, values)
    if region is not None and region.begin <= at <= region.end and (region.begin < region.end or not _read(text, at)):
        found = []
        located = Located(text[region.begin : region.end], Span(source, region.begin, region.end), style="dsl")
        parse_phrase(located, region.start, BUILD[region.start], found)
        if found:
            hint = found[0].hint
            if not hint or OF_YAML.search(hint):
                hint = hint_for(text[max(0, at - NEAR) : at], _read(text, at), set(), ()) or hint
            return Mistake([replace(found[0], hint=hint), *found[1:]], at, region.lost)
    return Mistake([_structure(source, text, at, legal, values)], at, None if anew else _statement(values))


def _statement(values: Sequence[Any]) -> int | None:
    """The number of the value with which the statement begins that the parser is in the midst of."""
    for number in range(len(values) - 1, -1, -1):
        kind = getattr(values[number], "type", None)
        if kind in STATEMENT_TYPES and kind != "EXIT":
            return number
        if kind in HEADER_TYPES or kind in ("LBRACE", "RBRACE"):
            return None
    return None


# ---- within a phrase


@dataclass(frozen=True, slots=True)
class _Region:
    """A phrase: its start symbol, where it stands, and the number of the value with which its statement or clause begins."""

    start: str
    begin: int
    end: int
    lost: int


def _region(text: str, values: Sequence[Any]) -> _Region | None:
    """The phrase that the parser is in the midst of: behind the first word of the statement that opens one."""
    opener: Token | None = None
    start, lost = "", len(values)
    for number in range(len(values) - 1, -1, -1):
        value = values[number]
        kind = getattr(value, "type", None)
        if kind is None:
            continue
        if kind in STATEMENT_TYPES or kind in HEADER_TYPES or kind in ("LBRACE", "RBRACE"):
            if opener is not None and (kind, opener.type) in UNDER:
                start = UNDER[kind, opener.type]
            elif opener is not None:
                start = OPENERS.get(opener.type, "")
            elif kind in ALONE:
                opener, start = value, ALONE[kind]
            lost = number if kind in STATEMENT_TYPES and kind != "EXIT" else lost
            break
        known = kind in OPENERS or any(kind == word for _, word in UNDER)
        if known and (opener is None or kind in AROUND.get(opener.type, ())):
            opener, lost = value, number
    if opener is None or not start:
        return None
    begin = opener.end_pos or 0
    end = _end(text, begin, start)
    begin += len(text[begin:end]) - len(text[begin:end].lstrip())
    return _Region(start, begin, max(begin, begin + len(text[begin:end].rstrip())), lost)


def _end(text: str, begin: int, start: str) -> int:
    """Where a phrase ends: at a sign or word that no phrase has, or at a line that begins something else."""
    ends = BEHIND.get(start, ())
    depth, fresh = 0, False
    for match in PIECE.finditer(text, begin):
        kind, piece = match.lastgroup, match.group()
        if kind == "blank":
            fresh = fresh or "\n" in piece
            continue
        if piece in ("{", "}", ";") or (piece[:1] == "@" and len(piece) > 1):
            return match.start()
        depth += (piece in "([") - (piece in ")]") if kind == "sign" else 0
        if kind == "word" and ((fresh and piece in BEGINNINGS) or (depth <= 0 and piece in ends)):
            return match.start()
        fresh = False if kind != "comment" else fresh
    return len(text)


# ---- around phrases


def _taken_for_a_name(text: str, values: Sequence[Any]) -> Token | None:
    """The word of a statement, at the beginning of a line, that was read as a name, since the statement before lacks its end."""
    for value in reversed(values[-NAMES_BACK:]):
        if getattr(value, "type", "") == "NAME" and str(value) in STATEMENTS:
            at = value.start_pos or 0
            if begins_line(text, at):
                token: Token = value
                return token
    return None


def _begins_anew(text: str, at: int, legal: set[str]) -> bool:
    """Does a line begin here with a word, where a statement, case or clause may begin?"""
    return begins_line(text, at) and _read(text, at).isidentifier() and not legal.isdisjoint(("SEND", "AFTER"))


def _unfinished(text: str, at: int) -> str:
    words = text[:at].split()
    return f"what stands behind `{words[-1]}` is missing" if words else ""


def _read(text: str, at: int) -> str:
    match = (WHOLE.match(text, at) or LEXEME.match(text, at)) if text[at:].strip() else None
    return match.group() if match is not None else ""


def _structure(source: Source, text: str, at: int, legal: set[str], values: Sequence[Any]) -> Diagnostic:
    """A mistake of what stands around phrases."""
    read = _read(text, at)
    if read in ("'", '"'):
        end = text.find("\n", at)
        span = Span(source, at, len(text) if end < 0 else end)
        return Diagnostic("E301", "a text that is not closed on its line", span, f"close it with {read[0]}")
    span = Span(source, at, at + len(read))
    found = f"`{read}`" if read else "the end"
    hint = hint_for(text[max(0, at - NEAR) : at], read, legal, [getattr(v, "type", "") for v in values])
    if legal <= {"JOURNEY", "$END"} and text[:at].rstrip()[-1:] == "}":
        hint = "the journey above ends here: a `}` too many, or a `{` too few"
    fix: Fix | None = None
    if not hint and read.isidentifier():
        words = _words(legal)
        meant = nearest(read.lower(), words)
        if meant is not None and meant != read:
            hint = f"did you mean `{meant}`?"
            fix = Fix(f"change `{read}` to `{meant}`", (Edit(span.start, span.end, meant),))
    if not hint and read.isidentifier() and "SEND" in legal:
        hint = f"statements begin with {', '.join(STATEMENTS[:-1])} or {STATEMENTS[-1]}"
    return Diagnostic("E010", f"expected {_expected(legal)}; found {found}", span, hint, fix=fix)


def _words(legal: set[str]) -> list[str]:
    """The words that could stand where these terminals could."""
    return sorted(
        {"else" if t == "ELSE_BLOCK" else t.lower() for t in legal if (t not in WORDS and t not in SIGNS) or t == "ELSE_BLOCK"}
    )


def _expected(legal: set[str]) -> str:
    """In a few words what could stand there."""
    rest = set(legal)
    groups: list[str] = []
    if {"NAME", "NUMBER", "LPAR"} <= rest:
        groups.append("a value or condition")
        rest -= {"NAME", "NUMBER", "LPAR", "STRING", "DURATION", "DATE", "LSQB", "MINUS", "NOT", "IF", "TRUE", "FALSE", "NULL"}
    if {"SEND", "WAIT"} <= rest:
        groups.append("a statement (`send`, `wait`, `branch` …)")
        rest -= STATEMENT_TYPES
    if {"ENTER", "GOAL"} <= rest:
        groups.append("a header (`enter`, `goal`, `exit` …)")
        rest -= HEADER_TYPES
    if rest >= CASE_TYPES:
        groups.append("a case (`on`, `when`, `after`, `until`)")
        rest -= CASE_TYPES
    if "SEMICOLON" in rest and len(rest) > 1:
        rest.discard("SEMICOLON")
    names = sorted((SIGNS.get(t) or WORDS.get(t) or f"`{t.lower()}`" for t in rest), key=lambda w: (w[:1] == "`", w))
    shown = [*groups, *names] if len(names) <= SHOWN_MAX else [*groups, *names[:SHOWN_MAX], "…"]
    if not shown:
        return "something else"
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " or " + shown[-1]
