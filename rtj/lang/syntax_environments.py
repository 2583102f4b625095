"""The syntax tree of `environments:`: where a project runs. `rtj.lang.syntax` re-exports all of it.

What feeds a source and where messages go has one of several words (`file`, `kafka` …); `at` is what stands behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtj.lang.syntax_phrases import Length, Name, Number, Spanned, Text

FeedWord: TypeAlias = Literal["file", "stdin", "http", "kafka", "redis"]
SinkWord: TypeAlias = Literal["file", "webhook", "kafka"]
GuardWord: TypeAlias = Literal["opt_outs", "failures", "errors", "messages"]
SettingPair: TypeAlias = tuple[Text, Text]


@dataclass(frozen=True, slots=True)
class FeedDecl(Spanned):
    """What feeds a source: a path, `host:port`, brokers, the URL of a server; nothing behind `stdin`. `settings` of a client of
    Kafka, as it calls them. `idle`: "never": however long nothing comes of it, there may be more."""

    name: Name
    by: FeedWord
    at: Text | None = None
    keys: Text | None = None
    topic: Text | None = None
    group: Text | None = None
    registry: Text | None = None
    stream: Text | None = None
    field: Text | None = None
    settings: tuple[SettingPair, ...] = ()
    idle: Length | Literal["never"] | None = None


@dataclass(frozen=True, slots=True)
class MessageRate(Spanned):
    """At most so many messages in so many milliseconds."""

    count: int
    over_ms: int


@dataclass(frozen=True, slots=True)
class SinkDecl(Spanned):
    """Where the messages of a channel go; the channel `*` stands for those that are not named."""

    name: Name
    by: SinkWord
    at: Text
    topic: Text | None = None
    secret: Text | None = None
    timeout: Length | None = None
    retries: Number | None = None
    settings: tuple[SettingPair, ...] = ()
    rate: MessageRate | None = None


@dataclass(frozen=True, slots=True)
class ServeDecl(Spanned):
    """Where health, metrics and profiles are to be had."""

    at: Text
    keys: Text | None = None


@dataclass(frozen=True, slots=True)
class RunPolicies(Spanned):
    """What deployments and runs respect. None: nothing was said."""

    require: tuple[Literal["validate", "test"], ...] | None = None
    approvals: Number | None = None
    confirm: Literal["yes", "name"] | None = None
    max_immediate_sends: Number | None = None
    retain: Length | None = None
    shed: tuple[Name, ...] = ()
    first: tuple[Name, ...] = ()
    awake: Number | None = None


@dataclass(frozen=True, slots=True)
class GuardrailDecl(Spanned):
    """What must not be more: a `share`, in millionths of the whole, or a `rate` of messages. None: nothing was said."""

    name: Name
    by: GuardWord
    share: int | None = None
    rate: MessageRate | None = None
    over: Length | None = None
    at_least: Number | None = None
    journeys: tuple[Name, ...] = ()
    then: Literal["halt", "pause", "tell"] | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentDecl(Spanned):
    """Where the project runs. `store`: a file of SQLite, or a URL of PostgreSQL. `program` is a compiled program that runs there,
    `instances` who is inside of it: files, where something else than rtj runs it. Files are relative to the file that names them.
    `whole` False: something of it could not be read. It says nothing of what happens to people."""

    name: Name
    program: Text | None = None
    instances: Text | None = None
    store: Text | None = None
    sources: tuple[FeedDecl, ...] = ()
    channels: tuple[SinkDecl, ...] = ()
    serve: ServeDecl | None = None
    policies: RunPolicies | None = None
    guardrails: tuple[GuardrailDecl, ...] = ()
    whole: bool = True
