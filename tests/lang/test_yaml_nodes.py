"""YAML has traps and they have words of their own (yaml_errors), its bombs do not go off, and nothing is guessed about types."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.lang.shape import to_json
from tests.lang.told import told


def read(text: str) -> tuple[list[y.YamlNode], list[Diagnostic]]:
    found: list[Diagnostic] = []
    return y.read_documents(Source("f", text), found), found


TRAPS = [
    ("a: 1\n\tb: 2", "2:1 E003 ['\\t'] a tab where YAML wants spaces"),
    ("a:\n\t- b", "2:1 E003"),
    ("k: >\n\tfoo", "2:1 E003"),
    (
        "x: {when: f[a()] is not missing, again: b}",
        "1:12 E001 ['['] `[` ends a value inside {…} -- write each key on a line of its own",
    ),
    ("x: {when: a['b'] > 3}", "1:12 E001 ['['] `[` ends a value inside {…}"),
    ("x: 'gold' == p", "1:4 E001 [\"'gold' ==\"] a value that begins with ' ends at the next '; found `==` behind it"),
    ("- {when: 'a' == b}", "1:10 E001"),
    ("t: Note: this", "1:8 E001 [':'] `: ` inside a value begins another key -- quote the whole value"),
    ("x: {{ y }}", "1:4 E006 ['{{ y }}']"),
    ("x: @y", "1:4 E001 ['@'] a value cannot begin with `@` -- quote the whole value"),
    ("x: %y", "1:4 E001 ['%']"),
    ("a: *nope", "1:4 E004 ['*nope'] the alias `*nope` names nothing above it"),
    ("a: &x [*x]", "1:8 E004 ['*x'] the alias `*x` stands inside what it names"),
    ("b: {<<: {a: 1}}", "1:5 E004 ['<<'] merging with `<<` is not supported"),
    ("a: !foo b", "1:4 E004 ['!foo b'] the tag `!foo` means nothing here"),
    ('a: "x\n', "1:4 E001 ['\"'] a text that is not closed -- close it with \""),
    ("a: [1, 2\nb: 3\n", "1:4 E001 ['['] `[` is not closed"),
    ("a: {x: b\n", "1:4 E001 ['{'] `{` is not closed"),
    ("a: 1\n b: 2", "2:2 E001 ['b'] the key `b` is indented below a value"),
    ("a:\n  b: c\n d: e", "3:2 E001 ['d:'] `d:` is not indented as the keys it belongs to"),
    ("- a\nb: c", "2:1 E001 ['b:'] expected another item"),
    ("a: b\n- c", "2:1 E001 ['-'] a list item among keys"),
    ("a: - b", "1:4 E001 ['-'] a list begins on a line of its own"),
    ("a: b\nkey\nc: d", "2:1 E001 ['key'] expected `key: value`"),
    ("a: 1\r\na: 2", "2:1 E002 ['a'] the key `a` stands twice (the first stands here: 1:1)"),
    ('a: "\\d"', "1:5 E001 ['\\\\d'] `\\d` means nothing in double quotes -- use single quotes"),
    ("a: |x\n foo", "1:5 E001"),
    ("a: &% b", "1:4 E001 ['&'] `&` has a meaning of its own in YAML -- quote the whole value"),
    ("a: }", "1:4 E001 ['}'] expected a value; found `}`"),
    ("a: {b:}", "1:6 E001 [':'] `:` needs a blank behind it"),
    ("{a: b}}", "1:7 E001 ['}'] `}` stands behind the end"),
    ("? [a]\n: b", "1:3 E103 ['[a]'] a key must be a text"),
    ("a: \0b", "1:4 E007 ['\\x00'] the character U+0000 cannot stand in YAML"),
    ("a: b\x7fc", "1:5 E007"),
    ("", "1:1 E008 [''] nothing stands here"),
    ("# only a comment\n", "1:1 E008"),
    ("t: Win #1 prize", "1:7 W801 [' #1 prize'] this is a comment, not part of the value"),
]


@pytest.mark.parametrize(("text", "expected"), TRAPS, ids=[repr(t) for t, _ in TRAPS])
def test_traps(text: str, expected: str) -> None:
    """One report for each trap, at the mistake, in words that say what to write."""
    _, found = read(text)
    assert len(found) == 1
    assert told(found).startswith(f"f:{expected}")


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 3000 + "a", "{a: " * 200 + "}" * 200])
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    began = time.monotonic()
    documents, found = read(text)
    assert (documents, [d.code for d in found]) == ([], ["E005"])
    assert time.monotonic() - began < 1


def test_alias_bombs_are_refused() -> None:
    names = "abcdefghi"
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    text += "".join(f"{n}: &{n} [{','.join(['*' + before] * 9)}]\n" for before, n in pairwise(names))
    assert [d.code for d in read(text)[1]] == ["E005"]
    deep = "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))
    assert [d.code for d in read(deep)[1]] == ["E005"]


def test_honest_aliases_work() -> None:
    documents, found = read("a: &x {k: v}\nb: *x\nc: [*x, *x]\n")
    assert found == []
    assert to_json(documents[0]) == '{"a":{"k":"v"},"b":{"k":"v"},"c":[{"k":"v"},{"k":"v"}]}'


def test_scalars_are_texts() -> None:
    """`on` is never true, 22:00 never 1320, NO never false, 0777 never 511; type suffixes need no quotes."""
    documents, found = read("on: NO\nt: 22:00\nz: 0777\nd: 2026-01-01\nx: {type: string?, of: 1_000}\n")
    assert found == []
    pairs = documents[0].pairs if isinstance(documents[0], y.Mapping) else ()
    assert [(p.key.value, p.value.value) for p in pairs if isinstance(p.value, y.Scalar)] == [
        ("on", "NO"), ("t", "22:00"), ("z", "0777"), ("d", "2026-01-01"),
    ]  # fmt: skip


def test_json_reads_plain_scalars_as_yaml_1_2() -> None:
    documents, _ = read("[1, '1', true, yes, null, ~, 1.5, 0x1f, 1e3, 2026-01-01, -7, .5]")
    assert to_json(documents[0]) == '[1,"1",true,"yes",null,null,1.5,"0x1f",1000.0,"2026-01-01",-7,0.5]'


def test_documents_before_a_mistake_are_kept() -> None:
    documents, found = read("a: 1\n---\n---\nb: 2\n---\nc: [\n")
    assert len(documents) == 2
    assert [d.code for d in found] == ["E001"]


def test_spans_of_collections_end_with_what_they_hold() -> None:
    text = "a:\n  b: c\n\n# comment\nd: [e, f]   \n"
    documents, _ = read(text)
    assert documents[0].span.text == "a:\n  b: c\n\n# comment\nd: [e, f]"
    assert isinstance(documents[0], y.Mapping)
    assert documents[0].pairs[0].value.span.text == "b: c"


def test_a_long_line_with_a_mistake_takes_no_long_time() -> None:
    began = time.monotonic()
    for text in ("a: " + "b: " * 100_000, "a: {" + "b[" * 100_000, "a: '" + "' b" * 100_000, "k: " + " " * 500_000 + "@"):
        assert read(text)[1]
    assert time.monotonic() - began < 3


def test_without_libyaml_there_is_a_way_and_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML's own scanner reads most of it and refuses `string?` in `{…}`: then the report says what is missing."""
    monkeypatch.setattr("yaml.__with_libyaml__", False)
    documents, found = read("a: {b: [c, 'd']}\n")
    assert (to_json(documents[0]), found) == ('{"a":{"b":["c","d"]}}', [])
    _, found = read("a: {b: string?, c: d}\n")
    assert [d.code for d in found] == ["E001"]
    assert "libyaml" in found[0].hint
