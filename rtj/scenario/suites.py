"""The test files of a project: found, read, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rtj.base.diagnostic import Diagnostic, sort_diagnostics
from rtj.base.memory import Memory
from rtj.base.span import Source
from rtj.lang.load import read_source
from rtj.scenario.check import Script, check_suite
from rtj.scenario.known import Known
from rtj.scenario.read import read_suites
from rtj.scenario.script import Suite


@dataclass(frozen=True, slots=True)
class Suites:
    """What the test files say. `scripts` can be played: those of files without an error. `unplayed`: how many tests stand in the
    others."""

    suites: tuple[Suite, ...]
    scripts: tuple[Script, ...]
    sources: tuple[Source, ...]
    diagnostics: tuple[Diagnostic, ...]
    unplayed: int = 0


def load_suites(files: Sequence[Path], known: Known | None, memory: Memory | None = None) -> Suites:
    """Read and check test files. `known` is None when the project has errors: then only their form is judged. `memory` has texts
    that were read before. Raises InputError for a file that cannot be read."""
    memory = memory or Memory()
    suites: list[Suite] = []
    scripts: list[Script] = []
    sources: list[Source] = []
    every: list[Diagnostic] = []
    unplayed = 0
    spaces = None if known is None else tuple(space.name for space in known.spaces)
    for path in files:
        found: list[Diagnostic] = []
        source, usable = read_source(path, found)
        sources.append(source)
        mine, wrong = memory.recall("suites", (source, spaces), partial(_read, source, spaces)) if usable else ((), ())
        found += wrong
        ready = [] if known is None else [script for suite in mine for script in check_suite(suite, known, found)]
        suites += mine
        every += found
        if any(diagnostic.severity == "error" for diagnostic in found):
            unplayed += sum(len(suite.tests) for suite in mine)
        else:
            scripts += ready
    return Suites(tuple(suites), tuple(scripts), tuple(sources), tuple(sort_diagnostics(every)), unplayed)


def _read(source: Source, spaces: tuple[str, ...] | None) -> tuple[tuple[Suite, ...], tuple[Diagnostic, ...]]:
    found: list[Diagnostic] = []
    return tuple(read_suites(source, spaces, found)), tuple(found)
