"""YAML files that are no journeys, tidied: rtj.yaml, what it includes, tests. Order, styles, quotes and comments stay as they
are.

Settled are indentation, blanks within `{a: b}`, trailing blanks, empty lines (one at most), line ends and the end of the file.
What is aligned in columns over several lines stays aligned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import Source
from rtj.lang import yaml_nodes as y
from rtj.layout.comments import covered, scalars, yaml_comments
from rtj.layout.yaml_lines import LineWriter
from rtj.layout.yaml_tokens import tokens_of


def stops(found: Diagnostic) -> bool:
    """Is a file with this left alone? Also one with a comment that may be meant as part of a text: laid out, it would not show
    any more."""
    return found.severity == "error" or found.code == "W801"


def has_properties(source: Source, documents: Iterable[y.YamlNode]) -> bool:
    """Are there anchors, aliases, tags or directives in a file without errors?"""
    documents = list(documents)
    texts = covered(source, documents)
    texts += [(comment.start, comment.start + len(comment.text)) for comment in yaml_comments(source, documents)]
    at = 0
    for start, end in sorted(texts):
        if any(sign in source.text[at:start] for sign in "&*!%"):
            return True
        at = max(at, end)
    return any(sign in source.text[at:] for sign in "&*!%") or any(scalar.properties for scalar in scalars(documents))


def tidy_yaml(source: Source, found: list[Diagnostic]) -> str | None:
    """The file in its layout. None when it has errors, which are in `found` then, or when no layout was proven to mean the
    same."""
    documents = y.read_documents(source, found)
    if any(map(stops, found)):
        return None
    text = _tidied(source, documents)
    again = Source(source.path, text)
    more: list[Diagnostic] = []
    other = y.read_documents(again, more)
    if any(d.severity == "error" for d in more) or not _same(documents, other):
        return None
    if _comments(source, documents) != _comments(again, other) or _tidied(again, other) != text:
        return None
    return text


def _tidied(source: Source, documents: list[y.YamlNode]) -> str:
    return LineWriter(source).text(tokens_of(source), yaml_comments(source, documents))


def _comments(source: Source, documents: list[y.YamlNode]) -> Counter[str]:
    return Counter([comment.text for comment in yaml_comments(source, documents)])


def _same(ones: Iterable[y.YamlNode], others: Iterable[y.YamlNode]) -> bool:
    """The same values in the same order, each in its style. Depth is bounded by what YAML files may have."""
    return [_plain(one) for one in ones] == [_plain(other) for other in others]


def _plain(node: y.YamlNode) -> object:
    match node:
        case y.Scalar(value=value, style=style):
            return value, style
        case y.Mapping(pairs=pairs, flow=flow):
            return flow, [(_plain(pair.key), _plain(pair.value)) for pair in pairs]
        case y.Sequence(items=items, flow=flow):
            return flow, [_plain(item) for item in items]
        case y.Broken():
            return None
