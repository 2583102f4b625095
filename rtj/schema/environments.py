"""The schema of `environments:`: where a project runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rtj.lang.read_addresses import (
    ANY_BROKERS,
    ANY_LISTEN,
    ANY_SECRET,
    ANY_SETTING,
    ANY_STORE,
    ANY_URL,
    BROKERS,
    EXAMPLES,
    LISTENING,
)
from rtj.lang.read_environments import (
    ALL,
    CONFIRM,
    ENVIRONMENT,
    FEED,
    FEEDS,
    GUARD,
    GUARDS,
    HALTS,
    RATE_EXACT,
    REQUIRED,
    RUN_POLICIES,
    SERVE,
    SHARES,
    SINK,
    SINKS,
    STDIN,
)
from rtj.schema.beginnings import begun
from rtj.schema.parts import (
    Schema,
    by_word,
    choice,
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
NEVER = "never"
LISTEN = scalar(LISTENING, pattern=f"^(?:{ANY_LISTEN})$")
WEB = scalar(f"an address such as {EXAMPLES['http']}", pattern=f"^(?:{ANY_URL['http']})$")
REDIS = scalar(f"an address such as {EXAMPLES['redis']}", pattern=f"^(?:{ANY_URL['redis']})$")
RATE = scalar("a rate such as 100 per 1s", pattern=f"^{RATE_EXACT}$")
SECRET = text("a variable that holds it, such as env:NAME", pattern=f"^(?:{ANY_SECRET})$")
KAFKA = one_or_more(scalar(BROKERS, pattern=f"^(?:{ANY_BROKERS})$"), least=1)
SETTINGS: Schema = {"type": "object", "additionalProperties": text("a value", pattern=f"^(?:{ANY_SETTING})$")}
CLIENT: Mapping[str, tuple[Schema, str]] = {
    "kafka": (KAFKA, "Brokers, `host:port`; several with commas."),
    "topic": (text("a topic"), "The topic."),
    "settings": (SETTINGS, "Settings of the client as it calls them: `{security.protocol: SASL_SSL}`."),
}


def section() -> Schema:
    """`environments:`."""
    keys = {
        "store": (
            text("a file of SQLite, a URL of PostgreSQL, or env:NAME", pattern=f"^(?:{ANY_STORE})$"),
            "What outlives the process: a file, a URL of PostgreSQL, or `env:NAME`; `.rtj/NAME.db` if left out.",
        ),
        "sources": (named(_feed()), "What feeds the sources of the project."),
        "channels": ({**named(_sink(), names="sink_name")}, f'Where messages go; `"{ALL}"`: channels that are not named.'),
        "serve": (_serve(), "Where health, metrics and profiles are to be had."),
        "policies": (_policies(), "What deployments and runs respect."),
        "guardrails": (named(_guardrail()), "What halts a ramp, or a journey, by itself."),
        "program": (text("a compiled program"), "What runs there if rtj does not: a file that `rtj compile --all` wrote."),
        "instances": (text("a file"), "Who is inside of `program`: one instance a line."),
    }
    both: Schema = {"dependencies": {"instances": ["program"]}}
    return begun(named(or_nothing({**mapping(ENVIRONMENT, keys, section=SECTION), **both})), SECTION)


def definitions() -> dict[str, Schema]:
    """What the section refers to."""
    return {
        "sink_name": {"if": {"not": {"const": ALL}}, "then": ref("key_name")},
        "feed_keys": _feed_keys(),
        "sink_keys": _sink_keys(),
        "guard_keys": _guard_keys(),
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
    alone: Schema = {"enum": [STDIN], "errorMessage": "expected stdin, or {file: …}, {http: …}, {kafka: …}, {redis: …}"}
    return valued({"if": {"type": "object"}, "then": mapped, "else": alone})


def _feed_keys() -> Schema:
    keys = {
        "file": (text("a file"), "Lines that are appended to a file; one that takes its place is read from its start."),
        "stdin": ({"enum": [True, "true"], "errorMessage": "expected true"}, "Lines from the process before it."),
        "http": (LISTEN, "`POST /v1/events/SOURCE` at this address. Beyond this machine `keys` are needed (E431)."),
        **CLIENT,
        "redis": (REDIS, "A server of Redis."),
        "keys": (SECRET, "Who may send: a variable, `env:WEB_KEYS`, that holds one `name=key` a line."),
        "group": (text("a consumer group"), "The consumer group; `rtj-PROJECT-ENVIRONMENT` if left out."),
        "registry": (WEB, "A schema registry: values are Avro then."),
        "stream": (text("a stream"), "The stream."),
        "field": (text("a field"), "The field of an entry that holds the event; `event` if left out."),
        "idle": (
            valued({"if": {"const": NEVER}, "then": {"type": "string"}, "else": ref("length")}),
            "After so long without an event the clock of the machine moves it on; 1s if left out. `never`: only its events do.",
        ),
    }
    return mapping(FEED, keys, section=SECTION)


def _sink() -> Schema:
    return _forms("sink_keys", SINKS, ("rate",), {"kafka": ["topic"]})


def _sink_keys() -> Schema:
    keys = {
        "file": (text("a file"), "One JSON line a message is appended."),
        "webhook": (WEB, "Each message is posted as JSON."),
        **CLIENT,
        "secret": (SECRET, "What is sent is signed with it: a variable, `env:MAIL_SECRET`."),
        "timeout": (ref("length"), "How long an answer may take; 5s if left out."),
        "retries": (whole(0), "How often it is tried again; 8 if left out."),
        "rate": (RATE, "At most so many in so much time; more wait. (S7.1)"),
    }
    return mapping(SINK, keys, section=SECTION)


def _serve() -> Schema:
    keys = {
        "http": (LISTEN, "The address. Beyond this machine `keys` are needed (E431)."),
        "keys": (SECRET, "Who may ask: a variable, `env:OPS_KEYS`, that holds one `name=key` a line."),
    }
    return valued({"if": {"type": "object"}, "then": mapping(SERVE, keys, section=SECTION, required=["http"]), "else": LISTEN})


def _guardrail() -> Schema:
    return _forms("guard_keys", GUARDS, ("journeys", "then"), {})


def _guard_keys() -> Schema:
    told = {
        "opt_outs": "More than such a share of messages was answered by `unsubscribed` or `complained`.",
        "failures": "More than such a share of deliveries was given up.",
        "errors": "More than such a share of passages ended because a step failed.",
    }
    then = {
        "halt": "a ramp goes back to 0%, and a journey that does not ramp is paused; so if left out",
        "pause": "the journey is paused",
        "tell": "somebody is told, by the log and by metrics",
    }
    keys = {
        **{word: (ref("share"), told[word]) for word in SHARES},
        "messages": (RATE, "More messages than so many in so much time."),
        "over": (ref("length"), "The last so much time counts; 30m if left out."),
        "at_least": (whole(1), "Of fewer nothing is concluded; 200 if left out."),
        "journeys": (one_or_more(ref("journey_name"), least=1), "Whose newest versions are watched; all if left out."),
        "then": (choice(HALTS, then), "What follows."),
    }
    return mapping(GUARD, keys, section=SECTION)


def _policies() -> Schema:
    required = {"validate": "nothing is wrong", "test": "the tests of the project pass"}
    confirm = {"yes": "a question; so if left out", "name": "the name of the environment has to be typed"}
    keys = {
        "require": (
            one_or_more(choice(REQUIRED, required)),
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
