"""YAML that is no journey, tidied: what is settled, what stays, and that the values stay the same.

Modules: yaml_files, yaml_lines, yaml_tokens.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.layout.yaml_files import tidy_yaml
from tests.layout import growing

ROOT = Path(__file__).parents[2]


def tidy(text: str) -> str:
    found: list[Diagnostic] = []
    tidied = tidy_yaml(Source("rtj.yaml", text), found)
    assert tidied is not None, [d.message for d in found]
    assert tidy_yaml(Source("rtj.yaml", tidied), found) == tidied
    return tidied


@pytest.mark.parametrize(
    ("written", "settled"),
    [
        ("a:\n    b:\n        c: 1\n", "a:\n  b:\n    c: 1\n"),
        ("a:\n- b\n- c: 1\n  d: 2\n", "a:\n  - b\n  - c: 1\n    d: 2\n"),
        ("-   a: 1\n    b: 2\n-   - c\n    - d\n", "- a: 1\n  b: 2\n- - c\n  - d\n"),
        ("-\n    a: 1\n", "-\n  a: 1\n"),
        ("{ a :  1,b: [ x,y ] , c: {} , d: }\n", "{a: 1, b: [x, y], c: {}, d: }\n"),
        ("a : 1\n", "a: 1\n"),
        ("a: 1   \r\n\r\n\r\n\r\nb: 2\r\n\r\n", "a: 1\n\nb: 2\n"),
        ("\n\na: 1", "a: 1\n"),
        ("a: 1 # one\nb: 2     # two\n", "a: 1  # one\nb: 2     # two\n"),
        ("桜:    1     # one\nabcd:  2     # two\n", "桜:    1     # one\nabcd:  2     # two\n"),
        ("a: 1     # one\n         # goes on\nb: 2\n", "a: 1     # one\n         # goes on\nb: 2\n"),
        ("short:    1\nvery_long: 2\nlong:      3\n", "short: 1\nvery_long: 2\nlong:      3\n"),
        ("a:   1\nbcd: 2\n\ne:   3\n", "a:   1\nbcd: 2\n\ne: 3\n"),
        ("a:\n    # about b\n    b: 1\n    # last of a\n# about c\nc: 2\n",
         "a:\n  # about b\n  b: 1\n  # last of a\n# about c\nc: 2\n"),
        ("a: |\n      two\n        three\n\n\n      four\nb: 1\n", "a: |\n  two\n    three\n\n\n  four\nb: 1\n"),
        ("a:\n    - |2\n        deeper\n      text\n", "a:\n  - |2\n      deeper\n    text\n"),
        ("a: >-   # why\n    folded\n    text\n", "a: >-   # why\n  folded\n  text\n"),
        ("a: |+\n  kept\n\n\nb: 1\n", "a: |+\n  kept\n\n\nb: 1\n"),
        ("a:\n    b: 'one\n      two'\n    c: plain\n      goes on\n", "a:\n  b: 'one\n    two'\n  c: plain\n    goes on\n"),
        ("a:\n    b: {x: 1,\n        y: [2,\n            3]}\n", "a:\n  b: {x: 1,\n      y: [2,\n          3]}\n"),
        ("a: [\n  # first\n  b,   # second\n]\n", "a: [\n  # first\n  b,   # second\n]\n"),
        ("a: &x   {b: 1}\nc: *x\n", "a: &x {b: 1}\nc: *x\n"),
        ("a: !!str   12\n", "a: !!str 12\n"),
        ("---\na: 1\n---\n\n\nb: 2\n...\n", "---\na: 1\n---\n\nb: 2\n...\n"),
        ("'桜 quoted':   \"two  blanks\"\n", "'桜 quoted': \"two  blanks\"\n"),
        ("x: string?\nflow: {y: string?,  z: 22:00}\n", "x: string?\nflow: {y: string?, z: 22:00}\n"),
        ("? a\n: b\n", "? a\n: b\n"),
        ("a:\n  b\n", "a:\n  b\n"),
    ],
)  # fmt: skip
def test_what_is_settled(written: str, settled: str) -> None:
    assert tidy(written) == settled


def test_what_has_errors_is_left_alone() -> None:
    found: list[Diagnostic] = []

    assert tidy_yaml(Source("rtj.yaml", "a: {b: [}\n"), found) is None
    assert found


def files() -> list[Path]:
    folders = (ROOT / "examples", ROOT / "journeys", ROOT / "tests" / "golden" / "ok")
    return sorted(path for folder in folders for path in folder.rglob("*.yaml"))


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_files_of_this_repository(path: Path) -> None:
    tidy(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(30))
def test_files_that_chance_wrote(seed: int) -> None:
    """Values and comments are compared within: a text that comes back was proven."""
    tidy(growing.yaml(seed, remarks=seed % 6 / 20))
