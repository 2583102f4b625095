"""Journeys in their own language: text in, one tree and all independent mistakes out.

A text without mistakes is parsed in one go. Otherwise the parser is led through it: after a mistake it goes on at the next line
(or behind the next bracket or `;`) that begins with a word of the language, in the innermost place that can take that word.
So what is lost is the statement or clause with the mistake, and the tree is whole but for it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang.dsl_braces import Braces
from rtj.lang.dsl_errors import Mistake, mistake
from rtj.lang.dsl_hints import foreign
from rtj.lang.dsl_repair import Repair, Where, repair, token_of
from rtj.lang.dsl_signs import straightened
from rtj.lang.dsl_states import States
from rtj.lang.dsl_words import (
    BEGINNINGS,
    BLANKS,
    CASES,
    CONTINUATIONS,
    HEADER_TYPES,
    HEADERS,
    PIECE,
    STATEMENT_TYPES,
    STATEMENTS,
)
from rtj.lang.guesses import LIKELY
from rtj.lang.likeness import nearest
from rtj.lang.phrase_errors import place
from rtj.lang.phrase_grammar import journey_parser

if TYPE_CHECKING:
    from lark import Token, Tree
    from lark.exceptions import UnexpectedInput

MISTAKES_MAX = 100  # of one file that are told
NESTED_MAX = 64  # blocks within blocks
ELSE = re.compile(rf"else{BLANKS}\{{")
SURPLUS_MAX = 4  # brackets too many of one file that are looked for
MORE = f"more than {MISTAKES_MAX} mistakes in one file: the rest is not looked for"


def parse_journeys(source: Source, found: list[Diagnostic]) -> Tree[Token] | None:
    """The tree of a file; None when nothing of it can be used. What is wrong goes to `found`."""
    from lark.exceptions import UnexpectedInput

    text = straightened(source, found)
    braces = Braces(text)
    if (deep := braces.deeper_than(NESTED_MAX)) is not None:
        found.append(Diagnostic("E005", f"nested deeper than {NESTED_MAX} levels", Span(source, deep, deep + 1)))
        return None
    try:
        return journey_parser().parse(text)
    except UnexpectedInput:
        return _led(source, text, braces, found)


def _led(source: Source, text: str, braces: Braces, found: list[Diagnostic]) -> Tree[Token] | None:
    """Lead a parser through. A bracket too many ends a journey early: where one looks so, the text is read without it, and that
    is kept if it has fewer mistakes."""
    told: list[Diagnostic] = []
    led = _Led(source, text, braces, told)
    tree = led.tree()
    for _ in range(SURPLUS_MAX):
        if led.early is None or (surplus := led.braces.surplus(led.early)) is None:
            break
        span = Span(source, surplus, surplus + 1)
        hint = "leave it out, or open what it closes with `{`"
        other = [Diagnostic("E010", "this `}` closes more than was opened here", span, hint)]
        text = f"{text[:surplus]} {text[surplus + 1 :]}"
        next_one = _Led(source, text, Braces(text), other)
        tree_of_it = next_one.tree()
        if next_one.told + 1 > led.told:
            break
        told, led, tree = [*[d for d in told if d.message == other[0].message], *other], next_one, tree_of_it
    found.extend(told)
    return tree


class _Led:
    """A parser that is led through a text with mistakes."""

    def __init__(self, source: Source, text: str, braces: Braces, found: list[Diagnostic]) -> None:
        self.source, self.text, self.braces, self.found = source, text, braces, found
        self.parser: Any = journey_parser().parse_interactive(text)
        self.lexer: Any = self.parser.lexer_thread
        self.state: Any = self.parser.parser_state
        self.before: Token | None = None  # the last token that was taken
        self.resumed = (-1, "")  # where the parser was last led, and by which terminal
        self.unclosed: set[int] = set()  # brackets that were told
        self.told = 0
        self.opened = braces.balance()
        self.last = -1  # where the last mistake was
        self.above = False  # whether that was among the headers
        self.early: int | None = None  # where a journey was over before its statements were

    def tree(self) -> Tree[Token] | None:
        from lark.exceptions import UnexpectedInput

        while True:
            try:
                for token in self.lexer.lex(self.state):
                    self.lexer.state.last_token = token
                    self.state.feed_token(token)
                    self.before = token
                return self._ended()
            except UnexpectedInput as error:
                if self._closes(place(error, self.text)):
                    continue
                at = self._tell(error)
                if self.told >= MISTAKES_MAX:
                    self.found.append(Diagnostic("E005", MORE, Span(self.source, min(at or 0, len(self.text)), len(self.text))))
                    return self._ended()
                if at is not None and not self._go_on(at):
                    return self._ended()

    def _ended(self) -> Tree[Token] | None:
        """The tree at the end of the text; blocks that are open are closed."""
        end = len(self.text.rstrip())
        if not self._takes("$END"):
            if self.told == 0:
                self._tell_end(end)
            if not self._close("$END", end):
                return None
        result: Tree[Token] | None = self._feed("$END", end)
        return result

    def _tell_end(self, end: int) -> None:
        """The text ends too early: a block is open, or a statement is half written."""
        from lark.exceptions import UnexpectedToken

        if self._takes("RBRACE") and (unclosed := self.braces.unclosed()) is not None:
            self._tell_unclosed(unclosed)
            return
        missing: Any = UnexpectedToken
        self._tell(missing(token_of("$END", "", end, end), set(), state=self.state))

    def _closes(self, at: int) -> bool:
        """Does what begins here only fit behind a bracket that is missing? Then it is told, and read as if it stood there."""
        piece = PIECE.match(self.text, at)
        if piece is None or (piece.group() not in BEGINNINGS and piece.group()[-1:] != "%") or not self._begins(at):
            return False
        brace = self.braces.unclosed()
        if brace is None or brace >= at or brace in self.unclosed:
            return False
        terminal = _terminal_of(piece.group())
        if self._takes(terminal) or not self._takes("RBRACE"):
            return False
        self.unclosed.add(brace)
        self._tell_unclosed(brace)
        return self._close(terminal, at) and self._read_from(at)

    def _tell_unclosed(self, brace: int) -> None:
        self.told += 1
        span = Span(self.source, brace, brace + 1)
        self.found.append(Diagnostic("E010", "this `{` is not closed", span, "each `{` has its `}`"))

    # ---- telling

    def _tell(self, error: UnexpectedInput) -> int | None:
        """Report a mistake; returns from where to look for a place to go on, None when the parser goes on by itself."""
        self.told += 1
        states = self._states()
        legal = set(states.legal())
        values: list[Any] = self.state.value_stack
        told: Mistake = mistake(self.source, self.text, error, values, legal, self.before)
        meant = self._meant(states, told.at, legal) if told.at == place(error, self.text) else None
        first = told.found[0]
        if meant is not None:
            fits = first.hint in ("", meant.hint) or not meant.tokens
            hint = meant.hint if meant.tokens[:1] == (("JOURNEY", "journey"),) else first.hint or meant.hint
            first = replace(first, hint=hint, fix=first.fix or (meant.fix if fits else None))
        elif self.early is None and self._seems_early(told.at, legal, values):
            self.early = told.at
        late = self._late(told.at, legal)
        again = any(d.span == first.span and d.message == first.message for d in self.found)  # of a phrase that was mended
        if not late and not again:
            self.found.extend((first, *told.found[1:]))
        self.last = told.at
        self.above = late or self._above_statements(values)
        if meant is not None:
            self._read_repaired(meant, told.at)
            return None
        if told.lost is not None:
            self._cut(told.lost + 1)
        return told.at

    def _meant(self, states: States, at: int, legal: set[str]) -> Repair | None:
        if self.text[at : at + 1] == "}" and legal <= {"JOURNEY", "$END"}:
            return None
        behind = self.before.end_pos if self.before is not None else None
        return repair(states, self.lexer, self.text, Where(at, behind or at, self.opened))

    def _seems_early(self, at: int, legal: set[str], values: list[Any]) -> bool:
        """Does something stand here that belongs into what was closed before?"""
        piece = PIECE.match(self.text, at)
        of_block = piece is not None and (piece.group() in CASES or piece.group()[-1:] == "%")
        return (legal <= {"JOURNEY", "$END"} and bool(values)) or (of_block and "SEND" in legal)

    def _late(self, at: int, legal: set[str]) -> bool:
        """Is it a header that only seems to stand below statements, since a mistake among the headers was taken for one?"""
        match = PIECE.match(self.text, at)
        word = match.group() if match is not None else ""
        of_exit = word in ("on", "when") and self.before is not None and self.before.type == "EXIT"
        if not self.above or (not of_exit and (word not in HEADERS or "SEND" not in legal or "ENTER" in legal)):
            return False
        between = self.text[self.last : at].split("\n")[1:]
        return not any(line.split()[0] in STATEMENTS and line.split()[0] != "exit" for line in between if line.strip())

    def _above_statements(self, values: list[Any]) -> bool:
        """Did the statement with the mistake begin where headers may stand?"""
        kinds = [getattr(value, "type", "") for value in values]
        if "JOURNEY" not in kinds or "LBRACE" not in kinds:
            return False
        begin = next((at for at in range(kinds.index("LBRACE") + 1, len(kinds)) if kinds[at]), len(kinds))
        return self._takes("ENTER", begin + 1)

    def _read_repaired(self, meant: Repair, at: int) -> None:
        for terminal, text in meant.tokens:
            self.state.feed_token(token_of(terminal, text, at, meant.end))
        self.opened += meant.opens
        self._read_from(meant.end)

    # ---- going on

    def _go_on(self, at: int) -> bool:
        """Find the next beginning from `at` on and lead the parser there; False at the end of the text."""
        if self._read_as_meant(at):
            return True
        begins = self._begins(at)
        behind, skipped = at, False
        while (match := PIECE.match(self.text, behind)) is not None:
            kind, piece, start = match.lastgroup, match.group(), match.start()
            behind = match.end()
            if kind in ("blank", "comment"):
                begins = begins or "\n" in piece
                continue
            terminal = None if skipped and piece == "else" else self._terminal(piece, start, begins=begins)
            if terminal == "?":  # a statement with a word that is none, to be told of where it stands
                terminal = None if start <= at else "AFTER" if self._takes("AFTER") else "SEND"
            if terminal is not None and (start, terminal) != self.resumed and self._resume(terminal, start):
                self.resumed = (start, terminal)
                return True
            skipped = piece == "{"
            if skipped:  # a block without a place
                behind = self.braces.behind(start)
            begins = skipped or piece in ("}", ";")
        return False

    def _begins(self, at: int) -> bool:
        """May a statement begin here?"""
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        return not line.strip() or line.rstrip()[-1:] in ("{", "}", ";")

    def _read_as_meant(self, at: int) -> bool:
        """A statement whose word is surely misspelt is read on as what was meant."""
        match = PIECE.match(self.text, at)
        if match is None or match.lastgroup != "word" or not self._takes("SEND"):
            return False
        meant = nearest(match.group(), STATEMENTS, LIKELY)
        if meant is None or meant == match.group() or match.group() in CONTINUATIONS:
            return False
        self.state.feed_token(token_of(meant.upper(), match.group(), at, match.end()))
        return self._read_from(match.end())

    def _terminal(self, piece: str, at: int, *, begins: bool) -> str | None:
        """The terminal by which one may go on here."""
        if piece == "}":
            return "RBRACE"
        if not begins:
            return None
        if piece == "else":
            return "ELSE_BLOCK" if ELSE.match(self.text, at) is not None else None
        if piece in BEGINNINGS or piece[-1:] == "%":
            return _terminal_of(piece)
        if piece in CONTINUATIONS:
            return None
        if piece.isidentifier() and (foreign(piece) or nearest(piece, BEGINNINGS) is not None):
            return "?"
        return None

    def _resume(self, terminal: str, at: int) -> bool:
        """Cut the parser back to the innermost place that takes the terminal, and let it read on at `at`."""
        if terminal == "JOURNEY" and not self._takes(terminal):
            if (brace := self.braces.unclosed(at)) is not None and not self._told_near(brace):
                self._tell_unclosed(brace)
            return self._close(terminal, at) and self._read_from(at)
        depth = len(self.state.state_stack)
        while depth > 1 and not self._takes(terminal, depth):
            depth -= 1
        if depth <= 1 and not self._takes(terminal, depth):
            return False
        if terminal in HEADER_TYPES and terminal != "EXIT" and self._whole_above(depth):
            return False
        self._cut(depth)
        self._reduce(terminal)
        return self._read_from(at)

    def _whole_above(self, depth: int) -> bool:
        """Would statements be lost that were read whole, if the parser were cut back?"""
        lost = self.state.value_stack[depth - 1 :]
        if not lost:
            return False
        kinds = [getattr(value, "type", "") for value in lost]
        ready = kinds[0] in STATEMENT_TYPES and self._takes("SEMICOLON")
        return not kinds[0] or ready or "LBRACE" in kinds

    def _told_near(self, brace: int) -> bool:
        """Was something told behind that bracket, which may well be why it is open?"""
        return any(d.span.source is self.source and d.span.start >= brace for d in self.found)

    def _close(self, terminal: str, at: int) -> bool:
        """Close what is open until the terminal is taken."""
        for _ in range(2 * NESTED_MAX):
            depth = len(self.state.state_stack)
            if self._takes(terminal, depth):
                return True
            while depth > 1 and not self._takes("RBRACE", depth) and not self._takes(terminal, depth):
                depth -= 1
            self._cut(depth)
            if self._takes(terminal, depth):
                return True
            if not self._takes("RBRACE", depth):
                return False
            self._feed("RBRACE", at)
        return False

    def _cut(self, depth: int) -> None:
        del self.state.state_stack[depth:]
        del self.state.value_stack[depth - 1 :]

    def _reduce(self, terminal: str) -> None:
        """Make of what stands before the terminal what it is as soon as that comes."""
        states, values = self.state.state_stack, self.state.value_stack
        table, callbacks = self.state.parse_conf.states, self.state.parse_conf.callbacks
        while (action := table[states[-1]][terminal])[0].name != "Shift":
            rule = action[1]
            size = len(rule.expansion)
            taken = values[len(values) - size :]
            self._cut(len(states) - size)
            states.append(table[states[-1]][rule.origin.name][1])
            values.append(callbacks[rule](taken))

    def _read_from(self, at: int) -> bool:
        self.lexer.state.line_ctr.char_pos = at
        self.before = None
        return True

    def _feed(self, terminal: str, at: int) -> Any:
        return self.state.feed_token(token_of(terminal, "", at, at), is_end=terminal == "$END")

    def _takes(self, terminal: str, depth: int | None = None) -> bool:
        """Would the parser, cut back to `depth` states if that is given, shift the terminal after any reductions?"""
        return self._states(depth).take(terminal)

    def _states(self, depth: int | None = None) -> States:
        conf = self.state.parse_conf
        return States(conf.states, conf.end_state, self.state.state_stack[:depth])


def _terminal_of(piece: str) -> str:
    return "PERCENT" if piece[-1:] == "%" else "ELSE_BLOCK" if piece == "else" else piece.upper()
