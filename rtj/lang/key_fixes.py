"""Fixes for keys of a mapping that have no meaning there: misspelt ones, and pieces of a value that YAML took for keys."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rtj.base.diagnostic import Edit, Fix
from rtj.base.span import Span
from rtj.lang import yaml_nodes as y
from rtj.lang.mending import Change, mended
from rtj.lang.scalar_map import Located
from rtj.lang.yaml_fixes import quote


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


def _bare(pair: y.Pair) -> bool:
    """A key without `:` and value."""
    value = pair.value
    return isinstance(value, y.Scalar) and value.style == "" and value.span.start == value.span.end
