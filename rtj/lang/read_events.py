"""Event types from YAML: their fields, what they are labelled, the files of JSON Schema that say their fields."""

from __future__ import annotations

from collections.abc import Iterator

from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.guesses import Kind
from rtj.lang.read_types import FIELD, LABELS, TypeReader, labelled, looks_labelled
from rtj.lang.shape import IDENTIFIER

EVENT_TYPES = "event types"
SPELLINGS = "event types and how sources spell them"
SCHEMA_KEYS = ("schema", LABELS)
SCHEMA = Kind("an event with a schema", SCHEMA_KEYS)
FIELDS = "fields of an event: {item: string, price: number?}"


class EventReader(TypeReader):
    """Reads event types."""

    def declared(self, node: y.YamlNode | None, what: str) -> Iterator[tuple[s.Name, y.YamlNode]]:
        """The names of a section and what stands behind them."""
        mapping = self.mapping(node, what)
        for pair in mapping.pairs if mapping is not None else ():
            name = self.name(pair.key, hint=_of_spelling(what, pair))
            if name is not None:
                yield name, pair.value

    def events(self, node: y.YamlNode, *, business: bool = False) -> tuple[s.EventDecl, ...]:
        """`events:` or `business_events:`."""
        found: list[s.EventDecl] = []
        for name, value in self.declared(node, EVENT_TYPES):
            if isinstance(value, y.Scalar) and value.empty:
                found.append(s.EventDecl(name.span, name, (), business))
                continue
            if (schema := self.schema_file(value)) is not None:
                found.append(s.EventDecl(name.span, name, (), business, schema, self.labels_of_schema(value)))
                continue
            bare, labels = self.without_labels(value)
            found.append(s.EventDecl(name.span, name, self.fields(bare, FIELDS), business, None, labels))
        return tuple(found)

    def business_events(self, node: y.YamlNode) -> tuple[s.EventDecl, ...]:
        return self.events(node, business=True)

    # ---- labels of fields

    def without_labels(self, node: y.YamlNode) -> tuple[y.YamlNode, tuple[s.FieldLabels, ...]]:
        """The fields as if nobody had labelled them, and what they are labelled: `{type: string, labels: [pii]}`."""
        if not isinstance(node, y.Mapping):
            return node, ()
        pairs: list[y.Pair] = []
        found: list[s.FieldLabels] = []
        for pair in node.pairs:
            value = pair.value
            if not isinstance(value, y.Mapping) or not looks_labelled(value):
                pairs.append(pair)
                continue
            kind, labels = labelled(value)
            if labels.key.value != LABELS:
                self.unknown_key(labels, value, FIELD)
            pairs.append(y.Pair(pair.key, kind))
            name = s.Name(pair.key.span, pair.key.value.removesuffix("?"))
            found += self.field_labels(name, labels.value)
        return y.Mapping(node.span, tuple(pairs), node.flow), tuple(found)

    def field_labels(self, name: s.Name, node: y.YamlNode) -> list[s.FieldLabels]:
        """What one field is labelled."""
        labels = self.names(node, "a label")
        return [s.FieldLabels(name.span, name, labels)] if labels else []

    # ---- JSON Schema

    def schema_file(self, node: y.YamlNode) -> s.Text | None:
        """`{schema: purchase.json}`: a file, not a field called schema. `labels` may stand beside it."""
        pairs = [p for p in node.pairs if p.key.value != LABELS] if isinstance(node, y.Mapping) else []
        pair = pairs[0] if len(pairs) == 1 else None
        if pair is None or not isinstance(pair.value, y.Scalar) or not pair.value.value.endswith(".json"):
            return None
        if pair.key.value != "schema":
            if SCHEMA.sure(pair.key.value, ()) is None:
                return None
            assert isinstance(node, y.Mapping)
            self.unknown_key(pair, node, SCHEMA)
        return self.text(pair.value)

    def labels_of_schema(self, node: y.YamlNode) -> tuple[s.FieldLabels, ...]:
        """`labels: {email: [pii]}` beside a schema: what its fields are labelled."""
        pair = next((p for p in node.pairs if p.key.value == LABELS), None) if isinstance(node, y.Mapping) else None
        mapping = self.mapping(pair.value, "fields and what they are labelled: {email: [pii]}") if pair is not None else None
        found: list[s.FieldLabels] = []
        for one in mapping.pairs if mapping is not None else ():
            found += self.field_labels(s.Name(one.key.span, one.key.value), one.value)
        return tuple(found)


def _of_spelling(what: str, pair: y.Pair) -> str:
    """A hint for the name of an event type that is spelt as its source does."""
    value = pair.value
    if what == SPELLINGS and isinstance(value, y.Scalar) and IDENTIFIER.fullmatch(value.value):
        return f"the name comes first: `{value.value}: {pair.key.value}`"
    return "how sources spell it stands under `foreign_names`" if what == EVENT_TYPES else ""
