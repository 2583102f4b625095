"""A piece of a value is replaced in every style of YAML, or not at all: what is read afterwards is what was meant."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.base.diagnostic import Diagnostic, Edit
from rtj.base.span import Source, Span
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import Change, changed, mended, quoted, respelt
from rtj.lang.scalar_map import locate
from tests.lang.test_positions import BLANKS, WORDS, scalars

TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BLANKS)), min_size=1, max_size=10).map(
    lambda parts: "".join(word + blank for word, blank in parts)
)
NEW = st.sampled_from(
    ["", "==", "and", "'gold'", '"x"', "日本", "a, b", "[x]", ": ", " #5", "{", "\\", "it's", " ", "x y", "\n", "😀"]
)


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    return changed(text, [Change(e.start, e.end, e.text) for e in sorted(edits, key=lambda e: e.start)])


def values(text: str) -> list[str]:
    found: list[Diagnostic] = []
    documents = y.read_documents(Source("f", text), found)
    assert [d for d in found if d.severity == "error"] == []
    return [scalar.value for document in documents for scalar in scalars(document)]


def check(text: str, which: int, start: int, end: int, new: str) -> bool:
    """Replace a piece of one scalar: it alone reads otherwise. Was there an edit?"""
    source = Source("f", text)
    every = [s for d in y.read_documents(source, []) for s in scalars(d)]
    scalar = every[which % len(every)]
    length = len(scalar.value)
    start, end = sorted((start % (length + 1), end % (length + 1)))
    edits = mended(
        locate(source, scalar.span, scalar.value, scalar.style, properties=scalar.properties), [Change(start, end, new)]
    )
    if edits is None:
        return False
    before, after = values(text), values(apply(text, edits))
    at = every.index(scalar)
    assert after == [*before[:at], scalar.value[:start] + new + scalar.value[end:], *before[at + 1 :]]
    assert all(scalar.span.start <= e.start <= e.end <= scalar.span.end for e in edits)
    return True


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.sampled_from(["'", '"', "|", ">", None]), st.sampled_from([20, 80]), st.booleans(), st.data())
def test_a_change_reads_as_meant_in_every_style(value: str, style: str, width: int, crlf: bool, data: st.DataObject) -> None:
    text = yaml.dump({"k": [{"when": value}, value]}, default_style=style, allow_unicode=True, width=width)
    text = text.replace("\n", "\r\n") if crlf else text
    places = st.integers(0, 10**4)
    check(text, data.draw(places), data.draw(places), data.draw(places), data.draw(NEW))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["a = b", "a, b = c", "x in [a]", "it's = b", "日本 = b", "a\n  = b"]), NEW, st.data())
def test_plain_values_in_brackets_stay_whole(value: str, new: str, data: st.DataObject) -> None:
    places = st.integers(0, 30)
    for shape in ("{{k: {}, z: y}}\n", "[{}, z]\n", "k: {}\nz: y\n", "- {}\n- z\n"):
        text = shape.format(value)
        try:
            values(text)
        except AssertionError:
            continue
        check(text, data.draw(st.integers(0, 3)), data.draw(places), data.draw(places), new)


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "expected"),
    [
        ("k: a = 1  # why\n", 2, 3, "==", "k: a == 1  # why\n"),
        ("k: 'it''s = 1'\n", 5, 6, "==", "k: 'it''s == 1'\n"),
        ("k: 'a = “b”'\n", 4, 5, "'", "k: 'a = ''b”'\n"),
        ('k: "\\u00e6 = 1"\n', 2, 3, "==", 'k: "\\u00e6 == 1"\n'),
        ('k: "a = x"\n', 4, 5, '"x"', 'k: "a = \\"x\\""\n'),
        ("k: |  # folded not\r\n  日本\r\n  a = 1\r\n", 5, 6, "==", "k: |  # folded not\r\n  日本\r\n  a == 1\r\n"),
        ("k: >-\n  2\n  hours\n", 0, 7, "2h", "k: >-\n  2h\n"),
        ("k: &a x = 1\nz: *a\n", 2, 3, "==", "k: &a x == 1\nz: *a\n"),
        ("{k: f（b，c）, z: y}\n", 3, 4, ",", "{k: 'f（b,c）', z: y}\n"),
        ("k: f（b，c）\n", 3, 4, ", ", "k: 'f（b, c）'\n"),
        ("k: x\n", 0, 1, "@y", "k: '@y'\n"),
        ("k: x\n", 0, 1, "null", "k: 'null'\n"),
        ("k: a\n", 1, 1, " #5", "k: 'a #5'\n"),
    ],
)
def test_only_the_piece_is_touched_unless_the_value_must_be_quoted(
    text: str, start: int, end: int, new: str, expected: str
) -> None:
    source = Source("f", text)
    scalar = next(s for d in y.read_documents(source, []) for s in scalars(d) if len(s.value) >= end and s.value != "k")
    place = locate(source, scalar.span, scalar.value, scalar.style, properties=scalar.properties)
    edits = mended(place, [Change(start, end, new)])
    assert edits is not None
    assert apply(text, edits) == expected


@pytest.mark.parametrize("value", ["a", "it's", 'say "x"', 'it\'s "x"', "a\\d", "a\nb", "\ttab", "日本 # x", "{{ x }}", ": ", ""])
def test_quotes_hold_any_value(value: str) -> None:
    for text in (f"k: {quoted(value)}\n", f"{{k: {quoted(value)}, z: y}}\n"):
        assert values(text)[1] == value


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        ("a: contry", "contry", "country", "a: country"),
        ("a: x == 'gol'", "gol", "gold", None),
        ("a: contry", "contry", "it's", None),
        ("a: contry", "contry", "null", None),
        ("a: contry", "country", "country", None),
    ],
)
def test_a_word_for_a_word(text: str, old: str, new: str, expected: str | None) -> None:
    fix = respelt(Span(Source("f", text), 3, len(text)), old, new)
    assert (apply(text, fix.edits) if fix else None) == expected


@pytest.mark.parametrize("quote", ["'", '"', "''", '\\"'])
def test_a_text_keeps_its_quotes(quote: str) -> None:
    text = f"{quote}gol{quote}"
    fix = respelt(Span(Source("f", text), 0, len(text)), "gol", "gold")
    assert fix is not None
    assert apply(text, fix.edits) == f"{quote}gold{quote}"
