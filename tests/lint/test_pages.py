"""The pages of rules: each code has one, in its form; what its bad examples announce is reported, and its good ones are good."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path

import pytest

from rtj.base.codes import CODES
from rtj.base.diagnostic import Diagnostic
from rtj.base.places import grammar_file
from rtj.lint.lint import lint
from rtj.lint.pages import FIXABLE, FOLDER, SECTIONS, Example, Page, page, pages, parse
from rtj.lint.settings import LintOptions
from tests.lang.blocks import announced, loaded

PAGES = pages()
# What whole projects are told, and small ones around an example cannot help: only their own pages are about it.
OF_PROJECTS = {"W603", "W910"}
OPTIONS = LintOptions(today=datetime.date(2026, 3, 1))
BAD = [pytest.param(p, example, id=f"{p.code}-{example.line}") for p in PAGES for example in p.bad]
GOOD = [pytest.param(p, example, id=f"{p.code}-{example.line}") for p in PAGES for example in p.good]


def found(example: Example, folder: Path) -> tuple[Diagnostic, ...]:
    """What is said about an example. `folder`: an empty one, the working directory."""
    return tuple(finding.diagnostic for finding in lint(loaded(example.info, example.body, folder), OPTIONS).findings)


def near(d: Diagnostic) -> str:
    """The line of a finding and the one above."""
    source = d.span.source
    return "\n".join(source.line_text(line) for line in range(max(1, d.span.line - 1), d.span.line + 1))


def is_of(d: Diagnostic, page: Page, example: Example) -> bool:
    """Is the finding about the example, and not about the project around it?"""
    if d.severity == "error" or d.code == page.code:
        return True
    lines = {line.strip() for line in example.body.splitlines()}
    return d.code not in OF_PROJECTS and d.span.source.line_text(d.span.line).strip() in lines


def told(d: Diagnostic) -> str:
    return f"{d.span.source.path}:{d.span.line} {d.code} {d.message} ({d.hint})\n{near(d)}"


def test_every_code_has_a_page() -> None:
    missing = [code for code in CODES if page(code) is None]

    assert missing == []


def test_every_page_has_a_code() -> None:
    assert {file.stem for file in grammar_file(FOLDER).iterdir()} <= CODES.keys()


@pytest.mark.parametrize("of", [pytest.param(p, id=p.code) for p in PAGES])
def test_a_page_has_its_form(of: Page) -> None:
    assert page(of.code) == of, "the heading names the code of the file"
    assert of.name == CODES[of.code][0]
    assert of.headings in (SECTIONS, SECTIONS[:3])
    assert of.summary
    assert of.why
    assert of.bad
    assert of.good
    assert "\n\n" not in of.summary, "one paragraph says what is reported"
    assert of.markdown.endswith("```\n") or of.exceptions
    assert max(map(len, of.markdown.splitlines())) <= 130


@pytest.mark.parametrize(("of", "example"), BAD)
def test_a_bad_example_reports_what_it_announces(
    of: Page, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    reported = [d for d in found(example, tmp_path) if is_of(d, of, example)]

    assert of.code in announced(example.body)
    for d in reported:
        assert d.code in announced(near(d)), told(d)
    assert Counter(d.code for d in reported) == Counter(announced(example.body))


@pytest.mark.parametrize(("of", "example"), GOOD)
def test_a_good_example_is_good(of: Page, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    wrong = [told(d) for d in found(example, tmp_path) if d.severity == "error" or d.code == of.code]

    assert wrong == []


def test_codes_that_can_be_mended_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mended = set()
    for number, example in enumerate(example for one in PAGES for example in one.bad):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        mended |= {d.code for d in found(example, folder) if d.fix is not None}

    assert mended == FIXABLE


def test_a_heading_inside_a_block_is_no_section() -> None:
    text = "# E999 odd\n\nWhat.\n\n## Why\n\nSo.\n\n## Bad\n\n```yaml journey\n## Good\n```\n"

    odd = parse(text)

    assert odd.headings == ("Why", "Bad")
    assert odd.bad == (Example("yaml journey", "## Good\n", 11),)
    assert (odd.summary, odd.why, odd.good) == ("What.", "So.", ())


def test_a_text_without_its_heading_is_no_page() -> None:
    with pytest.raises(ValueError, match="CODE name"):
        parse("## Why\n")


def test_there_is_no_page_for_what_is_no_code() -> None:
    assert page("E000") is None
    assert page("../README") is None
