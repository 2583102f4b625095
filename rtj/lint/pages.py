"""The pages of rules: one Markdown file for each code, with what it finds, why that matters, and examples wrong and right.

The form is fixed, so that a page can be shown, linked and run as a test: a heading with code and name, a paragraph that says
what is reported, then the sections Why, Bad, Good, and Exceptions where there are some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtj.base.codes import CODES, INFORMING
from rtj.base.diagnostic import Severity
from rtj.base.places import grammar_file

FOLDER = "rules"
FIXABLE = frozenset({  # codes whose findings often come with a fix
    "E001", "E003", "E006", "E010", "E101", "E103", "E105", "E301", "E310", "E311", "E314", "E315", "E317", "E323", "E327",
    "E328", "E340", "E341", "E345", "E410", "E411", "E420", "E421", "E501", "E503", "W320", "W406", "W801",
    "W901",
})  # fmt: skip
SECTIONS = ("Why", "Bad", "Good", "Exceptions")

_HEADING = re.compile(r"# (\S+) (\S+)\n")
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A block of text. `info` says what it is a piece of: `yaml nodes`, `conditions` …; `line`: where it begins on the page."""

    info: str
    body: str
    line: int


@dataclass(frozen=True, slots=True)
class Page:
    """What is told about a code. `summary`, `why` and `exceptions` are Markdown without headings; `headings` are those of its
    sections as they stand; `markdown` is the whole page."""

    code: str
    name: str
    severity: Severity
    summary: str
    why: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    exceptions: str
    headings: tuple[str, ...]
    markdown: str


def severity_of(code: str) -> Severity:
    """What a finding of this code is when no setting changes it."""
    if code.startswith(INFORMING):
        return "info"
    return "warning" if code.startswith("W") else "error"


def page(code: str) -> Page | None:
    """The page of a code; None when there is no such code or it has no page."""
    if code not in CODES:
        return None
    file = grammar_file(FOLDER) / f"{code}.md"
    return parse(file.read_text(encoding="utf-8")) if file.is_file() else None


def pages() -> tuple[Page, ...]:
    """All pages, sorted by code."""
    return tuple(found for code in CODES if (found := page(code)) is not None)


def parse(markdown: str) -> Page:
    """Take a page apart. Raises ValueError when it does not begin with a heading `# CODE name`."""
    heading = _HEADING.match(markdown)
    if heading is None:
        raise ValueError("a page begins with `# CODE name`")
    code, name = heading.groups()
    marks = [mark for mark in _SECTION.finditer(markdown) if not _inside_a_block(markdown, mark.start())]
    starts = [mark.start() for mark in marks] + [len(markdown)]
    places = {mark[1]: (mark.end(), end) for mark, end in zip(marks, starts[1:], strict=True)}

    def text(section: str) -> str:
        start, end = places.get(section, (0, 0))
        return markdown[start:end].strip()

    def examples(section: str) -> tuple[Example, ...]:
        blocks = _FENCE.finditer(markdown, *places.get(section, (0, 0)))
        return tuple(Example(block[1], block[2], markdown.count("\n", 0, block.start()) + 1) for block in blocks)

    return Page(
        code=code,
        name=name,
        severity=severity_of(code),
        summary=markdown[heading.end() : starts[0]].strip(),
        why=text("Why"),
        bad=examples("Bad"),
        good=examples("Good"),
        exceptions=text("Exceptions"),
        headings=tuple(mark[1] for mark in marks),
        markdown=markdown,
    )


def _inside_a_block(markdown: str, at: int) -> bool:
    return any(block.start() < at < block.end() for block in _FENCE.finditer(markdown))
