"""Trees that are kept between runs equal those that are read, and nothing that can happen to the cache is an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtj.base.span import Source, Span
from rtj.lang import syntax_phrases
from rtj.lang.load import load_project
from rtj.lang.read_journey import read_journeys
from rtj.lang.tree_cache import TreeCache, load_kept
from rtj.lang.tree_code import CLASSES, Unkept, from_lists, to_lists

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = sorted(
    {*ROOT.glob("examples/[!b]*/rtj.yaml"), *ROOT.glob("journeys/*/rtj.yaml"), ROOT / "tests/compile/idioms/rtj.yaml"}
)


def spans(tree: object) -> list[tuple[str, int, int]]:
    """Every span of a tree, which comparing trees passes over."""
    found: list[tuple[str, int, int]] = []
    todo = [tree]
    while todo:
        one = todo.pop()
        if isinstance(one, Span):
            found.append((one.source.path, one.start, one.end))
        elif isinstance(one, tuple):
            todo.extend(one)
        elif isinstance(one, syntax_phrases.Spanned):
            todo.extend(getattr(one, name) for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ()))
    return found


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("project", PROJECTS, ids=lambda p: p.parent.name)
def test_kept_trees_equal_those_that_are_read(project: Path) -> None:
    """Also their positions, also the second time."""
    read = load_project((), project)
    for _ in range(2):
        kept = load_kept((), project)
        assert kept == read
        assert spans(kept.journeys) == spans(read.journeys)
        assert spans(kept.project) == spans(read.project)


def test_the_second_time_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    load_kept((), PROJECTS[0])

    def never(*arguments: object) -> None:
        raise AssertionError("a text was read again")

    monkeypatch.setattr("rtj.lang.load.read_project", never)
    monkeypatch.setattr("rtj.lang.load.read_journeys", never)
    assert load_kept((), PROJECTS[0]).journeys


def test_a_change_is_seen_and_a_mistake_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "rtj.yaml").write_text("project: p\nevents: {login: {}}\n")
    file = tmp_path / "a.journey.yaml"
    for text, codes in (
        ("journey: a\nenter: {on: login}\n", []),
        ("journey: a\nenter: {on: login\n", ["E001"]),
        ("journey: b\nenter: {on: login}\n", []),
    ):
        file.write_text(text)
        for _ in range(2):
            loaded = load_kept((), tmp_path)
            assert [d.code for d in loaded.diagnostics] == codes
            assert [j.name.text for j in loaded.journeys] == ([text[9]] if not codes else [])


@pytest.mark.parametrize("garbage", [b"", b"\xc1", b"\x81\xc4\x01a\xc4\x01b", b"\x80" * 5, b"[[[[", os.urandom(200)])
def test_a_broken_cache_is_no_error(garbage: bytes, own_cache: Path) -> None:
    load_kept((), PROJECTS[0])
    (file,) = (own_cache / "rtj" / "trees").glob("*.msgpack")
    file.write_bytes(garbage)
    assert load_kept((), PROJECTS[0]) == load_project((), PROJECTS[0])


@pytest.mark.parametrize(
    "plain", [[len(CLASSES), 1], [-9], [], [0], [0, 1, 2, 3, 4, 5, 6, 7], [-2, 5, 1], [-2, 0, 99], [-3, "x"], [0.5], [None]]
)
def test_lists_of_another_make_are_refused(plain: object) -> None:
    with pytest.raises(Unkept):
        from_lists(plain, Source("x", "text"))


def test_a_cache_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_kept((), PROJECTS[0]) == load_project((), PROJECTS[0])


def test_old_entries_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose files are edited again and again does not grow its cache for ever."""
    monkeypatch.setattr("rtj.lang.tree_cache.TREES_MAX", 20)
    for number in range(60):
        cache = TreeCache(tmp_path)
        source = Source("x", f"journey: a{number}\nenter: {{on: login}}\n")
        cache.put("journeys", source, tuple(read_journeys(source, [])))
        cache.save()
    assert len(TreeCache(tmp_path).old) == 20


def test_a_part_of_a_project_does_not_displace_the_rest() -> None:
    load_kept((), PROJECTS[0])
    before = TreeCache(PROJECTS[0]).old
    load_kept(sorted(PROJECTS[0].parent.rglob("*.journey.yaml"))[:1], PROJECTS[0])
    assert TreeCache(PROJECTS[0]).old == before


def test_dates_and_unicode_survive() -> None:
    text = "journey: 夏\nenter: {once: 2026-12-31 08:00, for: everyone}\ndo:\n  - {id: w, wait: until 2026-03-01T09:00+02:00}\n"
    source = Source("x", text)
    trees = tuple(read_journeys(source, []))
    back = from_lists(to_lists(trees), source)
    assert back == trees
    assert spans(back) == spans(trees)
