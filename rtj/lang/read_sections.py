"""Sections of the project file that say who people are and what is known: identity, profile, audiences, tables, sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

from rtj.lang import syntax as s
from rtj.lang import yaml_nodes as y
from rtj.lang.phrase_forms import FormBuilder
from rtj.lang.read_events import SPELLINGS, EventReader
from rtj.lang.shape import to_json

NAMESPACE = ("kind", "priority", "unique", "normalize", "region", "derive", "labels")
PERSON_KINDS = ("person", "device", "cookie")
NORMALIZE = ("trim", "lower", "e164")
LATE = ("facts", "reject")
ATTRIBUTE = ("from", "type", "one_of", "default", "codes", "labels")
AUDIENCE = ("list", "when")
TABLE = ("key", "fields", "from", "file", "sql", "query", "valid_from")
FILLED_BY = ("from", "file", "sql")
SQLITE = (".sqlite", ".sqlite3", ".db")
SOURCE = ("format", "lateness", "sequence", "map")


class SectionReader(EventReader):
    """One method for each section: its node in, its declarations out."""

    def identity(self, node: y.YamlNode) -> tuple[s.NamespaceDecl, ...]:
        found: list[s.NamespaceDecl] = []
        for name, value in self.declared(node, "kinds of identifiers"):
            keys = self.keys(value, "an identifier", NAMESPACE, name.span)
            if keys is None:
                continue
            kind = self.choice(keys.need("kind"), PERSON_KINDS, "person, device or cookie")
            priority = self.whole(keys.get("priority"), 0)
            unique = self.flag(keys.get("unique")) if "unique" in keys else False
            words = [
                self.choice(n, NORMALIZE, "trim, lower or e164") for n in self.some(keys.get("normalize"), "trim, lower or e164")
            ]
            normalize = tuple([cast('Literal["trim"]', w) for w in words if w is not None])
            labels = self.names(keys.get("labels"), "a label")
            if kind is not None:
                who = cast('Literal["person"]', kind)
                region, derive = self.text(keys.get("region"), "two letters, such as DE"), self.derived(keys.get("derive"))
                found.append(s.NamespaceDecl(name.span, name, who, priority, unique, normalize, labels, region, derive))
        return tuple(found)

    def derived(self, node: y.YamlNode | None) -> tuple[s.DeriveDecl, ...]:
        """`{EVENT: expression}`."""
        found = [
            (event, self.expr(value, "an expression over the event, such as lower(event.name)"))
            for event, value in (self.declared(node, "event types") if node is not None else ())
        ]
        return tuple(s.DeriveDecl(event.span, event, value) for event, value in found if value is not None)

    def foreign_names(self, node: y.YamlNode) -> tuple[s.ForeignName, ...]:
        found: list[s.ForeignName] = []
        for name, value in self.declared(node, SPELLINGS):
            texts = [self.text(n, "how a source spells it") for n in self.some(value, "how a source spells it")]
            spelled = tuple([t for t in texts if t is not None])
            for text in spelled:
                if "*" in text.value[:-1]:
                    self.report("E105", f"`*` stands in the middle of `{text.value}`", text.span, "only the end may be `*`")
            if spelled:
                found.append(s.ForeignName(name.span, name, spelled))
        return tuple(found)

    def late(self, node: y.YamlNode) -> tuple[s.LateRule, ...]:
        found: list[s.LateRule] = []
        for name, value in self.declared(node, "event types and facts or reject"):
            rule = self.choice(value, LATE, "facts or reject")
            if rule is not None:
                found.append(s.LateRule(name.span, name, cast('Literal["facts"]', rule)))
        return tuple(found)

    def replaces(self, node: y.YamlNode) -> tuple[s.ReplacesRule, ...]:
        declared = self.declared(node, "event types and kinds of identifiers")
        return tuple([s.ReplacesRule(n.span, n, to) for n, value in declared if (to := self.name(value)) is not None])

    # ---- profile

    def profile(self, node: y.YamlNode) -> tuple[s.AttributeDecl, ...]:
        declared = self.declared(node, "attributes")
        return tuple([a for name, value in declared if (a := self.attribute(name, value)) is not None])

    def attribute(self, name: s.Name, node: y.YamlNode) -> s.AttributeDecl | None:
        if isinstance(node, y.Scalar):
            formula = self.expr(node, "a formula such as `count(purchase)`, or {from: …, type: …}")
            return s.AttributeDecl(name.span, name, formula) if formula is not None else None
        keys = self.keys(node, "an attribute", ATTRIBUTE, name.span)
        if keys is None:
            return None
        source: s.EventField | None = None
        path = self.phrase(keys.get("from"), "path", FormBuilder.path, "an event and its field: signed_up.first_name")
        if path is not None:
            source = s.EventField(path[0].span.to(path[-1].span), path[0], path[1:])
        keys.only_one(("type", "one_of"))
        kind = self.one_of(keys.get("one_of")) if "one_of" in keys else self.type_tree(keys.get("type"))
        if "type" not in keys and "one_of" not in keys and "from" not in keys:
            keys.lacks(("type", "one_of", "from"), f"`{name.text}` has no type", "for example {type: string?}")
        misread = kind is None and ("type" in keys or "one_of" in keys or (source is None and "from" in keys))
        codes = tuple(self.codes(keys.get("codes")))
        default = self.text(keys.get("default"), "a value")
        labels = self.names(keys.get("labels"))
        return None if misread else s.AttributeDecl(name.span, name, None, source, kind, default, codes, labels)

    def codes(self, node: y.YamlNode | None) -> Iterator[tuple[s.Text, s.Text]]:
        """Raw values and what they become."""
        mapping = self.mapping(node, 'codes such as {"1": bronze}')
        for pair in mapping.pairs if mapping is not None else ():
            value = self.text(pair.value)
            if value is not None:
                yield s.Text(pair.key.span, pair.key.value, pair.key.style != ""), value

    def audiences(self, node: y.YamlNode) -> tuple[s.AudienceDecl, ...]:
        found: list[s.AudienceDecl] = []
        for name, value in self.declared(node, "audiences"):
            if isinstance(value, y.Mapping):
                keys = self.keys(value, "an audience", AUDIENCE, name.span)
                head = keys.only_one(AUDIENCE) if keys is not None else None
                if keys is not None and head is None:
                    keys.lacks(AUDIENCE, "an audience is a condition or {list: file.csv}")
                members = self.text(keys.get("list"), "a CSV file") if keys is not None and head == "list" else None
                condition = self.expr(keys.get("when")) if keys is not None and head == "when" else None
            else:
                members, condition = None, self.expr(value, "a condition, or {list: file.csv}")
            if members is not None or condition is not None:
                found.append(s.AudienceDecl(name.span, name, condition, members))
        return tuple(found)

    # ---- tables and sources

    def tables(self, node: y.YamlNode) -> tuple[s.TableDecl, ...]:
        found: list[s.TableDecl] = []
        for name, value in self.declared(node, "tables"):
            keys = self.keys(value, "a table", TABLE, name.span)
            if keys is None:
                continue
            key = self.name(keys.need("key"))
            fields = self.fields(keys.need("fields"), "fields of a table")
            filled = keys.only_one(FILLED_BY)
            if filled is None:
                hint = "name a business event (`from`), a file (`file`) or a database (`sql`)"
                keys.lacks(FILLED_BY, f"nothing fills `{name.text}`", hint)
            source = self.name(keys.get("from"), "an event") if filled == "from" else None
            file = self.text(keys.get("file"), "a file") if filled == "file" else None
            sql = self.text(keys.get("sql"), "the address of a database, or env:NAME") if filled == "sql" else None
            query = self.text(keys.get("query"), "a query")
            asks = filled == "sql" or (file is not None and file.value.lower().endswith(SQLITE))
            if filled is not None and query is None and asks and "query" not in keys:
                keys.lacks(("query",), f"`{name.text}` has no query", "for example `query: select item, price from products`")
            elif query is not None and not asks:
                self.report("E104", "only a database is asked: a `query` stands beside `sql` or a SQLite file", query.span)
            valid_from = self.text(keys.get("valid_from"), "a column")
            if valid_from is not None and filled == "from":
                self.report("E104", "an event changes its row when it happens: it takes no `valid_from`", valid_from.span)
            if key is not None:
                found.append(s.TableDecl(name.span, name, key, fields, source, file, sql, query, valid_from))
        return tuple(found)

    def sources(self, node: y.YamlNode) -> tuple[s.SourceDecl, ...]:
        found: list[s.SourceDecl] = []
        for name, value in self.declared(node, "sources"):
            keys = self.keys(value, "a source", SOURCE, name.span)
            if keys is None:
                continue
            kind, lateness = self.text(keys.get("format"), "a format"), self.length(keys.get("lateness"))
            sequence = self.text(keys.get("sequence"), "the name of a field")
            mapping = self.mapping(keys.get("map"), "a mapping of the source's fields")
            map_json = to_json(mapping) if mapping is not None else "{}"
            found.append(s.SourceDecl(name.span, name, kind, lateness, sequence, map_json))
        return tuple(found)
