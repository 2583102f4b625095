"""Ignore comments for findings that are there: how a project that has many begins, without hiding what is new."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rtj.base.diagnostic import Edit
from rtj.base.finding import Finding
from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lint.ground import Ground
from rtj.lint.ignores import CommentReader, IgnoreComment
from rtj.lint.rulebook import Rulebook, keeps_from_compiling
from rtj.lint.where import Outline

NOT_YET = "not looked at yet"
OF_COMMENTS = ("W901", "W902", "W903", "W904", "W905")  # what is said of comments and settings is mended, not commented


@dataclass(frozen=True, slots=True)
class Commented:
    """`texts`: the new text of each file, by its path. `added`: how many findings are covered now. `left`: those that no
    comment may or can cover."""

    texts: dict[str, str]
    added: int
    left: tuple[Finding, ...]


@dataclass(slots=True)
class _Place:
    """Where a comment goes: before the line that begins at `offset`; `codes` in the order in which they are found."""

    offset: int
    indent: str
    there: IgnoreComment | None
    codes: dict[str, None] = field(default_factory=dict)


def add_ignores(findings: Iterable[Finding], sources: Iterable[Source], rulebook: Rulebook, reason: str) -> Commented:
    """Cover findings with comments: one for each node, added to one that is there. What the files say
    stays the same."""
    by_path: dict[str, list[Finding]] = defaultdict(list)
    known = {source.path: source for source in sources}
    left: list[Finding] = []
    for finding in findings:
        d = finding.diagnostic
        if keeps_from_compiling(d.code) or d.code in OF_COMMENTS or d.span.source.path not in known:
            left.append(finding)
        else:
            by_path[d.span.source.path].append(finding)
    texts: dict[str, str] = {}
    added = 0
    for path, here in by_path.items():
        text = _commented(known[path], here, rulebook, reason or NOT_YET)
        if text is None:
            left += here
        else:
            texts[path] = text
            added += len(here)
    return Commented(texts, added, tuple(left))


def _commented(source: Source, findings: Sequence[Finding], rulebook: Rulebook, reason: str) -> str | None:
    """The text with comments; None when they would change what it says."""
    documents = Outline(source).documents
    ground = Ground(source, documents)
    comments = CommentReader(ground, rulebook).comments()
    places: dict[int, _Place] = {}
    for finding in findings:
        place = _place(ground, comments, finding.diagnostic.span.start)
        places.setdefault(place.offset, place).codes[finding.diagnostic.code] = None
    line_end = "\r\n" if "\r\n" in source.text else "\n"
    edits = [_edit(place, reason, line_end) for place in places.values()]
    text = source.text
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    after = Outline(Source(source.path, text)).documents
    return text if [_said(document) for document in after] == [_said(document) for document in documents] else None


def _place(ground: Ground, comments: Sequence[IgnoreComment], offset: int) -> _Place:
    """Above the innermost node around the offset that begins its line; else at the top of the file."""
    source = ground.source
    starts = source.line_starts()
    best: int | None = None
    before_it = bisect_right(ground.nodes, offset, key=lambda node: node[0])
    for start, end in reversed(ground.nodes[:before_it]):
        if offset <= end and not source.text[starts[source.line_col(start)[0] - 1] : start].strip(" \t-?"):
            best = start
            break
    if best is None:
        everywhere = next((comment for comment in comments if comment.everything), None)
        return _Place(-1, "", everywhere)
    line = starts[source.line_col(best)[0] - 1]
    before = source.text[line:best]
    covered = ground.after(line - 1)
    there = next((c for c in comments if c.own_line and c.covers == covered and c.until is None), None)
    return _Place(line, before[: len(before) - len(before.lstrip(" \t"))], there)


def _edit(place: _Place, reason: str, line_end: str) -> Edit:
    if place.there is not None:
        words = [word.text for word in place.there.words]
        named = {code for word in place.there.words for code in word.codes}
        words += (code for code in place.codes if code not in named)
        return Edit(place.there.inside.start, place.there.inside.end, ", ".join(words))
    at = max(place.offset, 0)
    word = "ignore" if place.offset >= 0 else "file-ignore"
    return Edit(at, at, f"{place.indent}# rtj: {word}[{', '.join(place.codes)}] -- {reason}{line_end}")


def _said(node: y.YamlNode) -> object:
    """What a node says, without its places."""
    match node:
        case y.Scalar(value=value, style=style):
            return style, value
        case y.Mapping(pairs=pairs):
            return [(pair.key.value, _said(pair.value)) for pair in pairs]
        case y.Sequence(items=items):
            return [_said(item) for item in items]
        case y.Broken():
            return None
