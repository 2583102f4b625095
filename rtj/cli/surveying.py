"""`rtj audience`: how large audiences were, who is in them, and why somebody is in or out."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, tzinfo
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from rtj.base.errors import UsageError
from rtj.base.plain import one_line
from rtj.cli.outcome import FINDINGS, INTERRUPTED, OK
from rtj.cli.progress import Meter
from rtj.cli.project import program_named, sort_out, usable
from rtj.cli.render_audiences import Shown, render_course, render_overview, render_person
from rtj.cli.screen import Piece, Screen, columns, line, shows_blocks
from rtj.cli.times import instant, read_time, zone_of
from rtj.compile.texts import texts_of_project
from rtj.engine.calendar import iso
from rtj.engine.explaining import Explainer
from rtj.ir.courses import Course, Stay, Survey
from rtj.ir.explained import Part
from rtj.ir.expr import Length
from rtj.ir.masking import Masker
from rtj.ir.program import EVERYONE, Program
from rtj.report.audiences import calendar_edges, even_edges
from rtj.run.audiences import Wanted, only_audiences, survey
from rtj.run.inquiry import Inquiry, Turn, inquire
from rtj.run.options import SimulateOptions

__all__ = ["Asked", "Screen", "audience"]

MEMBERS_SHOWN = 10  # members named in a table, unless so many are asked for
ALL = "all"

Layout: TypeAlias = Literal["table", "json", "csv"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; `members` is "" (some), a number, or "all"."""

    events: tuple[str, ...]
    name: str | None = None
    project: Path | None = None
    at: str | None = None
    until: str | None = None
    profile: str | None = None
    members: str = ""
    format: str | None = None
    layout: Layout = "table"
    show_pii: bool = False
    now: str | None = None


def audience(asked: Asked, screen: Screen) -> int:
    """Do what was asked for. FINDINGS when the project does not compile, or nobody of that name appears."""
    if asked.at is not None and asked.until is not None:
        raise UsageError("--at and --until both say where to end; give one")
    if asked.members and (asked.name is None or asked.profile is not None):
        raise UsageError(
            "--members are those of one audience: name it" if asked.name is None else "--members and --profile do not go together"
        )
    program = usable(program_named(sort_out(()), asked.project), screen)
    if program is None:
        return FINDINGS
    names = _names(program, asked.name)
    options = _options(asked, program)
    if asked.profile is not None:
        return _person(asked, program, names, options, screen)
    single = asked.name is not None
    bound = None if asked.members == ALL else _number(asked.members) if single else 0
    zone = zone_of(program)
    edges = partial(calendar_edges, zone=zone) if single else even_edges
    with ExitStack() as stack:
        with Meter(screen) as meter:
            wanted = Wanted(names if single else (), edges, 0 if bound is None else bound)
            found, rest = stack.enter_context(survey(program, options, wanted, meter))
        if bound is None:
            _stream(found, rest, asked.layout, screen)
        else:
            _tell(found, asked, zone, screen)
    return INTERRUPTED if found.result.interrupted else OK


def _names(program: Program, name: str | None) -> tuple[str, ...]:
    known = sorted({*(a.name for a in program.audiences), EVERYONE})
    if name is None:
        if not program.audiences:
            raise UsageError("the project has no audiences")
        return tuple(sorted(a.name for a in program.audiences))
    if name not in known:
        close = get_close_matches(name, known, n=1)
        raise UsageError(
            f"{name}: no audience of the project"
            + (f"; did you mean {close[0]}?" if close else f"; it has {', '.join(known[:8])}")
        )
    return (name,)


def _number(text: str) -> int:
    if not text:
        return MEMBERS_SHOWN
    if not text.isdigit():
        raise UsageError(f"--members: {text!r} is not a number; leave it out for all of them")
    return int(text)


def _options(asked: Asked, program: Program) -> SimulateOptions:
    zone = zone_of(program)
    typed = asked.at if asked.at is not None else asked.until
    end = None if typed is None else read_time("--at" if asked.at is not None else "--until", typed)
    now = None if asked.now is None else read_time("--now", asked.now)
    now_ms = time.time_ns() // 1_000_000 if now is None or isinstance(now, Length) else instant(now, zone)
    return SimulateOptions(
        events=asked.events,
        until=instant(end, zone) if isinstance(end, datetime) else end,
        now_ms=now_ms,
        format=asked.format,
        show_pii=asked.show_pii,
    )


# ---- all, or one


def _tell(found: Survey, asked: Asked, zone: tzinfo, screen: Screen) -> None:
    match asked.layout:
        case "json":
            screen.exact(msgspec.json.format(msgspec.json.encode(_json(found, asked.name is not None)), indent=2) + b"\n")
        case "csv":
            _csv(found, asked.name is not None, screen)
        case "table":
            shown = Shown(zone, columns(sys.stdout), shows_blocks(sys.stdout))
            if asked.name is None:
                screen.answer(render_overview(found, shown))
            else:
                screen.answer(render_course(found, shown))


