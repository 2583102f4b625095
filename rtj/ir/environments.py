"""Where a project runs: its store, what feeds it, where messages go, what a deployment must respect.

An environment is no part of what journeys mean: it leaves fingerprints as they are. Texts that begin with `env:` name a variable
of the process, so that no password stands in git; they are looked up where they are used.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from rtj.base.errors import UsageError

Struct = msgspec.Struct

ALL_CHANNELS = "*"  # the sink of every channel that has none of its own
DEFAULT_IDLE_MS = 1_000
NEVER_IDLE = 0  # of a source whose silence tells nothing: it never ticks
Precondition: TypeAlias = Literal["validate", "test"]
Measure: TypeAlias = Literal["opt_outs", "failures", "errors", "messages"]
Halt: TypeAlias = Literal["halt", "pause", "tell"]


class FileSource(Struct, frozen=True, tag_field="by", tag="file"):
    """Lines that are appended to a file; a file that takes its place (rotation) is read from its start."""

    path: str


class StdinSource(Struct, frozen=True, tag_field="by", tag="stdin"):
    """Lines from the process before us."""


class HttpSource(Struct, frozen=True, tag_field="by", tag="http"):
    """`POST /v1/events/{source}` at `listen` (`host:port`). `keys`: who may send, one name=key a line or comma; "": everybody who
    reaches it, allowed only on loopback."""

    listen: str
    keys: str = ""


class KafkaSource(Struct, frozen=True, tag_field="by", tag="kafka"):
    """A topic; each of its partitions is a stream. `registry`: the URL of a schema registry, then values are Avro; `settings`
    go to the client as they are (`security.protocol` …)."""

    brokers: str
    topic: str
    group: str
    registry: str = ""
    settings: tuple[tuple[str, str], ...] = ()


class RedisSource(Struct, frozen=True, tag_field="by", tag="redis"):
    """A Redis stream whose entries have the event as JSON in `field`."""

    url: str
    stream: str
    field: str = "event"


Feed: TypeAlias = FileSource | StdinSource | HttpSource | KafkaSource | RedisSource


class SourceBinding(Struct, frozen=True):
    """What feeds a source of the project. After `idle_ms` without an event a logged tick moves its watermark to the clock of the
    machine less this and the source's lateness; `NEVER_IDLE`: only its events do."""

    name: str
    feed: Feed
    idle_ms: int = DEFAULT_IDLE_MS


class FileSink(Struct, frozen=True, tag_field="by", tag="file"):
    """Messages are appended to a file, one JSON line each."""

    path: str


class WebhookSink(Struct, frozen=True, tag_field="by", tag="webhook"):
    """Messages are posted as JSON, signed with `secret` in the way of Standard Webhooks."""

    url: str
    secret: str = ""
    timeout_ms: int = 5_000
    retries: int = 8


class KafkaSink(Struct, frozen=True, tag_field="by", tag="kafka"):
    """Messages are produced to a topic, keyed by profile."""

    brokers: str
    topic: str
    settings: tuple[tuple[str, str], ...] = ()


class SinkBinding(Struct, frozen=True):
    """Where the messages of a channel go. `per_second`: the rate limit of the sink, which delays and decides nothing (S7.1)."""

    channel: str
    sink: FileSink | WebhookSink | KafkaSink
    per_second: float = 0.0


class Policies(Struct, frozen=True):
    """What a deployment and a run must respect. `require` is done before a plan; `approvals`: so many people besides the author;
    `max_immediate_sends`: messages that a deployment may cause at once; `retain_ms`: so long the log is kept; `shed`: event types
    that may be let go when the run cannot follow; `first`: those that are let in even then; `awake`: profiles kept in memory."""

    require: tuple[Precondition, ...] = ("validate", "test")
    approvals: int = 0
    confirm: Literal["yes", "name"] = "yes"
    max_immediate_sends: int = 100
    retain_ms: int = 90 * 86_400_000
    shed: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    awake: int = 100_000


GUARDRAIL = "guardrail"  # who deploys where a run has halted something by itself


class Guardrail(Struct, frozen=True):
    """What must not happen to the newest version of a journey: `measure`, over the last `over_ms` of its people's clock, is more
    than `above`: a share in millionths, of `at_least` so many; of `messages` a number. `journeys`: (): all. `then`: `halt`: a
    ramp goes back to 0 %, and what does not ramp is paused; `pause`: it is paused; `tell`: somebody is told."""

    name: str
    measure: Measure
    above: int
    over_ms: int = 30 * 60_000
    at_least: int = 200
    journeys: tuple[str, ...] = ()
    then: Halt = "halt"


class Environment(Struct, frozen=True):
    """One environment of a project. `store`: a file of SQLite, or a URL that begins with `postgresql:`; `serve`: `host:port` of
    health, metrics and profiles, "" for none; `serve_keys` as of an HttpSource."""

    name: str
    store: str
    sources: tuple[SourceBinding, ...] = ()
    sinks: tuple[SinkBinding, ...] = ()
    policies: Policies = Policies()
    serve: str = ""
    serve_keys: str = ""
    guardrails: tuple[Guardrail, ...] = ()


def is_loopback(listen: str) -> bool:
    """Can only this machine reach `host:port`?"""
    host = listen.rpartition(":")[0].strip("[]")
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name may be anybody's


def looked_up(text: str, variables: Mapping[str, str] | None = None) -> str:
    """A text, or the variable of the process that it names. Raises UsageError where there is none of that name."""
    if not text.startswith("env:"):
        return text
    name = text.removeprefix("env:")
    found = (os.environ if variables is None else variables).get(name)
    if found is None:
        raise UsageError(f"the variable {name} is not set; the environment in rtj.yaml asks for it (`{text}`)")
    return found
