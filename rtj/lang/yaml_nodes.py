"""YAML as nodes with exact spans, built from libyaml's events.

Every scalar is a text: `on` is never true, 22:00 never 1320. Nothing recurses, everything is bounded: nesting, size, what
aliases expand to. PyYAML's composer is not used: it crashes on deep nesting, keeps the last of two equal keys and
has the surprises of YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

import yaml

from rtj.base.diagnostic import Diagnostic, Label
from rtj.base.span import Source, Span
from rtj.lang.yaml_errors import syntax_error
from rtj.lang.yaml_fixes import braces, swallowed, tagged

MAX_DEPTH = 64
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
MAX_BYTES = 2 * 1024 * 1024
MAX_NODES = 30_000  # keys, values, lists and mappings written in one file
MAX_DIRECTIVES = 100  # lines that begin with %; libyaml compares each with all others
MAX_EXPANDED = 10_000  # nodes after aliases, or ten times the nodes written if that is more
NOTHING = ("", "~", "null", "Null", "NULL")  # as plain scalars, by the core schema of YAML 1.2
CORE_TAG = re.compile(r"tag:yaml\.org,2002:(str|seq|map)|!")
DIRECTIVE = re.compile(r"^%.", re.MULTILINE)
NOT_TEXT = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """`style` is '' for plain, else the quote or block indicator. `properties`: an anchor or tag stands inside the span."""

    span: Span
    value: str
    style: str = ""
    properties: bool = False

    @property
    def empty(self) -> bool:
        """Nothing was written, or YAML's word for it."""
        return self.style == "" and self.value in NOTHING


@dataclass(frozen=True, slots=True)
class Pair:
    key: Scalar
    value: YamlNode


@dataclass(frozen=True, slots=True)
class Mapping:
    span: Span
    pairs: tuple[Pair, ...]
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    span: Span
    items: tuple[YamlNode, ...]
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """What has been reported already; readers pass over it in silence."""

    span: Span


YamlNode: TypeAlias = Scalar | Mapping | Sequence | Broken


def opening(node: YamlNode) -> Span:
    """The first character of a list or mapping, to point at the whole of it."""
    return Span(node.span.source, node.span.start, node.span.start + 1)


def each_node(documents: Iterable[YamlNode]) -> Iterator[YamlNode]:
    """All nodes of documents, keys too, in no order; one that aliases lead to again comes once."""
    todo, seen = list(documents), set[int]()
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, Mapping):
            for pair in node.pairs:
                todo += (pair.key, pair.value)
        elif isinstance(node, Sequence):
            todo += node.items


def read_documents(source: Source, found: list[Diagnostic]) -> list[YamlNode]:
    """The documents of a text, empty ones left out. A syntax error ends the list; documents before it are kept."""
    if (bad := NOT_TEXT.search(source.text)) is not None:
        span = Span(source, bad.start(), bad.end())
        found.append(Diagnostic("E007", f"the character U+{ord(bad.group()):04X} cannot stand in YAML", span))
        return []
    before = len(found)
    builder = _Builder(source, found)
    builder.count_directives()
    try:
        for event in () if builder.stopped else _events(source.text):
            builder.take(event)
            if builder.stopped:
                break
    except yaml.YAMLError as error:
        wrong = syntax_error(source, error, libyaml=yaml.__with_libyaml__)
        if "nesting depth" in wrong.message:  # newer versions of libyaml look ahead and have a limit of their own
            wrong = Diagnostic("E005", TOO_DEEP, wrong.span)
        found.append(wrong)
    documents = [d for d in builder.documents if not (isinstance(d, Scalar) and d.empty)]
    if not documents and not builder.stopped and len(found) == before:
        found.append(Diagnostic("E008", "nothing stands here", Span(source, 0, 0)))
    return documents


