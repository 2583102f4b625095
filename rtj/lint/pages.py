"""The pages of rules: one Markdown file for each code, with what it finds, why that matters, and examples wrong and right.

The form is fixed, so that a page can be shown, linked and run as a test: a heading with code and name, a paragraph that says
what is reported, then the sections Why, Bad, Good, and Exceptions where there are some.
"""

from __future__ import annotations

from dataclasses import dataclass

from rtj.base.codes import CODES, INFORMING
from rtj.base.diagnostic import Severity
from rtj.base.pages import Example, sheet
from rtj.base.places import grammar_file

__all__ = ["Example", "Page", "page", "pages", "parse", "severity_of"]

FOLDER = "rules"
FIXABLE = frozenset({  # codes whose findings often come with a fix
    "E001", "E003", "E006", "E010", "E101", "E103", "E105", "E301", "E310", "E311", "E314", "E315", "E317", "E323", "E327",
    "E328", "E340", "E341", "E345", "E410", "E411", "E420", "E421", "E430", "E501", "E503", "W320", "W406",
    "W801", "W901",
})  # fmt: skip
SECTIONS = ("Why", "Bad", "Good", "Exceptions")


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
    found = sheet(markdown)
    return Page(
        code=found.code,
        name=found.name,
        severity=severity_of(found.code),
        summary=found.summary,
        why=found.sections.get("Why", ""),
        bad=found.examples.get("Bad", ()),
        good=found.examples.get("Good", ()),
        exceptions=found.sections.get("Exceptions", ""),
        headings=tuple(found.sections),
        markdown=markdown,
    )
