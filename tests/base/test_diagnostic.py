"""Diagnostics are sorted by place and reported once; spans know their lines."""

from __future__ import annotations

from rtj.base.diagnostic import Diagnostic, sort_diagnostics
from rtj.base.span import Source, Span


def test_sorted_by_place_and_without_repeats() -> None:
    a, b = Source("a", "one\ntwo\n"), Source("b", "three")
    found = [
        Diagnostic("E301", "x", Span(b, 0, 1)),
        Diagnostic("E301", "x", Span(a, 4, 7)),
        Diagnostic("E101", "y", Span(a, 4, 7)),
        Diagnostic("E301", "x", Span(a, 4, 7)),
        Diagnostic("E301", "x", Span(a, 0, 3)),
    ]
    assert [(d.span.source.path, d.span.line, d.code) for d in sort_diagnostics(found)] == [
        ("a", 1, "E301"), ("a", 2, "E101"), ("a", 2, "E301"), ("b", 1, "E301"),
    ]  # fmt: skip


def test_spans() -> None:
    source = Source("a", "one\ntwo\n")
    span = Span(source, 0, 3).to(Span(source, 4, 7))
    assert (span.text, span.line, span.column, span.end_line_col) == ("one\ntwo", 1, 1, (2, 4))
