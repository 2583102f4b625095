"""Small repairs of a journey that the grammar does not take: a sign put in, one left out, a word read as the one that it is like.
Each is tried on the states of the parser alone; the one that reads furthest is what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rtj.base.diagnostic import Edit, Fix
from rtj.lang.dsl_hints import DROP, MOVE
from rtj.lang.dsl_states import States
from rtj.lang.dsl_words import BEGINNINGS, CONTINUATIONS, PIECE, STATEMENTS, begins_line
from rtj.lang.guesses import LIKELY
from rtj.lang.likeness import nearest
from rtj.lang.phrase_errors import NEAR, WORDS

if TYPE_CHECKING:
    from lark import Token

AHEAD = 24  # tokens that are read at most behind a repair
ENOUGH = 3  # tokens behind a repair that show that it was meant
WORD_MAX = 3  # letters up to which a word of the language is told by its spelling alone, as `by` is
NAMELESS = ("wait", "wait_for", "collect", "repeat", "split", "branch", "set")
# Signs that may be missing -> how a hint calls them.
AUDIENCE = re.compile(r"\b(?:for|joining|leaving)\s+(audience\s+)$")
MISSING = {"LBRACE": "{", "RPAR": ")", "RSQB": "]", "COMMA": ",", "BY": "by", "WHEN": "when", "JOURNEY": "journey"}
ID_AS_KEY = re.compile(r"id\s*:\s*@?([A-Za-z_]\w*)")
UNQUOTED = re.compile(r"(?=\w)[^{}'\"@\n]+(?:[\"']|(?=\{[ \t]*$))", re.MULTILINE)
UNCLOSED = re.compile(r"['\"][^{}@\n]*")
AT_NAME = re.compile(r"@(\w+)")
SHARE = re.compile(r"\d{1,3}(?:\.\d{1,4})?(?=\s)")
ELSE = re.compile(r"\s*([(:]?)")
MOVED = re.compile(r"\b(moved|dropped)\s+(?:\w+(?:\s+to)?\s*)?$")  # a header that names nodes
ARROW = re.compile(r"(?:->|=>|→|:|=|(?:as|into)\b)[ \t]*")
PASTED = re.compile(r"\{[^{}]*\}\s*,?")
NOTE = re.compile(r"(?://|--)[^\n]*")


@dataclass(frozen=True, slots=True)
class Repair:
    """Tokens that are read in place of the text from the mistake to `end`. `fix`: None where the author must say more."""

    tokens: tuple[tuple[str, str], ...]  # terminals and their texts
    end: int
    hint: str
    fix: Fix | None = None
    without: int = 0  # 1 when a `{` is left out, -1 when a `}` is

    @property
    def opens(self) -> int:
        """How many brackets are opened more than it was written."""
        return sum(terminal == "LBRACE" for terminal, _ in self.tokens) - self.without


@dataclass(frozen=True, slots=True)
class Where:
    """Where a mistake is."""

    at: int
    behind: int  # where what was read before it ends
    opened: int  # how many `{` of the file are not closed; below 0: how many `}` are too many


def repair(states: States, lexer: Any, text: str, where: Where) -> Repair | None:
    """What was probably meant at a mistake; None when nothing that was tried reads on."""
    best, furthest = None, ENOUGH - 1
    for one in _candidates(states, text, where):
        if one.opens and where.opened * one.opens >= 0:
            continue  # it would make the number of brackets no better
        stack = states.copy()
        if not all(stack.take(terminal) for terminal, _ in one.tokens):
            continue
        read = _reads(stack, lexer, one.end)
        if read > furthest:
            best, furthest = one, read
    return best


def _reads(states: States, lexer: Any, at: int) -> int:
    """How many tokens the parser would take from there on, `AHEAD` at most; that many too when the text ends well."""
    from lark.exceptions import UnexpectedInput

    place = copy(lexer.state)
    place.line_ctr = copy(place.line_ctr)
    place.line_ctr.char_pos = at
    number = 0
    try:
        for token in lexer.lexer.lex(place, states):
            if not states.take(token.type):
                return number
            number += 1
            if number == AHEAD:
                return number
    except UnexpectedInput:
        return number
    return AHEAD if states.takes("$END") else number


def _candidates(states: States, text: str, where: Where) -> Iterator[Repair]:
    """What may have been meant, the likeliest first."""
    at, behind = where.at, where.behind
    match = PIECE.match(text, at)
    if match is None or match.lastgroup == "blank":
        return
    piece, end = match.group(), match.end()
    within = not begins_line(text, at)  # the statement began on this line
    of_language = piece in BEGINNINGS or piece in CONTINUATIONS
    if (named := AUDIENCE.search(text, max(0, at - NEAR), at)) is not None and piece.isidentifier():
        hint = "the name of the audience alone, without `audience`"
        yield Repair((), end, hint, _change("leave out `audience`", named.start(1), at, ""))
    if match.lastgroup == "word" and re.search(rf"(?<![\w@.]){re.escape(piece)}\s+$", text[max(0, at - NEAR) : at]) is not None:
        yield Repair((), end, f"`{piece}` stands twice", _change(f"leave out `{piece}`", at, end, ""))
    if match.lastgroup == "word" and not of_language:
        yield from _words(states, piece, at, end)
    if piece == "else" and states.takes("ELSE_BLOCK"):
        yield from _otherwise(text, end)
    yield from _moves(states, text, at)
    if within and piece.isidentifier() and not of_language and _wants_id(text, at) and states.takes("ID"):
        name = f"@{piece}"
        yield Repair((("ID", name),), end, f"an id has its `@`: `{name}`", _change(f"write {name}", at, end, name))
    if (share := SHARE.match(text, at)) is not None and states.takes("PERCENT"):
        hint = "a share has its `%`: `50% a { … }`"
        put = _change("put in `%`", share.end(), share.end(), "%")
        yield Repair((("PERCENT", f"{share[0]}%"),), share.end(), hint, put)
    if (key := ID_AS_KEY.match(text, at)) is not None and states.takes("ID"):
        name = f"@{key[1]}"
        yield Repair((("ID", name),), key.end(), f"write `{name}`", _change(f"write {name}", at, key.end(), name))
    for terminal, sign in MISSING.items():
        if terminal == "WHEN" and states.takes("AND"):
            continue  # within a condition
        if states.takes(terminal) and piece not in ("else", "if") and not (sign == "," and match.lastgroup == "sign"):
            hint = f"`{sign}` is missing before it"
            put = _change(f"put in `{sign}`", at, at, f"{sign} ")
            if not sign.isalpha():
                put = _change(f"put in `{sign}`", behind, behind, " {" if sign == "{" else sign)
            yield Repair(((terminal, sign),), at, hint, put)
    if piece == "(" and states.takes("LBRACE"):
        yield Repair((("LBRACE", "{"),), end, "a block stands in `{` and `}`")
    if piece in ("-", "/") and (note := NOTE.match(text, at)) is not None:
        edit = _change("make it a comment", at, at + 2, "#")
        yield Repair((), note.end(), "a comment begins with `#`", edit)
    if within and states.takes("STRING"):
        yield from _texts(text, at)
    if piece in ("{", "}", ",", ";", ":", "-", "=", "|"):
        hint = "" if piece == ":" else f"leave out `{piece}`"
        yield Repair((), end, hint, _change(f"leave out `{piece}`", at, end, ""), {"{": 1, "}": -1}.get(piece, 0))
    if piece == "{" and states.takes("SEND") and (pasted := PASTED.match(text, at)) is not None:
        yield Repair((), pasted.end(), "this is YAML or JSON; here it is `send welcome by email`")


def _words(states: States, piece: str, at: int, end: int) -> Iterator[Repair]:
    legal = [terminal for terminal in states.legal() if terminal not in WORDS and terminal not in ("PERCENT", "ID")]
    known = {_spelt(terminal): terminal for terminal in legal if terminal.isalpha() or "_" in terminal}
    meant = nearest(piece.lower(), known, LIKELY if len(piece) > WORD_MAX else 1 / 2)
    if meant is not None and piece != meant:
        hint = f"did you mean `{meant}`?"
        yield Repair(((known[meant], meant),), end, hint, _change(f"change `{piece}` to `{meant}`", at, end, meant))
    if "JOURNEY" in known.values() and piece.isidentifier():
        yield Repair((("JOURNEY", "journey"),), end, "the word is `journey`: `journey welcome { … }`")


def _moves(states: States, text: str, at: int) -> Iterator[Repair]:
    """`moved nudge -> nudge_sms`, and ids with the `@` that they have where they are given."""
    header = MOVED.search(text, max(0, at - NEAR), at)
    if header is None:
        return
    hint = MOVE if header[1] == "moved" else DROP
    if states.takes("TO"):
        arrow = ARROW.match(text, at)
        end = arrow.end() if arrow is not None else at
        word = "to " if text[at - 1 : at].isspace() else " to "
        yield Repair((("TO", "to"),), end, hint, _change("put in `to`", at, end, word))
    if (named := AT_NAME.match(text, at)) is not None and states.takes("NAME"):
        yield Repair((("NAME", named[1]),), named.end(), hint, _change("leave out `@`", at, at + 1, ""))


def _texts(text: str, at: int) -> Iterator[Repair]:
    """A text without one of its quotes, up to the end of the line or the bracket that ends it."""
    for pattern in (UNCLOSED, UNQUOTED):
        if (match := pattern.match(text, at)) is not None and match.group().strip():
            hint = "a text stands in quotes, on one line"
            yield Repair((("STRING", "''"),), match.end(), hint)


def _wants_id(text: str, at: int) -> bool:
    """Does a statement stand before that has no name but its id?"""
    words = [word for word in re.findall(r"\w+", text[max(0, at - NEAR) : at]) if word in STATEMENTS]
    return words[-1:] != [] and words[-1] in NAMELESS


def _otherwise(text: str, end: int) -> Iterator[Repair]:
    """An `else` without its block, or with a sign before it."""
    match = ELSE.match(text, end)
    assert match is not None
    opened = match.end() if match[1] == "(" else end
    fix = _change("put in `{`", end, end, " {") if opened == end else None
    yield Repair((("ELSE_BLOCK", "else"), ("LBRACE", "{")), opened, "`else` takes a block: `else { … }`", fix)
    if match[1] == ":":
        hint = "no `:` here; YAML is the other spelling, in *.journey.yaml"
        yield Repair((("ELSE_BLOCK", "else"),), match.end(), hint, _change("leave out `:`", match.end() - 1, match.end(), ""))


def _spelt(terminal: str) -> str:
    return "else" if terminal == "ELSE_BLOCK" else terminal.lower()


def _change(title: str, start: int, end: int, text: str) -> Fix:
    return Fix(title, (Edit(start, end, text),))


def token_of(terminal: str, text: str, at: int, end: int) -> Token:
    """A token that stands for what was meant between two places."""
    from lark import Token

    return Token(terminal, text, at, 1, 1, 1, 1, end)
