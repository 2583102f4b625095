"""Fixes for keys of a mapping that have no meaning there: misspelt ones, and pieces of a value that YAML took for keys."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from rtj.base.diagnostic import Edit, Fix
from rtj.base.span import LINE_END, Span
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import Change, mended, quoted, shortened
from rtj.lang.scalar_map import Located
from rtj.lang.yaml_fixes import quote, takes

NEW_LINE = "\n"  # in a file that has none yet


def respelt_key(key: Located, mapping: y.Mapping, meant: str | None) -> Fix | None:
    """The key that was probably meant, unless it stands there already."""
    if meant is None or any(pair.key.value == meant for pair in mapping.pairs):
        return None
    edits = mended(key, [Change(0, len(key.text), meant)])
    return Fix(f"change `{key.text}` to `{meant}`", edits) if edits else None


def blank_behind(pair: y.Pair, mapping: y.Mapping, legal: Sequence[str]) -> Fix | None:
    """`{on:login}` has one key, `on:login`, and no value."""
    word = pair.key.value.split(":")[0]
    at = pair.key.span.start + len(word) + 1
    known = word in legal and all(other.key.value != word for other in mapping.pairs)
    if not known or pair.key.style or pair.key.span.text != pair.key.value:
        return None
    return Fix("put a blank behind `:`", (Edit(at, at, " "),), safe=True)


def blank_within(value: y.Scalar, legal: Container[str]) -> Fix | None:
    """`- send:hello` is a text."""
    word = value.value.split(":")[0]
    at = value.span.start + len(word) + 1
    if word not in legal or value.style or value.span.text != value.value or value.value[len(word) : len(word) + 1] != ":":
        return None
    return Fix("put a blank behind `:`", (Edit(at, at, " "),), safe=True)


def joined(pair: y.Pair, mapping: y.Mapping) -> Fix | None:
    """`{with: a = 1, b = 2}`: quote the value together with what `,` cut off. None unless it then is what the key takes."""
    pairs = mapping.pairs
    place = pairs.index(pair)
    first = next((i for i in range(place - 1, -1, -1) if not _bare(pairs[i])), None)
    if first is None or not isinstance(pairs[first].value, y.Scalar):
        return None
    last = next((i for i in range(place, len(pairs)) if not _bare(pairs[i])), len(pairs)) - 1
    value = pairs[first].value
    span = Span(value.span.source, value.span.start, pairs[last].key.span.end)
    plain = [value, *(p.key for p in pairs[first + 1 : last + 1])]
    if any(not isinstance(scalar, y.Scalar) or scalar.style or scalar.properties for scalar in plain) or not value.span.text:
        return None
    fix = quote(span, pairs[first].key.value)
    return fix if fix is not None and fix.safe and not re.search(r"[ \t]#", span.text) else None


def with_id(mapping: Span, name: str) -> Fix | None:
    """`id: name` before the first key of the mapping at that place."""
    source, start = mapping.source, mapping.start
    if source.text[start : start + 1] == "{":
        first = re.compile(r"\{[ ]*").match(source.text, start)
        assert first is not None
        return Fix(f"add `id: {name}`", (Edit(first.end(), first.end(), f"id: {name}, "),))
    row = source.line_col(start)[0]
    begin = source.line_starts()[row - 1]
    before = source.text[begin:start]
    if not re.fullmatch(r"[ \t]*(?:-[ \t]+)*", before) or not re.match(r"[\w'\"]", source.text[start : start + 1]):
        return None
    line_end = LINE_END.search(source.text, start)
    edit = Edit(start, start, f"id: {name}{line_end[0] if line_end else NEW_LINE}{' ' * len(before)}")
    return Fix(f"add `id: {name}`", (edit,))


def in_braces(value: y.Scalar, key: str) -> Fix | None:
    """`{key: value}` for a value that is what the key takes."""
    text = value.span.text
    if value.properties or value.style in ("|", ">") or LINE_END.search(text) or not takes(key, value.value):
        return None
    if not value.style and re.search(r"[,\[\]{}]", text):
        text = quoted(text)
    edit = Edit(value.span.start, value.span.end, f"{{{key}: {text}}}")
    return Fix(f"write {{{key}: {shortened(value.value)}}}", (edit,), safe=True)


def _bare(pair: y.Pair) -> bool:
    """A key without `:` and value."""
    value = pair.value
    return isinstance(value, y.Scalar) and value.style == "" and value.span.start == value.span.end
