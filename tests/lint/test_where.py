"""Every offset of a file has a place: the journey, a JSON pointer, and a path that survives insertions."""

from __future__ import annotations

import pytest

from rtj.base.span import Source
from rtj.lint.where import Outline, Place
from tests.lint.cases import PROJECT, found, journey

TEXT = """\
journey: 夏
do:
  - {id: hold, wait: 2h}
  - id: answer
    wait_for:
      - {on: login}
      - after: 3d
        do:
          - send: "a/b"
---
journey: two
"""


@pytest.mark.parametrize(
    ("piece", "place"),
    [
        ("夏", Place("夏", "/journey", "/journey")),
        ("wait: 2h", Place("夏", "/do/0/wait", "/do/hold/wait")),
        ("2h", Place("夏", "/do/0/wait", "/do/hold/wait")),
        ("login", Place("夏", "/do/1/wait_for/0/on", "/do/answer/wait_for/0/on")),
        ("3d", Place("夏", "/do/1/wait_for/1/after", "/do/answer/wait_for/1/after")),
        ('"a/b"', Place("夏", "/do/1/wait_for/1/do/0/send", "/do/answer/wait_for/1/do/0/send")),
        ("two", Place("two", "/journey", "/journey")),
    ],
)
def test_places(piece: str, place: Place) -> None:
    assert Outline(Source("x", TEXT)).place(TEXT.index(piece)) == place


def test_a_fingerprint_survives_lines_put_before() -> None:
    from rtj.lang.load import load_text
    from rtj.lint.lint import lint

    nodes = "  - {id: m, send: m, by: emial}\n"
    before, after = (
        {f.fingerprint for f in lint(load_text(PROJECT, journey(text))).findings if f.diagnostic.code == "E327"}
        for text in (nodes, "  - {id: hold, wait: 2h}\n\n" + nodes)
    )
    assert before == after
    assert len(before) == 1


def test_equal_findings_have_different_fingerprints() -> None:
    nodes = "  - {id: a, send: m, by: sms, with: x = carrt.x + carrt.x}\n"
    assert [d.code for d in found(PROJECT, journey(nodes)) if d.code == "E310"] == ["E310", "E310"]
