"""The comments of a file, and where in its outline each of them hangs. Nothing is lost.

A comment on lines of its own stands above what follows, or is the last in its block. One behind something stands behind it:
behind a clause when the head of its unit goes on, behind the unit otherwise, also when it stands behind its closing bracket. A
comment within a phrase goes above its clause. What is said at the word of a block (`else:  # late`) goes above the first unit in
it. Ignore comments keep their effect: one behind something goes above it, for what it covers may get several lines; one for the
whole file goes to its top, for only at the beginning of a line it counts.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.layout.comment_texts import clean, comments_in
from rtj.layout.outline import NOWHERE, Clause, Comment, Outline, Part, Unit

YAML_COMMENT = re.compile("#[^\r\n\x85\u2028\u2029]*")
BLOCK_HEADER = re.compile(r"(?:[&!]\S*\s+)*[|>][^\s#]*[ \t]*")
UNPLACED = ("id", "arm", "share")  # clauses that stand elsewhere in the other spelling
IGNORE = re.compile(r"#[ \t]*rtj:[ \t]*ignore\b")
FILE_IGNORE = re.compile(r"#[ \t]*rtj:[ \t]*file-ignore\b")
MARK = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """A comment in the source. `own`: nothing stands before it on its line. `column`: counted from 0. `blank`: an empty line
    stands before it. `header`: it stands behind the `|` or `>` of a value."""

    start: int
    text: str
    own: bool
    column: int
    line: int
    blank: bool
    header: bool = False


# ---- finding


def dsl_comments(source: Source) -> list[Found]:
    """The comments of a file of the journey language, in order."""
    return [_found(source, match.start(), match.group()) for match in comments_in(source.text)]


def yaml_comments(source: Source, documents: Iterable[y.YamlNode]) -> list[Found]:
    """The comments of a YAML file, in order: `#` outside of scalars begins one."""
    texts, headers = _texts(source, documents)
    found: list[Found] = []
    at = 0
    while (match := YAML_COMMENT.search(source.text, at)) is not None:
        place = bisect_right(texts, (match.start(), len(source.text) + 1)) - 1
        if place >= 0 and match.start() < texts[place][1]:
            at = texts[place][1]
        else:
            found.append(_found(source, match.start(), match[0], header=match.start() in headers))
            at = match.end()
    return found


def covered(source: Source, documents: Iterable[y.YamlNode]) -> list[tuple[int, int]]:
    """Where scalars stand, as sorted offsets [start, end). Of a block of text it is what stands below its `|` or `>`."""
    return _texts(source, documents)[0]


def _texts(source: Source, documents: Iterable[y.YamlNode]) -> tuple[list[tuple[int, int]], set[int]]:
    """The same, and where comments begin behind a `|` or `>`."""
    texts: list[tuple[int, int]] = []
    headers: set[int] = set()
    for scalar in scalars(documents):
        start, end = scalar.span.start, scalar.span.end
        if scalar.style in ("|", ">") and (head := BLOCK_HEADER.match(source.text, start)) is not None:
            start = head.end()
            if source.text.startswith("#", start):
                headers.add(start)
                behind = YAML_COMMENT.match(source.text, start)
                start = behind.end() if behind is not None else start
        texts.append((start, max(start, end)))
    texts.sort()
    return texts, headers


def scalars(documents: Iterable[y.YamlNode]) -> Iterator[y.Scalar]:
    """All scalars, keys too; what an alias names comes once."""
    return (node for node in y.each_node(documents) if isinstance(node, y.Scalar))


def _found(source: Source, start: int, text: str, *, header: bool = False) -> Found:
    line = source.line_col(start)[0]
    begin = source.line_starts()[line - 1]
    before = source.text[begin:start]
    return Found(start, clean(text), not before.strip(), len(before), line, _after_empty_line(source, line), header)


def _after_empty_line(source: Source, line: int) -> bool:
    """Is the line before this one empty? `line` is counted from 1."""
    return line > 1 and not source.line_text(line - 1).strip()


# ---- hanging


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A clause or the word of a part. `above`: the units and parts around it, innermost first."""

    start: int
    thing: Clause | Part
    above: tuple[Unit | Part, ...]


def hang(source: Source, outline: Outline, comments: list[Found]) -> None:
    """Hang every comment on its place and mark what stands behind an empty line."""
    _Hanging(source, outline).hang(comments)
    for journey in outline.journeys:
        _settle(source, journey)


