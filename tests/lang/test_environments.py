"""Environments say where a project runs: read with all their slips, joined over files, and no part of what journeys mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.compile.pipeline import compile_text
from rtj.lang.load import load_project, load_text

PROJECT = "project: shop\nevents: {login: {}}\n"
PROD = "environments:\n  prod: {program: deployed/prod.json, instances: deployed/prod.jsonl}\n"


def test_an_environment_has_a_program_and_maybe_instances() -> None:
    loaded = load_text(PROJECT + PROD + "  test:\n    program: test.json\n")

    assert loaded.diagnostics == ()
    assert loaded.project is not None
    told = [(e.name.text, e.program.value, e.instances.value if e.instances else None) for e in loaded.project.environments]
    assert told == [("prod", "deployed/prod.json", "deployed/prod.jsonl"), ("test", "test.json", None)]


@pytest.mark.parametrize(
    ("section", "code", "told"),
    [
        ("environments:\n  prod: {}\n", "E102", "`program` is missing"),
        ("environments:\n  prod: {program: a, progam: b}\n", "E101", "unknown key `progam`"),
        ("environments:\n  prod: {program: a, instance: b}\n", "E101", "unknown key `instance`"),
        ("environments:\n  prod: prod.json\n", "E103", "expected a mapping: an environment"),
        ("environments:\n  prod: {program: [a]}\n", "E103", "expected a compiled program"),
        ("environments:\n  - prod\n", "E103", "environments"),
        ("environment:\n  prod: {program: a}\n", "E101", "unknown key `environment`"),
    ],
)
def test_slips_are_named(section: str, code: str, told: str) -> None:
    found = load_text(PROJECT + section).diagnostics

    assert [d.code for d in found] == [code]
    assert told in found[0].message
    if code == "E101":
        assert "did you mean" in found[0].hint


def test_it_is_no_part_of_the_program() -> None:
    journey = "journey: j\nenter: {on: login}\ndo: [exit]\n"

    assert compile_text(PROJECT + PROD, journey).program == compile_text(PROJECT, journey).program is not None


def test_files_are_found_from_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    (tmp_path / "rtj.yaml").write_text(PROJECT + "include: ops/where.yaml\n")
    (tmp_path / "ops/where.yaml").write_text(PROD)

    loaded = load_project((), tmp_path)

    assert loaded.project is not None
    assert loaded.file_of(loaded.project.environments[0].program) == tmp_path / "ops/deployed/prod.json"


def test_an_environment_is_declared_once(tmp_path: Path) -> None:
    (tmp_path / "rtj.yaml").write_text(PROJECT + PROD + "include: more.yaml\n")
    (tmp_path / "more.yaml").write_text(PROD)

    assert [d.code for d in load_project((), tmp_path).diagnostics] == ["E002"]
