"""Projects are found where they are, read once, and every file that cannot be read says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtj.base.errors import InputError, UsageError
from rtj.lang.load import load_project, load_text
from tests.lang.told import told

JOURNEY = "journey: {}\nenter: {{on: x}}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two journeys, a hidden folder, and a project within the project; the working directory is its folder."""
    write(tmp_path, "rtj.yaml", "project: p\n")
    write(tmp_path, "b/two.journey.yaml", JOURNEY.format("two"))
    write(tmp_path, "a/one.journey.yml", JOURNEY.format("one"))
    write(tmp_path, ".hidden/no.journey.yaml", JOURNEY.format("no"))
    write(tmp_path, "node_modules/no.journey.yaml", JOURNEY.format("no"))
    write(tmp_path, "inner/rtj.yaml", "project: q\n")
    write(tmp_path, "inner/deep/three.journey.yaml", JOURNEY.format("three"))
    write(tmp_path, "notes.yaml", "- no journey\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root: Path, name: str, text: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def names(*places: Path, project: Path | None = None) -> list[str]:
    return [j.name.text for j in load_project(places, project).journeys]


def test_all_journeys_below_the_project_sorted(root: Path) -> None:
    assert names() == ["one", "two"]
    loaded = load_project()
    assert loaded.root == root
    assert [s.path for s in loaded.sources] == ["rtj.yaml", "a/one.journey.yml", "b/two.journey.yaml"]


def test_the_nearest_project_above_is_the_project(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "inner" / "deep")
    assert names() == ["three"]
    assert names(root / "a" / "one.journey.yml") == ["one"]
    assert load_project((root / "a",)).root == root
    assert names(project=root / "inner") == ["three"]
    assert names(project=root / "inner" / "rtj.yaml") == ["three"]
    assert load_project().sources[0].path == str(root / "inner" / "rtj.yaml")


def test_files_and_folders_each_once(root: Path) -> None:
    assert names(root / "b", root / "a", root / "a" / "one.journey.yml") == ["two", "one"]


def test_what_is_not_there(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InputError, match=r"nothing\.journey\.yaml: no such file"):
        load_project((root / "nothing.journey.yaml",))
    with pytest.raises(UsageError, match="no such file"):
        load_project((), root / "a")
    elsewhere = write(tmp_path_factory.mktemp("other"), "x.journey.yaml", JOURNEY.format("x"))
    with pytest.raises(UsageError, match=r"no rtj\.yaml above .*--project"):
        load_project((elsewhere,))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever may read everything is never refused")
def test_a_file_that_may_not_be_read(root: Path) -> None:
    (root / "a" / "one.journey.yml").chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        load_project()


def test_links_in_a_circle(root: Path) -> None:
    (root / "a" / "again").symlink_to(root, target_is_directory=True)
    assert names() == ["one", "two"]


def test_includes_are_joined_once(root: Path) -> None:
    write(root, "rtj.yaml", "project: p\ninclude: [more/events.yaml, more/profile.yaml]\nevents: {a: {x: string}}\n")
    write(root, "more/events.yaml", "include: shared.yaml\nevents: {b: {x: string}}\n")
    write(root, "more/profile.yaml", "include: [shared.yaml]\nprofile: {n: count(a)}\naudiences: {f: {list: f.csv}}\n")
    write(root, "more/shared.yaml", "events: {c: }\ntimezone: UTC\n")
    loaded = load_project()
    assert told(loaded.diagnostics) == "\n"
    assert loaded.project is not None
    assert [e.name.text for e in loaded.project.events] == ["a", "b", "c"]
    assert [a.name.text for a in loaded.project.profile] == ["n"]
    assert loaded.project.timezone is not None
    members = loaded.project.audiences[0].members
    assert members is not None
    assert loaded.file_of(members) == root / "more" / "f.csv"


def test_includes_that_go_wrong(root: Path) -> None:
    write(root, "rtj.yaml", "project: p\ninclude: [more.yaml, nowhere.yaml]\nevents: {a: , b: }\nlate: {a: facts}\n")
    write(root, "more.yaml", "project: q\ninclude: rtj.yaml\nevents: {b: {x: string}}\nlate: {a: reject}\n")
    assert told(load_project().diagnostics) == (
        "more.yaml:1:10 E104 ['q'] `project` is said twice (the first stands here: 1:10)\n"
        "more.yaml:2:10 E107 ['rtj.yaml'] `rtj.yaml` includes itself\n"
        "more.yaml:3:10 E002 ['b'] `b` is declared twice (the first stands here: 3:15)\n"
        "more.yaml:4:8 E002 ['a'] `a` is declared twice (the first stands here: 4:8)\n"
        "rtj.yaml:2:22 E107 ['nowhere.yaml'] `nowhere.yaml` is no file\n"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"journey: \xe6\n", "1:10 E007 ['\ufffd'] the byte 0xE6 is not UTF-8 -- save it as UTF-8"),
        (
            "journey: a\n".encode("utf-16"),
            "1:1 E007 ['\ufffd'] the byte 0xFF is not UTF-8 -- it looks like UTF-16: save it as UTF-8",
        ),
        (b"journey: a\0\n", "1:11 E007 ['\\x00'] the character U+0000 cannot stand in YAML"),
        (b"", "1:1 E008 [''] nothing stands here"),
        (b"# " + b"x" * 2 * 2**20, "1:1 E005 [''] the file is larger than 2 MiB -- split it into several files"),
        (
            b"\xef\xbb\xbfjourney: a b\r\nenter: {on: x}\r\n",
            "1:10 E106 ['a b'] `a b` is not a name -- names have letters, digits and `_`: `a_b`",
        ),
    ],
)
def test_files_that_are_no_text(root: Path, content: bytes, expected: str) -> None:
    path = write(root, "a/one.journey.yml", content)
    assert told(load_project((path,)).diagnostics) == f"a/one.journey.yml:{expected}\n"


def test_a_project_that_is_no_mapping(root: Path) -> None:
    write(root, "rtj.yaml", "- a\n---\nb: c\n")
    loaded = load_project()
    assert loaded.project is None
    assert [d.code for d in loaded.diagnostics] == ["E103", "E103"]


def test_several_journeys_in_one_file(root: Path) -> None:
    path = write(root, "c.journey.yaml", "---\n".join(JOURNEY.format(n) for n in ("x", "y", "z")))
    assert names(path) == ["x", "y", "z"]


def test_texts() -> None:
    loaded = load_text("\ufeffproject: p\n", JOURNEY.format("x"), "journey: y\n")
    assert [j.name.text for j in loaded.journeys] == ["x", "y"]
    assert told(loaded.diagnostics).startswith("2.journey.yaml:1:1 E102 ['journey'] `enter` is missing")
    assert not loaded.journeys[1].whole
