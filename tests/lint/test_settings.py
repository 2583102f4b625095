"""What `lint:`, `stability:` and the options of a run make of findings: which count, how much, and what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.lang.load import load_project, load_text
from rtj.lint.lint import Linted, lint
from rtj.lint.settings import LintOptions, effective
from tests.lint.cases import PROJECT, journey, said

RULES = "rules:\n  own: {each: send, require: false, message: sends}\n"
NODES = "  - {id: answer, wait_for: [{on: login}]}\n  - {id: m, send: m, by: sms, with: x = profile.birthday}\n"
WATCHED = ("W204", "W410", "own")


def lint_with(settings: str, head: str = "", **options: tuple[str, ...]) -> Linted:
    journey_text = journey(NODES).replace("journey: one\n", f"journey: one\n{head}")
    return lint(load_text(PROJECT + RULES + settings, journey_text), LintOptions(**options))  # type: ignore[arg-type]


def levels(settings: str, head: str = "", **options: tuple[str, ...]) -> dict[str, str]:
    """The severities of what is watched; what is off is left out."""
    found = lint_with(settings, head, **options).findings
    return {f.diagnostic.code: f.diagnostic.severity for f in found if f.diagnostic.code in WATCHED}


ALL = dict.fromkeys(WATCHED, "warning")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", ALL),
        ("lint: {ignore: W204}\n", {"W410": "warning", "own": "warning"}),
        ("lint: {ignore: [no-timeout, own]}\n", {"W410": "warning"}),
        ("lint: {ignore: [W2, W4]}\n", {"own": "warning"}),
        ("lint: {ignore: [W]}\n", {"own": "warning"}),
        ("lint: {select: [W2]}\n", {"W204": "warning"}),
        ("lint: {select: [W2, own]}\n", {"W204": "warning", "own": "warning"}),
        ("lint: {select: [W204], ignore: [W2]}\n", {"W204": "warning"}),
        ("lint: {select: [W2], ignore: [W204]}\n", {}),
        ("lint: {select: [W204], ignore: [no-timeout]}\n", {}),
        ("lint: {severity: {W204: error, own: info}}\n", {"W204": "error", "W410": "warning", "own": "info"}),
        ("lint: {severity: {W2: error, no-timeout: info}}\n", {**ALL, "W204": "info"}),
        ("lint: {severity: {W4: 'off'}}\n", {"W204": "warning", "own": "warning"}),
        ("lint: {severity: {W4: off}}\n", {"W204": "warning", "own": "warning"}),
        ("lint: {paths: {'*.journey.yaml': {ignore: [W2], severity: {own: error}}}}\n", {"W410": "warning", "own": "error"}),
        ("lint: {paths: {'1*': {severity: {W2: error}}, '*': {severity: {W204: info}}}}\n", {**ALL, "W204": "info"}),
        ("lint: {ignore: [W204], paths: {'1*': {severity: {W204: error}}}}\n", {**ALL, "W204": "error"}),
        ("lint: {paths: {'2*': {ignore: [W2]}, rtj.yaml: {ignore: [own]}}}\n", ALL),
    ],
)
def test_severities(settings: str, expected: dict[str, str]) -> None:
    assert levels(settings) == expected


@pytest.mark.parametrize(
    ("head", "settings", "expected"),
    [
        ("stability: draft\n", "", dict.fromkeys(WATCHED, "info")),
        ("stability: beta\n", "", ALL),
        ("stability: stable\n", "", ALL),
        ("stability: draft\n", "lint: {severity: {own: error}}\n", {"W204": "info", "W410": "info", "own": "error"}),
    ],
)
def test_in_a_draft_warnings_inform(head: str, settings: str, expected: dict[str, str]) -> None:
    assert levels(settings, head) == expected


def test_stability_is_no_part_of_the_program() -> None:
    one, other = (lint_with("", head).analysis.compiled.program for head in ("stability: draft\n", ""))

    assert one is not None
    assert one == other


def test_settings_and_rules_are_no_part_of_the_program() -> None:
    program = lint(load_text(PROJECT, journey(NODES))).analysis.compiled.program

    assert program == lint_with("lint: {ignore: [W2]}\n").analysis.compiled.program


@pytest.mark.parametrize(
    ("settings", "options", "expected"),
    [
        ("", {"select": ("W2",)}, {"W204": "warning"}),
        ("lint: {ignore: [W204]}\n", {"select": ("no-timeout",)}, {"W204": "warning"}),
        ("lint: {severity: {W204: off}}\n", {"select": ("W204",)}, {"W204": "warning"}),
        ("lint: {severity: {W204: error}}\n", {"select": ("W204",)}, {"W204": "error"}),
        ("lint: {ignore: [own]}\n", {"ignore": ("W2",)}, {"W410": "warning"}),
        ("", {"select": ("W2", "own"), "ignore": ("W204",)}, {"own": "warning"}),
    ],
)
def test_the_options_of_a_run(settings: str, options: dict[str, tuple[str, ...]], expected: dict[str, str]) -> None:
    assert levels(settings, **options) == expected


def test_errors_are_told_whatever_is_selected() -> None:
    found = lint(load_text(PROJECT + "lint: {select: [W2]}\n", journey("  - {send: m, by: smss}\n")), LintOptions(select=("W3",)))

    assert [f.diagnostic.code for f in found.findings] == ["E327"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("lint: {ignore: [W2o4]}", "29:17 W904 ['W2o4'] `W2o4` is no code, no name of a rule and no beginning of a code"),
        ("lint: {select: [no-timeuot]}", "W904 ['no-timeuot']"),
        ("lint: {select: [W2, w204]}", "did you mean `W204`?"),
        ("lint: {severity: {owm: info}}", "did you mean `own`?"),
        ("lint: {severity: {'owm': info}}", "W904 [\"'owm'\"]"),
        ("lint: {paths: {'1*': {ignore: [W999]}}}", "W904 ['W999']"),
        ("lint: {paths: {'nowhere/**': {ignore: [W2]}}}", "`nowhere/**` matches no file of the project"),
        ("lint: {ignore: [E311]}", "E105 ['E311'] `E311` keeps a project from compiling: it cannot be ignored"),
        ("lint: {ignore: [unknown-field]}", "E105 ['unknown-field']"),
        ("lint: {ignore: [E3]}", "E105 ['E3'] `E3` has E301, which keeps a project from compiling"),
        ("lint: {severity: {E401: warning}}", "E105 ['E401'] `E401` keeps a project from compiling: it cannot be lowered"),
        ("lint: {severity: {W204: loud}}", "E105 ['loud'] expected error, warning, info or off; found `loud`"),
        ("lint: {fail_on: info}", "E105 ['info'] expected error, warning or never"),
        ("lint: {sevrity: {}}", "E101 ['sevrity'] unknown key `sevrity` in the settings of the linter"),
        ("lint: {require_reason: yes}", "E105 ['yes'] expected true or false"),
        ("lint: [W2]", "E103"),
    ],
)  # fmt: skip
def test_mistakes_in_settings_are_told_where_they_stand(settings: str, words: str) -> None:
    found = said(PROJECT + RULES + settings + "\n", journey(NODES), codes="E W904")

    assert words in found
    assert found.count("\n") == 1


def test_what_only_tests_can_say_may_be_lowered() -> None:
    assert said(PROJECT + "lint: {severity: {E6: warning}}\n", codes="E W904") == "\n"


def test_a_mistake_in_settings_hides_no_other() -> None:
    found = said(PROJECT + "lint: {sevrity: {}}\n", journey("  - {send: m, by: smss}\n"), codes="E")

    assert [line.split()[1] for line in found.splitlines()] == ["E327", "E101"]


# ---- files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose settings stand in an included file of a folder of its own."""
    (tmp_path / "journeys" / "legacy").mkdir(parents=True)
    (tmp_path / "house").mkdir()
    (tmp_path / "rtj.yaml").write_text(PROJECT + RULES + "include: house/lint.yaml\nlint: {ignore: [W410]}\n")
    (tmp_path / "journeys" / "new.journey.yaml").write_text(journey(NODES))
    (tmp_path / "journeys" / "legacy" / "old.journey.yaml").write_text(journey(NODES).replace("one", "old"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_are_joined_and_paths_are_relative_to_their_file(folder: Path) -> None:
    settings = "lint:\n  ignore: own\n  paths: {'../journeys/legacy/**': {ignore: [W204]}}\n"
    (folder / "house" / "lint.yaml").write_text(settings)

    found = {(f.diagnostic.span.source.path, f.diagnostic.code) for f in lint(load_project()).findings}

    assert ("journeys/new.journey.yaml", "W204") in found
    assert {code for _, code in found} & {"W410", "own"} == set()
    assert ("journeys/legacy/old.journey.yaml", "W204") not in found


def test_what_two_files_say_twice_is_reported(folder: Path) -> None:
    (folder / "house" / "lint.yaml").write_text("lint: {fail_on: never, severity: {W204: info}}\n")
    (folder / "rtj.yaml").write_text(PROJECT + "include: house/lint.yaml\nlint: {fail_on: error, severity: {W204: error}}\n")

    found = [f.diagnostic for f in lint(load_project()).findings if f.diagnostic.code == "E104"]

    assert [d.message for d in found] == ["`fail_on` is said twice", "`W204` is said twice"]
    assert [d.labels[0].span.source.path for d in found] == ["rtj.yaml", "rtj.yaml"]


def test_what_is_in_force_and_where_it_comes_from() -> None:
    settings = "lint: {ignore: [W410], severity: {W204: error}, fail_on: never}\n"

    rows = {row.name: (row.value, row.origin) for row in effective(lint_with(settings, ignore=("W3",)).settings)}

    assert set(rows) == {"select", "ignore", "severity.W204", "require_reason", "fail_on"}
    assert rows["select"] == ("all", "default")
    assert rows["severity.W204"] == ("error", "rtj.yaml:29")
    assert rows["require_reason"] == ("true", "default")
    assert rows["fail_on"] == ("never", "rtj.yaml:29")
