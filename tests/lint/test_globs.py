"""Patterns of paths name what people expect of them."""

from __future__ import annotations

import random

import pytest

from rtj.lint.globs import matches


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("journeys/**", "journeys/a.yaml", True),
        ("journeys/**", "journeys/x/y/a.yaml", True),
        ("journeys/**", "other/a.yaml", False),
        ("journeys", "journeys/x/a.yaml", True),
        ("journeys/", "journeys/x/a.yaml", True),
        ("journeys", "journeys2/a.yaml", False),
        ("./journeys/*.yaml", "journeys/a.yaml", True),
        ("journeys/*.yaml", "journeys/x/a.yaml", False),
        ("**/a.yaml", "a.yaml", True),
        ("**/a.yaml", "x/y/a.yaml", True),
        ("**/a.yaml", "x/ba.yaml", False),
        ("a/**/b.yaml", "a/b.yaml", True),
        ("a/**/b.yaml", "a/x/y/b.yaml", True),
        ("a/**/b.yaml", "ab.yaml", False),
        ("*", "a.yaml", True),
        ("*", "x/a.yaml", True),
        ("?.yaml", "a.yaml", True),
        ("?.yaml", "ab.yaml", False),
        ("?.yaml", "/.yaml", False),
        ("[ab]*.yaml", "bx.yaml", True),
        ("[!ab]*.yaml", "bx.yaml", False),
        ("[a-c]1", "b1", True),
        ("[c-a]1", "-1", True),
        ("[!a]b", "/b", False),
        ("[!]", "[!]", True),
        ("[a", "[a", True),
        ("a.b", "axb", False),
        ("夏/**", "夏/a.yaml", True),
        ("a+(b)", "a+(b)", True),
    ],
)
def test_matches(glob: str, path: str, expected: bool) -> None:
    assert matches(glob, path) is expected


def test_no_pattern_fails() -> None:
    dice = random.Random(1)
    for _ in range(2000):
        glob = "".join(dice.choice("ab*?[]!-/\\^.{}|()") for _ in range(dice.randint(1, 12)))
        matches(glob, "a/b.yaml")
