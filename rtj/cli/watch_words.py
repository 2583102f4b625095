"""How `rtj watch` says it: one status line for every look, and a line or two for a journey that comes out otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

from rtj.base.plain import one_line
from rtj.cli.screen import Line, Piece, Style, line
from rtj.cli.watch_news import Good, Outcome, Shift, Turnout, View, differences
from rtj.report.moments import counted
from rtj.scenario.judge import Verdict

JOURNEYS_MAX = 12  # that are told of one simulation; the rest is counted
DETAILS_MAX = 6  # numbers about single messages and reasons, for one journey


class Signs(NamedTuple):
    """Marks and what stands between parts."""

    good: str
    bad: str
    dot: str


FINE = Signs("✓", "✗", " · ")
PLAIN = Signs("ok", "x", " - ")


def signs(stream: TextIO) -> Signs:
    """The marks that the stream can show."""
    try:
        "".join(FINE).encode(stream.encoding or "ascii")
    except (UnicodeError, LookupError):
        return PLAIN
    return FINE


class Clocked(NamedTuple):
    """When a look was, and how long it took until it was told."""

    at: str
    ms: int


def status(view: View, good: Good | None, verdicts: Sequence[Verdict] | None, clocked: Clocked, marks: Signs) -> Line:
    """`✓ 3 journeys · 41 tests · 18 ms`, or what is wrong and which program still runs. `verdicts`: None without tests."""
    errors, warnings = view.count("error"), view.count("warning")
    end = [f"{clocked.ms:,} ms"]
    if view.program is None:
        return still(counted(errors, "error"), good, clocked, marks)
    failed = sum(1 for verdict in verdicts or () if not verdict.passed)
    parts: list[tuple[str, Style]] = []
    if errors:
        parts.append((counted(errors, "error"), "bad"))
    if failed and verdicts:
        parts.append((f"{failed:,} of {counted(len(verdicts), 'test')} failed", "bad"))
    if warnings:
        parts.append((counted(warnings, "warning"), "warn"))
    parts.append((counted(len(view.program.journeys), "journey"), ""))
    if verdicts and not failed:
        parts.append((counted(len(verdicts), "test"), ""))
    mark = Piece(marks.bad, "bad") if errors or failed else Piece(marks.good, "good")
    return _joined(mark, parts, (*end, clocked.at), marks)


def still(trouble: str, good: Good | None, clocked: Clocked, marks: Signs) -> Line:
    """`! 1 error; still running the program of 10:02:14`."""
    parts: list[tuple[str, Style]] = [(one_line(trouble), "bad")]
    if good is not None:
        parts = [(f"{one_line(trouble)}; still running the program of {good.since}", "bad")]
    return _joined(Piece("!", "bad"), parts, (f"{clocked.ms:,} ms", clocked.at), marks)


def _joined(mark: Piece, parts: Sequence[tuple[str, Style]], end: Sequence[str], marks: Signs) -> Line:
    pieces: list[Piece | str] = [mark, " "]
    every = [*(Piece(text, style) for text, style in parts), *(Piece(text, "dim") for text in end)]
    for number, piece in enumerate(every):
        pieces += [Piece(marks.dot, "dim"), piece] if number else [piece]
    return line(*pieces)


# ---- simulations


def turnout(before: Outcome | None, now: Outcome) -> list[Line]:
    """What came of the events; after the first time only what comes out otherwise."""
    if before is None:
        return [line(Piece(now.headline, "dim"))]
    found = list(differences(before, now))
    if not found:
        return [line(Piece("  the events come out in the same numbers as before", "dim"))]
    lines = [told for one in found[:JOURNEYS_MAX] for told in _journey(one)]
    if len(found) > JOURNEYS_MAX:
        lines.append(line(Piece(f"  and {counted(len(found) - JOURNEYS_MAX, 'more journey', 'more journeys')}", "dim")))
    return lines


def _journey(one: Turnout) -> Iterator[Line]:
    """`  welcome: entered 118 (-2), goals 31 (+1)`, and below it the messages and reasons."""
    name = Piece(f"  {one_line(one.name)}", "name")
    if one.gone:
        yield line(name, ": gone")
        return
    main = [shift for shift in one.shifts if not shift.detail]
    rest = [shift for shift in one.shifts if shift.detail]
    if one.come:
        yield line(name, f": new; {', '.join(f'{shift.name} {shift.now:,}' for shift in main)}")
        return
    if not one.shifts:
        yield line(name, ": as many as before, but messages at other times or with other values")
        return
    yield line(name, ":", *_listed(main)) if main else line(name, ": as many as before, but otherwise")
    if rest:
        more = len(rest) - DETAILS_MAX
        tail = [Piece(f", {more:,} more", "dim")] if more > 0 else []
        yield line("   ", *_listed(rest[:DETAILS_MAX]), *tail)


def _listed(shifts: Sequence[Shift]) -> Iterator[Piece]:
    for number, shift in enumerate(shifts):
        yield Piece(f"{',' if number else ''} {one_line(shift.name)} {shift.now:,} ")
        yield Piece(f"({shift.now - shift.before:+,})", "good" if shift.now > shift.before else "warn")
