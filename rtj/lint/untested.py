"""The tests of a project beside its journeys: what they name must be there, and a journey that none of them names is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtj.base.diagnostic import Diagnostic
from rtj.base.memory import Memory
from rtj.base.span import Source
from rtj.lang.load import Loaded
from rtj.lint.facts import Facts, JourneyFacts
from rtj.scenario.check import Script
from rtj.scenario.known import Known
from rtj.scenario.script import Suite
from rtj.scenario.suites import load_suites


@dataclass(frozen=True, slots=True)
class Beside:
    """The test files of a project, and what is wrong with them. `scripts`: the tests that can be played."""

    sources: tuple[Source, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    scripts: tuple[Script, ...] = ()


def look_at_tests(files: Sequence[Path], loaded: Loaded, facts: Facts | None, memory: Memory) -> Beside:
    """E601, E602 and the form of test files; W603. Raises InputError for a test file that cannot be read."""
    suites = load_suites(files, None if facts is None else _known(facts, loaded.entire), memory)
    lacking = untested(facts.journeys, suites.suites) if facts is not None and suites.suites else ()
    return Beside(suites.sources, (*suites.diagnostics, *lacking), suites.scripts)


def untested(journeys: Sequence[JourneyFacts], suites: Sequence[Suite]) -> Iterator[Diagnostic]:
    """W603: a journey that no test names, in a project that has tests."""
    named = {name.text for suite in suites for name in suite.journeys}
    for journey in journeys:
        if journey.name not in named:
            hint = f"begin a file {journey.name}.test.yaml with `journey: {journey.name}`"
            message = f"no test names `{journey.name}`, though the project has tests"
            yield Diagnostic("W603", message, journey.tree.name.span, hint, severity="warning")


def _known(facts: Facts, complete: bool) -> Known | None:
    """What tests may name, as far as it could be read."""
    declared = facts.checked.declared
    if declared is None:
        return None
    return Known(
        journeys={journey.name: journey.machine for journey in facts.journeys},
        events={event.name: event for event in declared.events},
        spaces=tuple(sorted(declared.namespaces, key=lambda space: (space.priority, space.name))),
        channels=tuple(channel.name for channel in declared.channels),
        timezone=declared.timezone,
        complete=complete,
        audiences=tuple(audience.name for audience in declared.audiences),
        caps=tuple(cap.name for cap in declared.caps),
        salt="" if declared.holdout is None else declared.holdout.salt,
        attributes={mapping.name: mapping.type for mapping in declared.mappings},
        computed=frozenset(decl.name.text for decl in facts.project.profile if decl.formula is not None),
    )
