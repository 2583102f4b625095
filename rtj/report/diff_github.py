"""A difference as GitHub's workflow commands: an annotation beside each line that has changed, worst first."""

from __future__ import annotations

from collections import Counter

from rtj.base.plain import safe
from rtj.plan.changes import Diff, Level
from rtj.report.diff_places import Places
from rtj.report.diff_sections import LEVEL_WORDS
from rtj.report.diff_text import Row, told
from rtj.report.findings import Examined
from rtj.report.moments import counted
from rtj.report.workflow_commands import ANNOTATIONS_MAX, workflow_command

_COMMANDS: dict[Level, str] = {
    "breaking": "error", "needs-migration": "warning", "behaviour": "notice", "safe": "notice", "none": "notice",
}  # fmt: skip


def diff_github(diff: Diff, places: Places, examined: Examined) -> str:
    """A command on each line, and in words how many have none: GitHub shows so many of each kind. `examined` knows what paths are
    called from the root of the repository."""
    report = told(diff, places)
    rows = [(part.name, row) for part in report.parts for row in part.rows]
    rows += {(name, row): None for branch in report.lineage for name, row in branch.uses}  # once, whatever its causes
    shown: Counter[str] = Counter()
    lines: list[str] = []
    lost = [part for part in report.parts if part.status == "lost"]
    for part in lost[:ANNOTATIONS_MAX]:
        shown["error"] += 1
        lines.append(workflow_command("error", {"title": f"rtj diff: {part.name} is lost"}, "; ".join(part.facts)))
    for name, row in sorted(rows, key=lambda pair: list(_COMMANDS).index(pair[1].level)):
        command = _COMMANDS[row.level]
        if not row.waived and shown[command] < ANNOTATIONS_MAX:
            shown[command] += 1
            lines.append(_command(name, row, command, examined))
    total = sum(1 for judged in diff.every if not judged.waived) + len(lost)
    if total > len(lines):
        rest = counted(total - len(lines), "more change")
        lines.append(f"{rest} without an annotation: GitHub shows {ANNOTATIONS_MAX} of each")
    return "".join(line + "\n" for line in lines)


def _command(name: str, row: Row, command: str, examined: Examined) -> str:
    properties: dict[str, object] = {"title": f"rtj {row.code} {LEVEL_WORDS[row.level]}" + (f" in {name}" if name else "")}
    if row.place is not None and not row.was:  # what is gone has no line in the new version
        properties |= {"file": safe(examined.from_root(row.place.path)), "line": row.place.line, "endLine": row.place.end_line}
        if row.place.line == row.place.end_line:
            properties |= {"col": row.place.column, "endColumn": row.place.end_column}
    texts = " -> ".join(filter(None, (row.before, row.after)))
    message = "\n".join([f"{row.sign} {row.what}: {texts}" if texts else f"{row.sign} {row.what}", *(n.text for n in row.notes)])
    return workflow_command(command, properties, message)
