"""The corpus: projects wrong in the way people are wrong, with what is said about them, and good ones that stay silent.

`tests/golden/err` has journeys (`E311_what.journey.yaml`, checked in the project beside them) and folders (whole projects), each
with its answer `….out`. A journey that is no plain text has its bytes written as `\\xFF` in `….journey.yaml.bytes`.
`tests/golden/ok` has the same without answers. To add a case is to add a file: nothing is listed here.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtj.base.codes import CODES
from rtj.cli.main import app
from rtj.lang.discover import SUFFIXES
from tests.conftest import GOLDEN
from tests.lang.blocks import unescaped

ERR = GOLDEN / "err"
OK = GOLDEN / "ok"
REPORTED = re.compile(r"^(?:error|warning|info)\[(\w+)\]", re.MULTILINE)
BYTES = ".bytes"
ELSEWHERE = frozenset[str]()


def cases(folder: Path) -> list[Path]:
    """Single journeys and whole projects."""
    return [p for p in sorted(folder.iterdir()) if p.is_dir() or p.name.removesuffix(BYTES).endswith(SUFFIXES)]


def params(folder: Path) -> list[object]:
    return [pytest.param(case, id=case.name.split(".")[0]) for case in cases(folder)]


def validate(case: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Exit code and stdout of `rtj validate` in a copy of the project that stands in `folder`."""
    if case.is_dir():
        shutil.copytree(case, folder, dirs_exist_ok=True)
    else:
        shutil.copy(case.parent / "rtj.yaml", folder)
        content = unescaped(case.read_text(encoding="utf-8")) if case.suffix == BYTES else case.read_bytes()
        (folder / case.name.removesuffix(BYTES)).write_bytes(content)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    named = () if case.is_dir() else (case.name.removesuffix(BYTES),)
    done = CliRunner().invoke(app, ["validate", *named, "--format", "full", "--color", "never"])
    assert done.exit_code in (0, 1), done.stderr
    return done.exit_code, done.stdout


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """An empty folder, beside whatever else a test writes."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def answer_of(case: Path) -> Path:
    return ERR / f"{case.name.split('.')[0]}.out"


@pytest.mark.parametrize("case", params(ERR))
def test_what_is_wrong_is_said_so(
    case: Path, fresh: Path, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, shown = validate(case, fresh, monkeypatch)

    said = REPORTED.findall(shown)
    assert said, "nothing is reported"
    assert case.name[:4] in said or not re.match(r"[EW]\d{3}_", case.name)
    assert code == (1 if "error[" in shown else 0)
    golden(f"err/{answer_of(case).name}", shown)


@pytest.mark.parametrize("case", params(OK))
def test_what_is_right_stays_silent(case: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert validate(case, fresh, monkeypatch) == (0, "")


def test_every_code_is_reported_somewhere() -> None:
    said = {code for case in cases(ERR) if answer_of(case).is_file() for code in REPORTED.findall(answer_of(case).read_text())}

    assert [code for code in CODES if code not in said | ELSEWHERE] == []


def test_every_answer_has_its_case() -> None:
    assert {path.stem for path in ERR.glob("*.out")} == {answer_of(case).stem for case in cases(ERR)}


def test_the_corpus_of_good_projects_is_not_small() -> None:
    assert len([path for path in OK.rglob("*") if path.is_file()]) >= 30
