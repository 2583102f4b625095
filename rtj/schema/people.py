"""Sections of a project about people and what happens: `identity`, `events`, `profile`, `audiences`, `sources`, `tables`."""

from __future__ import annotations

from collections.abc import Iterable

from rtj.lang.read_sections import ATTRIBUTE, AUDIENCE, FILLED_BY, LATE, NAMESPACE, NORMALIZE, PERSON_KINDS, SOURCE, TABLE
from rtj.lang.read_types import TYPE_NAMES
from rtj.schema.beginnings import begun
from rtj.schema.parts import (
    Schema,
    by_word,
    choice,
    described,
    flag,
    has,
    lacking,
    mapping,
    named,
    one_or_more,
    only,
    or_nothing,
    ref,
    referred,
    scalar,
    text,
    whole,
)

FILES = "Files of events"
NORMALIZED = {
    "trim": "without blanks at its ends",
    "lower": "in lower case",
    "e164": "a telephone number without blanks and marks, `00` as `+`",
}
MAP_KEYS = {
    "id": "What makes the event unmistakable: a path, or `{hash: [a, b]}`.",
    "type": "The event's type; `{path: kind, table: {P: purchase}}` translates it.",
    "time": "When it happened; `{path: when, cast: epoch_s}` for numbers.",
    "received_at": "When it was received.",
    "channel": "By which channel.",
    "identities": "Kinds of identifiers and where they stand: `{user_id: customer.id}`.",
    "properties": "The fields: `{total: order.sum}`, a path, or `{from: path, rename: {old: new}, drop: [name]}`.",
}


def definitions() -> dict[str, Schema]:
    """What the sections refer to."""
    return {
        "event_field": _event_field(),
        "event_fields": _event_fields(),
        "attribute_keys": _attribute_keys(),
        "attribute": _attribute(),
        "audience_keys": _audience_keys(),
        "audience_said": _audience(),
        "late_rule": choice(LATE, {"facts": "changes facts and ends instances; so if left out", "reject": "is only counted"}),
        "names": one_or_more(ref("name"), least=1),
        "spellings": one_or_more(ref("spelling"), least=1),
        "spelling": text("how a source spells it; only the end may be `*`", pattern=r"^[^*]*\*?$"),
    }


def identity() -> Schema:
    """`identity:`."""
    kinds = {
        "person": "belongs to one person and stays with it",
        "device": "may move to another person",
        "cookie": "may move to another person",
    }
    keys = {
        "kind": (choice(PERSON_KINDS, kinds), "Whose it is. (S2.4)"),
        "priority": (whole(0), "1 is best: an event belongs to the owner of its best identifier. 100 if left out. (S2.2)"),
        "unique": (flag(), "One person has one of these: two people with different ones never become one. (S2.2)"),
        "normalize": (
            one_or_more(choice(NORMALIZE, NORMALIZED), least=1),
            "What is done to the value before it is compared. (S2.1)",
        ),
        "region": (text("two letters, such as DE"), "With `e164`: the country of telephone numbers that name none."),
        "derive": (
            named(text("an expression over the event, such as lower(event.name)")),
            "Computed from events that do not carry it, by type: `{signed_up: fold(event.name)}`. Null: no identifier.",
        ),
        "labels": (ref("names"), "What such a value is: `pii` is masked in print, policies name others. (S3.5)"),
    }
    section = "identity: how people are recognised"
    return begun(named(mapping(NAMESPACE, keys, section=section, required=["kind"])), "identity")


def events() -> Schema:
    """`events:` or `business_events:`."""
    return begun(named(or_nothing(ref("event_fields"))), "events")


def _event_fields() -> Schema:
    """Fields and their types; `{schema: purchase.json}` is a file."""
    file: Schema = {
        "required": ["schema"],
        "properties": {"schema": {"type": "string", "pattern": r"\.json$"}},
        "propertyNames": {"pattern": "^(?:schema|labels)$"},
    }
    labels = named(ref("names"), names="field_name")
    labels = described(labels, "What its fields are labelled: `{email: [pii]}`. (S3.5)")
    fields: Schema = {"additionalProperties": ref("event_field"), "propertyNames": ref("field_name")}
    message = "expected fields of an event: {item: string, price: number?}"
    return {"type": "object", "errorMessage": message, "if": file, "then": {"properties": {"labels": labels}}, "else": fields}


def _event_field() -> Schema:
    """A type, or a type and labels: what stands behind `labels` is no type then."""
    no_type: Schema = {"type": ["string", "number", "boolean"], "not": {"pattern": f"^(?:{'|'.join(TYPE_NAMES)})\\??$"}}
    item: Schema = {**no_type, "type": ["string", "number", "boolean", "null"]}
    written: Schema = {"if": {"type": "array"}, "then": {"items": item}, "else": no_type}
    forms: list[Schema] = [
        {"required": [word, "labels"], "maxProperties": 2, "properties": {"labels": written, **closed}}
        for word, closed in (("type", {}), ("one_of", {"one_of": {"type": "array"}}))
    ]
    keys: Schema = {
        "properties": {
            "type": described(ref("types"), "Its type. *Types*"),
            "one_of": described(ref("one_of"), "The texts that it may be. *Types*"),
            "labels": described(ref("names"), "What the field is: `pii` is masked in print, policies name others. (S3.5)"),
        }
    }
    return {"if": {"type": "object", "anyOf": forms}, "then": keys, "else": ref("types")}


