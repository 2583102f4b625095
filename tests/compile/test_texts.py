"""Conditions are explained in the words of the project: its names for computed attributes, its own text for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.compile.pipeline import analyse
from rtj.compile.texts import Texts, texts_of, texts_of_project
from rtj.ir.expr import Binary, Expr
from rtj.ir.spelling import Speller
from rtj.lang.load import load_text

PROJECT = """\
project: shop
events:
  bought: {item: string, total: number}
profile:
  spent: sum(bought.total) over 30d
  orders: count(bought)
  average: profile.spent / profile.orders
  rich: profile.average >= 50 and profile.spent > 500
  name: {type: string?}
audiences:
"""


def spelled(condition: str, other: str = "profile.orders > 1") -> tuple[str, list[str]]:
    """What an audience's condition is called, and the parts of it that `and` joins."""
    loaded = load_text(f"{PROJECT}  one: {condition}\n  two: {other}\n", "journey: j\nenter: {on: bought}\ndo: [{exit: x}]\n")
    analysis = analyse(loaded)
    assert analysis.compiled.program is not None and loaded.project is not None, analysis.compiled.diagnostics
    program = analysis.compiled.program
    texts = texts_of(loaded.project, analysis.checked)
    speller = Speller(program, texts.within("one"))
    whole = next(a.condition for a in program.audiences if a.name == "one")
    assert whole is not None
    return speller.spell(whole), [speller.spell(part) for part in _parts(whole)]


def _parts(expr: Expr) -> list[Expr]:
    if isinstance(expr, Binary) and expr.op == "and":
        return [*_parts(expr.left), *_parts(expr.right)]
    return [expr]


@pytest.mark.parametrize(
    ("condition", "whole", "parts"),
    [
        ("profile.average >= 50", "profile.average >= 50", ["profile.average >= 50"]),
        ("profile.rich", "profile.rich", ["profile.average >= 50", "profile.spent > 500"]),
        (
            "profile.rich  and   count(bought) over 7d > 1",
            None,
            ["profile.average >= 50", "profile.spent > 500", "count(bought) over 7d > 1"],
        ),
        ("sum(bought.total) over 30d > 500", "sum(bought.total) over 30d > 500", ["sum(bought.total) over 30d > 500"]),
        ("profile.average has been 50 for 7d", "profile.average has been 50 for 7d", ["profile.average has been 50 for 7d"]),
        ("profile.orders * 2 > profile.average", "profile.orders * 2 > profile.average", None),
        ("\"profile.name == 'x' and profile.average > 1\"", None, ["profile.name == 'x'", "profile.average > 1"]),
    ],
)
def test_what_an_author_calls_it(condition: str, whole: str | None, parts: list[str] | None) -> None:
    said, told = spelled(condition)
    assert whole is None or said == whole
    assert parts is None or told == parts


def test_text_that_yaml_has_marked_is_spelled_anew() -> None:
    assert spelled("'profile.name == ''it and'' and profile.average > 1'")[1] == [
        "profile.name == 'it and'",
        "profile.average > 1",
    ]


def test_each_audience_has_its_own_words() -> None:
    """Two audiences that say the same of one expression, each in its way."""
    assert spelled("sum(bought.total) over 30d > 500", "profile.spent > 500")[0] == "sum(bought.total) over 30d > 500"
    assert spelled("profile.spent > 500", "sum(bought.total) over 30d > 500")[0] == "profile.spent > 500"


def test_of_a_project_on_disk_and_none_of_a_broken_one(tmp_path: Path) -> None:
    file, journey = tmp_path / "rtj.yaml", tmp_path / "j.journey.yaml"
    file.write_text(PROJECT + "  one: profile.average >= 50\n", encoding="utf-8")
    journey.write_text("journey: j\nenter: {on: bought}\ndo: [{exit: x}]\n", encoding="utf-8")
    assert "profile.average" in texts_of_project((), file).within("one").values()
    file.write_text(PROJECT + "  one: profile.averag >= 50\n", encoding="utf-8")
    assert texts_of_project((), file) == Texts()
