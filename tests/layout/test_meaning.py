"""Layout changes nothing that a program or a reader of findings can tell: the program keeps its fingerprint, and ignore
comments cover what they covered, for which `dsl_outline` says where things stand."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from rtj.base.span import Source
from rtj.compile import compile_project
from rtj.ir.program import fingerprint
from rtj.lang.discover import SUFFIXES
from rtj.lang.load import load_project
from rtj.layout.formatting import SUFFIXES as ENDINGS
from rtj.layout.formatting import Spelling, convert_text, format_text, spelling_of
from rtj.lint.lint import lint

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"line \d+")
OTHER: dict[Spelling, Spelling] = {"dsl": "yaml", "yaml": "dsl"}


def projects() -> list[object]:
    """All projects of this repository; those with many journeys are read at every run, the others when there is time."""
    places = (ROOT / "examples", ROOT / "journeys", ROOT / "tests" / "golden" / "ok", ROOT / "tests" / "golden" / "err")
    found = sorted(path.parent for place in places for path in place.rglob("rtj.yaml"))
    often = {ROOT / "examples" / "shop", ROOT / "examples" / "people"}
    mark = pytest.mark.long
    return [pytest.param(p, id=str(p.relative_to(ROOT)), marks=() if p in often else mark) for p in found]


def facts(folder: Path) -> tuple[str | None, Counter[tuple[str, str]]]:
    """The fingerprint of a project, and its findings as numbers of codes and messages; lines that messages name may be others."""
    program = compile_project((), folder).program
    linted = lint(load_project((), folder))
    told = Counter((finding.diagnostic.code, LINE.sub("line", finding.diagnostic.message)) for finding in linted.findings)
    return None if program is None else fingerprint(program), told


@pytest.mark.parametrize("folder", projects())
def test_programs_and_findings_stay(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "project"
    shutil.copytree(folder, here)
    before = facts(here)

    for path in sorted(here.rglob("*.journey*")):
        lay(path, convert=False)
    assert facts(here) == before

    for path in sorted(here.rglob("*.journey*")):
        lay(path, convert=True)
    assert facts(here) == before


def lay(path: Path, *, convert: bool) -> None:
    """Format a file, or put it into the other spelling; what has errors stays."""
    if not path.name.endswith(SUFFIXES):
        return
    spelling = spelling_of(path.name)
    assert spelling is not None
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    source = Source(path.name, text)
    done = convert_text(source, OTHER[spelling]) if convert else format_text(source)
    if done.text is None:
        return
    path.unlink()
    ending = next(suffix for suffix in SUFFIXES if path.name.endswith(suffix))
    path.with_name(path.name.removesuffix(ending) + (ENDINGS[OTHER[spelling]] if convert else ending)).write_text(done.text)


PROJECT = """project: tiny
identity: {user_id: {kind: person, priority: 1, unique: true}}
events: {login: {}, bought: {}}
channels: {email: {purpose: transactional}}
"""
COMMENTED = """journey calls {
  enter on login

  # rtj: ignore[no-timeout] -- support calls them
  wait_for @first {
    on bought { }
  }
  wait_for @second { on bought { } }
}
"""


def test_a_comment_above_the_first_statement_covers_that_statement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtj.yaml").write_text(PROJECT)
    (tmp_path / "calls.journey").write_text(COMMENTED)

    for convert in (False, True, True):
        told = facts(tmp_path)[1]
        assert [message for code, message in told if code == "W204"] == [
            "if none of this happens, only `max_duration` ends `second`, after 91d"
        ]
        for path in list(tmp_path.glob("calls.*")):
            lay(path, convert=convert)


def test_ignore_comments_cover_what_becomes_several_lines_and_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rtj.yaml").write_text(PROJECT)
    (tmp_path / "calls.journey.yaml").write_text(
        "journey: calls\nenter: {on: login}\ndo:\n  - {send: hi, by: email}\n# rtj: file-ignore[W301] -- nobody else\n"
        "  - {id: a, wait_for: [{on: bought}]}   # rtj: ignore[W204] -- support calls them\n"
    )
    before = facts(tmp_path)

    for convert in (False, True, False, True):
        for path in list(tmp_path.glob("calls.*")):
            lay(path, convert=convert)
        assert facts(tmp_path) == before
