"""Whatever stands in the files of a project: `rtj validate` tells it by name, soon, and in little room."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lint.arena import Arena, Outcome, arena
from tests.lint.hostile_files import FILES, write_project
from tests.lint.hostile_projects import NODES, PHRASES, PROJECTS, Project
from tests.lint.hostile_texts import PROJECT, Text, every

SECONDS_MAX = 5.0  # of the processor; about a fifth of it on an idle machine of today
MEBIBYTES_MAX = 200.0
CODE = re.compile(rb"^[^\n]+?:\d+:\d+: ([EWI]\w+)", re.MULTILINE)
QUICK = (
    "alias bomb",
    "itself",
    "lists",
    "both",
    "explicit keys",
    "keys",
    "a phrase of minus",
    "documents",
    "directives",
    "nodes",
)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("calls")) as client:
        yield client


def codes(outcome: Outcome) -> set[str]:
    """The codes that were told; nothing crashed, and bounds were kept."""
    assert b"internal error" not in outcome.err
    assert b"Traceback" not in outcome.err
    assert outcome.code in (0, 1, 2, 4), outcome.err[-500:]
    assert outcome.seconds < SECONDS_MAX
    assert outcome.mebibytes < MEBIBYTES_MAX
    return {code.decode() for code in CODE.findall(outcome.out)}


def validated(calls: Arena, folder: Path, project: str, *journeys: str) -> Outcome:
    write_project(folder, project, *journeys)
    return calls.run(folder, "validate", "--format", "concise")


TEXTS = [
    pytest.param(text, code, id=name, marks=() if name.split(": ", 1)[1] in QUICK else pytest.mark.long)
    for name, text, code in every()
]


@pytest.mark.parametrize(("text", "code"), TEXTS)
def test_a_file_made_to_harm_is_told_by_name(calls: Arena, tmp_path: Path, text: Text, code: str) -> None:
    outcome = validated(calls, tmp_path, PROJECT, text())

    found = codes(outcome)

    assert outcome.code == (1 if any(c.startswith("E") for c in found) else 0)
    assert not code or code in found


@pytest.mark.long
@pytest.mark.parametrize(("text", "code"), [pytest.param(text, code, id=name) for name, text, code in every()])
def test_stdin_bears_the_same(calls: Arena, tmp_path: Path, text: Text, code: str) -> None:
    write_project(tmp_path, PROJECT)
    content = tmp_path / "content"
    content.write_text(text(), encoding="utf-8")

    outcome = calls.run(tmp_path, "validate", "--format=concise", "--stdin-filename", "a.journey.yaml", "-", stdin=content)

    assert not code or code in codes(outcome)


SMALL = (
    "1,000 arms",
    "truths of truths",
    "2,000 attributes in a circle",
    "attributes that read the next twice",
    "patterns of stars",
)


@pytest.mark.parametrize(
    "project",
    [
        pytest.param(make, id=name, marks=() if name in SMALL else pytest.mark.long)
        for name, make in {**NODES, **PHRASES, **PROJECTS}.items()
    ],
)
def test_a_large_project_is_checked_within_bounds(calls: Arena, tmp_path: Path, project: Callable[[], Project]) -> None:
    text, journeys = project()

    outcome = validated(calls, tmp_path, text, *journeys)

    codes(outcome)
    assert outcome.code in (0, 1)


@pytest.mark.parametrize(("write", "code"), [pytest.param(write, code, id=name) for name, (write, code) in FILES.items()])
def test_files_that_are_none_stop_nobody(calls: Arena, tmp_path: Path, write: Callable[[Path], None], code: str) -> None:
    """`code`: of an error, or `exit N` where nothing can be told."""
    write_project(tmp_path, PROJECT, "journey: good\nenter: {on: login}\ndo: [{send: a, by: email}]\n")
    write(tmp_path)

    outcome = calls.run(tmp_path, "validate", "--format", "concise")

    found = codes(outcome)
    assert f"exit {outcome.code}" == code or code in found, (outcome.code, found)
