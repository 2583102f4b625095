"""YAML files that are no journeys, tidied: rtj.yaml, what it includes, tests. Order, styles, quotes and comments stay as they
are."""

from __future__ import annotations

from collections.abc import Iterable

from rtj.base.diagnostic import Diagnostic
from rtj.base.span import LINE_END, Source
from rtj.lang import yaml_nodes as y
from rtj.layout.comments import covered, scalars, yaml_comments


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
    return any(sign in source.text[at:] for sign in "&*!%") or any(s.properties for s in scalars(documents))


def tidy_yaml(source: Source, found: list[Diagnostic]) -> str | None:
    """The file in its layout; None when it has errors, which are in `found` then."""
    y.read_documents(source, found)
    if any(d.severity == "error" for d in found):
        return None
    return LINE_END.sub("\n", source.text)