class _Hanging:
    def __init__(self, source: Source, outline: Outline) -> None:
        self.source, self.outline = source, outline
        self.top = outline.journeys[0].clauses[0].above
        self.anchors: list[_Anchor] = []
        for journey in outline.journeys:
            self._collect(journey)
        self.anchors.sort(key=lambda anchor: anchor.start)
        self.starts = [anchor.start for anchor in self.anchors]
        self.marks = [match.start() for match in MARK.finditer(source.text)]
        self.before = -1  # the anchor before the last comment of its own line
        self.shut: set[int] = set()  # parts that ended before that comment

    def _collect(self, journey: Unit) -> None:
        todo: list[tuple[Unit, tuple[Unit | Part, ...]]] = [(journey, ())]
        while todo:
            unit, above = todo.pop()
            around: tuple[Unit | Part, ...] = (unit, *above)
            self.anchors += [_Anchor(c.start, c, around) for c in unit.clauses if c.start != NOWHERE]
            for clause in unit.clauses:
                self.top += [comment for comment in clause.within if FILE_IGNORE.match(comment.text)]
                clause.within = [comment for comment in clause.within if not FILE_IGNORE.match(comment.text)]
            for part in unit.parts:
                if part.start != NOWHERE:
                    self.anchors.append(_Anchor(part.start, part, (part, *around)))
                todo += [(inner, (part, *around)) for inner in part.units]

    def hang(self, comments: list[Found]) -> None:
        for comment in comments:
            if FILE_IGNORE.match(comment.text):
                self.top.append(Comment(comment.text, comment.blank, comment.start))
                continue
            number = bisect_left(self.starts, comment.start) - 1
            last = self.anchors[number] if number >= 0 else None
            following = self.anchors[number + 1] if number + 1 < len(self.anchors) else None
            if last is not None and isinstance(last.thing, Clause) and last.start < comment.start < last.thing.end:
                if comment.header:
                    self._behind(comment, last, following, last.thing.end)
                else:
                    last.thing.above.append(Comment(comment.text))
            elif comment.own or last is None:
                self._own(comment, number, last, following)
            else:
                self._behind(comment, last, following, comment.start)

    # ---- on lines of its own

    def _own(self, comment: Found, number: int, last: _Anchor | None, following: _Anchor | None) -> None:
        if number != self.before:
            self.before, self.shut = number, set()
        told = Comment(comment.text, comment.blank, comment.start if comment.own else NOWHERE)
        around = self._around(comment, last, following)
        if around is None:
            if following is None:
                self.outline.tail.append(told)
            elif last is not None and self._mark_between(comment.start, following.start):
                _put_last(_root(last).parts[-1], told)
            else:
                _above(following, told)
        elif following is not None and (around in following.above or _statements_follow(around, following)):
            _above(following, told)
        else:
            _put_last(around, told)

    def _around(self, comment: Found, last: _Anchor | None, following: _Anchor | None) -> Part | None:
        """The innermost part in which a comment stands."""
        for part in _inside_out(last, comment.start) if last is not None else ():
            if not isinstance(part, Part) or id(part) in self.shut or not part.written:
                continue
            if part.column is None:
                if comment.start < part.end:
                    return part
            elif (following is not None and part in following.above) or comment.column >= part.column:
                return part
            self.shut.add(id(part))
        return None

    def _mark_between(self, start: int, end: int) -> bool:
        place = bisect_left(self.marks, start)
        return place < len(self.marks) and self.marks[place] < end

    # ---- behind something

    def _behind(self, comment: Found, last: _Anchor, following: _Anchor | None, at: int) -> None:
        line = self.source.line_starts()[comment.line - 1]
        told = Comment(comment.text)
        reached = last.thing.end if isinstance(last.thing, Clause) else last.start
        if reached >= line or at != comment.start:
            unit = next(around for around in last.above if isinstance(around, Unit))
            if isinstance(last.thing, Part) and unit.end > at and not any(clause.end >= line for clause in unit.clauses):
                _into(last.thing, told)
            elif isinstance(last.thing, Part) and unit.end > at:
                unit.behind.append(told)
            elif isinstance(last.thing, Part):
                self._outermost(last, at, line).behind.append(told)
            elif following is not None and isinstance(following.thing, Clause) and following.above[0] is unit:
                last.thing.behind.append(told)
            else:
                self._outermost(last, at, line).behind.append(told)
            return
        closed = [unit for unit in last.above if isinstance(unit, Unit) and line <= unit.end <= at]
        if closed:
            closed[-1].behind.append(told)
        else:  # behind a bracket of a list that goes on, or the end of a phrase of several lines
            unit = last.above[0] if isinstance(last.above[0], Unit) else _root(last)
            if isinstance(last.thing, Clause) and following is not None and following.above[0] is unit:
                last.thing.behind.append(told)
            else:
                self._own(comment, bisect_left(self.starts, comment.start) - 1, last, following)

    def _outermost(self, last: _Anchor, at: int, line: int) -> Unit:
        """The widest unit that begins on the line of the comment and ends before it, else the innermost."""
        units = [unit for unit in last.above if isinstance(unit, Unit)]
        widest = units[0]
        for unit in units:
            if unit.end > at or (unit.start < line and unit is not units[0]):
                break
            widest = unit
        return widest


