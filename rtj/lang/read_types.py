"""Types of fields from YAML: `string`, `number?`, `[item]`, `{field: type}`, `{one_of: [a, b]}`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal, cast

from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.guesses import Kind, closest, near
from rtj.lang.mending import respelt
from rtj.lang.shape import Reader

TYPE_NAMES = ("string", "number", "bool", "instant", "date", "duration")
MEANT = {
    "int": "number", "integer": "number", "float": "number", "double": "number", "decimal": "number", "str": "string",
    "text": "string", "varchar": "string", "uuid": "string", "boolean": "bool", "flag": "bool", "datetime": "instant",
    "timestamp": "instant", "time": "instant", "day": "date", "interval": "duration", "length": "duration",
}  # fmt: skip
ONE_OF = Kind("a type", ("one_of",))
LABELS = "labels"
LABELS_WHERE = "label the field of the event in which this stands: `lines: {type: [{…}], labels: [pii]}`"
FIELD = Kind("a field with labels", ("type", "one_of", LABELS))
FOREIGN = (
    (re.compile(r"(?i:optional|nullable|maybe)\W*(\w+)\W*"), "{}?"),
    (re.compile(r"(\w+)\s*(?:\||or|,)\s*(?i:null|none|undefined|missing)"), "{}?"),
    (re.compile(r"(\w+)\s*\(?(?i:optional|nullable)\)?"), "{}?"),
    (re.compile(r"(\w+)\[\]"), "[{}]"),
    (re.compile(r"(?i:list|array|set)(?:\s+of\s+|\W)(\w+)\W?"), "[{}]"),
)  # types of other languages, and how they are written here


class TypeReader(Reader):
    """Reads types and lists of typed fields."""

    def type_tree(self, node: y.YamlNode | None) -> s.TypeTree | None:
        match node:
            case None | y.Broken():
                return None
            case y.Scalar():
                return self.type_name(node)
            case y.Sequence():
                return self.list_type(node)
            case y.Mapping():
                if [p.key.value for p in node.pairs] == ["one_of"] and isinstance(node.pairs[0].value, y.Sequence):
                    return self.one_of(node.pairs[0].value)
                if (values := self.misspelt_one_of(node)) is not None:
                    return self.one_of(values)
                if looks_labelled(node):
                    kind, labels = labelled(node)
                    self.report("E346", "labels stand at whole fields of events", labels.key.span, LABELS_WHERE)
                    return self.type_tree(kind)
                return s.RecordType(node.span, self.fields(node, "a record"))

    def type_name(self, node: y.Scalar) -> s.TypeTree | None:
        text = self.text(node, "a type such as `string` or `number?`")
        if text is None:
            return None
        word, optional = text.value.removesuffix("?"), text.value.endswith("?")
        if (written := _foreign(text.value)) is not None:
            self.report("E105", f"unknown type `{text.value}`", text.span, f"write `{written}`")
            return None
        if word in TYPE_NAMES:
            return s.TypeName(node.span, cast('Literal["string"]', word), optional)
        meant = MEANT.get(word.lower())
        hint = f"did you mean `{meant}`?" if meant else near(word, TYPE_NAMES)
        if word.lower() in ("list", "array", "object", "record", "map", "struct"):
            hint = "a list is `[string]`, a record `{name: string, qty: number}`"
        name = meant or closest(word, TYPE_NAMES)
        fix = respelt(text.span, text.value, name + "?" * optional) if name is not None else None
        self.report("E105", f"unknown type `{text.value}`", text.span, hint, fix)
        return s.TypeName(node.span, cast('Literal["string"]', name), optional) if name is not None else None

    def misspelt_one_of(self, node: y.Mapping) -> y.Sequence | None:
        """The values of `{one_fo: [a, b]}`, which is reported, and which no record could be."""
        pair = node.pairs[0] if len(node.pairs) == 1 else None
        if pair is None or not isinstance(pair.value, y.Sequence) or ONE_OF.sure(pair.key.value, ()) is None:
            return None
        items = pair.value.items
        if len(items) == 1 and (not isinstance(items[0], y.Scalar) or items[0].value.removesuffix("?") in TYPE_NAMES):
            return None
        self.unknown_key(pair, node, ONE_OF)
        return pair.value

    def list_type(self, node: y.Sequence) -> s.TypeTree | None:
        if len(node.items) != 1:
            hint = "values to choose from are {one_of: [a, b]}" if len(node.items) > 1 else "for example [string]"
            self.report("E103", "a list type has one item, the type of all", node.span, hint)
            return None
        item = self.type_tree(node.items[0])
        return s.ListType(node.span, item) if item is not None else None

    def one_of(self, node: y.YamlNode | None) -> s.OneOfType | None:
        values = [t for item in self.items(node, "values such as [bronze, silver]") if (t := self.text(item)) is not None]
        if isinstance(node, y.Sequence) and not node.items:
            self.report("E102", "there is no value to choose from", y.opening(node))
        if node is None or not values:
            return None
        seen: set[str] = set()
        for text in values:
            if text.value in seen:
                self.report("E105", f"`{text.value}` stands twice", text.span)
            seen.add(text.value)
        return s.OneOfType(node.span, tuple(values))

    def fields(self, node: y.YamlNode | None, what: str) -> tuple[s.FieldDecl, ...]:
        """Fields and their types; a `?` behind the key makes the field optional, whatever its type."""
        mapping = self.mapping(node, what)
        if mapping is None:
            return ()
        found: list[s.FieldDecl] = []
        for pair in mapping.pairs:
            optional = pair.key.value.endswith("?")
            name = s.Name(pair.key.span, pair.key.value.removesuffix("?"))
            empty = isinstance(pair.value, y.Scalar) and pair.value.empty
            if empty and mapping.flow and pair.value.span.text:
                self.report("E102", f"`{name.text}` has no type", pair.key.span, f"for example `{name.text}: string?`")
                continue
            if empty and mapping.flow:
                self.unknown_key(pair, mapping, Kind(what, ()))
                continue
            kind = self.type_tree(pair.value)
            if not name.text:
                self.report("E106", "a field needs a name", pair.key.span)
            elif kind is not None:
                found.append(s.FieldDecl(pair.key.span, name, replace(kind, optional=True) if optional else kind))
        return tuple(found)


def looks_labelled(node: y.Mapping) -> bool:
    """`{type: string, labels: [pii]}`, no record with two fields: what stands behind `labels` is no type."""
    kinds = [p for p in node.pairs if p.key.value in ("type", "one_of")]
    others = [p for p in node.pairs if p.key.value not in ("type", "one_of")]
    if len(kinds) != 1 or len(others) != 1 or (others[0].key.value != LABELS and FIELD.sure(others[0].key.value, ()) != LABELS):
        return False
    if kinds[0].key.value == "one_of" and not isinstance(kinds[0].value, y.Sequence):
        return False
    match others[0].value:
        case y.Sequence(items=items):
            return all(isinstance(item, y.Scalar) and item.value.removesuffix("?") not in TYPE_NAMES for item in items)
        case y.Scalar(value=word, empty=empty):
            return not empty and word.removesuffix("?") not in TYPE_NAMES
        case _:
            return False


def labelled(node: y.Mapping) -> tuple[y.YamlNode, y.Pair]:
    """The type of what looks labelled, and the pair with its labels."""
    labels = next(p for p in node.pairs if p.key.value not in ("type", "one_of"))
    pair = next(p for p in node.pairs if p is not labels)
    return pair.value if pair.key.value == "type" else y.Mapping(node.span, (pair,), node.flow), labels


def _foreign(text: str) -> str | None:
    """How a type of another language is written here: `Optional[str]`, `string | null`, `string[]`, `list of numbers`."""
    for pattern, shape in FOREIGN:
        found = pattern.fullmatch(text)
        if found is not None:
            word = found[1].lower()
            name = word if word in TYPE_NAMES else MEANT.get(word) or MEANT.get(word.removesuffix("s"))
            name = name or (word.removesuffix("s") if word.removesuffix("s") in TYPE_NAMES else None)
            return shape.format(name) if name is not None else None
    return None
