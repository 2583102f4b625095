"""`rtj validate`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtj.base.diagnostic import Diagnostic
from rtj.cli.diagnostics import concise, footer, full
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.project import checked, narrow, sort_out
from rtj.cli.screen import Line, Piece, Screen, columns, line
from rtj.lang.load import load_project
from rtj.lint.lint import lint

__all__ = ["Asked", "Screen", "validate"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line as it was typed; see `rtj.cli.arguments` for the meaning of each."""

    journeys: tuple[str, ...] = ()
    project: Path | None = None
    format: str = "full"


def validate(asked: Asked, screen: Screen) -> int:
    """Print what is wrong with the named files or the whole project. FINDINGS when something is an error."""
    begin = time.perf_counter()
    named = sort_out(asked.journeys)
    linted = lint(load_project(named.files, asked.project or named.project))
    compiled = linted.analysis.compiled
    if compiled.program is not None:
        narrow(compiled.program, named.names)  # a name that does not exist is a wrong call
    found = [finding.diagnostic for finding in linted.findings]
    screen.answer(_laid_out(found, asked.format))
    took = Piece(f" ({time.perf_counter() - begin:.2f} s)", "dim")
    screen.talk([line(*footer(found, checked(compiled)), took)])
    return FINDINGS if any(d.severity == "error" for d in found) else OK


def _laid_out(found: Sequence[Diagnostic], layout: str) -> list[Line]:
    return concise(found) if layout == "concise" else full(found, columns(sys.stdout))