def _inside_out(last: _Anchor, at: int) -> Iterator[Unit | Part]:
    """What stands around a place behind an anchor, and first a block of its own that nothing stands in."""
    unit = last.above[0]
    if isinstance(unit, Unit):
        for part in unit.parts:
            if part.first <= at < part.end if part.column is None else not part.units:
                yield part
    yield from last.above


def _statements_follow(around: Part, following: _Anchor) -> bool:
    """Does a comment among the headers stand before the first statement of that journey?"""
    return around.key == "headers" and around in _root(following).parts


def _root(anchor: _Anchor) -> Unit:
    journey = anchor.above[-1]
    assert isinstance(journey, Unit)
    return journey


def _above(anchor: _Anchor, comment: Comment) -> None:
    if isinstance(anchor.thing, Part):
        _into(anchor.thing, comment)
    else:
        anchor.thing.above.append(comment)


def _into(part: Part, comment: Comment) -> None:
    """To the beginning of a part, behind what came there before."""
    if part.units:
        part.units[0].above.append(comment)
    else:
        part.inside.append(comment)


def _put_last(part: Part, comment: Comment) -> None:
    part.inside.append(comment)


# ---- settling


def _settle(source: Source, journey: Unit) -> None:
    """Comments that have no place of their own in both spellings move to one that has."""
    todo = [journey]
    while todo:
        unit = todo.pop()
        _settle_unit(source, unit)
        for part in unit.parts:
            todo += part.units
    headers, do = journey.parts
    do.inside[:0] = headers.inside
    headers.inside = []


def _settle_unit(source: Source, unit: Unit) -> None:
    for clause in unit.clauses:
        clause.above += clause.within
        clause.within = []
    for clause in unit.clauses:
        clause.above += clause.behind[1:]
        del clause.behind[1:]
    for clause in unit.clauses:
        if clause.behind and IGNORE.match(clause.behind[0].text):
            clause.above += clause.behind
            clause.behind = []
    head = unit.clauses[0]
    unit.above += head.above
    head.above = []
    for clause in unit.clauses:
        if clause.key in UNPLACED:
            unit.above += clause.above
            unit.behind[:0] = clause.behind
            clause.above, clause.behind = [], []
    last = [clause for clause in unit.clauses if clause.key != "id"][-1]
    unit.behind[:0] = last.behind
    last.behind = []
    while unit.behind and IGNORE.match(unit.behind[0].text):
        unit.above.append(unit.behind.pop(0))
    extra = unit.behind[1:]
    del unit.behind[1:]
    if unit.parts and unit.parts[-1].key != "headers":
        unit.parts[-1].inside += extra
    else:
        unit.above += extra
    if unit.start == NOWHERE:
        return
    line = source.line_col(unit.start)[0]
    begin = source.line_starts()[line - 1]
    first = not source.text[begin : unit.start].strip(" \t-")
    empty = first and _after_empty_line(source, line)
    before = [NOWHERE < comment.start < unit.start for comment in unit.above]
    unit.gap = empty and bool(before) and before[-1]
    if unit.lead != NOWHERE:
        empty = _after_empty_line(source, source.line_col(unit.lead)[0])
        before = [NOWHERE < comment.start < unit.lead for comment in unit.above]
        if not first:  # it stands behind its key, and so does what stands above the key above it
            unit.gap = empty and bool(before) and before[-1]
    unit.blank = unit.above[0].blank if before and before[0] else empty
