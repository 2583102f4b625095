"""One checker for both spellings: what is said about a journey in YAML is said of the same node in the journey language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rtj.base.span import Source
from rtj.lang.load import load_project
from rtj.layout.formatting import convert_text
from rtj.lint.lint import Linted, lint
from tests.conftest import GOLDEN

LINE = re.compile(r"line \d+")
ONE = re.compile(r"^/(enter|goal|exit)/0(?=/|$)")


def spelt_in_yaml() -> list[Path]:
    """Journeys in YAML that can be read as a whole."""
    found = [p for folder in ("ok", "err") for p in sorted((GOLDEN / folder).glob("*.journey.yaml"))]
    found = [p for p in found if not p.name.startswith(("W90", "W801", "E105"))]  # about comments, which differ
    return [p for p in found if convert_text(Source(p.name, p.read_bytes().decode("utf-8", "replace")), "dsl").text is not None]


def told(linted: Linted) -> list[tuple[str, str, str]]:
    """What is told of a journey: code, message, and the path to the node where it is; one way in may be a list of one."""
    about = [f for f in linted.findings if f.journey]
    return sorted((f.diagnostic.code, LINE.sub("line", f.diagnostic.message), ONE.sub(r"/\1", f.path)) for f in about)


@pytest.mark.parametrize("path", [pytest.param(p, id=f"{p.parent.name}-{p.name.split('.')[0]}") for p in spelt_in_yaml()])
def test_both_spellings_are_told_the_same(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, text = (path.parent / "rtj.yaml").read_bytes(), path.read_text(encoding="utf-8")
    dsl = convert_text(Source(path.name, text), "dsl").text
    assert dsl is not None
    answers = []
    for name, content in (("a.journey.yaml", text), ("a.journey", dsl)):
        folder = tmp_path / name.replace(".", "_")
        folder.mkdir()
        (folder / "rtj.yaml").write_bytes(project)
        (folder / name).write_text(content, encoding="utf-8")
        monkeypatch.chdir(folder)
        answers.append(told(lint(load_project())))

    assert answers[1] == answers[0]
