"""`rtj diff --explain`: pages of codes and names, a table of all, and words that name nothing."""

from __future__ import annotations

import json

import pytest

from rtj.base.errors import UsageError
from rtj.cli.explaining import explain
from rtj.cli.screen import Screen
from rtj.plan.catalogue import CHANGES


@pytest.mark.parametrize("word", ["D114", "d114", "condition", "Condition"])
def test_a_code_or_a_name_shows_its_page(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain([word], "text", Screen()) == 0

    out = capsys.readouterr().out
    assert out.startswith("D114 condition\nbehaviour; may be safe\n")
    assert "What to do" in out and "    wait 1d @pause" in out


@pytest.mark.parametrize("words", [[], ["all"]])
def test_all_are_one_table(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    explain(words, "text", Screen())

    lines = capsys.readouterr().out.splitlines()
    assert [line[:4] for line in lines if line.startswith("D")] == list(CHANGES)


def test_programs_get_all_parts(capsys: pytest.CaptureFixture[str]) -> None:
    explain(["D102", "D103"], "json", Screen())

    found = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in found] == ["D102", "D103"]
    assert found[0]["levels"] == ["breaking", "behaviour", "safe"]
    assert found[0]["example"]["level"] == "breaking"
    assert all(found[0].values())


def test_markdown_is_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    explain(["D102"], "markdown", Screen())

    assert capsys.readouterr().out.startswith("# D102 node-removed\n\n")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("D1144", r"did you mean D1\d\d \("),
        ("node-remove", "did you mean D102"),
        ("W204", "rtj rule W204"),
        ("zzz", "no change `zzz`"),
    ],
)
def test_a_word_that_names_nothing_is_a_usage_error(word: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        explain([word], "text", Screen())
