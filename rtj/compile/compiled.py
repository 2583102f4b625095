"""What compiling gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.ir.program import Program


@dataclass(frozen=True, slots=True)
class Compiled:
    """`program` is None iff there is an error among the diagnostics."""

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]
    root: Path
