"""The checker: names, types and scopes of a whole project, with everything lowered to the program's own form on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rtj.base.diagnostic import sort_diagnostics
from rtj.base.span import Source, Span
from rtj.ir.expr import Optional, Record, Type
from rtj.lang import syntax as s
from rtj.lang.check_base import Context
from rtj.lang.check_declared import check_declared
from rtj.lang.check_expr import check_expr
from rtj.lang.check_journey import check_journey
from rtj.lang.check_world import build_world, check_twice
from rtj.lang.checked import Checked, CheckedJourney, Files
from rtj.lang.consequences import of_a_journey, of_a_project
from rtj.lang.load import Loaded
from rtj.lang.scope import Report, World
from rtj.lang.types import UNKNOWN, join, optional

ROUNDS_MAX = 8  # journeys that start each other are checked until what they hand over is known


def check(loaded: Loaded, files: Files | None = None) -> Checked:
    """Check what was loaded. `files` has what was read from the files that the project names."""
    files = files or Files()
    project = loaded.project
    if project is None:
        start = Span(loaded.sources[0] if loaded.sources else Source("", ""), 0, 0)
        project = s.Project(start, whole=False)
    report = Report()
    world = build_world(report, project, loaded.journeys, files)
    check_twice(report, "journey", [journey.name for journey in loaded.journeys])
    complete = not any(d.severity == "error" for d in loaded.diagnostics)  # else a `start` may be among what could not be read
    for _ in range(ROUNDS_MAX):
        cx = Context(world, Report(), check_expr)
        declared = check_declared(cx, project, files)
        journeys = tuple(_check_one(cx, tree) for tree in loaded.journeys)
        starts = _starts(world, cx.started) if complete else dict.fromkeys(world.startable, UNKNOWN)
        if starts == world.starts:
            break
        world = replace(world, starts=starts)
    found = of_a_project(loaded, [*report.found, *cx.report.found])
    return Checked(
        declared=declared,
        journeys=journeys,
        aggregates=cx.lifted.aggregates,
        keep={key: frozenset(fields) for key, fields in cx.lifted.keep.items()},
        trackers=cx.lifted.trackers,
        attributes=cx.aggregated,
        diagnostics=tuple(sort_diagnostics(found)),
        world=world,
        typed=cx.typed,
    )


def _check_one(cx: Context, tree: s.Journey) -> CheckedJourney:
    """Check one journey. What could not be read may have brought the names that are missing in it."""
    before = len(cx.report.found)
    checked = check_journey(cx, tree)
    cx.report.found[before:] = of_a_journey(tree, cx.report.found[before:])
    return checked


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
