"""A program comes from the cache only while every file that made it is the same, and only if it had no findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.base.places import cache_dir
from rtj.compile import compile_project
from rtj.compile.cache import ENTRIES_MAX, compile_cached

PROJECT = """
project: t
identity: {u: {kind: person, priority: 1}}
events: {go: {n: number}}
channels: {email: {purpose: transactional}}
"""
JOURNEY = "journey: j\nenter: {on: go, as: g, when: g.n > LIMIT}\ndo: [{send: m}]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "rtj.yaml").write_text(PROJECT)
    (folder / "j.journey.yaml").write_text(JOURNEY.replace("LIMIT", "1"))
    return folder


def entries() -> list[Path]:
    return sorted((cache_dir() / "programs").glob("*.msgpack"))


def test_the_second_time_it_is_the_same_program_and_no_source_is_read(project: Path) -> None:
    first, second = compile_cached((), project), compile_cached((), project)

    assert first.program == second.program == compile_project((), project).program
    assert first.sources
    assert not second.sources


def test_a_changed_file_is_compiled_anew(project: Path) -> None:
    before = compile_cached((), project).program
    (project / "j.journey.yaml").write_text(JOURNEY.replace("LIMIT", "2"))

    after = compile_cached((), project).program

    assert after == compile_project((), project).program != before


def test_a_new_file_is_seen(project: Path) -> None:
    compile_cached((), project)
    (project / "k.journey.yaml").write_text(JOURNEY.replace("journey: j", "journey: k").replace("LIMIT", "2"))

    program = compile_cached((), project).program

    assert program is not None
    assert [j.name for j in program.journeys] == ["j", "k"]


def test_findings_are_never_kept(project: Path) -> None:
    (project / "j.journey.yaml").write_text(JOURNEY.replace("LIMIT", "'one'"))

    for _ in range(2):
        assert compile_cached((), project).diagnostics
    assert entries() == []


def test_a_broken_entry_is_no_error(project: Path) -> None:
    compile_cached((), project)
    (entry,) = entries()
    entry.write_bytes(b"\xc1 not an entry")

    assert compile_cached((), project).program is not None


def test_a_cache_that_cannot_be_written_is_no_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "file"))

    assert compile_cached((), project).program is not None


def test_the_cache_is_bounded(project: Path) -> None:
    for n in range(ENTRIES_MAX + 3):
        (project / "j.journey.yaml").rename(project / "moved.journey.yaml")
        (project / "moved.journey.yaml").rename(project / f"j{n}.journey.yaml")
        compile_cached((), project)
        (project / f"j{n}.journey.yaml").rename(project / "j.journey.yaml")

    assert len(entries()) == ENTRIES_MAX