def _events(text: str) -> Iterator[Any]:
    """libyaml's events; those of the slower, stricter pure parser where PyYAML was built without libyaml."""
    if not yaml.__with_libyaml__:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
        return
    from yaml._yaml import CParser

    parser = CParser(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been seen."""

    start: int
    mapping: bool
    flow: bool
    anchor: str | None
    items: list[YamlNode] = field(default_factory=list)
    keys: dict[str, Scalar] = field(default_factory=dict)
    end: int = 0
    size: int = 1  # nodes below, aliases expanded
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    node: YamlNode
    size: int
    height: int


class _Builder:
    def __init__(self, source: Source, found: list[Diagnostic]) -> None:
        self.source = source
        self.found = found
        self.documents: list[YamlNode] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchored | None] = {}
        self.written = 0
        self.stopped = False

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self.scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.begin(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.finish(event)
            case yaml.AliasEvent():
                self.alias(event)
            case yaml.DocumentStartEvent():
                self.anchors = {}
                self.count(self.span(event))

    def report(self, code: str, message: str, span: Span, hint: str = "") -> None:
        self.found.append(Diagnostic(code, message, span, hint))

    def stop(self, message: str, span: Span, hint: str = "") -> None:
        self.report("E005", message, span, hint)
        self.stopped = True

    def count(self, span: Span) -> None:
        """One more of what a file may have only so many of."""
        self.written += 1
        if self.written == MAX_NODES + 1:
            self.stop(f"more than {MAX_NODES:,} keys and values in one file", span, "split it into several files")

    def count_directives(self) -> None:
        found = list(islice(DIRECTIVE.finditer(self.source.text), MAX_DIRECTIVES + 1))
        if len(found) > MAX_DIRECTIVES:
            span = Span(self.source, found[-1].start(), found[-1].end())
            self.stop(f"more than {MAX_DIRECTIVES} lines that begin with `%`", span, "none is needed")

    def span(self, event: Any) -> Span:
        return Span(self.source, event.start_mark.index, event.end_mark.index)

    def scalar(self, event: Any) -> None:
        span = self.span(event)
        self.check_tag(event, span)
        properties = event.anchor is not None or event.tag is not None
        style = event.style or ""
        if style in ("|", ">"):
            span = Span(self.source, span.start, span.start + len(span.text.rstrip(" \t\r\n")))
        node = Scalar(span, event.value, style, properties)
        self.add(node, event.anchor, 1, 1)
        if style == "" and re.match(r"[ \t]+#\d", self.source.text[span.end : span.end + 40]):
            line_end = self.source.text.find("\n", span.end)
            rest = Span(self.source, span.end, line_end if line_end > 0 else len(self.source.text))
            hint = "a ` #` begins a comment: quote the whole value"
            flow = bool(self.stack) and self.stack[-1].flow
            fix = swallowed(span.start, rest) if not flow and not properties else None
            self.found.append(
                Diagnostic("W801", "this is a comment, not part of the value", rest, hint, severity="warning", fix=fix)
            )

    def begin(self, event: Any) -> None:
        self.check_tag(event, self.span(event))
        if len(self.stack) >= MAX_DEPTH:
            self.stop(TOO_DEEP, self.span(event))
            return
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        mapping = isinstance(event, yaml.MappingStartEvent)
        self.stack.append(_Open(event.start_mark.index, mapping, bool(event.flow_style), event.anchor, end=event.end_mark.index))

    def finish(self, event: Any) -> None:
        top = self.stack.pop()
        span = Span(self.source, top.start, event.end_mark.index if top.flow else top.end)
        node: YamlNode
        if top.mapping:
            node = self.mapping(top, span)
        else:
            node = Sequence(span, tuple(top.items), top.flow)
        self.add(node, top.anchor, top.size, top.height)

    def mapping(self, top: _Open, span: Span) -> YamlNode:
        pairs: list[Pair] = []
        seen: dict[str, Scalar] = {}
        for key, value in zip(top.items[::2], top.items[1::2], strict=True):
            if not isinstance(key, Scalar):
                if span.text.startswith("{{"):
                    message = "`{{` begins a mapping within a mapping"
                    flow = bool(self.stack) and self.stack[-1].flow
                    hint = "phrases need no braces; a text that has some is quoted as a whole"
                    self.found.append(Diagnostic("E006", message, span, hint, fix=braces(span, flow=flow)))
                elif not isinstance(key, Broken):
                    self.report("E103", "a key must be a text", key.span)
                return Broken(span)
            if key.value == "<<" and key.style == "":
                self.report("E004", "merging with `<<` is not supported", key.span, "write the keys out")
                pairs += value.pairs if isinstance(value, Mapping) else ()  # what it lacks without them is no second mistake
            elif key.value in seen:
                label = Label(seen[key.value].span, "the first stands here")
                self.found.append(Diagnostic("E002", f"the key `{key.value}` stands twice", key.span, "", (label,)))
            else:
                seen[key.value] = key
                pairs.append(Pair(key, value))
        own = {pair.key.value: pair for pair in pairs}
        return Mapping(span, tuple(own.values()), top.flow)

    def alias(self, event: Any) -> None:
        span = self.span(event)
        anchored = self.anchors.get(event.anchor)
        if anchored is not None:
            self.add(anchored.node, None, anchored.size, anchored.height, span)
            return
        inside = event.anchor in self.anchors
        why = "stands inside what it names" if inside else "names nothing above it"
        hint = "" if inside else f"`&{event.anchor}` before a value gives it that name"
        self.report("E004", f"the alias `*{event.anchor}` {why}", span, hint)
        self.add(Broken(span), None, 1, 1)

    def add(self, node: YamlNode, anchor: str | None, size: int, height: int, place: Span | None = None) -> None:
        """Put a finished node where it belongs. `place`: where an alias to it stands."""
        span = place or node.span
        self.count(span)
        if anchor is not None:
            self.anchors[anchor] = _Anchored(node, size, height)
        if not self.stack:
            self.documents.append(node)
            return
        top = self.stack[-1]
        top.items.append(node)
        top.end = max(top.end, span.end)
        top.size += size
        top.height = max(top.height, height + 1)
        if top.size > max(MAX_EXPANDED, 10 * self.written) or len(self.stack) + height > MAX_DEPTH:
            self.stop("aliases expand this beyond all bounds", span)

    def check_tag(self, event: Any, span: Span) -> None:
        if event.tag is not None and not CORE_TAG.fullmatch(event.tag):
            shown = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "every value is a text; quote it if it begins with `!`"
            fix = tagged(span) if isinstance(event, yaml.ScalarEvent) and not event.style and event.anchor is None else None
            self.found.append(Diagnostic("E004", f"the tag `{shown}` means nothing here", span, hint, fix=fix))
