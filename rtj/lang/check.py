"""The checker: names, types and scopes of a whole project, with everything lowered to the program's own form on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from rtj.base.diagnostic import Diagnostic, sort_diagnostics
from rtj.base.memory import Is, Memory
from rtj.base.span import Source, Span
from rtj.ir.expr import Optional, Record, Type
from rtj.lang import syntax as s
from rtj.lang.check_base import Context, Lifted, TypedTrees
from rtj.lang.check_declared import check_declared
from rtj.lang.check_expr import check_expr
from rtj.lang.check_journey import check_journey
from rtj.lang.check_versions import check_formerly
from rtj.lang.check_world import build_world, check_twice
from rtj.lang.checked import Checked, CheckedJourney, Files
from rtj.lang.consequences import of_a_journey, of_a_project
from rtj.lang.discover import SUFFIXES
from rtj.lang.load import Loaded
from rtj.lang.scope import Report, World
from rtj.lang.types import UNKNOWN, join, optional

ROUNDS_MAX = 8  # journeys that start each other are checked until what they hand over is known


@dataclass(frozen=True, slots=True)
class Part:
    """All that checking one journey gave: the journey, what is wrong with it, and what it brings to the whole."""

    journey: CheckedJourney
    found: tuple[Diagnostic, ...]
    lifted: Lifted
    started: Mapping[str, list[Type]]
    typed: TypedTrees


def check(loaded: Loaded, files: Files | None = None, memory: Memory | None = None) -> Checked:
    """Check what was loaded. `files` has what was read from the files that the project names. `memory` has the journeys that
    were checked before."""
    files, memory = files or Files(), memory or Memory()
    project = loaded.project
    if project is None:
        start = Span(loaded.sources[0] if loaded.sources else Source("", ""), 0, 0)
        project = s.Project(start, whole=False)
    report = Report()
    world = build_world(report, project, loaded.journeys, files)
    check_twice(report, "journey", [journey.name for journey in loaded.journeys])
    check_formerly(report, loaded.journeys)
    complete = not any(d.severity == "error" for d in loaded.diagnostics)  # else a `start` may be among what could not be read
    for _ in range(ROUNDS_MAX):
        cx = Context(world, Report(), check_expr)
        declared = check_declared(cx, project, files)
        ground = Is(memory.same("ground", _ground(loaded, world, files)))
        parts = [memory.recall("part", (Is(tree), ground), partial(_check_one, cx, tree)) for tree in loaded.journeys]
        for part in parts:
            _take(cx, part)
        unsure = not complete or any(d.code == "E345" for d in cx.report.found)
        starts = dict.fromkeys(world.startable, UNKNOWN) if unsure else _starts(world, cx.started)
        if starts == world.starts:
            break
        world = replace(world, starts=starts)
    found = of_a_project(loaded, [*report.found, *cx.report.found])
    return Checked(
        declared=declared,
        journeys=tuple(part.journey for part in parts),
        aggregates=cx.lifted.aggregates,
        keep={key: frozenset(fields) for key, fields in cx.lifted.keep.items()},
        trackers=cx.lifted.trackers,
        attributes=cx.aggregated,
        diagnostics=tuple(sort_diagnostics(found)),
        world=world,
        typed=cx.typed,
    )


def _ground(loaded: Loaded, world: World, files: Files) -> tuple[object, ...]:
    """All that the check of a journey depends on besides its own tree. Reports point into the texts of the project, so that also
    a blank line there counts."""
    texts = tuple(source for source in loaded.sources if not source.path.endswith(SUFFIXES))
    return texts, loaded.project, files, world.journeys, world.startable, world.starts


def _check_one(cx: Context, tree: s.Journey) -> Part:
    """Check one journey, apart from all others. What could not be read may have brought the names that are missing in it."""
    own = replace(cx, report=Report(), lifted=Lifted(), started={}, typed={}, unfolded=replace(cx.unfolded, read=0))
    checked = check_journey(own, tree)
    return Part(checked, tuple(of_a_journey(tree, own.report.found)), own.lifted, own.started, own.typed)


def _take(cx: Context, part: Part) -> None:
    """Put what a journey brings to what others bring."""
    cx.report.found += part.found
    cx.lifted.aggregates |= part.lifted.aggregates
    cx.lifted.trackers |= part.lifted.trackers
    for key, fields in part.lifted.keep.items():
        cx.lifted.keep.setdefault(key, set()).update(fields)
    for name, records in part.started.items():
        cx.started.setdefault(name, []).extend(records)
    cx.typed |= part.typed


def _starts(world: World, started: Mapping[str, list[Type]]) -> dict[str, Type]:
    """What each journey is handed: the fields of all `start` nodes; one that some leave out may be missing."""
    handed: dict[str, Type] = {}
    for name in sorted(world.startable):
        records = [record for record in started.get(name, []) if isinstance(record, Record)]
        fields: dict[str, Type] = {}
        for record in records:
            for field, kind in record.fields:
                both = join(fields[field], kind) if field in fields else kind
                fields[field] = UNKNOWN if both is None else both
        for field, kind in fields.items():
            if any(field not in dict(record.fields) for record in records) and not isinstance(kind, Optional):
                fields[field] = optional(kind)
        handed[name] = Record(tuple(sorted(fields.items())))
    return handed
