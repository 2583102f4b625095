"""The schema of `environments:`: where a project runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rtj.lang.read_environments import (
    ALL,
    CONFIRM,
    ENVIRONMENT,
    FEED,
    FEEDS,
    REQUIRED,
    RUN_POLICIES,
    SERVE,
    SINK,
    SINKS,
)
from rtj.schema.beginnings import begun
from rtj.schema.parts import (
    Schema,
    by_word,
    choice,
    list_of,
    mapping,
    named,
    one_or_more,
    or_nothing,
    ref,
    scalar,
    text,
    valued,
    whole,
)

SECTION = "environments"
LISTEN = scalar("an address such as 127.0.0.1:8080", pattern=r"^(?:env:\w+|(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+):[0-9]{1,5})$")
WEB = scalar("an address such as https://mail.example/send", pattern=r"^(?:env:\w+|https?://\S+)$")
RATE = scalar("a rate such as 100 per 1s", pattern=r"^[0-9]{1,9} per [0-9]{1,9}(?:ms|s|m|h|d|w)$")
BESIDE: Mapping[str, tuple[Schema, str]] = {
    "keys": (text("env:NAME"), "Who may send: a variable, `env:WEB_KEYS`, that holds one `name=key` a line."),
    "topic": (text("a topic"), "The topic."),
    "settings": (
        {"type": "object", "additionalProperties": text("a value")},
        "Settings of the client as it calls them: `{security.protocol: SASL_SSL}`.",
    ),
}


def section() -> Schema:
    """`environments:`."""
    keys = {
        "store": (
            text("a file of SQLite, or postgresql://…"),
            "What outlives the process: a file, a URL of PostgreSQL, or `env:NAME`; `.rtj/NAME.db` if left out.",
        ),
        "sources": (named(_feed()), "What feeds the sources of the project."),
        "channels": ({**named(_sink(), names="sink_name")}, f'Where messages go; `"{ALL}"`: channels that are not named.'),
        "serve": (_serve(), "Where health, metrics and profiles are to be had."),
        "policies": (_policies(), "What deployments and runs respect."),
        "program": (text("a compiled program"), "What runs there if rtj does not: a file that `rtj compile --all` wrote."),
        "instances": (text("a file"), "Who is inside of `program`: one instance a line."),
    }
    return begun(named(or_nothing(mapping(ENVIRONMENT, keys, section=SECTION))), SECTION)


def definitions() -> dict[str, Schema]:
    """What the section refers to."""
    return {
        "sink_name": {"if": {"not": {"const": ALL}}, "then": ref("key_name")},
        "feed_keys": _feed_keys(),
        "sink_keys": _sink_keys(),
    }


def _forms(name: str, words: Mapping[str, Sequence[str]], common: Sequence[str], needed: Mapping[str, Sequence[str]]) -> Schema:
    """A mapping with one of several words, and what may stand beside it."""
    forms: dict[str, Schema] = {}
    for word, own in words.items():
        legal = (word, *own, *common)
        found: Schema = {key: ref(f"{name}/properties/{key}") for key in legal}
        forms[word] = {"properties": found, "additionalProperties": False, "required": [word, *needed.get(word, ())]}
    every = {key: ref(f"{name}/properties/{key}") for key in (*words, *common)}
    told = ", ".join(f"`{word}`" for word in words)
    return by_word(forms, {"properties": every, "additionalProperties": False}, form=f"expected one of {told}", missing=told)


def _feed() -> Schema:
    mapped = _forms("feed_keys", FEEDS, ("idle",), {"kafka": ["topic"], "redis": ["stream"]})
    alone: Schema = {"enum": ["stdin"], "errorMessage": "expected stdin, or {file: …}, {http: …}, {kafka: …}, {redis: …}"}
    return valued({"if": {"type": "object"}, "then": mapped, "else": alone})


def _feed_keys() -> Schema:
    keys = {
        "file": (text("a file"), "Lines that are appended to a file; one that takes its place is read from its start."),
        "stdin": (choice(("true",), {"true": "lines from the process before it"}) | {"enum": [True, "true"]}, "Standard input."),
        "http": (LISTEN, "`POST /v1/events/SOURCE` at this address. Beyond this machine `keys` are needed (E431)."),
        "kafka": (one_or_more(text("brokers such as broker:9092"), least=1), "Brokers, `host:port`; several with commas."),
        "redis": (text("an address such as redis://127.0.0.1/0"), "A server of Redis."),
        **BESIDE,
        "group": (text("a consumer group"), "The consumer group; `rtj-PROJECT-ENVIRONMENT` if left out."),
        "registry": (WEB, "A schema registry: values are Avro then."),
        "stream": (text("a stream"), "The stream."),
        "field": (text("a field"), "The field of an entry that holds the event; `event` if left out."),
        "idle": (ref("length"), "After so long without an event the clock of the machine moves it on; 1s if left out."),
    }
    return mapping(FEED, keys, section=SECTION)


def _sink() -> Schema:
    return _forms("sink_keys", SINKS, ("rate",), {"kafka": ["topic"]})


def _sink_keys() -> Schema:
    keys = {
        "file": (text("a file"), "One JSON line a message is appended."),
        "webhook": (WEB, "Each message is posted as JSON."),
        "kafka": (one_or_more(text("brokers such as broker:9092"), least=1), "Brokers, `host:port`; several with commas."),
        "topic": BESIDE["topic"],
        "settings": BESIDE["settings"],
        "secret": (text("env:NAME"), "What is sent is signed with it: a variable, `env:MAIL_SECRET`."),
        "timeout": (ref("length"), "How long an answer may take; 5s if left out."),
        "retries": (whole(0), "How often it is tried again; 8 if left out."),
        "rate": (RATE, "At most so many in so much time; more wait. (S7.1)"),
    }
    return mapping(SINK, keys, section=SECTION)


def _serve() -> Schema:
    keys = {
        "http": (LISTEN, "The address. Beyond this machine `keys` are needed (E431)."),
        "keys": (text("env:NAME"), "Who may ask: a variable, `env:OPS_KEYS`, that holds one `name=key` a line."),
    }
    return valued({"if": {"type": "object"}, "then": mapping(SERVE, keys, section=SECTION, required=["http"]), "else": LISTEN})


def _policies() -> Schema:
    required = {"validate": "nothing is wrong", "test": "the tests of the project pass"}
    confirm = {"yes": "a question; so if left out", "name": "the name of the environment has to be typed"}
    keys = {
        "require": (
            valued(
                {
                    "if": {"type": "array"},
                    "then": list_of(choice(REQUIRED, required), "validate or test"),
                    "else": choice(REQUIRED, required),
                }
            ),
            "What is done before a plan; both if left out, `[]` for nothing.",
        ),
        "approvals": (whole(0), "So many people besides the author approve a plan; 0 if left out."),
        "confirm": (choice(CONFIRM, confirm), "How a deployment is confirmed."),
        "max_immediate_sends": (whole(0), "Messages that a deployment may cause at once; 100 if left out."),
        "retain": (ref("length"), "How long the log is kept; 90d if left out."),
        "shed": (one_or_more(ref("event"), least=1), "Event types that may be let go when the run cannot follow."),
        "first": (one_or_more(ref("event"), least=1), "Event types that are let in even then, before the others."),
        "awake": (whole(1), "Profiles that are kept in memory; 100000 if left out."),
    }
    return mapping(RUN_POLICIES, keys, section=SECTION)
