"""Journeys in their own language: text in, one tree and all independent mistakes out.

A text without mistakes is parsed in one go. Otherwise the parser is led through it: after a mistake it goes on at the next line
(or behind the next bracket or `;`) that begins with a word of the language, in the innermost place that can take that word.
So what is lost is the statement or clause with the mistake, and the tree is whole but for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang.dsl_braces import Braces
from rtj.lang.dsl_errors import Mistake, mistake
from rtj.lang.dsl_hints import foreign
from rtj.lang.dsl_signs import straightened
from rtj.lang.dsl_words import BEGINNINGS, PIECE, STATEMENTS
from rtj.lang.guesses import LIKELY
from rtj.lang.likeness import nearest
from rtj.lang.phrase_errors import place
from rtj.lang.phrase_grammar import journey_parser

if TYPE_CHECKING:
    from lark import Token, Tree
    from lark.exceptions import UnexpectedInput

MISTAKES_MAX = 100  # of one file that are told
NESTED_MAX = 64  # blocks within blocks
MORE = f"more than {MISTAKES_MAX} mistakes in one file: the rest is not looked for"


def parse_journeys(source: Source, found: list[Diagnostic]) -> Tree[Token] | None:
    """The tree of a file; None when nothing of it can be used. What is wrong goes to `found`."""
    from lark.exceptions import UnexpectedInput

    text = straightened(source, found)
    braces = Braces(source, text)
    if (deep := braces.deeper_than(NESTED_MAX)) is not None:
        found.append(Diagnostic("E005", f"nested deeper than {NESTED_MAX} levels", Span(source, deep, deep + 1)))
        return None
    try:
        return journey_parser().parse(text)
    except UnexpectedInput:
        return _Led(source, text, braces, found).tree()


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
                    self.found.append(Diagnostic("E005", MORE, Span(self.source, at, at)))
                    at = len(self.text)
                if not self._go_on(at):
                    return self._ended()

    def _ended(self) -> Tree[Token] | None:
        """The tree at the end of the text; blocks that are open are closed."""
        end = len(self.text.rstrip())
        if not self._takes(len(self.state.state_stack), "$END"):
            if self.told == 0:
                self._tell_end(end)
            if not self._close("$END", end):
                return None
        result: Tree[Token] | None = self._feed("$END", end)
        return result

    def _tell_end(self, end: int) -> None:
        """The text ends too early: a block is open, or a statement is half written."""
        from lark.exceptions import UnexpectedToken

        if self._takes(len(self.state.state_stack), "RBRACE") and (unclosed := self.braces.unclosed()) is not None:
            self._tell_unclosed(unclosed)
            return
        missing: Any = UnexpectedToken
        self._tell(missing(self._token("$END", end), set(), state=self.state))

    def _closes(self, at: int) -> bool:
        """Does what begins here only fit behind a bracket that is missing? Then it is told, and read as if it stood there."""
        piece = PIECE.match(self.text, at)
        if piece is None or piece.group() not in BEGINNINGS or not self._begins(at):
            return False
        brace = self.braces.unclosed()
        if brace is None or brace >= at or brace in self.unclosed:
            return False
        terminal, depth = piece.group().upper(), len(self.state.state_stack)
        if self._takes(depth, terminal) or not self._takes(depth, "RBRACE"):
            return False
        self.unclosed.add(brace)
        self._tell_unclosed(brace)
        return self._close(terminal, at) and self._read_from(at)

    def _tell_unclosed(self, brace: int) -> None:
        self.told += 1
        span = Span(self.source, brace, brace + 1)
        self.found.append(Diagnostic("E010", "this `{` is not closed", span, "each `{` has its `}`"))

    # ---- telling

    def _tell(self, error: UnexpectedInput) -> int:
        """Report a mistake; returns from where to look for a place to go on."""
        self.told += 1
        stack = list(zip(self.state.state_stack[1:], self.state.value_stack, strict=True))
        wanted = {t for t in self.state.parse_conf.states[self.state.position] if t.isupper() or t == "$END"}
        legal = {t for t in wanted if self._takes(len(self.state.state_stack), t)}
        told: Mistake = mistake(self.source, self.text, error, [value for _, value in stack], legal, self.before)
        self.found.extend(told.found)
        if told.lost is not None:
            self._cut(told.lost + 1)
        return told.at

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
                terminal = None if start <= at else "AFTER" if self._takes(len(self.state.state_stack), "AFTER") else "SEND"
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
        if match is None or match.lastgroup != "word" or not self._takes(len(self.state.state_stack), "SEND"):
            return False
        meant = nearest(match.group(), STATEMENTS, LIKELY)
        if meant is None or meant == match.group():
            return False
        self.state.feed_token(self._token(meant.upper(), at, match.end()))
        return self._read_from(match.end())

    def _terminal(self, piece: str, at: int, *, begins: bool) -> str | None:
        """The terminal by which one may go on here."""
        if piece == "}":
            return "RBRACE"
        if not begins:
            return None
        if piece[-1:] == "%":
            return "PERCENT"
        if piece == "else":
            return "ELSE_BLOCK" if self.text[at + 4 :].lstrip()[:1] == "{" else None
        if piece in BEGINNINGS:
            return piece.upper()
        if piece.isidentifier() and (foreign(piece) or nearest(piece, BEGINNINGS) is not None):
            return "?"
        return None

    def _resume(self, terminal: str, at: int) -> bool:
        """Cut the parser back to the innermost place that takes the terminal, and let it read on at `at`."""
        if terminal == "JOURNEY" and not self._takes(len(self.state.state_stack), terminal):
            if (brace := self.braces.unclosed(at)) is not None and not self._told_near(brace):
                self._tell_unclosed(brace)
            return self._close(terminal, at) and self._read_from(at)
        depth = len(self.state.state_stack)
        while depth > 1 and not self._takes(depth, terminal):
            depth -= 1
        if depth <= 1 and not self._takes(depth, terminal):
            return False
        self._cut(depth)
        self._reduce(terminal)
        return self._read_from(at)

    def _told_near(self, brace: int) -> bool:
        """Was something told behind that bracket, which may well be why it is open?"""
        return any(d.span.source is self.source and d.span.start >= brace for d in self.found)

    def _close(self, terminal: str, at: int) -> bool:
        """Close what is open until the terminal is taken."""
        for _ in range(2 * NESTED_MAX):
            depth = len(self.state.state_stack)
            if self._takes(depth, terminal):
                return True
            while depth > 1 and not self._takes(depth, "RBRACE") and not self._takes(depth, terminal):
                depth -= 1
            self._cut(depth)
            if self._takes(depth, terminal):
                return True
            if not self._takes(depth, "RBRACE"):
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

    def _token(self, terminal: str, at: int, end: int | None = None) -> Token:
        from lark import Token

        return Token(terminal, self.text[at : end or at], at, 1, 1, 1, 1, end or at)

    def _feed(self, terminal: str, at: int) -> Any:
        return self.state.feed_token(self._token(terminal, at), is_end=terminal == "$END")

    def _takes(self, depth: int, terminal: str) -> bool:
        """Would the parser, cut back to `depth` states, shift the terminal after any reductions?"""
        stack, states = self.state.state_stack[:depth], self.state.parse_conf.states
        while True:
            action = states[stack[-1]].get(terminal)
            if action is None:
                return False
            if action[0].name == "Shift":
                return True
            rule = action[1]
            if rule.expansion:
                del stack[-len(rule.expansion) :]
            after = states[stack[-1]].get(rule.origin.name) if stack else None
            if after is None:
                return False
            stack.append(after[1])
            if terminal == "$END" and stack[-1] == self.state.parse_conf.end_state:
                return True
