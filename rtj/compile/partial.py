"""A project that does not compile, as far as it goes: the journeys of files with errors are left out, everything else stays.

A journey that is left out stays known by its name, so that who starts it is not wrong because of that. What the project declares
wrongly is missing, and with it the journeys that use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rtj.base.diagnostic import Diagnostic
from rtj.base.memory import Memory
from rtj.base.span import Source, Span
from rtj.compile.circles import check_circles
from rtj.compile.files import read_files
from rtj.compile.pipeline import Analysis, flattened, named_at, program_of
from rtj.ir.journey import Journey
from rtj.ir.program import Program
from rtj.lang import syntax as s
from rtj.lang.check import check
from rtj.lang.checked import Checked
from rtj.lang.discover import SUFFIXES
from rtj.lang.load import Loaded
from rtj.lang.scope import Report

ROUNDS_MAX = 8  # in which journeys fall because others did; what falls in the last one falls alone
NAMED = re.compile(r"^\s*journey(?:\s+|\s*:\s*['\"]?)(\w+)", re.MULTILINE)  # a journey in a text that cannot be read


@dataclass(frozen=True, slots=True)
class Partial:
    """`program` lacks what is wrong. `lost`: the journeys left out, and files whose journeys nobody can tell, by what they are
    called, with what is wrong; `declarations`: what is wrong in what the project declares."""

    program: Program
    lost: Mapping[str, Diagnostic] = field(default_factory=dict)
    declarations: tuple[Diagnostic, ...] = ()


def compiled_part(analysis: Analysis) -> Partial | None:
    """What is right of a project; all of it when nothing is wrong. None when the project file itself cannot be read."""
    if analysis.compiled.program is not None:
        return Partial(analysis.compiled.program)
    loaded = analysis.loaded
    if loaded.project is None:
        return None
    wrong = _errors(analysis.compiled.diagnostics)
    bad: dict[str, Diagnostic] = {}
    for diagnostic in wrong:
        if diagnostic.span.source.path.endswith(SUFFIXES):
            bad.setdefault(diagnostic.span.source.path, diagnostic)
    memory = Memory()
    for _ in range(ROUNDS_MAX):
        stubbed = _stubbed(loaded, bad)
        checked, flat, found = _checked(stubbed, memory)
        more = [d for d in found if d.span.source.path.endswith(SUFFIXES) and d.span.source.path not in bad]
        for diagnostic in more:
            bad.setdefault(diagnostic.span.source.path, diagnostic)
        if not more:
            break
    lost = {name: diagnostic for path, diagnostic in bad.items() for name in _names(loaded, path)}
    kept = tuple(one for tree, one in zip(stubbed.journeys, flat, strict=True) if _home(tree) not in bad)
    declarations = tuple(d for d in wrong if not d.span.source.path.endswith(SUFFIXES))
    return Partial(program_of(checked, kept, memory), lost, declarations)


def _errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [diagnostic for diagnostic in found if diagnostic.severity == "error"]


def _home(tree: s.Journey) -> str:
    return tree.span.source.path


def _checked(stubbed: Loaded, memory: Memory) -> tuple[Checked, tuple[Journey, ...], list[Diagnostic]]:
    """What checking gives where nothing but names stand in the place of bad journeys, and what is wrong now."""
    report = Report()
    checked = check(stubbed, read_files(report, stubbed), memory)
    flat = tuple(flattened(journey, memory) for journey in checked.journeys)
    found = _errors([*report.found, *checked.diagnostics])
    if not found:
        found = _errors(check_circles(flat, named_at(tuple(zip(stubbed.journeys, checked.journeys, strict=True)))))
    return checked, flat, found


def _stubbed(loaded: Loaded, bad: Mapping[str, Diagnostic]) -> Loaded:
    """Journeys of bad files by their names and ways in alone. What is left is taken as whole, so that a name which could not be
    read is missing where it is used."""
    journeys: list[s.Journey] = []
    for tree in loaded.journeys:
        if _home(tree) in bad:
            starts = tuple(entry for entry in tree.entries if isinstance(entry.trigger, s.OnStart))
            journeys.append(s.Journey(tree.span, tree.name, starts))
        else:
            journeys.append(tree if tree.whole else replace(tree, whole=True))
    known = {tree.name.text for tree in journeys}
    for path in bad:
        source = next(source for source in loaded.sources if source.path == path)
        if all(_home(tree) != path for tree in loaded.journeys):
            for name in [name for name in _names_in(source) if name.text not in known]:
                known.add(name.text)
                journeys.append(s.Journey(name.span, name, (s.Entry(name.span, s.OnStart(name.span, None)),)))
    assert loaded.project is not None
    return replace(loaded, project=replace(loaded.project, whole=True), journeys=tuple(journeys), diagnostics=())


def _names(loaded: Loaded, path: str) -> list[str]:
    """The journeys of a file; the file itself when it names none."""
    trees = [tree.name.text for tree in loaded.journeys if _home(tree) == path]
    if trees:
        return trees
    source = next((source for source in loaded.sources if source.path == path), None)
    return ([name.text for name in _names_in(source)] if source is not None else []) or [path]


def _names_in(source: Source) -> list[s.Name]:
    return [s.Name(Span(source, *m.span(1)), m[1]) for m in NAMED.finditer(source.text)]
