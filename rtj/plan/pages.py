"""The pages of changes: one Markdown file for each code, with what it does to people inside, when it is safe, and an example.

The form is fixed, so that a page can be shown, linked and run as a test: a heading with code and name, a paragraph that says what
is different, then the sections of `SECTIONS`. The example is two versions, and says with which level the code is reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtj.base.pages import Example, Sheet, sheet
from rtj.base.places import grammar_file
from rtj.plan.catalogue import CHANGES
from rtj.plan.changes import LEVELS, Level

FOLDER = "changes"
SECTIONS = ("People inside", "When it is safe", "What to do", "Example")

_REPORTED = re.compile(r"Reported as `([a-z-]+)`")


@dataclass(frozen=True, slots=True)
class ChangePage:
    """What is told about a code. `level` is that of the example, from `old` to `new`."""

    sheet: Sheet
    level: Level
    old: Example
    new: Example


def change_page(code: str) -> ChangePage | None:
    """The page of a code; None when there is no such code or it has no page."""
    if code not in CHANGES:
        return None
    file = grammar_file(FOLDER) / f"{code}.md"
    return parse(file.read_text(encoding="utf-8")) if file.is_file() else None


def parse(markdown: str) -> ChangePage:
    """Take a page apart. Raises ValueError when it has not the form of one."""
    found = sheet(markdown)
    examples = found.examples.get("Example", ())
    reported = _REPORTED.search(found.sections.get("Example", ""))
    level = next((level for level in LEVELS if reported is not None and level == reported[1]), None)
    if level is None or len(examples) != 2:
        raise ValueError("the example of a page is two versions and a level: Reported as `behaviour`")
    return ChangePage(found, level, *examples)
