"""From an author's files to a program: load, check, flatten, name. `compile_project` is the way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from rtj.base.diagnostic import Diagnostic, sort_diagnostics
from rtj.base.memory import Is, Memory
from rtj.base.span import Span
from rtj.compile.circles import check_circles
from rtj.compile.compiled import Compiled
from rtj.compile.files import read_files
from rtj.compile.flatten import flatten
from rtj.compile.naming import name_aggregates, name_trackers, rename
from rtj.ir.journey import Journey
from rtj.ir.program import EVERYONE, Program, canonical
from rtj.lang import syntax as s
from rtj.lang.check import check
from rtj.lang.checked import Checked, CheckedJourney
from rtj.lang.dsl_spelling import spelt
from rtj.lang.load import Loaded, load_project, load_text
from rtj.lang.node_ids import statements
from rtj.lang.scope import Report


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


def analyse(loaded: Loaded, memory: Memory | None = None) -> Analysis:
    """Compile what was read, and keep what was found out. `memory` has what was found out before."""
    report, memory = Report(), memory or Memory()
    checked = check(loaded, read_files(report, loaded), memory)
    found = [*loaded.diagnostics, *report.found, *checked.diagnostics]
    program: Program | None = None
    if not _failed(found) and checked.declared is not None:
        flat = tuple(flattened(journey, memory) for journey in checked.journeys)
        found += check_circles(flat, named_at(tuple(zip(loaded.journeys, checked.journeys, strict=True))))
        program = None if _failed(found) else program_of(checked, flat, memory)
    compiled = Compiled(program, tuple(sort_diagnostics(spelt(found))), loaded.sources, loaded.root)
    return Analysis(loaded, checked, compiled)


def flattened(journey: CheckedJourney, memory: Memory) -> Journey:
    """The flat machine of a journey."""
    return memory.recall("flat", (Is(journey),), partial(flatten, journey))


def _failed(found: Sequence[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in found)


def program_of(checked: Checked, journeys: tuple[Journey, ...], memory: Memory) -> Program:
    """The program of these flat journeys and all that is declared, under final names. `checked.declared` must be there."""
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
        audiences=tuple(msgspec.structs.replace(a, members=()) for a in declared.audiences),  # put back when names are final
        journeys=(),
        channels=tuple(sorted(declared.channels, key=lambda c: c.name)),
        webhooks=tuple(sorted(declared.webhooks, key=lambda w: w.name)),
        sources=tuple(sorted(declared.sources, key=lambda x: x.name)),
        consents=declared.consents,
        messages=declared.messages,
        caps=declared.caps,
        quiet_hours=declared.quiet_hours,
        holdout=declared.holdout,
        policies=declared.policies,
        retention=declared.retention,
        dedupe_ms=declared.dedupe_ms,
        max_skew_ms=declared.max_skew_ms,
        secret=declared.secret,
        currency=declared.currency,
    )
    final = Is(memory.same("names", names))
    renamed = [memory.recall("renamed", (Is(journey), final), partial(rename, journey, names)) for journey in journeys]
    ordered = tuple(sorted(renamed, key=lambda j: j.name))
    program = rename(program, names)
    members = {audience.name: audience.members for audience in declared.audiences}
    program = _without_idle_everyone(msgspec.structs.replace(program, journeys=ordered), memory)
    audiences = tuple(msgspec.structs.replace(a, members=members[a.name]) for a in program.audiences)
    return msgspec.structs.replace(program, audiences=audiences, suppressed=declared.suppressed, tables=declared.tables)


def _without_idle_everyone(program: Program, memory: Memory) -> Program:
    """Leave the built-in audience out when nothing names it: else every birth would be a change of membership."""
    others = tuple(a for a in program.audiences if a.name != EVERYONE)
    rest = (others, program.aggregates, program.trackers, program.channels, program.consents)
    if _names_everyone(rest) or any(memory.recall("everyone", (Is(j),), partial(_names_everyone, j)) for j in program.journeys):
        return program
    return msgspec.structs.replace(program, audiences=others)


def _names_everyone(part: object) -> bool:
    return f'{EVERYONE}"'.encode() in canonical(part)


def named_at(journeys: Sequence[tuple[s.Journey, CheckedJourney]]) -> dict[tuple[str, str], Span]:
    """Where nodes name the journey that they start or the event that they emit: by journey and id of the node."""
    places: dict[tuple[str, str], Span] = {}
    for tree, checked in journeys:
        for node in statements(tree.nodes):
            if isinstance(node, s.StartJourney | s.Emit):
                name = node.journey if isinstance(node, s.StartJourney) else node.event
                places[tree.name.text, checked.ids[id(node)]] = name.span
    return places


def journey_machine(program: Program, name: str) -> bytes:
    """The state machine of one journey as canonical JSON, laid out for people. Raises KeyError for an unknown name."""
    journey = next((j for j in program.journeys if j.name == name), None)
    if journey is None:
        raise KeyError(name)
    return msgspec.json.format(canonical(journey), indent=2) + b"\n"
