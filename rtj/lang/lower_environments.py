"""An environment as it was written -> as a run needs it, with paths from the file that names them, and what holds if nothing was
said."""

from __future__ import annotations

import os

from rtj.ir import environments as e
from rtj.lang import syntax as s
from rtj.lang.check_environments import STORE_FOLDER, length_ms
from rtj.lang.load import Loaded
from rtj.lang.read_addresses import ENV, SCHEME

SECOND_MS = 1_000


def environment_of(loaded: Loaded, decl: s.EnvironmentDecl) -> e.Environment:
    """The environment that is declared there, which has nothing wrong. Paths are absolute."""
    name = decl.name.text
    sources = tuple(e.SourceBinding(f.name.text, _feed(loaded, name, f), _idle(f)) for f in decl.sources)
    serve = decl.serve
    return e.Environment(
        name=name,
        store=_place(loaded, decl.store) if decl.store is not None else _beside(loaded, f"{name}.db"),
        sources=sources,
        sinks=_sinks(loaded, decl),
        policies=_policies(decl.policies),
        serve=serve.at.value if serve is not None else "",
        serve_keys=_text(serve.keys) if serve is not None else "",
        guardrails=tuple(_guardrail(guard) for guard in decl.guardrails),
    )


def _idle(feed: s.FeedDecl) -> int:
    return e.NEVER_IDLE if feed.idle == "never" else _ms(feed.idle, e.DEFAULT_IDLE_MS)


def _feed(loaded: Loaded, environment: str, feed: s.FeedDecl) -> e.Feed:
    at = _text(feed.at)
    match feed.by:
        case "file":
            assert feed.at is not None
            return e.FileSource(_place(loaded, feed.at))
        case "stdin":
            return e.StdinSource()
        case "http":
            return e.HttpSource(at, _text(feed.keys))
        case "kafka":
            project = loaded.project.name.text if loaded.project is not None and loaded.project.name is not None else "rtj"
            group = _text(feed.group) or f"rtj-{project}-{environment}"
            return e.KafkaSource(at, _text(feed.topic), group, _text(feed.registry), _settings(feed.settings))
        case "redis":
            return e.RedisSource(at, _text(feed.stream), _text(feed.field) or "event")


def _sinks(loaded: Loaded, decl: s.EnvironmentDecl) -> tuple[e.SinkBinding, ...]:
    """Those that are named; what is left over goes to a file beside the store."""
    found = [e.SinkBinding(sink.name.text, _sink(loaded, sink), _rate(loaded, sink)) for sink in decl.channels]
    if all(sink.channel != e.ALL_CHANNELS for sink in found):
        found.append(e.SinkBinding(e.ALL_CHANNELS, e.FileSink(_beside(loaded, f"{decl.name.text}.messages.jsonl"))))
    return tuple(found)


def _sink(loaded: Loaded, sink: s.SinkDecl) -> e.FileSink | e.WebhookSink | e.KafkaSink:
    match sink.by:
        case "file":
            return e.FileSink(_place(loaded, sink.at))
        case "webhook":
            known = e.WebhookSink(sink.at.value)
            retries = int(sink.retries.value) if sink.retries is not None else known.retries
            return e.WebhookSink(known.url, _text(sink.secret), _ms(sink.timeout, known.timeout_ms), retries)
        case "kafka":
            return e.KafkaSink(sink.at.value, _text(sink.topic), _settings(sink.settings))


def _rate(loaded: Loaded, sink: s.SinkDecl) -> float:
    """Messages a second: as the sink has it, else the channel."""
    if sink.rate is not None:
        return sink.rate.count * SECOND_MS / sink.rate.over_ms
    channels = loaded.project.channels if loaded.project is not None else ()
    rate = next((channel.rate for channel in channels if channel.name.text == sink.name.text), None)
    if rate is None or rate.length is None or not (over := length_ms(rate.length)):
        return 0.0
    return rate.count.value * SECOND_MS / over


def _policies(said: s.RunPolicies | None) -> e.Policies:
    known = e.Policies()
    if said is None:
        return known
    return e.Policies(
        require=said.require if said.require is not None else known.require,
        approvals=_count(said.approvals, known.approvals),
        confirm=said.confirm or known.confirm,
        max_immediate_sends=_count(said.max_immediate_sends, known.max_immediate_sends),
        retain_ms=_ms(said.retain, known.retain_ms),
        shed=tuple(sorted({name.text for name in said.shed})),
        first=tuple(sorted({name.text for name in said.first})),
        awake=_count(said.awake, known.awake),
    )


def _guardrail(guard: s.GuardrailDecl) -> e.Guardrail:
    name, journeys, then = guard.name.text, tuple(sorted({one.text for one in guard.journeys})), guard.then or "halt"
    if guard.rate is not None:
        return e.Guardrail(name, guard.by, guard.rate.count, guard.rate.over_ms, 0, journeys, then)
    known = e.Guardrail(name, guard.by, guard.share or 0)
    over_ms, at_least = _ms(guard.over, known.over_ms), _count(guard.at_least, known.at_least)
    return e.Guardrail(name, guard.by, known.above, over_ms, at_least, journeys, then)


def _count(number: s.Number | None, otherwise: int) -> int:
    return int(number.value) if number is not None else otherwise


def _ms(length: s.Length | None, otherwise: int) -> int:
    return length_ms(length) if length is not None else otherwise


def _text(text: s.Text | None) -> str:
    return text.value if text is not None else ""


def _settings(pairs: tuple[s.SettingPair, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((key.value, value.value) for key, value in pairs)


def _place(loaded: Loaded, text: s.Text) -> str:
    """A file from the file that names it; what is none as it is."""
    if text.value.startswith(ENV) or SCHEME.match(text.value):
        return text.value
    return os.path.abspath(loaded.file_of(text))


def _beside(loaded: Loaded, name: str) -> str:
    return os.path.abspath(loaded.root / STORE_FOLDER / name)
