"""Two trees are the same exactly when `==` says so, however deep they are."""

from __future__ import annotations

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang import syntax as s
from rtj.lang.read_dsl import read_dsl
from rtj.layout.formatting import format_text
from rtj.layout.sameness import same


def trees(text: str) -> tuple[s.Journey, ...]:
    found: list[Diagnostic] = []
    read = tuple(read_dsl(Source("x.journey", text), found))
    assert found == []
    return read


def test_places_and_quotes_do_not_count_and_all_else_does() -> None:
    first = "journey a { enter on b when c == 1 exit on d send e by f with g = 'h' as i @j }"
    assert same(trees(first), trees(first.replace(" ", "\n  ").replace("'h'", '"h"')))
    for old, new in (("== 1", "== 2"), ("== 1", "== 1.0"), ("'h'", "h"), ("@j", ""), ("by f", "by f else f"), ("exit", "goal")):
        other = trees(first.replace(old, new))
        assert not same(trees(first), other)
        assert same(other, other)


def test_what_is_as_deep_as_may_be_is_laid_out() -> None:
    body = f"send m by email with a = {'[' * 190}a{']' * 190}"
    for number in range(28):
        body = f"wait_for @w{number} {{ after 1d {{ {body} }} }}"
    done = format_text(Source("x.journey", f"journey a {{ enter on b {body} }}"))
    assert done.text is not None
