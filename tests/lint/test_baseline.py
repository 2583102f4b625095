"""The baseline: what it knows is not told, what is gone from it is, and it can be written, reviewed and broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rtj.base.errors import InputError
from rtj.lang.load import load_project
from rtj.lint.baseline import FILE, baseline_file, baseline_text, read_baseline
from rtj.lint.lint import Linted, lint
from rtj.lint.settings import LintOptions, path_from
from tests.lint.cases import PROJECT, journey

NODES = "  - {id: answer, wait_for: [{on: login}]}\n  - {id: m, send: m, by: sms, with: x = profile.birthday}\n"
FILTER = "lint: {select: [W204, W410, W905]}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "rtj.yaml").write_text(PROJECT + FILTER, encoding="utf-8")
    (tmp_path / "journeys" / "夏.journey.yaml").write_text(journey(NODES), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def look(**options: bool) -> Linted:
    return lint(load_project(), LintOptions(**options))  # type: ignore[arg-type]


def codes(**options: bool) -> list[str]:
    return [finding.diagnostic.code for finding in look(**options).findings]


def text() -> str:
    done = look(baseline=False)
    loaded = done.analysis.loaded
    return baseline_text(done.findings, lambda path: path_from(loaded, path, loaded.root))


def accept(folder: Path) -> None:
    (folder / FILE).write_text(text(), encoding="utf-8")


def test_what_is_known_is_not_told(folder: Path) -> None:
    assert codes() == ["W204", "W410"]
    accept(folder)

    done = look()

    assert done.findings == ()
    assert done.known == 2
    assert codes(baseline=False) == ["W204", "W410"]


def test_the_file_can_be_reviewed(folder: Path) -> None:
    written = text()

    rows = json.loads(written)["findings"]
    assert [(row["code"], row["file"], row["journey"], row["path"]) for row in rows] == [
        ("W204", "journeys/夏.journey.yaml", "one", "/do/0/wait_for"),
        ("W410", "journeys/夏.journey.yaml", "one", "/do/1/with"),
    ]
    assert len(written.splitlines()) == 4 + len(rows) + 1
    assert written == text()


def test_nothing_found_is_a_baseline_too(folder: Path) -> None:
    (folder / "journeys" / "夏.journey.yaml").unlink()

    assert json.loads(text()) == {"baseline": 1, "findings": []}


def test_edits_elsewhere_change_nothing_and_new_findings_are_told(folder: Path) -> None:
    accept(folder)
    before = "  - {id: hold, wait: 2h}\n\n  # a comment\n"
    (folder / "journeys" / "夏.journey.yaml").write_text(journey(before + NODES), encoding="utf-8")
    assert codes() == []

    (folder / "journeys" / "夏.journey.yaml").write_text(
        journey(NODES + "  - {id: again, wait_for: [{on: login}]}\n"), encoding="utf-8"
    )

    assert codes() == ["W204"]


def test_an_entry_that_is_gone_is_told_at_its_line(folder: Path) -> None:
    accept(folder)
    (folder / "journeys" / "夏.journey.yaml").write_text(journey(NODES.splitlines()[1] + "\n"), encoding="utf-8")

    (finding,) = look().findings

    d = finding.diagnostic
    assert (d.code, d.span.source.path, d.severity) == ("W905", FILE, "warning")
    assert d.span.text == f'"{json.loads((folder / FILE).read_text())["findings"][0]["fingerprint"]}"'
    assert d.span.line == 4
    assert d.message.startswith("W204 of `one` is gone: ")


@pytest.mark.parametrize("options", [{"comments": False}, {"select": ("W410",)}, {"ignore": ("W204",)}])
def test_who_looks_at_a_part_is_told_of_no_stale_entry(folder: Path, options: dict[str, bool]) -> None:
    accept(folder)
    (folder / "journeys" / "夏.journey.yaml").write_text(journey("  - {send: x, by: sms}\n"), encoding="utf-8")

    assert codes(**options) == []


def test_errors_that_keep_from_compiling_are_never_accepted(folder: Path) -> None:
    (folder / "journeys" / "夏.journey.yaml").write_text(journey("  - {send: x, by: smss}\n"), encoding="utf-8")
    found = look(baseline=False).findings
    assert [f.diagnostic.code for f in found] == ["E327"]
    assert json.loads(text())["findings"] == []
    row = {"code": "E327", "message": "m", "fingerprint": found[0].fingerprint}
    (folder / FILE).write_text(json.dumps({"baseline": 1, "findings": [row]}))

    assert codes() == ["E327"]


def test_a_project_names_its_own_file(folder: Path) -> None:
    (folder / "house").mkdir()
    (folder / "house" / "lint.yaml").write_text("lint: {baseline: known.json}\n")
    (folder / "rtj.yaml").write_text(PROJECT + FILTER + "include: house/lint.yaml\n", encoding="utf-8")

    assert baseline_file(load_project()).resolve() == folder / "house" / "known.json"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not JSON"),
        ("<<<<<<< HEAD\n{}", "not JSON"),
        ("[]", "`findings` is missing"),
        ('{"baseline": 2, "findings": []}', "of another form (2, expected 1)"),
        ('{"baseline": 1, "findings": [{"code": "W204"}]}', "without fingerprint"),
        ('{"baseline": 1, "findings": [7]}', "without fingerprint"),
        ('{"baseline": 1, "findings": ' + "[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_no_baseline_says_so(folder: Path, content: str, words: str) -> None:
    (folder / FILE).write_text(content)

    with pytest.raises(InputError, match=r"rtj\.baseline\.json") as failed:
        look()

    assert words in str(failed.value)
    assert "--write-baseline" in str(failed.value)


def test_bytes_that_are_no_text(folder: Path) -> None:
    (folder / FILE).write_bytes(b"\xff\xfe")

    with pytest.raises(InputError, match="not UTF-8"):
        look()


def test_a_mark_of_its_order_of_bytes_does_no_harm(folder: Path) -> None:
    (folder / FILE).write_bytes(b"\xef\xbb\xbf" + text().encode())

    assert codes() == []


def test_there_may_be_none(folder: Path) -> None:
    assert read_baseline(folder / FILE) is None
