"""What a change concerns: its own file, what starts it and what it starts; everything when what all share has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.lang.load import load_project
from rtj.lint.changed import affected

PROJECT = """\
project: shop
include: events.yaml
audiences:
  vips: {list: vips.csv}
channels:
  email: {purpose: transactional}
suppressions: blocked.csv
tables:
  prices: {key: item, file: prices.csv, fields: {price: number}}
"""
FILES = {
    "rtj.yaml": PROJECT,
    "events.yaml": "events:\n  login: {}\n  bought: {schema: bought.json}\n",
    "bought.json": '{"type": "object", "properties": {"total": {"type": "number"}}}',
    "vips.csv": "user_id\nada\n",
    "blocked.csv": "channel,address\nemail,ada@example.com\n",
    "prices.csv": "item,price\npot,3\n",
    "a.journey.yaml": "journey: a\nenter: {on: login}\ndo:\n  - {start: b, with: x = 1}\n",
    "b.journey.yaml": "journey: b\nenter: {by: start, as: link}\ndo:\n  - {start: c, with: x = link.x}\n",
    "c.journey.yaml": "journey: c\nenter: {by: start, as: link}\ndo:\n  - {send: m, by: email}\n",
    "d.journey.yaml": "journey: d\nenter: {on: bought}\ndo:\n  - {send: m, by: email}\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("a", "a b c"),
        ("b", "a b c"),
        ("c", "b c"),
        ("d", "d"),
        ("", ""),
    ],
)
def test_what_depends_on_a_journey(folder: Path, changed: str, expected: str) -> None:
    files = affected(load_project(), {folder / f"{name}.journey.yaml" for name in changed.split()}, ())

    assert files == {f"{name}.journey.yaml" for name in expected.split()}


@pytest.mark.parametrize("shared", ["rtj.yaml", "events.yaml", "bought.json", "vips.csv", "blocked.csv", "prices.csv"])
def test_what_all_share_concerns_all(folder: Path, shared: str) -> None:
    assert affected(load_project(), {folder / shared}, ()) is None


def test_a_journey_that_is_gone_concerns_all(folder: Path) -> None:
    assert affected(load_project(), (), {folder / "old.journey.yaml"}) is None
    assert affected(load_project(), (), {folder.parent / "elsewhere.journey.yaml"}) == frozenset()


def test_other_files_concern_nothing(folder: Path) -> None:
    assert affected(load_project(), {folder / "README.md"}, {folder / "notes.txt"}) == frozenset()


def test_a_journey_that_cannot_be_read_is_no_shared_file(folder: Path) -> None:
    (folder / "d.journey.yaml").write_text("journey: [\n")

    assert affected(load_project(), {folder / "d.journey.yaml"}, ()) == {"d.journey.yaml"}