def about_events(known: Iterable[str]) -> dict[str, tuple[Schema, str]]:
    """Small sections by event types. `known`: event types that an editor may propose."""
    types = tuple(known)
    spelled = "How sources spell a type: so, and no more by its name; a `*` at the end makes a group."
    section = "events and business_events: what happens"
    return {
        "foreign_names": (named(ref("spellings"), known=types), referred(spelled, section)),
        "late": (named(ref("late_rule"), known=types), "What late events of a type may do. (S1.7)"),
        "replaces": (
            named(ref("identifier"), known=types),
            "In this event a new identifier of that kind takes the place of the old one. (S2.4)",
        ),
    }


def profile() -> Schema:
    """`profile:`."""
    return begun(named(ref("attribute")), "profile")


def _attribute_keys() -> Schema:
    codes = {"type": "object", "additionalProperties": text(), "errorMessage": 'expected codes such as {"1": bronze}'}
    keys = {
        "from": (
            ref("path"),
            "Event and field: the latest value wins, an explicit null unsets, an absent key changes nothing. (S3.2)",
        ),
        "type": (ref("types"), "Its type; that of the field if left out."),
        "one_of": (ref("one_of"), "The texts that it may be; another value is counted and not taken. (S3.2)"),
        "default": (text(), "What it is while nothing is known; only with one does it never miss."),
        "codes": (codes, 'Raw values and what they become: `{"1": bronze}`.'),
        "labels": (ref("names"), "What it is: `pii` is masked in print, policies name others. (S3.5)"),
    }
    return mapping(ATTRIBUTE, keys, section="profile: what is known about a person")


def _attribute() -> Schema:
    chosen = only("attribute_keys", *[key for key in ATTRIBUTE if key != "type"])
    typed: Schema = {"if": has("one_of"), "then": chosen, "else": only("attribute_keys", *ATTRIBUTE)}
    missing = lacking("type", "an attribute says `from`, `type` or `one_of`")
    mapped: Schema = {"allOf": [typed, {"if": has("from", "type", "one_of"), "else": missing}]}
    formula = text("a formula such as `count(purchase)`, or {from: …, type: …}")
    return {"if": {"type": "object"}, "then": mapped, "else": formula}


def audiences() -> Schema:
    """`audiences:`."""
    return begun(named(ref("audience_said")), "audiences")


def _audience_keys() -> Schema:
    members = "A CSV file: its first line names kinds of identifiers, or it has one column of the best kind."
    keys = {"list": (text("a CSV file"), members), "when": (ref("condition"), "The condition. (S4.1)")}
    return mapping(AUDIENCE, keys, section="audiences: who")


def _audience() -> Schema:
    expected = "a condition, or {list: file.csv}"
    forms = {word: only("audience_keys", word) for word in AUDIENCE}
    unmade = only("audience_keys", *AUDIENCE)
    made = by_word(forms, unmade, form=f"expected {expected}", missing=f"an audience is {expected}")
    return {"if": {"type": "object"}, "then": made, "else": scalar(expected, besides=("boolean",))}


def sources() -> Schema:
    """`sources:`."""
    places: Schema = {
        "type": "object",
        "properties": {key: described({}, referred(about, FILES)) for key, about in MAP_KEYS.items()},
        "errorMessage": "expected a mapping of the source's fields",
    }
    keys = {
        "format": (text("a format"), "`rtj`, `cloudevents`, `segment`, `xdm`; known by its first records if left out."),
        "lateness": (ref("length"), "A pipe may bring events that much out of order. (S1.3)"),
        "sequence": (text("the name of a field"), "A field with the place of the event, for equal `ts`. (S1.2)"),
        "map": (places, "Where the parts of an event stand in any JSON record."),
    }
    return begun(named(mapping(SOURCE, keys, section=FILES)), "sources")


def tables() -> Schema:
    """`tables:`."""
    section = "tables: facts about things"
    keys = {
        "key": (ref("name"), "The field by which rows are found; a text if `fields` says nothing else."),
        "fields": (ref("fields"), "The fields of a row and their types; a `?` behind a type: may be missing."),
        "from": (ref("name"), "A business event: the last one is the row of its key. (S3.7)"),
        "file": (text("a file"), "A file with rows: `.csv`, `.tsv`, `.parquet`, `.sqlite`. It is read when the project is."),
        "sql": (text("the address of a database, or env:NAME"), "A database, by a URL of SQLAlchemy; better in the environment."),
        "query": (text("a query"), "What a database or a SQLite file is asked; its columns are called like the fields."),
        "valid_from": (text("a column"), "The column that says since when a row holds: a key may have many. (S3.7)"),
    }
    nothing = lacking("file", "name a business event (`from`), a file (`file`) or a database (`sql`)")
    table: Schema = {"allOf": [mapping(TABLE, keys, section=section, required=["key", "fields"])]}
    table["allOf"].append({"if": has(*FILLED_BY), "else": nothing})
    return begun(named(table), "tables")
