"""From an author's files to a program: load, check, flatten, name. `compile_project` is the way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rtj.base.diagnostic import Diagnostic, sort_diagnostics
from rtj.compile.compiled import Compiled
from rtj.compile.files import read_files
from rtj.compile.flatten import flatten, starts_at_once
from rtj.compile.naming import name_aggregates, name_trackers, rename
from rtj.ir.journey import Journey
from rtj.ir.program import Program, canonical
from rtj.lang.check import check
from rtj.lang.checked import Checked
from rtj.lang.load import Loaded, load_project, load_text
from rtj.lang.scope import EVERYONE, Report


def compile_project(journeys: Sequence[Path] = (), project: Path | None = None) -> Compiled:
    """Compile the journeys in these files (none: all of the project) with the project that they belong to.

    Raises UsageError when there is no project, InputError when a file cannot be read."""
    return compile_loaded(load_project(journeys, project))


def compile_text(project_yaml: str, *journeys_yaml: str) -> Compiled:
    """Compile texts: the project file and any number of journey files."""
    return compile_loaded(load_text(project_yaml, *journeys_yaml))


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that compiling found out on the way, for those who look at the text and at its meaning together."""

    loaded: Loaded
    checked: Checked
    compiled: Compiled


def compile_loaded(loaded: Loaded) -> Compiled:
    """Compile what was read."""
    return analyse(loaded).compiled


def analyse(loaded: Loaded) -> Analysis:
    """Compile what was read, and keep what was found out."""
    report = Report()
    checked = check(loaded, read_files(report, loaded))
    found = [*loaded.diagnostics, *report.found, *checked.diagnostics]
    program: Program | None = None
    if not _failed(found) and checked.declared is not None:
        flat = tuple(flatten(journey) for journey in checked.journeys)
        _check_circles(report, loaded, flat)
        found += report.found
        program = None if _failed(found) else _program(checked, flat)
    compiled = Compiled(program, tuple(sort_diagnostics(found)), loaded.sources, loaded.root)
    return Analysis(loaded, checked, compiled)


def _failed(found: Sequence[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in found)


def _program(checked: Checked, journeys: tuple[Journey, ...]) -> Program:
    declared = checked.declared
    assert declared is not None
    aggregates, names = name_aggregates(checked)
    trackers, names = name_trackers(checked.trackers, names)
    program = Program(
        project=declared.project,
        timezone=declared.timezone,
        namespaces=tuple(sorted(declared.namespaces, key=lambda n: n.name)),
        events=tuple(sorted(declared.events, key=lambda e: e.name)),
        mappings=tuple(sorted(declared.mappings, key=lambda m: m.name)),
        aggregates=aggregates,
        trackers=trackers,
        audiences=declared.audiences,
        journeys=tuple(sorted(journeys, key=lambda j: j.name)),
        channels=tuple(sorted(declared.channels, key=lambda c: c.name)),
        webhooks=tuple(sorted(declared.webhooks, key=lambda w: w.name)),
        sources=tuple(sorted(declared.sources, key=lambda x: x.name)),
        dedupe_ms=declared.dedupe_ms,
        max_skew_ms=declared.max_skew_ms,
        secret=declared.secret,
    )
    return _without_idle_everyone(rename(program, names))


def _without_idle_everyone(program: Program) -> Program:
    """Leave the built-in audience out when nothing names it: else every birth would be a change of membership."""
    others = tuple(a for a in program.audiences if a.name != EVERYONE)
    named = canonical((program.journeys, others, program.aggregates, program.trackers, program.channels))
    return program if f'{EVERYONE}"'.encode() in named else msgspec.structs.replace(program, audiences=others)


def _check_circles(report: Report, loaded: Loaded, journeys: tuple[Journey, ...]) -> None:
    """Journeys that start each other in a circle, without a rest on the way, would never come to an end (S6.2)."""
    starts = {journey.name: starts_at_once(journey) for journey in journeys}
    spans = {tree.name.text: tree.name.span for tree in loaded.journeys}
    reported: set[str] = set()
    for name in sorted(starts):
        circle = _circle(starts, name)
        if circle and not reported & set(circle):
            reported |= set(circle)
            around = " -> ".join([*circle, name])
            message = f"journeys start each other without a rest on the way: {around}"
            report.error("E201", message, spans[name], "a `wait` before one of the starts breaks the circle")


def _circle(starts: dict[str, frozenset[str]], first: str) -> list[str]:
    """A shortest way from a journey back to itself, or nothing."""
    ways: list[list[str]] = [[first]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in sorted(starts.get(way[-1], ())):
            if following == first:
                return way
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


def journey_machine(program: Program, name: str) -> bytes:
    """The state machine of one journey as canonical JSON, laid out for people. Raises KeyError for an unknown name."""
    journey = next((j for j in program.journeys if j.name == name), None)
    if journey is None:
        raise KeyError(name)
    return msgspec.json.format(canonical(journey), indent=2) + b"\n"
