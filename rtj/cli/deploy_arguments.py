"""The arguments of the commands about deployments, each with its help. Imported at every start: nothing heavy here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class PlanFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class AcceptLevel(StrEnum):
    BEHAVIOUR = "behaviour"
    NEEDS_MIGRATION = "needs-migration"
    BREAKING = "breaking"


class OnResume(StrEnum):
    GO = "go"
    LEAVE = "leave"


Env = Annotated[
    str | None,
    typer.Option("--env", "-E", metavar="ENV", help="The environment. Default: the only one.", show_default=False),
]
OfEnv = Annotated[
    str | None,
    typer.Argument(metavar="[ENV]", help="The environment. Default: the only one.", show_default=False),
]
CheckStore = Annotated[
    bool,
    typer.Option("--check", help="Read the whole store, and tell what in it is not what was written. Exit code 1: something."),
]
DeadLetters = Annotated[
    bool,
    typer.Option(
        "--dead-letters", help="List the newest lines that were no event: of which stream, why, and what may be read of them."
    ),
]
Lines = Annotated[int, typer.Option("--last", "-n", metavar="N", min=1, max=10_000, help="How many dead letters are listed.")]
WatchStatus = Annotated[bool, typer.Option("--watch", "-w", help="Show it again and again on a terminal, until Ctrl-C.")]
PlanFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="[PLANFILE]",
        help="A plan that `rtj plan -o FILE` wrote: exactly this is done. Without one, a plan is made, shown and confirmed.",
        show_default=False,
    ),
]
ThisPlan = Annotated[Path, typer.Argument(metavar="PLANFILE", help="A plan that `rtj plan -o FILE` wrote.", show_default=False)]
PlanTo = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the plan to a file, for `rtj deploy FILE`.", show_default=False),
]
PlanAs = Annotated[PlanFormat, typer.Option("--format", "-f", help="What goes to stdout.")]
Detailed = Annotated[
    bool,
    typer.Option(
        "--detailed-exitcode",
        help="Exit with 0 if there is nothing to do, 10 for what is safe or changes only what people get, 11 for what needs a "
        "migration, 12 for what breaks.",
    ),
]
Message = Annotated[
    str, typer.Option("--message", "-m", metavar="TEXT", help="Why; it stands in the history.", show_default=False)
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="CODE@JOURNEY",
        help="Take upon you what breaks, such as D102@welcome. May be given several times.",
        show_default=False,
    ),
]
Pin = Annotated[
    list[str] | None,
    typer.Option("--pin", metavar="JOURNEY", help="Whoever is inside finishes on the version they entered.", show_default=False),
]
Migrate = Annotated[
    list[str] | None,
    typer.Option("--migrate", metavar="JOURNEY", help="Whoever is inside goes over at once.", show_default=False),
]
RampAt = Annotated[
    list[str] | None,
    typer.Option(
        "--ramp",
        metavar="[JOURNEY=]PERCENT",
        help="Only so many of those who enter enter new versions, such as 5%, of all journeys or of one; always the same people.",
        show_default=False,
    ),
]
MostImmediate = Annotated[
    int | None,
    typer.Option(
        "--max-immediate-sends",
        metavar="N",
        min=0,
        help="Messages that the deployment itself may cause at once. Default: as the environment says.",
        show_default=False,
    ),
]
NoValidate = Annotated[bool, typer.Option("--no-validate", help="Deploy though validate finds errors; the history says so.")]
NoTest = Annotated[bool, typer.Option("--no-test", help="Deploy though tests fail; the history says so.")]
NoDrift = Annotated[bool, typer.Option("--no-drift", help="Deploy though the store is damaged; the history says so.")]
NoApprovals = Annotated[bool, typer.Option("--no-approvals", help="Deploy without approvals; the history says so.")]
NoGuardrails = Annotated[
    bool, typer.Option("--no-guardrails", help="Let go on what a guardrail has halted; the history says so.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do all but write; the exit code is as if it were done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. What needs a migration needs --accept-level too.")]
AcceptAt = Annotated[
    AcceptLevel, typer.Option("--accept-level", help="With --yes: the highest level of a difference that is deployed.")
]
GoOn = Annotated[bool, typer.Option("--resume", help="Go on with a deployment that was broken off, or wait on for the run.")]
LockTimeout = Annotated[
    str, typer.Option("--lock-timeout", metavar="LENGTH", help="How long to wait for another deployer, such as 30s or 5m.")
]
Wait = Annotated[str, typer.Option("--wait", metavar="LENGTH", help="How long to wait for the run to take the deployment.")]
Most = Annotated[int, typer.Option("--last", "-n", metavar="N", min=1, max=10_000, help="How many deployments are listed.")]
ApprovedBy = Annotated[str, typer.Option("--as", metavar="NAME", help="Who approves: not the author.", show_default=False)]
Serial = Annotated[
    int | None,
    typer.Argument(
        metavar="[SERIAL]",
        help="The deployment to go back to. Default: the last one with another project that ran for everybody.",
        show_default=False,
        min=1,
    ),
]
LockId = Annotated[str, typer.Argument(metavar="ID", help="The id of the lock, which `rtj status` shows.", show_default=False)]
OneName = Annotated[str, typer.Argument(metavar="JOURNEY", help="A journey that is deployed.", show_default=False)]
Percent = Annotated[str, typer.Argument(metavar="PERCENT", help="Of those who enter, such as 50%.", show_default=False)]
Then = Annotated[
    OnResume | None,
    typer.Option("--then", help="What becomes of those who stopped. Default: as the journey says.", show_default=False),
]
Over = Annotated[
    str | None,
    typer.Option(
        "--over",
        metavar="LENGTH",
        help="Over which time they go on, such as 1h. Default: as the journey says.",
        show_default=False,
    ),
]
DriftAgainst = Annotated[
    str | None,
    typer.Option("--against", metavar="REF", help="A commit, instead of the project as it is in its folder.", show_default=False),
]
