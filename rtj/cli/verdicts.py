"""A failed test as lines: its name, each unmet expectation at its place in the file, and what really happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from rtj.base.finding import Finding
from rtj.base.plain import one_line
from rtj.cli.diagnostics import full
from rtj.cli.screen import Line, Piece, Style, line, width
from rtj.cli.times import zone_of
from rtj.engine.calendar import iso
from rtj.ir.program import Program
from rtj.report.moments import WEEKDAYS, clock_words, day_words, wall_clock
from rtj.report.timeline import tell
from rtj.scenario.judge import Verdict
from rtj.scenario.times import offset_text

ROWS_MAX = 30  # of a timeline; of a longer one the beginning and the end are shown
WHAT_CELLS_MAX = 56  # a longer one pushes its reason to the right
PROPERTIES_MAX = 60  # characters of the properties of an event
_UNTOLD = ("born",)  # happenings that every test has


class Row(NamedTuple):
    """One thing that happened: when, to whom, what and why."""

    at: int
    order: int
    person: str
    what: str
    why: str
    tone: Style = ""


def verdict_title(verdict: Verdict) -> Line:
    """`ok forgotten_cart: who buys gets no reminder`."""
    mark = Piece("ok", "good") if verdict.passed else Piece("FAIL", "bad")
    script = verdict.script
    return line(mark, Piece(f" {', '.join(script.journeys)}", "name"), f": {one_line(script.scenario.name.value)}")


def render_verdict(verdict: Verdict, program: Program, width_of: int) -> list[Line]:
    """The whole of a failed test; of one that passed its title."""
    if verdict.passed:
        return [verdict_title(verdict)]
    return [
        verdict_title(verdict),
        *full([Finding(failure) for failure in verdict.failures], width_of),
        *_timeline(verdict, program),
    ]


def _timeline(verdict: Verdict, program: Program) -> list[Line]:
    """What happened, event by event, as so long after the start."""
    start, zone = verdict.script.clock.start, zone_of(program)
    begin = wall_clock(start, zone)
    head = f"what happened from {WEEKDAYS[begin.weekday()]} {day_words(begin)} {clock_words(begin)} on, {program.timezone}"
    rows = _rows(verdict, program)
    lines = [line(Piece(f"  {one_line(head)}", "strong"))]
    if not rows:
        return [*lines, line(Piece("  nothing", "dim"))]
    people = {row.person for row in rows if row.person}
    offsets = max(len(offset_text(row.at, start)) for row in rows)
    names = max(map(width, people)) + 2 if len(people) > 1 else 0
    clocks = max(len(clock_words(wall_clock(row.at, zone))) for row in rows)
    whats = max(min(width(row.what), WHAT_CELLS_MAX) for row in rows)
    for row in _shortened(rows):
        if row is None:
            lines.append(line(Piece(f"  … {len(rows) - ROWS_MAX:,} more", "dim")))
            continue
        clock = wall_clock(row.at, zone)
        time = f"  {offset_text(row.at, start):<{offsets}}  {WEEKDAYS[clock.weekday()][:3]} {clock_words(clock):<{clocks}}  "
        who = _padded(row.person, names) if names else ""
        why = Piece(row.why, "dim")
        lines.append(line(Piece(time, "dim"), Piece(who, "name"), Piece(_padded(row.what, whats + 2)), why))
    return lines


def _padded(text: str, cells: int) -> str:
    return text + " " * max(2, cells - width(text))


def _shortened(rows: Sequence[Row]) -> list[Row | None]:
    """All rows, or the first and the last of them with None between."""
    if len(rows) <= ROWS_MAX:
        return list(rows)
    head = ROWS_MAX * 2 // 3
    return [*rows[:head], None, *rows[head - ROWS_MAX :]]


def _rows(verdict: Verdict, program: Program) -> list[Row]:
    """The events of the test and the records of the journeys that it judges, as they followed each other."""
    script, zone = verdict.script, zone_of(program)
    rows = [
        Row(cue.at, 0, _person(cue.identifiers), f"> {cue.given.type.text}{_shown(cue.properties)}", _event(cue.id))
        for cue in script.cues
        if cue.at <= verdict.played.end
    ]
    for at, origin, number, record in verdict.played.records:
        journey = record.get("journey")
        if record["what"] in _UNTOLD or (journey is not None and journey not in script.journeys):
            continue
        (told,) = tell([{"at": iso(at), **record}], zone)
        of = f"{journey}: " if journey is not None and len(script.journeys) > 1 else ""
        rows.append(Row(at, number, origin.split(":", 1)[-1], one_line(f"{of}{told.what}"), one_line(told.why), told.tone))
    return sorted(rows, key=lambda row: (row.at, bool(row.order)))


def _person(identifiers: Sequence[tuple[int, str]]) -> str:
    return one_line(identifiers[0][1]) if identifiers else ""


def _event(name: str) -> str:
    return f"event {one_line(name)}"


def _shown(properties: object) -> str:
    text = one_line(_flow(properties))
    if text == "{}":
        return ""
    return f" {text if len(text) <= PROPERTIES_MAX else text[: PROPERTIES_MAX - 1] + '…'}"


def _flow(value: object) -> str:
    """A JSON value as an author writes it in a test."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name}: {_flow(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str():
            return value
        case _:
            return msgspec.json.encode(value).decode()
