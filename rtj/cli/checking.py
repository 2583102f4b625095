"""`rtj validate`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rtj.cli.diagnostics import footer
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.project import checked, compile_named, findings, narrow, sort_out
from rtj.cli.screen import Piece, Screen, line

__all__ = ["Screen", "validate"]


def validate(arguments: Sequence[str], project: Path | None, layout: str, screen: Screen) -> int:
    """Print what is wrong with the named files or the whole project. FINDINGS when something is an error."""
    begin = time.perf_counter()
    named = sort_out(arguments)
    compiled = compile_named(named, project)
    if compiled.program is not None:
        narrow(compiled.program, named.names)  # a name that does not exist is a wrong call
    screen.answer(findings(compiled, layout))
    took = Piece(f" ({time.perf_counter() - begin:.2f} s)", "dim")
    screen.talk([line(*footer(compiled.diagnostics, checked(compiled)), took)])
    return OK if compiled.program is not None else FINDINGS
