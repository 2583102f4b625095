"""How sources are read: formats that do not exist, and mappings that could not be used. The readers themselves judge them,
piece by piece, so that `rtj validate` refuses what `rtj simulate` would."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from rtj.base.diagnostic import Diagnostic, Edit, Fix
from rtj.base.errors import UsageError
from rtj.base.span import Span
from rtj.connect.formats import NAMES
from rtj.connect.mapping import mapped
from rtj.ir.program import Namespace, SourceMap
from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.likeness import nearest
from rtj.lint.facts import Facts

FORMATS = (*NAMES, "auto", "custom")
_QUOTED = re.compile(r'"([^"]*)"')
_EXPECTED = re.compile(r"expected (?:one of (?P<few>\w+(?:, \w+)*)|(?P<many>\w+(?:, \w+)+))$")


def source_cannot_be_read(facts: Facts) -> Iterator[Diagnostic]:
    """E105: a format or a piece of a mapping that the readers refuse."""
    declared = facts.checked.declared
    if declared is None:
        return
    spaces = tuple(sorted(declared.namespaces, key=lambda n: (n.priority, n.name)))
    lowered = {source.name: source for source in declared.sources}
    for decl in facts.project.sources:
        if decl.format is not None and decl.format.value not in FORMATS:
            known = ", ".join(f"`{name}`" for name in FORMATS)
            message = f"unknown format `{decl.format.value}`; expected one of {known}"
            yield _refused(message, decl.format.span, decl.format.value, FORMATS)
        source = lowered.get(decl.name.text)
        if source is not None and (source.map or source.sequence):
            yield from _mapping(decl, source, spaces)


def _mapping(decl: s.SourceDecl, source: SourceMap, spaces: tuple[Namespace, ...]) -> Iterator[Diagnostic]:
    """Every piece of a mapping by itself, for a reader stops at the first that it cannot use."""
    pieces: list[tuple[tuple[str, ...], SourceMap]] = []
    if source.sequence is not None:
        pieces.append((("sequence",), msgspec.structs.replace(source, map="{}")))
    spec = msgspec.json.decode(source.map or "{}")
    for key, value in spec.items():
        whole = not isinstance(value, dict) or key not in ("identities", "properties") or "from" in value
        for inner in [None] if whole else value:
            part = {key: value if inner is None else {inner: value[inner]}}
            alone = msgspec.structs.replace(source, map=msgspec.json.encode(part).decode(), sequence=None)
            pieces.append((("map", key) if inner is None else ("map", key, inner), alone))
    for path, piece in pieces:
        try:
            mapped(piece, spaces)
        except UsageError as refused:
            words = (
                str(refused)
                .removeprefix("sources: ")
                .removeprefix(f"{source.name}: ")
                .replace('"', "`")
                .replace(". exp", "; exp")
            )
            culprit = _QUOTED.search(str(refused))
            expected = _EXPECTED.search(str(refused))
            known = tuple((expected["few"] or expected["many"]).split(", ")) if expected is not None else ()
            word = culprit[1] if culprit is not None else ""
            yield _refused(words, _place(decl, path, word), word, known)


def _refused(message: str, span: Span, word: str, known: tuple[str, ...]) -> Diagnostic:
    meant = nearest(word, known) if word else None
    if meant is None:
        return Diagnostic("E105", message, span)
    fix = Fix(f"change `{word}` to `{meant}`", (Edit(span.start, span.end, meant),)) if span.text == word else None
    return Diagnostic("E105", message, span, f"did you mean `{meant}`?", fix=fix)


def _place(decl: s.SourceDecl, path: tuple[str, ...], word: str) -> Span:
    """The culprit inside the piece; the piece's own key where it does not stand as such."""
    span = decl.name.span
    node: y.YamlNode | None = next(iter(y.read_documents(span.source, [])), None)
    for step in ("sources", decl.name.text, *path):
        pair = next((p for p in node.pairs if p.key.value == step), None) if isinstance(node, y.Mapping) else None
        if pair is None:
            return span
        span, node = pair.key.span, pair.value
    if word == path[-1] or node is None:
        return span
    return next((scalar.span for scalar in _scalars(node) if scalar.value == word), span)


def _scalars(node: y.YamlNode) -> Iterator[y.Scalar]:
    """All texts below, in their order. YAML is nested 64 deep at the most."""
    match node:
        case y.Scalar():
            yield node
        case y.Mapping(pairs=pairs):
            for pair in pairs:
                yield pair.key
                yield from _scalars(pair.value)
        case y.Sequence(items=items):
            for item in items:
                yield from _scalars(item)
        case y.Broken():
            return
