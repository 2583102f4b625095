"""Findings that ignore comments cover are left out; comments that cover none are reported."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rtj.base.diagnostic import Diagnostic
from rtj.base.finding import Finding
from rtj.lint.ignores import IgnoreComment, Word, expired, unused
from rtj.lint.rulebook import keeps_from_compiling


@dataclass(frozen=True, slots=True)
class Obeyed:
    """`kept`: what no comment covers. `ignored`: what one does. `notes`: what there is to say about the comments."""

    kept: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    notes: tuple[Diagnostic, ...]


class _Covering:
    """The comments of one file, for asking in the order of the text which of them cover an offset."""

    def __init__(self, comments: Iterable[IgnoreComment]) -> None:
        self._everywhere: list[IgnoreComment] = []
        self._on_line: dict[int, list[IgnoreComment]] = defaultdict(list)
        spans: list[tuple[int, int, IgnoreComment]] = []
        for comment in comments:
            if comment.everything:
                self._everywhere.append(comment)
            if comment.line:
                self._on_line[comment.line].append(comment)
            if comment.covers is not None:
                spans.append((*comment.covers, comment))
        self._waiting = sorted(spans, key=lambda one: (one[0], -one[1]), reverse=True)
        self._open: list[tuple[int, int, IgnoreComment]] = []  # nodes lie within each other: the last ends first

    def at(self, offset: int, line: int) -> Iterator[IgnoreComment]:
        """The comments that cover the offset; offsets only grow from call to call."""
        while self._waiting and self._waiting[-1][0] <= offset:
            one = self._waiting.pop()
            while self._open and self._open[-1][1] < one[0]:
                self._open.pop()
            self._open.append(one)
        while self._open and self._open[-1][1] < offset:
            self._open.pop()
        yield from self._everywhere
        yield from self._on_line.get(line, ())
        yield from (comment for _, end, comment in self._open if offset <= end)


def obey(
    findings: Iterable[Finding],
    comments: Mapping[str, list[IgnoreComment]],
    today: datetime.date | None,
    unjudged: Collection[str] | None,
) -> Obeyed:
    """Leave out what comments (by the path of their file) cover. `findings` are sorted by file and place. `unjudged`: codes
    that were not looked for, so that their comments may be in use; None: nobody can tell of any."""
    covering = {path: _Covering(found) for path, found in comments.items()}
    kept: list[Finding] = []
    ignored: list[Finding] = []
    used: set[int] = set()  # words, by identity
    back: dict[int, IgnoreComment] = {}
    for finding in findings:
        span, code = finding.diagnostic.span, finding.diagnostic.code
        here = covering.get(span.source.path)
        hidden = False
        for comment in here.at(span.start, span.line) if here is not None and not keeps_from_compiling(code) else ():
            matching = [word for word in comment.words if code in word.codes]
            used |= {id(word) for word in matching}
            if matching and comment.expired(today):
                back[id(comment)] = comment
            hidden |= bool(matching) and not comment.expired(today)
        (ignored if hidden else kept).append(finding)
    notes = [expired(comment) for comment in back.values()]
    if unjudged is not None:
        every = (comment for found in comments.values() for comment in found)
        notes += [unused(c, words) for c in every if (words := _idle(c, used, unjudged))]
    return Obeyed(tuple(kept), tuple(ignored), tuple(notes))


def _idle(comment: IgnoreComment, used: set[int], unjudged: Collection[str]) -> list[Word]:
    """The words of a comment that ignored nothing, though what they mean was looked for."""
    return [w for w in comment.words if w.codes and id(w) not in used and not set(w.codes) & set(unjudged)]
