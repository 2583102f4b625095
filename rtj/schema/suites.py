"""The schema of `*.test.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rtj.scenario.known import REASONS_LEFT, REASONS_REFUSED, RULES
from rtj.scenario.read import BESIDE_HEAD, EVENT_KEYS, SUITE_KEYS, TEST_KEYS
from rtj.scenario.script import FACTS, Kind
from rtj.schema.beginnings import begun
from rtj.schema.parts import (
    Schema,
    described,
    flag,
    has,
    lacking,
    list_of,
    mapping,
    one_or_more,
    ref,
    referred,
    scalar,
    snippets,
    text,
)
from rtj.schema.phrases import CLOCK, DATE, NAME, UNIT

SECTION = "Tests"
OFFSET = rf"[+-](?:(?:[0-9]{{1,9}}(?:ms|[smhdw]))+|[0-9]{{1,5}} ?{UNIT})"
MOMENT = rf"{DATE}(?:[Tt ]{CLOCK}(?::[0-9]{{2}}(?:\.[0-9]{{1,6}})?)?(?:[Zz]|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
TIME = f"(?:{OFFSET}|{MOMENT})"
SPACED = r"\S[\s\S]* [\s\S]*\S"  # a key that is the short form of an event: a time, a blank, a type
HEAD = rf"^\s*{TIME}\s* \s*{NAME}\s*$"
SHORT = "expected an event: `- +20m purchase: {total: 40}`, a time and a type"

KINDS: dict[Kind, str] = {
    "messages": "What is sent, in this order.",
    "blocked": "Messages that a gate stops, in this order, with the gate and its rule.",
    "held": "Messages that wait for the end of quiet hours, in this order.",
    "withdrawn": "Messages that were held and are not sent any more, in this order.",
    "entered": "Who gets in, in this order.",
    "left": "How people leave, in this order: `completed`, `goal`, `exit`, `max_duration`, or the reason of an `exit`.",
    "goals": "Goals that are met, in this order.",
    "refused": "Triggers that let nobody in, with the reason.",
    "joins": "Who joins audiences, in this order.",
    "leaves": "Who leaves audiences, in this order.",
    "inside": "Who is inside at the end, by node. Needs `until`.",
    "members": "Who is in which audience at the end. Needs `until`.",
}
MEANINGS = {
    "message": "The message.",
    "reason": "Why.",
    "gate": "The gate that is shut.",
    "rule": "The rule by which it is shut: of a cap its name.",
    "cap": "The cap that lets nobody in.",
    "until": "The end of the quiet hours: so long after the start, or a moment.",
    "audience": "The audience.",
    "node": "The id of the node, or what it is called by.",
    "at": "When: so long after the start, or a moment.",
    "channel": "By which channel.",
    "journey": "Of which journey.",
    "key": "The value of the entry's `key`.",
    "person": "Whose: the value of an identifier, or `{user_id: ada}`.",
    "with": "Values of the message; those that are not named are not judged.",
}


def definitions(happenings: Iterable[tuple[str, str, Any]]) -> dict[str, Schema]:
    """What test files refer to. `happenings`: snippets of events."""
    identifier = text("the value of an identifier, or {user_id: ada}")
    fields = "expected the fields of the event: {total: 39}"
    return {
        "when": scalar("a time such as +30m, +1d2h, +1 day or 2026-03-02T10:00", pattern=rf"^\s*{TIME}\s*$"),
        "start": scalar("a moment, such as 2026-03-02T09:00: other times count from it", pattern=rf"^\s*{MOMENT}\s*$"),
        "person": {"if": {"type": "object"}, "then": ref("identified"), "else": identifier},
        "known": {"type": "object", "errorMessage": "expected attributes and their values: {tier: gold}"},
        "test": begun(_test(), "one_test"),
        "given_keys": _given_keys(),
        "given": begun(snippets(_given(), *happenings), "given"),
        "properties": {"type": "object", "errorMessage": fields},
        **{f"line_{kind}": _line(kind) for kind in FACTS},
    }


def suite() -> Schema:
    """One document of a test file."""
    person = "Whose events these are where they do not say; `ada`, by the best identifier, if left out."
    keys = {
        "journey": ({**one_or_more(ref("journey_name")), "minItems": 1}, "Whose messages are judged; several as a list."),
        "start": (ref("start"), "What +30m counts from; a Monday, by the project's clock, if left out."),
        "person": (ref("person"), person),
        "profile": (
            ref("known"),
            "What is known of the person when a test begins: `{tier: gold}`; nobody joins an audience by it.",
        ),
        "tests": (
            list_of(ref("test"), "tests, each with `name`, `events` and `expect`", least=1),
            "Each of them a story of its own.",
        ),
    }
    return begun(mapping(SUITE_KEYS, keys, section=SECTION, required=["journey", "tests"]), "test")


def _test() -> Schema:
    until = "When it is over. Left out: when nobody is inside any more, and nobody is let in meanwhile."
    happen = list_of(ref("given"), "what happens, at which time", least=1)
    keys = {
        "name": (text("a name"), "What is shown: who does this gets that."),
        "events": (happen, "What happens, worked in the order of time."),
        "until": (ref("when"), until),
        "expect": (_expect(), "What must come of it, and nothing else of the kinds that are named."),
        "start": (ref("start"), "What +30m counts from, in this test."),
        "person": (ref("person"), "Whose events these are, in this test."),
        "profile": (
            ref("known"),
            "What is known of the person when this test begins, beside what the file says: `{tier: gold}`.",
        ),
    }
    happens: Schema = {"if": has("profile"), "else": lacking("events", "a test has `events`")}
    ends: Schema = {
        "if": has("events"),
        "else": {"if": has("profile"), "then": lacking("until", "without `events` a test needs `until`")},
    }
    return {"allOf": [mapping(TEST_KEYS, keys, section=SECTION, required=["name", "expect"]), happens, ends]}


def _expect() -> Schema:
    keys: dict[str, tuple[Schema, str]] = {
        kind: (list_of(ref(f"line_{kind}"), f"what is expected of `{kind}`"), f"{about} `[]`: nothing at all.")
        for kind, about in KINDS.items()
    }
    keys["more"] = (flag(), "`true`: others may happen besides.")
    missing = lacking("messages", "nothing is expected: `{messages: []}` says that nothing may be sent")
    return {"allOf": [mapping((*FACTS, "more"), keys, section=SECTION), {"if": has(*FACTS), "else": missing}]}


def _given_keys() -> Schema:
    keys = {
        "at": (ref("when"), "When: so long after the start, or a moment."),
        "type": (ref("event"), "The event's type."),
        "properties": (ref("properties"), "Its fields."),
        "id": (text(), "Its id; made up if left out."),
        "channel": (text(), "By which channel it came."),
    }
    return mapping(EVENT_KEYS, keys, section=SECTION)


def _given() -> Schema:
    """An event: a text, or a mapping in its short form (a key with a blank in it: time and type) or with all keys. What else
    stands there is a kind of identifier, for those are the project's."""
    told = {key: ref(f"given_keys/properties/{key}") for key in EVENT_KEYS}
    identifier = text("the value of an identifier")
    fields: Schema = {"type": ["object", "null"], "errorMessage": "expected the fields of the event: {total: 39}"}
    short: Schema = {
        "properties": {key: told[key] for key in BESIDE_HEAD},
        "patternProperties": {HEAD: described(fields, referred("Its fields.", SECTION))},
        "additionalProperties": identifier,
        "propertyNames": {"if": {"pattern": SPACED}, "then": {"pattern": HEAD, "patternErrorMessage": SHORT}},
    }
    long: Schema = {"properties": told, "additionalProperties": identifier, "required": ["at", "type"]}
    unspaced: Schema = {"propertyNames": {"not": {"pattern": SPACED}}}
    bare: Schema = {"type": "string", "pattern": HEAD, "patternErrorMessage": SHORT, "errorMessage": SHORT}
    return {"if": {"type": "object"}, "then": {"if": unspaced, "then": long, "else": short}, "else": bare}


def _line(kind: Kind) -> Schema:
    """One line of what is expected: what it may name, and what a text alone is."""
    main, *others = FACTS[kind]
    values: Schema = {"type": "object", "errorMessage": "expected values of the message: {item: teapot}"}
    facts: dict[str, Schema] = {
        "at": ref("when"),
        "until": ref("when"),
        "gate": snippets(text("a gate"), *((gate, "a gate", gate) for gate in RULES)),
        "person": ref("person"),
        "with": values,
        "message": ref("told_message"),
        "channel": ref("told_channel"),
        "journey": ref("told_journey"),
        "reason": _reason(kind),
    }
    legal = (main, *others) if main else tuple(others)
    keys = mapping(legal, {fact: (facts.get(fact, text()), MEANINGS[fact]) for fact in legal}, section=SECTION)
    return {"if": {"type": "object"}, "then": keys, "else": facts.get(main, text())} if main else keys


def _reason(kind: Kind) -> Schema:
    reasons = REASONS_REFUSED if kind == "refused" else REASONS_LEFT
    return snippets(text("a reason"), *((reason, "a reason", reason) for reason in reasons))
