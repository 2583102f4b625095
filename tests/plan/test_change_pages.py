"""The pages of changes: each code has one, in its form, and its two versions are reported with the code and level it tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.base.places import grammar_file
from rtj.cli.versions import versions
from rtj.plan.catalogue import CHANGES
from rtj.plan.diff import diff
from rtj.plan.pages import FOLDER, SECTIONS, ChangePage, change_page, parse
from tests.lang.blocks import files

PAGES = [page for code in CHANGES if (page := change_page(code)) is not None]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert [page.sheet.code for page in PAGES] == list(CHANGES)
    assert {file.stem for file in grammar_file(FOLDER).iterdir()} == CHANGES.keys()
    assert change_page("D999") is None
    assert change_page("../README") is None


@pytest.mark.parametrize("page", [pytest.param(page, id=page.sheet.code) for page in PAGES])
def test_a_page_has_its_form(page: ChangePage) -> None:
    found = page.sheet

    assert found.name == CHANGES[found.code].name
    assert tuple(found.sections) == SECTIONS
    assert found.summary and "\n\n" not in found.summary, "one paragraph says what is different"
    assert all(found.sections.values())
    assert page.level in CHANGES[found.code].levels
    assert max(map(len, found.markdown.splitlines())) <= 130


@pytest.mark.parametrize("page", [pytest.param(page, id=page.sheet.code) for page in PAGES])
def test_the_example_is_reported_as_it_says(page: ChangePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, example in (("old", page.old), ("new", page.new)):
        for path, content in files(example.info, example.body).items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(content)

    old, new = versions("old", "new")
    found = diff(old.side, new.side)

    assert old.remarks == new.remarks == ()
    told = [(judged.change.code, judged.change.level) for judged in found.every]
    assert (page.sheet.code, page.level) in told, told


def test_a_page_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="two versions and a level"):
        parse("# D999 odd\n\nWhat.\n\n## Example\n\nReported as `often`.\n\n```journey\na\n```\n")
