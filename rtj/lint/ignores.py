"""Ignore comments: `# rtj: ignore[W204] until=2027-01-31 -- support calls them`.

On a line of its own such a comment covers the next node of the YAML, that is a key with all below it or an item of a list. Behind
something it covers what begins on its line (behind a `|` or `>` the text too). `# rtj: file-ignore[…]` at the beginning of a line
covers the file. Nothing is ignored without being named.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rtj.base.diagnostic import Diagnostic, Edit, Fix
from rtj.base.span import Source, Span
from rtj.lang.likeness import nearest
from rtj.lint.ground import Ground
from rtj.lint.rulebook import PREFIX, Rulebook, keeps_from_compiling

SIGN = "rtj:"
COMMENT = re.compile(r"#[ \t]*rtj:[ \t]*")
HASH = re.compile(r"(?:^|(?<=[ \t]))#")
DIRECTIVE = re.compile(r"([\w-]+)[ \t]*(\[([^\]]*)(\])?)?")
WORD = re.compile(r"[^\s,]+(?:[ \t]+[^\s,]+)*")
TAIL = re.compile(r"[ \t]*(?:until=(?P<until>\S*))?[ \t]*(?:--[ \t]*(?P<reason>.*))?")
END = re.compile("[\r\n\x85\u2028\u2029]")  # what ends a line, and with it a comment, in YAML
DIRECTIVES = ("ignore", "file-ignore")
FORM = "`# rtj: ignore[W204] -- why`"
COMMENTS_MAX = 5_000  # that are obeyed in one file
WORDS_MAX = 100  # in one comment


@dataclass(frozen=True, slots=True)
class Word:
    """One code or name in the brackets, and the codes that it means."""

    text: str
    span: Span
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """`span`: the whole comment. `inside`: what stands in the brackets. `covers`: the offsets [start, end] of the node that it
    covers, None for a line or nothing; `line`: the number of the line that it covers, 0 for none; `everything`: the file."""

    span: Span
    inside: Span
    words: tuple[Word, ...]
    until: datetime.date | None
    reason: str
    own_line: bool
    covers: tuple[int, int] | None = None
    line: int = 0
    everything: bool = False

    def expired(self, today: datetime.date | None) -> bool:
        """Has the last day passed?"""
        return today is not None and self.until is not None and today > self.until


class CommentReader:
    """Reads the ignore comments of one file; what cannot be read goes to `found`."""

    def __init__(self, ground: Ground, rulebook: Rulebook) -> None:
        self.ground, self.rulebook = ground, rulebook
        self.source: Source = ground.source
        self.found: list[Diagnostic] = []

    def comments(self) -> list[IgnoreComment]:
        read: list[IgnoreComment] = []
        tried = 0
        for line in self._lines():
            start = self._comment_of(line)
            match = COMMENT.match(self.source.text, start) if start is not None else None
            if match is None:
                continue
            tried += 1
            if tried > COMMENTS_MAX:
                span = self._span(match.start(), match.end())
                self._warn(f"more than {COMMENTS_MAX:,} ignore comments in one file: the rest is not read", span, "file-ignore")
                break
            last = END.search(self.source.text, match.end())
            comment = self._comment(match, last.start() if last is not None else len(self.source.text))
            if comment is not None:
                read.append(comment)
        return read

    def _lines(self) -> Iterator[int]:
        """The numbers of the lines in which such a comment may stand."""
        last = 0
        for match in COMMENT.finditer(self.source.text):
            line = self.source.line_col(match.start())[0]
            if line != last:
                yield line
            last = line

    def _begin(self, line: int) -> int:
        return self.source.line_starts()[line - 1]

    def _comment_of(self, line: int) -> int | None:
        """Where the comment of a line begins: at the first sign that is no part of a text."""
        signs = (self._begin(line) + match.start() for match in HASH.finditer(self.source.line_text(line)))
        return next((sign for sign in signs if not self.ground.in_text(sign)), None)

    def _comment(self, match: re.Match[str], end: int) -> IgnoreComment | None:
        """The comment that begins with `match` and goes to `end`."""
        directive = DIRECTIVE.match(self.source.text, match.end(), end)
        if directive is None or (directive[1] not in DIRECTIVES and not self._looks_meant(directive)):
            return None
        word = self._span(directive.start(1), directive.end(1))
        if directive[1] not in DIRECTIVES:
            near = nearest(directive[1], DIRECTIVES) or "ignore"
            self._warn(f"`{directive[1]}` is nothing that a comment can ask for", word, f"did you mean `{near}`?")
            return None
        if directive[4] is None or not directive[3].strip(" \t,"):
            why = "is not closed by `]`" if directive[2] and directive[4] is None else "names nothing: all at once is not offered"
            self._warn(f"this `{directive[1]}` {why}", word, f"name what is meant: {FORM}")
            return None
        tail = TAIL.match(self.source.text, directive.end(), end)
        assert tail is not None
        self._check_tail(tail, end)
        words = tuple(self._words(directive.start(3), directive.end(3)))
        inside = self._span(directive.start(3), directive.end(3))
        span = self._span(match.start(), match.start() + len(self.source.text[match.start() : end].rstrip()))
        own_line = not self.source.text[self._begin(span.line) : span.start].strip(" \t")
        until, reason = self._until(tail), (tail["reason"] or "").strip()
        base = IgnoreComment(span, inside, words, until, reason, own_line)
        return self._placed(base, word, everything=directive[1] == "file-ignore")

    def _placed(self, c: IgnoreComment, word: Span, *, everything: bool) -> IgnoreComment | None:
        """The comment with what it covers."""
        if everything:
            if not c.own_line or c.span.column != 1:
                self._warn("`file-ignore` begins at the beginning of a line", word, "`ignore` covers the node below or the line")
                return None
            return _replaced(c, everything=True)
        if c.own_line:
            return _replaced(c, covers=self.ground.after(c.span.end))
        return _replaced(c, covers=self.ground.block_on(c.span.line), line=c.span.line)

    def _looks_meant(self, directive: re.Match[str]) -> bool:
        """Was another word probably meant, or is this prose?"""
        return directive[2] is not None or nearest(directive[1], DIRECTIVES) is not None

    def _check_tail(self, tail: re.Match[str], end: int) -> None:
        rest = self.source.text[tail.end() : end].rstrip()
        if rest:
            span = self._span(tail.end(), tail.end() + len(rest))
            self._warn(f"`{rest}` is not read here", span, "expected until=2027-01-31 or a reason: ` -- why`")

    def _until(self, tail: re.Match[str]) -> datetime.date | None:
        if tail["until"] is None:
            return None
        try:
            return datetime.date.fromisoformat(tail["until"])
        except ValueError:
            span = self._span(tail.start("until"), max(tail.end("until"), tail.start("until") + 1))
            self._warn(f"`{tail['until']}` is no date, so this never expires", span, "expected a date such as 2027-01-31")
            return None

    def _words(self, start: int, end: int) -> Iterator[Word]:
        for number, match in enumerate(WORD.finditer(self.source.text, start, end)):
            span, text = self._span(match.start(), match.end()), match[0]
            if number >= WORDS_MAX:
                self._warn(f"more than {WORDS_MAX} names in one comment: the rest is not read", span)
                return
            codes = self.rulebook.meant(text)
            if codes and codes != (text,) and PREFIX.fullmatch(text):
                self._warn(f"`{text}` is the beginning of {len(codes)} codes; a comment names each", span)
                codes = ()
            elif not codes:
                self._warn(f"`{text}` is no code and no name of a rule", span, self.rulebook.nearest(text))
            elif keeps_from_compiling(codes[0]):
                message = f"`{text}` keeps the project from compiling: it cannot be ignored"
                self.found.append(Diagnostic("E105", message, span, "mend it, or leave the journey out of the project"))
                codes = ()
            yield Word(text, span, codes)

    def _span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def _warn(self, message: str, span: Span, hint: str = "") -> None:
        self.found.append(Diagnostic("W904", message, span, hint, (), "warning"))


def _replaced(
    c: IgnoreComment, *, covers: tuple[int, int] | None = None, line: int = 0, everything: bool = False
) -> IgnoreComment:
    return IgnoreComment(c.span, c.inside, c.words, c.until, c.reason, c.own_line, covers, line, everything)


# ---- what is said about comments


def without_reason(comment: IgnoreComment) -> Diagnostic | None:
    """W902, where there is none."""
    if comment.reason:
        return None
    return Diagnostic("W902", "this ignores without a reason", comment.span, "write it behind: ` -- why`", (), "warning")


def expired(comment: IgnoreComment) -> Diagnostic:
    """W903: the date has passed and what it hid is back."""
    assert comment.until is not None
    message = f"this ignored until {comment.until.isoformat()}: what it hid is shown again"
    return Diagnostic("W903", message, comment.span, "mend what it hid, or give it a new date", (), "warning")


def unused(comment: IgnoreComment, words: list[Word]) -> Diagnostic:
    """W901 for these words of the comment, with the way to take them out."""
    names = ", ".join(f"`{word.text}`" for word in words)
    kept = [word.text for word in comment.words if word not in words]
    if kept:
        edit = Edit(comment.inside.start, comment.inside.end, ", ".join(kept))
        fix = Fix(f"take {names} out of the comment", (edit,), safe=True)
    else:
        fix = Fix("remove the comment", (removal(comment),), safe=True)
    where = "in this file" if comment.everything else "here"
    if not comment.everything and comment.covers is None and not comment.line:
        where = "where nothing follows"
    span = words[0].span if len(words) == 1 else comment.inside
    hint = "on a line of its own it covers the whole node below" if comment.line else ""
    return Diagnostic("W901", f"{names} ignores nothing {where}", span, hint, (), "warning", fix)


def removal(comment: IgnoreComment) -> Edit:
    """The edit that takes a comment away: the whole line where it stands alone."""
    source, start, end = comment.span.source, comment.span.start, comment.span.end
    starts = source.line_starts()
    begin = starts[comment.span.line - 1]
    following = starts[comment.span.line] if comment.span.line < len(starts) else len(source.text)
    if comment.own_line and not source.text[end:following].strip(" \t\r\n"):
        return Edit(begin, following, "")
    return Edit(begin + len(source.text[begin:start].rstrip(" \t")), end, "")
