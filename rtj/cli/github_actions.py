"""What GitHub Actions is told without being asked: annotations beside the lines, and a table in the summary of the step."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from rtj.base.finding import Finding
from rtj.base.plain import one_line
from rtj.cli.screen import Piece, Screen, line
from rtj.report.findings import Examined

SUMMARY_BYTES_MAX = 2**20  # a longer one is refused whole, with what other commands of the step put there


def in_actions() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(findings: Sequence[Finding], examined: Examined, screen: Screen) -> None:
    """Write annotations to stderr: Actions reads both streams, and stdout may be somebody's file."""
    from rtj.report.findings_ci import first_commands

    commands, rest = first_commands(findings, examined)
    if commands:
        screen.complain([line(command) for command in commands])
    if rest:
        screen.complain([line(rest)])


def summarize_step(findings: Sequence[Finding], examined: Examined, screen: Screen) -> None:
    """Append findings to the summary of the step."""
    from rtj.report.findings_review import summary

    append_summary(lambda room: summary(findings, examined, room), screen)


def append_summary(written: Callable[[int], str], screen: Screen) -> None:
    """Append to the summary of the step what is `written` for so many bytes of room. A summary that cannot be written is told,
    and fails nothing."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "ab") as file:
            room = SUMMARY_BYTES_MAX - file.tell()
            text = ("\n" if file.tell() else "") + written(room)
            if len(text.encode("utf-8")) <= room:
                file.write(text.encode("utf-8"))
    except OSError as error:
        screen.talk([line(Piece(one_line(f"no step summary: {path}: {(error.strerror or str(error)).lower()}"), "dim"))])
