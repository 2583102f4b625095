"""The arguments that commands share, each with its help. Imported at every start: nothing heavy here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ColorChoice(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Gravity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class RuleFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class TestLayout(StrEnum):
    FULL = "full"
    CONCISE = "concise"


class Layout(StrEnum):
    TABLE = "table"
    JSON = "json"


class AudienceLayout(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class OrderChoice(StrEnum):
    TS = "ts"
    ARRIVAL = "arrival"


Journeys = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="JOURNEYS",
        help="Journey files, folders, or names of journeys of the project. Default: all of it.",
        show_default=False,
    ),
]
Project = Annotated[
    Path | None,
    typer.Option(
        "--project", "-p", metavar="DIR", help="The folder of rtj.yaml. Default: the nearest one above.", show_default=False
    ),
]
Color = Annotated[ColorChoice, typer.Option("--color", help="Colours; auto obeys NO_COLOR and FORCE_COLOR.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks on stderr; errors still.")]
Findings = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help="On stdout: full, concise, json, json-lines, sarif, github, gitlab, junit, checkstyle, rdjson or markdown."
        " Default: full, and in GitHub Actions annotations too.",
        show_default=False,
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT=FILE",
        help="Write the findings to a file as well, such as sarif=rtj.sarif; - is stdout. May be given several times.",
        show_default=False,
    ),
]
FailOn = Annotated[
    Gravity | None,
    typer.Option(
        "--fail-on",
        help="The least severity for which the exit code is 1. Default: as the project says, else error.",
        show_default=False,
    ),
]
ExitZero = Annotated[
    bool, typer.Option("--exit-zero", help="Exit code 0 whatever is found; failures of another kind still say so.")
]

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILES",
        help="What to tell of: files, folders, quoted patterns such as 'journeys/**/a*.yaml', names of journeys; - is stdin. "
        "The whole project is checked in any case. Default: all of it.",
        show_default=False,
    ),
]
Watched = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILES",
        help="What to tell of: files, folders, quoted patterns such as 'journeys/**/a*.yaml', names of journeys. "
        "The whole project is checked in any case. Default: all of it.",
        show_default=False,
    ),
]
StdinFilename = Annotated[
    str | None,
    typer.Option("--stdin-filename", metavar="PATH", help="The file whose text comes from stdin.", show_default=False),
]
Changed = Annotated[
    str | None,
    typer.Option(
        "--changed",
        metavar="[REF]",
        help="Tell only of files that differ from a git ref (HEAD if left out), and of what depends on them.",
        show_default=False,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="RULES",
        help="Only these warnings: codes, names or beginnings of codes, with commas. Errors are always told.",
        show_default=False,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="RULES", help="Not these warnings, beside what the project ignores.", show_default=False),
]
Fix = Annotated[bool, typer.Option("--fix", help="Mend in the files what can only have been meant in one way.")]
UnsafeFixes = Annotated[
    bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: mend also what somebody should look at afterwards.")
]
Diff = Annotated[
    bool, typer.Option("--diff", help="Write nothing: show what --fix would change as a patch, and exit with 1 if it would.")
]
NoIgnores = Annotated[bool, typer.Option("--no-ignores", help="Tell also what ignore comments cover.")]
NoBaseline = Annotated[bool, typer.Option("--no-baseline", help="Tell also what the baseline knows.")]
AddIgnores = Annotated[
    str | None,
    typer.Option("--add-ignores", metavar="[=REASON]", help="Cover what is found with ignore comments.", show_default=False),
]
WriteBaseline = Annotated[
    str | None,
    typer.Option(
        "--write-baseline",
        metavar="[=FILE]",
        help="Accept what is found: from now on only new findings are told. Default: rtj.baseline.json beside rtj.yaml.",
        show_default=False,
    ),
]
ShowConfig = Annotated[bool, typer.Option("--show-config", help="Print the settings in force, with where each comes from.")]
Today = Annotated[
    str | None,
    typer.Option("--now", metavar="DATE", help="The day on which `until=` is judged. Default: today.", show_default=False),
]

RECORDED = "Recorded events: JSON lines, also .gz and .zst; - is stdin. Give it several times for several sources."
Events = Annotated[list[str], typer.Option("--events", "-e", metavar="FILE|-", help=RECORDED)]
SomeEvents = Annotated[list[str] | None, typer.Option("--events", "-e", metavar="FILE|-", help=RECORDED, show_default=False)]
Messages = Annotated[
    str | None, typer.Option("--messages", metavar="FILE|-", help="Write every message as a JSON line.", show_default=False)
]
Trace = Annotated[
    str | None,
    typer.Option("--trace", metavar="FILE|-", help="Write everything that happened, with its reason.", show_default=False),
]
DeadLetters = Annotated[
    str | None,
    typer.Option(
        "--dead-letters", metavar="FILE|-", help="Write the lines that are no usable event, with the reason.", show_default=False
    ),
]
Instances = Annotated[
    str | None, typer.Option("--instances", metavar="FILE|-", help="Write who stands where at the end.", show_default=False)
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", metavar="ID", help="Tell the story of one person: user_id:ada, or just ada.", show_default=False),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="T|+D",
        help="End at a time (2026-03-31, 2026-03-31T09:00Z) or so long after the last event (+30d). Default: the last event.",
        show_default=False,
    ),
]
Drain = Annotated[bool, typer.Option("--drain", help="At the end admit nobody and go on until nobody is inside.")]
Order = Annotated[
    OrderChoice | None,
    typer.Option(
        "--order",
        help="By event time, or in the order of the lines. Default: ts for files, arrival for pipes.",
        show_default=False,
    ),
]
Now = Annotated[
    str | None,
    typer.Option(
        "--now", metavar="T", help="When events without received_at were received. Default: the clock.", show_default=False
    ),
]
READ_AS = "What the events are: rtj, cloudevents, segment, xdm, or a mapping under sources:. Default: recognised."
ReadAs = Annotated[str | None, typer.Option("--read-as", metavar="NAME", help=READ_AS, show_default=False)]
SimulatedAs = Annotated[str | None, typer.Option("--read-as", "--format", "-f", metavar="NAME", help=READ_AS, show_default=False)]
Workers = Annotated[
    int | None, typer.Option("--workers", "-w", min=1, metavar="N", help="Processes. Default: the cores.", show_default=False)
]
ShowPii = Annotated[bool, typer.Option("--show-pii", help="Show what the project labels pii instead of masking it.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first line that is no usable event.")]

OneJourney = Annotated[
    str | None,
    typer.Argument(
        metavar="JOURNEY",
        help="A journey file, or the name of a journey of the project. May be left out when there is one.",
        show_default=False,
    ),
]
WholeProgram = Annotated[bool, typer.Option("--all", help="The whole program: events, profile, audiences and all journeys.")]
Rules = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RULES",
        help="Codes, names or beginnings of codes: E304, unknown-field, W2. Default: a table of all.",
        show_default=False,
    ),
]
RulePages = Annotated[RuleFormat, typer.Option("--format", "-f", help="Laid out for reading, or for programs and documents.")]
Fingerprint = Annotated[bool, typer.Option("--fingerprint", help="Only the fingerprint that names this version.")]

Tests = Annotated[
    list[str] | None,
    typer.Argument(metavar="TESTS", help="Test files (*.test.yaml) or folders. Default: all of the project.", show_default=False),
]
Pattern = Annotated[
    str | None,
    typer.Option(
        "-k",
        metavar="REGEX",
        help="Only tests whose file, journey or name it is found in; case does not count.",
        show_default=False,
    ),
]
Junit = Annotated[
    str | None, typer.Option("--junit", metavar="FILE|-", help="Write the verdicts as JUnit XML.", show_default=False)
]
Verdicts = Annotated[
    TestLayout, typer.Option("--format", "-f", help="Failures with their lines of text and a timeline, or one line each.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Name the tests that passed, too.")]

Recorded = Annotated[
    list[str] | None,
    typer.Option(
        "--events",
        "-e",
        metavar="FILE",
        help="Recorded events that are simulated again whenever what comes of them may have changed. May be given several times.",
        show_default=False,
    ),
]
NoTest = Annotated[bool, typer.Option("--no-test", help="Play no tests.")]

NewFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the new project; it is made if it is not there.")]
PlaybookName = Annotated[
    str | None,
    typer.Option("--playbook", metavar="NAME", help="The shipped journey to begin with. Default: welcome.", show_default=False),
]
ListPlaybooks = Annotated[bool, typer.Option("--list", help="Show the playbooks that ship with rtj, and write nothing.")]
Bare = Annotated[bool, typer.Option("--bare", help="Only the project: no README, CI, pre-commit and editor files.")]

SchemaKind = Annotated[
    str | None, typer.Argument(metavar="KIND", help="project, journey or test. Default: a list of them.", show_default=False)
]
WriteSchemas = Annotated[
    str | None,
    typer.Option(
        "--write",
        metavar="[=DIR]",
        help="Write all schemas, and say which files do not name theirs yet. Default: .rtj beside rtj.yaml.",
        show_default=False,
    ),
]
Generic = Annotated[bool, typer.Option("--generic", help="Without the names of the project.")]

IdentityFiles = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILES", help="Recorded events, or records: .csv and .tsv, each row an event.", show_default=False),
]
MoreEvents = Annotated[
    list[str] | None,
    typer.Option("--events", "-e", metavar="FILE", help="The same, as other commands call it.", show_default=False),
]
Truth = Annotated[
    Path | None,
    typer.Option(
        "--truth",
        metavar="CSV",
        help="Who is who in truth: columns `identifier` (namespace:value) and `person`. Gives precision, recall and F1.",
        show_default=False,
    ),
]
RowEvent = Annotated[
    str | None,
    typer.Option("--event", metavar="NAME", help="The event type that the rows of a CSV are.", show_default=False),
]
AudienceName = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="An audience of the project, or everyone. Default: a table of all.", show_default=False),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="T", help="As of this time (2026-03-31, 2026-03-31T09:00Z). Default: the last event.", show_default=False
    ),
]
WhyProfile = Annotated[
    str | None,
    typer.Option("--profile", metavar="ID", help="Why is this person in or out? user_id:ada, or just ada.", show_default=False),
]
MembersAsked = Annotated[
    str | None,
    typer.Option("--members", metavar="[N]", help="Name so many members; without a number all, one a line.", show_default=False),
]
AudienceFormat = Annotated[AudienceLayout, typer.Option("--format", "-f", help="Tables for people, JSON or CSV for programs.")]
StoryOfIdentity = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="ID",
        help="How one person's identifiers came together, and by which events: user_id:ada, or just ada.",
        show_default=False,
    ),
]
IdentityFormat = Annotated[Layout, typer.Option("--format", "-f", help="Tables for people, or JSON for programs.")]

Formatted = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATHS",
        help="Files or folders, or - for stdin. Default: the whole project, its tests and what it includes.",
        show_default=False,
    ),
]
FmtCheck = Annotated[
    bool, typer.Option("--check", help="Write nothing: list the files that would change, and exit with 1 if any.")
]
FmtDiff = Annotated[
    bool, typer.Option("--diff", help="Write nothing: show what would change as a patch, and exit with 1 if any.")
]
FmtStdin = Annotated[
    str | None,
    typer.Option(
        "--stdin-filename", metavar="PATH", help="With -: the name whose ending says what the text is.", show_default=False
    ),
]


class SpellingChoice(StrEnum):
    DSL = "dsl"
    YAML = "yaml"


ConvertedFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A file of journeys, *.journey or *.journey.yaml; - is stdin.")
]
ConvertTo = Annotated[
    SpellingChoice | None,
    typer.Option("--to", help="The journey language or YAML. Default: the one it is not in.", show_default=False),
]
ConvertOutput = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Where it goes. Default: stdout.", show_default=False)
]
ConvertWrite = Annotated[
    bool, typer.Option("--write", help="Put it beside the file, with the ending of its spelling, and remove the file.")
]
