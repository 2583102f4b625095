"""Everything that is wrong or doubtful in a project, in one list: what compiling found and what the rules say."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rtj.base.diagnostic import Diagnostic, sort_diagnostics
from rtj.base.finding import Finding
from rtj.compile.pipeline import Analysis, analyse
from rtj.lang.load import Loaded
from rtj.lint.facts import gather
from rtj.lint.rules import run_rules
from rtj.lint.where import Outline, Place


@dataclass(frozen=True, slots=True)
class Linted:
    """`findings` are sorted by file, place and code."""

    findings: tuple[Finding, ...]
    analysis: Analysis


def lint(loaded: Loaded) -> Linted:
    """Compile what was read and look at it with every rule."""
    analysis = analyse(loaded)
    found = list(analysis.compiled.diagnostics)
    facts = gather(analysis)
    if facts is not None:
        found += run_rules(facts)
    return Linted(placed(sort_diagnostics(found)), analysis)


def placed(found: Iterable[Diagnostic]) -> tuple[Finding, ...]:
    """Diagnostics with their places and fingerprints."""
    outlines: dict[str, Outline] = {}
    seen: Counter[str] = Counter()
    findings: list[Finding] = []
    for diagnostic in found:
        source = diagnostic.span.source
        if source.path not in outlines:
            outlines[source.path] = Outline(source)
        place = outlines[source.path].place(diagnostic.span.start)
        key = _key(diagnostic, place)
        seen[key] += 1
        print_ = hashlib.sha256(f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        findings.append(Finding(diagnostic, place.journey, place.path, print_))
    return tuple(findings)


def _key(diagnostic: Diagnostic, place: Place) -> str:
    """What a finding is about, without lines. Outside a journey the file tells findings apart."""
    home = place.journey or diagnostic.span.source.path.rsplit("/", 1)[-1]
    return "\0".join((diagnostic.code, home, place.stable, " ".join(diagnostic.span.text.split())))
