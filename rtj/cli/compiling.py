"""`rtj compile`: the state machine of a journey, or of everything, as canonical JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from rtj.base.errors import UsageError
from rtj.base.plain import one_line
from rtj.cli.outcome import FINDINGS, OK
from rtj.cli.project import one_journey, program_named, sort_out, usable
from rtj.cli.screen import Screen, line
from rtj.ir.program import canonical, fingerprint

__all__ = ["Form", "Screen", "print_machine"]


class Form(NamedTuple):
    """`whole`: the program instead of one journey; `short`: only fingerprints."""

    whole: bool
    short: bool


def print_machine(argument: str | None, project: Path | None, form: Form, screen: Screen) -> int:
    """Print what was asked for. FINDINGS when the project does not compile."""
    if form.whole and argument is not None:
        raise UsageError(f"{argument}: --all prints the whole project; leave the journey out")
    named = sort_out(() if argument is None else (argument,))
    program = usable(program_named(named, project), screen)
    if program is None:
        return FINDINGS
    if form.short and not form.whole and argument is None:
        screen.answer(line(f"{fingerprint(journey)}  {one_line(journey.name)}") for journey in program.journeys)
        return OK
    machine: Any = program if form.whole else one_journey(program, named.names)
    if form.short:
        screen.answer([line(fingerprint(machine))])
    else:
        screen.exact(canonical(machine) + b"\n")
    return OK
