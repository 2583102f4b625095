"""Every character of every scalar is found where it stands, in all five styles, whatever alphabet, line end or indentation."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source, Span
from rtj.lang import yaml_nodes as y
from rtj.lang.scalar_map import ESCAPES, Located, locate

WORDS = [
    "a",
    "event.amount",
    ">",
    "10",
    "&&",
    "{{ x }}",
    "æøå",
    "😀",
    "日本語",
    "b:c",
    "#no",
    "it's",
    '"q"',
    "-",
    "\\d",
    "''",
    "x\ty",
]
BLANKS = [" ", " ", " ", "\n", "\n\n", "  ", "\n \n"]


def scalars(node: y.YamlNode) -> list[y.Scalar]:
    if isinstance(node, y.Scalar):
        return [node]
    if isinstance(node, y.Sequence):
        return [found for item in node.items for found in scalars(item)]
    if isinstance(node, y.Mapping):
        return [found for pair in node.pairs for one in (pair.key, pair.value) for found in scalars(one)]
    return []


def located(text: str) -> list[tuple[y.Scalar, Located]]:
    source, found = Source("f", text), list[Diagnostic]()
    documents = y.read_documents(source, found)
    assert [d for d in found if d.severity == "error"] == []
    every = [s for d in documents for s in scalars(d)]
    return [(s, locate(source, s.span, s.value, s.style, properties=s.properties)) for s in every]


def written(piece: str) -> str:
    """The character that a piece of source stands for."""
    if len(piece) == 1:
        return piece
    if piece == "''":
        return "'"
    return ESCAPES[piece[1]] if piece[1] in ESCAPES else chr(int(piece[2:], 16))


def check(text: str) -> None:
    for scalar, place in located(text):
        assert place.exact, (scalar.value, scalar.span.text)
        assert place.text == scalar.value
        last = -1
        for i, character in enumerate(scalar.value):
            piece = place.piece(i, i + 1)
            assert piece.start >= last
            last = piece.start
            if character not in " \n":
                assert written(piece.text) == character, (scalar.value, i, piece.text)


values = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BLANKS)), min_size=1, max_size=14).map(
    lambda parts: "".join(word + blank for word, blank in parts)
)


@settings(max_examples=150, deadline=None)
@given(values, st.sampled_from(["'", '"', "|", ">", None]), st.sampled_from([20, 40, 80]), st.booleans(), st.booleans())
def test_every_character_maps_to_where_it_was_written(value: str, style: str, width: int, strip: bool, crlf: bool) -> None:
    value = value.strip() if strip else value
    text = yaml.dump({"k": [{"when": value}, value]}, default_style=style, allow_unicode=True, width=width)
    check(text.replace("\n", "\r\n") if crlf else text)


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=40))
def test_any_text_in_quotes_maps(value: str) -> None:
    """Also characters that PyYAML writes as escapes: their pieces are the whole escapes."""
    for unicode in (True, False):
        check(yaml.dump([value], default_style='"', allow_unicode=unicode, width=1000))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k: aa XX b\n", "aa XX b"),
        ("k: aa\n  XX b\n", "aa XX b"),
        ("k: 'it''s XX'\n", "it's XX"),
        ("k: 'a\n\n   XX'\n", "a\nXX"),
        ('k: "\\u00e6\\t\\"XX"\n', 'æ\t"XX'),
        ('k: "a \\\n   XX"\n', "a XX"),
        ('k: "a\\\n\n   XX"\n', "a\nXX"),
        ("k: |\n  a\n\n    XX\n", "a\n\n  XX\n"),
        ("k: |2\n    a\n  XX\n", "  a\nXX\n"),
        ("k: |-2\n    a\n  XX\n", "  a\nXX"),
        ("k: >+  # folded\n  a\n  XX\n\n", "a XX\n\n"),
        ("k: >\n  a\n\n    more\n  XX\n", "a\n\n  more\nXX\n"),
        ("k: &anchor 'XX'\n", "XX"),
        ("k: &anchor !!str |\n  a\n  XX\n", "a\nXX\n"),
        ("k: !!str\n  XX\n", "XX"),
        ("k: 日本 😀 XX\r\n", "日本 😀 XX"),
        ("k: |\r\n  日本\r\n  XX\r\n", "日本\nXX\n"),
        ("k: 'a\tXX'\n", "a\tXX"),
        ("- - k: |\n      a\n      XX\n", "a\nXX\n"),
        ("{k: 'a', XX: b}", "XX"),
    ],
)
def test_awkward_cases(text: str, value: str) -> None:
    """The marker XX of the value is found at the marker of the text."""
    check(text)
    found = [place for scalar, place in located(text) if scalar.value == value]
    at = value.index("XX")
    assert [p.piece(at, at + 2).text for p in found] == ["XX"]
    assert found[0].piece(at, at + 2).start == text.index("XX")


def test_what_does_not_agree_is_not_mapped() -> None:
    """A value that is not what stands there has the span of the whole: coarse, never wrong."""
    source = Source("f", "k: 'abc'")
    place = locate(source, Span(source, 3, 8), "abX", "'")
    assert not place.exact
    assert place.piece(1, 2).text == "'abc'"


def test_places_between_characters() -> None:
    (_, _), (_, place) = located("k: 'a''b'\n")
    assert place.piece(0, 0).start == 4
    assert place.piece(3, 3).start == 8


def test_lines_and_columns_count_code_points() -> None:
    source = Source("f", "a\r\n日😀b\rc\nd")
    assert [source.line_col(i) for i in (0, 3, 5, 7, 9)] == [(1, 1), (2, 1), (2, 3), (3, 1), (4, 1)]
    assert [source.line_text(n) for n in (1, 2, 3, 4)] == ["a", "日😀b", "c", "d"]