def _json(found: Survey, single: bool) -> dict[str, object]:
    result = found.result
    head: dict[str, object] = {
        "from": None if result.first_ts is None else iso(result.first_ts),
        "to": None if result.end is None else iso(result.end),
        "profiles": result.profiles,
    }
    if not single:
        return {**head, "audiences": [_course(course, result.profiles) for course in found.courses]}
    course = found.courses[0]
    spans = [
        {"from": iso(s.start), "to": iso(s.end), "size": s.size, "peak": s.peak, "joined": s.joined, "left": s.left}
        for s in course.spans
    ]
    members = [{"name": stay.name, "since": iso(stay.since)} for stay in found.members]
    return {**head, **_course(course, result.profiles), "over_time": spans, "members": members}


def _course(course: Course, profiles: int) -> dict[str, object]:
    longest = course.longest
    return {
        "audience": course.name,
        "size": course.size,
        "share": course.size / profiles if profiles else 0.0,
        "joined": course.joined,
        "left": course.left,
        "fused": course.fused,
        "peak": course.peak,
        "peak_at": None if course.peak_at is None else iso(course.peak_at),
        "longest": None if longest is None else {"name": longest.name, "since": iso(longest.since)},
        "mean_stay_ms": course.stayed_ms // course.left if course.left else None,
    }


def _csv(found: Survey, single: bool, screen: Screen) -> None:
    if single:
        rows: list[Sequence[object]] = [("from", "to", "size", "peak", "joined", "left")]
        rows += [(iso(s.start), iso(s.end), s.size, s.peak, s.joined, s.left) for s in found.courses[0].spans]
    else:
        table = [_course(course, found.result.profiles) for course in found.courses]
        heads = ("audience", "size", "share", "joined", "left", "fused", "peak", "peak_at")
        rows = [heads, *(tuple(row[head] for head in heads) for row in table)]
    screen.exact(_csv_text(rows))


def _csv_text(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _stream(found: Survey, members: Iterable[Stay], layout: Layout, screen: Screen) -> None:
    """All members, one a line, as they come from disk; what else there is to say goes to stderr."""
    if layout == "csv":
        screen.exact(b"member,since\n")
    for stay in members:
        match layout:
            case "json":
                screen.exact(msgspec.json.encode({"name": stay.name, "since": iso(stay.since)}) + b"\n")
            case "csv":
                screen.exact(_csv_text([(stay.name, iso(stay.since))]))
            case "table":
                screen.exact(one_line(stay.name).encode("utf-8", "replace") + b"\n")
    course = found.courses[0]
    screen.talk([line(Piece(f"{course.size:,} in {course.name} of {found.result.profiles:,} profiles", "dim"))])


# ---- one person


def _person(asked: Asked, program: Program, names: tuple[str, ...], options: SimulateOptions, screen: Screen) -> int:
    program = only_audiences(program, names)
    with Meter(screen) as meter:
        inquiry = inquire(program, options, asked.profile or "", meter)
    who = one_line(asked.profile or "")
    if not inquiry.found or inquiry.machine is None or inquiry.at is None:
        moment = "" if inquiry.at is None else f" up to {iso(inquiry.at)}"
        screen.talk([line(f"nobody called {who} appears in these events{moment}")])
        return FINDINGS
    masker = Masker(program, show=asked.show_pii)
    names_of = {f"{program.ranked[index].name}:{value}" for p, _ in inquiry.found for index, value in p.identifiers}
    texts = texts_of_project((), asked.project)  # what the program was made of: it did compile
    who, explainer = masker.asked(who, names_of), Explainer(inquiry.machine, masker, texts.within)
    told = [
        (name, explainer.audience(name, p, inquiry.at), [turn for turn in turns if turn.audience == name])
        for p, turns in inquiry.found
        for name in names
    ]
    if asked.layout == "table":
        shown = Shown(zone_of(program), columns(sys.stdout), shows_blocks(sys.stdout))
        reasons = [(name, part, [(turn.at, turn.joined) for turn in turns]) for name, part, turns in told]
        screen.answer(render_person(who, inquiry.at, reasons, shown))
        return OK
    if asked.layout == "csv":
        rows: list[Sequence[object]] = [("audience", "member", "since", "next_change")]
        for name, part, turns in told:
            rows.append(
                (
                    name,
                    str(part.holds).lower(),
                    iso(turns[-1].at) if turns else "",
                    "" if part.next_change is None else iso(part.next_change),
                )
            )
        screen.exact(_csv_text(rows))
        return OK
    screen.exact(msgspec.json.format(msgspec.json.encode(_why_json(who, inquiry, told)), indent=2) + b"\n")
    return OK


def _why_json(who: str, inquiry: Inquiry, told: list[tuple[str, Part, list[Turn]]]) -> dict[str, object]:
    assert inquiry.at is not None
    audiences = [
        {
            "audience": name,
            "member": part.holds,
            "since": iso(turns[-1].at) if turns else None,
            "turns": [{"at": iso(turn.at), "joined": turn.joined} for turn in turns],
            "why": _part_json(part),
        }
        for name, part, turns in told
    ]
    return {"profile": who, "at": iso(inquiry.at), "audiences": audiences}


def _part_json(part: Part) -> dict[str, object]:
    found: dict[str, object] = {"text": part.text}
    if part.joint == "value":
        value = part.value
        return {**found, "value": iso(value) if part.kind == "instant" and value is not None else value}
    found["holds"] = part.holds
    if part.since is not None:
        found["since"] = iso(part.since)
    if part.next_change is not None:
        found["next_change"] = iso(part.next_change)
    return {**found, "parts": [_part_json(inner) for inner in part.parts]} if part.parts else found
