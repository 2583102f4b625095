"""Options that several commands have in common: a command asks for a set of them, and each field is an option of its own.

Imported at every start: nothing heavy here, nor methods that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

from rtj.cli import arguments as a
from rtj.cli import deploy_arguments as d

LOGGED = "Replay the log of an environment instead (of the only one, where none is named): what its run did, to the byte."
FROM = "With --log: begin with the state of a backup, a file or a postgresql: URL, and go on with the log from there."
AFTER = "With --log: write only what follows this entry. So began a trace that a run has written since."
VERIFY = "With --log: compare the state at the end with that of the store, person by person; exit with 1 when it differs."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Replayed:
    """Which log is replayed, and how."""

    log: Annotated[str | None, typer.Option("--log", metavar="[ENV]", help=LOGGED, show_default=False)] = None
    base: Annotated[str | None, typer.Option("--from", metavar="BACKUP", help=FROM, show_default=False)] = None
    after: Annotated[int | None, typer.Option("--after", metavar="N", min=0, help=AFTER, show_default=False)] = None
    verify: Annotated[bool, typer.Option("--verify", help=VERIFY)] = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Placed:
    """Of which environment."""

    env: d.Env = None
    project: a.Project = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Reasoned:
    """Why, and without whom."""

    message: d.Message = ""
    no_approvals: d.NoApprovals = False
    no_guardrails: d.NoGuardrails = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Weighed(Reasoned):
    """And what is taken upon oneself, and what becomes of people."""

    accept: d.Accept = None
    pin: d.Pin = None
    most: d.MostImmediate = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Wished(Weighed):
    """All that can be said of a plan of the project as it is."""

    migrate: d.Migrate = None
    ramp: d.RampAt = None
    no_validate: d.NoValidate = False
    no_test: d.NoTest = False
    no_drift: d.NoDrift = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Doing:
    """How a plan that is made now is carried out."""

    yes: d.Yes = False
    dry_run: d.DryRun = False
    lock_timeout: d.LockTimeout = "0s"
    wait: d.Wait = "60s"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Judging(Doing):
    """And up to which level without being asked."""

    accept_level: d.AcceptAt = d.AcceptLevel.BEHAVIOUR
    detailed: d.Detailed = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Telling:
    """What is told, and how."""

    format: d.PlanAs = d.PlanFormat.TEXT
    quiet: a.Quiet = False
    color: a.Color = a.ColorChoice.AUTO


def spread(command: Callable[..., int]) -> Callable[..., int]:
    """A command whose parameters are sets: from outside each field of them is a parameter, as Typer wants it."""
    own = get_type_hints(command, include_extras=True)
    sets = {name: own.pop(name) for name in list(own) if is_dataclass(own[name])}
    given = signature(command).parameters
    parameters = [given[name].replace(annotation=hint) for name, hint in own.items() if name in given]
    for one in sets.values():
        hints = get_type_hints(one, include_extras=True)
        parameters += [
            Parameter(f.name, Parameter.KEYWORD_ONLY, default=_default(f), annotation=hints[f.name]) for f in fields(one)
        ]

    def run(**said: Any) -> int:
        gathered = {name: one(**{f.name: said.pop(f.name) for f in fields(one)}) for name, one in sets.items()}
        return command(**said, **gathered)

    update_wrapper(run, command)
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _default(field: Field[Any]) -> Any:
    return Parameter.empty if field.default is MISSING else field.default
