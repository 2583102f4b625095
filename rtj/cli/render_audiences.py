"""Audiences as lines: a table of all, one over time with its members, and why a person is in or out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from rtj.base.plain import one_line
from rtj.cli.screen import Line, Piece, line, width, wrap
from rtj.ir.courses import Course, Span, Survey
from rtj.ir.explained import Part
from rtj.report.audiences import spark, why, would_have_to
from rtj.report.moments import counted, length_words, moment_words, wall_clock
from rtj.report.summary import DEAD

BAR_CELLS = 30
TURNS_SHOWN = 6  # of one person and audience, the latest
_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Shown:
    """`zone` of the times that are told, `columns` of a terminal (0: none), `blocks`: can it show block characters?"""

    zone: tzinfo
    columns: int = 0
    blocks: bool = False

    def moment(self, ms: int) -> str:
        """An instant in words."""
        return moment_words(wall_clock(ms, self.zone))


def render_overview(found: Survey, shown: Shown) -> list[Line]:
    """One line for each audience."""
    result = found.result
    lines = [*_headline(found, shown), ()]
    heads = ("at the end", "share", "joined", "left", "peak")
    rows = [
        (f"{c.size:,}", _percent(c.size, result.profiles), f"{c.joined:,}", f"{c.left:,}", f"{c.peak:,}") for c in found.courses
    ]
    sizes = [max(len(heads[i]), *(len(row[i]) for row in rows)) for i in range(len(heads))]
    names = max(width("audience"), *(width(one_line(c.name)) for c in found.courses))
    titles = "  ".join(f"{head:>{size}}" for head, size in zip(heads, sizes, strict=True))
    lines.append(line(Piece(f"{_left('audience', names)}  {titles}", "dim")))
    for course, row in zip(found.courses, rows, strict=True):
        numbers = "  ".join(f"{text:>{size}}" for text, size in zip(row, sizes, strict=True))
        chart = Piece(spark([span.size for span in course.spans]), "good") if shown.blocks else Piece("")
        lines.append(line(Piece(_left(one_line(course.name), names), "name"), f"  {numbers}  ", chart))
    return lines


def render_course(found: Survey, shown: Shown) -> list[Line]:
    """One audience over time, and who is in it."""
    course = found.courses[0]
    told = [Piece(one_line(course.name), "name"), Piece(f"  {_sentence(course, found, shown)}")]
    lines = [*_headline(found, shown), (), *wrap(told, shown.columns, width(one_line(course.name)) + 2)]
    lines += [(), *_over_time(course.spans, shown)] if course.spans else []
    lines += [(), *_members(found, course, shown)]
    return lines


def render_person(who: str, at: int, told: Sequence[tuple[str, Part, Sequence[tuple[int, bool]]]], shown: Shown) -> list[Line]:
    """Why a person is in audiences, or not; each with its latest turns (instant, joined)."""
    lines = [line(Piece(who, "strong"), Piece(f"  as of {shown.moment(at)}", "dim"))]
    for name, part, turns in told:
        state = Piece("in", "good") if part.holds else Piece("out", "bad")
        since = f" since {shown.moment(turns[-1][0])}" if turns else "" if part.holds else ", never was in it"
        lines += [(), line(Piece(one_line(name), "name"), "  ", state, since)]
        for told_why in (row for inner in part.parts or (part,) for row in why(inner, shown.zone)):
            sign = {True: Piece("✓ ", "good"), False: Piece("✗ ", "bad"), None: Piece("  ")}[told_why.holds]
            gap = " = " if told_why.holds is None else "  "
            note = Piece(f"{gap}{one_line(told_why.note)}" if told_why.note else "", "dim")
            lines += wrap([Piece("  " * (told_why.depth + 1)), sign, Piece(one_line(told_why.text)), note], shown.columns, 6)
        need = would_have_to(part, wanted=not part.holds)
        if need:
            lines += wrap([Piece(f"  to be {'out' if part.holds else 'in'}: ", "dim"), Piece(one_line(need))], shown.columns, 4)
        moment = "never" if part.next_change is None else f"at {shown.moment(part.next_change)} at the earliest"
        lines.append(line(Piece("  by time alone: ", "dim"), moment))
        if len(turns) > 1:
            shown_turns = [f"{'in' if joined else 'out'} {shown.moment(when)}" for when, joined in turns[-TURNS_SHOWN:]]
            more = f"{len(turns) - TURNS_SHOWN:,} earlier, " if len(turns) > TURNS_SHOWN else ""
            lines += wrap([Piece("  came and went: ", "dim"), Piece(more + ", ".join(shown_turns))], shown.columns, 4)
    return lines


def _headline(found: Survey, shown: Shown) -> list[Line]:
    result = found.result
    if result.first_ts is None or result.end is None:
        return [line(Piece("No events: there was nothing to read.", "strong"))]
    about = f"{counted(result.read, 'event')} of {counted(result.profiles, 'person', 'people')}"
    lines = [line(Piece(about, "strong"), Piece(f"  {shown.moment(result.first_ts)} to {shown.moment(result.end)}", "dim"))]
    if result.dead:
        reasons = " · ".join(f"{n:,} {DEAD.get(reason, reason)}" for reason, n in sorted(result.dead.items()))
        lines.append(line(Piece(f"{counted(sum(result.dead.values()), 'dead letter')}: {reasons}", "warn")))
    return lines


def _sentence(course: Course, found: Survey, shown: Shown) -> str:
    if not course.joined:
        return "nobody was ever in it"
    text = f"{course.size:,} at the end, {_percent(course.size, found.result.profiles)} of all"
    text += f" · {course.joined:,} joined, {course.left:,} left"
    if course.left:
        text += f" after {length_words(course.stayed_ms // course.left)} on average"
    if course.fused:
        text += f", {course.fused:,} turned out to be another member"
    if course.peak_at is not None:
        text += f" · at most {course.peak:,}, first on {shown.moment(course.peak_at)}"
    return text


def _over_time(spans: Sequence[Span], shown: Shown) -> list[Line]:
    heads = ("from", "size", "joined", "left")
    rows = [(shown.moment(s.start), f"{s.size:,}", f"{s.joined:,}", f"{s.left:,}") for s in spans]
    sizes = [max(len(heads[i]), *(len(row[i]) for row in rows)) for i in range(4)]
    top = max((span.size for span in spans), default=0)
    lines = [line(Piece("  ".join(f"{head:>{size}}" for head, size in zip(heads, sizes, strict=True)), "dim"))]
    for span, row in zip(spans, rows, strict=True):
        numbers = "  ".join(f"{text:>{size}}" for text, size in zip(row, sizes, strict=True))
        lines.append(line(f"{numbers}  ", Piece(_bar(span.size, top) if shown.blocks else "", "good")))
    return lines


def _members(found: Survey, course: Course, shown: Shown) -> list[Line]:
    if not course.size:
        return [line(Piece("members  ", "dim"), "nobody")]
    lines: list[Line] = []
    if course.longest is not None:
        longest = course.longest
        lines.append(
            line(Piece("longest  ", "dim"), one_line(longest.name), Piece(f"  since {shown.moment(longest.since)}", "dim"))
        )
    if not found.members:
        return lines
    names = max(width(one_line(stay.name)) for stay in found.members)
    for place, stay in enumerate(found.members):
        head = Piece("members  " if place == 0 else " " * 9, "dim")
        lines.append(line(head, _left(one_line(stay.name), names), Piece(f"  since {shown.moment(stay.since)}", "dim")))
    if course.size > len(found.members):
        rest = course.size - len(found.members)
        lines.append(line(Piece(f"         and {rest:,} more: --members N shows so many, --members all of them", "dim")))
    return lines


def _bar(size: int, top: int) -> str:
    if not size:
        return ""
    eighths = max(round(size / top * BAR_CELLS * 8), 1)
    return _EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f}%" if share >= 9.95 or not share else f"{share:.1f}%"


def _left(text: str, cells: int) -> str:
    return text + " " * (cells - width(text))
